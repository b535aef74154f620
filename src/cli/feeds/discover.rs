//! `dateline feeds discover`.

use super::{CliError, print_line};
use crate::address::without_user_info;
use crate::cli::daemon;
use crate::cli::descriptors::Descriptors;
use crate::config::{self, Loaded};
use crate::discovery::{DiscoveredFeed, discover_feeds};
use crate::fetch::SiteRequests;

/// Finds the feeds of a site: those that its page declares, links that look like feeds, and common feed URLs. If there are none, the
/// page itself is offered, if it lists articles.
///
/// Prints the URL, the number of entries and the title of each, for use with `dateline feeds add`. Each URL is requested once;
/// the common ones only if the page declares none.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A page of the site, or a feed.
    url: String,
    /// Print one JSON object per line instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args, loaded: &Loaded) -> Result<(), CliError> {
    let with_scheme = if args.url.contains("://") { args.url.clone() } else { format!("https://{}", args.url) };
    let url = config::feed_url(&with_scheme, false).map_err(|error| CliError::Usage(error.to_string()))?;
    let client = daemon::client(&loaded.settings.fetch, Descriptors::now().for_requests())?;
    let client = client.with_sites(SiteRequests::new(loaded.settings.site_requests()));
    client.allow([url.clone()]);
    let found = discover_feeds(&client, &url).await.map_err(|error| CliError::Work(error.to_string()))?;
    for (url, error) in &found.errors {
        eprintln!("{url}: {error}");
    }
    if found.feeds.is_empty() {
        return Err(CliError::Work(format!("{}: no feed was found on this site", without_user_info(url.as_str()))));
    }
    found.feeds.iter().try_for_each(|feed| print(&args, feed))
}

fn print(args: &Args, feed: &DiscoveredFeed) -> Result<(), CliError> {
    let DiscoveredFeed { url, document } = feed;
    let kind = if feed.is_page() { "page" } else { "feed" };
    let mut out = std::io::stdout().lock();
    let (title, entries) = (document.feed.title.as_deref(), document.entries.len());
    if args.json {
        let line = serde_json::json!({
            "url": url.as_str(), "kind": kind, "title": title, "format": document.feed.format, "entries": entries,
        });
        return print_line(&mut out, format_args!("{line}"));
    }
    let how = if feed.is_page() { "  (a page without a feed: add it with `--kind page`)" } else { "" };
    print_line(&mut out, format_args!("{url}  {entries} entries  {}{how}", title.unwrap_or("(no title)")))
}
