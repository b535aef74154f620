//! Where a story begins and ends among the blocks that were taken for it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dom_query::NodeId;
use regex::Regex;

use super::walk::Piece;
use super::{credit, furniture};
use crate::record::{Author, BlockKind};

/// Text of this many bytes in an `<article>` with the headline is a story by itself.
const A_STORY: usize = 500;

/// Where one `<article>` has most of the story, or has the headline and a story with it, what stands outside of it is not of it.
pub fn keep_to_article(pieces: &[Piece], said: &mut [bool]) {
    let mut lengths: HashMap<NodeId, usize> = HashMap::new();
    let mut total = 0;
    for (piece, _) in pieces.iter().zip(said.iter()).filter(|(_, said)| **said) {
        total += piece.text.len();
        if let Some(article) = piece.article {
            *lengths.entry(article).or_default() += piece.text.len();
        }
    }
    let titled = pieces.iter().filter(|p| p.level == 1).find_map(|p| p.article);
    let titled = titled.filter(|article| lengths.get(article).is_some_and(|&length| length >= A_STORY));
    let most = lengths.iter().find(|&(_, &length)| length * 10 > total * 6).map(|(&article, _)| article);
    let Some(story) = titled.filter(|_| lengths.len() > 1).or(most) else { return };
    for (keep, piece) in said.iter_mut().zip(pieces) {
        *keep &= piece.article == Some(story);
    }
}

/// A story follows its headline: what was taken before the heading with it goes where most stands behind it. Returns where
/// the story starts.
pub fn cut_before_headline(pieces: &[Piece], said: &mut [bool], is_headline: &[bool]) -> usize {
    let length = |range: std::ops::Range<usize>, said: &[bool]| -> usize {
        range.filter(|&i| said[i] && pieces[i].kind == BlockKind::Paragraph).map(|i| pieces[i].text.len()).sum()
    };
    let Some(at) = (0..pieces.len()).find(|&i| pieces[i].level > 0 && is_headline[i]) else { return 0 };
    let (before, after) = (length(0..at, said), length(at..pieces.len(), said));
    if after < A_STORY || after < before {
        return 0;
    }
    said[..at].fill(false);
    at
}

/// What follows an announcement of other stories, comments or the author is not the story, unless it stands beside what came
/// before.
pub fn cut_after_announcement(pieces: &[Piece], said: &mut [bool], start: usize) {
    let mut before = 0;
    let mut beside: HashSet<NodeId> = HashSet::new();
    let mut announced = false;
    for (keep, piece) in said.iter_mut().zip(pieces).skip(start) {
        *keep &= !announced || beside.contains(&piece.parent);
        if before >= A_STORY && furniture::is_announcement(&piece.text) {
            announced = true;
            *keep = false;
        } else if *keep {
            before += piece.text.len();
            if piece.kind == BlockKind::Paragraph {
                beside.insert(piece.parent);
            }
        }
    }
}

/// Leaves out what stands above the first paragraph: the headline, which comes first by itself, subtitles and lines with the date.
/// A heading there that is a sentence is the lead and stays.
pub fn drop_head(pieces: &[Piece], said: &mut [bool], is_headline: &[bool]) {
    for (said, is_headline) in said.iter_mut().zip(is_headline) {
        *said &= !is_headline;
    }
    let mut has_lead = false;
    for i in (0..pieces.len()).filter(|&i| said[i]).collect::<Vec<_>>() {
        let piece = &pieces[i];
        let is_heading = piece.kind == BlockKind::Subheading;
        if is_date_line(&piece.text) {
            said[i] = false;
        } else if !has_lead && (is_lead(piece) || !piece.leads.is_empty() && is_sentence(&piece.text)) {
            has_lead = true;
        } else if is_heading && !has_lead {
            said[i] = false;
        } else {
            break;
        }
    }
}

/// Whether a heading is the lead: a sentence, not a title.
pub fn is_lead(piece: &Piece) -> bool {
    piece.kind == BlockKind::Subheading && piece.level > 1 && is_sentence(&piece.text)
}

/// Whether a text is a whole sentence by its length and end.
fn is_sentence(text: &str) -> bool {
    const WORDS: usize = 9;
    /// Without a full stop: longer than headlines are.
    const MANY_WORDS: usize = 25;
    const LETTERS: usize = 25;
    let words = text.split_whitespace().count();
    let bare = text.trim_end_matches(['"', '”', '’', '\'', '»', '“', ')', '」', ' ']);
    let ends = bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।']);
    ends && words >= WORDS || words >= MANY_WORDS || bare.ends_with('。') && text.chars().count() >= LETTERS
}

