//! Headings that date what stands below them: "Tuesday, 12 May 2026".

use std::collections::HashSet;

use dom_query::{Document, NodeId, NodeRef};

use super::blocks::Block;
use super::dates;
use super::scan::Scan;
use super::zones::heading_level;
use crate::html::clean;
use crate::html::dom::{self, Edge};

/// The longest text that is read as a day, in bytes, and the most days of a page.
const MAX_TEXT: usize = 80;
const MAX_DAYS: usize = 200;

struct Day {
    position: usize,
    text: String,
    /// The element whose content follows the heading.
    scope: NodeId,
    is_heading: bool,
}

/// Returns for each block the day in the heading above it.
pub(super) fn above(page: &Document, scan: &Scan, blocks: &[Block]) -> Vec<Option<String>> {
    let within: HashSet<NodeId> = blocks.iter().flat_map(|block| block.nodes.iter().copied()).collect();
    let mut days: Vec<Day> = Vec::new();
    for edge in dom::edges(page.root()) {
        let Edge::Open(id) = edge else { continue };
        let Some(node) = page.tree.get(&id).filter(NodeRef::is_text) else { continue };
        let text = node.text();
        if days.len() >= MAX_DAYS || text.len() > MAX_TEXT || !text.contains(char::is_numeric) {
            continue;
        }
        let text = clean::text(&text);
        if let Some(label) = dates::day(&text).and_then(|_| node.parent())
            && let Some(day) = day(scan, label, &within, text.clone())
        {
            days.push(day);
        }
    }
    // A date above a list alone may be today's; two of them part the list.
    if days.len() < 2 {
        days.retain(|day| day.is_heading);
    }
    let of = |block: &Block| {
        let first = page.tree.get(block.nodes.first()?)?;
        let position = *scan.position.get(&first.id)?;
        let day = days[..days.partition_point(|day| day.position < position)].last()?;
        first.ancestors_it(None).any(|node| node.id == day.scope).then(|| day.text.clone())
    };
    blocks.iter().map(of).collect()
}

fn day(scan: &Scan, label: NodeRef, within: &HashSet<NodeId>, text: String) -> Option<Day> {
    let is_term = label.has_name("dt");
    let is_within = label.ancestors_it(None).any(|node| within.contains(&node.id)) || within.contains(&label.id);
    if is_within && !is_term {
        return None;
    }
    let position = *scan.position.get(&label.id)?;
    let mut at = label;
    let mut is_heading = is_term || label.has_name("th");
    loop {
        is_heading |= heading_level(&at).is_some();
        let parent = at.parent()?;
        let is_alone = parent
            .children_it(false)
            .all(|child| child.id == at.id || child.is_text() && child.text().trim().is_empty());
        if !is_alone {
            return Some(Day { position, text, scope: parent.id, is_heading });
        }
        at = parent;
    }
}
