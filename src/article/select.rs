//! Which pieces of a page are the story.
//!
//! A readability extractor says which words are the story; the pieces of our own walk that bear those words are kept. So
//! the extractor may drop structure and the walk still has it, and another extractor can take its place.

use std::collections::{HashMap, HashSet};

use dom_query::{Document, NodeId};
use xxhash_rust::xxh3::xxh3_64;

use super::pointer::{self, Pointer};
use super::{furniture, trim, walk::Piece};
use crate::record::BlockKind;

/// Words of one shingle.
const SHINGLE: usize = 3;
/// Longer blocks are not compared with the headline, in bytes.
const MAX_HEADLINE: usize = 500;

/// The words that someone says are the story.
pub struct Oracle {
    shingles: HashSet<u64>,
    lines: HashSet<u64>,
    words: usize,
}

impl Oracle {
    /// From plain text, one block a line.
    pub fn new(text: &str) -> Self {
        let all = words(text);
        let lines = text.lines().map(words).filter(|line| !line.is_empty());
        Self { shingles: shingles(&all).collect(), lines: lines.map(|line| fold(&line)).collect(), words: all.len() }
    }

    /// Whether a text is (for the most part) in the story.
    pub fn tells(&self, text: &str) -> bool {
        self.has(&words(text))
    }

    /// Whether a piece is (for the most part) in the story.
    fn has(&self, words: &[u64]) -> bool {
        if words.len() < SHINGLE {
            return !words.is_empty() && self.lines.contains(&fold(words));
        }
        let known = shingles(words).filter(|s| self.shingles.contains(s)).count();
        known * 4 >= (words.len() + 1 - SHINGLE) * 3
    }
}

/// A hash of each word in lower case.
fn words(text: &str) -> Vec<u64> {
    let mut lower = String::new();
    let hash = |word: &str| {
        if word.bytes().all(|b| b.is_ascii_lowercase()) {
            return xxh3_64(word.as_bytes());
        }
        lower.clear();
        if word.is_ascii() {
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&word.to_lowercase());
        }
        xxh3_64(lower.as_bytes())
    };
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(hash).collect()
}

fn shingles(words: &[u64]) -> impl Iterator<Item = u64> {
    words.windows(SHINGLE).map(fold)
}

