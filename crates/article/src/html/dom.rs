//! Walks the tree of a page without recursion.

use dom_query::{Document, NodeId, NodeRef};
pub(crate) use dom_query::{Element, NodeData};

/// Parses markup that [`super::sanitize`] made safe.
pub(crate) fn parse(sanitized: &str) -> Document {
    Document::from(sanitized)
}

/// Returns an attribute's value.
pub(crate) fn attr<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.attrs.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
}

/// Whether the page shows the way into a node or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The node starts.
    Open(NodeId),
    /// The node and all in it has ended.
    Close(NodeId),
}

/// Returns all nodes below `root` in reading order, each opened and closed.
pub(crate) fn edges(root: NodeRef<'_>) -> impl Iterator<Item = Edge> + '_ {
    let (tree, top) = (root.tree, root.id);
    let mut next = root.first_child().map(|n| Edge::Open(n.id));
    std::iter::from_fn(move || {
        let edge = next?;
        next = match edge {
            Edge::Open(id) => Some(tree.first_child_of(&id).map_or(Edge::Close(id), |child| Edge::Open(child.id))),
            Edge::Close(id) => tree
                .next_sibling_of(&id)
                .map(|n| Edge::Open(n.id))
                .or_else(|| tree.parent_of(&id).filter(|parent| parent.id != top).map(|parent| Edge::Close(parent.id))),
        };
        Some(edge)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_opens_and_closes_in_order() {
        let page = parse("<p>a<b>c</b></p><p></p>");
        let body = page.body().unwrap();
        let shown: Vec<String> = edges(body)
            .map(|edge| match edge {
                Edge::Open(id) => page.tree.get(&id).unwrap().node_name().map_or("text".into(), |n| n.to_string()),
                Edge::Close(id) => format!("/{}", page.tree.get(&id).unwrap().node_name().unwrap_or_default()),
            })
            .collect();
        assert_eq!(shown, ["p", "text", "/", "b", "text", "/", "/b", "/p", "p", "/p"]);
    }
}
