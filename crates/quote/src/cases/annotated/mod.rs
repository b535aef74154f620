//! Annotated texts in languages whose quotations are found by their marks: how much is found, and how sure it is.

#![allow(clippy::print_stdout, reason = "a measurement prints its figures")]

mod reading;
mod scoring;

use dateline_text::Language;

use self::reading::Annotated;
use self::scoring::{Figures, compare, share};
use super::*;
use crate::local::pattern::Pattern;
use crate::tagger::words::Mark;

/// Each language with its texts.
const TEXTS: [(&str, &str); 5] = [
    ("fr", include_str!("../../../annotated/fr.txt")),
    ("es", include_str!("../../../annotated/es.txt")),
    ("it", include_str!("../../../annotated/it.txt")),
    ("nl", include_str!("../../../annotated/nl.txt")),
    ("pt", include_str!("../../../annotated/pt.txt")),
];

/// Texts in German, whose quotations are learned from others.
const GERMAN: &str = include_str!("../../../annotated/de.txt");

/// The least overlap F1 of direct and mixed quotations, and the least share of right speakers.
const FLOORS: (f64, f64) = (0.90, 0.85);
/// How far the ten texts kept apart may stay below, as one quotation of them is three per cent.
const NOISE: f64 = 0.06;
/// The least precision of indirect quotations; below it a language does not publish them.
const INDIRECT: f64 = 0.8;

fn quotations_of(language: &str, text: &Annotated) -> Vec<Quotation> {
    found_with_patterns(language, text).0
}

/// The figures of one language: direct and mixed, indirect; each for the texts that rules were made for, and for those kept apart.
fn figures_of(language: &str, file: &str) -> [[Figures; 2]; 2] {
    let mut figures = [[Figures::default(); 2]; 2];
    for text in reading::read(file) {
        let quotations = quotations_of(language, &text);
        for quoted in [true, false] {
            let (own, ..) = compare(&text, &quotations, quoted);
            figures[usize::from(!quoted)][usize::from(text.is_held_out())].add(own);
        }
    }
    figures
}

/// What was found in all texts: the pattern that showed it, how sure it is, and what it was.
struct Outcome {
    pattern: Option<Pattern>,
    confidence: f64,
    speaker: Option<f64>,
    matched: bool,
    right: bool,
    held_out: bool,
}

fn outcomes() -> Vec<Outcome> {
    let mut all = Vec::new();
    for (language, file) in TEXTS {
        for text in reading::read(file) {
            let (quotations, patterns) = found_with_patterns(language, &text);
            for quoted in [true, false] {
                let (_, verdicts, _) = compare(&text, &quotations, quoted);
                all.extend(verdicts.iter().filter(|verdict| verdict.counts).map(|verdict| Outcome {
                    pattern: patterns.get(&verdict.found.segments[0].start).copied(),
                    confidence: verdict.found.confidence,
                    speaker: verdict.found.speaker.as_ref().map(|speaker| speaker.confidence),
                    matched: verdict.expected.is_some(),
                    right: verdict.speaker_right,
                    held_out: text.is_held_out(),
                }));
            }
        }
    }
    all
}

fn document_of(language: Language, text: &Annotated) -> (Document, Vec<Block>) {
    let spans = paragraphs(&text.text);
    let block = |&(start, end): &(usize, usize)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
    (Document::in_language(&text.text, &spans, language), spans.iter().map(block).collect())
}

/// Returns the quotations of a text, and the pattern of each by its first code point.
fn found_with_patterns(language: &str, text: &Annotated) -> (Vec<Quotation>, HashMap<usize, Pattern>) {
    let language = Language::of(language).unwrap();
    let (document, blocks) = document_of(language, text);
    let (entities, quotations) = read(&FAST, &document, &blocks);
    valid(&document, &quotations);
    let words = Words::around(&document, SpeakerResolver::new(&document, &entities).names());
    let attributions = local::attributions(&words, lists(language).unwrap(), None);
    let place = |attribution: &Attribution| {
        let at = attribution.content[0].clone().find(|&at| attribution.verbatim || words.words[at].mark != Mark::Open);
        let start = document.tokens()[at?].start;
        let pattern = Pattern::LIKELY.iter().find(|(_, likely)| (likely - attribution.likely).abs() < 1e-6)?;
        Some((start, pattern.0))
    };
    let patterns = attributions.iter().filter_map(place).collect();
    (quotations, patterns)
}

#[test]
fn quotations_and_speakers_are_found_in_every_language() {
    for (language, file) in TEXTS {
        let [[mut quoted, held_out], [mut indirect, other]] = figures_of(language, file);
        quoted.add(held_out);
        indirect.add(other);
        assert!(quoted.expected > 60, "{language}: {quoted:?}");
        assert!(quoted.f1() >= FLOORS.0 && quoted.speaker() >= FLOORS.1, "{language}: {quoted:?}");
        assert!(
            held_out.f1() >= FLOORS.0 - NOISE && held_out.speaker() >= FLOORS.1 - NOISE,
            "{language}: {held_out:?}"
        );
        assert!(indirect.precision() >= INDIRECT, "{language}: {indirect:?}");
    }
}

