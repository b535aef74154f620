//! The feeds as a table: filtered, sorted, a page at a time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Ended, Seen, Status};
use crate::config::{FeedConfig, duration};
use crate::serve::plain;

/// The number of feeds on one page.
pub(in crate::serve) const PAGE: usize = 50;

/// What is asked of the list; what is empty is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::serve) struct View {
    /// A part of id, title, folder or address.
    pub q: String,
    /// `trouble`, or one of the states.
    pub status: String,
    /// `health`, `name`, `next`, `success` or `rate`.
    #[param(inline)]
    pub sort: Sort,
    /// Counts from 1; 50 feeds a page.
    pub page: usize,
}

/// By what the list is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::serve) enum Sort {
    /// What needs someone first.
    #[default]
    Health,
    Name,
    /// The next poll first.
    Next,
    /// The oldest success first.
    Success,
    /// The most entries a day first.
    Rate,
}

/// One feed, as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Feed)]
pub(in crate::serve) struct Row {
    pub id: String,
    /// Without user and password, and without the query of a private feed.
    pub url: String,
    pub title: Option<String>,
    pub folder: Option<String>,
    pub status: Status,
    pub paused: bool,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_success: Option<DateTime<Utc>>,
    pub last_news: Option<DateTime<Utc>>,
    /// `null` for a paused feed, and for one that was never polled.
    pub next_poll: Option<DateTime<Utc>>,
    /// Seconds between the last poll and the next.
    pub interval_seconds: Option<i64>,
    /// Why then.
    pub reason: Option<String>,
    /// The interval that the list gives it.
    pub own_interval: Option<String>,
    pub entries_per_day: Option<f64>,
    pub pushed: bool,
    pub failures: u32,
    pub error: Option<String>,
    pub advice: Option<&'static str>,
    pub moved_to: Option<String>,
    pub gaps: u32,
    /// Which of its last pages gave no text, in words; `null` where all did.
    pub pages: Option<String>,
    /// The last polls, the oldest first.
    pub history: Vec<Ended>,
}

/// A page of the list.
#[derive(Debug)]
pub(in crate::serve) struct Page {
    pub rows: Vec<Row>,
    /// The number of feeds that match the query.
    pub found: usize,
    pub page: usize,
    pub pages: usize,
    /// The number of feeds in each status, over the whole list, the worst status first.
    pub counts: Vec<(Status, usize)>,
}

/// Returns the page of the list that the query asks for.
pub(in crate::serve) fn list(feeds: &[FeedConfig], known: &HashMap<String, Seen>, view: &View) -> Page {
    let wanted = view.q.trim().to_lowercase();
    let mut counts: std::collections::BTreeMap<Status, usize> = std::collections::BTreeMap::new();
    let mut found: Vec<(&FeedConfig, Option<&Seen>, Status)> = Vec::new();
    for feed in feeds {
        let seen = known.get(&feed.id);
        let status = status(feed, seen);
        *counts.entry(status).or_default() += 1;
        let in_status = match view.status.as_str() {
            "" => true,
            "trouble" => status.is_trouble(),
            name => status.name() == name,
        };
        if in_status && (wanted.is_empty() || matches(feed, seen, &wanted)) {
            found.push((feed, seen, status));
        }
    }
    // The sort is stable: equal rows keep the order of the list.
    match view.sort {
        Sort::Health => found.sort_by_key(|(.., status)| *status),
        Sort::Name => found.sort_by_cached_key(|(feed, seen, _)| name(feed, *seen).to_lowercase()),
        Sort::Next => found.sort_by_key(|(feed, seen, _)| {
            seen.filter(|_| !feed.paused).map_or(DateTime::<Utc>::MAX_UTC, |seen| seen.due)
        }),
        Sort::Success => found.sort_by_key(|(_, seen, _)| seen.and_then(|seen| seen.succeeded)),
        Sort::Rate => found.sort_by_key(|(_, seen, _)| seen.and_then(|seen| seen.gap).unwrap_or(u64::MAX)),
    }
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = view.page.clamp(1, pages);
    let rows = found.iter().skip((page - 1) * PAGE).take(PAGE).map(|(feed, seen, _)| row(feed, *seen)).collect();
    Page { rows, found: found.len(), page, pages, counts: counts.into_iter().collect() }
}

