//! Recognizes blocks by their words: leads, date lines, biographies.

use std::sync::LazyLock;

use dateline_record::{Author, BlockKind};
use regex::Regex;

use super::walk::TextPiece;

/// Returns whether a heading is the lead: a sentence, not a title.
pub(crate) fn is_lead(piece: &TextPiece) -> bool {
    piece.kind == BlockKind::Subheading && piece.level > 1 && is_sentence(&piece.text)
}

/// Returns whether a text is a whole sentence by its length and end.
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

/// Returns whether a short line is about a date, in whatever language.
pub(crate) fn is_date_line(text: &str) -> bool {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:19|20)\d\d\b.{0,12}\b\d{1,2}[:h.]\d\d|\d{1,2}[:h.]\d\d.{0,12}\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d\b|\b\d{1,2}\.? (?:de )?\p{L}{3,12}\.?,? (?:de )?(?:19|20)\d\d$").expect("a fixed pattern")
    });
    text.chars().count() <= 70 && YEAR.is_match(text)
}

/// Paragraphs at the end that tell who the author is.
pub(crate) fn drop_biographies(story: &mut Vec<&TextPiece>, authors: &[Author]) {
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

/// Returns whether a paragraph starts with the author's name (or first name) and says what the author is or does.
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
    fn date_lines_are_not_sentences() {
        for line in ["segunda-feira, 3 de março de 2025 às 0:13", "12.11.2025", "3 November 2025", "3. März 2025"] {
            assert!(is_date_line(line), "{line}");
        }
        assert!(!is_date_line("The ministers of 12 states met in Paris."));
    }
}
