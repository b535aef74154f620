//! The part of the document's state that reading an element needs, and values for which several elements compete.

use url::Url;

use super::kind::Kind;
use super::xml::{Node, Ns};

/// The document around an element.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// The base of relative links if neither the document nor its URL gives one: the site.
    pub site: Option<Url>,
    /// Whether names without a prefix are Atom's.
    pub atom: bool,
}

impl Context {
    /// Returns the kind of text in an element that does not declare it: text in Atom, `rss` in RSS.
    pub(crate) fn unsaid(&self, node: Node, rss: Kind) -> Kind {
        let atom = node.ns() == Ns::Atom || (self.atom && node.ns() == Ns::Plain);
        if atom { Kind::Text } else { rss }
    }

    /// Returns what links in an element are relative to.
    pub(crate) fn base<'a>(&'a self, node: Node<'a, '_>) -> Option<&'a Url> {
        node.base().or(self.site.as_ref())
    }
}

/// Values for one field; the lowest rank wins, then the first in the document.
#[derive(Debug)]
pub(super) struct Ranked<T>(Option<(u8, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Ranked<T> {
    /// Offers a value.
    pub(crate) fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.0.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            self.0 = Some((rank, value));
        }
    }

    /// Returns the best value so far.
    pub(crate) fn best(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// Returns the best value.
    pub(crate) fn into_best(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}
