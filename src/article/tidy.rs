//! A page made safe to parse: bounded in size, depth and attributes, with every tag closed in order.
//!
//! HTML parsers walk their stack of open elements for most tags and compare each attribute with those before it, so
//! that hostile pages (100,000 nested tags, a tag with 100,000 attributes) cost quadratic time, and later recursion
//! overflows the stack. One linear pass in front bounds all of that. Scripts other than JSON-LD, styles and comments
//! are dropped on the way.

/// The most of a page that is read, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The deepest nesting kept; deeper tags are dropped, their text stays.
const MAX_DEPTH: usize = 128;
/// The most attributes of one tag; a tag with more loses all.
const MAX_ATTRIBUTES: usize = 100;
/// The longest element name, in bytes.
const MAX_NAME: usize = 40;
/// The longest tag whose attributes are kept, in bytes.
const MAX_TAG: usize = 64 * 1024;

const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements whose content is no markup; dropped whole, except titles and JSON-LD.
const RAW: &[&str] =
    &["script", "style", "title", "textarea", "noscript", "iframe", "xmp", "noembed", "noframes", "plaintext", "svg"];
/// An end tag outside of these closes nothing inside them.
const BARRIER: &[&str] = &["table", "td", "th", "object", "button", "svg", "math", "template", "select"];
/// Elements that only style or link words: their end tags close no structure.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "del",
];
/// The attributes that are kept.
const READ: &[&str] = &[
    "class",
    "id",
    "href",
    "rel",
    "src",
    "srcset",
    "data-src",
    "data-original",
    "data-lazy-src",
    "alt",
    "name",
    "property",
    "content",
    "itemprop",
    "itemtype",
    "itemscope",
    "lang",
    "datetime",
    "role",
    "aria-label",
    "aria-hidden",
    "aria-modal",
    "hidden",
    "style",
    "summary",
    "cite",
];
/// Elements that end an open paragraph.
const ENDS_P: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dir",
    "div",
    "dl",
    "dd",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// The page as balanced markup that any HTML parser reads in linear time.
pub fn tidy(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    let mut tidier = Tidier { out: String::with_capacity(html.len()), open: Vec::new(), dropped: Vec::new() };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        tidier.text(&rest[..at]);
        rest = tidier.markup(&rest[at..]);
    }
    tidier.text(rest);
    tidier.close_to(0);
    tidier.out
}

struct Tidier {
    out: String,
    /// Names of the open elements, outermost first; at most [`MAX_DEPTH`].
    open: Vec<String>,
    /// Names of tags left out for their depth, to be matched by their end tags; bounded too.
    dropped: Vec<String>,
}

impl Tidier {
    fn text(&mut self, text: &str) {
        for part in text.split('\0') {
            self.out.push_str(part);
        }
    }

