//! Trains the fast taggers of quotations.
//!
//!   cargo run --release --example train-quotes -- polnear.train.jsonl crates/model/weights
//!   cargo run --release --example train-quotes -- de-wikinews.train.jsonl crates/model/weights
//!
//! The weights of another language than English have its code in their names: `quotes-de-cue.bin`. There, two more taggers are trained:
//! which marked words are quotations, and which sentences report speech without a cue.
//!
//! `--folds 5` measures instead: each fifth of the articles by taggers that learned from the others; with `--fold 0` only the first of
//! them. `--networks FOLDER` adds the networks that `accurate/quotes.py` trained on the same folds, exported to FOLDER/0.safetensors
//! and so on, and FOLDER/all.safetensors for what is measured with `--dev`.

mod attributions;
mod crf;
mod score;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use attributions::{Failure, Gold, Heads, is_quotation, joined, labels, language, sentence_labels, stories};
use crf::{Example, Options, train};
use dateline_entity::knowledge;
use dateline_model::QuotationNetwork;
use dateline_model::linear::{Features, Linear, Weights};
use dateline_quote::QuotationTagger;
use dateline_quote::learned::{Lead, LearnedTaggers, leads, marks, sentences};
use dateline_quote::tagger::chain::{LABELS, UNITS};
use dateline_quote::tagger::features;
use dateline_quote::tagger::words::Words;
use dateline_record::{Block, BlockKind, Entity};
use dateline_text::{Document, Language, paragraphs};
use score::{Faults, Score};
use serde_json::Value;

/// An article with its gold.
struct Story {
    document: Document,
    golds: Vec<Gold>,
    entities: Vec<Entity>,
    text: String,
    quotes: Vec<Value>,
}

fn main() -> Result<(), Failure> {
    let (mut paths, mut folds, mut worst): (Vec<PathBuf>, usize, usize) = (Vec::new(), 0, 0);
    let (mut dev, mut networks): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    let mut only: Option<usize> = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match &*arg {
            "--folds" => folds = args.next().unwrap_or_default().parse()?,
            "--worst" => worst = args.next().unwrap_or_default().parse()?,
            "--fold" => only = Some(args.next().unwrap_or_default().parse()?),
            "--dev" => dev = args.next().map(PathBuf::from),
            "--networks" => networks = args.next().map(PathBuf::from),
            _ => paths.push(arg.into()),
        }
    }
    let [corpus, target] = &paths[..] else { return Err("train-quotes CORPUS FOLDER [--folds N]".into()) };
    let language = language(corpus);
    let network = |name: &str| {
        let read = |folder: &PathBuf| network(&folder.join(format!("{name}.safetensors")));
        networks.as_ref().map(read).transpose()
    };
    let all = read(corpus)?;
    if folds > 0 {
        let mut score = Score::default();
        for fold in (0..folds).filter(|fold| only.is_none_or(|only| only == *fold)) {
            let apart = |at: usize| at % folds == fold;
            let learned = learn(
                &all.iter().enumerate().filter(|(at, _)| !apart(*at)).map(|(_, story)| story).collect::<Vec<_>>(),
                language,
            );
            measure(
                &learned,
                network(&fold.to_string())?.as_ref(),
                all.iter().enumerate().filter(|(at, _)| apart(*at)).map(|(_, story)| story),
                &mut score,
                worst,
            )?;
        }
        score.print(&format!("{folds} folds"));
    }
    if folds > 0 && dev.is_none() {
        return Ok(());
    }
    let learned = learn(&all.iter().collect::<Vec<_>>(), language);
    if let Some(dev) = dev {
        let mut score = Score::default();
        measure(&learned, network("all")?.as_ref(), read(&dev)?.iter(), &mut score, worst)?;
        score.print("dev");
    }
    if folds > 0 {
        return Ok(());
    }
    let prefix = if language == Language::ENGLISH { String::new() } else { format!("{}-", language.code()) };
    for (name, weights) in NAMES.iter().zip(&learned) {
        std::fs::write(target.join(format!("quotes-{prefix}{name}.bin")), weights.bytes())?;
    }
    Ok(())
}

/// The taggers; English has the first three.
const NAMES: [&str; 5] = ["cue", "content", "source", "marks", "sentences"];

fn read(path: &std::path::Path) -> Result<Vec<Story>, Failure> {
    let names = dateline_model::fast();
    let lines = std::fs::read_to_string(path)?;
    let is_english = language(path) == Language::ENGLISH;
    let read = stories(path)?.into_iter().zip(lines.lines()).map(|((document, golds), line)| {
        let value: Value = serde_json::from_str(line)?;
        let text = value["text"].as_str().unwrap_or_default().to_owned();
        let quotes = value["quotes"].as_array().cloned().unwrap_or_default();
        let entities = if is_english {
            Vec::new()
        } else {
            dateline_entity::entities(&document, names.read(&document, None).names, &knowledge::default())
        };
        Ok(Story { document, golds, entities, text, quotes })
    });
    read.collect()
}

