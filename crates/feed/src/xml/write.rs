//! Serializes inline markup as HTML.

use super::tree::{Node, NodeKind};
use crate::escaped;
use crate::links::absolute;

/// Elements written without an end tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements whose words are never markup.
const LITERAL: [&str; 6] = ["code", "kbd", "pre", "samp", "tt", "xmp"];
/// Attributes that hold an address.
const ADDRESSES: [&str; 4] = ["href", "src", "poster", "data-src"];

/// How character data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextMode {
    /// XHTML: all of it is text.
    Text,
    /// HTML: CDATA sections hold markup.
    Html,
    /// HTML whose author escaped some of the tags as well.
    EscapedHtml,
}

impl Node<'_, '_> {
    /// Returns whether any element stands below.
    pub(crate) fn has_elements(self) -> bool {
        self.children().next().is_some()
    }

    /// Returns the markup inside: prefixes and namespace declarations dropped, characters escaped as `words` has it. Addresses
    /// that an inner `xml:base` governs are made absolute, since that base is known here alone.
    pub(crate) fn markup(self, words: TextMode) -> String {
        let tree = self.tree;
        let own_base = self.element().base;
        let mut out = String::new();
        let mut open: Vec<(usize, &str)> = Vec::new();
        for index in self.index + 1..self.end() {
            close(&mut out, &mut open, index);
            let node = &tree.nodes[index];
            match &node.what {
                NodeKind::Text(text, true) if words != TextMode::Text => out.push_str(text),
                NodeKind::Text(text, _) if words == TextMode::EscapedHtml && !is_literal(&open) => {
                    escaped::write(&mut out, text);
                }
                NodeKind::Text(text, _) => escape(&mut out, text, false),
                NodeKind::Element(element) => {
                    let name = super::tags::local(element.name);
                    out.push('<');
                    out.push_str(name);
                    let (from, to) = element.attributes;
                    for attribute in &tree.attributes[from as usize..to as usize] {
                        if !attribute.name.starts_with("xmlns") {
                            out.push(' ');
                            out.push_str(attribute.name);
                            out.push_str("=\"");
                            let base = tree.bases[element.base as usize].as_ref().filter(|_| element.base != own_base);
                            let address = base.filter(|_| ADDRESSES.contains(&attribute.name));
                            let address = address.and_then(|base| absolute(&attribute.value, Some(base)));
                            escape(&mut out, address.as_deref().unwrap_or(&attribute.value), true);
                            out.push('"');
                        }
                    }
                    if node.end as usize == index + 1 && VOID.contains(&element.local.as_ref()) {
                        out.push_str("/>");
                    } else {
                        out.push('>');
                        open.push((node.end as usize, name));
                    }
                }
            }
        }
        close(&mut out, &mut open, self.end());
        out
    }

    /// Returns whether words inside, but not those of code, are markup that was escaped.
    pub(crate) fn has_escaped_markup(self) -> bool {
        let tree = self.tree;
        let mut all = String::new();
        let mut open: Vec<(usize, &str)> = Vec::new();
        for index in self.index + 1..self.end() {
            open.retain(|(end, _)| *end > index);
            match &tree.nodes[index].what {
                NodeKind::Text(text, false) if !is_literal(&open) => all.push_str(text),
                NodeKind::Text(..) => {}
                NodeKind::Element(element) => {
                    open.push((tree.nodes[index].end as usize, super::tags::local(element.name)));
                }
            }
        }
        escaped::has_markup(&all)
    }

    /// Returns the only element inside, if it is a `div` and nothing but blanks stands beside it (Atom's wrapper of XHTML).
    pub(crate) fn wrapper(self) -> Option<Self> {
        let mut only = None;
        for index in self.below() {
            match &self.tree.nodes[index].what {
                NodeKind::Text(text, _) if text.trim().is_empty() => {}
                NodeKind::Element(element) if only.is_none() && element.local == "div" => only = Some(index),
                _ => return None,
            }
        }
        only.map(|index| Node { tree: self.tree, index })
    }
}

fn is_literal(open: &[(usize, &str)]) -> bool {
    open.iter().any(|(_, name)| LITERAL.iter().any(|literal| literal.eq_ignore_ascii_case(name)))
}

fn close(out: &mut String, open: &mut Vec<(usize, &str)>, index: usize) {
    while let Some((_, name)) = open.pop_if(|(end, _)| *end <= index) {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

fn escape(out: &mut String, text: &str, quotes: bool) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '&' | '<' | '>') || (quotes && c == '"')) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
