//! How fast each stage of extraction is on one core: `cargo bench --bench stages -- FILE.jsonl…` (a JSON object with a `text` a line).

use std::hint::black_box;
use std::time::Instant;

use dateline_extract::Extractor;
use dateline_record::{Block, BlockKind};
use dateline_text::{Document, Language, paragraphs, reading};

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let mut texts = Vec::new();
    for file in &files {
        let lines = std::fs::read_to_string(file).expect("a file of JSON Lines");
        let text =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["text"].as_str().map(str::to_owned);
        texts.extend(lines.lines().filter_map(text));
    }
    if texts.is_empty() {
        println!("no texts: name files of JSON Lines with a `text` each");
        return;
    }
    let cut = |text: &str| {
        let language = reading(None, text).language.unwrap_or(Language::ENGLISH);
        Document::in_language(text, &paragraphs(text), language)
    };
    let tokens: usize = texts.iter().map(|text| cut(text).tokens().len()).sum();
    let report = |stage: &str, seconds: f64| {
        println!(
            "{stage:42} {:>10.0} tokens/s {:>8.0} texts/s, one core",
            tokens as f64 / seconds,
            texts.len() as f64 / seconds
        );
    };
    // Once for what is read at the first use; then the best of three.
    let time = |work: &dyn Fn(&str)| {
        work(&texts[0]);
        let run = |_| {
            let started = Instant::now();
            for text in &texts {
                work(text);
            }
            started.elapsed().as_secs_f64()
        };
        (0..3).map(run).fold(f64::MAX, f64::min)
    };
    println!("{} texts, {tokens} tokens", texts.len());
    report("text: sentences and tokens", time(&|text| drop(black_box(cut(text)))));
    let fast = dateline_model::fast();
    report("text and names, fast", time(&|text| drop(black_box(fast.read(&cut(text), None)))));
    let extractor = Extractor::fast();
    report("text and entities, fast", time(&|text| drop(black_box(extractor.entities(&cut(text))))));
    let whole = |text: &str| {
        let (spans, document) = (paragraphs(text), cut(text));
        let block = |&(start, end): &(usize, usize)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
        let blocks: Vec<Block> = spans.iter().map(block).collect();
        extractor.extract(&document, &blocks)
    };
    report("text, entities and quotations, fast", time(&|text| drop(black_box(whole(text)))));
}
