//! `dateline feeds remove`.

use super::{CliError, cli_error, print_line};
use crate::config::FeedList;

/// Removes a feed from the list. Its published records stay.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The feed's id, as `dateline feeds list` shows it, or its URL.
    id: String,
}

/// Runs the command.
pub(super) fn run(args: &Args, list: &FeedList) -> Result<(), CliError> {
    let feed = list.find(&args.id).map_err(cli_error)?;
    list.remove(feed).and_then(|change| change.write()).map_err(cli_error)?;
    print_line(&mut std::io::stdout().lock(), format_args!("{} removed: {}", feed.id, feed.url))
}
