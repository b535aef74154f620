//! Makes a page safe to parse: limits its size, depth, and number of elements and attributes, and closes every tag in
//! order.
//!
//! HTML parsers walk their stack of open elements for most tags and compare each attribute with the previous ones, so
//! hostile pages (100,000 nested tags, a tag with 100,000 attributes) take quadratic time, and later recursion
//! overflows the stack. One linear pass before the parser prevents that. It also drops styles, comments, and scripts
//! other than JSON-LD.

use std::borrow::Cow;

use super::tags::{Name, Tag, Traits, attributes, find_end_tag, tag};

/// The most of a page that is read, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The deepest nesting kept; deeper tags are dropped, their text stays.
const MAX_DEPTH: usize = 128;
/// The maximum number of elements kept; the text of others stays.
const MAX_ELEMENTS: usize = 50_000;
/// The maximum number of character references kept; parsers are slow to find that one is none.
const MAX_REFERENCES: usize = 50_000;
/// The maximum number of scripts of JSON-LD kept.
const MAX_DATA: usize = 64;
/// The longest text without a tag, in bytes; what is longer is broken at a sentence's end. Where HTML is written, the rest of a text
/// is searched again after each character that needs a reference.
const MAX_TEXT: usize = 16 * 1024;
/// The maximum number of attributes of one tag; a tag with more loses the others.
const MAX_ATTRIBUTES: usize = 100;
/// The longest tag whose attributes are kept, in bytes.
const MAX_TAG: usize = 64 * 1024;

/// The substitute for the start tag of a removed block.
const BREAK: &str = "<br><br>";

const A: Name = Name::of("a");
const BR: Name = Name::of("br");
const DD: Name = Name::of("dd");
const DL: Name = Name::of("dl");
const DT: Name = Name::of("dt");
const LI: Name = Name::of("li");
const MENU: Name = Name::of("menu");
const OL: Name = Name::of("ol");
const OPTION: Name = Name::of("option");
const P: Name = Name::of("p");
const TABLE: Name = Name::of("table");
const TBODY: Name = Name::of("tbody");
const TD: Name = Name::of("td");
const TFOOT: Name = Name::of("tfoot");
const TH: Name = Name::of("th");
const THEAD: Name = Name::of("thead");
const TITLE: Name = Name::of("title");
const TR: Name = Name::of("tr");
const UL: Name = Name::of("ul");

