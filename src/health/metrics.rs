//! What was done, for the progress line, the progress bar and the metrics: each metric is declared here and incremented where the
//! work is done.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::entry_counts::{EntryCounts, EntryOutcome};
use super::feeds::FeedRegistry;
use super::liveness::Vitals;
use super::status::FeedStatus;
use crate::schedule::Failure;
use crate::telemetry::{Counter, Gauge, Histogram, LATENCY, Labelled, PASSAGE, SIZE, SPANS, metrics};

metrics! {
    /// What is counted and measured since the start, and how the daemon and its feeds are.
    #[derive(Debug)]
    pub struct Stats {
        /// What waits between the stages.
        queues: Mutex<Vec<Queue>>,
        /// Whether the daemon lives and is ready.
        pub vitals: Vitals,
        /// The health of each feed.
        pub feeds: FeedRegistry,
    }

    /// Polls of feeds by how they ended.
    "dateline_polls_total" polls: Labelled<Counter> = Labelled::new("outcome", POLLS, Counter::default);
    /// Entries that polls showed, older pages read after a gap included.
    "dateline_entries_shown_total" entries_shown: Counter = Counter::default();
    /// The same entries by what became of them.
    "dateline_entries_total" entries: Labelled<Counter> =
        Labelled::new("outcome", EntryOutcome::ALL.map(|(_, name)| name), Counter::default);
    /// Polls that failed, by the way they did.
    "dateline_poll_failures_total" failures: Labelled<Counter> =
        Labelled::new("reason", FeedStatus::FAILED.map(FeedStatus::name), Counter::default);
    /// Time until a feed or page had answered in whole, its host's turn included.
    "dateline_fetch_duration_seconds" fetches: Labelled<Histogram> =
        Labelled::new("kind", ["feed", "page"], || Histogram::new(LATENCY));
    /// Things that were tried again.
    "dateline_retries_total" retries: Labelled<Counter> =
        Labelled::new("what", ["commit", "page", "restore"], Counter::default);
    /// Time that a stage takes for a story; `poll` for a whole poll, `commit` from its arrival until it is durable.
    /// Its count says how many passed.
    "dateline_stage_duration_seconds" stages: Labelled<Histogram> =
        Labelled::new("stage", STAGES, || Histogram::new(LATENCY));
    /// Stories read and not yet committed.
    "dateline_stories_in_flight" in_flight: Gauge = Gauge::default();
    /// Looks at pages of published stories.
    "dateline_looks_total" looks: Counter = Counter::default();
    /// Story pages that could not be fetched; the feed's own text stands in.
    "dateline_pages_failed_total" pages_failed: Counter = Counter::default();
    /// Pages of new and changed entries that gave no credible text.
    "dateline_pages_without_text_total" pages_without_text: Counter = Counter::default();
    /// Article revisions committed.
    "dateline_articles_total" articles: Counter = Counter::default();
    /// Article revisions committed that copy an earlier story.
    "dateline_duplicates_total" duplicates: Counter = Counter::default();
    /// Entities committed.
    "dateline_entities_total" entities: Counter = Counter::default();
    /// Quotations committed.
    "dateline_quotes_total" quotes: Counter = Counter::default();
    /// Dead letters committed.
    "dateline_dead_letters_total" dead_letters: Counter = Counter::default();
    /// Feed events committed.
    "dateline_feed_events_total" events: Counter = Counter::default();
    /// Time from when a publisher dates a new story to when it was first seen.
    "dateline_story_published_to_seen_seconds" published_to_seen: Histogram = Histogram::new(PASSAGE);
    /// Time from when a new story was first seen to its commit.
    "dateline_story_seen_to_committed_seconds" seen_to_committed: Histogram = Histogram::new(PASSAGE);
    /// Time from when a publisher dates a new story to its commit.
    "dateline_story_published_to_committed_seconds" published_to_committed: Histogram = Histogram::new(PASSAGE);
    /// Transactions committed.
    "dateline_commits_total" commits: Counter = Counter::default();
    /// Time of a transaction, tries included.
    "dateline_commit_duration_seconds" commit_time: Histogram = Histogram::new(LATENCY);
    /// Records and changes of state in a transaction.
    "dateline_commit_records" commit_records: Histogram = Histogram::new(SIZE);
    /// Size of a transaction.
    "dateline_commit_size_bytes" commit_bytes: Histogram = Histogram::new(SIZE);
    /// Spans of traces by what became of them.
    "dateline_spans_total" spans: Labelled<Counter> = SPANS.clone();
}

