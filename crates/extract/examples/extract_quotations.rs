//! Prints the quotations of a plain text, one a line: `cargo run --release --example extract_quotations -- FILE` (or standard input).
//!
//! Uses the library crates alone: neither the daemon, nor Kafka, nor a database.

use std::error::Error;
use std::io::Read;

use dateline_extract::Extractor;
use dateline_record::{Block, BlockKind};
use dateline_text::{Document, paragraphs};

fn main() -> Result<(), Box<dyn Error>> {
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    // Offsets are code points into the text; each paragraph is a block.
    let spans = paragraphs(&text);
    let block = |&(start, end): &(usize, usize)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
    let blocks: Vec<Block> = spans.iter().map(block).collect();
    let found = Extractor::fast().extract(&Document::new(&text, &spans), &blocks);
    for quotation in found.quotations {
        let speaker = quotation.speaker.and_then(|speaker| speaker.name.or(speaker.text));
        println!("{} ({:?}): {}", speaker.as_deref().unwrap_or("unknown"), quotation.r#type, quotation.text);
    }
    Ok(())
}
