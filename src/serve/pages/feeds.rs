//! The feeds page: the health of every feed, and changes of the list.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::{LabelLink, Moment, PageHeader, encoded_path, page, query, span};
use crate::config::FeedKind;
use crate::health::PollOutcome;
use crate::serve::access::Changes;
use crate::serve::app::App;
use crate::serve::feeds::{Row, Sort, View, list};
use crate::serve::plain;

/// The number of labels that the filter suggests.
const LABELS: usize = 50;

struct Choice {
    value: &'static str,
    words: String,
    chosen: bool,
}

/// The last polls as bars, one SVG path for each kind.
#[derive(Default)]
struct PollHistory {
    polls: usize,
    words: String,
    unchanged: String,
    updated: String,
    failed: String,
}

struct Feed {
    id: String,
    name: String,
    url: String,
    link: String,
    labels: Vec<LabelLink>,
    /// The labels that the list gives it, separated by commas.
    own_labels: String,
    is_page: bool,
    status: &'static str,
    paused: bool,
    error: Option<String>,
    advice: Option<&'static str>,
    note: Option<String>,
    history: PollHistory,
    success: Moment,
    next: Moment,
    why: Option<String>,
    per_day: String,
    requests: Option<String>,
}

#[derive(Template)]
#[template(path = "feeds.html")]
struct Feeds {
    header: PageHeader,
    changes: Changes,
    total: usize,
    view: View,
    /// The labels of most feeds.
    labels: Vec<String>,
    statuses: Vec<Choice>,
    sorts: Vec<Choice>,
    rows: Vec<Feed>,
    page: usize,
    pages: usize,
    back: Option<String>,
    on: Option<String>,
}

const SORTS: [(Sort, &str, &str); 5] = [
    (Sort::Health, "health", "worst health first"),
    (Sort::Name, "name", "by name"),
    (Sort::Next, "next", "next poll first"),
    (Sort::Success, "success", "oldest success first"),
    (Sort::Rate, "rate", "most entries a day first"),
];

/// Serves the page.
pub(in crate::serve) async fn feeds(State(app): State<App>, Query(view): Query<View>) -> Response {
    tokio::task::spawn_blocking(move || page(&build(&app, view))).await.unwrap_or_else(super::ended)
}

fn build(app: &App, view: View) -> Feeds {
    let view = View { q: plain::text(&view.q, 200), label: plain::text(&view.label, 400), ..view };
    let listed = app.feed_list.feeds();
    let now = Utc::now();
    let found = app.activity.stats.feeds.read(|known| list(&listed, known, &view, now));
    let sort = SORTS.iter().find(|(sort, ..)| *sort == view.sort).map_or("health", |(_, name, _)| name);
    let to = |page: usize| {
        let page = page.to_string();
        let filter = [("q", view.q.as_str()), ("label", view.label.as_str()), ("status", view.status.as_str())];
        query(&[&filter[..], &[("sort", sort), ("page", page.as_str())]].concat())
    };
    let trouble: usize =
        found.counts.iter().filter(|(status, _)| status.needs_attention()).map(|(_, count)| count).sum();
    let choice = |value: &'static str, words: String| Choice { value, chosen: view.status == value, words };
    let statuses = std::iter::once(choice("trouble", format!("needs attention ({trouble})"))).chain(
        found.counts.iter().map(|(status, count)| choice(status.name(), format!("{} ({count})", status.name()))),
    );
    let sorts = SORTS.iter().map(|(_, value, words)| Choice { value, words: (*words).into(), chosen: sort == *value });
    Feeds {
        header: PageHeader::new("feeds", app),
        changes: app.access.changes(),
        total: listed.len(),
        labels: listed.labels().iter().take(LABELS).map(|(label, _)| plain::text(label, 60)).collect(),
        statuses: statuses.collect(),
        sorts: sorts.collect(),
        back: (found.page > 1).then(|| to(found.page - 1)),
        on: (found.page < found.pages).then(|| to(found.page + 1)),
        page: found.page,
        pages: found.pages,
        rows: found.rows.into_iter().map(|row| feed(row, now)).collect(),
        view,
    }
}

