//! The features of each block.

#![allow(clippy::cast_precision_loss, reason = "features are rounded to 32-bit floats, as in training")]

use std::collections::{HashMap, HashSet};

use dateline_record::BlockKind;
use xxhash_rust::xxh3::xxh3_64;

use super::density::{self, Density};
use crate::content::marks::Marks;
use crate::content::pointer::{self, Pointer};
use crate::content::shingles::{self, Reference};
use crate::content::walk::Outline;
use crate::content::{boilerplate, walls};
use crate::metadata::{byline, date_words};

/// The statements of the page about its article.
#[derive(Default)]
pub(crate) struct Hints<'a> {
    /// The headline.
    pub headline: Option<&'a str>,
    /// The description or summary.
    pub summary: Option<&'a str>,
    /// The article's text as JSON-LD states it.
    pub stated: Option<&'a Reference>,
}

/// A block so many steps outside of the densest container is of the page's frame.
const FAR: i32 = -4;
/// Numbers of a block without the marks.
const PLAIN: usize = 86;
/// How many numbers a block has.
pub(crate) const COUNT: usize = PLAIN + 2 * Marks::COUNT;

/// Returns the numbers of each block, in the outline's order.
pub(crate) fn features(outline: &Outline, density: &Density, hints: &Hints) -> Vec<[f32; COUNT]> {
    let pieces = &outline.pieces;
    let containers = &outline.containers;
    let sums = &density.sums;
    let yes = |is: bool| f32::from(u8::from(is));
    let headline: HashSet<u64> = hints.headline.map(|t| shingles::words(t).into_iter().collect()).unwrap_or_default();
    let summary = hints.summary.map(Reference::new);
    let summary_words: HashSet<u64> =
        hints.summary.map(|t| shingles::words(t).into_iter().collect()).unwrap_or_default();
    let mut copies: HashMap<u64, u32> = HashMap::new();
    let hashes: Vec<u64> = pieces.iter().map(|p| xxh3_64(p.text.as_bytes())).collect();
    for &hash in &hashes {
        *copies.entry(hash).or_default() += 1;
    }
    let words: Vec<Vec<u64>> = pieces.iter().map(|p| shingles::words(&p.text)).collect();
    // The headline on the page: a first-level heading with most of its words, else the first of the first level, else any with its words.
    let overlap = |i: usize| -> f32 {
        let words = &words[i];
        if words.is_empty() || headline.is_empty() {
            return 0.0;
        }
        let both = words.iter().filter(|w| headline.contains(w)).count() as f32;
        2.0 * both / (words.len() + headline.len()) as f32
    };
    let title = (0..pieces.len())
        .filter(|&i| pieces[i].kind == BlockKind::Subheading && overlap(i) > 0.7)
        .find(|&i| pieces[i].level == 1)
        .or_else(|| (0..pieces.len()).find(|&i| pieces[i].level == 1))
        .or_else(|| (0..pieces.len()).find(|&i| pieces[i].level > 0 && overlap(i) > 0.7));
    let mut before = 0.0;
    let befores: Vec<f32> = density
        .running
        .iter()
        .map(|running| {
            let at = before;
            before += running;
            at
        })
        .collect();
    let at_title = title.map(|t| befores[t]);
    let total = density.total.max(1.0);
    let log = |x: f32| (1.0 + x).ln();
    let page = [
        log(density.total),
        log(pieces.len() as f32),
        sums[density.densest].running / total,
        sums[density.best].running / total,
        sums[0].linked / sums[0].words.max(1.0),
        yes(hints.stated.is_some()),
        yes(title.is_some()),
    ];
    // Where a page marks its text or its article, what is outside of it is less.
    let marked = [Marks::ARTICLE_BODY, Marks::ARTICLE, Marks::MAIN].map(|mark| {
        let inside = density::innermost(outline, mark);
        let most = inside[density.densest];
        let is_anywhere = inside.iter().any(Option::is_some);
        (inside, most, is_anywhere)
    });
    let place = |at: usize, (inside, most, is_anywhere): &(Vec<Option<usize>>, Option<usize>, bool)| match inside[at] {
        None => f32::from(-i8::from(*is_anywhere)),
        found if found == *most => 2.0,
        _ => 1.0,
    };
    let mut all = Vec::with_capacity(pieces.len());
    for (i, piece) in pieces.iter().enumerate() {
        let m = &density.measures[i];
        let own = &containers[piece.at];
        let parent = &containers[own.parent];
        let (grand, great) = (parent.parent, containers[parent.parent].parent);
        let like = density.likeness(outline, piece);
        let (marks, below_densest) = density::way(outline, piece.at, density.densest);
        let (_, below_best) = density::way(outline, piece.at, density.best);
        let share = |at: usize| sums[at].running / total;
        let links = |at: usize| sums[at].linked / sums[at].words.max(1.0);
        let mean = |at: usize| sums[at].words / sums[at].blocks.max(1.0);
        let per_word = |x: f32| x / m.words.max(1.0);
        let near = |step: isize| -> Option<usize> { i.checked_add_signed(step).filter(|&j| j < pieces.len()) };
        let length = |step| near(step).map_or(-1.0, |j| log(density.measures[j].words));
        let near_links = |step| near(step).map_or(1.0, |j| density::link_share(&pieces[j]));
        let near_running = |step| near(step).map_or(0.0, |j| yes(density.running[j] > 0.0));
        let heading = |step| near(step).map_or(0.0, |j| yes(pieces[j].kind == BlockKind::Subheading));
        let alike = |step| {
            near(step).map_or(0.0, |j| {
                let other = &containers[pieces[j].at];
                if other.parent == own.parent && other.signature == own.signature {
                    2.0
                } else {
                    yes(other.signature == own.signature)
                }
            })
        };
        let text = piece.text.as_str();
        // Most of a page is menus and footers; what their words say is not looked at.
        let may_be_line = text.len() <= 300 && density::link_share(piece) < 0.5 && below_densest > FAR;
        let plain: [f32; PLAIN] = [
            // Length, links, punctuation, case.
            log(m.words),
            m.letters / m.words.max(1.0),
            density::link_share(piece),
            piece.linked as f32 / text.len().max(1) as f32,
            piece.links as f32,
            per_word(m.commas),
            m.stops,
            per_word(m.stops),
            yes(m.is_sentence),
            yes(m.is_opening),
            yes(m.breaks_off),
            yes(m.starts_small),
            per_word(m.capitals),
            m.digits / m.letters.max(1.0),
            m.parts,
            m.quotes.min(6.0),
            // What its markup says it is.
            f32::from(piece.level),
            yes(piece.kind == BlockKind::Paragraph),
            yes(piece.kind == BlockKind::ListItem),
            yes(piece.kind == BlockKind::Blockquote),
            yes(piece.kind == BlockKind::Caption),
            yes(piece.kind == BlockKind::Subheading && piece.level == 0),
            yes(own.is_p),
            yes(parent.is_p),
            piece.bold as f32 / text.len().max(1) as f32,
            // Where the running text stands: in blocks of the same tag and class, and in the same containers.
            like[0],
            like[1],
            like[2],
            like[3],
            share(own.parent),
            share(grand),
            share(great),
            // What else stands in these containers.
            links(own.parent),
            mean(own.parent),
            log(sums[own.parent].blocks),
            sums[own.parent].running / sums[own.parent].words.max(1.0),
            links(grand),
            mean(grand),
            sums[grand].running / sums[grand].words.max(1.0),
            // How far it is from the densest place.
            below_densest as f32,
            below_best as f32,
            // What stands before and after it.
            length(-1),
            near_links(-1),
            heading(-1),
            near_running(-1),
            length(1),
            near_links(1),
            heading(1),
            near_running(1),
            length(-2),
            length(2),
            near_running(-2),
            near_running(2),
            alike(-1),
            alike(1),
            // Where on the page it stands.
            i as f32 / pieces.len() as f32,
            befores[i] / total,
            1.0 - (befores[i] + density.running[i]) / total,
            at_title.map_or(0.0, |t| (befores[i] - t) / total),
            title.map_or(0.0, |t| (i as f32 - t as f32).clamp(-200.0, 200.0)),
            // Words shared with what the page says of its article.
            overlap(i),
            words[i].iter().filter(|w| summary_words.contains(w)).count() as f32 / words[i].len().max(1) as f32,
            summary.as_ref().map_or(-1.0, |s| yes(s.has_words(&words[i]))),
            hints.stated.map_or(-1.0, |s| yes(s.has_words(&words[i]))),
            // Words that are not an article's.
            (copies[&hashes[i]] - 1).min(5) as f32,
            piece.pointer.map_or(0.0, |p| if p == Pointer::Known { 2.0 } else { 1.0 }),
            yes(may_be_line && boilerplate::is_notice(text)),
            yes(may_be_line && boilerplate::is_announcement(text)),
            yes(may_be_line && pointer::is_label(text)),
            yes(may_be_line && byline::is_credit_line(text)),
            yes(may_be_line && walls::is_wall_text(text)),
            yes(may_be_line && text.len() <= 120 && !date_words::runs(text).is_empty()),
            yes(text.contains('@') || text.contains("://") || text.contains("www.")),
            yes(text.contains('©')),
            yes(piece.post),
            yes(piece.figure.is_some()),
            // The page as a whole, and the places that it marks.
            page[0],
            page[1],
            page[2],
            page[3],
            page[4],
            page[5],
            page[6],
            place(piece.at, &marked[0]),
            place(piece.at, &marked[1]),
            place(piece.at, &marked[2]),
        ];
        let mut row = [0.0; COUNT];
        row[..PLAIN].copy_from_slice(&plain);
        let near_marks = own.marks.and(parent.marks);
        for (slot, value) in row[PLAIN..].iter_mut().zip(marks.bits().chain(near_marks.bits())) {
            *slot = value;
        }
        all.push(row);
    }
    all
}
