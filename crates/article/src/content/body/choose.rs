//! Chooses the blocks of the article from their probabilities.

use std::collections::HashMap;

use dateline_record::BlockKind;

use super::density::{self, Density};
use super::features::{COUNT, Hints};
use super::measure::Measure;
use crate::content::marks::Marks;
use crate::content::pointer::{self, Pointer};
use crate::content::shingles;
use crate::content::walk::{Outline, TextPiece};
use crate::content::{boilerplate, trim};
use crate::metadata::byline;

/// A block less probable than this is never chosen.
const LEAST: f32 = 0.2;
/// A block more probable than this is always chosen.
const SURE: f32 = 0.5;

/// The longest paragraph of a teaser, in bytes.
const MAX_TEASER: usize = 400;
/// The minimum share of the chosen words that must be in the text that the page marks, for the mark to be used.
const MOST: f32 = 0.6;

/// The article's blocks, and how sure that is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// For each block whether it is of the article.
    pub keep: Vec<bool>,
    /// For each block how probable the trees hold it, 0–1.
    pub probabilities: Vec<f32>,
    /// The features of each block; empty if the trees were not used.
    pub features: Vec<[f32; COUNT]>,
    /// The F1 of the choice over words that these probabilities let expect, 0–1.
    pub confidence: f32,
}

impl Choice {
    /// Returns a choice that was made otherwise.
    pub(crate) fn all(keep: impl Iterator<Item = bool>) -> Self {
        let keep: Vec<bool> = keep.collect();
        let probabilities = keep.iter().map(|&keep| f32::from(u8::from(keep))).collect();
        Self { keep, probabilities, features: Vec::new(), confidence: 1.0 }
    }

    /// Returns the chosen ones of these blocks.
    pub(crate) fn of<'a>(&self, pieces: &'a [TextPiece]) -> Vec<&'a TextPiece> {
        pieces.iter().zip(&self.keep).filter(|(_, keep)| **keep).map(|(piece, _)| piece).collect()
    }
}

/// Chooses the blocks with the best expected F1 and applies what holds on every page.
pub(crate) fn choose(outline: &Outline, density: &Density, hints: &Hints, probabilities: Vec<f32>) -> Choice {
    let pieces = &outline.pieces;
    let (threshold, confidence) = threshold(density, &probabilities);
    let mut keep: Vec<bool> = pieces
        .iter()
        .zip(&probabilities)
        .map(|(piece, &p)| p >= threshold && piece.kind != BlockKind::Caption && !is_never(piece))
        .collect();
    let headline = hints.headline.map(shingles::words);
    let is_title = |piece: &TextPiece| {
        piece.text.len() <= 500 && headline.as_ref().is_some_and(|headline| *headline == shingles::words(&piece.text))
    };
    keep_to_marked(outline, density, &mut keep);
    drop_labels(pieces, &mut keep);
    drop_teasers(pieces, &mut keep);
    for (keep, piece) in keep.iter_mut().zip(pieces) {
        *keep &= !is_title(piece);
    }
    drop_repeats(pieces, &mut keep);
    drop_subtitles(pieces, hints, &mut keep);
    drop_tail_headings(pieces, &mut keep);
    add_captions(pieces, &mut keep, is_title);
    Choice { keep, probabilities, features: Vec::new(), confidence }
}

