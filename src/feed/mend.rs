//! One pass over an XML document that makes it well formed, names what it mended and enforces the bounds.
//!
//! The strict parser behind it then never sees unbalanced tags, undefined entities or bottomless nesting.

use super::FeedError;

/// Elements open at once; feeds need about ten.
const MAX_DEPTH: usize = 256;
/// Namespace bindings in force at once: each element's prefix is looked up among them.
const MAX_BINDINGS: usize = 256;
/// Bytes in one tag.
const MAX_TAG: usize = 1 << 20;
/// How far into a document its root may stand.
const MAX_JUNK: usize = 64 << 10;

/// A well-formed document.
#[derive(Debug)]
pub(super) struct Mended {
    /// The document from its root on.
    pub xml: String,
    /// The root's local name.
    pub root: &'static str,
    /// What was mended, each once.
    pub repairs: Vec<String>,
}

const ROOTS: [&str; 6] = ["rss", "RDF", "feed", "entry", "urlset", "sitemapindex"];

pub(super) fn mend(text: &str) -> Result<Mended, FeedError> {
    let (start, root) = find_root(text)?;
    let mut mender = Mender { out: String::with_capacity(text.len() + 64), root, ..Mender::default() };
    if !blank_prolog(&text[..start]) {
        mender.note("junk before the document");
    }
    mender.run(&text[start..])?;
    Ok(Mended { xml: mender.out, root, repairs: mender.repairs })
}

/// Where the root element starts. What stands before it is dropped.
fn find_root(text: &str) -> Result<(usize, &'static str), FeedError> {
    let mut end = text.len().min(MAX_JUNK);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let mut first = None;
    for (at, _) in head.match_indices('<') {
        let name = tag_name(&text[at + 1..]);
        let local = local(name);
        if let Some(root) = ROOTS.into_iter().find(|root| root.eq_ignore_ascii_case(local)) {
            return Ok((at, root));
        }
        let after = &head.as_bytes()[at + 1..];
        if local.eq_ignore_ascii_case("html")
            || after.get(..13).is_some_and(|word| word.eq_ignore_ascii_case(b"!DOCTYPE html"))
        {
            return Err(FeedError::Html);
        }
        if first.is_none() && !name.is_empty() {
            first = Some(name.chars().take(40).collect::<String>());
        }
    }
    Err(first.map_or(FeedError::NotAFeed, FeedError::UnknownRoot))
}

/// Whether only a declaration, comments, instructions and a document type stand there.
fn blank_prolog(mut prolog: &str) -> bool {
    loop {
        prolog = prolog.trim_start_matches('\u{feff}').trim_start();
        if prolog.is_empty() {
            return true;
        }
        let end = if prolog.starts_with("<!--") {
            "-->"
        } else if prolog.starts_with("<?") {
            "?>"
        } else if prolog.starts_with("<!") {
            // An internal subset ends the scan: `]>`; without one, the first `>`.
            if prolog.split('>').next().is_some_and(|head| head.contains('[')) { "]>" } else { ">" }
        } else {
            return false;
        };
        match prolog.split_once(end) {
            Some((_, rest)) => prolog = rest,
            None => return false,
        }
    }
}

#[derive(Default)]
struct Mender<'a> {
    out: String,
    root: &'static str,
    open: Vec<(&'a str, usize)>,
    bindings: usize,
    repairs: Vec<String>,
    /// Length of `out` and number of open elements after the last complete entry.
    complete: Option<(usize, usize)>,
}

impl<'a> Mender<'a> {
    fn note(&mut self, repair: &str) {
        if !self.repairs.iter().any(|known| known == repair) {
            self.repairs.push(repair.to_owned());
        }
    }

    fn run(&mut self, text: &'a str) -> Result<(), FeedError> {
        let mut rest = text;
        while !rest.is_empty() {
            let Some(at) = rest.find('<') else {
                self.text(rest);
                break;
            };
            self.text(&rest[..at]);
            rest = &rest[at..];
            rest = match rest.as_bytes().get(1) {
                Some(b'!') if rest.starts_with("<![CDATA[") => match rest.find("]]>") {
                    Some(end) => {
                        self.out.push_str("<![CDATA[");
                        self.plain(&rest[9..end]);
                        self.out.push_str("]]>");
                        &rest[end + 3..]
                    }
                    None => break,
                },
                Some(b'!') if rest.starts_with("<!--") => match rest.find("-->") {
                    Some(end) => &rest[end + 3..],
                    None => break,
                },
                Some(b'!' | b'?') => match rest.find('>') {
                    Some(end) => &rest[end + 1..],
                    None => break,
                },
                Some(b'/') => match rest.find('>') {
                    Some(end) => {
                        self.close(rest[2..end].trim());
                        if self.open.is_empty() {
                            if !blank_prolog(&rest[end + 1..]) {
                                self.note("junk after the document");
                            }
                            return Ok(());
                        }
                        &rest[end + 1..]
                    }
                    None => break,
                },
                Some(next) if next.is_ascii_alphabetic() || *next == b'_' || *next >= 0x80 => {
                    let Some(end) = tag_end(rest)? else { break };
                    self.start(&rest[1..end])?;
                    if self.open.is_empty() {
                        return Ok(());
                    }
                    &rest[end + 1..]
                }
                None => break,
                Some(_) => {
                    self.note("unescaped <");
                    self.out.push_str("&lt;");
                    &rest[1..]
                }
            };
        }
        self.truncated();
        Ok(())
    }