/// The figures of both models in German on texts that are plainer than those that they were measured on.
#[test]
fn learned_quotations_are_found_in_german() {
    for (name, tagger) in [("fast", &FAST), ("accurate", &ACCURATE)] {
        let (mut quoted, mut indirect) = (Figures::default(), Figures::default());
        for text in reading::read(GERMAN) {
            let (document, blocks) = document_of(Language::of("de").unwrap(), &text);
            let (_, quotations) = read(tagger, &document, &blocks);
            valid(&document, &quotations);
            quoted.add(compare(&text, &quotations, true).0);
            indirect.add(compare(&text, &quotations, false).0);
        }
        println!("{name}: {quoted:?} {indirect:?}");
        assert!(quoted.f1() >= FLOORS.0 && quoted.speaker() >= FLOORS.1, "{name}: {quoted:?}");
        assert!(indirect.f1() >= 0.8 && indirect.precision() >= INDIRECT, "{name}: {indirect:?}");
    }
}

#[test]
fn what_is_surer_is_more_often_right() {
    let all = outcomes();
    let right = |least: f64, most: f64| {
        let within: Vec<&Outcome> = all.iter().filter(|o| o.confidence >= least && o.confidence < most).collect();
        assert!(within.len() > 30, "{least}: {}", within.len());
        share(within.iter().filter(|outcome| outcome.right).count(), within.len())
    };
    let (low, high) = (right(0.0, 0.9), right(0.9, 1.1));
    assert!(low < high && high >= 0.95, "{low} {high}");
}

#[test]
fn the_stated_probabilities_are_those_of_the_texts() {
    let all = outcomes();
    for (pattern, likely) in Pattern::LIKELY {
        let own: Vec<&Outcome> = all.iter().filter(|outcome| outcome.pattern == Some(pattern)).collect();
        let matched = share(own.iter().filter(|outcome| outcome.matched).count(), own.len());
        assert!(
            own.len() < 20 || (matched - f64::from(likely)).abs() < 0.06,
            "{pattern:?} {likely}: {matched} of {}",
            own.len()
        );
    }
}

#[test]
#[ignore = "a measurement: prints the figures and the errors"]
fn measure() {
    let only = std::env::var("DATELINE_ANNOTATED").ok();
    for (language, file) in TEXTS {
        if only.as_deref().is_some_and(|only| only.contains(language)) {
            reading::read(file).iter().filter(|text| !text.is_held_out()).for_each(|text| print_errors(language, text));
        }
        for (kind, halves) in ["direct, mixed", "indirect"].iter().zip(figures_of(language, file)) {
            for (half, own) in ["worked on", "kept apart"].iter().zip(halves) {
                println!(
                    "{language} {kind:13} {half:10} precision {:.3} recall {:.3} F1 {:.3}  speaker {:.3}  by name {:.3}  of {}",
                    own.precision(),
                    own.recall(),
                    own.f1(),
                    own.speaker(),
                    own.name(),
                    own.expected,
                );
            }
        }
    }
    let all = outcomes();
    let line = |name: &str, own: &[&Outcome], right: fn(&Outcome) -> bool| {
        let of = |held_out: bool| {
            let own: Vec<_> = own.iter().filter(|outcome| outcome.held_out == held_out).collect();
            (share(own.iter().filter(|outcome| right(outcome)).count(), own.len()), own.len())
        };
        println!("{name:24} {:?} kept apart {:?}", of(false), of(true));
    };
    for (pattern, _) in Pattern::LIKELY {
        let own: Vec<&Outcome> = all.iter().filter(|outcome| outcome.pattern == Some(pattern)).collect();
        line(&format!("{pattern:?}"), &own, |outcome| outcome.matched);
    }
    let mut sure: Vec<Option<f64>> = all.iter().map(|outcome| outcome.speaker).collect();
    sure.sort_by(|a, b| a.partial_cmp(b).unwrap());
    sure.dedup();
    for speaker in sure {
        let own: Vec<&Outcome> = all.iter().filter(|outcome| outcome.matched && outcome.speaker == speaker).collect();
        line(&format!("speaker {speaker:?}"), &own, |outcome| outcome.right);
    }
}

/// Prints what is missed, what is found wrongly, and the wrong speakers.
fn print_errors(language: &str, text: &Annotated) {
    let quotations = quotations_of(language, text);
    let words = |spans: &[Span]| {
        let word = |span: &Span| text.text.chars().skip(span.start).take(span.end - span.start).collect::<String>();
        spans.iter().map(word).collect::<Vec<_>>().join(" // ")
    };
    for quoted in [true, false] {
        let (_, verdicts, missed) = compare(text, &quotations, quoted);
        for gold in missed {
            println!("{language} {} missed {:?}: {}", text.number, gold.kind.unwrap(), words(&gold.segments));
        }
        for verdict in verdicts.iter().filter(|verdict| verdict.counts && !verdict.speaker_right) {
            let found = verdict.found;
            let cue = found.cue.as_ref().map(|cue| cue.text.as_str());
            let who = found.speaker.as_ref().and_then(|speaker| speaker.name.as_ref().or(speaker.text.as_ref()));
            let want = match verdict.expected {
                Some(gold) => format!("speaker {:?}", gold.speaker.as_ref().map(|speaker| &speaker.text)),
                None => "extra".to_owned(),
            };
            println!(
                "{language} {} {want}; {:?} {cue:?} {who:?}: {}",
                text.number,
                found.r#type,
                words(&found.segments)
            );
        }
    }
}
