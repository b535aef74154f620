//! Finds attributions with three linear taggers: the words that introduce speech, its content, and its source. The
//! network, if it is used, scores the same three questions, and the mean of both scores decides.
//!
//! `training/quotes.rs` trains the taggers with the same features.

#![allow(clippy::cast_precision_loss, reason = "scores and lengths need few digits")]

mod attribution;
pub mod chain;
mod clause;
pub(crate) mod coverage;
pub mod features;
mod heading;
mod noun;
pub(crate) mod quoted;
mod silence;
mod transcript;
pub mod words;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use dateline_model::linear::{Linear, Weights, WeightsError};
use dateline_model::{AttributionPart, weights};
use dateline_text::Language;

pub use self::attribution::Attribution;
use self::chain::{Chain, Row, UNITS};
use self::coverage::Coverage;
use self::words::{Class, Words};

/// The maximum number of cues of one sentence; the likeliest are kept.
const MAX_CUES: usize = 16;
/// The minimum probability of a cue.
const LEAST: f32 = 0.25;
/// The same in a sentence with quotation marks, which mostly contain speech.
const LEAST_MARKED: f32 = 0.06;
/// The same for the rest of a content of which a more probable quotation has taken a part.
const LEAST_LEFT: f32 = 0.08;
/// The same beside quoted speech without another cue.
const LEAST_CLAIMED: f32 = 0.005;
/// The minimum probability of a source.
const LEAST_SOURCE: f32 = 0.1;

/// How much the network's score counts beside that of a linear tagger: in English, and in other languages, whose linear taggers learned
/// from fewer texts.
const NETWORK: f32 = 0.5;
const NETWORK_OF_OTHERS: f32 = 0.65;

/// Less than any weight of a possible label.
const NEVER: f32 = -1e6;

/// The three taggers.
#[derive(Debug)]
pub struct LinearTaggers {
    cue: Linear,
    content: Spans,
    source: Spans,
}

/// A tagger of spans.
#[derive(Debug)]
pub(crate) struct Spans {
    pub linear: Linear,
    pub chain: Chain,
}

impl Spans {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        let weights = Weights::read(bytes)?;
        Ok(Self { linear: Linear::new(&weights), chain: Chain::new(&weights) })
    }

    /// Returns the weights of a window's tokens; with the network, the mean of both weights.
    fn rows(&self, words: &Words, cue: usize, window: &Range<usize>, content: Option<&[Range<usize>]>) -> Vec<Row> {
        let mut shared = [[0; 5]; 3];
        let mut sums = vec![([0; 5], 0); window.len()];
        features::spans(
            words,
            cue,
            window,
            content,
            |at, side, features| {
                self.linear.add(features, &mut sums[at].0);
                sums[at].1 = side;
            },
            |side, features| self.linear.add(features, &mut shared[side]),
        );
        let row = |(own, side): ([i32; 5], usize)| {
            std::array::from_fn(|label| (own[label] + shared[side][label]) as f32 / UNITS)
        };
        let mut rows: Vec<Row> = sums.into_iter().map(row).collect();
        if let Some(scores) = words.scores {
            let part = if content.is_some() { AttributionPart::Source } else { AttributionPart::Content };
            for (row, at) in rows.iter_mut().zip(window.clone()) {
                let labels = scores.labels(part, cue, at, words.words[at].mark as usize);
                row.iter_mut().zip(labels).for_each(|(own, other)| *own = with_network(words, *own, other));
            }
        }
        for at in content.into_iter().flatten().cloned().flatten().filter(|at| window.contains(at)) {
            rows[at - window.start][1..].fill(NEVER);
        }
        rows
    }
}

/// Returns the mean of a linear tagger's score and the network's.
fn with_network(words: &Words, own: f32, other: f32) -> f32 {
    let is_english = words.document.language() == Language::ENGLISH;
    let share = if is_english { NETWORK } else { NETWORK_OF_OTHERS };
    own * (1.0 - share) + other * share
}

/// The probability that a noun with an agent beside it is a cue.
const CLAIMED: f32 = 0.9;

/// Makes nouns cues that have an agent beside them ("the claim by Keller that …"), instead of the verbs that only govern them.
fn claimed_by_nouns(words: &Words, sentence: &Range<usize>, taken: &[bool], cues: &mut Vec<(f32, usize)>) {
    let nouns = sentence.clone().filter(|&at| !taken[at] && noun::is_sourced(words, at)).take(MAX_CUES);
    for noun in nouns.collect::<Vec<_>>() {
        let before = cues.iter().find(|(_, at)| *at == noun).map_or(0.0, |(likely, _)| *likely);
        cues.retain(|&(_, at)| at != noun && !noun::governs(words, at, noun));
        cues.push((before.max(CLAIMED), noun));
    }
}

