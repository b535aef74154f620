//! The registry of feed health: the state of each feed that this instance polls, its last polls, and the counts of all.
//!
//! The pipeline registers the feeds of the partitions that it owns and records the end of each poll; metrics, API and pages
//! read the registry.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::report::FeedReport;
use super::status::FeedStatus;

/// A feed that has been due for this long is overdue: something keeps it from being polled.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);
/// One feed is expected to bring at most one article in this many seconds, however fast its last ones came.
const MIN_GAP: f64 = 300.0;
/// All feeds together are too quiet when this many articles were expected and none came, but not before this time.
const QUIET_ARTICLES: f64 = 60.0;
const QUIET_AFTER: Duration = Duration::from_secs(3_600);
/// The number of polls remembered for each feed.
const HISTORY: usize = 24;

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PollOutcome {
    /// It brought something new.
    Updated,
    /// It brought nothing new.
    Unchanged,
    /// It failed.
    Failed,
}

/// The health of a feed.
#[derive(Debug, Clone)]
pub struct FeedHealth {
    /// Whether it is paused in the feed list.
    pub paused: bool,
    /// The state in which its last poll left it; `None` if it was never polled.
    pub report: Option<FeedReport>,
    /// Its last polls since the start, the oldest first.
    pub history: VecDeque<PollOutcome>,
    /// When the last poll in the history was, and when the feed had then last shown a new entry.
    last: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

impl FeedHealth {
    /// Creates the health of a feed without polls since the start.
    pub fn new(paused: bool, report: Option<FeedReport>) -> Self {
        let last = report.as_ref().map_or((None, None), |report| (report.polled, report.changed));
        Self { paused, report, history: VecDeque::new(), last }
    }

    /// Returns the status of the feed.
    pub fn status(&self, now: DateTime<Utc>) -> FeedStatus {
        FeedStatus::of(self.paused, self.report.as_ref(), now)
    }

    /// Adds the poll that left this report to the history. A push leaves a report too, but is not a poll.
    fn remember(&mut self, report: &FeedReport) {
        let (polled, changed) = self.last;
        if polled == report.polled {
            return;
        }
        self.last = (report.polled, report.changed);
        self.history.push_back(match report.failure {
            Some(_) => PollOutcome::Failed,
            None if report.changed.is_some() && report.changed != changed => PollOutcome::Updated,
            None => PollOutcome::Unchanged,
        });
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}

/// A feed to register.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The feed's id.
    pub id: &'a str,
    /// Whether it is paused in the feed list.
    pub paused: bool,
    /// The state in which its last poll left it; `None` if it was never polled, or if that is registered already.
    pub report: Option<FeedReport>,
}

/// Counts over all registered feeds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HealthCounts {
    /// The number of feeds in each status, in the order of [`FeedStatus::ALL`].
    by_status: [usize; FeedStatus::ALL.len()],
    /// The number of feeds that are overdue.
    pub overdue: usize,
    /// How long the most overdue feed has been due.
    pub most_overdue: Duration,
    /// New articles a second that all feeds should bring, by their update frequencies.
    pub expected: f64,
    /// The time since the last new article was committed, or since the start.
    pub silence: Duration,
    /// Whether that is longer than the update frequencies explain.
    pub quiet: bool,
}

impl HealthCounts {
    /// Returns the number of feeds in this status.
    pub fn of(&self, status: FeedStatus) -> usize {
        self.by_status[status as usize]
    }
}

/// The health of the feeds that this instance polls.
#[derive(Debug, Default)]
pub struct FeedRegistry {
    feeds: RwLock<HashMap<String, FeedHealth>>,
    /// When a new article was last committed, or the first feeds were registered.
    newest_article: Mutex<Option<DateTime<Utc>>>,
}