    /// Handles what starts with `<` and returns what follows it.
    fn markup<'a>(&mut self, input: &'a str) -> &'a str {
        if input.starts_with("<!--") {
            // `<!-->` and `<!--->` are whole comments, so the end may overlap the start.
            return input[2..].find("-->").map_or("", |end| &input[2 + end + 3..]);
        }
        match input.as_bytes().get(1) {
            Some(b'!' | b'?') => input.find('>').map_or("", |end| &input[end + 1..]),
            Some(b'/') if input.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => {
                let (name, _, end) = tag(&input[2..]);
                self.end(&name);
                &input[2 + end..]
            }
            Some(c) if c.is_ascii_alphabetic() => {
                let (name, attributes, end) = tag(&input[1..]);
                let after = &input[1 + end..];
                if RAW.contains(&name.as_str()) {
                    return self.raw(&name, attributes, after);
                }
                self.start(&name, attributes);
                after
            }
            _ => {
                self.out.push_str("&lt;");
                &input[1..]
            }
        }
    }

    /// Raw text up to its end tag; kept only for titles and JSON-LD.
    fn raw<'a>(&mut self, name: &str, attributes: &str, after: &'a str) -> &'a str {
        let end = find_end_tag(after, name).unwrap_or(after.len());
        let keep = match name {
            "title" => true,
            "script" => attributes.len() < 1024 && attributes.to_ascii_lowercase().contains("ld+json"),
            _ => false,
        };
        if keep && end < after.len() {
            self.out.push_str(if name == "title" { "<title>" } else { "<script type=\"application/ld+json\">" });
            self.text(&after[..end]);
            self.out.push_str(if name == "title" { "</title>" } else { "</script>" });
        }
        let rest = &after[end..];
        rest.find('>').map_or("", |close| &rest[close + 1..])
    }

    fn start(&mut self, name: &str, attributes: &str) {
        if ENDS_P.contains(&name) {
            self.close_implied("p", &["p"]);
        }
        match name {
            "li" => self.close_implied("li", &["ul", "ol", "menu"]),
            "dd" | "dt" => {
                self.close_implied("dd", &["dl"]);
                self.close_implied("dt", &["dl"]);
            }
            "td" | "th" => self.close_cell(),
            "tr" => {
                self.close_cell();
                self.close_implied("tr", &[]);
            }
            "tbody" | "thead" | "tfoot" => {
                self.close_cell();
                for part in ["tr", "tbody", "thead", "tfoot"] {
                    self.close_implied(part, &[]);
                }
            }
            "option" => self.close_implied("option", &[]),
            "a" => self.close_implied("a", &[]),
            _ => {}
        }
        let void = VOID.contains(&name);
        if !void && self.open.len() >= MAX_DEPTH {
            if self.dropped.len() < MAX_DEPTH {
                self.dropped.push(name.to_owned());
            }
            self.out.push(' ');
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        if attributes.len() < MAX_TAG {
            self.attributes(attributes);
        }
        self.out.push('>');
        if !void {
            self.open.push(name.to_owned());
        }
    }

    /// Writes the attributes that something here reads.
    fn attributes(&mut self, attributes: &str) {
        let mut rest = attributes;
        for _ in 0..MAX_ATTRIBUTES {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return;
            }
            // A name may start with `=`.
            let name_end = rest.bytes().skip(1).position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/'));
            let (name, after) = rest.split_at(rest.ceil_char_boundary(name_end.map_or(rest.len(), |at| at + 1)));
            let value = after.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start);
            let (value, after) = match value {
                None => ("", after),
                Some(value) => match value.as_bytes().first() {
                    Some(&quote @ (b'"' | b'\'')) => {
                        let end = value[1..].find(char::from(quote)).map_or(value.len(), |at| at + 2);
                        value.split_at(end)
                    }
                    _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
                },
            };
            rest = after;
            let is_read = READ.iter().any(|known| known.eq_ignore_ascii_case(name))
                && (!name.eq_ignore_ascii_case("style") || value.contains("none") || value.contains("hidden"));
            if is_read {
                self.out.push(' ');
                self.out.push_str(name);
                if !value.is_empty() {
                    self.out.push('=');
                    self.text(value);
                    if value.ends_with('/') {
                        self.out.push(' ');
                    }
                }
            }
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(at) = self.dropped.iter().rposition(|n| n == name) {
            self.dropped.truncate(at);
            return;
        }
        let is_inline = INLINE.contains(&name);
        let mut target = None;
        for (at, open) in self.open.iter().enumerate().rev() {
            if open == name {
                target = Some(at);
                break;
            }
            let crosses = if is_inline { !INLINE.contains(&open.as_str()) } else { BARRIER.contains(&open.as_str()) };
            let table_part =
                matches!(name, "table" | "tr" | "tbody" | "thead" | "tfoot") && matches!(open.as_str(), "td" | "th");
            if crosses && !table_part {
                break;
            }
        }
        match target {
            Some(at) => self.close_to(at),
            None if name == "p" => self.out.push_str("<p></p>"),
            None if name == "br" => self.out.push_str("<br>"),
            _ => {}
        }
    }

    /// Closes an open `name` that the next start tag ends by itself, looking no further out than `scope` or a barrier.
    fn close_implied(&mut self, name: &str, scope: &[&str]) {
        for (at, open) in self.open.iter().enumerate().rev() {
            if open == name {
                return self.close_to(at);
            }
            if scope.contains(&open.as_str()) || BARRIER.contains(&open.as_str()) {
                return;
            }
        }
    }

    fn close_cell(&mut self) {
        for (at, open) in self.open.iter().enumerate().rev() {
            match open.as_str() {
                "td" | "th" => return self.close_to(at),
                "table" => return,
                _ => {}
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        for name in self.open.drain(depth..).rev() {
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
    }
}

/// Name (lower case), attributes, and the length up to past `>`, of a tag whose input starts at its name.
fn tag(input: &str) -> (String, &str, usize) {
    let bytes = input.as_bytes();
    let name_end = bytes.iter().position(|&b| b.is_ascii_whitespace() || b == b'>' || b == b'/').unwrap_or(bytes.len());
    let mut quote = None;
    let mut before_value = false;
    let mut at = name_end;
    while at < bytes.len() {
        let b = bytes[at];
        match quote {
            Some(q) if b == q => quote = None,
            None if b == b'>' => break,
            // A quotation mark opens a value only straight after `=`.
            None if before_value && (b == b'"' || b == b'\'') => quote = Some(b),
            _ => {}
        }
        before_value = b == b'=' || before_value && b.is_ascii_whitespace();
        at += 1;
    }
    let name: String = input[..input.floor_char_boundary(name_end.min(MAX_NAME))]
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect::<String>()
        .to_ascii_lowercase();
    (name, &input[name_end..at], (at + 1).min(bytes.len()))
}

/// Where the end tag of a raw text element starts.
fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|&at| {
        let after = &text.as_bytes()[at + 2..];
        after.len() >= name.len()
            && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && after.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_comes_out_balanced() {
        for (markup, balanced) in [
            ("<p>One<p>Two", "<p>One</p><p>Two</p>"),
            ("<ul><li>One<li>Two<ul><li>Three</ul></ul>", "<ul><li>One</li><li>Two<ul><li>Three</li></ul></li></ul>"),
            ("<b>One<div></b>Two</div>", "<b>One<div>Two</div></b>"),
            (
                "<table><tr><td>1<td>2<tr><td>3</table>",
                "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
            ),
            ("</i>One<br/>Two<img src=a>", "One<br>Two<img src=a>"),
            ("<DIV alt='a > b' onclick=x ID=c/>x</DIV>", "<div alt='a > b' ID=c/ >x</div>"),
            ("a < b <!-- c --> d<!--> e<script>'<p>'</script>", "a &lt; b  d e"),
            ("<title>T</title><style>p{}</style>", "<title>T</title>"),
        ] {
            assert_eq!(tidy(markup), balanced, "{markup}");
        }
    }

    #[test]
    fn only_json_ld_is_kept_of_the_scripts() {
        let out = tidy("<script>x()</script><SCRIPT TYPE='application/ld+json'>{\"a\":\"<p>\"}</SCRIPT>");
        assert_eq!(out, "<script type=\"application/ld+json\">{\"a\":\"<p>\"}</script>");
    }

    #[test]
    fn depth_is_bounded_and_text_is_kept() {
        let out = tidy(&format!("{}deep{}after", "<div>".repeat(1000), "</div>".repeat(1000)));
        assert_eq!(out.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(out.matches("</div>").count(), MAX_DEPTH);
        assert!(out.contains("deep") && out.contains("after"));
    }
}
