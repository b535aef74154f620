//! `dateline schema`: the schemas of the published records.

use super::{CliError, print_line};
use crate::record::schema;

/// Prints the JSON Schema or the Avro schema of a record.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// article, entities, quote, dead-letter or feed-event; if omitted, all of them, one per line.
    pub name: Option<String>,
    /// Print the Avro schema.
    #[arg(long)]
    pub avro: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let of = |name: &str| if args.avro { schema::avro(name) } else { schema::json(name) };
    let failed = |error: serde_json::Error| CliError::Work(error.to_string());
    match &args.name {
        Some(name) => {
            let schema = of(name).ok_or_else(|| {
                CliError::Usage(format!("unknown record `{name}`; known records are {}", schema::NAMES.join(", ")))
            })?;
            print_line(&mut out, format_args!("{}", serde_json::to_string_pretty(&schema).map_err(failed)?))
        }
        None => schema::NAMES.into_iter().filter_map(of).try_for_each(|schema| {
            print_line(&mut out, format_args!("{}", serde_json::to_string(&schema).map_err(failed)?))
        }),
    }
}
