//! What was done, for the progress line, the progress bar and the metrics: counters and histograms, each filled by one line where
//! the work is done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::batches::Published;
use super::entry_counts::{EntryCounts, EntryOutcome};
use super::roll::Roll;
use super::state::FeedState;
use super::vitals::Vitals;
use crate::schedule::Failure;
use crate::telemetry::{Histogram, LATENCY, PASSAGE, SIZE, Tracer};

use super::view::Depth;

/// Counters since the start.
#[derive(Debug)]
pub struct Stats {
    /// Polls that ended with a new reading.
    pub polls_read: AtomicU64,
    /// Polls that ended with "not changed".
    pub polls_unchanged: AtomicU64,
    /// Polls that failed.
    pub polls_failed: AtomicU64,
    /// Polls that failed, by the way they did, in the order of [`FAILURES`].
    pub failures: [AtomicU64; FAILURES.len()],
    /// Entries that polls showed.
    pub entries_shown: AtomicU64,
    /// The same by what became of them, in the order of [`EntryOutcome::ALL`].
    pub entry_outcomes: [AtomicU64; EntryOutcome::ALL.len()],
    /// Stories that left their poll and are not yet committed.
    pub in_flight: AtomicU64,
    /// Looks at the pages of published stories.
    pub looks: AtomicU64,
    /// Pages of stories that could not be had, so that the feed's own text stands for them.
    pub pages_failed: AtomicU64,
    /// Pages of new and changed entries that gave no text to be believed.
    pub pages_without_text: AtomicU64,
    /// Article revisions committed.
    pub articles: AtomicU64,
    /// Revisions committed of stories that copy an earlier one.
    pub duplicates: AtomicU64,
    /// Entities committed.
    pub entities: AtomicU64,
    /// Quotations committed.
    pub quotes: AtomicU64,
    /// Dead letters committed.
    pub dead_letters: AtomicU64,
    /// Feed events committed.
    pub events: AtomicU64,
    /// Transactions.
    pub commits: AtomicU64,
    /// Times that a transaction was tried again.
    pub commit_retries: AtomicU64,
    /// Times that a page was asked for again.
    pub page_retries: AtomicU64,
    /// Times that reading the committed state was tried again.
    pub restore_retries: AtomicU64,
    /// Stages of a story, in the order of [`STAGES`].
    pub stages: [Histogram; STAGES.len()],
    /// How long a feed takes to answer, its host's turn included.
    pub fetch_feed: Histogram,
    /// How long a page takes to answer, its host's turn included.
    pub fetch_page: Histogram,
    /// How long a transaction takes, tries included.
    pub commit_time: Histogram,
    /// Records and changes of state in a transaction.
    pub commit_records: Histogram,
    /// Bytes in a transaction.
    pub commit_bytes: Histogram,
    /// From the time that a publisher gives a story to when it was first seen.
    pub published_to_seen: Histogram,
    /// From when a story was first seen to its commit.
    pub seen_to_committed: Histogram,
    /// From the time that a publisher gives a story to its commit.
    pub published_to_committed: Histogram,
    /// What waits between the stages.
    queues: Mutex<Vec<Queue>>,
    /// Whether the daemon lives and is ready.
    pub vitals: Vitals,
    /// How the feeds are.
    pub roll: Roll,
    /// Where spans are laid down.
    pub tracer: Tracer,
}

/// The stages of a story.
pub const STAGES: [&str; 4] = ["poll", "page", "analyse", "commit"];

/// The ways in which polls fail, as metrics name them.
pub const FAILURES: [(Failure, &str); 6] = [
    (Failure::Unreachable, "unreachable"),
    (Failure::Unusable, "unusable"),
    (Failure::Missing, "missing"),
    (Failure::Gone, "gone"),
    (Failure::Blocked, "blocked"),
    (Failure::Throttled, "throttled"),
];

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

