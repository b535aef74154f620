//! `dateline knowledge`: makes a table for linking entities from a Wikidata dump.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::Failure;
use crate::entity::knowledge::entry_of;

/// The maximum length of a line, in bytes: an item of Wikidata has a few megabytes at most.
const MAX_LINE_BYTES: u64 = 64 << 20;
/// The limits of a chunk, in lines and in bytes; its lines are processed in parallel.
const CHUNK: (usize, usize) = (4096, 64 << 20);

/// Makes the table by which entities are linked, from a Wikidata dump.
///
/// Reads a JSON dump as it is downloaded (`latest-all.json.gz`; one that is packed otherwise goes through standard input:
/// `bzcat latest-all.json.bz2 | dateline knowledge > knowledge.tsv`) and prints a line for each person, organisation, place or
/// event with enough pages. The config's `extract.knowledge` names the file. Lines that are no items are counted on stderr.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The dump, plain or gzip; standard input when left out or `-`.
    file: Option<PathBuf>,
    /// The language of the names, as Wikidata codes it.
    #[arg(long, value_name = "CODE", default_value = "en")]
    language: String,
    /// Pages in encyclopedias that a thing must have to be taken.
    #[arg(long, value_name = "N", default_value_t = 5)]
    least: u32,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let mut input: Box<dyn BufRead> = match file {
        Some(path) => {
            let file = File::open(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            if path.extension().is_some_and(|extension| extension == "gz") {
                Box::new(BufReader::with_capacity(1 << 20, flate2::read::MultiGzDecoder::new(file)))
            } else {
                Box::new(BufReader::with_capacity(1 << 20, file))
            }
        }
        None => Box::new(BufReader::new(std::io::stdin())),
    };
    let mut output = BufWriter::new(std::io::stdout().lock());
    let (mut taken, mut broken) = (0_u64, 0_u64);
    loop {
        let lines = chunk(&mut input)?;
        if lines.is_empty() {
            break;
        }
        let entries: Vec<Result<Option<String>, ()>> = lines
            .par_iter()
            .map(|line| {
                let text = std::str::from_utf8(line).map_err(|_| ())?;
                let entry = entry_of(text, &args.language, args.least).map_err(|_| ())?;
                Ok(entry.map(|entry| entry.line()))
            })
            .collect();
        for entry in entries {
            match entry {
                Ok(Some(line)) => {
                    taken += 1;
                    writeln!(output, "{line}").map_err(|error| Failure::output(&error))?;
                }
                Ok(None) => {}
                Err(()) => broken += 1,
            }
        }
    }
    output.flush().map_err(|error| Failure::output(&error))?;
    eprintln!("{taken} things taken; {broken} lines were no items");
    if taken == 0 {
        let advice = "is it a JSON dump of Wikidata, one item a line?";
        return Err(Failure::Work(format!("no thing was found; {advice}")));
    }
    Ok(())
}

fn chunk(input: &mut impl BufRead) -> Result<Vec<Vec<u8>>, Failure> {
    let mut lines = Vec::new();
    let mut bytes = 0;
    while lines.len() < CHUNK.0 && bytes < CHUNK.1 {
        let mut line = Vec::new();
        let read = input.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
        match read.map_err(|error| Failure::Work(format!("the dump: {error}")))? {
            0 => break,
            n if n as u64 > MAX_LINE_BYTES => {
                return Err(Failure::Work(format!(
                    "a line is longer than {MAX_LINE_BYTES} bytes; one item a line is expected"
                )));
            }
            n => bytes += n,
        }
        lines.push(line);
    }
    Ok(lines)
}
