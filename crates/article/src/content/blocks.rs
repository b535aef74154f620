//! Joins blocks to one text with offsets.

use dateline_record::{Article, Block, BlockKind};

use crate::fingerprint::{fingerprint, word_count};

/// A block of text without offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextBlock {
    /// The kind of block.
    pub kind: BlockKind,
    /// The normalized text.
    pub text: String,
    /// The credit of a caption.
    pub credit: Option<String>,
}

/// The separator of two blocks.
const GAP: &str = "\n\n";

/// Joins parts with a blank line; offsets are code points. Empty parts are left out.
pub(crate) fn join(parts: &[TextBlock]) -> (String, Vec<Block>) {
    let mut text = String::new();
    let mut blocks = Vec::with_capacity(parts.len());
    let mut at = 0;
    for part in parts.iter().filter(|p| !p.text.is_empty()) {
        if !blocks.is_empty() {
            text.push_str(GAP);
            at += GAP.len();
        }
        let end = at + part.text.chars().count();
        text.push_str(&part.text);
        blocks.push(Block { kind: part.kind, start: at, end, credit: part.credit.clone() });
        at = end;
    }
    (text, blocks)
}

/// Keeps the parts up to a number of words, captions not counted, and at least one; whether parts had to go.
pub(crate) fn cut(parts: &mut Vec<TextBlock>, most: usize) -> bool {
    let mut words = 0;
    let end = parts.iter().enumerate().position(|(at, part)| {
        words += if part.kind == BlockKind::Caption { 0 } else { word_count(&part.text) };
        at > 0 && words > most
    });
    parts.truncate(end.unwrap_or(parts.len()));
    end.is_some()
}

/// Returns the text of the body: everything but headline and captions.
fn body(parts: &[TextBlock]) -> String {
    let body: Vec<&str> = parts
        .iter()
        .filter(|p| !matches!(p.kind, BlockKind::Headline | BlockKind::Caption))
        .map(|p| p.text.as_str())
        .collect();
    body.join(GAP)
}

/// Returns the words of the body.
pub(crate) fn body_words(parts: &[TextBlock]) -> u32 {
    u32::try_from(word_count(&body(parts))).unwrap_or(u32::MAX)
}

/// Sets the text and the blocks of an article, and the figures of its body.
pub(crate) fn fill(article: &mut Article, parts: &[TextBlock]) {
    let body = body(parts);
    (article.text, article.blocks) = join(parts);
    article.word_count = u32::try_from(word_count(&body)).unwrap_or(u32::MAX);
    article.fingerprint = fingerprint(&body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_between_parts() {
        let part = |kind, text: &str| TextBlock { kind, text: text.into(), credit: None };
        let all = [
            part(BlockKind::Paragraph, "one two three"),
            part(BlockKind::Caption, "a long caption of a picture"),
            part(BlockKind::Paragraph, "four five"),
            part(BlockKind::Paragraph, "six"),
        ];
        for (most, kept) in [(0, 1), (2, 1), (4, 2), (5, 3), (6, 4), (100, 4)] {
            let mut parts = all.to_vec();
            assert_eq!((cut(&mut parts, most), parts.len()), (kept < 4, kept), "{most}");
        }
        assert!(!cut(&mut Vec::new(), 0));
    }

    #[test]
    fn offsets_are_code_points() {
        let part = |kind, text: &str| TextBlock { kind, text: text.into(), credit: None };
        let parts =
            [part(BlockKind::Headline, "Ünï 🗞"), part(BlockKind::Paragraph, ""), part(BlockKind::Paragraph, "“Né”")];
        let (text, blocks) = join(&parts);
        assert_eq!(text, "Ünï 🗞\n\n“Né”");
        assert_eq!(blocks.iter().map(|b| (b.start, b.end)).collect::<Vec<_>>(), [(0, 5), (7, 11)]);
    }
}
