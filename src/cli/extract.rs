//! `dateline extract`: finds entities and quotations in plain texts.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::Failure;
use crate::entity::knowledge::{self, KnowledgeBase};
use crate::extract::{self, Extraction, Extractor};
use crate::model;
use crate::record::{Block, BlockKind, MentionKind};
use crate::text::{Document, paragraphs};

/// The maximum length of a line, in bytes.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// The limits of a chunk, in lines and in bytes; its lines are processed in parallel.
const CHUNK: (usize, usize) = (256, 32 << 20);

/// Finds entities and quotations in texts: JSON Lines in, JSON Lines out, in input order.
///
/// A line in is {"id", "text"}, or an article record as `dateline article` prints it. A line out is {"id", "entities", "quotes"};
/// offsets are code points into the text as given. Entities have the places of their names; with `--references` those of
/// pronouns and descriptions that mean them too, as the daemon publishes them. A text that is not English is passed over: both are empty, and `language`
/// tells why. A line that is no such object ends the command with exit status 1, after the
/// answers to the lines before it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to read; standard input when left out or `-`.
    file: Option<PathBuf>,
    /// What finds names and quotations: `fast` or `accurate`.
    #[arg(long, value_name = "NAME", default_value = model::NAMES[0])]
    model: String,
    /// What finds quotations; the same as `--model` when left out.
    #[arg(long, value_name = "NAME")]
    quotes: Option<String>,
    /// Give pronouns and descriptions among the mentions too, not the names alone.
    #[arg(long)]
    references: bool,
    /// What entities are linked to: a table made by `dateline knowledge`; what the program carries when left out.
    #[arg(long, value_name = "FILE")]
    knowledge: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let quotes = args.quotes.as_ref().unwrap_or(&args.model);
    let knowledge = match &args.knowledge {
        Some(path) => KnowledgeBase::load(path).map_err(|error| Failure::Usage(error.to_string()))?,
        None => knowledge::default(),
    };
    let extractor =
        Extractor::named(&args.model, quotes, knowledge).map_err(|error| Failure::Usage(error.to_string()))?;
    let input: Box<dyn Read> = match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            Box::new(File::open(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?)
        }
        None => Box::new(std::io::stdin()),
    };
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut number = 0;
    loop {
        let (lines, fault) = chunk(&mut input, &mut number);
        if lines.is_empty() && fault.is_none() {
            break;
        }
        let answers: Vec<Result<String, String>> =
            lines.par_iter().map(|(_, line)| answer(line, &extractor, args.references)).collect();
        for ((number, _), answer) in lines.iter().zip(answers) {
            match answer {
                Ok(line) => writeln!(output, "{line}").map_err(|error| Failure::output(&error))?,
                Err(error) => {
                    output.flush().map_err(|error| Failure::output(&error))?;
                    return Err(Failure::Work(format!("line {number}: {error}")));
                }
            }
        }
        if let Some(fault) = fault {
            output.flush().map_err(|error| Failure::output(&error))?;
            return Err(fault);
        }
    }
    output.flush().map_err(|error| Failure::output(&error))
}

/// Reads the next non-blank lines with their numbers, and what ended the chunk early.
fn chunk(input: &mut impl BufRead, number: &mut usize) -> (Vec<(usize, Vec<u8>)>, Option<Failure>) {
    let mut lines = Vec::new();
    let mut bytes = 0;
    while lines.len() < CHUNK.0 && bytes < CHUNK.1 {
        let mut line = Vec::new();
        *number += 1;
        match input.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.len() as u64 > MAX_LINE_BYTES => {
                let error = format!("line {number}: longer than {MAX_LINE_BYTES} bytes");
                return (lines, Some(Failure::Work(error)));
            }
            Ok(_) => {}
            Err(error) => return (lines, Some(Failure::Work(format!("line {number}: {error}")))),
        }
        if !line.trim_ascii().is_empty() {
            bytes += line.len();
            lines.push((*number, line));
        }
    }
    (lines, None)
}

fn answer(line: &[u8], extractor: &Extractor, references: bool) -> Result<String, String> {
    let expected = "expected a JSON object with `id` and `text`";
    let input: Value = serde_json::from_slice(line).map_err(|error| format!("{expected}: {error}"))?;
    let text = input.get("text").and_then(Value::as_str).ok_or_else(|| format!("{expected}: `text` is missing"))?;
    let blocks: Vec<Block> = match input.get("blocks") {
        Some(blocks) => serde_json::from_value(blocks.clone()).map_err(|error| format!("`blocks`: {error}"))?,
        None => paragraphs(text)
            .into_iter()
            .map(|(start, end)| Block { kind: BlockKind::Paragraph, start, end, credit: None })
            .collect(),
    };
    let id = input.get("id").cloned().unwrap_or_default();
    if let Some(language) = extract::skipped_language(input.get("language").and_then(Value::as_str), text) {
        return Ok(json!({ "id": id, "language": language, "entities": [], "quotes": [] }).to_string());
    }
    let spans: Vec<(usize, usize)> = blocks.iter().map(|block| (block.start, block.end)).collect();
    let document = Document::new(text, &spans);
    let Extraction { mut entities, quotations } = extractor.extract(&document, &blocks);
    if !references {
        for entity in &mut entities {
            entity.mentions.retain(|mention| mention.kind == MentionKind::Name);
        }
    }
    serde_json::to_string(&json!({ "id": id, "entities": entities, "quotes": quotations }))
        .map_err(|error| error.to_string())
}
