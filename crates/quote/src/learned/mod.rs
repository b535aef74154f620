//! Quotations by learned taggers in a language beside English: what cues announce, which marked words are quotations, and which
//! sentences report speech without a cue.

#![allow(clippy::cast_possible_truncation, reason = "levels are numbered from 0 to 5")]
#![allow(clippy::cast_precision_loss, reason = "sums of weights need few digits")]

use std::ops::Range;
use std::sync::LazyLock;

use dateline_model::linear::{Linear, WeightsError};
use dateline_model::weights;
use dateline_text::Language;

pub mod marks;
pub mod sentences;

use crate::local::lists::Lists;
use crate::local::phrase::Reader;
use crate::tagger::chain::{Row, UNITS};
use crate::tagger::coverage::Coverage;
use crate::tagger::words::Words;
use crate::tagger::{Attribution, LinearTaggers, Spans, quoted};

/// The taggers of a language.
#[derive(Debug)]
pub struct LearnedTaggers {
    cued: LinearTaggers,
    marks: Linear,
    sentences: Spans,
}

/// The minimum probability of a cue, and of one in a sentence with quotation marks.
const LEAST_CUE: f32 = 0.25;
const LEAST_CUE_BY_MARKS: f32 = 0.15;
/// The minimum probability of marked words as a quotation.
const LEAST_MARKED: f32 = 0.5;
/// The same within a clause that reports what somebody says.
const LEAST_NESTED: f32 = 0.5;
/// The confidence in speech that has no cue.
const WITHOUT_CUE: f32 = 0.6;
/// The minimum probability of a word that may name a source where no cue is.
const LEAST_HEAD: f32 = 0.005;
/// Sentences after an attribution in which its speaker may still be meant.
const NEAR: u32 = 3;
/// Tokens before and behind the first word of speech without a cue in which its source is looked for.
const BEFORE: usize = 120;