/// Reads a network, which stays in memory.
fn network(path: &std::path::Path) -> Result<Arc<QuotationNetwork>, Failure> {
    Ok(Arc::new(QuotationNetwork::read(Box::leak(std::fs::read(path)?.into_boxed_slice()))))
}

/// Measures taggers on articles.
fn measure<'a>(
    learned: &[Weights],
    network: Option<&Arc<QuotationNetwork>>,
    stories: impl Iterator<Item = &'a Story>,
    score: &mut Score,
    worst: usize,
) -> Result<(), Failure> {
    let bytes: Vec<Vec<u8>> = learned.iter().map(Weights::bytes).collect();
    let [cue, content, source, marks, sentences] = &bytes[..] else {
        return Err("English is measured by benches/quotes.py".into());
    };
    let learned = LearnedTaggers::read([cue, content, source, marks, sentences])?;
    let mut tagger = QuotationTagger::fast().with_learned(Arc::new(learned));
    if let Some(network) = network {
        tagger = tagger.with_network(Arc::clone(network));
    }
    let names = dateline_model::fast();
    for story in stories {
        let block = |(start, end)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
        let blocks: Vec<Block> = paragraphs(&story.text).into_iter().map(block).collect();
        let scores = network.and_then(|network| names.read(&story.document, Some(network)).quotations);
        let found = tagger.extract(&story.document, &blocks, &story.entities, scores.as_ref());
        let chars: Vec<char> = story.text.chars().collect();
        let Faults { missed, wrong, misattributed } = score.add(&chars, &story.quotes, &found);
        if worst > 0 {
            let slice = |start: usize, end: usize| {
                chars[start.min(chars.len())..end.min(chars.len())].iter().collect::<String>().replace('\n', "|")
            };
            for quote in missed.iter().map(|&at| &story.quotes[at]) {
                let (start, end) =
                    (quote["start"].as_u64().unwrap_or(0) as usize, quote["end"].as_u64().unwrap_or(0) as usize);
                println!(
                    "MISSED {} cue={} sp={} :: {} [[{}]] {}",
                    quote["label"],
                    quote["cue"]["text"],
                    quote["speaker"]["text"],
                    slice(start.saturating_sub(100), start),
                    slice(start, end),
                    slice(end, end + 60)
                );
            }
            for (quote, found) in misattributed.iter().map(|&(at, by)| (&story.quotes[at], &found[by])) {
                let (start, end) = (found.segments[0].start, found.segments[found.segments.len() - 1].end);
                println!(
                    "SPEAKER {} cue={} sp={} got={:?} {:?} :: {} [[{}]] {}",
                    quote["label"],
                    quote["cue"]["text"],
                    quote["speaker"]["text"],
                    found.speaker.as_ref().map(|speaker| (&speaker.text, &speaker.name)),
                    found.cue.as_ref().map(|cue| &cue.text),
                    slice(start.saturating_sub(200), start),
                    slice(start, end),
                    slice(end, end + 60)
                );
            }
            for quote in wrong.iter().map(|&at| &found[at]) {
                let (start, end) = (quote.segments[0].start, quote.segments[quote.segments.len() - 1].end);
                println!(
                    "WRONG {:?} {:.2} cue={:?} sp={:?} :: {} [[{}]] {}",
                    quote.r#type,
                    quote.confidence,
                    quote.cue.as_ref().map(|c| &c.text),
                    quote.speaker.as_ref().map(|s| &s.text),
                    slice(start.saturating_sub(100), start),
                    slice(start, end),
                    slice(end, end + 60)
                );
            }
        }
    }
    Ok(())
}

