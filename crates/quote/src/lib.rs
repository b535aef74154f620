//! Finds quotations, their cues and their speakers.
//!
//! Three linear taggers, optionally together with the network, find the words that introduce speech, the content of the
//! speech, and the words that name its source; quotation marks then determine where quoted content begins, ends and
//! continues. Quoted words without a cue are quotations if they form whole sentences; terms, titles and scare quotes
//! are not quotations.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

#[cfg(test)]
mod cases;
mod class;
mod cue;
pub mod learned;
mod local;
mod pronoun;
mod quotation_marks;
mod reference;
mod role;
mod sentences;
mod speaker;
pub mod tagger;
mod wording;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use dateline_model::{QuotationNetwork, QuotationScores};
use dateline_record::{Block, Cue, Entity, Quotation, QuotationType, Span, quotation_id};
use dateline_text::{Document, Language};

use self::learned::LearnedTaggers;
use self::local::lists::{Lists, lists};
use self::speaker::{ResolvedSpeaker, SpeakerResolver};
use self::tagger::words::Words;
use self::tagger::{Attribution, LinearTaggers};

/// Finds the quotations of texts, with one of the models for quotations.
#[derive(Clone)]
pub struct QuotationTagger {
    taggers: Arc<LinearTaggers>,
    /// Whether a network scores the same questions as the linear taggers, in the languages that have one.
    is_accurate: bool,
    /// The learned taggers of a language beside English and its network, if not those built in.
    learned: Option<Arc<LearnedTaggers>>,
    network: Option<Arc<QuotationNetwork>>,
}

impl QuotationTagger {
    /// Returns the fast model: the linear taggers alone.
    pub fn fast() -> Self {
        Self { taggers: LinearTaggers::embedded(), is_accurate: false, learned: None, network: None }
    }

    /// Returns the model that a model name, one of [`dateline_model::NAMES`], selects.
    pub fn named(model: &str) -> Option<Self> {
        let is_accurate = dateline_model::NAMES.contains(&model).then_some(model == "accurate")?;
        if is_accurate {
            // The weights for English are read before the first text, as nearly all will need them.
            QuotationNetwork::load();
        }
        Some(Self { is_accurate, ..Self::fast() })
    }

    /// Returns the same model with other taggers for the language that was learned, as measuring needs.
    #[must_use]
    pub fn with_learned(self, learned: Arc<LearnedTaggers>) -> Self {
        Self { learned: Some(learned), ..self }
    }

    /// Returns the same model with another network for the language that was learned, as measuring needs.
    #[must_use]
    pub fn with_network(self, network: Arc<QuotationNetwork>) -> Self {
        Self { network: Some(network), is_accurate: true, ..self }
    }

    /// Returns the network whose scores [`Self::extract`] expects for texts in a language. The tagger of names computes them, because
    /// both share its lower layers.
    pub fn network(&self, language: Language) -> Option<Arc<QuotationNetwork>> {
        let embedded = || self.is_accurate.then(|| QuotationNetwork::of(language)).flatten();
        self.network.clone().or_else(embedded)
    }

    /// Returns the quotations of a text, in order. They do not overlap, but for those within another one, which follow it. `blocks` are those that the document was split by; `scores` are
    /// those of [`Self::network`], if the model has one.
    pub fn extract(
        &self,
        document: &Document,
        blocks: &[Block],
        entities: &[Entity],
        scores: Option<&QuotationScores>,
    ) -> Vec<Quotation> {
        let learned = self.learned.as_deref().or_else(|| LearnedTaggers::of(document.language()));
        extract(&self.taggers, learned, document, blocks, entities, scores)
    }

    /// Returns the name of the model that reads texts in a language, as `dateline models` lists it; `None` if there is none.
    pub fn name(&self, language: Language) -> Option<&'static str> {
        match lists(language) {
            None if self.is_accurate => Some("quotes-accurate"),
            None => Some("quotes-fast"),
            Some(_) if LearnedTaggers::of(language).is_some() => {
                Some(if self.is_accurate { "quotes-de-accurate" } else { "quotes-de" })
            }
            Some(lists) => lists.has_quotations().then_some("quotes-typography"),
        }
    }
}

/// Returns a text with the data that the taggers use, given its entities.
pub fn words<'a>(document: &'a Document, entities: &[Entity]) -> Words<'a> {
    described(document, &SpeakerResolver::new(document, entities))
}

fn described<'a>(document: &'a Document, speakers: &SpeakerResolver) -> Words<'a> {
    let words = Words::around(document, speakers.names());
    if document.language() == Language::ENGLISH { words } else { words.with_kinds(speakers.kinds()) }
}

