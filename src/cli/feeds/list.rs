//! `dateline feeds list`.

use super::{CliError, print_line};
use crate::config::{Loaded, duration};

/// Prints the id, interval and URL of every feed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object per line instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args, loaded: &Loaded) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let width = loaded.feeds.iter().map(|feed| feed.id.chars().count()).max().unwrap_or(0);
    for feed in loaded.feeds.configs() {
        if args.json {
            let line = serde_json::to_string(feed).map_err(|error| CliError::Work(error.to_string()))?;
            print_line(&mut out, format_args!("{line}"))?;
            continue;
        }
        let interval = if feed.paused {
            "paused".to_owned()
        } else {
            duration::format(feed.interval.unwrap_or(loaded.settings.schedule.interval))
        };
        let kind = if feed.is_page() { "  (page)" } else { "" };
        print_line(&mut out, format_args!("{:width$}  {interval:>6}  {}{kind}", feed.id, feed.url))?;
    }
    Ok(())
}
