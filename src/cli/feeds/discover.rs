//! `dateline feeds discover`.

use url::Url;

use super::{Failure, print_line};
use crate::article;
use crate::cli::daemon;
use crate::config::{self, Loaded};
use crate::feed::{self, Hints, discover};
use crate::fetch::{Answer, Client, Kind, Validators};

/// Links tried at most, of those that only look like feeds.
const MAX_TRIES: usize = 10;

/// Finds the feeds of a site: those that its page names, then links that look like feeds, then the usual places.
///
/// Prints URL, number of entries and title of each, ready for `dateline feeds add`. Each is asked for once; the usual places
/// only where the page names none.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A page of the site, or a feed.
    url: String,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    let with_scheme = if args.url.contains("://") { args.url.clone() } else { format!("https://{}", args.url) };
    let url = config::feed_url(&with_scheme).map_err(Failure::Usage)?;
    let client = daemon::client(&loaded.settings.fetch)?;
    client.allow([url.clone()]);
    let failed = |error: &dyn std::fmt::Display| Failure::Work(format!("{url}: {error}"));
    let answer = client.get(&url, Kind::Feed, &Validators::default()).await.map_err(|error| failed(&error))?;
    if let Ok(document) = read(&answer) {
        return print(&args, &answer.url, &document);
    }
    let html = article::decode_page(&answer.body, answer.content_type.as_deref());
    let found = discover::discover(&html, &answer.url);
    let (stated, guessed): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.stated);
    let mut any = false;
    for found in stated {
        any |= try_place(&client, &args, &found.url, true).await?;
    }
    if !any {
        let guessed = guessed.into_iter().map(|found| found.url).take(MAX_TRIES);
        for place in guessed.chain(discover::known_places(&answer.url)) {
            any |= try_place(&client, &args, &place, false).await?;
        }
    }
    if any { Ok(()) } else { Err(Failure::Work(format!("{url}: no feed was found on this site"))) }
}

/// Prints the feed if there is one. One that the page states and that cannot be read is told; a guess that fails is not.
async fn try_place(client: &Client, args: &Args, url: &Url, stated: bool) -> Result<bool, Failure> {
    let read = match client.get(url, Kind::Feed, &Validators::default()).await {
        Ok(answer) => read(&answer).map(|document| (answer.url, document)),
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok((url, document)) => print(args, &url, &document).map(|()| true),
        Err(error) => {
            if stated {
                eprintln!("{url}: {error}");
            }
            Ok(false)
        }
    }
}

fn read(answer: &Answer) -> Result<feed::Document, String> {
    let (url, content_type) = (Some(answer.url.as_str()), answer.content_type.as_deref());
    let hints = Hints { url, content_type, ..Hints::default() };
    feed::parse(&answer.body, &hints).map_err(|error| error.to_string())
}

fn print(args: &Args, url: &Url, document: &feed::Document) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let (title, entries) = (document.feed.title.as_deref(), document.entries.len());
    if args.json {
        let line = serde_json::json!({
            "url": url.as_str(), "title": title, "format": document.feed.format, "entries": entries,
        });
        return print_line(&mut out, format_args!("{line}"));
    }
    print_line(&mut out, format_args!("{url}  {entries} entries  {}", title.unwrap_or("(no title)")))
}
