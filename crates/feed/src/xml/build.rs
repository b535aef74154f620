//! Builds the tree: balances tags, closes unclosed fields, and drops what is incomplete at the end of a truncated
//! document.

#![allow(clippy::cast_possible_truncation, reason = "the size of a document bounds the number of its nodes")]

use std::borrow::Cow;

use url::Url;

use super::names::{Ns, by_prefix, by_uri};
use super::references::{Entities, decode, windows_1252, xml_char};
use super::root;
use super::tags::{self, Tag, TagOutcome, local};
use super::tree::{Attribute, Element, NodeKind, Raw, Tree};
use crate::FeedError;
use crate::repairs::Repairs;

/// Elements open at once; deeper ones are flattened. Feeds need about ten.
const MAX_DEPTH: usize = 200;
/// Namespace bindings in force at once: each element's prefix is looked up among them.
const MAX_BINDINGS: usize = 256;
/// Nodes of one document.
const MAX_NODES: usize = 4_000_000;
/// Distinct bases and languages a document may state.
const MAX_CONTEXTS: usize = 100_000;

/// Elements that hold an entry.
const ENTRIES: [&str; 4] = ["item", "entry", "url", "sitemap"];
/// Fields whose end tag is sometimes forgotten, and which hold no elements of a feed's own.
const LEAVES: [&str; 14] = [
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "category",
    "comments",
    "updated",
    "published",
    "language",
    "copyright",
    "generator",
    "ttl",
    "lastbuilddate",
];
/// HTML's elements without an end.
const VOID: [&str; 5] = ["br", "hr", "img", "wbr", "input"];

/// Reads `text` from its feed's root on.
pub(crate) fn build<'a>(text: &'a str, url: Option<Url>, repairs: &mut Repairs) -> Result<Tree<'a>, FeedError> {
    let start = root::find(text)?;
    if start.junk {
        repairs.note("junk before the document");
    }
    let text = &text[start.at..];
    let tree = Tree { bases: vec![url], languages: vec![String::new()], ..Tree::default() };
    let from_end = |quote| text.rfind(quote).map_or(usize::MAX, |at| text.len() - at);
    let mut builder = Builder {
        tree,
        entities: start.entities,
        repairs,
        open: Vec::new(),
        bindings: Vec::new(),
        last_quotes: [from_end('"'), from_end('\'')],
    };
    builder.run(text);
    builder.finish(text.len());
    Ok(builder.tree)
}

/// An element not yet closed.
struct Open<'a> {
    name: &'a str,
    index: usize,
    bindings: usize,
}

struct Builder<'a, 'r> {
    tree: Tree<'a>,
    entities: Entities,
    repairs: &'r mut Repairs,
    open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Option<Ns>)>,
    last_quotes: [usize; 2],
}

