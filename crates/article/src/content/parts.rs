//! Converts pieces of text to the blocks of an article.

use dateline_record::{BlockKind, Dateline};
use url::Url;

use super::blocks::TextBlock;
use super::walk::TextPiece;
use super::{credit, trim};
use crate::metadata::dateline;
use crate::metadata::media::Gallery;

/// Returns the article's pieces as parts; a figure's captions become one, its credit cut off.
pub(crate) fn parts(story: &[&TextPiece], base: Option<&Url>, gallery: &mut Gallery) -> Vec<TextBlock> {
    let mut parts: Vec<TextBlock> = Vec::new();
    let mut at = 0;
    let first = story.iter().position(|piece| piece.kind != BlockKind::Caption);
    while at < story.len() {
        let piece = story[at];
        if piece.kind != BlockKind::Caption {
            // The lead may be set as a heading.
            let kind = if Some(at) == first && trim::is_lead(piece) { BlockKind::Paragraph } else { piece.kind };
            parts.push(TextBlock { kind, text: piece.text.clone(), credit: None });
            at += 1;
            continue;
        }
        let same = story[at..].iter().take_while(|p| p.kind == BlockKind::Caption && p.figure == piece.figure).count();
        let group = &story[at..at + same];
        at += same;
        let words = group.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" ");
        let set_apart = group.iter().find_map(|p| p.credit.as_deref()).and_then(credit::unlabel);
        let (text, found) = credit::split(&words);
        let credit = set_apart.or(found);
        if let Some(src) = &piece.picture {
            gallery.add(src, base, Some(text.clone()).filter(|t| !t.is_empty()), credit.clone());
        }
        // The same picture shown twice is one caption.
        if !text.is_empty() && !parts.iter().any(|p| p.kind == BlockKind::Caption && p.text == text) {
            parts.push(TextBlock { kind: BlockKind::Caption, text, credit });
        }
    }
    parts
}

/// Cuts the dateline off the first paragraph.
pub(crate) fn cut_dateline(parts: &mut [TextBlock]) -> Option<Dateline> {
    let first = parts.iter_mut().find(|p| p.kind == BlockKind::Paragraph)?;
    let (dateline, rest) = dateline::split(&first.text)?;
    let rest = rest.to_owned();
    first.text = rest;
    Some(dateline)
}