/// Returns the probability from which blocks are chosen, and the F1 that this lets expect: blocks are taken in the order of their
/// probability as long as `2 Σ taken p·w / (Σ taken w + Σ all p·w)` grows.
fn threshold(density: &Density, probabilities: &[f32]) -> (f32, f32) {
    let mut order: Vec<(f32, f32)> =
        probabilities.iter().zip(&density.measures).map(|(&p, measure)| (p, measure.words)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let expected: f32 = order.iter().map(|(p, words)| p * words).sum();
    let (mut taken, mut hits, mut best) = (0.0, 0.0, (SURE, 0.0));
    for (p, words) in order {
        taken += words;
        hits += p * words;
        let f1 = 2.0 * hits / (taken + expected).max(f32::EPSILON);
        if f1 > best.1 {
            best = (p, f1);
        }
    }
    (best.0.clamp(LEAST, SURE), best.1)
}

/// Returns whether a block is never a paragraph of an article: a notice, a link to another article, a line of credits or dates.
fn is_never(piece: &TextPiece) -> bool {
    !piece.post
        && (piece.pointer == Some(Pointer::Known)
            || boilerplate::is_notice(&piece.text)
            || byline::is_credit_line(&piece.text)
            || piece.kind == BlockKind::Paragraph && trim::is_date_line(&piece.text))
}

/// Where the page marks the article's text (microdata's `articleBody`) and that holds most of what was chosen, nothing after it is of
/// the article.
fn keep_to_marked(outline: &Outline, density: &Density, keep: &mut [bool]) {
    let inside = density::innermost(outline, Marks::ARTICLE_BODY);
    let is_inside = |i: usize| inside[outline.pieces[i].at].is_some();
    let words = |only: bool| -> f32 {
        (0..keep.len()).filter(|&i| keep[i] && (is_inside(i) || !only)).map(|i| density.measures[i].words).sum()
    };
    if words(true) < words(false) * MOST {
        return;
    }
    let end = (0..keep.len()).rposition(|i| keep[i] && is_inside(i)).map_or(0, |last| last + 1);
    keep[end..].fill(false);
}

/// Titles above the first paragraph repeat the headline in other words. A heading that is a sentence is the lead, and one that the page
/// states as part of its text stays.
fn drop_subtitles(pieces: &[TextPiece], hints: &Hints, keep: &mut [bool]) {
    let Some(first) = (0..pieces.len()).find(|&i| keep[i] && pieces[i].kind != BlockKind::Subheading) else { return };
    for i in 0..first {
        keep[i] &= trim::is_lead(&pieces[i]) || hints.stated.is_some_and(|stated| stated.holds(&pieces[i].text));
    }
}

/// Labels above links to other articles, with these links.
fn drop_labels(pieces: &[TextPiece], keep: &mut [bool]) {
    let mut at = 0;
    while at < pieces.len() {
        let mut end = at + 1;
        if pointer::is_label(&pieces[at].text) {
            end += pieces[end..].iter().take_while(|piece| is_link_out(piece)).count();
            let leads_on = end > at + 1 || !keep.get(end).copied().unwrap_or(false);
            if leads_on {
                keep[at..end].fill(false);
            }
        }
        at = end;
    }
}

/// Teasers of other articles, in a row: a heading that is a link to another page of the site, and a paragraph, again and again.
fn drop_teasers(pieces: &[TextPiece], keep: &mut [bool]) {
    const ROW: usize = 3;
    let shown: Vec<usize> = (0..pieces.len()).filter(|&i| pieces[i].kind != BlockKind::Caption).collect();
    let is_teaser = |pair: &[usize]| {
        let (heading, text) = (&pieces[pair[0]], &pieces[pair[1]]);
        heading.level > 1 && is_link_out(heading) && text.kind == BlockKind::Paragraph && text.text.len() <= MAX_TEASER
    };
    let mut at = 0;
    while at < shown.len() {
        let row = shown[at..].chunks_exact(2).take_while(|pair| is_teaser(pair)).count();
        if row >= ROW {
            for &i in &shown[at..at + 2 * row] {
                keep[i] = false;
            }
        }
        at += (2 * row).max(1);
    }
}

/// Returns whether a block is but a link to another page of the site: no sentence of the article.
fn is_link_out(piece: &TextPiece) -> bool {
    let is_sentence = piece.kind == BlockKind::Paragraph && Measure::of(&piece.text).is_sentence;
    piece.linked * 10 > piece.text.len() * 8 && !is_sentence && !piece.post
}

/// The same words a second time: a teaser and the paragraph it was taken from. What is said more often is a refrain, such as the
/// questions of several interviews on one page.
fn drop_repeats(pieces: &[TextPiece], keep: &mut [bool]) {
    const REFRAIN: usize = 3;
    let mut copies: HashMap<Vec<u64>, Vec<usize>> = HashMap::new();
    for i in (0..pieces.len()).filter(|&i| keep[i]) {
        let words = shingles::words(&pieces[i].text);
        if !words.is_empty() {
            copies.entry(words).or_default().push(i);
        }
    }
    for same in copies.values().filter(|same| same.len() < REFRAIN) {
        for &i in &same[1..] {
            keep[i] = false;
        }
    }
}

/// Headings that nothing follows announce what is not the article ("Read more").
fn drop_tail_headings(pieces: &[TextPiece], keep: &mut [bool]) {
    for i in (0..pieces.len()).rev().filter(|&i| pieces[i].kind != BlockKind::Caption) {
        if keep[i] {
            if pieces[i].kind != BlockKind::Subheading {
                break;
            }
            keep[i] = false;
        }
    }
}

/// Captions that stand within the article, from its headline to its last block.
fn add_captions(pieces: &[TextPiece], keep: &mut [bool], is_title: impl Fn(&TextPiece) -> bool) {
    let Some(first) = keep.iter().position(|&k| k) else { return };
    let last = keep.iter().rposition(|&k| k).unwrap_or(first);
    let title = (0..first).rev().find(|&i| pieces[i].level == 1 || pieces[i].level > 0 && is_title(&pieces[i]));
    for i in title.unwrap_or(first)..=last {
        keep[i] |= pieces[i].kind == BlockKind::Caption && !boilerplate::is_notice(&pieces[i].text);
    }
}
