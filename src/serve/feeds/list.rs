//! The feed list as a table: filtered, sorted, one page at a time.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::config::{FeedConfig, duration};
use crate::health::{FeedHealth, FeedReport, FeedStatus, PollOutcome};
use crate::serve::plain;

/// The number of feeds on one page.
pub(in crate::serve) const PAGE: usize = 50;

/// A query for the feed list; empty fields match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::serve) struct View {
    /// A part of the id, title, folder or URL.
    pub q: String,
    /// A status, or `trouble` for every status that needs attention.
    pub status: String,
    /// The order of the list.
    #[param(inline)]
    pub sort: Sort,
    /// The number of the page, from 1; a page has 50 feeds.
    pub page: usize,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::serve) enum Sort {
    /// The worst status first.
    #[default]
    Health,
    Name,
    /// The earliest next poll first.
    Next,
    /// The oldest success first.
    Success,
    /// The most entries a day first.
    Rate,
}

/// A feed and its health.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Feed)]
pub(in crate::serve) struct Row {
    pub id: String,
    /// The URL, without user and password, and without the query of a private feed.
    pub url: String,
    pub title: Option<String>,
    pub folder: Option<String>,
    pub status: FeedStatus,
    pub paused: bool,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_success: Option<DateTime<Utc>>,
    pub last_news: Option<DateTime<Utc>>,
    /// `null` for a feed that is paused or was never polled.
    pub next_poll: Option<DateTime<Utc>>,
    /// The time between the last poll and the next, in seconds.
    pub interval_seconds: Option<i64>,
    /// What decided the time of the next poll.
    pub reason: Option<String>,
    /// The interval from the feed list.
    pub own_interval: Option<String>,
    pub entries_per_day: Option<f64>,
    /// Whether it is polled less often because a hub pushes it.
    pub pushed: bool,
    /// The number of polls in a row that failed.
    pub failures: u32,
    pub error: Option<String>,
    /// What to do about its status.
    pub advice: Option<&'static str>,
    pub moved_to: Option<String>,
    /// How often entries were missed between two polls.
    pub gaps: u32,
    /// Which of its last pages gave no text, in words; `null` if all did.
    pub pages: Option<String>,
    /// The last polls, the oldest first.
    pub history: Vec<PollOutcome>,
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
    pub counts: Vec<(FeedStatus, usize)>,
}

/// Returns the page of the list that the query asks for.
pub(in crate::serve) fn list(
    feeds: &[FeedConfig],
    known: &HashMap<String, FeedHealth>,
    view: &View,
    now: DateTime<Utc>,
) -> Page {
    let wanted = view.q.trim().to_lowercase();
    let mut counts: std::collections::BTreeMap<FeedStatus, usize> = std::collections::BTreeMap::new();
    let mut found: Vec<(&FeedConfig, Option<&FeedHealth>, FeedStatus)> = Vec::new();
    for feed in feeds {
        let health = known.get(&feed.id);
        let status = FeedStatus::of(feed.paused, report(health), now);
        *counts.entry(status).or_default() += 1;
        let in_status = match view.status.as_str() {
            "" => true,
            "trouble" => status.needs_attention(),
            name => status.name() == name,
        };
        if in_status && (wanted.is_empty() || matches(feed, health, &wanted)) {
            found.push((feed, health, status));
        }
    }
    // The sort is stable: equal rows keep the order of the list.
    match view.sort {
        Sort::Health => found
            .sort_by_key(|(_, health, status)| (*status, Reverse(report(*health).map_or(0, |report| report.failures)))),
        Sort::Name => found.sort_by_cached_key(|(feed, health, _)| name(feed, *health).to_lowercase()),
        Sort::Next => found.sort_by_key(|(feed, health, _)| {
            report(*health).filter(|_| !feed.paused).map_or(DateTime::<Utc>::MAX_UTC, |report| report.due)
        }),
        Sort::Success => found.sort_by_key(|(_, health, _)| report(*health).and_then(|report| report.succeeded)),
        Sort::Rate => found.sort_by_key(|(_, health, _)| report(*health).and_then(gap).unwrap_or(u64::MAX)),
    }
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = view.page.clamp(1, pages);
    let rows = found.iter().skip((page - 1) * PAGE).take(PAGE).map(|(feed, health, _)| row(feed, *health, now));
    Page { rows: rows.collect(), found: found.len(), page, pages, counts: counts.into_iter().collect() }
}

