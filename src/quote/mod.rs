//! Quotations, cues, speakers.
//!
//! Each sentence is searched for a cue outside quotation marks; what it announces before or after it is the content, what
//! stands beside it the speaker. Marked words that no cue reaches are quotations where a paragraph consists of them, and are
//! left alone where they are terms, titles or scare quotes.

#[cfg(test)]
mod cases;
mod cue;
mod find;
mod marks;
mod sentences;
mod speaker;

use std::collections::HashMap;

use crate::record::{Block, Cue, Entity, Quotation, QuotationType, Span, quotation_id};
use crate::text::Document;

/// The quotations of a text: in order, never overlapping. `blocks` are those that the document was cut by.
pub fn extract(document: &Document, blocks: &[Block], entities: &[Entity]) -> Vec<Quotation> {
    let found = find::find(document, blocks, entities);
    let mut seen: HashMap<(QuotationType, String), usize> = HashMap::new();
    let mut covered = 0;
    let mut quotations = Vec::new();
    for draft in found {
        let segments: Vec<Span> = draft.segments.iter().filter_map(|tokens| trim(document, tokens)).collect();
        // In order and apart, whatever the finder did.
        let apart = segments.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let Some(first) = segments.first().filter(|first| apart && first.start >= covered) else { continue };
        let start = first.start;
        let end = segments[segments.len() - 1].end;
        let quoted: Vec<Span> = draft.quoted.iter().filter_map(|tokens| trim(document, tokens)).collect();
        let kind = kind(document, &segments, &quoted);
        let text: Vec<&str> = segments.iter().map(|span| document.slice(span.start, span.end)).collect();
        let text = text.join(" ");
        let nth = seen.entry((kind, text.split_whitespace().collect::<Vec<_>>().join(" "))).or_insert(0);
        let block = blocks.partition_point(|block| block.end <= start);
        let speaker = draft.speaker.map(|found| found.speaker);
        let sure = speaker.as_ref().map_or(0.3, |speaker| speaker.confidence);
        quotations.push(Quotation {
            id: quotation_id(kind, &text, *nth),
            article_id: None,
            revision: None,
            r#type: kind,
            segments,
            text,
            quoted,
            confidence: ((sure * draft.confidence) * 100.0_f64).round() / 100.0,
            speaker,
            cue: draft.cue.map(|(tokens, lemma)| {
                let (start, end) = (document.tokens()[tokens.start].start, document.tokens()[tokens.end - 1].end);
                Cue { start, end, text: document.slice(start, end).to_owned(), lemma: lemma.to_owned() }
            }),
            block,
        });
        *nth += 1;
        covered = end;
    }
    quotations
}

/// The span of some tokens.
fn trim(document: &Document, tokens: &std::ops::Range<usize>) -> Option<Span> {
    if tokens.is_empty() {
        return None;
    }
    Some(Span { start: document.tokens()[tokens.start].start, end: document.tokens()[tokens.end - 1].end })
}

/// Direct when all words stand in marks, mixed when some do.
fn kind(document: &Document, segments: &[Span], quoted: &[Span]) -> QuotationType {
    let words = |span: &Span| document.token_at(span.end.saturating_sub(1)) + 1 - document.token_at(span.start);
    let all: usize = segments.iter().map(words).sum();
    let marked: usize = quoted.iter().map(words).sum();
    match marked {
        0 => QuotationType::Indirect,
        marked if marked >= all => QuotationType::Direct,
        _ => QuotationType::Mixed,
    }
}
