//! Writes what the network of quotations learns from: for each story the rows that the encoder's lower layers give for it, as the daemon
//! computes them, and the labels of its words.
//!
//!   cargo run --release --example quote-states -- polnear.train.jsonl FOLDER
//!   cargo run --release --example quote-states -- de-wikinews.train.jsonl FOLDER 1
//!
//! The encoder is that of the corpus's language. The number is how many layers the network has of its own, 2 if it is left out. FOLDER gets `states.f32`, rows of 384 little-endian floats, and `stories.jsonl`; `accurate/quotes.py` reads both.

mod attributions;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use attributions::{Failure, Gold, Heads, is_quotation, joined, labels, sentence_labels, stories, uncued};
use dateline_model as model;
use dateline_quote::learned;
use dateline_quote::tagger::features;
use dateline_quote::tagger::words::Words;
use dateline_text::{Document, Language};
use serde_json::{Value, json};

fn main() -> Result<(), Failure> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (corpus, target, own) = match &paths[..] {
        [corpus, target] => (corpus, target, 2),
        [corpus, target, own] => (corpus, target, own.to_string_lossy().parse()?),
        _ => return Err("quote-states CORPUS FOLDER [LAYERS]".into()),
    };
    let stories = stories(corpus)?;
    let heads = Heads::learn(&stories.iter().map(|(document, golds)| (document, &golds[..])).collect::<Vec<_>>());
    std::fs::create_dir_all(target)?;
    let mut states = BufWriter::new(File::create(target.join("states.f32"))?);
    let mut about = BufWriter::new(File::create(target.join("stories.jsonl"))?);
    for (document, golds) in &stories {
        let mut windows = Vec::new();
        let mut written = Ok(());
        model::states(document, own, |rows, words| {
            let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
            if written.is_ok() {
                written = states.write_all(&bytes);
            }
            windows.push(json!({ "pieces": rows.len() / 384, "words": words }));
        });
        written?;
        let mut story = told(document, golds, &heads);
        story["windows"] = windows.into();
        writeln!(about, "{story}")?;
    }
    about.flush()?;
    Ok(states.flush()?)
}

/// For each token whether it is the head of a cue (1), is none (0), or is not to be asked (-1), and how it stands to quotation marks; for
/// each cue the labels of its window. In another language than English also each sentence with its label, each marked span with
/// whether it is a quotation, and for what has no cue the labels of its source, seen from its first word.
fn told(document: &Document, golds: &[Gold], heads: &Heads) -> Value {
    let words = Words::new(document);
    let may = |at: usize| if features::may_be_cue(&words, at) { 0 } else { -1 };
    let mut kinds: Vec<i8> = (0..words.words.len()).map(may).collect();
    for gold in golds {
        kinds[gold.cue.clone().unwrap_or_default()].fill(-1);
    }
    let mut told = Vec::new();
    for gold in golds {
        let Some(cue) = gold.cue.as_ref().and_then(|cue| heads.of(&words, cue)) else { continue };
        kinds[cue] = i8::from(!gold.ignore);
        let window = features::window(&words, cue);
        let content = labels(&joined(&words, &gold.content), &window);
        if !gold.ignore && !gold.is_part(golds) && content.iter().any(|label| *label > 0) {
            let source: Vec<Range<usize>> = gold.source.iter().map(|source| words.trim(source)).collect();
            let source = labels(&source, &window);
            told.push(json!({ "cue": cue, "start": window.start, "content": content, "source": source }));
        }
    }
    let marks: Vec<u8> = words.words.iter().map(|word| word.mark as u8).collect();
    if document.language() == Language::ENGLISH {
        return json!({ "kinds": kinds, "marks": marks, "told": told });
    }
    let range = |range: &Range<usize>| [range.start, range.end];
    let labels_of = sentence_labels(&words, golds);
    let sentences: Vec<Value> =
        words.sentences.iter().zip(labels_of).map(|(tokens, label)| json!([range(tokens), label])).collect();
    let marked: Vec<Value> = (0..words.spans())
        .filter(|&index| !words.trim(&words.span(index)).is_empty())
        .map(|index| json!([range(&words.span(index)), u8::from(is_quotation(&words, golds, index))]))
        .collect();
    for (content, gold) in uncued(&words, golds) {
        let window = learned::window(&words, content.start);
        let source: Vec<Range<usize>> = gold.source.iter().map(|source| words.trim(source)).collect();
        told.push(json!({ "cue": content.start, "start": window.start, "source": labels(&source, &window) }));
    }
    json!({ "kinds": kinds, "marks": marks, "told": told, "sentences": sentences, "marked": marked })
}
