//! Searches a site for feeds, and shows a preview of each.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::Json;
use super::request::{Permit, Shared};
use crate::address::{self, Credentials};
use crate::config::{self, FeedConfig, FeedKind};
use crate::discovery::{DiscoveredFeed, discover_feeds};
use crate::serve::plain;

/// The time limit for a search.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// The number of entries shown of each feed.
const NEWEST: usize = 5;

/// The site to search for feeds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    /// The URL of a page of the site, or of a feed.
    url: String,
}

/// The feeds of a site.
#[derive(Serialize, ToSchema)]
pub(super) struct DiscoveredFeeds {
    feeds: Vec<FeedPreview>,
    /// The feeds that the page names but that cannot be read.
    faults: Vec<UnreadableFeed>,
}

/// What a feed would bring.
#[derive(Serialize, ToSchema)]
struct FeedPreview {
    url: String,
    /// What is at the URL.
    kind: FeedKind,
    /// The id that it would get.
    id: String,
    title: Option<String>,
    format: String,
    /// The number of entries that it shows.
    entries: usize,
    entries_per_day: Option<f64>,
    /// The id under which it is listed already.
    listed_as: Option<String>,
    newest: Vec<EntryPreview>,
}

/// An entry of a feed.
#[derive(Serialize, ToSchema)]
struct EntryPreview {
    title: Option<String>,
    link: Option<String>,
    published: Option<DateTime<Utc>>,
}

/// A feed that cannot be read.
#[derive(Serialize, ToSchema)]
struct UnreadableFeed {
    url: String,
    error: String,
}

/// Searches a site for feeds and returns a preview of each
#[utoipa::path(
    post,
    path = "/discover",
    responses((status = 200, description = "The feeds of the site.", body = DiscoveredFeeds), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn discover(
    _: Permit,
    State(app): Shared,
    Json(Site { url }): Json<Site>,
) -> Result<Json<DiscoveredFeeds>, ApiError> {
    let url = if url.contains("://") { url } else { format!("https://{}", url.trim()) };
    let url = config::feed_url(&url, false).map_err(|error| ApiError::Invalid(error.to_string()))?;
    if url.scheme() == "file" {
        return Err(ApiError::Invalid("files cannot be searched; add the file's URL to the feed list itself".into()));
    }
    let Ok(turn) = app.discovery.try_lock() else { return Err(ApiError::Busy) };
    let client = turn.get();
    // What a person names may lie in a private network.
    client.allow([url.clone()]);
    let shown = address::without_user_info(url.as_str());
    let found = tokio::time::timeout(WITHIN, discover_feeds(&client, &url)).await;
    let timeout = |_| ApiError::DiscoveryTimeout { url: shown.to_string(), seconds: WITHIN.as_secs() };
    let found = found.map_err(timeout)??;
    if found.feeds.is_empty() && found.errors.is_empty() {
        return Err(ApiError::NoFeed(shown.into_owned()));
    }
    let listed = app.feed_list.feeds();
    let now = Utc::now();
    let preview = |found: &DiscoveredFeed| {
        let url = found.url.as_str();
        let told = Credentials::default().told(&found.url);
        let is_listed = |feed: &FeedConfig| {
            let private = feed.credentials.is_private().then(|| feed.credentials.told(&found.url));
            private.as_ref().unwrap_or(&told).as_str() == feed.url
        };
        let entries = found.document.entries.iter().take(NEWEST).map(|entry| EntryPreview {
            title: entry.title.as_deref().map(|title| plain::text(title, 200)),
            link: plain::link(entry.link.as_deref()),
            published: entry.published.or(entry.updated),
        });
        FeedPreview {
            url: url.to_owned(),
            kind: if found.is_page() { FeedKind::Page } else { FeedKind::Feed },
            id: config::fresh_id(url, |id| listed.get(id).is_some()),
            title: found.document.feed.title.as_deref().map(|title| plain::text(title, 200)),
            format: plain::text(&found.document.feed.format, 60),
            entries: found.document.entries.len(),
            entries_per_day: found.per_day(now),
            listed_as: listed.configs().find(|feed| is_listed(feed)).map(|feed| feed.id.clone()),
            newest: entries.collect(),
        }
    };
    let faults = found
        .errors
        .iter()
        .map(|(url, error)| UnreadableFeed { url: plain::address(url.as_str()), error: plain::text(error, 400) });
    Ok(Json(DiscoveredFeeds { feeds: found.feeds.iter().map(preview).collect(), faults: faults.collect() }))
}
