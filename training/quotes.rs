//! Trains the fast taggers of quotations.
//!
//!   cargo run --release --example train-quotes -- polnear.train.jsonl models/
//!
//! The file holds one JSON object a line: `text`, and `quotes` with `segments`, `cue`, `speaker` and, for attitudes that are no
//! speech, `ignore`.

mod crf;

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use crf::{Example, Options, train};
use dateline::model::linear::{Features, Weights};
use dateline::quote::tagged::chain::{LABELS, UNITS};
use dateline::quote::tagged::features;
use dateline::quote::tagged::words::Words;
use dateline::text::{Document, paragraphs};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// An attribution of the corpus, in tokens.
struct Gold {
    ignore: bool,
    content: Vec<Range<usize>>,
    source: Option<Range<usize>>,
    cue: Range<usize>,
}

fn main() -> Result<(), Failure> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [corpus, target] = &paths[..] else { return Err("train-quotes CORPUS FOLDER".into()) };
    let text = std::fs::read_to_string(corpus)?;
    let stories: Vec<(Document, Vec<Gold>)> = text.lines().map(story).collect::<Result<_, _>>()?;
    let heads = Heads::learn(&stories);
    let (mut cues, mut contents, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    for (document, golds) in &stories {
        let words = Words::new(document);
        let mut kinds: Vec<Option<bool>> = vec![Some(false); words.words.len()];
        for gold in golds {
            kinds[gold.cue.clone()].fill(None);
        }
        for gold in golds {
            let Some(head) = heads.of(&words, &gold.cue) else { continue };
            kinds[head] = (!gold.ignore).then_some(true);
            let window = features::window(&words, head);
            let content: Vec<Range<usize>> = joined(&words, &gold.content);
            if gold.ignore {
                continue;
            }
            let inside = labels(&content, &window);
            if inside.iter().any(|label| *label > 0) {
                contents.push(example(&words, head, &window, None, inside));
                let source: Vec<Range<usize>> = gold.source.iter().map(|source| words.trim(source)).collect();
                sources.push(example(&words, head, &window, Some(&content), labels(&source, &window)));
            }
        }
        for at in (0..words.words.len()).filter(|&at| features::may_be_cue(&words, at)) {
            let Some(is_cue) = kinds[at] else { continue };
            let mut ids = Vec::new();
            features::cue(&words, at, &mut ids);
            let mut features = Features::default();
            for id in ids {
                features.push(id);
            }
            features.close();
            cues.push(Example { features, labels: vec![u8::from(is_cue)] });
        }
    }
    eprintln!("{} stories, {} places for cues, {} contents", stories.len(), cues.len(), contents.len());
    let options =
        |epochs: usize, alpha: f32| Options { epochs, least: 2, alpha, l1: 0.5, units: UNITS, ..Options::default() };
    let write =
        |weights: &Weights, name: &str| std::fs::write(target.join(format!("quotes-{name}.bin")), weights.bytes());
    write(&train(cues, &["O", "C"], &options(5, 0.03)), "cue")?;
    write(&train(contents, &LABELS, &options(6, 0.02)), "content")?;
    write(&train(sources, &LABELS, &options(6, 0.03)), "source")?;
    Ok(())
}

fn story(line: &str) -> Result<(Document, Vec<Gold>), Failure> {
    let value: Value = serde_json::from_str(line)?;
    let text = value["text"].as_str().ok_or("a story without text")?;
    let document = Document::new(text, &paragraphs(text));
    let tokens = |start: &Value, end: &Value| -> Option<Range<usize>> {
        let (start, end) = (start.as_u64()? as usize, end.as_u64()? as usize);
        let first = document.token_at(start);
        Some(first..document.tokens().partition_point(|token| token.start < end).max(first))
    };
    let mut golds = Vec::new();
    for quote in value["quotes"].as_array().into_iter().flatten() {
        let place = |name: &str| tokens(&quote[name]["start"], &quote[name]["end"]);
        let Some(cue) = place("cue") else { continue };
        let segments = quote["segments"].as_array().into_iter().flatten();
        golds.push(Gold {
            ignore: quote["ignore"].as_bool().unwrap_or(false),
            content: segments.filter_map(|segment| tokens(&segment[0], &segment[1])).collect(),
            source: place("speaker"),
            cue,
        });
    }
    Ok((document, golds))
}

/// Which word of a cue is its head: the one that is most often part of a cue.
struct Heads {
    rates: HashMap<String, f32>,
}

impl Heads {
    fn learn(stories: &[(Document, Vec<Gold>)]) -> Self {
        let mut all: HashMap<String, f32> = HashMap::new();
        for (document, _) in stories {
            for at in 0..document.tokens().len() {
                *all.entry(document.word(at).to_lowercase()).or_default() += 1.0;
            }
        }
        let mut heads = Self { rates: HashMap::new() };
        for _ in 0..3 {
            let mut counts: HashMap<String, f32> = HashMap::new();
            for (document, golds) in stories {
                let words = Words::new(document);
                for head in golds.iter().filter_map(|gold| heads.of(&words, &gold.cue)) {
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

    fn of(&self, words: &Words, cue: &Range<usize>) -> Option<usize> {
        let rate = |at: usize| self.rates.get(&words.document.word(at).to_lowercase()).copied().unwrap_or(0.0);
        let may = cue.clone().filter(|&at| features::may_be_cue(words, at));
        may.max_by(|&a, &b| rate(a).total_cmp(&rate(b)).then(b.cmp(&a)))
    }
}

/// Content as it is compared: without marks at its ends, joined where only marks stand between.
fn joined(words: &Words, spans: &[Range<usize>]) -> Vec<Range<usize>> {
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
fn labels(spans: &[Range<usize>], window: &Range<usize>) -> Vec<u8> {
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

fn example(
    words: &Words,
    cue: usize,
    window: &Range<usize>,
    content: Option<&[Range<usize>]>,
    labels: Vec<u8>,
) -> Example {
    let mut own: Vec<(usize, Vec<u32>)> = vec![(0, Vec::new()); window.len()];
    let mut shared: [Vec<u32>; 3] = Default::default();
    features::spans(
        words,
        cue,
        window,
        content,
        |at, side, features| own[at] = (side, features.to_vec()),
        |side, features| shared[side] = features.to_vec(),
    );
    let mut features = Features::default();
    for (side, own) in own {
        for id in own.into_iter().chain(shared[side].iter().copied()) {
            features.push(id);
        }
        features.close();
    }
    Example { features, labels }
}
