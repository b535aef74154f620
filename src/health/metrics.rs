//! The metrics: each is declared here in one place, with its name and help, and incremented where the work is done.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;

use super::entry_counts::{EntryCounts, EntryOutcome};
use super::feeds::FeedRegistry;
use super::liveness::{JournalStatus, Liveness};
use super::rule_activity::RuleActivity;
use super::stage::{Queues, StageName};
use super::status::FeedStatus;
use super::tally::HealthCounts;
use crate::schedule::Failure;
use crate::telemetry::{
    self, Counter, Gauge, Histogram, LATENCY_BUCKETS, LONG_LATENCY_BUCKETS, Labelled, NamedCounters, Registry,
    SIZE_BUCKETS, SPANS, metrics, register, register_process,
};

metrics! {
    /// What is counted and measured since the start, and the health of the daemon and its feeds.
    #[derive(Debug)]
    pub struct Stats {
        /// The queues before the stages.
        pub queues: Queues,
        /// Whether the daemon is alive and ready.
        pub liveness: Liveness,
        /// The health of each feed.
        pub feeds: FeedRegistry,
        /// What the keep and block rules decided.
        pub rules: RuleActivity,
    }

    /// Polls of feeds, by outcome.
    "dateline_polls_total" polls: Labelled<Counter> = Labelled::new("outcome", POLLS, Counter::default);
    /// Entries in polled feeds, including those of older pages read after a gap.
    "dateline_entries_shown_total" entries_shown: Counter = Counter::default();
    /// Entries in polled feeds, by what became of each.
    "dateline_entries_total" entries: Labelled<Counter> =
        Labelled::new("outcome", EntryOutcome::ALL.map(|(_, name)| name), Counter::default);
    /// Failed polls, by reason.
    "dateline_poll_failures_total" failures: Labelled<Counter> =
        Labelled::new("reason", FeedStatus::FAILED.map(FeedStatus::name), Counter::default);
    /// Time until a feed or page was fully downloaded, including the wait for its host.
    "dateline_fetch_duration_seconds" fetches: Labelled<Histogram> =
        Labelled::new("kind", ["feed", "page"], || Histogram::new(LATENCY_BUCKETS));
    /// Operations that were tried again, by kind.
    "dateline_retries_total" retries: Labelled<Counter> =
        Labelled::new("what", ["commit", "page", "restore"], Counter::default);
    /// Time that a stage takes for an entry; `poll`: for a whole poll; `commit`: until the entry is durable.
    /// The count is the number of items processed.
    "dateline_stage_duration_seconds" stages: Labelled<Histogram> =
        Labelled::new("stage", StageName::ALL.map(StageName::name), || Histogram::new(LATENCY_BUCKETS));
    /// Entries that keep and block rules decided about, each form of an entry once, by what was decided.
    "dateline_rule_decisions_total" rule_decisions: Labelled<Counter> =
        Labelled::new("action", ["kept", "blocked"], Counter::default);
    /// Blocked entries that were decided again with changed rules and no longer blocked.
    "dateline_entries_readmitted_total" readmitted: Counter = Counter::default();
    /// Entries read and not yet committed.
    "dateline_stories_in_flight" in_flight: Gauge = Gauge::default();
    /// Later checks of the pages of published articles.
    "dateline_looks_total" revisits: Counter = Counter::default();
    /// Article pages that could not be fetched; the feed's own text is used instead.
    "dateline_pages_failed_total" pages_failed: Counter = Counter::default();
    /// Pages of new and changed entries that gave no usable text.
    "dateline_pages_without_text_total" pages_without_text: Counter = Counter::default();
    /// Article revisions committed.
    "dateline_articles_total" articles: Counter = Counter::default();
    /// Article revisions committed that copy an earlier article.
    "dateline_duplicates_total" duplicates: Counter = Counter::default();
    /// Entities committed.
    "dateline_entities_total" entities: Counter = Counter::default();
    /// Quotations committed.
    "dateline_quotes_total" quotes: Counter = Counter::default();
    /// Dead letters committed.
    "dateline_dead_letters_total" dead_letters: Counter = Counter::default();
    /// Article revisions committed, by those labels of their feeds that `telemetry.labels` names.
    "dateline_label_articles_total" label_articles: NamedCounters = NamedCounters::new("label");
    /// Quotations committed, by the same labels.
    "dateline_label_quotes_total" label_quotes: NamedCounters = NamedCounters::new("label");
    /// Dead letters committed, by the same labels.
    "dateline_label_dead_letters_total" label_dead_letters: NamedCounters = NamedCounters::new("label");
    /// Feed events committed.
    "dateline_feed_events_total" events: Counter = Counter::default();
    /// Time from a new article's publication date until it was first seen.
    "dateline_story_published_to_seen_seconds" published_to_seen: Histogram = Histogram::new(LONG_LATENCY_BUCKETS);
    /// Time from when a new article was first seen until its commit.
    "dateline_story_seen_to_committed_seconds" seen_to_committed: Histogram = Histogram::new(LONG_LATENCY_BUCKETS);
    /// Time from a new article's publication date until its commit.
    "dateline_story_published_to_committed_seconds" published_to_committed: Histogram = Histogram::new(LONG_LATENCY_BUCKETS);
    /// Transactions committed.
    "dateline_commits_total" commits: Counter = Counter::default();
    /// Duration of a transaction, including retries.
    "dateline_commit_duration_seconds" commit_time: Histogram = Histogram::new(LATENCY_BUCKETS);
    /// Records and state changes in a transaction.
    "dateline_commit_records" commit_records: Histogram = Histogram::new(SIZE_BUCKETS);
    /// Size of a transaction.
    "dateline_commit_size_bytes" commit_bytes: Histogram = Histogram::new(SIZE_BUCKETS);
    /// Trace spans, by whether they were sent or dropped.
    "dateline_spans_total" spans: Labelled<Counter> = SPANS.clone();
}

