//! `dateline feeds add`.

use std::collections::HashSet;
use std::time::Duration;

use super::{Failure, open_list, print_line, write_list};
use crate::config::{self, FeedConfig, Loaded, duration, edit};

/// Adds a feed to the list.
///
/// No request is made: the daemon's first poll is the first the publisher hears of it. `dateline feeds discover` finds the
/// feeds of a page, `dateline check --connect` tries them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The feed's URL.
    url: String,
    /// Its id in the records; made from the URL if left out.
    #[arg(long)]
    id: Option<String>,
    /// A name for people.
    #[arg(long)]
    title: Option<String>,
    /// Who publishes it.
    #[arg(long)]
    publisher: Option<String>,
    /// Language tag, where the feed does not tell.
    #[arg(long)]
    language: Option<String>,
    /// A folder, for the export: `World / Europe`.
    #[arg(long)]
    folder: Option<String>,
    /// Between two polls: `5m`.
    #[arg(long, value_parser = duration::parse)]
    interval: Option<Duration>,
    /// The query of its URL is a secret, as a subscriber's token is: it stays in the feed list.
    #[arg(long)]
    private: bool,
}

/// Runs the command.
pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    let (path, text) = open_list(loaded)?;
    let url = config::feed_url(&args.url, args.private).map_err(Failure::Usage)?;
    let mut feed = FeedConfig {
        title: args.title,
        publisher: args.publisher,
        language: args.language,
        folder: args.folder,
        interval: args.interval,
        private: args.private,
        ..FeedConfig::default()
    };
    feed.set_url(url);
    if let Some(known) = loaded.feeds.iter().find(|known| known.is_at_same_place(&feed)) {
        return Err(Failure::Usage(format!("{} is listed already, as `{}`", feed.url, known.id)));
    }
    let taken: HashSet<&str> = loaded.feeds.iter().map(|feed| feed.id.as_str()).collect();
    feed.id = match args.id {
        Some(id) if taken.contains(id.as_str()) => {
            return Err(Failure::Usage(format!("the id `{id}` is taken; give another with `--id`")));
        }
        Some(id) if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) => {
            return Err(Failure::Usage("an id must be 1 to 200 bytes without control characters".into()));
        }
        Some(id) => id,
        None => config::fresh_id(&feed.url, |id| taken.contains(id)),
    };
    write_list(path, &edit::add(&text, std::slice::from_ref(&feed)))?;
    print_line(&mut std::io::stdout().lock(), format_args!("{}", feed.id))
}
