//! Blocks to one text with offsets.

use super::fingerprint::{fingerprint, word_count};
use crate::record::{Article, Block, BlockKind};

/// A block before it has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: BlockKind,
    /// Clean text.
    pub text: String,
    /// A caption's credit.
    pub credit: Option<String>,
}

/// What stands between two blocks.
const GAP: &str = "\n\n";

/// Joins parts with a blank line; offsets are code points. Empty parts are left out.
pub fn join(parts: &[Part]) -> (String, Vec<Block>) {
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

/// Puts parts into an article: text, blocks, and the numbers of its body (everything but headline and captions).
pub fn fill(article: &mut Article, parts: &[Part]) {
    let body: Vec<&str> = parts
        .iter()
        .filter(|p| !matches!(p.kind, BlockKind::Headline | BlockKind::Caption))
        .map(|p| p.text.as_str())
        .collect();
    let body = body.join(GAP);
    (article.text, article.blocks) = join(parts);
    article.word_count = u32::try_from(word_count(&body)).unwrap_or(u32::MAX);
    article.fingerprint = fingerprint(&body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_code_points() {
        let part = |kind, text: &str| Part { kind, text: text.into(), credit: None };
        let parts =
            [part(BlockKind::Headline, "Ünï 🗞"), part(BlockKind::Paragraph, ""), part(BlockKind::Paragraph, "“Né”")];
        let (text, blocks) = join(&parts);
        assert_eq!(text, "Ünï 🗞\n\n“Né”");
        assert_eq!(blocks.iter().map(|b| (b.start, b.end)).collect::<Vec<_>>(), [(0, 5), (7, 11)]);
    }
}