/// How polls end.
const POLLS: [&str; 3] = ["read", "unchanged", "failed"];
/// The stages of a story.
pub const STAGES: [&str; 4] = ["poll", "page", "analyse", "commit"];

/// What waits before a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Pieces of work that wait.
    pub waiting: usize,
    /// How many may.
    pub room: usize,
}

/// Tells how much waits before a stage.
struct Queue {
    stage: &'static str,
    depth: Box<dyn Fn() -> Depth + Send + Sync>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Queue").field(&self.stage).finish()
    }
}

impl Stats {
    /// Counts the entries of a poll.
    pub(crate) fn entries_polled(&self, counts: &EntryCounts) {
        self.entries_shown.inc_by(counts.shown as u64);
        for ((_, outcome), count) in EntryOutcome::ALL.iter().zip(counts.outcomes) {
            self.entries.of(outcome).inc_by(count as u64);
        }
    }

    /// Polls that ended, in whatever way.
    pub fn polls(&self) -> u64 {
        POLLS.map(|outcome| self.polls.of(outcome).get()).iter().sum()
    }

    /// A poll failed in this way.
    pub(crate) fn failed(&self, failure: Failure) {
        self.failures.of(FeedStatus::from(failure).name()).inc();
    }

    /// A transaction was committed.
    pub(crate) fn transacted(&self, (records, bytes): (usize, usize), took: Duration) {
        self.vitals.journal_works();
        self.commits.inc();
        self.commit_time.time(took, None);
        self.commit_records.observe(records as f64, None);
        self.commit_bytes.observe(bytes as f64, None);
    }

    /// Watches what waits in the channel to this stage, in place of an earlier channel to it.
    pub(crate) fn watch<T: Send + 'static>(&self, stage: &'static str, channel: &mpsc::Sender<T>) {
        let channel = channel.downgrade();
        // The channel is as full as it has no room; one that is closed holds nothing.
        let depth = move || {
            channel.upgrade().map_or_else(Depth::default, |channel| {
                let room = channel.max_capacity();
                Depth { waiting: room - channel.capacity(), room }
            })
        };
        let mut queues = self.queues.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        queues.retain(|queue| queue.stage != stage);
        queues.push(Queue { stage, depth: Box::new(depth) });
    }

    /// The stages, and how much waits before each.
    pub fn queues(&self) -> Vec<(&'static str, Depth)> {
        let queues = self.queues.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        queues.iter().map(|queue| (queue.stage, (queue.depth)())).collect()
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let polls = |outcome| self.polls.of(outcome).get();
        let commits = self.commits.get();
        format!(
            "polls {} ({} read, {} unchanged, {} failed), looks at pages {}, articles {}, quotations {}, dead letters {}, in flight {}, commits {} of {:.1} ms",
            self.polls(),
            polls("read"),
            polls("unchanged"),
            polls("failed"),
            self.looks.get(),
            self.articles.get(),
            self.quotes.get(),
            self.dead_letters.get(),
            self.in_flight.get(),
            commits,
            self.commit_time.total().1 * 1_000.0 / commits.max(1) as f64,
        )
    }
}

/// Counts the time of a fetch when it ends, whichever way.
pub(crate) struct Timed(Histogram, Instant);

impl Timed {
    /// Begins now.
    pub(crate) fn start(histogram: Histogram) -> Self {
        Self(histogram, Instant::now())
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.0.time(self.1.elapsed(), None);
    }
}
