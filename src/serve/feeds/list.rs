//! The feed list as a table: filtered, sorted, one page at a time.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::config::{FeedConfig, FeedKind, PageSelectors, Pages, SharedFeeds, duration};
use crate::health::{FeedHealth, FeedStatus, PollOutcome, RegisteredFeeds};
use crate::serve::label_filter::LabelFilter;
use crate::serve::plain;

/// The number of feeds on one page.
pub(in crate::serve) const PAGE: usize = 50;

/// A query for the feed list; empty fields match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::serve) struct View {
    /// A part of the id, title, folder, URL or a label.
    pub q: String,
    /// Labels, separated by commas; a feed must have all of them.
    pub label: String,
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
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the JSON of the API")]
pub(in crate::serve) struct Row {
    pub id: String,
    /// The URL, without user and password, and without the query of a private feed.
    pub url: String,
    /// What is at the URL.
    pub kind: FeedKind,
    /// The selectors of a page's links, if the list has some.
    pub select: Option<PageSelectors>,
    pub title: Option<String>,
    pub folder: Option<String>,
    /// The labels, the names of its folders included.
    pub labels: Vec<String>,
    /// The labels that the list gives it.
    pub own_labels: Vec<String>,
    pub status: FeedStatus,
    pub paused: bool,
    /// Whether it is fetched in full at every poll.
    pub full_fetch: bool,
    /// Whether the query of the URL is secret.
    pub private: bool,
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
    /// When its article pages are fetched, from the feed list: `auto`, `always` or `never`.
    #[schema(value_type = Option<String>)]
    pub own_pages: Option<Pages>,
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
    /// What is set for its requests, in words and without secrets: `header X-Api-Key`, `proxy http://proxy.example:3128`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// How many links a section page shows that lost its list, in words; `null` otherwise.
    pub links: Option<String>,
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

/// A feed that matches the query, and its place in the order.
struct Found<K> {
    key: K,
    /// The position in the list: feeds with equal keys keep the order of the list.
    at: usize,
}

/// Returns the page of the list that the query asks for. Looks at each feed once, and builds only the rows of the page.
pub(in crate::serve) fn list(feeds: &SharedFeeds, known: &RegisteredFeeds, view: &View, now: DateTime<Utc>) -> Page {
    match view.sort {
        Sort::Health => {
            page(feeds, known, view, now, |_, health, status| (status, Reverse(health.map_or(0, FeedHealth::failures))))
        }
        Sort::Name => page(feeds, known, view, now, |feed, health, _| name(feed, health).to_lowercase()),
        Sort::Next => page(feeds, known, view, now, |feed, health, _| {
            health.filter(|_| !feed.paused).and_then(FeedHealth::due).unwrap_or(DateTime::<Utc>::MAX_UTC)
        }),
        Sort::Success => page(feeds, known, view, now, |_, health, _| health.and_then(FeedHealth::succeeded)),
        Sort::Rate => {
            page(feeds, known, view, now, |_, health, _| health.and_then(FeedHealth::gap).unwrap_or(u64::MAX))
        }
    }
}

/// Returns the page in the order of a key.
fn page<K: Ord>(
    feeds: &SharedFeeds,
    known: &RegisteredFeeds,
    view: &View,
    now: DateTime<Utc>,
    key: impl Fn(&FeedConfig, Option<&FeedHealth>, FeedStatus) -> K,
) -> Page {
    let wanted = Words::new(view.q.trim());
    let labels = LabelFilter::new(&view.label);
    let mut search = known.search();
    let mut counts = [0; FeedStatus::ALL.len()];
    let mut found = Vec::new();
    for (at, feed) in feeds.iter().enumerate() {
        let health = search.get(&feed.id);
        let status =
            health.map_or_else(|| FeedStatus::of(feed.paused, None, now), |health| health.status(feed.paused, now));
        counts[status as usize] += 1;
        let in_status = match view.status.as_str() {
            "" => true,
            "trouble" => status.needs_attention(),
            name => status.name() == name,
        };
        let is_labelled = labels.all(|label| feed.has_label(label));
        if in_status && is_labelled && (wanted.is_empty() || matches(feed, health, &wanted)) {
            found.push(Found { key: key(feed, health, status), at });
        }
    }
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = view.page.clamp(1, pages);
    let row = |found: &Found<K>| {
        let feed = &feeds[found.at];
        row(feed, known.get(&feed.id), now)
    };
    let all = found.len();
    let rows = section(&mut found, (page - 1) * PAGE).iter().map(row).collect();
    let counts = FeedStatus::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0);
    Page { rows, found: all, page, pages, counts: counts.collect() }
}

/// Returns the feeds of the page that begins at this place in the order. Sorts no others.
fn section<K: Ord>(found: &mut [Found<K>], start: usize) -> &[Found<K>] {
    let order = |a: &Found<K>, b: &Found<K>| a.key.cmp(&b.key).then(a.at.cmp(&b.at));
    if start >= found.len() {
        return &[];
    }
    let (_, _, _) = found.select_nth_unstable_by(start, order);
    let rest = &mut found[start..];
    let end = PAGE.min(rest.len());
    if end < rest.len() {
        let (_, _, _) = rest.select_nth_unstable_by(end, order);
    }
    rest[..end].sort_unstable_by(order);
    &rest[..end]
}