impl Default for Stats {
    fn default() -> Self {
        let passage = || Histogram::new(PASSAGE);
        Self {
            polls_read: AtomicU64::default(),
            polls_unchanged: AtomicU64::default(),
            polls_failed: AtomicU64::default(),
            failures: Default::default(),
            entries_shown: AtomicU64::default(),
            entry_outcomes: Default::default(),
            in_flight: AtomicU64::default(),
            looks: AtomicU64::default(),
            pages_failed: AtomicU64::default(),
            pages_without_text: AtomicU64::default(),
            articles: AtomicU64::default(),
            duplicates: AtomicU64::default(),
            entities: AtomicU64::default(),
            quotes: AtomicU64::default(),
            dead_letters: AtomicU64::default(),
            events: AtomicU64::default(),
            commits: AtomicU64::default(),
            commit_retries: AtomicU64::default(),
            page_retries: AtomicU64::default(),
            restore_retries: AtomicU64::default(),
            stages: std::array::from_fn(|_| Histogram::new(LATENCY)),
            fetch_feed: Histogram::new(LATENCY),
            fetch_page: Histogram::new(LATENCY),
            commit_time: Histogram::new(LATENCY),
            commit_records: Histogram::new(SIZE),
            commit_bytes: Histogram::new(SIZE),
            published_to_seen: passage(),
            seen_to_committed: passage(),
            published_to_committed: passage(),
            queues: Mutex::default(),
            vitals: Vitals::default(),
            roll: Roll::default(),
            tracer: Tracer::default(),
        }
    }
}

impl Stats {
    /// Counts the entries of a poll.
    pub(super) fn entries_polled(&self, counts: &EntryCounts) {
        let add = |counter: &AtomicU64, count: usize| counter.fetch_add(count as u64, Relaxed);
        add(&self.entries_shown, counts.shown);
        self.entry_outcomes.iter().zip(counts.outcomes).for_each(|(counter, count)| {
            add(counter, count);
        });
    }

    /// Counters beside which spans are laid down there.
    pub fn traced(tracer: Tracer) -> Self {
        Self { tracer, ..Self::default() }
    }

    /// Adds one.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    /// Polls that ended, in whatever way.
    pub fn polls(&self) -> u64 {
        [&self.polls_read, &self.polls_unchanged, &self.polls_failed].iter().map(|c| c.load(Relaxed)).sum()
    }

    /// How long a stage takes; `None` where [`STAGES`] names none like that.
    pub fn stage(&self, name: &str) -> Option<&Histogram> {
        self.stages.iter().zip(STAGES).find_map(|(times, stage)| (stage == name).then_some(times))
    }

    /// A piece of work has passed this stage.
    pub(super) fn passed(&self, stage: &str, took: Duration, trace: Option<u128>) {
        if let Some(times) = self.stage(stage) {
            times.time(took, trace);
        }
    }

    /// A poll ended in this state.
    pub(super) fn polled(&self, state: &FeedState) {
        let way = FAILURES.iter().position(|(failure, _)| state.failure == Some(*failure));
        if let Some(at) = way {
            Self::count(&self.failures[at]);
        }
    }

    /// A transaction was committed.
    pub(super) fn transacted(&self, (records, bytes): (usize, usize), took: Duration) {
        self.vitals.journal_works();
        Self::count(&self.commits);
        self.commit_time.time(took, None);
        self.commit_records.observe(records as f64, None);
        self.commit_bytes.observe(bytes as f64, None);
    }

    /// This was committed.
    pub(super) fn committed(&self, published: &Published) {
        match published {
            Published::Story { article, entities, quotes } => {
                Self::count(&self.articles);
                if article.duplicate_of.is_some() {
                    Self::count(&self.duplicates);
                }
                self.entities.fetch_add(entities.entities.len() as u64, Relaxed);
                self.quotes.fetch_add(quotes.len() as u64, Relaxed);
            }
            Published::Dead(_) => Self::count(&self.dead_letters),
            Published::Event(_) => Self::count(&self.events),
            Published::Polled(id, state) => self.roll.note(id, state),
            Published::Restored(..) => {}
        }
    }

    /// Watches what waits in the channel to this stage, in place of an earlier channel to it.
    pub(super) fn watch<T: Send + 'static>(&self, stage: &'static str, channel: &mpsc::Sender<T>) {
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
            self.commit_time.total().1 * 1_000.0 / commits.max(1) as f64,
        )
    }
}

/// Counts the time of a fetch when it ends, whichever way.
pub(super) struct Timed<'a>(&'a Histogram, Instant);

impl<'a> Timed<'a> {
    /// Begins now.
    pub(super) fn start(histogram: &'a Histogram) -> Self {
        Self(histogram, Instant::now())
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        self.0.time(self.1.elapsed(), None);
    }
}
