//! Quotations, cues, speakers.
//!
//! Three linear taggers, with the network beside them if that is configured, find which words announce speech, what they announce and whom they name as its source; quotation marks
//! then decide where marked content begins, ends and goes on. Marked words that no cue reaches are quotations where a sentence
//! consists of them, and are left alone where they are terms, titles or scare quotes.

#[cfg(test)]
mod cases;
mod cue;
mod marks;
mod pronoun;
mod reference;
mod role;
mod sentences;
mod speaker;
pub mod tagged;
mod wording;

use std::collections::HashMap;
use std::ops::Range;

use dateline_model::Speech;
use dateline_record::{Block, Cue, Entity, Quotation, QuotationType, Span, quotation_id};
use dateline_text::Document;

use self::speaker::{Cast, Found};
use self::tagged::Attribution;
use self::tagged::words::Words;

/// The quotations of a text: in order, never overlapping. `blocks` are those that the document was cut by, `speech` is what the
/// network makes of it, where that was asked.
pub fn extract(document: &Document, blocks: &[Block], entities: &[Entity], speech: Option<&Speech>) -> Vec<Quotation> {
    let cast = Cast::new(document, entities);
    let words = Words::around(document, cast.names()).with(speech);
    let mut seen: HashMap<(QuotationType, String), usize> = HashMap::new();
    let mut last: Option<Found> = None;
    let mut covered = 0;
    let mut quotations = Vec::new();
    for attribution in tagged::fast().attributions(&words) {
        let content: Vec<Range<usize>> = if attribution.verbatim {
            attribution.content.clone()
        } else {
            attribution.content.iter().flat_map(|span| pieces(&words, span)).collect()
        };
        let segments: Vec<Span> = content.iter().map(|piece| span(document, piece)).collect();
        // In order and apart, whatever the taggers did.
        let apart = segments.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let Some(first) = segments.first().filter(|first| apart && first.start >= covered) else { continue };
        let start = first.start;
        covered = segments[segments.len() - 1].end;
        let quoted: Vec<Span> = content.iter().flat_map(|piece| marked(&words, piece)).collect();
        let kind = if attribution.verbatim { QuotationType::Direct } else { kind(document, &segments, &quoted) };
        let text = wording::text(document, &segments, |start| cast.is_name(start));
        // Ids are made from the words as they stand, so that they outlast changes to how `text` is written.
        let plain: Vec<&str> = segments.iter().map(|span| document.slice(span.start, span.end)).collect();
        let plain = plain.join(" ");
        let nth = seen.entry((kind, plain.split_whitespace().collect::<Vec<_>>().join(" "))).or_insert(0);
        let speaker = match &attribution.source {
            Some(source) => cast.resolve(source, attribution.cue, last.as_ref()),
            None => match attribution.cue.filter(|&cue| cue < content[0].start) {
                Some(cue) => cast.subject_of(words.sentence(cue).start..cue),
                None => last.as_ref().filter(|_| attribution.flows).map(Cast::carried),
            },
        };
        if speaker.is_some() {
            last.clone_from(&speaker);
        }
        let speaker = speaker.map(|found| found.speaker);
        let sure = speaker.as_ref().map_or(0.3, |speaker| speaker.confidence);
        quotations.push(Quotation {
            id: quotation_id(kind, &plain, *nth),
            article_id: None,
            revision: None,
            r#type: kind,
            segments,
            text,
            quoted,
            confidence: (sure * f64::from(attribution.likely) * 100.0).round() / 100.0,
            speaker,
            cue: cue(document, &attribution),
            block: blocks.partition_point(|block| block.end <= start),
        });
        *nth += 1;
    }
    quotations
}

/// The span of some tokens.
fn span(document: &Document, tokens: &Range<usize>) -> Span {
    Span { start: document.tokens()[tokens.start].start, end: document.tokens()[tokens.end - 1].end }
}

/// Content in pieces: each marked stretch by itself where all words are marked, else the whole.
fn pieces(words: &Words, content: &Range<usize>) -> Vec<Range<usize>> {
    if !words.all_marked(content) {
        return vec![content.clone()];
    }
    let inside: Vec<Range<usize>> = stretches(words, content).collect();
    if inside.is_empty() { vec![content.clone()] } else { inside }
}

/// What of the content stands in marks, without them.
fn marked(words: &Words, content: &Range<usize>) -> Vec<Span> {
    stretches(words, content).map(|inside| span(words.document, &inside)).collect()
}

fn stretches(words: &Words, content: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let (start, end) = (content.start, content.end);
    let within =
        words.stretches(content).map(move |stretch| stretch.inside.start.max(start)..stretch.inside.end.min(end));
    within.filter(|inside| !inside.is_empty())
}

/// The words of the cue: its head, and "has" before it or "to" behind "according".
fn cue(document: &Document, attribution: &Attribution) -> Option<Cue> {
    let head = attribution.cue?;
    let lemma = cue::lemma(document.word(head)).into_owned();
    let perfect = head > 0 && matches!(document.word(head - 1), "has" | "have" | "had");
    let last = head + usize::from(lemma == "according to" && document.word(head + 1) == "to");
    let Span { start, end } = span(document, &(head - usize::from(perfect)..last + 1));
    Some(Cue { start, end, text: document.slice(start, end).to_owned(), lemma })
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
