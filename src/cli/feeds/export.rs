//! `dateline feeds export`.

use std::io::Write;

use super::CliError;
use crate::config::{Loaded, opml};

/// Prints the feed list as OPML 2.0, nested by folders.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Runs the command.
pub(super) fn run(_: &Args, loaded: &Loaded) -> Result<(), CliError> {
    let text = opml::write(loaded.feeds.configs());
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(|error| CliError::output(&error))
}
