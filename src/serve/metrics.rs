//! Counters in Prometheus' text format.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Board;

/// The metrics page.
pub fn render(board: &Board) -> String {
    let get = |counter: &AtomicU64| counter.load(Relaxed);
    let stats = &board.stats;
    let mut page = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
        let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in values {
            let _ = writeln!(page, "{name}{labels} {value}");
        }
    };
    let polls = [
        ("{outcome=\"read\"}", get(&stats.polls_read) as f64),
        ("{outcome=\"unchanged\"}", get(&stats.polls_unchanged) as f64),
        ("{outcome=\"failed\"}", get(&stats.polls_failed) as f64),
    ];
    metric("dateline_polls_total", "counter", "Polls of feeds by how they ended.", &polls);
    let one = |value: u64| [("", value as f64)];
    metric("dateline_looks_total", "counter", "Looks at pages of published stories.", &one(get(&stats.looks)));
    metric("dateline_articles_total", "counter", "Article revisions committed.", &one(get(&stats.articles)));
    metric("dateline_quotes_total", "counter", "Quotations committed.", &one(get(&stats.quotes)));
    metric("dateline_dead_letters_total", "counter", "Dead letters committed.", &one(get(&stats.dead_letters)));
    metric("dateline_commits_total", "counter", "Transactions committed.", &one(get(&stats.commits)));
    let seconds = get(&stats.commit_micros) as f64 / 1e6;
    metric("dateline_commit_seconds_total", "counter", "Time spent in transactions.", &[("", seconds)]);
    metric("dateline_stories_in_flight", "gauge", "Stories read and not yet committed.", &one(get(&stats.in_flight)));
    metric("dateline_feeds", "gauge", "Feeds in the list at the start.", &one(board.feeds as u64));
    page
}
