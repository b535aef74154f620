//! Explains how the text of an article was chosen.

use std::fmt;

use dateline_record::BlockKind;

use super::content::body::Choice;
use super::content::text_candidates::{Origin, Worth};
use super::content::walk::TextPiece;

/// The maximum length of a displayed block, in code points.
const SHOWN: usize = 90;

/// The explanation of how a page was read.
#[derive(Debug)]
pub struct Explanation {
    /// The candidates for the text, in the order of trust, and which one was chosen.
    pub(super) readings: Vec<(Origin, Worth, bool)>,
    /// The blocks of the page.
    pub(super) pieces: Vec<TextPiece>,
    /// Which blocks were chosen.
    pub(super) choice: Choice,
}

impl Explanation {
    /// Returns the text, the kind and the features of each block, for training.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, BlockKind, &[f32])> {
        let blocks = self.pieces.iter().zip(&self.choice.features);
        blocks.map(|(piece, features)| (piece.text.as_str(), piece.kind, &features[..]))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "readings:")?;
        for (origin, worth, is_taken) in &self.readings {
            let support = worth.support.map_or("unknown".into(), |support| format!("{:.0} %", support * 100.0));
            let sign = if *is_taken { '*' } else { ' ' };
            let Worth { words, confidence, .. } = worth;
            writeln!(
                f,
                "{sign} {origin}: {words} words, confidence {confidence:.2}, words of headline and summary found: {support}"
            )?;
        }
        writeln!(f, "blocks (+ kept, - dropped), with the probability of being part of the story:")?;
        for (i, piece) in self.pieces.iter().enumerate() {
            let is_kept = self.choice.keep.get(i).copied().unwrap_or_default();
            let sign = if is_kept { '+' } else { '-' };
            let probability = self.choice.probabilities.get(i).copied().unwrap_or_default();
            let text: String = piece.text.chars().take(SHOWN).collect();
            let dots = if text.len() < piece.text.len() { "…" } else { "" };
            writeln!(f, "{sign} {probability:.2} {:<10} {text}{dots}", kind(piece.kind))?;
        }
        Ok(())
    }
}

fn kind(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Headline => "headline",
        BlockKind::Paragraph => "paragraph",
        BlockKind::Subheading => "subheading",
        BlockKind::ListItem => "list item",
        BlockKind::Blockquote => "quotation",
        BlockKind::Caption => "caption",
    }
}
