//! A document as a flat list of nodes in document order; each node knows the end of its subtree.

use std::borrow::Cow;

use url::Url;

use super::names::Ns;

/// A balanced document.
#[derive(Debug, Default)]
pub(crate) struct Tree<'a> {
    pub(super) nodes: Vec<Raw<'a>>,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// `xml:base` values, resolved; the first is the document's own URL.
    pub(super) bases: Vec<Option<Url>>,
    /// `xml:lang` values; the first stands for none.
    pub(super) languages: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Raw<'a> {
    pub what: NodeKind<'a>,
    /// Index after the last node of the subtree.
    pub end: u32,
}

#[derive(Debug)]
pub(super) enum NodeKind<'a> {
    Element(Element<'a>),
    /// Character data, decoded; whether it stood in a CDATA section.
    Text(Cow<'a, str>, bool),
}

#[derive(Debug)]
pub(super) struct Element<'a> {
    /// As written, with its prefix.
    pub name: &'a str,
    /// Without prefix, in lower case.
    pub local: Cow<'a, str>,
    pub ns: Ns,
    /// Its range in [`Tree::attributes`].
    pub attributes: (u32, u32),
    pub base: u32,
    pub language: u32,
}

#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    pub value: Cow<'a, str>,
}

impl<'a> Tree<'a> {
    /// Returns the document's element.
    pub(crate) fn root(&self) -> Node<'_, 'a> {
        Node { tree: self, index: 0 }
    }
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t, 'a> {
    pub(super) tree: &'t Tree<'a>,
    pub(super) index: usize,
}

impl<'t, 'a> Node<'t, 'a> {
    pub(super) fn element(self) -> &'t Element<'a> {
        static NONE: Element<'static> =
            Element { name: "", local: Cow::Borrowed(""), ns: Ns::Other, attributes: (0, 0), base: 0, language: 0 };
        match self.tree.nodes.get(self.index).map(|node| &node.what) {
            Some(NodeKind::Element(element)) => element,
            // No handle is made for anything but an element, save for the root of an empty document.
            _ => &NONE,
        }
    }

    /// Name without prefix, in lower case.
    pub(crate) fn local(self) -> &'t str {
        &self.element().local
    }

    /// Namespace.
    pub(crate) fn ns(self) -> Ns {
        self.element().ns
    }

    /// Returns whether it is RSS' or Atom's own element of this name.
    pub(crate) fn is_core(self, local: &str) -> bool {
        self.ns().is_core() && self.local() == local
    }

    /// Place in document order.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// Place after the last node below.
    pub(crate) fn end(self) -> usize {
        self.tree.nodes.get(self.index).map_or(0, |node| node.end as usize)
    }

    /// Elements and texts directly below, by index.
    pub(super) fn below(self) -> impl Iterator<Item = usize> + 't {
        let (mut next, end, tree) = (self.index + 1, self.end(), self.tree);
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let index = next;
            next = tree.nodes[index].end as usize;
            Some(index)
        })
    }

    /// Elements directly below.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'t, 'a>> + 't {
        let tree = self.tree;
        self.below()
            .filter(move |index| matches!(tree.nodes[*index].what, NodeKind::Element(_)))
            .map(move |index| Node { tree, index })
    }

    /// Elements and texts directly below.
    #[cfg(test)]
    pub(crate) fn parts(self) -> impl Iterator<Item = Result<Node<'t, 'a>, &'t str>> + 't {
        let tree = self.tree;
        self.below().map(move |index| match &tree.nodes[index].what {
            NodeKind::Element(_) => Ok(Node { tree, index }),
            NodeKind::Text(text, _) => Err(text.as_ref()),
        })
    }

    /// Returns all elements below, in document order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Node<'t, 'a>> + 't {
        let tree = self.tree;
        (self.index + 1..self.end())
            .filter(move |index| matches!(tree.nodes[*index].what, NodeKind::Element(_)))
            .map(move |index| Node { tree, index })
    }

    /// Returns all character data below.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let mut texts =
            self.tree.nodes[(self.index + 1).min(self.end())..self.end()].iter().filter_map(|node| match &node.what {
                NodeKind::Text(text, _) => Some(text.as_ref()),
                NodeKind::Element(_) => None,
            });
        let Some(first) = texts.next() else { return Cow::Borrowed("") };
        let mut all = Cow::Borrowed(first);
        for text in texts {
            all.to_mut().push_str(text);
        }
        all
    }

    /// Returns the character data right after it.
    pub(crate) fn tail(self) -> Option<&'t str> {
        match &self.tree.nodes.get(self.end())?.what {
            NodeKind::Text(text, _) => Some(text),
            NodeKind::Element(_) => None,
        }
    }

    /// Trimmed character data, if there is any.
    pub(crate) fn word(self) -> Option<String> {
        let text = self.text();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns an attribute's value by its name as written, any case.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let (from, to) = self.element().attributes;
        self.tree.attributes[from as usize..to as usize]
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .map(|attribute| attribute.value.as_ref())
    }

    /// Returns an attribute's value that is not blank, trimmed.
    pub(crate) fn filled(self, name: &str) -> Option<&'t str> {
        self.attribute(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Returns what relative links in it are relative to.
    pub(crate) fn base(self) -> Option<&'t Url> {
        self.tree.bases.get(self.element().base as usize)?.as_ref()
    }

    /// Returns the same where the document itself states it.
    pub(crate) fn stated_base(self) -> Option<&'t Url> {
        self.base().filter(|_| self.element().base != 0)
    }

    /// Returns the language in force.
    pub(crate) fn language(self) -> Option<&'t str> {
        self.tree.languages.get(self.element().language as usize).map(String::as_str).filter(|tag| !tag.is_empty())
    }
}
