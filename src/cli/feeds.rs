//! `dateline feeds`: the feed list.

use std::path::PathBuf;

use super::{Failure, print_line};
use crate::config::{self, duration};

/// Shows the feed list.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints every feed: id, interval, URL.
    List {
        /// The config file.
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// One JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let Command::List { config: path, json } = &args.command;
    let loaded = config::load(path.as_deref()).map_err(|faults| Failure::Usage(faults.to_string()))?;
    let mut out = std::io::stdout().lock();
    let width = loaded.feeds.iter().map(|feed| feed.id.chars().count()).max().unwrap_or(0);
    for feed in &loaded.feeds {
        if *json {
            let line = serde_json::to_string(feed).map_err(|error| Failure::Work(error.to_string()))?;
            print_line(&mut out, format_args!("{line}"))?;
            continue;
        }
        let interval = if feed.paused {
            "paused".to_owned()
        } else {
            duration::format(feed.interval.unwrap_or(loaded.settings.schedule.interval))
        };
        print_line(&mut out, format_args!("{:width$}  {interval:>6}  {}", feed.id, feed.url))?;
    }
    Ok(())
}
