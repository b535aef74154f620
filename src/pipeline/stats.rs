//! Counters of what was done, for the progress line, the progress bar and the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::view::{Queues, Timing};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Stats {
    /// Polls that ended with a new reading.
    pub polls_read: AtomicU64,
    /// Polls that ended with "not changed".
    pub polls_unchanged: AtomicU64,
    /// Polls that failed.
    pub polls_failed: AtomicU64,
    /// Stories that left their poll and are not yet committed.
    pub in_flight: AtomicU64,
    /// Looks at the pages of published stories.
    pub looks: AtomicU64,
    /// Article revisions committed.
    pub articles: AtomicU64,
    /// Quotations committed.
    pub quotes: AtomicU64,
    /// Dead letters committed.
    pub dead_letters: AtomicU64,
    /// Transactions.
    pub commits: AtomicU64,
    /// Time spent in transactions, in microseconds.
    pub commit_micros: AtomicU64,
    /// Requests for feeds, with the wait for their hosts.
    pub feeds: Timing,
    /// Pages fetched for stories.
    pub pages: Timing,
    /// Stories made and searched for names and quotations.
    pub analyses: Timing,
    /// What waits between the stages.
    pub queues: Queues,
}

impl Stats {
    /// Adds one.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    /// Polls that ended, in whatever way.
    pub fn polls(&self) -> u64 {
        [&self.polls_read, &self.polls_unchanged, &self.polls_failed].iter().map(|c| c.load(Relaxed)).sum()
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let get = |counter: &AtomicU64| counter.load(Relaxed);
        let commits = get(&self.commits);
        format!(
            "polls {} ({} read, {} unchanged, {} failed), looks at pages {}, articles {}, quotations {}, dead letters {}, in flight {}, commits {} of {:.1} ms",
            self.polls(),
            get(&self.polls_read),
            get(&self.polls_unchanged),
            get(&self.polls_failed),
            get(&self.looks),
            get(&self.articles),
            get(&self.quotes),
            get(&self.dead_letters),
            get(&self.in_flight),
            commits,
            get(&self.commit_micros) as f64 / 1_000.0 / commits.max(1) as f64,
        )
    }
}
