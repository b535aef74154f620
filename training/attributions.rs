//! The corpus of attributions, in the daemon's tokens.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use dateline_quote::tagger::features;
use dateline_quote::tagger::words::Words;
use dateline_text::{Document, Language, paragraphs};
use serde_json::Value;

pub type Failure = Box<dyn std::error::Error>;

/// An attribution of the corpus, in tokens.
pub struct Gold {
    pub ignore: bool,
    pub content: Vec<Range<usize>>,
    pub source: Option<Range<usize>>,
    /// The words that introduce it; none for speech that is reported without any.
    pub cue: Option<Range<usize>>,
    /// Whether it stands within what another one reports.
    pub nested: bool,
}

impl Gold {
    /// Returns whether it is a part of what its cue introduces: words in marks within a reported clause that is another attribution.
    pub fn is_part(&self, golds: &[Gold]) -> bool {
        self.nested && golds.iter().any(|other| !other.nested && other.cue == self.cue)
    }
}

/// The stories of a file: one JSON object a line, with `text`, and `quotes` with `segments` (pairs, or objects with `start` and `end`), `cue`, `speaker`, for attitudes that
/// are not speech `ignore`, and for what stands within another one's content `nested`. The language is that of the code which the file's name begins with (`de-wikinews`), else English.
pub fn stories(path: &Path) -> Result<Vec<(Document, Vec<Gold>)>, Failure> {
    let language = language(path);
    std::fs::read_to_string(path)?.lines().map(|line| story(line, language)).collect()
}

/// Returns the language of a corpus.
pub fn language(path: &Path) -> Language {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split_once('-').and_then(|(code, _)| Language::of(code)).unwrap_or(Language::ENGLISH)
}

fn story(line: &str, language: Language) -> Result<(Document, Vec<Gold>), Failure> {
    let value: Value = serde_json::from_str(line)?;
    let text = value["text"].as_str().ok_or("a story without text")?;
    let document = Document::in_language(text, &paragraphs(text), language);
    let tokens = |start: &Value, end: &Value| -> Option<Range<usize>> {
        let (start, end) = (start.as_u64()? as usize, end.as_u64()? as usize);
        let first = document.token_at(start);
        Some(first..document.tokens().partition_point(|token| token.start < end).max(first))
    };
    let mut golds = Vec::new();
    for quote in value["quotes"].as_array().into_iter().flatten() {
        let place = |name: &str| tokens(&quote[name]["start"], &quote[name]["end"]);
        let segments = quote["segments"].as_array().into_iter().flatten();
        golds.push(Gold {
            ignore: quote["ignore"].as_bool().unwrap_or(false),
            content: segments
                .filter_map(|segment| tokens(bound(segment, 0, "start"), bound(segment, 1, "end")))
                .collect(),
            source: place("speaker"),
            cue: place("cue"),
            nested: quote["nested"].as_bool().unwrap_or(false),
        });
    }
    Ok((document, golds))
}

/// Returns a bound of a segment, which is a pair or an object.
fn bound<'a>(segment: &'a Value, place: usize, name: &str) -> &'a Value {
    if segment.is_array() { &segment[place] } else { &segment[name] }
}

/// Which word of a cue is its head: the one that is most often part of a cue.
pub struct Heads {
    rates: HashMap<String, f32>,
}

impl Heads {
    pub fn learn(stories: &[(&Document, &[Gold])]) -> Self {
        let mut all: HashMap<String, f32> = HashMap::new();
        for (document, _) in stories {
            for at in 0..document.tokens().len() {
                *all.entry(document.word(at).to_lowercase()).or_default() += 1.0;
            }
        }
        let mut heads = Self { rates: HashMap::new() };
        for _ in 0..3 {
            let mut counts: HashMap<String, f32> = HashMap::new();
            for &(document, golds) in stories {
                let words = Words::new(document);
                for head in golds.iter().filter_map(|gold| heads.of(&words, gold.cue.as_ref()?)) {
                    *counts.entry(document.word(head).to_lowercase()).or_default() += 1.0;
                }
            }
            heads.rates = counts
                .into_iter()
                .map(|(word, count)| (count / (all[&word] + 2.0), word))
                .map(|(r, w)| (w, r))
                .collect();
        }
        heads
    }

    pub fn of(&self, words: &Words, cue: &Range<usize>) -> Option<usize> {
        let rate = |at: usize| self.rates.get(&words.document.word(at).to_lowercase()).copied().unwrap_or(0.0);
        let may = cue.clone().filter(|&at| features::may_be_cue(words, at));
        may.max_by(|&a, &b| rate(a).total_cmp(&rate(b)).then(b.cmp(&a)))
    }
}

/// Content as it is compared: without marks at its ends, joined where only marks stand between.
pub fn joined(words: &Words, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for span in spans.iter().map(|span| words.trim(span)).filter(|span| !span.is_empty()) {
        match out.last_mut() {
            Some(last) if last.end <= span.start && (last.end..span.start).all(|at| !words.is_word(at)) => {
                last.end = span.end;
            }
            _ => out.push(span),
        }
    }
    out
}

/// The labels of a window.
pub fn labels(spans: &[Range<usize>], window: &Range<usize>) -> Vec<u8> {
    let mut labels = vec![0; window.len()];
    for span in spans {
        let (start, end) = (span.start.max(window.start), span.end.min(window.end));
        if start >= end || labels[start - window.start..end - window.start].iter().any(|label| *label > 0) {
            continue;
        }
        let inside = &mut labels[start - window.start..end - window.start];
        inside.fill(2);
        let last = inside.len() - 1;
        (inside[0], inside[last]) = if last == 0 { (4, 4) } else { (1, 3) };
    }
    labels
}

/// Returns whether marked words are a quotation.
pub fn is_quotation(words: &Words, golds: &[Gold], index: usize) -> bool {
    let inside = words.trim(&words.span(index));
    !inside.is_empty() && golds.iter().any(|gold| joined(words, &gold.content).contains(&inside))
}

/// Returns the contents that no cue announces, with their attributions.
pub fn uncued<'a>(words: &Words, golds: &'a [Gold]) -> Vec<(Range<usize>, &'a Gold)> {
    let content = |gold: &Gold| match &joined(words, &gold.content)[..] {
        [span] => Some(span.clone()),
        _ => None,
    };
    golds.iter().filter(|gold| gold.cue.is_none()).filter_map(|gold| Some((content(gold)?, gold))).collect()
}

/// Returns the label of each sentence as one of those that report speech without a cue.
pub fn sentence_labels(words: &Words, golds: &[Gold]) -> Vec<u8> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (span, _) in uncued(words, golds) {
        if (0..words.spans()).any(|index| words.trim(&words.span(index)) == span) {
            continue;
        }
        let inside = |sentence: &Range<usize>| {
            let count = |range: Range<usize>| range.filter(|&at| words.is_word(at)).count();
            let both = sentence.start.max(span.start)..sentence.end.min(span.end);
            both.start < both.end && count(both) * 2 > count(sentence.clone())
        };
        let held: Vec<usize> = (0..words.sentences.len()).filter(|&at| inside(&words.sentences[at])).collect();
        if let (Some(&first), Some(&last)) = (held.first(), held.last()) {
            spans.push(first..last + 1);
        }
    }
    labels(&spans, &(0..words.sentences.len()))
}
