//! Trains the fast tagger of names.
//!
//!   cargo run --release --example train-names -- DATA crates/model/weights/names-fast.bin
//!
//! DATA is a folder of CoNLL files, NAME.train.conll (or NAME.all.conll) and NAME.dev.conll; the dev sets only measure.
//! `--set key=value` changes a setting of training; `--without NAME` leaves a corpus out.
//! A corpus of another language than English has the language's code before the first `-` of its name; all these languages share a
//! model of their own.

mod corpus;
mod crf;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use corpus::{Score, Span, Story};
use crf::{Example, Options, train};
use dateline_model::linear::{Linear, Weights};
use dateline_model::names::{Fast, LABELS, features};
use dateline_model::{Kind, Name};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut options = Options::default();
    let (mut without, mut errors): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match &*arg {
            "--set" => {
                let setting = args.next().unwrap_or_default();
                let (key, value) = setting.split_once('=').ok_or("--set key=value")?;
                match key {
                    "epochs" => options.epochs = value.parse()?,
                    "least" => options.least = value.parse()?,
                    "alpha" => options.alpha = value.parse()?,
                    "l1" => options.l1 = value.parse()?,
                    "l2" => options.l2 = value.parse()?,
                    "units" => options.units = value.parse()?,
                    "seed" => options.seed = value.parse()?,
                    "seeds" => options.seeds = value.parse()?,
                    "drop" => options.drop = value.parse()?,
                    _ => return Err(format!("no setting is called {key}").into()),
                }
            }
            "--without" => without.push(args.next().unwrap_or_default()),
            "--errors" => errors = args.next(),
            _ => paths.push(arg.into()),
        }
    }
    let [data, target] = &paths[..] else { return Err("train-names DATA TARGET".into()) };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(data)?.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    files.sort();
    let named = |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    if errors.is_none() {
        let mut stories = Vec::new();
        for path in &files {
            let name = named(path);
            let train = name.ends_with(".train.conll") || name.ends_with(".all.conll");
            if !train || without.iter().any(|without| name.starts_with(&**without)) {
                continue;
            }
            let before = stories.len();
            stories.extend(corpus::read(path)?);
            let sentences = stories[before..].iter().map(|story| story.document.sentences().len());
            eprintln!("{name}: {} sentences", sentences.sum::<usize>());
        }
        let weights: Weights = train(stories.iter().flat_map(examples_of).collect(), &LABELS, &options);
        std::fs::write(target, weights.bytes())?;
    }
    let bytes = std::fs::read(target)?;
    eprintln!("{}: {} bytes", target.display(), bytes.len());
    let weights = Linear::read(&bytes)?;
    let tagger = Fast::new(&weights);
    for path in files.iter().filter(|path| named(path).ends_with(".dev.conll")) {
        let name = named(path);
        let show = errors.as_ref().is_some_and(|wanted| name.starts_with(&**wanted));
        if errors.is_none() || show {
            measure(&name, &corpus::read(path)?, &tagger, show);
        }
    }
    Ok(())
}

/// Returns the names that a tagger finds in a story.
fn found(tagger: &Fast, story: &Story) -> HashSet<Span> {
    let tokens = story.document.tokens();
    let kind = |kind: Kind| match kind {
        Kind::Person => "PER",
        Kind::Organisation => "ORG",
        Kind::Place => "LOC",
        Kind::Event | Kind::Other => "MISC",
    };
    let span =
        |name: Name| (tokens[name.tokens.start].start, tokens[name.tokens.end - 1].end, kind(name.kind).to_owned());
    tagger.find(&story.document).into_iter().map(span).collect()
}

fn examples_of(story: &Story) -> Vec<Example> {
    let labels = corpus::labels(story, &LABELS);
    features(&story.document)
        .iter()
        .zip(labels)
        .map(|(sentence, labels)| {
            let mut described = dateline_model::linear::Features::default();
            for token in 0..sentence.len() {
                for &known in sentence.of(token) {
                    described.push(known);
                }
                described.close();
            }
            Example { features: described, labels }
        })
        .collect()
}

fn measure(name: &str, stories: &[Story], tagger: &Fast, show: bool) {
    let kinds = ["PER", "ORG", "LOC", "MISC"];
    let mut scores = [Score::default(); 4];
    let (mut all, mut three) = (Score::default(), Score::default());
    for story in stories {
        let found = found(tagger, story);
        let marked: HashSet<Span> = story.names.iter().cloned().collect();
        all.add(&found, &marked);
        let of = |spans: &HashSet<Span>, wanted: &dyn Fn(&str) -> bool| -> HashSet<Span> {
            spans.iter().filter(|(_, _, kind)| wanted(kind)).cloned().collect()
        };
        three.add(&of(&found, &|kind| kind != "MISC"), &of(&marked, &|kind| kind != "MISC"));
        for (score, kind) in scores.iter_mut().zip(kinds) {
            score.add(&of(&found, &|other| other == kind), &of(&marked, &|other| other == kind));
        }
        if show {
            let mut wrong: Vec<(&Span, &str)> = found.difference(&marked).map(|span| (span, "found")).collect();
            wrong.extend(marked.difference(&found).map(|span| (span, "missed")));
            wrong.sort();
            for ((start, end, kind), what) in wrong {
                let around = |from: usize, to: usize| story.document.slice(from, to).replace('\n', " | ");
                println!(
                    "{what}\t{kind}\t{}\t[[{}]]\t{}",
                    around(start.saturating_sub(40), *start),
                    around(*start, *end),
                    around(*end, end + 40)
                );
            }
        }
    }
    let of: Vec<String> = scores.iter().zip(kinds).map(|(score, kind)| format!("{kind} {:.4}", score.f1())).collect();
    let (precision, recall) = (all.right as f64 / all.found.max(1) as f64, all.right as f64 / all.marked.max(1) as f64);
    eprintln!(
        "{name}: F1 {:.4} (P {precision:.4} R {recall:.4}), without MISC {:.4}; {}",
        all.f1(),
        three.f1(),
        of.join(", ")
    );
}