impl LearnedTaggers {
    /// Returns the taggers for a language, which are read once; `None` if there are none.
    pub(crate) fn of(language: Language) -> Option<&'static Self> {
        static GERMAN: LazyLock<LearnedTaggers> = LazyLock::new(|| {
            LearnedTaggers::read(weights::QUOTES_DE).expect("the embedded weights are valid; a test reads them")
        });
        (language.code() == "de").then(|| &*GERMAN)
    }

    /// Reads the weights: of cues, contents, sources, marked words and sentences.
    pub fn read([cue, content, source, marks, sentences]: [&[u8]; 5]) -> Result<Self, WeightsError> {
        Ok(Self {
            cued: LinearTaggers::read(cue, content, source)?,
            marks: Linear::read(marks)?,
            sentences: Spans::read(sentences)?,
        })
    }

    /// Returns the attributions of a text, in order; their contents never overlap.
    pub(crate) fn attributions(&self, words: &Words, lists: &Lists) -> Vec<Attribution> {
        let mut coverage = Coverage::new(words.words.len());
        quoted::signatures(words, &mut coverage);
        let mut cues_of = Vec::with_capacity(words.sentences.len());
        for sentence in &words.sentences {
            let cues = self.cued.cues(words, sentence, &coverage.taken);
            let least = if words.quoted_spans(sentence).next().is_some() { LEAST_CUE_BY_MARKS } else { LEAST_CUE };
            let likely = cues.partition_point(|(likely, _)| *likely >= least);
            self.cued.assign_content(words, &cues[..likely], &mut coverage);
            cues_of.push(cues);
        }
        let Coverage { found, taken } = &mut coverage;
        // "Am Montag sagte sie": a single word that is not quoted does not count.
        found.retain(|attribution| {
            let words_of = |span: &Range<usize>| span.clone().filter(|&at| words.is_word(at)).count();
            let count: usize = attribution.content.iter().map(words_of).sum();
            let is_content = count > 1 || attribution.content.iter().any(|span| !words.unmarked(span));
            if !is_content {
                attribution.content.iter().for_each(|span| taken[span.clone()].fill(false));
            }
            is_content
        });
        found.sort_by_key(|attribution| attribution.content[0].start);
        for attribution in found.iter_mut() {
            for span in &mut attribution.content {
                let wide = quoted::widen(words, span);
                let own = |at: usize| {
                    Some(at) == attribution.cue
                        || attribution.source.as_ref().is_some_and(|source| source.contains(&at))
                };
                if wide.clone().all(|at| span.contains(&at) || !taken[at] && !own(at)) {
                    taken[wide.clone()].fill(true);
                    *span = wide;
                }
            }
        }
        let leads: Vec<Lead> = cues_of.iter().map(|cues| Lead::new(words, cues)).collect();
        self.add_marked(words, lists, &cues_of, &leads, &mut coverage);
        self.add_sentences(words, &cues_of, &leads, &mut coverage);
        coverage.found.sort_by_key(|attribution| attribution.content[0].start);
        let reader = Reader { words, lists };
        for at in 0..coverage.found.len() {
            if coverage.found[at].source.is_none() {
                let (earlier, own) = (&coverage.found[..at], &coverage.found[at]);
                let last = before(words, earlier, own.content[0].start);
                coverage.found[at].source = last.or_else(|| reader.carried(own, earlier));
            }
        }
        for attribution in &mut coverage.found {
            if let Some(subject) = attribution.source.as_ref().and_then(|source| reader.subject_rather_than(source)) {
                attribution.source = Some(subject);
            }
        }
        self.add_nested(words, &leads, &mut coverage.found);
        coverage.found
    }

    /// Adds the marked words that are quotations by themselves within a content that is more than they: verbatim words of the speaker
    /// in a clause that reports the rest.
    fn add_nested(&self, words: &Words, leads: &[Lead], found: &mut Vec<Attribution>) {
        let mut nested = Vec::new();
        for attribution in found.iter() {
            for span in &attribution.content {
                let first = words.marked.partition_point(|quoted| quoted.outside.start < span.start);
                let inside = words.marked[first..].iter().take_while(|quoted| quoted.outside.end <= span.end);
                for (index, quoted) in (first..).zip(inside) {
                    let is_more = words.trim(span) != words.trim(&quoted.inside);
                    let likely = if is_more { self.marked(words, index, leads) } else { 0.0 };
                    if likely >= LEAST_NESTED {
                        let content = vec![quoted.outside.clone()];
                        let likely = likely * attribution.likely;
                        nested.push(Attribution { content, likely, nested: true, ..attribution.clone() });
                    }
                }
            }
        }
        found.append(&mut nested);
        found.sort_by_key(|attribution| (attribution.content[0].start, attribution.nested));
    }

    /// Adds the marked words that are quotations and belong to no other.
    fn add_marked(
        &self,
        words: &Words,
        lists: &Lists,
        cues: &[Vec<(f32, usize)>],
        leads: &[Lead],
        coverage: &mut Coverage,
    ) {
        for index in 0..words.marked.len() {
            let outside = words.marked[index].outside.clone();
            if !coverage.is_free(&outside) {
                continue;
            }
            let likely = self.marked(words, index, leads);
            if likely < LEAST_MARKED {
                continue;
            }
            let sentence = words.words[outside.start].sentence as usize;
            let content = vec![outside.clone()];
            let (cue, source) = self.head(words, &cues[sentence], &coverage.taken, &content);
            let by_marks = Reader { words, lists }.quoted(index, &coverage.found);
            let source = source.or_else(|| by_marks.as_ref().and_then(|by| by.source.clone()));
            let cue = cue.or_else(|| by_marks.as_ref().and_then(|by| by.cue));
            let source = source.or_else(|| before(words, &coverage.found, outside.start));
            coverage.add(Attribution {
                cue,
                content,
                flows: source.is_none(),
                source,
                likely,
                verbatim: false,
                nested: false,
            });
        }
        coverage.found.sort_by_key(|attribution| attribution.content[0].start);
    }

    /// Returns the probability that marked words are a quotation.
    pub(crate) fn marked(&self, words: &Words, index: usize, leads: &[Lead]) -> f32 {
        let mut features = Vec::new();
        marks::features(words, index, leads, &mut features);
        let mut sums = [0; 2];
        self.marks.add(&features, &mut sums);
        let own = (sums[1] - sums[0]) as f32 / UNITS;
        let other = words.scores.and_then(|scores| scores.is_quotation(&words.marked[index].inside));
        let odds = other.map_or(own, |other| own.midpoint(other));
        1.0 / (1.0 + (-odds).exp())
    }

    /// Adds the sentences that report speech without a cue.
    fn add_sentences(&self, words: &Words, cues: &[Vec<(f32, usize)>], leads: &[Lead], coverage: &mut Coverage) {
        if words.sentences.is_empty() {
            return;
        }
        let mut features = Vec::new();
        let rows: Vec<Row> = (0..words.sentences.len())
            .map(|sentence| {
                features.clear();
                sentences::features(words, sentence, leads, &mut features);
                let mut sums = [0; 5];
                self.sentences.linear.add(&features, &mut sums);
                std::array::from_fn(|label| sums[label] as f32 / UNITS)
            })
            .collect();
        for span in self.sentences.chain.spans(&rows) {
            let mut open: Option<Range<usize>> = None;
            for sentence in &words.sentences[span.clone()] {
                let is_free = coverage.is_free(sentence);
                match &mut open {
                    Some(tokens) if is_free => tokens.end = sentence.end,
                    None if is_free => open = Some(sentence.clone()),
                    _ => {
                        if let Some(tokens) = open.take() {
                            self.add_free(words, cues, tokens, coverage);
                        }
                    }
                }
            }
            if let Some(tokens) = open {
                self.add_free(words, cues, tokens, coverage);
            }
        }
    }

    /// Adds sentences as speech of whom they name, or else of the last speaker.
    fn add_free(&self, words: &Words, cues: &[Vec<(f32, usize)>], tokens: Range<usize>, coverage: &mut Coverage) {
        let sentence = words.words[tokens.start].sentence as usize;
        let (_, source) = self.head(words, &cues[sentence], &coverage.taken, &[]);
        let source = source.or_else(|| before(words, &coverage.found, tokens.start));
        let flows = source.is_none();
        coverage.taken[tokens.clone()].fill(true);
        coverage.found.push(Attribution {
            cue: None,
            content: vec![tokens],
            source,
            flows,
            likely: WITHOUT_CUE,
            verbatim: false,
            nested: false,
        });
    }

    /// Returns the likeliest of the possible cues of a sentence that may name who says some content, and the words that do.
    fn head(
        &self,
        words: &Words,
        cues: &[(f32, usize)],
        taken: &[bool],
        content: &[Range<usize>],
    ) -> (Option<usize>, Option<Range<usize>>) {
        let Some(cue) = head(words, cues, taken) else { return (None, None) };
        let window = crate::tagger::features::window(words, cue);
        (Some(cue), self.cued.source(words, cue, &window, content))
    }
}