impl<'a> Builder<'a, '_> {
    fn run(&mut self, text: &'a str) {
        let mut rest = text;
        // Once one search has failed, all later ones would.
        let (mut comments, mut sections) = (true, true);
        while !rest.is_empty() {
            if self.tree.nodes.len() >= MAX_NODES {
                self.repairs.note("elements beyond the limit left out");
                return;
            }
            let Some(at) = rest.find('<') else {
                self.text(rest, false);
                return;
            };
            self.text(&rest[..at], false);
            rest = &rest[at..];
            let next = rest.as_bytes().get(1).copied();
            rest = match next {
                Some(b'!') if rest.get(..9).is_some_and(|open| open.eq_ignore_ascii_case("<![CDATA[")) => {
                    self.section(&rest[9..], &mut sections)
                }
                Some(b'!') if rest.starts_with("<!CDATA[") => self.section(&rest[8..], &mut sections),
                Some(b'!') if rest.starts_with("<!--") => {
                    let end = comments.then(|| rest.find("-->")).flatten();
                    comments = end.is_some();
                    end.map(|end| end + 3).or_else(|| rest.find('>').map(|end| end + 1)).map_or("", |end| &rest[end..])
                }
                Some(b'!' | b'?') => rest.find('>').map_or("", |end| &rest[end + 1..]),
                Some(b'/') => match rest
                    .find(['>', '<'])
                    .filter(|end| *end > 0)
                    .or_else(|| rest[1..].find(['>', '<']).map(|end| end + 1))
                {
                    Some(end) => {
                        self.close(rest[2..end].trim());
                        let closed = rest.as_bytes()[end] == b'>';
                        let rest = &rest[end + usize::from(closed)..];
                        if self.open.is_empty() {
                            if !rest.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
                                self.repairs.note("junk after the document");
                            }
                            return;
                        }
                        rest
                    }
                    None => return,
                },
                Some(first) if first.is_ascii_alphabetic() || first == b'_' || first >= 0x80 => {
                    let from = self.tree.attributes.len();
                    let attributes = &mut self.tree.attributes;
                    match tags::read(rest, self.last_quotes, &self.entities, attributes, self.repairs) {
                        TagOutcome::Tag(tag) => {
                            let length = tag.length;
                            self.start(&tag, from);
                            if self.open.is_empty() {
                                return;
                            }
                            &rest[length..]
                        }
                        TagOutcome::Text => self.less_than(rest),
                        TagOutcome::Cut => return,
                    }
                }
                Some(_) => self.less_than(rest),
                None => return,
            };
        }
    }

    fn less_than(&mut self, rest: &'a str) -> &'a str {
        self.repairs.note("unescaped <");
        self.push(NodeKind::Text(Cow::Borrowed(&rest[..1]), false));
        &rest[1..]
    }

    /// Returns a CDATA section without its opening; one that is never closed ends with its element.
    fn section(&mut self, rest: &'a str, sections: &mut bool) -> &'a str {
        if let Some(end) = sections.then(|| rest.find("]]>")).flatten() {
            let (inside, mut after) = (&rest[..end], &rest[end + 3..]);
            // A section within a section closes twice.
            let inner = inside.trim_start().strip_prefix("<![CDATA[");
            if let Some(closed) = after.trim_start().strip_prefix("]]>").filter(|_| inner.is_some()) {
                self.repairs.note("nested CDATA");
                after = closed;
            }
            self.text(inner.unwrap_or(inside), true);
            return after;
        }
        *sections = false;
        self.repairs.note("unclosed CDATA");
        let name = self.open.last().map_or("", |open| open.name);
        let end = rest.match_indices("</").find(|(at, _)| rest[at + 2..].starts_with(name)).map(|(at, _)| at);
        let Some(end) = end else { return "" };
        self.text(rest[..end].trim_end().trim_end_matches(['>', ']']), true);
        &rest[end..]
    }

    /// Character data.
    fn text(&mut self, text: &'a str, section: bool) {
        if text.is_empty() || self.open.is_empty() {
            return;
        }
        let text = if section { Cow::Borrowed(text) } else { decode(text, &self.entities, self.repairs) };
        let text = self.sound(text);
        self.push(NodeKind::Text(text, section));
    }

    /// Control characters out, windows-1252's read as meant, text encoded to UTF-8 twice decoded.
    fn sound(&mut self, text: Cow<'a, str>) -> Cow<'a, str> {
        let bad = |c: char| !xml_char(c) || matches!(c, '\u{80}'..='\u{9f}');
        if text.is_ascii() && !text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t')) {
            return text;
        }
        if let Some(once) = twice_encoded(&text) {
            self.repairs.note("text encoded twice");
            return Cow::Owned(once);
        }
        if !text.contains(bad) {
            return text;
        }
        self.repairs.note("control characters");
        let meant = |c: char| match c {
            '\u{80}'..='\u{9f}' => Some(windows_1252(c)),
            c => xml_char(c).then_some(c),
        };
        Cow::Owned(text.chars().filter_map(meant).collect())
    }

    fn push(&mut self, what: NodeKind<'a>) {
        let end = self.tree.nodes.len() + 1;
        self.tree.nodes.push(Raw { what, end: end as u32 });
    }

    fn start(&mut self, tag: &Tag<'a>, first_attribute: usize) {
        let local = lower(local(tag.name));
        self.close_forgotten(tag.name, &local);
        let mut bindings = self.bind(first_attribute);
        let mut ns = self.resolve(tag.name);
        if self.tree.nodes.is_empty() && ns == Ns::Other {
            // Whatever its prefix is said to mean, a feed's root is a feed's.
            ns = if matches!(local.as_ref(), "feed" | "entry") { Ns::Atom } else { Ns::Plain };
            self.bindings.push((prefix(tag.name), Some(ns)));
            bindings += 1;
        }
        let (base, language) = self.context(first_attribute);
        let void = ns.is_core() && VOID.contains(&local.as_ref());
        let index = self.tree.nodes.len();
        let attributes = (first_attribute as u32, self.tree.attributes.len() as u32);
        self.push(NodeKind::Element(Element { name: tag.name, local, ns, attributes, base, language }));
        let deep = self.open.len() >= MAX_DEPTH;
        if deep {
            self.repairs.note("nested too deeply");
        }
        if tag.empty || void || deep {
            self.bindings.truncate(self.bindings.len() - bindings);
        } else {
            self.open.push(Open { name: tag.name, index, bindings });
        }
    }

    /// Takes a tag's namespace declarations; how many.
    fn bind(&mut self, first: usize) -> usize {
        let before = self.bindings.len();
        for Attribute { name, value } in &self.tree.attributes[first..] {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => rest.strip_prefix(':').unwrap_or(rest),
                None => continue,
            };
            if self.bindings.len() < MAX_BINDINGS {
                self.bindings.push((prefix, by_uri(value)));
            }
        }
        self.bindings.len() - before
    }

    fn resolve(&mut self, name: &str) -> Ns {
        let prefix = prefix(name);
        match self.bindings.iter().rev().find(|(bound, _)| *bound == prefix) {
            // Names without a prefix are a feed's, though RDF's namespace be the default.
            Some((_, Some(Ns::Rdf))) if prefix.is_empty() => Ns::Plain,
            Some((_, ns)) => ns.unwrap_or_else(|| by_prefix(&prefix.to_ascii_lowercase())),
            None => {
                if !prefix.is_empty() {
                    self.repairs.note("undeclared namespace prefix");
                }
                by_prefix(&prefix.to_ascii_lowercase())
            }
        }
    }

    /// Base and language in force in a tag with these attributes.
    fn context(&mut self, first: usize) -> (u32, u32) {
        let (mut base, mut language) = match self.open.last().map(|open| &self.tree.nodes[open.index].what) {
            Some(NodeKind::Element(parent)) => (parent.base, parent.language),
            _ => (0, 0),
        };
        for Attribute { name, value } in &self.tree.attributes[first..] {
            if name.eq_ignore_ascii_case("xml:base") && self.tree.bases.len() < MAX_CONTEXTS {
                let value = value.trim();
                let outer = self.tree.bases[base as usize].as_ref();
                // A base that is not an address is skipped.
                if let Some(found) = outer.map_or_else(|| Url::parse(value).ok(), |outer| outer.join(value).ok())
                    && outer != Some(&found)
                {
                    base = self.tree.bases.len() as u32;
                    self.tree.bases.push(Some(found));
                }
            } else if name.eq_ignore_ascii_case("xml:lang") && self.tree.languages.len() < MAX_CONTEXTS {
                language = self.tree.languages.len() as u32;
                self.tree.languages.push(value.trim().replace('_', "-"));
            }
        }
        (base, language)
    }

    /// An entry inside an entry, or a field inside a field: the earlier one was not closed.
    fn close_forgotten(&mut self, name: &str, local: &str) {
        if name.contains(':') {
            return;
        }
        if matches!(local, "item" | "entry") {
            let depth = self.open.iter().rposition(|open| {
                open.name.eq_ignore_ascii_case(local) || matches!(open.name, "content" | "summary" | "description")
            });
            if let Some(depth) = depth.filter(|depth| self.open[*depth].name.eq_ignore_ascii_case(local)) {
                self.repairs.note("item inside an item");
                self.close_to(depth);
            }
            return;
        }
        let [.., around, top] = self.open.as_slice() else { return };
        let entry = ["item", "entry", "channel", "feed"].iter().any(|entry| around.name.eq_ignore_ascii_case(entry));
        let leaf = |name: &str| LEAVES.iter().any(|leaf| leaf.eq_ignore_ascii_case(name));
        let follows = leaf(local) || matches!(local, "description" | "summary" | "content" | "author" | "enclosure");
        if entry && leaf(top.name) && follows {
            self.repairs.note("missing end tag");
            self.close_to(self.open.len() - 1);
        }
    }

    fn close(&mut self, name: &str) {
        let name = name.split(char::is_whitespace).next().unwrap_or(name);
        let found = self.open.iter().rposition(|open| open.name == name);
        let found = found.or_else(|| self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)));
        let Some(depth) = found else {
            if !VOID.contains(&name) {
                self.repairs.note("stray end tag");
            }
            return;
        };
        if depth + 1 < self.open.len() {
            self.repairs.note("missing end tag");
        }
        self.close_to(depth);
    }

    fn close_to(&mut self, depth: usize) {
        let end = self.tree.nodes.len() as u32;
        for closed in self.open.drain(depth..) {
            self.tree.nodes[closed.index].end = end;
            self.bindings.truncate(self.bindings.len() - closed.bindings);
        }
    }

    /// Closes what a cut-off document left open. Its last entry, being incomplete, is dropped.
    fn finish(&mut self, length: usize) {
        if self.open.is_empty() && length > 0 {
            return;
        }
        self.repairs.note("truncated");
        let entry = self.open.iter().position(|open| ENTRIES.contains(&lower(local(open.name)).as_ref()));
        if let Some(depth) = entry.filter(|depth| *depth > 0) {
            let keep = self.open[depth].index;
            self.open.truncate(depth);
            self.tree.nodes.truncate(keep);
        }
        self.bindings.clear();
        let end = self.tree.nodes.len() as u32;
        for open in self.open.drain(..) {
            self.tree.nodes[open.index].end = end;
        }
    }
}

fn prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or("", |(prefix, _)| prefix)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// UTF-8 that was taken for ISO 8859-1, or for windows-1252 as `â€` shows, and encoded again.
fn twice_encoded(text: &str) -> Option<String> {
    let bytes = if text.contains("â€") {
        let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(text);
        (!lost).then(|| bytes.into_owned())
    } else {
        text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    };
    String::from_utf8(bytes?).ok().filter(|once| once.len() < text.len())
}
