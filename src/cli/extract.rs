//! `dateline extract`: finds entities and quotations in plain texts.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::CliError;
use crate::entity::knowledge::{self, KnowledgeBase};
use crate::extract::{Extraction, Extractor};
use crate::model;
use crate::record::{Block, BlockKind, MentionKind};
use crate::text::{self, Document, Language, paragraphs};

/// The maximum length of a line, in bytes.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// The limits of a chunk, in lines and in bytes; its lines are processed in parallel.
const CHUNK: (usize, usize) = (256, 32 << 20);

/// Finds entities and quotations in texts: JSON Lines in, JSON Lines out, in input order.
///
/// An input line is {"id", "text"}, or an article record as `dateline article` prints it. An output line is {"id", "entities",
/// "quotes"}; offsets count code points of the input text. Mentions are names; with `--references`, also the pronouns and
/// descriptions that refer to them, as the daemon publishes them. For a text that is not English, `language` says which language
/// it is, and `extractor` which model found its entities; if no model reads the language, `extractor` is null and both lists are
/// empty. An invalid line ends the command with exit status 1, after the output for the
/// lines before it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to read; standard input if omitted or `-`.
    file: Option<PathBuf>,
    /// The model for names and quotations: `fast` or `accurate`.
    #[arg(long, value_name = "NAME", default_value = model::NAMES[0])]
    model: String,
    /// The model for quotations, if different from `--model`.
    #[arg(long, value_name = "NAME")]
    quotes: Option<String>,
    /// Also print pronouns and descriptions among the mentions.
    #[arg(long)]
    references: bool,
    /// The table that entities are linked to, made by `dateline knowledge`; if omitted, the embedded one.
    #[arg(long, value_name = "FILE")]
    knowledge: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let quotes = args.quotes.as_ref().unwrap_or(&args.model);
    let knowledge = match &args.knowledge {
        Some(path) => KnowledgeBase::load(path).map_err(|error| CliError::Usage(error.to_string()))?,
        None => knowledge::default(),
    };
    let extractor =
        Extractor::named(&args.model, quotes, knowledge).map_err(|error| CliError::Usage(error.to_string()))?;
    let input: Box<dyn Read> = match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            Box::new(File::open(file).map_err(|error| CliError::Usage(format!("{}: {error}", file.display())))?)
        }
        None => Box::new(std::io::stdin()),
    };
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut number = 0;
    loop {
        let (lines, error) = chunk(&mut input, &mut number);
        if lines.is_empty() && error.is_none() {
            break;
        }
        let answers: Vec<Result<String, LineError>> =
            lines.par_iter().map(|(_, line)| answer(line, &extractor, args.references)).collect();
        for ((number, _), answer) in lines.iter().zip(answers) {
            match answer {
                Ok(line) => writeln!(output, "{line}").map_err(|error| CliError::output(&error))?,
                Err(error) => {
                    output.flush().map_err(|error| CliError::output(&error))?;
                    return Err(CliError::Work(format!("line {number}: {error}")));
                }
            }
        }
        if let Some(error) = error {
            output.flush().map_err(|error| CliError::output(&error))?;
            return Err(error);
        }
    }
    output.flush().map_err(|error| CliError::output(&error))
}

/// Reads the next non-blank lines with their numbers, and what ended the chunk early.
fn chunk(input: &mut impl BufRead, number: &mut usize) -> (Vec<(usize, Vec<u8>)>, Option<CliError>) {
    let mut lines = Vec::new();
    let mut bytes = 0;
    while lines.len() < CHUNK.0 && bytes < CHUNK.1 {
        let mut line = Vec::new();
        *number += 1;
        match input.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.len() as u64 > MAX_LINE_BYTES => {
                let error = format!("line {number}: longer than {MAX_LINE_BYTES} bytes");
                return (lines, Some(CliError::Work(error)));
            }
            Ok(_) => {}
            Err(error) => return (lines, Some(CliError::Work(format!("line {number}: {error}")))),
        }
        if !line.trim_ascii().is_empty() {
            bytes += line.len();
            lines.push((*number, line));
        }
    }
    (lines, None)
}

/// Why a line of the input cannot be processed.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("expected a JSON object with `id` and `text`: {0}")]
    Json(#[source] serde_json::Error),
    #[error("expected a JSON object with `id` and `text`: `text` is missing")]
    NoText,
    #[error("`blocks`: {0}")]
    Blocks(#[source] serde_json::Error),
    #[error("cannot write the output: {0}")]
    Output(#[source] serde_json::Error),
}

fn answer(line: &[u8], extractor: &Extractor, references: bool) -> Result<String, LineError> {
    let input: Value = serde_json::from_slice(line).map_err(LineError::Json)?;
    let text = input.get("text").and_then(Value::as_str).ok_or(LineError::NoText)?;
    let blocks: Vec<Block> = match input.get("blocks") {
        Some(blocks) => serde_json::from_value(blocks.clone()).map_err(LineError::Blocks)?,
        None => paragraphs(text)
            .into_iter()
            .map(|(start, end)| Block { kind: BlockKind::Paragraph, start, end, credit: None })
            .collect(),
    };
    let id = input.get("id").cloned().unwrap_or_default();
    let reading = text::reading(input.get("language").and_then(Value::as_str), text);
    let Some(language) = reading.language else {
        let tag = reading.tag;
        return Ok(json!({ "id": id, "language": tag, "extractor": null, "entities": [], "quotes": [] }).to_string());
    };
    let spans: Vec<(usize, usize)> = blocks.iter().map(|block| (block.start, block.end)).collect();
    let document = Document::in_language(text, &spans, language);
    let Extraction { mut entities, entities_by, mut quotations } = extractor.extract(&document, &blocks);
    if !references {
        for entity in &mut entities {
            entity.mentions.retain(|mention| mention.kind == MentionKind::Name);
        }
    }
    // The model of a quotation is that of all: it is printed once.
    for quotation in &mut quotations {
        quotation.extractor = None;
    }
    let mut line = json!({ "id": id, "entities": entities, "quotes": quotations });
    if language != Language::ENGLISH {
        (line["language"], line["extractor"]) = (json!(reading.tag), json!(entities_by));
    }
    serde_json::to_string(&line).map_err(LineError::Output)
}