/// Adds the lead that stands as a heading or in a box of its own between the headline and the first paragraph. The box may be called
/// a teaser, as those of other stories are, but it is no link.
pub fn add_lead(pieces: &[Piece], said: &mut [bool], is_headline: &[bool], around: &HashSet<NodeId>) {
    let Some(first) = (0..pieces.len()).find(|&i| said[i] && pieces[i].kind == BlockKind::Paragraph) else { return };
    let is_title = |i: &usize| pieces[*i].level == 1 || pieces[*i].level > 0 && is_headline[*i];
    let Some(title) = (0..first).rev().find(is_title) else { return };
    // What holds most of the page is no box, whatever it is called.
    const MOST: usize = 4;
    let mut held: HashMap<NodeId, usize> = HashMap::new();
    pieces.iter().flat_map(|p| &p.leads).for_each(|&lead| *held.entry(lead).or_default() += 1);
    let is_box = |lead: &NodeId| held.get(lead).is_some_and(|&pieces| pieces <= MOST);
    let is_of_lead = |i: &usize| {
        let piece = &pieces[*i];
        let is_around = || piece.furniture.iter().any(|f| around.contains(f) && !piece.leads.contains(f));
        let is_text = matches!(piece.kind, BlockKind::Paragraph | BlockKind::Subheading);
        let is_link = piece.linked * 4 > piece.text.len();
        (is_lead(piece) || piece.leads.last().is_some_and(is_box))
            && is_text
            && !is_link
            && !furniture::is_notice(&piece.text)
            && credit::split(&piece.text).1.is_none()
            && is_sentence(&piece.text)
            && !is_around()
    };
    if let Some(lead) = (title + 1..first).find(is_of_lead) {
        let same = (lead..first).take_while(|i| pieces[*i].leads == pieces[lead].leads).filter(is_of_lead);
        same.for_each(|i| said[i] = true);
    }
}

/// Whether a short line is about a date, in whatever language.
fn is_date_line(text: &str) -> bool {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:19|20)\d\d\b.{0,12}\b\d{1,2}[:h.]\d\d|\d{1,2}[:h.]\d\d.{0,12}\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d\b|\b\d{1,2}\.? (?:de )?\p{L}{3,12}\.?,? (?:de )?(?:19|20)\d\d$").expect("a fixed pattern")
    });
    text.chars().count() <= 70 && YEAR.is_match(text)
}

/// Headings that nothing follows announce what is not the story ("Read more").
pub fn drop_tail_headings(pieces: &[Piece], said: &mut [bool]) {
    for i in (0..pieces.len()).rev() {
        if said[i] {
            if pieces[i].kind != BlockKind::Subheading {
                break;
            }
            said[i] = false;
        }
    }
}

/// Paragraphs at the end that tell who the author is.
pub fn drop_biographies(story: &mut Vec<&Piece>, authors: &[Author]) {
    const MOST: usize = 3;
    for _ in 0..MOST {
        let is_biography = story.len() > 3
            && story.last().is_some_and(|piece| authors.iter().any(|a| is_biography(&piece.text, &a.name)));
        if !is_biography {
            return;
        }
        story.pop();
    }
}

/// Whether a paragraph starts with the author's name (or first name) and says what the author is or does.
fn is_biography(text: &str, author: &str) -> bool {
    const DOES: &[&str] =
        &["is ", "was ", "covers ", "writes ", "has ", "joined ", "lives ", "reports ", "hosts ", "works "];
    let first = author.split(' ').next().unwrap_or(author);
    [author, first].into_iter().filter(|name| name.len() > 1).any(|name| {
        text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && DOES.iter().any(|does| text[name.len()..].trim_start_matches([',', ' ']).starts_with(does))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn biographies_start_with_the_authors_name() {
        assert!(is_biography("Ada Reyes is a reporter for the Wire.", "Ada Reyes"));
        assert!(is_biography("Ada covers the coast.", "Ada Reyes"));
        assert!(!is_biography("Adam is a minister.", "Ada Reyes"));
        assert!(!is_biography("Ada Reyes said so.", "Ada Reyes"));
    }

    #[test]
    fn date_lines_are_no_sentences() {
        for line in ["segunda-feira, 3 de março de 2025 às 0:13", "12.11.2025", "3 November 2025", "3. März 2025"] {
            assert!(is_date_line(line), "{line}");
        }
        assert!(!is_date_line("The ministers of 12 states met in Paris."));
    }
}