fn name<'a>(feed: &'a FeedConfig, health: Option<&'a FeedHealth>) -> &'a str {
    feed.title.as_deref().or(health.and_then(FeedHealth::title)).unwrap_or(&feed.id)
}

fn matches(feed: &FeedConfig, health: Option<&FeedHealth>, wanted: &Words) -> bool {
    let folder = feed.folder.as_deref().unwrap_or("");
    let texts = [feed.id.as_str(), name(feed, health), feed.url.as_str(), folder];
    texts.into_iter().chain(feed.labels.iter()).any(|text| wanted.are_in(text))
}

/// What is searched for, without regard to case.
struct Words {
    text: String,
    /// The first byte in both cases, if all are ASCII.
    first: Option<(u8, u8)>,
}

impl Words {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let first = text.bytes().next().filter(|_| text.is_ascii());
        let first = first.map(|byte| (byte, byte.to_ascii_uppercase()));
        Self { text, first }
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn are_in(&self, text: &str) -> bool {
        // Most texts are ASCII, for which no copy in lower case is needed.
        let Some((lower, upper)) = self.first.filter(|_| text.is_ascii()) else {
            return text.to_lowercase().contains(&self.text);
        };
        let (text, wanted) = (text.as_bytes(), self.text.as_bytes());
        let Some(last) = text.len().checked_sub(wanted.len()) else { return false };
        let begins = text[..=last].iter().enumerate().filter(|(_, byte)| **byte == lower || **byte == upper);
        begins.into_iter().any(|(at, _)| text[at..at + wanted.len()].eq_ignore_ascii_case(wanted))
    }
}

