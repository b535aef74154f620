//! CSS selectors of the links of a section page, and of what is read beside each.

use dom_query::{Document, Matcher, NodeId, NodeRef};

use super::blocks::Block;
use crate::html::clean;
use crate::html::dom::attr;
use crate::rules::SelectorError;

/// The longest text that a selector takes, in bytes.
const MAX_TEXT: usize = 2_000;

/// The selectors of a section page.
#[derive(Debug, Clone)]
pub struct ListingSelectors {
    links: Matcher,
    title: Option<Matcher>,
    date: Option<Matcher>,
    summary: Option<Matcher>,
}

impl ListingSelectors {
    /// Compiles the selectors: `links` selects the links, or elements that each contain one; the others select within the
    /// part of the page that belongs to a link.
    pub fn new(
        links: &str,
        title: Option<&str>,
        date: Option<&str>,
        summary: Option<&str>,
    ) -> Result<Self, SelectorError> {
        let compile = |selector: &str| Matcher::new(selector).map_err(|_| SelectorError(selector.to_owned()));
        let optional = |selector: Option<&str>| selector.map(compile).transpose();
        Ok(Self { links: compile(links)?, title: optional(title)?, date: optional(date)?, summary: optional(summary)? })
    }

    /// Returns the elements of the links that are selected.
    pub(super) fn links(&self, page: &Document) -> Vec<NodeId> {
        let selected = page.select_matcher(&self.links);
        selected.nodes().iter().filter_map(link_of).map(|node| node.id).collect()
    }

    /// Returns the text of the title within a block.
    pub(super) fn title(&self, page: &Document, block: &Block) -> Option<String> {
        text(first(page, block, self.title.as_ref())?)
    }

    /// Returns the text of the summary within a block.
    pub(super) fn summary(&self, page: &Document, block: &Block) -> Option<String> {
        text(first(page, block, self.summary.as_ref())?)
    }

    /// Returns the value and the text of the date within a block.
    pub(super) fn date(&self, page: &Document, block: &Block) -> Option<(Option<String>, String)> {
        let node = first(page, block, self.date.as_ref())?;
        let element = node.element_ref()?;
        let value = ["datetime", "content"].into_iter().find_map(|name| attr(&element, name)).map(str::to_owned);
        Some((value, text(node).unwrap_or_default()))
    }
}

/// Returns the link of an element: itself, the first in it, or the one around it.
fn link_of<'a>(node: &NodeRef<'a>) -> Option<NodeRef<'a>> {
    let is_link = |node: &NodeRef| node.has_name("a") && node.has_attr("href");
    if is_link(node) {
        return Some(*node);
    }
    let inside = node.descendants_it().find(|below| is_link(below));
    inside.or_else(|| node.ancestors_it(None).find(|above| is_link(above)))
}

/// Returns the first element of a block that a selector matches.
fn first<'a>(page: &'a Document, block: &Block, matcher: Option<&Matcher>) -> Option<NodeRef<'a>> {
    let matcher = matcher?;
    let nodes = block.nodes.iter().filter_map(|id| page.tree.get(id));
    nodes.filter(NodeRef::is_element).find_map(|node| {
        if matcher.match_element(&node) {
            return Some(node);
        }
        node.descendants_it().filter(NodeRef::is_element).find(|below| matcher.match_element(below))
    })
}

fn text(node: NodeRef) -> Option<String> {
    let text = node.text();
    clean::non_empty(&text[..text.floor_char_boundary(MAX_TEXT)])
}
