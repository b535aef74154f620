//! Which pieces of a page are the story.
//!
//! A readability extractor says which words are the story; the pieces of our own walk that bear those words are kept. So
//! the extractor may drop structure and the walk still has it, and another extractor can take its place.

use std::collections::{HashMap, HashSet};

use dom_query::{Document, NodeId};
use xxhash_rust::xxh3::xxh3_64;

use super::{furniture, trim, walk::Piece};
use crate::record::BlockKind;

/// Words of one shingle.
const SHINGLE: usize = 3;
/// Longer blocks are not compared with the headline, in bytes.
const MAX_HEADLINE: usize = 500;

/// The words that someone says are the story.
pub struct Oracle {
    shingles: HashSet<u64>,
    lines: HashSet<String>,
    words: usize,
}

impl Oracle {
    /// From plain text, one block a line.
    pub fn new(text: &str) -> Self {
        let all = words(text);
        Self {
            shingles: shingles(&all).collect(),
            lines: text.lines().map(|l| words(l).join(" ")).filter(|l| !l.is_empty()).collect(),
            words: all.len(),
        }
    }

    /// Whether a piece is (for the most part) in the story.
    fn has(&self, text: &str) -> bool {
        let words = words(text);
        if words.len() < SHINGLE {
            return !words.is_empty() && self.lines.contains(&words.join(" "));
        }
        let (mut known, mut all) = (0, 0);
        for s in shingles(&words) {
            all += 1;
            known += usize::from(self.shingles.contains(&s));
        }
        known * 4 >= all * 3
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

fn shingles(words: &[String]) -> impl Iterator<Item = u64> {
    words.windows(SHINGLE).map(|w| xxh3_64(w.join(" ").as_bytes()))
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
    let mut said: Vec<bool> = pieces.iter().map(|p| p.kind != BlockKind::Caption && oracle.has(&p.text)).collect();
    let furniture = real_furniture(pieces, &said);
    let is_out =
        |p: &Piece| !p.post && (p.furniture.iter().any(|f| furniture.contains(f)) || furniture::is_notice(&p.text));
    for (keep, piece) in said.iter_mut().zip(pieces) {
        *keep &= !is_out(piece) && !is_link_out(piece);
    }
    if let Some(stated) = stated {
        trust(pieces, &mut said, stated, &is_out);
    }
    fill(pieces, &mut said, &is_out);
    trim::keep_to_article(pieces, &mut said);
    let headline = headline.map(words);
    let is_headline =
        |p: &Piece| headline.as_ref().is_some_and(|h| p.text.len() <= MAX_HEADLINE && words(&p.text) == *h);
    let start = trim::cut_before_headline(pieces, &mut said, &is_headline);
    trim::cut_after_announcement(pieces, &mut said, start);
    trim::drop_head(pieces, &mut said, &is_headline);
    trim::drop_tail_headings(pieces, &mut said);
    add_captions(pieces, &mut said, &is_headline, &is_out);
    said
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
fn trust(pieces: &[Piece], said: &mut [bool], stated: &Oracle, is_out: &impl Fn(&Piece) -> bool) {
    let stated_here: Vec<bool> = pieces.iter().map(|p| p.kind != BlockKind::Caption && stated.has(&p.text)).collect();
    let count = |keep: &dyn Fn(usize) -> bool| {
        (0..pieces.len()).filter(|&i| keep(i)).map(|i| words(&pieces[i].text).len()).sum::<usize>()
    };
    let found = count(&|i| said[i]);
    let both = count(&|i| said[i] && stated_here[i]);
    let on_page = count(&|i| stated_here[i]);
    if on_page * 10 < stated.words * 7 || both * 10 < found * 6 {
        return;
    }
    for ((keep, piece), stated) in said.iter_mut().zip(pieces).zip(stated_here) {
        *keep = stated && !is_out(piece) || *keep && piece.kind != BlockKind::Paragraph;
    }
}

/// Paragraphs that the extractor left out though they stand between two of the story's, beside one of them.
fn fill(pieces: &[Piece], said: &mut [bool], is_out: &impl Fn(&Piece) -> bool) {
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
            && !is_out(piece)
        {
            said[i] = true;
        }
    }
}

/// Captions that stand within the story, from its headline to its last block.
fn add_captions(
    pieces: &[Piece],
    said: &mut [bool],
    is_headline: &impl Fn(&Piece) -> bool,
    is_out: &impl Fn(&Piece) -> bool,
) {
    let Some(first) = said.iter().position(|&s| s) else { return };
    let last = said.iter().rposition(|&s| s).unwrap_or(first);
    let start = pieces[..first].iter().rposition(|p| p.level == 1 || p.level > 0 && is_headline(p)).unwrap_or(first);
    for i in start..=last {
        said[i] |= pieces[i].kind == BlockKind::Caption && !is_out(&pieces[i]);
    }
}