/// Declares a gauge whose value is computed at each scrape.
struct Computed {
    name: &'static str,
    help: &'static str,
    value: fn(&HealthCounts, &Liveness) -> f64,
}

/// The gauges without labels that are computed at each scrape.
const COMPUTED: [Computed; 7] = [
    Computed {
        name: "dateline_feeds_overdue",
        help: "Feeds that have been due for 15 minutes or more without a poll.",
        value: |feeds, _| feeds.overdue as f64,
    },
    Computed {
        name: "dateline_expected_stories_per_second",
        help: "New articles expected a second, by the update frequencies of the feeds.",
        value: |feeds, _| feeds.expected,
    },
    Computed {
        name: "dateline_newest_story_age_seconds",
        help: "Time since a new article was last committed, or since the start.",
        value: |feeds, _| feeds.silence.as_secs_f64(),
    },
    Computed {
        name: "dateline_quiet",
        help: "Whether no new article came for longer than the update frequencies of the feeds explain.",
        value: |feeds, _| f64::from(u8::from(feeds.quiet)),
    },
    Computed {
        name: "dateline_journal_up",
        help: "Whether the last commit succeeded.",
        value: |_, liveness| f64::from(u8::from(matches!(liveness.journal_status(), JournalStatus::Available))),
    },
    Computed {
        name: "dateline_live",
        help: "Whether every stage that has work makes progress.",
        value: |_, liveness| f64::from(u8::from(liveness.stalled().is_empty())),
    },
    Computed {
        name: "dateline_ready",
        help: "Whether articles can be committed.",
        value: |_, liveness| f64::from(u8::from(liveness.not_ready().is_none())),
    },
];

/// The outcomes of polls.
const POLLS: [&str; 3] = ["read", "unchanged", "failed"];

