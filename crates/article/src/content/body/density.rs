//! The share of the page's running text in each container and each kind of container.

#![allow(clippy::cast_precision_loss, reason = "features are rounded to 32-bit floats, as in training")]

use std::collections::HashMap;

use dateline_record::BlockKind;

use super::measure::Measure;
use crate::content::marks::Marks;
use crate::content::walk::{Outline, TextPiece};

/// A block of this many words may be a paragraph.
const PARAGRAPH: f32 = 8.0;

/// Sums over a container with all in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    /// Words.
    pub words: f32,
    /// Words in links.
    pub linked: f32,
    /// Blocks.
    pub blocks: f32,
    /// Words of paragraphs.
    pub running: f32,
}

/// The distribution of a page's running text.
pub(crate) struct Density {
    /// Each block, measured.
    pub measures: Vec<Measure>,
    /// Each block's words if it is a paragraph, else 0.
    pub running: Vec<f32>,
    /// Sums of each container.
    pub sums: Vec<Sums>,
    /// Words of paragraphs on the page.
    pub total: f32,
    /// The smallest container with more than half of the running text.
    pub densest: usize,
    /// The container whose own paragraphs and, for half, whose children's have the most words.
    pub best: usize,
    by_own: HashMap<u64, f32>,
    by_two: HashMap<u64, f32>,
    by_three: HashMap<u64, f32>,
    by_parent: HashMap<u64, f32>,
}

impl Density {
    /// Measures a page.
    pub(crate) fn of(outline: &Outline) -> Self {
        let containers = &outline.containers;
        let measures: Vec<Measure> = outline.pieces.iter().map(|p| Measure::of(&p.text)).collect();
        let running: Vec<f32> = outline.pieces.iter().zip(&measures).map(|(p, m)| running(p, m)).collect();
        let mut sums = vec![Sums::default(); containers.len()];
        let mut direct = vec![0.0f32; containers.len()];
        for ((piece, measure), running) in outline.pieces.iter().zip(&measures).zip(&running) {
            let sum = &mut sums[piece.at];
            sum.words += measure.words;
            sum.linked += measure.words * link_share(piece);
            sum.blocks += 1.0;
            sum.running += running;
            let own = &containers[piece.at];
            direct[own.parent] += running;
            direct[containers[own.parent].parent] += running / 2.0;
        }
        for at in (1..containers.len()).rev() {
            let Sums { words, linked, blocks, running } = sums[at];
            let around = &mut sums[containers[at].parent];
            around.words += words;
            around.linked += linked;
            around.blocks += blocks;
            around.running += running;
        }
        let total = sums[0].running;
        let densest = (0..containers.len())
            .filter(|&at| sums[at].running * 2.0 > total)
            .max_by_key(|&at| containers[at].depth)
            .unwrap_or(0);
        let best = (0..containers.len()).max_by(|&a, &b| direct[a].total_cmp(&direct[b]).then(b.cmp(&a))).unwrap_or(0);
        let mut density = Self {
            measures,
            running,
            sums,
            total,
            densest,
            best,
            by_own: HashMap::new(),
            by_two: HashMap::new(),
            by_three: HashMap::new(),
            by_parent: HashMap::new(),
        };
        for (piece, &running) in outline.pieces.iter().zip(&density.running) {
            if running > 0.0 {
                let [own, two, three, parent] = signatures(outline, piece);
                *density.by_own.entry(own).or_default() += running;
                *density.by_two.entry(two).or_default() += running;
                *density.by_three.entry(three).or_default() += running;
                *density.by_parent.entry(parent).or_default() += running;
            }
        }
        density
    }