fn report(health: Option<&FeedHealth>) -> Option<&FeedReport> {
    health?.report.as_ref()
}

/// Returns the seconds between two entries.
fn gap(report: &FeedReport) -> Option<u64> {
    report.frequency.map(|frequency| frequency.gap).filter(|gap| *gap > 0)
}

fn name<'a>(feed: &'a FeedConfig, health: Option<&'a FeedHealth>) -> &'a str {
    feed.title.as_deref().or(report(health).and_then(|report| report.title.as_deref())).unwrap_or(&feed.id)
}

fn matches(feed: &FeedConfig, health: Option<&FeedHealth>, wanted: &str) -> bool {
    [feed.id.as_str(), name(feed, health), feed.url.as_str(), feed.folder.as_deref().unwrap_or("")]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

/// Builds the row of a feed.
pub(in crate::serve) fn row(feed: &FeedConfig, health: Option<&FeedHealth>, now: DateTime<Utc>) -> Row {
    let report = report(health);
    let status = FeedStatus::of(feed.paused, report, now);
    let title = feed.title.as_deref().or(report.and_then(|report| report.title.as_deref()));
    Row {
        id: feed.id.clone(),
        url: plain::address(&feed.url),
        title: title.map(|title| plain::text(title, 120)),
        folder: feed.folder.as_deref().map(|folder| plain::text(folder, 120)),
        status,
        paused: feed.paused,
        last_poll: report.and_then(|report| report.polled),
        last_success: report.and_then(|report| report.succeeded),
        last_news: report.and_then(|report| report.changed),
        next_poll: report.filter(|_| !feed.paused).map(|report| report.due),
        interval_seconds: report
            .and_then(|report| Some((report.due - report.polled?).num_seconds()).filter(|seconds| *seconds > 0)),
        reason: report.map(|report| plain::text(&report.reason, 300)),
        own_interval: feed.interval.map(duration::format),
        entries_per_day: report.and_then(gap).map(|gap| 86_400.0 / gap as f64),
        pushed: report.is_some_and(|report| report.pushed),
        failures: report.map_or(0, |report| report.failures),
        error: report.and_then(|report| report.error.as_deref()).map(|error| plain::text(error, 400)),
        advice: status.advice(),
        moved_to: report.and_then(|report| report.moved_to.as_deref()).map(plain::address),
        gaps: report.map_or(0, |report| report.gaps),
        pages: report.and_then(|report| report.pages.clone()),
        history: health.map(|health| health.history.iter().copied().collect()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let failure = matches!(n, 60 | 80).then_some(Failure::Unreachable);
            let report = FeedReport { failures: failure.map_or(0, |_| n), failure, ..FeedReport::default() };
            known.insert(format!("f{n:03}"), FeedHealth::new(false, Some(report)));
        }
        let now = Utc::now();
        let page = list(&feeds, &known, &View::default(), now);
        let counts = [
            (FeedStatus::Unreachable, 2),
            (FeedStatus::Waiting, 1),
            (FeedStatus::Healthy, 116),
            (FeedStatus::Paused, 1),
        ];
        assert_eq!((page.rows.len(), page.found, page.pages, page.counts), (50, 120, 3, counts.to_vec()));
        let first: Vec<&str> = page.rows.iter().take(4).map(|row| row.id.as_str()).collect();
        assert_eq!(first, ["f080", "f060", "f119", "f000"]);
        assert!(page.rows[0].advice.is_some() && page.rows[0].url == "https://f080.example/rss");
        let of = |q: &str, status: &str, page| {
            let view = View { q: q.into(), status: status.into(), page, ..View::default() };
            let page = list(&feeds, &known, &view, now);
            (page.found, page.page)
        };
        assert_eq!(
            (of("F06", "", 9), of("", "trouble", 1), of("", "paused", 0), of("zz", "", 1)),
            ((10, 1), (2, 1), (1, 1), (0, 1))
        );
        assert_eq!(of("", "", 99), (120, 3));
    }
}
