//! Trains the fast taggers of quotations.
//!
//!   cargo run --release --example train-quotes -- polnear.train.jsonl crates/model/weights
//!   cargo run --release --example train-quotes -- de-wikinews.train.jsonl crates/model/weights
//!
//! The weights of another language than English have its code in their names: `quotes-de-cue.bin`.

mod attributions;
mod crf;

use std::ops::Range;
use std::path::PathBuf;

use attributions::{Failure, Heads, joined, labels, language, stories};
use crf::{Example, Options, train};
use dateline_model::linear::{Features, Weights};
use dateline_quote::tagger::chain::{LABELS, UNITS};
use dateline_quote::tagger::features;
use dateline_quote::tagger::words::Words;
use dateline_text::Language;

fn main() -> Result<(), Failure> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [corpus, target] = &paths[..] else { return Err("train-quotes CORPUS FOLDER".into()) };
    let stories = stories(corpus)?;
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
    let language = language(corpus);
    let prefix = if language == Language::ENGLISH { String::new() } else { format!("{}-", language.code()) };
    let write = |weights: &Weights, name: &str| {
        std::fs::write(target.join(format!("quotes-{prefix}{name}.bin")), weights.bytes())
    };
    write(&train(cues, &["O", "C"], &options(5, 0.03)), "cue")?;
    write(&train(contents, &LABELS, &options(6, 0.02)), "content")?;
    write(&train(sources, &LABELS, &options(6, 0.03)), "source")?;
    Ok(())
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
