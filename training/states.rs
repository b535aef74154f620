//! Writes what the network of quotations learns from: for each story the rows that the encoder's lower layers give for it, as the daemon
//! computes them, and the labels of its words.
//!
//!   cargo run --release --example quote-states -- polnear.train.jsonl FOLDER
//!
//! FOLDER gets `states.f32`, rows of 384 little-endian floats, and `stories.jsonl`; `accurate/quotes.py` reads both.

mod attributions;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use attributions::{Failure, Gold, Heads, joined, labels, stories};
use dateline_model as model;
use dateline_quote::tagger::features;
use dateline_quote::tagger::words::Words;
use dateline_text::Document;
use serde_json::{Value, json};

fn main() -> Result<(), Failure> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [corpus, target] = &paths[..] else { return Err("quote-states CORPUS FOLDER".into()) };
    let stories = stories(corpus)?;
    let heads = Heads::learn(&stories.iter().map(|(document, golds)| (document, &golds[..])).collect::<Vec<_>>());
    std::fs::create_dir_all(target)?;
    let mut states = BufWriter::new(File::create(target.join("states.f32"))?);
    let mut about = BufWriter::new(File::create(target.join("stories.jsonl"))?);
    for (document, golds) in &stories {
        let mut windows = Vec::new();
        let mut written = Ok(());
        model::states(document, |rows, words| {
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
/// each cue the labels of its window.
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
        if !gold.ignore && content.iter().any(|label| *label > 0) {
            let source: Vec<Range<usize>> = gold.source.iter().map(|source| words.trim(source)).collect();
            let source = labels(&source, &window);
            told.push(json!({ "cue": cue, "start": window.start, "content": content, "source": source }));
        }
    }
    let marks: Vec<u8> = words.words.iter().map(|word| word.mark as u8).collect();
    json!({ "kinds": kinds, "marks": marks, "told": told })
}
