//! Removes elements that never belong to an article, by their class: consent notices, sign-up boxes, lists of other
//! articles.
//!
//! They are removed before the page is read, since a long notice beside a short article would otherwise be taken for
//! the article.

use dom_query::{Document, NodeId};

use super::class_words;
use super::marks::Marks;
use crate::html::dom::{self, Edge, Element, attr};

/// Removes boilerplate from a page. An element that holds the headline or the main part stays, whatever it is called.
pub(crate) fn remove(page: &Document) {
    let mut found: Vec<NodeId> = Vec::new();
    let mut inside: Option<NodeId> = None;
    for edge in dom::edges(page.root()) {
        match edge {
            Edge::Open(id) if inside.is_none() => {
                let is_marked = page.tree.query_node(&id, |node| match &node.data {
                    dom::NodeData::Element(element) => is_boilerplate(element),
                    _ => false,
                });
                if is_marked.unwrap_or(false) && !holds_story(page, id) {
                    inside = Some(id);
                    found.push(id);
                }
            }
            Edge::Close(id) if inside == Some(id) => inside = None,
            _ => {}
        }
    }
    for node in found.iter().filter_map(|id| page.tree.get(id)) {
        node.remove_from_parent();
    }
}

fn is_boilerplate(element: &Element) -> bool {
    if matches!(&*element.name.local, "html" | "body" | "main" | "article" | "h1") {
        return false;
    }
    let is_dialog = attr(element, "role").is_some_and(|role| matches!(role, "dialog" | "alertdialog"));
    // Within longer names these words say less: a recipe may be about cookies.
    let is_named = |name: &str| matches!(name.trim(), "cookie" | "cookies" | "newsletter" | "comments");
    is_dialog
        || [attr(element, "class"), attr(element, "id")].into_iter().flatten().any(is_named)
        || [attr(element, "class"), attr(element, "id")]
            .into_iter()
            .flatten()
            .any(|names| class_words::marks(names).has(Marks::OVERLAY))
}

fn holds_story(page: &Document, id: NodeId) -> bool {
    let Some(node) = page.tree.get(&id) else { return false };
    node.descendants_it().any(|inner| {
        inner.element_ref().is_some_and(|element| {
            matches!(&*element.name.local, "h1" | "main" | "article")
                || attr(&element, "itemprop").is_some_and(|items| items.contains("articleBody"))
        })
    })
}