/// Returns the possible cues of a sentence with their probability, the most probable first.
pub(crate) fn cues(words: &Words, tagger: &Linear, sentence: &Range<usize>, taken: &[bool]) -> Vec<(f32, usize)> {
    let (mut cues, mut features) = (Vec::new(), Vec::new());
    // A quoted speaker may report what others said; all of it belongs to the speaker.
    let spoken = words.all_marked(sentence);
    for at in sentence.clone().filter(|&at| !spoken && !taken[at] && features::may_be_cue(words, at)) {
        features.clear();
        features::cue(words, at, &mut features);
        let mut sums = [0; 2];
        tagger.add(&features, &mut sums);
        let own = (sums[1] - sums[0]) as f32 / UNITS;
        let odds = words.scores.map_or(own, |scores| with_network(words, own, scores.is_cue(at)));
        cues.push((1.0 / (1.0 + (-odds).exp()), at));
    }
    // Nouns of saying are known in English alone.
    if words.document.language() == Language::ENGLISH {
        claimed_by_nouns(words, sentence, taken, &mut cues);
    }
    cues.sort_by(|a, b| b.0.total_cmp(&a.0));
    cues.truncate(MAX_CUES);
    cues
}

/// A cue whose content is not assigned yet.
struct Candidate {
    cue: usize,
    likely: f32,
    window: Range<usize>,
    rows: Vec<Row>,
    sum: f32,
    content: Vec<Range<usize>>,
    rank: f32,
}

impl LinearTaggers {
    /// Returns the taggers with the embedded weights, which are read once.
    pub fn embedded() -> Arc<Self> {
        static TAGGERS: LazyLock<Arc<LinearTaggers>> = LazyLock::new(|| {
            let read = LinearTaggers::read(weights::QUOTES_CUE, weights::QUOTES_CONTENT, weights::QUOTES_SOURCE);
            Arc::new(read.expect("the embedded weights are valid; a test reads them"))
        });
        Arc::clone(&TAGGERS)
    }

    /// Reads the weights of the three.
    pub fn read(cue: &[u8], content: &[u8], source: &[u8]) -> Result<Self, WeightsError> {
        Ok(Self { cue: Linear::read(cue)?, content: Spans::read(content)?, source: Spans::read(source)? })
    }

    /// Returns the attributions of an English text, in order; their contents never overlap.
    pub fn attributions(&self, words: &Words) -> Vec<Attribution> {
        let mut coverage = Coverage::new(words.words.len());
        transcript::turns(words, &mut coverage);
        quoted::signatures(words, &mut coverage);
        heading::labelled(words, &mut coverage);
        heading::spoken(words, &mut coverage);
        for sentence in &words.sentences {
            if sentence.clone().all(|at| coverage.taken[at]) {
                continue;
            }
            let cues = self.cues(words, sentence, &coverage.taken);
            let first = coverage.found.len();
            let least = if words.quoted_spans(sentence).any(|quoted_span| words.may_quote(quoted_span)) {
                LEAST_MARKED
            } else {
                LEAST
            };
            let likely = cues.partition_point(|(likely, _)| *likely >= least);
            self.assign_content(words, &cues[..likely], &mut coverage);
            self.assign_quoted(words, sentence, &cues, first, &mut coverage);
        }
        quoted::finish(words, &mut coverage);
        quoted::add_unattributed(words, &mut coverage);
        coverage.found
    }

    /// Returns the possible cues of a sentence with their probability, the most probable first.
    pub(crate) fn cues(&self, words: &Words, sentence: &Range<usize>, taken: &[bool]) -> Vec<(f32, usize)> {
        cues(words, &self.cue, sentence, taken)
    }

    /// Assigns contents to the cues of a sentence, the most probable and longest first; a cue whose content is taken gets the best of
    /// the rest.
    pub(crate) fn assign_content(&self, words: &Words, cues: &[(f32, usize)], coverage: &mut Coverage) {
        let mut waiting: Vec<Candidate> = Vec::new();
        for &(likely, cue) in cues {
            let window = features::window(words, cue);
            let mut rows = self.content.rows(words, cue, &window, None);
            for at in noun::cited(words, cue).into_iter().flatten().filter(|at| window.contains(at)) {
                rows[at - window.start][1..].fill(NEVER);
            }
            let (sum, none) = self.content.chain.sums(&rows);
            let mut candidate = Candidate { cue, likely, window, rows, sum, content: Vec::new(), rank: 0.0 };
            if self.fill(words, &mut candidate, likely * (1.0 - (none - sum).exp())) {
                waiting.push(candidate);
            }
        }
        while let Some(first) = (0..waiting.len()).max_by(|a, b| waiting[*a].rank.total_cmp(&waiting[*b].rank)) {
            let mut candidate = waiting.swap_remove(first);
            if coverage.taken[candidate.cue] {
                continue;
            }
            if !candidate.content.iter().all(|span| coverage.is_free(span)) {
                for (row, at) in candidate.rows.iter_mut().zip(candidate.window.clone()) {
                    if coverage.taken[at] {
                        row[1..].fill(NEVER);
                    }
                }
                let (left, none) = self.content.chain.sums(&candidate.rows);
                let likely = candidate.likely * (left - candidate.sum).exp() * (1.0 - (none - left).exp());
                if likely >= LEAST_LEFT && self.fill(words, &mut candidate, likely) {
                    waiting.push(candidate);
                }
                continue;
            }
            let is_english = words.document.language() == Language::ENGLISH;
            let source = noun::source(words, candidate.cue)
                .filter(|_| is_english)
                .filter(|agent| {
                    let is_apart = |at: usize| !candidate.content.iter().any(|span| span.contains(&at));
                    coverage.is_free(agent) && agent.clone().all(is_apart)
                })
                .or_else(|| self.source(words, candidate.cue, &candidate.window, &candidate.content));
            let Candidate { cue, content, likely, .. } = candidate;
            coverage.add(Attribution {
                cue: Some(cue),
                content,
                source,
                flows: false,
                likely,
                verbatim: false,
                nested: false,
            });
        }
    }

