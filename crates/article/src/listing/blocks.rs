//! The part of the page that belongs to each link: its card, row or paragraph.
//!
//! The block of a link is the largest element around it that leads to no other article. Where blocks are not elements, as
//! in a list of headings and paragraphs in turn, what stands between two of them belongs to one.

use std::collections::HashMap;

use dom_query::{Document, NodeId, NodeRef};

use super::dates;
use super::scan::{Anchor, Scan};
use crate::html::clean;

/// The maximum number of nodes of a block besides its own element.
const MAX_GAP: usize = 24;

/// The articles that an element leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// To this one alone.
    One(usize),
    /// To several.
    Many,
}

/// The part of the page that belongs to a link.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Its nodes, in document order.
    pub nodes: Vec<NodeId>,
}

/// Where elements lead.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    leads: HashMap<NodeId, Leads>,
}

impl Blocks {
    /// Finds where the elements around these links lead. Those that lead to articles by their words come first: a link
    /// without words of its own ("Print") within the block of another does not part it.
    pub(super) fn new(page: &Document, scan: &Scan, is_article: impl Fn(&Anchor) -> Option<bool>) -> Self {
        let mut blocks = Self::default();
        for with_words in [true, false] {
            for anchor in scan.anchors.iter().filter(|anchor| is_article(anchor) == Some(with_words)) {
                if with_words || !blocks.is_within_another(page, anchor) {
                    blocks.add(page, anchor);
                }
            }
        }
        blocks
    }

    fn add(&mut self, page: &Document, anchor: &Anchor) {
        let mut at = Some(anchor.id);
        while let Some(id) = at {
            match self.leads.get(&id) {
                Some(Leads::Many) => return,
                Some(Leads::One(target)) if *target == anchor.target => return,
                Some(Leads::One(_)) => self.leads.insert(id, Leads::Many),
                None => self.leads.insert(id, Leads::One(anchor.target)),
            };
            at = page.tree.parent_of(&id).map(|parent| parent.id);
        }
    }

    fn is_within_another(&self, page: &Document, anchor: &Anchor) -> bool {
        let mut around = std::iter::successors(page.tree.parent_of(&anchor.id), NodeRef::parent);
        let nearest = around.find_map(|node| self.leads.get(&node.id));
        matches!(nearest, Some(Leads::One(target)) if *target != anchor.target)
    }

    /// Returns whether an element leads to an article.
    pub(super) fn leads(&self, id: NodeId) -> bool {
        self.leads.contains_key(&id)
    }

    /// Returns the largest element around a link that leads to its article alone.
    fn element<'a>(&self, page: &'a Document, anchor: &Anchor) -> Option<NodeRef<'a>> {
        let mut node = page.tree.get(&anchor.id)?;
        while let Some(parent) = node.parent() {
            let is_page = ["body", "html", "main"].iter().any(|name| parent.has_name(name)) || !parent.is_element();
            if is_page || self.leads.get(&parent.id) != Some(&Leads::One(anchor.target)) {
                break;
            }
            node = parent;
        }
        Some(node)
    }

    /// Returns the blocks of these links, each with its number.
    pub(super) fn of(&self, page: &Document, anchors: &[&Anchor]) -> Vec<Block> {
        let elements: Vec<Option<NodeRef>> = anchors.iter().map(|anchor| self.element(page, anchor)).collect();
        let mut lists: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (at, element) in elements.iter().enumerate() {
            if let Some(parent) = element.as_ref().and_then(NodeRef::parent) {
                lists.entry(parent.id).or_default().push(at);
            }
        }
        let own = |element: &Option<NodeRef>| Block { nodes: element.iter().map(|node| node.id).collect() };
        let mut blocks: Vec<Block> = elements.iter().map(own).collect();
        for list in lists.values().filter(|list| list.len() > 1) {
            let nodes: Vec<NodeRef> = list.iter().filter_map(|&at| elements[at]).collect();
            self.share_gaps(list, &nodes, &mut blocks);
        }
        blocks
    }

    /// Adds what stands between the elements of a list to those before or after it.
    fn share_gaps(&self, list: &[usize], nodes: &[NodeRef], blocks: &mut [Block]) {
        let after: Vec<Vec<NodeRef>> = nodes.iter().map(|node| self.gap(node, NodeRef::next_sibling)).collect();
        let inner = &after[..after.len() - 1];
        let filled = inner.iter().filter(|gap| !gap.is_empty()).count();
        if filled * 2 < inner.len() || filled == 0 {
            return;
        }
        let longest = inner.iter().map(Vec::len).max().unwrap_or(0);
        let mut before = nodes.first().map(|node| self.gap(node, NodeRef::prev_sibling)).unwrap_or_default();
        before.truncate(longest);
        let tells_time = |gap: &[NodeRef]| gap.iter().take(longest).any(|node| dates::is_time(&node.text()));
        let leads = tells_time(&before) && !after.last().is_some_and(|gap| tells_time(gap));
        for (at, &block) in list.iter().enumerate() {
            let ids = |gap: &[NodeRef]| gap.iter().take(longest).map(|node| node.id).collect::<Vec<NodeId>>();
            if leads {
                let gap = if at == 0 { before.iter().rev().copied().collect() } else { after[at - 1].clone() };
                blocks[block].nodes.splice(0..0, ids(&gap));
            } else {
                blocks[block].nodes.extend(ids(&after[at]));
            }
        }
    }

    /// Returns the siblings of an element up to the next that leads to an article, without blank ones; none if there are too many.
    fn gap<'a>(&self, node: &NodeRef<'a>, next: fn(&NodeRef<'a>) -> Option<NodeRef<'a>>) -> Vec<NodeRef<'a>> {
        let siblings = std::iter::successors(next(node), next).take_while(|sibling| !self.leads(sibling.id));
        let filled = siblings.take(MAX_GAP + 1).filter(|sibling| !clean::text(&sibling.text()).is_empty());
        filled.take(MAX_GAP).collect()
    }
}
