//! What reading an element needs to know of the document around it, and values that several elements compete for.

use url::Url;

use super::kind::Kind;
use super::xml::{Node, Ns};

/// The document around an element.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// What links are relative to where neither the document nor its URL says: the site.
    pub site: Option<Url>,
    /// Whether names without a prefix are Atom's.
    pub atom: bool,
}

impl Context {
    /// What an element holds that does not say: text in Atom, `rss` in RSS.
    pub fn unsaid(&self, node: Node, rss: Kind) -> Kind {
        let atom = node.ns() == Ns::Atom || (self.atom && node.ns() == Ns::Plain);
        if atom { Kind::Text } else { rss }
    }

    /// What links in an element are relative to.
    pub fn base<'a>(&'a self, node: Node<'a, '_>) -> Option<&'a Url> {
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
    pub fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.0.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            self.0 = Some((rank, value));
        }
    }

    /// The best value so far.
    pub fn best(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// The best value.
    pub fn into_best(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}
