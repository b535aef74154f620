//! `dateline feeds list`.

use super::{CliError, print_line};
use crate::config::{FeedConfig, Loaded, duration};

/// Prints the id, interval and URL of every feed, or of those with certain labels.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object per line instead of a table.
    #[arg(long)]
    json: bool,
    /// Only feeds with this label; may be given several times, for feeds that have all of them.
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args, loaded: &Loaded) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let is_shown = |feed: &FeedConfig| args.labels.iter().all(|label| feed.has_label(label.trim()));
    let feeds: Vec<&FeedConfig> = loaded.feeds.configs().filter(|feed| is_shown(feed)).collect();
    let width = feeds.iter().map(|feed| feed.id.chars().count()).max().unwrap_or(0);
    for feed in feeds {
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