    /// Shares of the page's running text in blocks with the same tag and class; those and the parent's; those and the
    /// grandparent's; with the parent's and the grandparent's alone.
    pub(crate) fn likeness(&self, outline: &Outline, piece: &TextPiece) -> [f32; 4] {
        let [own, two, three, parent] = signatures(outline, piece);
        let share = |map: &HashMap<u64, f32>, key| map.get(&key).copied().unwrap_or_default() / self.total.max(1.0);
        [
            share(&self.by_own, own),
            share(&self.by_two, two),
            share(&self.by_three, three),
            share(&self.by_parent, parent),
        ]
    }
}

/// Share of a block's text that stands in links.
pub(crate) fn link_share(piece: &TextPiece) -> f32 {
    (piece.in_links as f32 / piece.text.len().max(1) as f32).min(1.0)
}

fn running(piece: &TextPiece, measure: &Measure) -> f32 {
    let is_text = matches!(piece.kind, BlockKind::Paragraph | BlockKind::Blockquote);
    let is_long = measure.words >= PARAGRAPH && (measure.is_sentence || measure.words >= 2.5 * PARAGRAPH);
    if is_text && is_long && link_share(piece) < 0.5 { measure.words } else { 0.0 }
}

fn signatures(outline: &Outline, piece: &TextPiece) -> [u64; 4] {
    let mix = |a: u64, b: u64| (a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let own = &outline.containers[piece.at];
    let parent = &outline.containers[own.parent];
    let grand = &outline.containers[parent.parent];
    let two = mix(own.signature, parent.signature);
    [own.signature, two, mix(two, grand.signature), mix(parent.signature, grand.signature)]
}

/// Returns the marks on the way from a block out to `top` or, if that is not around it, to the innermost container that is around both; and
/// the number of steps, negative where `top` is not around the block.
pub(crate) fn way(outline: &Outline, from: usize, top: usize) -> (Marks, i32) {
    let containers = &outline.containers;
    let (mut at, mut other, mut marks, mut steps) = (from, top, Marks::default(), 0);
    while containers[at].depth > containers[top].depth {
        marks = marks.and(containers[at].marks);
        at = containers[at].parent;
        steps += 1;
    }
    if at == top {
        return (marks, steps);
    }
    while containers[other].depth > containers[at].depth {
        other = containers[other].parent;
    }
    while at != other {
        marks = marks.and(containers[at].marks);
        at = containers[at].parent;
        other = containers[other].parent;
        steps += 1;
    }
    (marks, -steps - 1)
}

/// For each container the innermost element around it (itself included) with a mark; `None` where there is none.
pub(crate) fn innermost(outline: &Outline, mark: Marks) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = Vec::with_capacity(outline.containers.len());
    for (at, container) in outline.containers.iter().enumerate() {
        let around = if at == 0 { None } else { found[container.parent] };
        found.push(if container.marks.has(mark) { Some(at) } else { around });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::walk;
    use crate::html::dom;

    #[test]
    fn the_densest_container_holds_most_of_the_running_text() {
        let sentence = "The ferry to the outer isles stays in harbour until its crankshaft is replaced.";
        let page = dom::parse(&format!(
            "<body><nav><a href=/>Home</a></nav><div class=story><div><p>{sentence}</p><p>{sentence}</p></div>\
             <div><p>{sentence}</p></div></div><aside><p>{sentence}</p></aside></body>"
        ));
        let outline = walk::outline(&page, None);
        let density = Density::of(&outline);
        let steps: Vec<i32> = outline.pieces.iter().map(|piece| way(&outline, piece.at, density.densest).1).collect();
        // The menu and the aside are outside, the paragraphs two steps below.
        assert!(steps[0] < 0 && steps[4] < 0, "{steps:?}");
        assert_eq!(steps[1..4], [2, 2, 2]);
        let aside = way(&outline, outline.pieces[4].at, density.densest).0;
        assert!(aside.has(Marks::ASIDE_TAG));
        let [own, ..] = density.likeness(&outline, &outline.pieces[1]);
        assert!((own - 1.0).abs() < 1e-6, "all paragraphs look alike: {own}");
    }
}