/// The attributes that are kept.
const READ: [&str; 26] = [
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

/// Returns the page as balanced markup that any HTML parser reads in linear time.
pub(crate) fn sanitize(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    let mut html = if html.contains('\0') { Cow::Owned(html.replace('\0', "")) } else { Cow::Borrowed(html) };
    let most = html.match_indices('&').nth(MAX_REFERENCES).map(|(at, _)| at);
    if let Some(most) = most {
        html = Cow::Owned(format!("{}{}", &html[..most], html[most..].replace('&', " ")));
    }
    let mut sanitizer = Sanitizer {
        out: String::with_capacity(html.len()),
        open: Vec::new(),
        dropped: Vec::new(),
        paragraphs: 0,
        links: 0,
        elements: 0,
        tag_end: 0,
        data: 0,
        name: String::new(),
    };
    let mut rest = &*html;
    while let Some(at) = rest.find('<') {
        sanitizer.text(&rest[..at]);
        rest = sanitizer.markup(&rest[at..]);
    }
    sanitizer.text(rest);
    sanitizer.close_to(0);
    sanitizer.out
}

/// An element that is open: its name, and where in the output that stands.
struct OpenElement {
    name: Name,
    traits: Traits,
    at: usize,
    len: usize,
}

struct Sanitizer {
    out: String,
    /// The open elements, outermost first; at most [`MAX_DEPTH`].
    open: Vec<OpenElement>,
    /// Names of tags left out for their depth or number, to be matched by their end tags; bounded too.
    dropped: Vec<Name>,
    /// How many `<p>` and `<a>` are open.
    paragraphs: usize,
    links: usize,
    /// How many elements were written.
    elements: usize,
    /// Where in the output the last tag ends.
    tag_end: usize,
    /// How many scripts of JSON-LD were kept.
    data: usize,
    /// The name of the tag at hand.
    name: String,
}

impl Sanitizer {
    fn text(&mut self, mut text: &str) {
        loop {
            let room = MAX_TEXT.saturating_sub(self.out.len() - self.tag_end);
            if text.len() <= room {
                return self.out.push_str(text);
            }
            let part = &text[..text.floor_char_boundary(room)];
            let end = part.rfind(". ").or_else(|| part.rfind(' ')).map_or(part.len(), |at| at + 1);
            self.out.push_str(&text[..end]);
            self.out.push_str(BREAK);
            self.tag_end = self.out.len();
            text = &text[end..];
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
                let tag = self.tag(&input[2..]);
                self.end(tag.name);
                tag.after
            }
            Some(c) if c.is_ascii_alphabetic() => {
                let tag = self.tag(&input[1..]);
                let traits = tag.name.traits();
                if traits.has(Traits::RAW) {
                    return self.raw(&tag);
                }
                self.start(&tag, traits);
                tag.after
            }
            _ => {
                self.elements += 1;
                self.out.push_str(if self.elements < MAX_ELEMENTS { "&lt;" } else { " " });
                &input[1..]
            }
        }
    }

    fn tag<'a>(&mut self, input: &'a str) -> Tag<'a> {
        self.name.clear();
        tag(input, &mut self.name)
    }

    /// Raw text up to its end tag; kept only for titles and JSON-LD.
    fn raw<'a>(&mut self, tag: &Tag<'a>) -> &'a str {
        let end = find_end_tag(tag.after, &self.name).unwrap_or(tag.after.len());
        let (raw, rest) = tag.after.split_at(end);
        let is_data = self.name == "script"
            && self.data < MAX_DATA
            && tag.attributes.len() < 1024
            && tag.attributes.to_ascii_lowercase().contains("ld+json");
        if !rest.is_empty() && tag.name == TITLE {
            self.out.push_str("<title>");
            self.out.push_str(raw);
            self.out.push_str("</title>");
        } else if !rest.is_empty() && is_data {
            self.data += 1;
            self.out.push_str("<script type=\"application/ld+json\">");
            self.out.push_str(raw);
            self.out.push_str("</script>");
        }
        rest.find('>').map_or("", |close| &rest[close + 1..])
    }

    fn start(&mut self, tag: &Tag, traits: Traits) {
        let void = traits.has(Traits::VOID);
        if !self.dropped.is_empty() || self.elements >= MAX_ELEMENTS || !void && self.open.len() >= MAX_DEPTH {
            return self.drop_start(tag.name, traits);
        }
        if traits.has(Traits::ENDS_P) && self.paragraphs > 0 {
            self.close_implied(P, &[P]);
        }
        match tag.name {
            LI => self.close_implied(LI, &[UL, OL, MENU]),
            DD | DT => {
                self.close_implied(DD, &[DL]);
                self.close_implied(DT, &[DL]);
            }
            TD | TH => self.close_cell(),
            TR => {
                self.close_cell();
                self.close_implied(TR, &[]);
            }
            TBODY | THEAD | TFOOT => {
                self.close_cell();
                for part in [TR, TBODY, THEAD, TFOOT] {
                    self.close_implied(part, &[]);
                }
            }
            OPTION => self.close_implied(OPTION, &[]),
            A if self.links > 0 => self.close_implied(A, &[]),
            _ => {}
        }
        self.elements += 1;
        self.out.push('<');
        let at = self.out.len();
        self.out.push_str(&self.name);
        if tag.attributes.len() < MAX_TAG {
            self.attributes(tag.attributes);
        }
        self.out.push('>');
        self.tag_end = self.out.len();
        if !void {
            self.paragraphs += usize::from(tag.name == P);
            self.links += usize::from(tag.name == A);
            self.open.push(OpenElement { name: tag.name, traits, at, len: self.name.len() });
        }
    }

    /// Leaves a start tag out; words of different blocks stay apart.
    fn drop_start(&mut self, name: Name, traits: Traits) {
        if !traits.has(Traits::VOID) && self.dropped.len() < MAX_DEPTH {
            self.dropped.push(name);
        }
        if !traits.has(Traits::ENDS_P) || self.elements >= MAX_ELEMENTS {
            self.out.push(' ');
        } else if !self.out.ends_with(BREAK) {
            self.elements += 2;
            self.out.push_str(BREAK);
        }
    }

    /// Writes the attributes that something here reads.
    fn attributes(&mut self, all: &str) {
        for (name, value) in attributes(all).take(MAX_ATTRIBUTES) {
            let is_read = READ.iter().any(|known| known.eq_ignore_ascii_case(name))
                && (!name.eq_ignore_ascii_case("style")
                    || ["none", "hidden", "right"].iter().any(|word| value.contains(word)));
            if is_read {
                self.out.push(' ');
                self.out.push_str(name);
                if !value.is_empty() {
                    self.out.push('=');
                    self.out.push_str(value);
                    if value.ends_with('/') {
                        self.out.push(' ');
                    }
                }
            }
        }
    }

    fn end(&mut self, name: Name) {
        if let Some(at) = self.dropped.iter().rposition(|&n| n == name) {
            self.dropped.truncate(at);
            return;
        }
        let is_inline = name.traits().has(Traits::INLINE);
        let is_table_part = matches!(name, TABLE | TR | TBODY | THEAD | TFOOT);
        let mut target = None;
        for (at, open) in self.open.iter().enumerate().rev() {
            if open.name == name {
                target = Some(at);
                break;
            }
            let crosses = if is_inline { !open.traits.has(Traits::INLINE) } else { open.traits.has(Traits::BARRIER) };
            if crosses && !(is_table_part && matches!(open.name, TD | TH)) {
                break;
            }
        }
        match target {
            Some(at) => {
                self.dropped.clear();
                self.close_to(at);
            }
            None if name == P => {
                self.out.push_str("<p></p>");
            }
            None if name == BR => {
                self.out.push_str("<br>");
            }
            _ => {}
        }
    }

    /// Closes an open `name` that the next start tag ends by itself, looking no further out than `scope` or a barrier.
    fn close_implied(&mut self, name: Name, scope: &[Name]) {
        for (at, open) in self.open.iter().enumerate().rev() {
            if open.name == name {
                return self.close_to(at);
            }
            if scope.contains(&open.name) || open.traits.has(Traits::BARRIER) {
                return;
            }
        }
    }

    fn close_cell(&mut self) {
        for (at, open) in self.open.iter().enumerate().rev() {
            match open.name {
                TD | TH => return self.close_to(at),
                TABLE => return,
                _ => {}
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { return };
            self.paragraphs -= usize::from(open.name == P);
            self.links -= usize::from(open.name == A);
            self.out.push_str("</");
            self.out.extend_from_within(open.at..open.at + open.len);
            self.out.push('>');
            self.tag_end = self.out.len();
        }
    }
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
            assert_eq!(sanitize(markup), balanced, "{markup}");
        }
    }

    #[test]
    fn only_json_ld_is_kept_of_the_scripts() {
        let out = sanitize("<script>x()</script><SCRIPT TYPE='application/ld+json'>{\"a\":\"<p>\"}</SCRIPT>");
        assert_eq!(out, "<script type=\"application/ld+json\">{\"a\":\"<p>\"}</script>");
    }

    #[test]
    fn depth_is_bounded_and_text_is_kept() {
        let out = sanitize(&format!("{}deep{}after", "<div>".repeat(1000), "</div>".repeat(1000)));
        assert_eq!(out.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(out.matches("</div>").count(), MAX_DEPTH);
        assert!(out.contains("deep") && out.contains("after"));
    }
}
