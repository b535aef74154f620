//! Inline markup back to HTML.

use super::tree::{Node, What};

/// Elements written without an end tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

impl Node<'_, '_> {
    /// Whether any element stands below.
    pub fn has_elements(self) -> bool {
        self.children().next().is_some()
    }

    /// The markup inside: prefixes and namespace declarations dropped, characters escaped. CDATA is `escaped` too where
    /// it holds words; in RSS it holds markup and stays as it is.
    pub fn markup(self, escape_sections: bool) -> String {
        let tree = self.tree;
        let mut out = String::new();
        let mut open: Vec<(usize, &str)> = Vec::new();
        for index in self.index + 1..self.end() {
            close(&mut out, &mut open, index);
            let node = &tree.nodes[index];
            match &node.what {
                What::Text(text, true) if !escape_sections => out.push_str(text),
                What::Text(text, _) => escape(&mut out, text, false),
                What::Element(element) => {
                    let name = super::tags::local(element.name);
                    out.push('<');
                    out.push_str(name);
                    let (from, to) = element.attributes;
                    for attribute in &tree.attributes[from as usize..to as usize] {
                        if !attribute.name.starts_with("xmlns") {
                            out.push(' ');
                            out.push_str(attribute.name);
                            out.push_str("=\"");
                            escape(&mut out, &attribute.value, true);
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

    /// The only element inside, if it is a `div` and nothing but blanks stands beside it (Atom's wrapper of XHTML).
    pub fn wrapper(self) -> Option<Self> {
        let mut only = None;
        for index in self.below() {
            match &self.tree.nodes[index].what {
                What::Text(text, _) if text.trim().is_empty() => {}
                What::Element(element) if only.is_none() && element.local == "div" => only = Some(index),
                _ => return None,
            }
        }
        only.map(|index| Node { tree: self.tree, index })
    }
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