impl Stats {
    /// Returns the metrics that are computed at each scrape.
    pub fn computed(&self, now: DateTime<Utc>) -> Registry {
        let mut registry = Registry::default();
        let build = Family::<[(&str, &str); 2], Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION")), ("commit", telemetry::COMMIT)]).set(1);
        register(&mut registry, "dateline_build_info", "The running version and commit.", build);
        let counts = self.feeds.counts(now);
        let feeds = Labelled::new("health", [], Gauge::default);
        for status in FeedStatus::ALL {
            feeds.of(status.name()).set(counts.of(status) as u64);
        }
        register(&mut registry, "dateline_feeds", "Feeds that this instance polls, by health.", feeds);
        let queues = Labelled::new("stage", [], Gauge::default);
        for (stage, depth) in self.queues.depths() {
            queues.of(stage.name()).set(depth.waiting as u64);
        }
        register(&mut registry, "dateline_stage_queue_depth", "Items that wait before a stage.", queues);
        let (all, unmatched) = self.rules.unmatched(now);
        let rules = Labelled::new("state", ["matched", "unmatched"], Gauge::default);
        rules.of("matched").set((all - unmatched.len()) as u64);
        rules.of("unmatched").set(unmatched.len() as u64);
        let help = "Keep and block rules, by whether they decided about an entry within `rules.unmatched_after`.";
        register(&mut registry, "dateline_rules", help, rules);
        for Computed { name, help, value } in COMPUTED {
            register(&mut registry, name, help, ConstGauge::new(value(&counts, &self.liveness)));
        }
        register_process(&mut registry);
        registry
    }

    /// Counts these labels of feeds from now on. A counter that appears only with its first increase hides that increase.
    pub fn count_labels(&self, labels: &[String]) {
        for label in labels {
            for counters in [&self.label_articles, &self.label_quotes, &self.label_dead_letters] {
                drop(counters.of(label));
            }
        }
    }

    /// Counts the entries of a poll.
    pub fn entries_polled(&self, counts: &EntryCounts) {
        self.entries_shown.inc_by(counts.shown as u64);
        for ((_, outcome), count) in EntryOutcome::ALL.iter().zip(counts.outcomes) {
            self.entries.of(outcome).inc_by(count as u64);
        }
    }

    /// Returns the number of polls that ended, whatever their outcome.
    pub fn polls(&self) -> u64 {
        POLLS.map(|outcome| self.polls.of(outcome).get()).iter().sum()
    }

    /// Counts a failed poll.
    pub fn poll_failed(&self, failure: Failure) {
        self.failures.of(FeedStatus::from(failure).name()).inc();
    }

    /// Counts a committed transaction.
    pub fn transacted(&self, (records, bytes): (usize, usize), took: Duration) {
        self.liveness.journal_available();
        self.commits.inc();
        self.commit_time.time(took, None);
        self.commit_records.observe(records as f64, None);
        self.commit_bytes.observe(bytes as f64, None);
    }

    /// Returns a summary in one line.
    pub fn line(&self) -> String {
        let polls = |outcome| self.polls.of(outcome).get();
        let commits = self.commits.get();
        format!(
            "polls {} ({} read, {} unchanged, {} failed), revisits {}, articles {}, quotations {}, dead letters {}, in flight {}, commits {} ({:.1} ms on average)",
            self.polls(),
            polls("read"),
            polls("unchanged"),
            polls("failed"),
            self.revisits.get(),
            self.articles.get(),
            self.quotes.get(),
            self.dead_letters.get(),
            self.in_flight.get(),
            commits,
            self.commit_time.total().1 * 1_000.0 / commits.max(1) as f64,
        )
    }
}

/// Measures the time of a fetch until it is dropped.
pub struct Timed(Histogram, Instant);

impl Timed {
    /// Starts now.
    pub fn start(histogram: Histogram) -> Self {
        Self(histogram, Instant::now())
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.0.time(self.1.elapsed(), None);
    }
}
