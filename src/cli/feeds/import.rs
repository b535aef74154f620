//! `dateline feeds import`.

use std::path::PathBuf;

use super::{CliError, cli_error, print_line};
use crate::config::{self, FeedList};

/// Adds the feeds of an OPML file to the list. Feeds that are listed already stay unchanged.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The OPML file, version 1.0 or 2.0; its folders are kept.
    #[arg(value_name = "FILE.opml")]
    file: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &Args, list: &FeedList) -> Result<(), CliError> {
    let opml = config::read_opml(&args.file).map_err(|errors| CliError::Usage(errors.to_string()))?;
    opml.left_out.0.iter().for_each(|error| eprintln!("left out: {error}"));
    opml.repeated.lines().for_each(|warning| eprintln!("warning: {warning}"));
    let (found, left_out) = (opml.feeds.len(), opml.left_out.0.len());
    let added = match list.import(opml.feeds).map_err(cli_error)? {
        Some((added, change)) => {
            change.write().map_err(cli_error)?;
            added
        }
        None => 0,
    };
    let known = found - added;
    print_line(
        &mut std::io::stdout().lock(),
        format_args!("{added} feeds added, {known} listed already, {left_out} left out"),
    )
}