fn status(feed: &FeedConfig, seen: Option<&Seen>) -> Status {
    if feed.paused { Status::Paused } else { seen.map_or(Status::New, Seen::status) }
}

fn name<'a>(feed: &'a FeedConfig, seen: Option<&'a Seen>) -> &'a str {
    feed.title.as_deref().or(seen.and_then(|seen| seen.title.as_deref())).unwrap_or(&feed.id)
}

fn matches(feed: &FeedConfig, seen: Option<&Seen>, wanted: &str) -> bool {
    [feed.id.as_str(), name(feed, seen), feed.url.as_str(), feed.folder.as_deref().unwrap_or("")]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

/// Builds the row of a feed.
pub(in crate::serve) fn row(feed: &FeedConfig, seen: Option<&Seen>) -> Row {
    let title = feed.title.as_deref().map(|title| plain::text(title, 120));
    Row {
        id: feed.id.clone(),
        url: plain::address(&feed.url),
        title: title.or_else(|| seen.and_then(|seen| seen.title.clone())),
        folder: feed.folder.as_deref().map(|folder| plain::text(folder, 120)),
        status: status(feed, seen),
        paused: feed.paused,
        last_poll: seen.and_then(|seen| seen.polled),
        last_success: seen.and_then(|seen| seen.succeeded),
        last_news: seen.and_then(|seen| seen.changed),
        next_poll: seen.filter(|_| !feed.paused).map(|seen| seen.due),
        interval_seconds: seen.and_then(|seen| Some((seen.due - seen.polled?).num_seconds()).filter(|gap| *gap > 0)),
        reason: seen.map(|seen| seen.reason.clone()),
        own_interval: feed.interval.map(duration::format),
        entries_per_day: seen.and_then(Seen::per_day),
        pushed: seen.is_some_and(|seen| seen.pushed),
        failures: seen.map_or(0, |seen| seen.failures),
        error: seen.and_then(|seen| seen.error.clone()),
        advice: seen.and_then(Seen::advice),
        moved_to: seen.and_then(|seen| seen.moved_to.clone()),
        gaps: seen.map_or(0, |seen| seen.gaps),
        pages: seen.filter(|seen| seen.pages.any_without()).map(|seen| seen.pages.to_string()),
        history: seen.map(|seen| seen.history.iter().copied().collect()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::FeedState;
    use crate::schedule::Failure;

    fn feed(id: &str, paused: bool) -> FeedConfig {
        let mut feed = FeedConfig { id: id.into(), paused, ..FeedConfig::default() };
        feed.set_url(format!("https://me:pw@{id}.example/rss").parse().unwrap());
        feed
    }

    #[test]
    fn feeds_are_found_sorted_and_paged() {
        let feeds: Vec<FeedConfig> = (0..120).map(|n| feed(&format!("f{n:03}"), n == 7)).collect();
        let mut known = HashMap::new();
        for n in 0..119 {
            let failing = FeedState { failures: 3, failure: Some(Failure::Unreachable), ..FeedState::default() };
            let state = if n == 60 { failing } else { FeedState::default() };
            known.insert(format!("f{n:03}"), Seen::of(&state));
        }
        let page = list(&feeds, &known, &View::default());
        let counts = vec![(Status::Failing, 1), (Status::New, 1), (Status::Well, 117), (Status::Paused, 1)];
        assert_eq!((page.rows.len(), page.found, page.pages, page.counts), (50, 120, 3, counts));
        let first: Vec<&str> = page.rows.iter().take(3).map(|row| row.id.as_str()).collect();
        assert_eq!(first, ["f060", "f119", "f000"]);
        assert!(page.rows[0].advice.is_some() && page.rows[0].url == "https://f060.example/rss");
        let of = |q: &str, status: &str, page| {
            let view = View { q: q.into(), status: status.into(), page, ..View::default() };
            let page = list(&feeds, &known, &view);
            (page.found, page.page)
        };
        assert_eq!(
            (of("F06", "", 9), of("", "trouble", 1), of("", "paused", 0), of("zz", "", 1)),
            ((10, 1), (1, 1), (1, 1), (0, 1))
        );
        assert_eq!(of("", "", 99), (120, 3));
    }
}
