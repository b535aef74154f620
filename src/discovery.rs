//! Finds the feeds of a site, and what each would bring, on a user's request.

use chrono::{DateTime, Utc};
use url::Url;

use crate::address::Place;
use crate::article;
use crate::feed::{self, Document, Hints, discover};
use crate::fetch::{Answer, Client, FetchError, Kind, Validators};
use crate::schedule::UpdateFrequency;

/// The maximum number of links tried that only look like feeds.
const MAX_TRIES: usize = 10;

/// The fewest links to articles that make a page worth reading as a feed.
const MIN_LINKS: usize = 4;

/// A feed that was found.
#[derive(Debug, Clone)]
pub struct DiscoveredFeed {
    /// Its URL, after redirects.
    pub url: Url,
    /// Its document.
    pub document: Document,
}

impl DiscoveredFeed {
    /// Returns whether it is a section page, which is read as a feed.
    pub fn is_page(&self) -> bool {
        self.document.feed.format == article::LISTING_FORMAT
    }

    /// Returns the number of entries a day, estimated from the times of those that it shows.
    pub fn per_day(&self, now: DateTime<Utc>) -> Option<f64> {
        let times = self.document.entries.iter().filter_map(|entry| entry.published.or(entry.updated));
        UpdateFrequency::learn(times, now).map(|frequency| 86_400.0 / frequency.gap as f64)
    }
}

/// What was found on a site.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The feeds, in the order in which they were found.
    pub feeds: Vec<DiscoveredFeed>,
    /// The feeds that the page names but that cannot be read, and why.
    pub errors: Vec<(Url, String)>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The site cannot be read.
    #[error("{url}: {source}")]
    Fetch {
        /// The URL.
        url: Url,
        /// Why.
        source: FetchError,
    },
}

/// Finds the feeds of a site: the document itself, the feeds that it names, links that look like feeds, then the usual
/// paths. The latter two are tried only if the page names none. A site without feeds has the page itself, if that lists
/// articles.
pub async fn discover_feeds(client: &Client, url: &Url) -> Result<Discovery, DiscoveryError> {
    let mut found = Discovery::default();
    let place = Place::of(url);
    let answer = client.get_at(&place.clone().into(), Kind::Feed, &Validators::default()).await;
    let answer = answer.map_err(|source| DiscoveryError::Fetch { url: place.url().clone(), source })?;
    if let Ok(document) = read(&answer) {
        found.feeds.push(DiscoveredFeed { url: answer.url, document });
        return Ok(found);
    }
    let html = article::decode_page(&answer.body, answer.content_type.as_deref());
    let (stated, guessed): (Vec<_>, Vec<_>) =
        discover::discover(&html, &answer.url).into_iter().partition(|found| found.stated);
    for named in stated {
        let place = place.at(&named.url);
        match fetch(client, &place).await {
            Ok(feed) => found.feeds.push(feed),
            Err(reason) => found.errors.push((place.url().clone(), reason)),
        }
    }
    if found.feeds.is_empty() {
        let guessed = guessed.into_iter().map(|found| found.url).take(MAX_TRIES);
        for url in guessed.chain(discover::known_places(&answer.url)) {
            found.feeds.extend(fetch(client, &place.at(&url)).await);
        }
    }
    if found.feeds.is_empty() {
        found.feeds.extend(listing(answer));
    }
    Ok(found)
}

/// Returns the page itself, if it lists enough articles to be read as a feed.
fn listing(answer: Answer) -> Option<DiscoveredFeed> {
    let (url, content_type) = (Some(answer.url.as_str()), answer.content_type.as_deref());
    let hints = Hints { url, content_type, ..Hints::default() };
    let document = article::read_listing(&answer.body, &hints, None).ok()?;
    (document.entries.len() >= MIN_LINKS).then_some(DiscoveredFeed { url: answer.url, document })
}

async fn fetch(client: &Client, place: &Place) -> Result<DiscoveredFeed, String> {
    let answer = client
        .get_at(&place.clone().into(), Kind::Feed, &Validators::default())
        .await
        .map_err(|error: FetchError| error.to_string())?;
    read(&answer).map(|document| DiscoveredFeed { url: answer.url, document })
}

fn read(answer: &Answer) -> Result<Document, String> {
    let (url, content_type) = (Some(answer.url.as_str()), answer.content_type.as_deref());
    let hints = Hints { url, content_type, ..Hints::default() };
    feed::parse(&answer.body, &hints).map_err(|error| error.to_string())
}
