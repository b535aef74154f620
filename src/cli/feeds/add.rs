//! `dateline feeds add`.

use std::time::Duration;

use super::{CliError, cli_error, print_line};
use crate::cli::select::SelectArgs;
use crate::config::{FeedConfig, FeedKind, FeedList, Labels, duration};

/// Adds a feed to the list.
///
/// No request is sent: the publisher first hears of it when the daemon polls the feed. `dateline feeds discover` finds the feeds
/// of a page, `dateline check --connect` tests them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The feed's URL.
    url: String,
    /// What is at the URL: a feed, or a section page whose links to articles are the entries.
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    kind: FeedKind,
    #[command(flatten)]
    select: SelectArgs,
    /// Its id in the records; derived from the URL if omitted or empty.
    #[arg(long, default_value = "", hide_default_value = true)]
    id: String,
    /// The name to show.
    #[arg(long)]
    title: Option<String>,
    /// The publisher, instead of the one that the feed and its pages name.
    #[arg(long)]
    publisher: Option<String>,
    /// The language tag, if neither the feed nor its pages give one.
    #[arg(long)]
    language: Option<String>,
    /// The folder in exports: `World / Europe`.
    #[arg(long)]
    folder: Option<String>,
    /// A label; may be given several times.
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// The time between two polls: `5m`.
    #[arg(long, value_parser = duration::parse)]
    interval: Option<Duration>,
    /// The query of its URL is a secret, for example a subscriber's token: it stays in the feed list.
    #[arg(long)]
    private: bool,
}

/// Runs the command.
pub(super) fn run(args: Args, list: &FeedList) -> Result<(), CliError> {
    let labels = Labels::new(args.labels).map_err(|error| CliError::Usage(format!("--label: {error}")))?;
    let (feed, change) = list
        .add(FeedConfig {
            id: args.id,
            url: args.url,
            kind: args.kind,
            select: args.select.selectors().map(Box::new),
            title: args.title.map(Into::into),
            publisher: args.publisher.map(Into::into),
            language: args.language.map(Into::into),
            folder: args.folder.map(Into::into),
            labels,
            interval: args.interval,
            private: args.private,
            ..FeedConfig::default()
        })
        .map_err(cli_error)?;
    change.write().map_err(cli_error)?;
    print_line(&mut std::io::stdout().lock(), format_args!("{}", feed.id))
}