    /// Assigns quoted speech that no probable cue has taken to the most probable cue of the sentence.
    fn assign_quoted(
        &self,
        words: &Words,
        sentence: &Range<usize>,
        cues: &[(f32, usize)],
        first: usize,
        coverage: &mut Coverage,
    ) {
        for quoted_span in words.quoted_spans(sentence) {
            let outside = quoted_span.outside.clone();
            let speech = words.ends_as_speech(quoted_span)
                && words.begins_as_speech(quoted_span)
                && words.may_quote(quoted_span);
            if !speech || !coverage.is_free(&outside) {
                continue;
            }
            // "A," Keller told reporters after a walk that …: the first verb of saying after it has said it.
            let verb =
                (outside.end..sentence.end).find(|&at| words.words[at].says && words.words[at].quoted_span.is_none());
            let behind = |other: &&mut Attribution| {
                other.cue == verb && other.content.iter().all(|span| Some(span.start) > verb && words.unmarked(span))
            };
            if words.words[quoted_span.inside.end - 1].class == Class::Comma
                && let Some(other) = coverage.found[first..].iter_mut().filter(|other| other.cue.is_some()).find(behind)
            {
                other.content.iter().for_each(|span| coverage.taken[span.clone()].fill(false));
                coverage.taken[outside.clone()].fill(true);
                other.content = vec![outside];
                continue;
            }
            let other = coverage.found[first..].iter_mut().rev().find(|other| {
                other.content.last().is_some_and(|span| span.end <= outside.start && words.all_marked(span))
            });
            if let Some(other) = other {
                coverage.taken[outside.clone()].fill(true);
                other.content.push(outside);
                continue;
            }
            let free = |at: usize| {
                let word = &words.words[at];
                !coverage.taken[at] && word.quoted_span.is_none() && (word.class != Class::Capital || word.says)
            };
            let Some(&(likely, cue)) = cues.iter().find(|&&(likely, at)| free(at) && likely >= LEAST_CLAIMED) else {
                continue;
            };
            let window = features::window(words, cue);
            let content = vec![outside];
            let source = self.source(words, cue, &window, &content);
            coverage.add(Attribution {
                cue: Some(cue),
                content,
                source,
                flows: false,
                likely: likely.max(0.5),
                verbatim: false,
                nested: false,
            });
        }
    }

    /// Sets the best content of a candidate; returns false if there is none.
    fn fill(&self, words: &Words, candidate: &mut Candidate, likely: f32) -> bool {
        let start = candidate.window.start;
        let spans = self.content.chain.best(&candidate.rows);
        candidate.content = spans.into_iter().map(|span| start + span.start..start + span.end).collect();
        if words.document.language() == Language::ENGLISH {
            clause::keep(words, candidate.cue, &mut candidate.content);
        }
        let length: usize = candidate.content.iter().map(Range::len).sum();
        candidate.rank = likely * (length as f32).powf(0.3);
        length > 0
    }

    /// Returns the words that name the source of a cue's content.
    pub(crate) fn source(
        &self,
        words: &Words,
        cue: usize,
        window: &Range<usize>,
        content: &[Range<usize>],
    ) -> Option<Range<usize>> {
        let rows = self.source.rows(words, cue, window, Some(content));
        let (sum, none) = self.source.chain.sums(&rows);
        if 1.0 - (none - sum).exp() < LEAST_SOURCE {
            return None;
        }
        let spans = self.source.chain.best(&rows);
        let nearest = spans.into_iter().min_by_key(|span| (window.start + span.start).abs_diff(cue));
        nearest.map(|span| window.start + span.start..window.start + span.end)
    }
}