/// One hash of some words in their order.
fn fold(words: &[u64]) -> u64 {
    words
        .iter()
        .fold(words.len() as u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The readability extractor's idea of the story, as text with a block a line.
pub fn readable_text(page: Document) -> Option<String> {
    let config = dom_smoothie::Config {
        text_mode: dom_smoothie::TextMode::Formatted,
        disable_json_ld: true,
        ..dom_smoothie::Config::default()
    };
    let mut reader = dom_smoothie::Readability::with_document(page, None, Some(config)).ok()?;
    Some(reader.parse().ok()?.text_content.to_string())
}

/// For each piece whether it is part of the story, captions within the story included.
pub fn story(pieces: &[Piece], oracle: &Oracle, stated: Option<&Oracle>, headline: Option<&str>) -> Vec<bool> {
    let words_of: Vec<Vec<u64>> = pieces.iter().map(|p| words(&p.text)).collect();
    let is_told = |oracle: &Oracle| -> Vec<bool> {
        pieces.iter().zip(&words_of).map(|(p, words)| p.kind != BlockKind::Caption && oracle.has(words)).collect()
    };
    let mut said = is_told(oracle);
    let furniture = real_furniture(pieces, &said);
    let is_around = |p: &Piece| p.furniture.iter().any(|f| furniture.contains(f));
    let is_out: Vec<bool> = pieces
        .iter()
        .enumerate()
        .map(|(i, p)| !p.post && (is_around(p) || furniture::is_notice(&p.text) || leads_elsewhere(pieces, i)))
        .collect();
    for ((keep, piece), out) in said.iter_mut().zip(pieces).zip(&is_out) {
        *keep &= !out && !is_link_out(piece);
    }
    let lengths: Vec<usize> = words_of.iter().map(Vec::len).collect();
    let stated_here = stated.map(is_told);
    match stated.zip(stated_here.as_ref()) {
        Some((stated, here)) => trust(pieces, &mut said, stated.words, here, &lengths, &is_out),
        None => keep_to_body(pieces, &mut said, &lengths),
    }
    fill(pieces, &mut said, &is_out);
    trim::keep_to_article(pieces, &mut said);
    let headline = headline.map(words);
    let is_headline: Vec<bool> = pieces
        .iter()
        .zip(&words_of)
        .map(|(p, words)| p.text.len() <= MAX_HEADLINE && headline.as_ref() == Some(words))
        .collect();
    let start = trim::cut_before_headline(pieces, &mut said, &is_headline);
    trim::add_lead(pieces, &mut said, &is_headline, &furniture);
    trim::cut_after_announcement(pieces, &mut said, start);
    let is_fixed: Vec<bool> = match stated_here {
        Some(here) => (0..pieces.len()).map(|i| said[i] && here[i] && !is_headline[i]).collect(),
        None => vec![false; pieces.len()],
    };
    trim::drop_head(pieces, &mut said, &is_headline);
    said.iter_mut().zip(is_fixed).for_each(|(said, is_fixed)| *said |= is_fixed);
    trim::drop_tail_headings(pieces, &mut said);
    add_captions(pieces, &mut said, &is_headline, &is_out);
    said
}

/// Whether a block names another story to read, or is the label above its link. A label that is not known counts where it stands
/// alone: a list of labels with links is a list.
fn leads_elsewhere(pieces: &[Piece], i: usize) -> bool {
    let piece = &pieces[i];
    let pointer = |at: Option<usize>| at.and_then(|at| pieces.get(at)?.pointer);
    match piece.pointer {
        Some(Pointer::Known) => true,
        Some(Pointer::Shaped) => {
            let is_line = matches!(piece.kind, BlockKind::Paragraph | BlockKind::Subheading);
            let is_listed = [i.checked_sub(1), Some(i + 1)].into_iter().any(|at| pointer(at) == Some(Pointer::Shaped));
            is_line && piece.linked > 0 && !is_listed
        }
        None => pointer::is_label(&piece.text) && pieces.get(i + 1).is_some_and(is_link_out),
    }
}

/// Whether a block is but a link to another page: no sentence of the story.
fn is_link_out(piece: &Piece) -> bool {
    let is_sentence = piece.kind == BlockKind::Paragraph
        && piece.text.trim_end_matches(['"', '”', '’', '\'', ')', ' ']).ends_with(['.', '!', '?', ':', '…', '。']);
    piece.linked * 10 > piece.text.len() * 8 && !is_sentence && !piece.post
}

/// Elements that look like furniture and are: those without most of the story in them.
fn real_furniture(pieces: &[Piece], said: &[bool]) -> HashSet<NodeId> {
    let mut inside: HashMap<NodeId, usize> = HashMap::new();
    let mut total = 0;
    for (piece, said) in pieces.iter().zip(said) {
        let length = if *said { piece.text.len() } else { 0 };
        total += length;
        for &node in &piece.furniture {
            *inside.entry(node).or_default() += length;
        }
    }
    inside.into_iter().filter(|&(_, length)| length * 10 <= total * 3).map(|(node, _)| node).collect()
}

/// Where the page states its story (JSON-LD `articleBody`) and that is about what was found, the statement decides.
/// `stated_words` is its length, `lengths` are those of the pieces, in words.
fn trust(
    pieces: &[Piece],
    said: &mut [bool],
    stated_words: usize,
    stated_here: &[bool],
    lengths: &[usize],
    is_out: &[bool],
) {
    let count =
        |keep: &dyn Fn(usize) -> bool| (0..pieces.len()).filter(|&i| keep(i)).map(|i| lengths[i]).sum::<usize>();
    let found = count(&|i| said[i]);
    let both = count(&|i| said[i] && stated_here[i]);
    let on_page = count(&|i| stated_here[i]);
    if on_page * 10 < stated_words * 7 || both * 10 < found * 6 {
        return;
    }
    for i in 0..pieces.len() {
        said[i] = stated_here[i] && !is_out[i] || said[i] && pieces[i].kind != BlockKind::Paragraph;
    }
}

/// Where the page marks the story's body (microdata's `articleBody`) and that holds most of what was found, nothing else is of it.
fn keep_to_body(pieces: &[Piece], said: &mut [bool], lengths: &[usize]) {
    let count = |inside: bool| -> usize {
        (0..pieces.len()).filter(|&i| said[i] && (pieces[i].body || !inside)).map(|i| lengths[i]).sum()
    };
    if count(true) * 10 >= count(false) * 6 {
        for (said, piece) in said.iter_mut().zip(pieces) {
            *said &= piece.body;
        }
    }
}

/// Paragraphs that the extractor left out though they stand between two of the story's, beside one of them.
fn fill(pieces: &[Piece], said: &mut [bool], is_out: &[bool]) {
    let Some(first) = said.iter().position(|&s| s) else { return };
    let mut last = said.iter().rposition(|&s| s).unwrap_or(first);
    while pieces.get(last + 1).is_some_and(|p| p.post) {
        last += 1;
    }
    let beside: HashSet<NodeId> = (first..=last).filter(|&i| said[i]).map(|i| pieces[i].parent).collect();
    for i in first..=last {
        let piece = &pieces[i];
        if !said[i]
            && matches!(
                piece.kind,
                BlockKind::Paragraph | BlockKind::Blockquote | BlockKind::Subheading | BlockKind::ListItem
            )
            && (piece.post || beside.contains(&piece.parent) && piece.linked * 2 < piece.text.len())
            && !is_out[i]
        {
            said[i] = true;
        }
    }
}

/// Captions that stand within the story, from its headline to its last block.
fn add_captions(pieces: &[Piece], said: &mut [bool], is_headline: &[bool], is_out: &[bool]) {
    let Some(first) = said.iter().position(|&s| s) else { return };
    let last = said.iter().rposition(|&s| s).unwrap_or(first);
    let is_title = |i: &usize| pieces[*i].level == 1 || pieces[*i].level > 0 && is_headline[*i];
    let start = (0..first).rev().find(is_title).unwrap_or(first);
    for i in start..=last {
        said[i] |= pieces[i].kind == BlockKind::Caption && !is_out[i];
    }
}