    /// Keeps the complete entries and closes what is still open.
    fn truncated(&mut self) {
        self.note("truncated");
        if let Some((length, depth)) = self.complete {
            self.out.truncate(length);
            self.open.truncate(depth);
        }
        self.close_to(0);
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some((name, bindings)) = self.open.pop() {
                self.bindings -= bindings;
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
    }

    fn start(&mut self, tag: &'a str) -> Result<(), FeedError> {
        let empty = tag.ends_with('/');
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let name = tag_name(tag);
        if name == "item" && self.root != "feed" {
            // An item inside an item: the earlier one was not closed.
            if let Some(depth) = self.open.iter().rposition(|(open, _)| *open == "item") {
                self.note("item inside an item");
                self.close_to(depth);
                self.complete = Some((self.out.len(), depth));
            }
        }
        self.out.push('<');
        self.out.push_str(name);
        let bindings = self.attributes(&tag[name.len()..]);
        if empty {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        self.open.push((name, bindings));
        self.bindings += bindings;
        if self.open.len() > MAX_DEPTH || self.bindings > MAX_BINDINGS {
            return Err(FeedError::TooDeep);
        }
        Ok(())
    }

    /// Writes a tag's attributes, each name once; returns how many bind a namespace.
    fn attributes(&mut self, mut rest: &str) -> usize {
        let mut bindings = 0;
        let mut seen: Vec<&str> = Vec::new();
        loop {
            rest = rest.trim_start();
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let name = &rest[..end];
            rest = rest[end..].trim_start();
            let Some(after) = rest.strip_prefix('=') else {
                if name.is_empty() {
                    return bindings;
                }
                self.note("malformed attribute");
                continue;
            };
            let after = after.trim_start();
            let value = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let value = after[1..].split(quote).next().unwrap_or_default();
                    rest = after.get(value.len() + 2..).unwrap_or_default();
                    value
                }
                _ => {
                    self.note("malformed attribute");
                    let value = after.split(char::is_whitespace).next().unwrap_or_default();
                    rest = &after[value.len()..];
                    value
                }
            };
            let sound = !name.is_empty() && !name.contains(['<', '"', '\'', '&', '/']);
            if !sound || seen.len() >= 64 || seen.contains(&name) {
                self.note("malformed attribute");
                continue;
            }
            seen.push(name);
            bindings += usize::from(name.starts_with("xmlns"));
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            for (index, part) in value.split(['"', '<']).enumerate() {
                if index > 0 {
                    let quote = value.contains('"');
                    self.out.push_str(if quote { "&quot;" } else { "&lt;" });
                }
                self.text(part);
            }
            self.out.push('"');
        }
    }

    fn close(&mut self, name: &str) {
        let Some(depth) = self.open.iter().rposition(|(open, _)| *open == name) else {
            self.note("stray end tag");
            return;
        };
        // An inner end tag that matches only something outside the entry is a stray one, unless it ends the document's parts.
        if depth + 1 < self.open.len() {
            self.note("missing end tag");
        }
        self.close_to(depth);
        if matches!(local(name), "item" | "entry" | "url" | "sitemap") && (1..=2).contains(&depth) {
            self.complete = Some((self.out.len(), depth));
        }
    }

    /// Character data: control characters out, references made sound.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.plain(&rest[..at]);
            rest = &rest[at + 1..];
            let reference = rest.as_bytes().iter().take(34).position(|b| *b == b';').map(|end| &rest[..end]);
            match reference.map(resolve) {
                Some(Reference::Xml) => {
                    let end = reference.map_or(0, str::len);
                    self.out.push('&');
                    self.out.push_str(&rest[..=end]);
                    rest = &rest[end + 1..];
                }
                Some(Reference::Html(decoded)) => {
                    self.note("HTML entity");
                    self.out.push_str(&decoded);
                    rest = &rest[reference.map_or(0, str::len) + 1..];
                }
                Some(Reference::Unknown) | None => {
                    self.note("unescaped &");
                    self.out.push_str("&amp;");
                }
            }
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        let mut from = 0;
        for (at, bad) in text.match_indices(|c| !xml_char(c)) {
            self.out.push_str(&text[from..at]);
            from = at + bad.len();
        }
        if from > 0 {
            self.note("control characters");
        }
        self.out.push_str(&text[from..]);
    }
}

enum Reference {
    Xml,
    Html(String),
    Unknown,
}

fn resolve(name: &str) -> Reference {
    if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
        return Reference::Xml;
    }
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        return match code.map(char::from_u32) {
            Some(Some(c)) if xml_char(c) && number.starts_with(|d: char| d == 'x' || d.is_ascii_digit()) => {
                Reference::Xml
            }
            // A number of no character stands for nothing.
            Some(_) => Reference::Html(String::new()),
            None => Reference::Unknown,
        };
    }
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Reference::Unknown;
    }
    let written = format!("&{name};");
    let decoded = html_escape::decode_html_entities(&written);
    if decoded == written {
        Reference::Unknown
    } else {
        Reference::Html(html_escape::encode_text(&decoded).into_owned())
    }
}

/// The production `Char` of XML 1.0.
fn xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Where the `>` of a tag stands: not within a quoted value, unless the quote is never closed.
fn tag_end(tag: &str) -> Result<Option<usize>, FeedError> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate().take(MAX_TAG + 1) {
        match (quote, byte) {
            (None, b'>') => return Ok(Some(at)),
            (None, b'"' | b'\'') if tag[..at].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    if tag.len() > MAX_TAG { Err(FeedError::TooDeep) } else { Ok(None) }
}

fn tag_name(tag: &str) -> &str {
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '=' | '"' | '\'' | '&'));
    &tag[..end.unwrap_or(tag.len())]
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