impl FeedRegistry {
    /// Replaces the registered feeds. Feeds that stay keep their history.
    pub fn register<'a>(&self, registrations: impl IntoIterator<Item = Registration<'a>>, now: DateTime<Utc>) {
        self.newest_article.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(now);
        let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
        let mut registered = HashSet::new();
        for Registration { id, paused, report } in registrations {
            registered.insert(id);
            if let Some(feed) = feeds.get_mut(id) {
                feed.paused = paused;
                feed.report = report.or(feed.report.take());
            } else {
                feeds.insert(id.to_owned(), FeedHealth::new(paused, report));
            }
        }
        feeds.retain(|id, _| registered.contains(id.as_str()));
    }

    /// Returns whether the feed is registered.
    pub fn is_registered(&self, id: &str) -> bool {
        self.read(|feeds| feeds.contains_key(id))
    }

    /// Records the state in which a poll or a push left a feed. Ignores feeds that are not registered.
    pub fn record(&self, id: &str, report: FeedReport) {
        let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get_mut(id) {
            feed.remember(&report);
            feed.report = Some(report);
        }
    }

    /// Records that a new article was committed.
    pub fn record_article(&self, now: DateTime<Utc>) {
        *self.newest_article.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Returns whether a poll of the feed has ever succeeded, so what it shows now is new, not its backlog.
    pub fn was_read(&self, id: &str) -> bool {
        let was_read = |feed: &FeedHealth| feed.report.as_ref().is_some_and(|report| report.succeeded.is_some());
        self.read(|feeds| feeds.get(id).is_some_and(was_read))
    }

    /// Gives read access to the health of each feed.
    pub fn read<T>(&self, read: impl FnOnce(&HashMap<String, FeedHealth>) -> T) -> T {
        read(&self.feeds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts all feeds.
    pub fn counts(&self, now: DateTime<Utc>) -> HealthCounts {
        let mut counts = self.read(|feeds| {
            let mut counts = HealthCounts::default();
            for feed in feeds.values() {
                counts.by_status[feed.status(now) as usize] += 1;
                let Some(report) = feed.report.as_ref().filter(|_| !feed.paused) else { continue };
                let due_for = now - report.due;
                if due_for > OVERDUE_AFTER {
                    counts.overdue += 1;
                    counts.most_overdue = counts.most_overdue.max(due_for.to_std().unwrap_or_default());
                }
                if let Some(frequency) = report.frequency.filter(|frequency| !frequency.is_stale(now)) {
                    counts.expected += 1.0 / (frequency.gap as f64).max(MIN_GAP);
                }
            }
            counts
        });
        let newest = *self.newest_article.lock().unwrap_or_else(PoisonError::into_inner);
        counts.silence = newest.and_then(|newest| (now - newest).to_std().ok()).unwrap_or_default();
        let missing = counts.silence.as_secs_f64() * counts.expected;
        counts.quiet = counts.silence > QUIET_AFTER && missing > QUIET_ARTICLES;
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Failure, UpdateFrequency};

    fn hourly(now: DateTime<Utc>, silent: TimeDelta) -> FeedReport {
        let frequency = Some(UpdateFrequency { gap: 3_600, newest: now - silent });
        FeedReport { frequency, due: now, succeeded: Some(now), ..FeedReport::default() }
    }

    fn due(now: DateTime<Utc>, minutes: i64) -> FeedReport {
        FeedReport { due: now - TimeDelta::minutes(minutes), ..FeedReport::default() }
    }

    /// Registers feeds that were never polled; the feed `paused` is paused.
    fn register(registry: &FeedRegistry, ids: &[&str], now: DateTime<Utc>) {
        registry.register(ids.iter().map(|id| Registration { id, paused: *id == "paused", report: None }), now);
    }

    #[test]
    fn feeds_are_counted_by_status() {
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        register(&registry, &["a", "b", "c", "paused", "e", "f"], now);
        registry.record("a", hourly(now, TimeDelta::hours(1)));
        registry.record("b", hourly(now, TimeDelta::days(9)));
        registry.record("c", FeedReport { failure: Some(Failure::Blocked), ..due(now, 60) });
        registry.record("f", FeedReport { degraded: true, ..hourly(now, TimeDelta::hours(1)) });
        registry.record("unregistered", hourly(now, TimeDelta::hours(1)));
        let counts = registry.counts(now);
        for status in FeedStatus::ALL {
            let expected = match status {
                FeedStatus::Healthy
                | FeedStatus::Stale
                | FeedStatus::Blocked
                | FeedStatus::Paused
                | FeedStatus::Waiting
                | FeedStatus::Degraded => 1,
                _ => 0,
            };
            assert_eq!(counts.of(status), expected, "{}", status.name());
        }
        assert_eq!(counts.overdue, 1);
        assert!(registry.was_read("a") && !registry.was_read("c") && !registry.was_read("e"));
    }

    #[test]
    fn feeds_of_a_revoked_partition_leave_the_registry() {
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        let overdue = || {
            let counts = registry.counts(now);
            (counts.overdue, counts.most_overdue.as_secs())
        };
        let feeds = ["ours", "later", "paused", "revoked"];
        register(&registry, &feeds, now);
        for (id, minutes) in [("ours", 20), ("later", -5), ("paused", 300), ("revoked", 90)] {
            registry.record(id, due(now, minutes));
        }
        assert_eq!(overdue(), (2, 90 * 60));
        let report = |id: &str| registry.read(|feeds| feeds.get(id)?.report.clone());
        let kept = feeds[..3].iter().map(|id| Registration { id, paused: *id == "paused", report: report(id) });
        registry.register(kept.collect::<Vec<_>>(), now);
        assert_eq!(overdue(), (1, 20 * 60), "another instance polls the revoked feed");
        registry.record("revoked", due(now, 90));
        assert_eq!(overdue(), (1, 20 * 60), "the end of its last poll here changes nothing");
        assert!(report("revoked").is_none());
        registry.record("ours", due(now, 14));
        assert_eq!(overdue(), (0, 0));
    }

    #[test]
    fn all_feeds_together_are_quiet_when_expected_articles_do_not_come() {
        let (registry, begun) = (FeedRegistry::default(), Utc::now());
        let ids: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let hourly = || Some(hourly(begun, TimeDelta::zero()));
        registry.register(ids.iter().map(|id| Registration { id, paused: false, report: hourly() }), begun);
        let after = |time| registry.counts(begun + time);
        assert!((after(TimeDelta::zero()).expected - 40.0 / 3_600.0).abs() < 1e-9);
        // Forty articles an hour: sixty are missing after an hour and a half.
        for (time, quiet) in [(59, false), (89, false), (91, true)] {
            assert_eq!(after(TimeDelta::minutes(time)).quiet, quiet, "{time} minutes");
        }
        registry.record_article(begun + TimeDelta::minutes(80));
        assert!(!after(TimeDelta::minutes(91)).quiet, "an article came meanwhile");
    }

    #[test]
    fn each_poll_is_remembered_once_and_only_the_last_ones() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        let mut report = FeedReport { polled: at(1), changed: at(1), ..FeedReport::default() };
        let again = |report: &FeedReport| {
            registry.register([Registration { id: "f", paused: false, report: Some(report.clone()) }], now);
        };
        again(&report);
        for n in 2..40 {
            report.polled = at(n);
            report.failure = (n == 38).then_some(Failure::Missing);
            report.changed = if n == 39 { at(39) } else { report.changed };
            again(&report); // a reload of the feed list between a poll and its commit
            registry.record("f", report.clone());
            registry.record("f", report.clone()); // a push
        }
        let history = registry.read(|feeds| feeds["f"].history.clone());
        assert_eq!(history.len(), HISTORY);
        let last: Vec<PollOutcome> = history.into_iter().rev().take(3).collect();
        assert_eq!(last, [PollOutcome::Updated, PollOutcome::Failed, PollOutcome::Unchanged]);
    }
}