/// Trains the taggers: cues, contents, sources; in another language than English also marked words and sentences.
fn learn(stories: &[&Story], language: Language) -> Vec<Weights> {
    let pairs: Vec<(&Document, &[Gold])> = stories.iter().map(|story| (&story.document, &story.golds[..])).collect();
    let heads = Heads::learn(&pairs);
    let is_english = language == Language::ENGLISH;
    let (mut cues, mut contents, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    // Where the places for cues of each article end.
    let mut ends = Vec::new();
    let mut rest = Vec::new();
    for story in stories {
        let golds = &story.golds;
        let words = if is_english {
            Words::new(&story.document)
        } else {
            dateline_quote::words(&story.document, &story.entities)
        };
        let mut kinds: Vec<Option<bool>> = vec![Some(false); words.words.len()];
        for cue in golds.iter().filter_map(|gold| gold.cue.clone()) {
            kinds[cue].fill(None);
        }
        for gold in golds {
            let Some(head) = gold.cue.as_ref().and_then(|cue| heads.of(&words, cue)) else { continue };
            kinds[head] = (!gold.ignore).then_some(true);
            let window = features::window(&words, head);
            let content: Vec<Range<usize>> = joined(&words, &gold.content);
            if gold.ignore || gold.is_part(golds) {
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
            cues.push(Example { features: sequence(&[ids]), labels: vec![u8::from(is_cue)] });
        }
        ends.push(cues.len());
        rest.push((words, golds));
    }
    eprintln!("{} stories, {} places for cues, {} contents", stories.len(), cues.len(), contents.len());
    let options =
        |epochs: usize, alpha: f32| Options { epochs, least: 2, alpha, l1: 0.5, units: UNITS, ..Options::default() };
    if is_english {
        return vec![
            train(cues, &["O", "C"], &options(5, 0.03)),
            train(contents, &LABELS, &options(6, 0.02)),
            train(sources, &LABELS, &options(6, 0.03)),
        ];
    }
    let of_cues = options(5, 0.03);
    // What has no cue is learned from how likely cues look where they were not learned from: half the articles each.
    let half = rest.len() / 2;
    let second = cues.split_off(ends[half.max(1) - 1]);
    let halves = [
        Linear::new(&train(second.clone(), &["O", "C"], &of_cues)),
        Linear::new(&train(cues.clone(), &["O", "C"], &of_cues)),
    ];
    cues.extend(second);
    let (mut marked, mut free) = (Vec::new(), Vec::new());
    for (at, (words, golds)) in rest.iter().enumerate() {
        let leads = leads(words, &halves[usize::from(at >= half)]);
        add_marked(words, golds, &leads, &mut marked);
        add_uncued(words, golds, &leads, &mut sources);
        free.push(reported(words, golds, &leads));
    }
    vec![
        train(cues, &["O", "C"], &of_cues),
        train(contents, &LABELS, &options(6, 0.02)),
        train(sources, &LABELS, &options(6, 0.03)),
        train(marked, &["O", "Q"], &options(6, 0.03)),
        train(free, &LABELS, &options(6, 0.03)),
    ]
}

/// Adds each marked span, and whether it is a quotation by itself.
fn add_marked(words: &Words, golds: &[Gold], leads: &[Lead], out: &mut Vec<Example>) {
    for index in (0..words.spans()).filter(|&index| !words.trim(&words.span(index)).is_empty()) {
        let mut ids = Vec::new();
        marks::features(words, index, leads, &mut ids);
        out.push(Example { features: sequence(&[ids]), labels: vec![u8::from(is_quotation(words, golds, index))] });
    }
}

/// Adds the sources of what has no cue: its sentence may name one, or none.
fn add_uncued(words: &Words, golds: &[Gold], leads: &[Lead], out: &mut Vec<Example>) {
    for gold in golds.iter().filter(|gold| gold.cue.is_none()) {
        let content = joined(words, &gold.content);
        let [span] = &content[..] else { continue };
        let Some(head) = leads[words.words[span.start].sentence as usize].at else { continue };
        let marked = (0..words.spans()).find(|&index| words.trim(&words.span(index)) == *span);
        let content: Vec<Range<usize>> = marked.map(|_| span.clone()).into_iter().collect();
        let window = features::window(words, head);
        let source: Vec<Range<usize>> = gold.source.iter().map(|source| words.trim(source)).collect();
        let inside: Vec<Range<usize>> =
            source.into_iter().filter(|source| window.start <= source.start && source.end <= window.end).collect();
        out.push(example(words, head, &window, Some(&content), labels(&inside, &window)));
    }
}

/// Returns the sentences of a text, with those labelled that report speech without a cue.
fn reported(words: &Words, golds: &[Gold], leads: &[Lead]) -> Example {
    let described: Vec<Vec<u32>> = (0..words.sentences.len())
        .map(|sentence| {
            let mut ids = Vec::new();
            sentences::features(words, sentence, leads, &mut ids);
            ids
        })
        .collect();
    Example { features: sequence(&described), labels: sentence_labels(words, golds) }
}

/// Returns the features of a sequence.
fn sequence(tokens: &[Vec<u32>]) -> Features {
    let mut features = Features::default();
    for ids in tokens {
        for &id in ids {
            features.push(id);
        }
        features.close();
    }
    features
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