fn extract(
    taggers: &LinearTaggers,
    learned: Option<&LearnedTaggers>,
    document: &Document,
    blocks: &[Block],
    entities: &[Entity],
    scores: Option<&QuotationScores>,
) -> Vec<Quotation> {
    let speakers = SpeakerResolver::new(document, entities);
    let words = described(document, &speakers).with(scores);
    let mut seen: HashMap<(QuotationType, String), usize> = HashMap::new();
    let mut last: Option<ResolvedSpeaker> = None;
    // Where the last quotation that is not within another ends, and its id.
    let (mut covered, mut outer): (usize, Option<String>) = (0, None);
    let mut quotations = Vec::new();
    let local = lists(document.language());
    let attributions = match local {
        Some(lists) => local::attributions(&words, lists, learned),
        None => taggers.attributions(&words),
    };
    for attribution in attributions {
        let content: Vec<Range<usize>> = if attribution.verbatim {
            attribution.content.clone()
        } else {
            attribution.content.iter().flat_map(|span| pieces(&words, span)).collect()
        };
        let segments: Vec<Span> = content.iter().map(|piece| span(document, piece)).collect();
        // Segments must be in order and must not overlap, whatever the taggers return.
        let apart = segments.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let Some(first) = segments.first().filter(|_| apart) else { continue };
        let (start, end) = (first.start, segments[segments.len() - 1].end);
        let within = outer.as_ref().filter(|_| attribution.nested && end <= covered).cloned();
        if start < covered && within.is_none() {
            continue;
        }
        let quoted: Vec<Span> = content.iter().flat_map(|piece| marked(&words, piece)).collect();
        let kind = if attribution.verbatim { QuotationType::Direct } else { kind(document, &segments, &quoted) };
        let text = wording::text(document, &segments, |start| speakers.is_name(start));
        // Ids are made from the words as they stand, so they outlast changes to how `text` is written.
        let plain: Vec<&str> = segments.iter().map(|span| document.slice(span.start, span.end)).collect();
        let plain = plain.join(" ");
        let nth = seen.entry((kind, plain.split_whitespace().collect::<Vec<_>>().join(" "))).or_insert(0);
        let speaker = match (local, &attribution.source) {
            (Some(lists), _) => local::speaker::of(&speakers, lists, &attribution, last.as_ref()),
            (None, Some(source)) => speakers.resolve(source, attribution.cue, last.as_ref()),
            (None, None) => match attribution.cue.filter(|&cue| cue < content[0].start) {
                Some(cue) => speakers.subject_of(words.sentence(cue).start..cue),
                None => last.as_ref().filter(|_| attribution.flows).map(SpeakerResolver::same_speaker),
            },
        };
        if speaker.is_some() {
            last.clone_from(&speaker);
        }
        let speaker = speaker.map(|found| found.speaker);
        let nobody = if local.is_some() { local::speaker::NOBODY } else { 0.3 };
        let sure = speaker.as_ref().map_or(nobody, |speaker| speaker.confidence);
        let id = quotation_id(kind, &plain, *nth);
        if within.is_none() {
            (covered, outer) = (end, Some(id.clone()));
        }
        quotations.push(Quotation {
            id,
            article_id: None,
            revision: None,
            r#type: kind,
            segments,
            text,
            quoted,
            confidence: (sure * f64::from(attribution.likely) * 100.0).round() / 100.0,
            speaker,
            cue: cue(&words, &attribution, local),
            block: blocks.partition_point(|block| block.end <= start),
            within,
            extractor: None,
            feed: None,
        });
        *nth += 1;
    }
    quotations
}

/// Returns the span of some tokens.
fn span(document: &Document, tokens: &Range<usize>) -> Span {
    Span { start: document.tokens()[tokens.start].start, end: document.tokens()[tokens.end - 1].end }
}

/// Content in pieces: each quoted span by itself where all words are marked, else the whole.
fn pieces(words: &Words, content: &Range<usize>) -> Vec<Range<usize>> {
    if !words.all_marked(content) {
        return vec![content.clone()];
    }
    let inside: Vec<Range<usize>> = quoted_spans(words, content).collect();
    if inside.is_empty() { vec![content.clone()] } else { inside }
}

/// Returns what of the content stands in marks, without them.
fn marked(words: &Words, content: &Range<usize>) -> Vec<Span> {
    quoted_spans(words, content).map(|inside| span(words.document, &inside)).collect()
}

fn quoted_spans(words: &Words, content: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let (start, end) = (content.start, content.end);
    let within = words
        .quoted_spans(content)
        .map(move |quoted_span| quoted_span.inside.start.max(start)..quoted_span.inside.end.min(end));
    within.filter(|inside| !inside.is_empty())
}

/// Returns the words of the cue: its head, and "has" before it or "to" after "according".
fn cue(words: &Words, attribution: &Attribution, local: Option<&Lists>) -> Option<Cue> {
    let (document, head) = (words.document, attribution.cue?);
    if let Some(lists) = local {
        return Some(local::cue(words, lists, head));
    }
    let lemma = cue::lemma(document.word(head)).into_owned();
    let perfect = head > 0 && matches!(document.word(head - 1), "has" | "have" | "had");
    let last = head + usize::from(lemma == "according to" && document.word(head + 1) == "to");
    let Span { start, end } = span(document, &(head - usize::from(perfect)..last + 1));
    Some(Cue { start, end, text: document.slice(start, end).to_owned(), lemma })
}

/// Direct if all words are in quotation marks, mixed if some are.
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
