//! Looks at a site for feeds, and says what would come of each.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Fault;
use super::extract::Json;
use super::request::{Permit, Shared};
use crate::address;
use crate::config::{self, FeedEntry};
use crate::pipeline::{Find, scout};
use crate::serve::plain;

/// How long a look may take.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// Entries shown of a feed.
const NEWEST: usize = 5;

/// Where feeds are looked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A page of the site, or a feed.
    url: String,
}

/// What was found on a site.
#[derive(Serialize, ToSchema)]
pub(super) struct Found {
    feeds: Vec<Preview>,
    faults: Vec<Unread>,
}

/// What would come of a feed.
#[derive(Serialize, ToSchema)]
struct Preview {
    url: String,
    /// The id that it would get.
    id: String,
    title: Option<String>,
    format: String,
    entries: usize,
    entries_per_day: Option<f64>,
    /// The id under which it is listed already.
    listed_as: Option<String>,
    newest: Vec<Entry>,
}

#[derive(Serialize, ToSchema)]
struct Entry {
    title: Option<String>,
    link: Option<String>,
    published: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct Unread {
    url: String,
    error: String,
}

/// Looks at a site for feeds and shows what would come of each
#[utoipa::path(
    post,
    path = "/discover",
    responses((status = 200, description = "What was found.", body = Found), Fault),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn discover(
    _: Permit,
    State(app): Shared,
    Json(Wanted { url }): Json<Wanted>,
) -> Result<Json<Found>, Fault> {
    let url = if url.contains("://") { url } else { format!("https://{}", url.trim()) };
    let url = config::feed_url(&url, false).map_err(Fault::Wrong)?;
    if url.scheme() == "file" {
        return Err(Fault::Wrong("files are not looked at here; add the file's URL to the list itself".into()));
    }
    let Ok(client) = app.scout.try_lock() else {
        return Err(Fault::Busy("another site is being looked at; try again in a moment"));
    };
    // What a person names may lie in a private network.
    client.allow([url.clone()]);
    let told = address::without_user_info(url.as_str());
    let found = tokio::time::timeout(WITHIN, scout(&client, &url)).await;
    let found =
        found.map_err(|_| Fault::Outside(format!("{told}: looking took longer than {} s", WITHIN.as_secs())))?;
    let found = found.map_err(|error| Fault::Outside(error.to_string()))?;
    if found.finds.is_empty() && found.faults.is_empty() {
        return Err(Fault::Outside(format!("{told}: no feed was found on this site")));
    }
    let listed = app.roster.feeds();
    let now = Utc::now();
    let preview = |find: &Find| {
        let url = find.url.as_str();
        let is_of = |feed: &FeedEntry| feed.credentials.told(&find.url).as_str() == feed.url;
        let entries = find.document.entries.iter().take(NEWEST).map(|entry| Entry {
            title: entry.title.as_deref().map(|title| plain::text(title, 200)),
            link: plain::link(entry.link.as_deref()),
            published: entry.published.or(entry.updated),
        });
        Preview {
            url: url.to_owned(),
            id: config::fresh_id(url, |id| listed.iter().any(|feed| feed.id == id)),
            title: find.document.feed.title.as_deref().map(|title| plain::text(title, 200)),
            format: plain::text(&find.document.feed.format, 60),
            entries: find.document.entries.len(),
            entries_per_day: find.per_day(now),
            listed_as: listed.iter().find(|feed| is_of(feed)).map(|feed| feed.id.clone()),
            newest: entries.collect(),
        }
    };
    let faults = found
        .faults
        .iter()
        .map(|(url, error)| Unread { url: plain::address(url.as_str()), error: plain::text(error, 400) });
    Ok(Json(Found { feeds: found.finds.iter().map(preview).collect(), faults: faults.collect() }))
}