/// Returns the likeliest of the possible cues that is free and outside quotation marks.
fn head(words: &Words, cues: &[(f32, usize)], taken: &[bool]) -> Option<usize> {
    let free = |at: usize| !taken[at] && words.words[at].quoted_span.is_none();
    cues.iter().find(|&&(likely, at)| free(at) && likely >= LEAST_HEAD).map(|&(_, at)| at)
}

/// Returns the source of the last attribution before a token, if it is near.
fn before(words: &Words, found: &[Attribution], at: usize) -> Option<Range<usize>> {
    let earlier = found.iter().filter(|attribution| attribution.content[0].start < at);
    let last = earlier.max_by_key(|attribution| attribution.content[0].start)?;
    let end = last.content.last().map_or(0, |span| span.end - 1);
    let distance = words.words[at].sentence.saturating_sub(words.words[end].sentence);
    last.source.clone().filter(|_| distance <= NEAR)
}

/// Returns where the source of speech without a cue is looked for, given the first token of the speech: in its sentence and in
/// those before.
pub fn window(words: &Words, first: usize) -> Range<usize> {
    let sentence = words.words[first].sentence as usize;
    let start = words.sentences[sentence.saturating_sub(NEAR as usize)].start;
    start.max(first.saturating_sub(BEFORE))..words.sentences[sentence].end.min(first + BEFORE)
}

/// The likeliest cue of a sentence outside quotation marks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lead {
    /// How likely it is, in five steps.
    pub level: u8,
    /// The word, if there is any that may be a cue.
    pub at: Option<usize>,
}

impl Lead {
    fn new(words: &Words, cues: &[(f32, usize)]) -> Self {
        let best = cues.iter().find(|&&(likely, at)| words.words[at].quoted_span.is_none() && likely >= LEAST_HEAD);
        best.map_or(Self::default(), |&(likely, at)| {
            let level = [0.03, 0.1, 0.3, 0.6, 0.85].iter().filter(|&&least| likely >= least).count() as u8;
            Self { level, at: Some(at) }
        })
    }
}

/// Returns the likeliest cue of each sentence, as training needs it.
pub fn leads(words: &Words, cue: &Linear) -> Vec<Lead> {
    let taken = vec![false; words.words.len()];
    let lead = |sentence| Lead::new(words, &crate::tagger::cues(words, cue, sentence, &taken));
    words.sentences.iter().map(lead).collect()
}
