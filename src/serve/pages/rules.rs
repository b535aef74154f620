//! The page of all keep and block rules, and the page of one feed with the rules that apply to it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::feeds::{notes, requests};
use super::{LabelLink, Moment, PageHeader, encoded_path, page};
use crate::config::{FeedHandle, FeedKind, duration};
use crate::serve::access::Changes;
use crate::serve::app::App;
use crate::serve::feeds::{Row, row};
use crate::serve::plain;
use crate::serve::rules::{RuleRow, all, of_feed};

/// The most blocked entries on a page.
const BLOCKED: usize = 50;
/// The most rules on a page; those that decided last are shown if there are more.
const RULES: usize = 500;

/// A rule as a row of a table.
struct Rule {
    name: String,
    action: &'static str,
    scope: String,
    conditions: String,
    kept: u64,
    blocked: u64,
    last: Moment,
    unmatched: bool,
}

/// An entry that a rule blocked.
struct Blocked {
    feed: String,
    feed_link: String,
    title: String,
    link: Option<String>,
    rule: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    header: PageHeader,
    changes: Changes,
    total: usize,
    unmatched: usize,
    /// After how long without a decision a rule is reported.
    silent_for: String,
    of_feed: bool,
    rules: Vec<Rule>,
    blocked: Vec<Blocked>,
}

/// Serves the page of all rules.
pub(in crate::serve) async fn rules(State(app): State<App>) -> Response {
    tokio::task::spawn_blocking(move || page(&build(&app))).await.unwrap_or_else(super::ended)
}

fn build(app: &App) -> Rules {
    let now = Utc::now();
    let rows = all(app);
    let activity = &app.activity.stats.rules;
    Rules {
        header: PageHeader::new("rules", app),
        changes: app.access.changes(),
        total: app.filter.get().rules().len(),
        unmatched: rows.iter().filter(|row| row.unmatched).count(),
        silent_for: duration::format(activity.unmatched_after()),
        of_feed: false,
        rules: shown(rows, now),
        blocked: blocked(app, None, now),
    }
}

/// Returns the rows of the table.
fn shown(mut rows: Vec<RuleRow>, now: DateTime<Utc>) -> Vec<Rule> {
    if rows.len() > RULES {
        rows.sort_by_key(|row| std::cmp::Reverse(row.last));
        rows.truncate(RULES);
    }
    rows.into_iter().map(|row| rule(row, now)).collect()
}

fn rule(row: RuleRow, now: DateTime<Utc>) -> Rule {
    Rule {
        name: plain::text(&row.name, 200),
        action: row.action.unwrap_or("\u{2013}"),
        scope: row.scope,
        conditions: row.conditions.unwrap_or_default(),
        kept: row.kept,
        blocked: row.blocked,
        last: Moment::far(row.last, now, "never"),
        unmatched: row.unmatched,
    }
}

/// Returns the entries that rules blocked since the start.
fn blocked(app: &App, feed: Option<&str>, now: DateTime<Utc>) -> Vec<Blocked> {
    let entries = app.activity.blocked(feed, BLOCKED).into_iter();
    entries
        .map(|entry| Blocked {
            feed_link: format!("/feeds/{}", encoded_path(&entry.feed)),
            title: plain::text(entry.title.as_deref().unwrap_or("(no title)"), 200),
            link: plain::link(entry.link.as_deref()),
            rule: plain::text(entry.decision.name(), 200),
            at: Moment::far(Some(entry.at), now, ""),
            feed: plain::text(&entry.feed, 200),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "feed.html")]
struct Feed {
    header: PageHeader,
    id: String,
    name: String,
    is_page: bool,
    /// The selectors of a page's links, in words.
    select: Option<String>,
    labels: Vec<LabelLink>,
    requests: Option<String>,
    notes: Vec<String>,
    row: Row,
    success: Moment,
    next: Moment,
    of_feed: bool,
    rules: Vec<Rule>,
    blocked: Vec<Blocked>,
}

/// Serves the page of one feed.
pub(in crate::serve) async fn feed(State(app): State<App>, Path(id): Path<String>) -> Response {
    let Ok(handle) = app.feed_list.find(&id) else { return super::not_found(&app) };
    tokio::task::spawn_blocking(move || page(&build_feed(&app, &handle))).await.unwrap_or_else(super::ended)
}

fn build_feed(app: &App, feed: &FeedHandle) -> Feed {
    let now = Utc::now();
    let row = app.activity.stats.feeds.read(|known| row(feed, known.get(&feed.id), now));
    Feed {
        header: PageHeader::new("feeds", app),
        id: plain::text(&feed.id, 200),
        name: row.title.clone().unwrap_or_else(|| plain::text(&feed.id, 200)),
        is_page: row.kind == FeedKind::Page,
        select: row.select.as_ref().map(|select| plain::text(&select.to_string(), 300)),
        labels: LabelLink::of(&row.labels),
        requests: requests(&row),
        notes: notes(&row),
        success: Moment::far(row.last_success, now, "never"),
        next: Moment::far(row.next_poll, now, if row.paused { "paused" } else { "soon" }),
        of_feed: true,
        rules: shown(of_feed(app, feed), now),
        blocked: blocked(app, Some(&feed.id), now),
        row,
    }
}
