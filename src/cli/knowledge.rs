//! `dateline knowledge`: creates the table for linking entities from a Wikidata dump.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::CliError;
use crate::entity::knowledge::entry_of;

/// The maximum length of a line, in bytes: an item of Wikidata has a few megabytes at most.
const MAX_LINE_BYTES: u64 = 64 << 20;
/// The limits of a chunk, in lines and in bytes; its lines are processed in parallel.
const CHUNK: (usize, usize) = (4096, 64 << 20);

/// Creates the table for linking entities from a Wikidata dump.
///
/// Reads a JSON dump as downloaded (`latest-all.json.gz`; for other compression use standard input:
/// `bzcat latest-all.json.bz2 | dateline knowledge > knowledge.tsv`) and prints a line for each person, organisation, place or
/// event with enough pages. Set `extract.knowledge` in the config to the file. Invalid lines are counted on stderr.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The dump, plain or gzip; standard input if omitted or `-`.
    file: Option<PathBuf>,
    /// The languages of the names, as Wikidata language codes separated by commas; `mul` has names that are the same in many.
    #[arg(long, value_name = "CODES", value_delimiter = ',', default_value = "en")]
    language: Vec<String>,
    /// The minimum number of Wikipedia pages of an item.
    #[arg(long, value_name = "N", default_value_t = 5)]
    least: u32,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let mut input: Box<dyn BufRead> = match file {
        Some(path) => {
            let file = File::open(path).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))?;
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
                    writeln!(output, "{line}").map_err(|error| CliError::output(&error))?;
                }
                Ok(None) => {}
                Err(()) => broken += 1,
            }
        }
    }
    output.flush().map_err(|error| CliError::output(&error))?;
    eprintln!("{taken} items written; {broken} invalid lines skipped");
    if taken == 0 {
        return Err(CliError::Work(
            "no item found; is the input a JSON dump of Wikidata with one item per line?".into(),
        ));
    }
    Ok(())
}

fn chunk(input: &mut impl BufRead) -> Result<Vec<Vec<u8>>, CliError> {
    let mut lines = Vec::new();
    let mut bytes = 0;
    while lines.len() < CHUNK.0 && bytes < CHUNK.1 {
        let mut line = Vec::new();
        let read = input.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
        match read.map_err(|error| CliError::Work(format!("cannot read the dump: {error}")))? {
            0 => break,
            n if n as u64 > MAX_LINE_BYTES => {
                return Err(CliError::Work(format!(
                    "a line is longer than {MAX_LINE_BYTES} bytes; expected one item per line"
                )));
            }
            n => bytes += n,
        }
        lines.push(line);
    }
    Ok(lines)
}