fn feed(row: Row, now: DateTime<Utc>) -> Feed {
    let every = row.interval_seconds.map(|seconds| format!("every {}", span(seconds)));
    let (note, requests) = (notes(&row).into_iter().next(), requests(&row));
    let why = match (every, row.reason.filter(|_| row.next_poll.is_some())) {
        (Some(every), Some(reason)) if !reason.is_empty() => Some(format!("{every}: {reason}")),
        (every, reason) => every.filter(|_| row.next_poll.is_some()).or(reason),
    };
    Feed {
        note,
        requests,
        link: format!("/feeds/{}", encoded_path(&row.id)),
        name: row.title.unwrap_or_else(|| row.id.clone()),
        id: row.id,
        url: plain::text(&row.url, 200),
        labels: LabelLink::of(&row.labels),
        own_labels: row.own_labels.join(", "),
        is_page: row.kind == FeedKind::Page,
        status: row.status.name(),
        paused: row.paused,
        error: row.error.map(|error| format!("{error}{}", times(row.failures))),
        advice: row.advice,
        history: poll_history(&row.history),
        success: Moment::far(row.last_success, now, "never"),
        next: Moment::far(row.next_poll, now, if row.paused { "paused" } else { "soon" }),
        why,
        per_day: row
            .entries_per_day
            .map_or("\u{2013}".into(), |rate| if rate < 9.5 { format!("{rate:.1}") } else { format!("{rate:.0}") }),
    }
}

/// Returns what else there is to know of a feed, the most important first.
pub(super) fn notes(row: &Row) -> Vec<String> {
    let moved = row.moved_to.as_deref().map(|to| format!("It has moved permanently and is read from {to}."));
    let links = row.links.as_deref().map(|links| format!("The page shows little of its list: {links}."));
    let pages = row.pages.as_deref().map(|pages| format!("Pages {pages}."));
    let gaps = (row.gaps > 0).then(|| format!("Entries were missed between two polls {} times.", row.gaps));
    [moved, links, pages, gaps].into_iter().flatten().collect()
}

/// Returns what is set for a feed's requests, in words.
pub(super) fn requests(row: &Row) -> Option<String> {
    (!row.requests.is_empty()).then(|| format!("requested with {}", row.requests.join(", ")))
}

fn times(failures: u32) -> String {
    if failures > 1 { format!(" ({failures} times in a row)") } else { String::new() }
}

fn poll_history(polls: &[PollOutcome]) -> PollHistory {
    use std::fmt::Write;
    let mut history = PollHistory { polls: polls.len(), ..PollHistory::default() };
    let mut counts = [0; 3];
    for (at, outcome) in polls.iter().enumerate() {
        // A high bar for new entries, a full one for a failure.
        let (path, kind, top) = match outcome {
            PollOutcome::Unchanged => (&mut history.unchanged, 0, 8),
            PollOutcome::Updated => (&mut history.updated, 1, 3),
            PollOutcome::Failed => (&mut history.failed, 2, 0),
        };
        counts[kind] += 1;
        let _ = write!(path, "M{} {top}h4V14h-4z", at * 5);
    }
    let [unchanged, updated, failed] = counts;
    history.words =
        format!("The last {} polls: {updated} with new entries, {unchanged} without, {failed} failed", polls.len());
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_has_a_bar_for_each_poll() {
        let history =
            poll_history(&[PollOutcome::Unchanged, PollOutcome::Failed, PollOutcome::Updated, PollOutcome::Unchanged]);
        assert_eq!(
            (history.unchanged.as_str(), history.failed.as_str()),
            ("M0 8h4V14h-4zM15 8h4V14h-4z", "M5 0h4V14h-4z")
        );
        assert_eq!(history.words, "The last 4 polls: 1 with new entries, 2 without, 1 failed");
    }
}