/// Builds the row of a feed.
pub(in crate::serve) fn row(feed: &FeedConfig, health: Option<&FeedHealth>, now: DateTime<Utc>) -> Row {
    let report = health.and_then(FeedHealth::report);
    let report = report.as_ref();
    let status = FeedStatus::of(feed.paused, report, now);
    let title = feed.title.as_deref().or(report.and_then(|report| report.title.as_deref()));
    Row {
        id: feed.id.clone(),
        url: plain::address(&feed.url),
        kind: feed.kind,
        select: feed.select.as_deref().cloned(),
        title: title.map(|title| plain::text(title, 120)),
        folder: feed.folder.as_deref().map(|folder| plain::text(folder, 120)),
        labels: feed.all_labels().into_iter().map(|label| plain::text(label, 120)).collect(),
        own_labels: feed.labels.iter().map(|label| plain::text(label, 120)).collect(),
        status,
        paused: feed.paused,
        full_fetch: feed.full_fetch,
        private: feed.private,
        last_poll: report.and_then(|report| report.polled),
        last_success: report.and_then(|report| report.succeeded),
        last_news: report.and_then(|report| report.changed),
        next_poll: report.filter(|_| !feed.paused).map(|report| report.due),
        interval_seconds: report
            .and_then(|report| Some((report.due - report.polled?).num_seconds()).filter(|seconds| *seconds > 0)),
        reason: report.map(|report| plain::text(&report.reason, 300)),
        own_interval: feed.interval.map(duration::format),
        own_pages: feed.pages,
        entries_per_day: health.and_then(FeedHealth::gap).map(|gap| 86_400.0 / gap as f64),
        pushed: report.is_some_and(|report| report.pushed),
        failures: report.map_or(0, |report| report.failures),
        error: report.and_then(|report| report.error.as_deref()).map(|error| plain::text(error, 400)),
        advice: status.advice(),
        moved_to: report.and_then(|report| report.moved_to.as_deref()).map(plain::address),
        gaps: report.map_or(0, |report| report.gaps),
        pages: report.and_then(|report| report.pages.clone()),
        requests: feed
            .requests
            .iter()
            .flat_map(|requests| requests.describe())
            .map(|word| plain::text(&word, 120))
            .collect(),
        links: report.and_then(|report| report.links.clone()),
        history: health.map(|health| health.history().collect()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::*;
    use crate::config::{FeedHandle, Labels};
    use crate::health::visits;
    use crate::health::{FeedRegistry, FeedReport, Registration};
    use crate::schedule::{Failure, UpdateFrequency};

    fn feeds(count: usize) -> SharedFeeds {
        (0..count).map(|n| feed(&format!("f{n:03}"), n == 7)).collect::<Vec<_>>().into()
    }

    /// Registers the feeds in another order than that of the list.
    fn registry(feeds: &[Arc<FeedHandle>], report: impl Fn(usize) -> FeedReport) -> FeedRegistry {
        let registry = FeedRegistry::default();
        let registered = feeds.iter().enumerate().rev();
        let registered =
            registered.map(|(n, feed)| Registration { id: &feed.id, paused: false, report: Some(report(n)) });
        registry.register(registered, Utc::now());
        registry
    }

    fn feed(id: &str, paused: bool) -> FeedConfig {
        let mut feed = FeedConfig { id: id.into(), paused, ..FeedConfig::default() };
        let labels = if id.ends_with('7') { vec!["odd", "Seven"] } else { vec!["even"] };
        (feed.labels, feed.folder) = (Labels::new(labels).unwrap(), Some("All".into()));
        feed.set_url(format!("https://me:pw@{id}.example/rss").parse().unwrap());
        feed
    }

    #[test]
    fn feeds_are_found_sorted_and_paged() {
        let feeds = feeds(120);
        let registry = registry(&feeds[..119], |n| {
            let failure = matches!(n, 60 | 80).then_some(Failure::Unreachable);
            FeedReport { failures: failure.map_or(0, |_| n as u32), failure, ..FeedReport::default() }
        });
        let now = Utc::now();
        let list = |view: &View| registry.read(|known| list(&feeds, known, view, now));
        let page = list(&View::default());
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
            let page = list(&view);
            (page.found, page.page)
        };
        assert_eq!(
            (of("F06", "", 9), of("", "trouble", 1), of("", "paused", 0), of("zz", "", 1)),
            ((10, 1), (2, 1), (1, 1), (0, 1))
        );
        assert_eq!(of("", "", 99), (120, 3));
        let labelled = |label: &str| list(&View { label: label.into(), ..View::default() }).found;
        assert_eq!(["seven", "all, ODD", "odd,even", " , ", "eve"].map(labelled), [12, 12, 0, 120, 0]);
        assert_eq!(of("sev", "", 1), (12, 1));
    }

    #[test]
    fn pages_of_every_order_are_parts_of_the_sorted_list() {
        let now = Utc::now();
        let feeds = feeds(333);
        let registry = registry(&feeds, |n| {
            let mixed = n * 7_919 % 101;
            let at = |part: usize| now - TimeDelta::minutes(i64::try_from(mixed % part).unwrap());
            FeedReport {
                title: Some(format!("{}azette {}", if mixed % 2 == 0 { "G" } else { "g" }, mixed % 13)),
                due: at(9),
                succeeded: (mixed % 4 > 0).then(|| at(11)),
                failures: (mixed % 3) as u32,
                failure: (mixed % 5 == 0).then_some(Failure::Gone),
                frequency: (mixed % 6 > 0).then(|| UpdateFrequency { gap: 60 + mixed as u64 % 10, newest: now }),
                ..FeedReport::default()
            }
        });
        for sort in [Sort::Health, Sort::Name, Sort::Next, Sort::Success, Sort::Rate] {
            let page = |page| registry.read(|known| list(&feeds, known, &View { sort, page, ..View::default() }, now));
            let pages = page(1).pages;
            let listed: Vec<String> = (1..=pages).flat_map(|number| page(number).rows).map(|row| row.id).collect();
            let mut sorted: Vec<Row> =
                registry.read(|known| feeds.configs().map(|feed| row(feed, known.get(&feed.id), now)).collect());
            match sort {
                Sort::Health => sorted.sort_by_key(|row| (row.status, Reverse(row.failures))),
                Sort::Name => sorted.sort_by_cached_key(|row| row.title.clone().unwrap().to_lowercase()),
                Sort::Next => sorted.sort_by_key(|row| row.next_poll.unwrap_or(DateTime::<Utc>::MAX_UTC)),
                Sort::Success => sorted.sort_by_key(|row| row.last_success),
                Sort::Rate => {
                    sorted
                        .sort_by(|a, b| b.entries_per_day.unwrap_or(0.0).total_cmp(&a.entries_per_day.unwrap_or(0.0)));
                }
            }
            assert_eq!(listed, sorted.into_iter().map(|row| row.id).collect::<Vec<_>>(), "{sort:?}");
        }
    }

    #[test]
    fn a_page_looks_at_each_feed_once_and_builds_only_its_rows() {
        let (feeds, now) = (feeds(1_000), Utc::now());
        let registry = registry(&feeds, |_| FeedReport::default());
        for (q, page) in [("", 1), ("", 20), ("f9", 2), ("zz", 1)] {
            for sort in [Sort::Health, Sort::Name, Sort::Next, Sort::Success, Sort::Rate] {
                let view = View { q: q.into(), sort, page, ..View::default() };
                let visited =
                    visits(|| assert!(registry.read(|known| list(&feeds, known, &view, now)).rows.len() <= PAGE));
                assert!(visited <= feeds.len(), "{visited} visits for {view:?}");
            }
        }
    }

    #[test]
    fn words_are_found_in_any_case_and_script() {
        for (text, wanted, found) in [
            ("The Gazette of Town 99", "town 99", true),
            ("The Gazette", "gazettes", false),
            ("gAzette", "GAZETTE", true),
            ("", "x", false),
            ("Gazeta Źródło", "źRÓD", true),
            ("Gazeta Źródło", "gazeta", true),
            ("ascii", "ź", false),
        ] {
            assert_eq!(Words::new(wanted).are_in(text), found, "{text} {wanted}");
        }
    }
}
