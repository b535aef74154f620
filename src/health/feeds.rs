//! The health of all feeds: one line each, and whether all of them together are quieter than they should be.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::failures::FAILURES;
use crate::schedule::{Failure, Rhythm};

/// A feed that has been due for this long is late.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(1);
/// A feed that has been due for this long is overdue: something keeps it from being polled.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);
/// One feed counts as bringing at most one article in this time, however fast its last ones came.
const LEAST_GAP: f64 = 300.0;
/// All feeds together are too quiet when this many articles should have come and none did, but not before this time.
const QUIET_STORIES: f64 = 60.0;
const QUIET_AFTER: Duration = Duration::from_secs(3_600);

/// The health of all feeds.
#[derive(Debug, Default)]
pub struct Roll {
    feeds: Mutex<HashMap<String, Line>>,
    /// When a new article was last committed, or the daemon started.
    newest: Mutex<Option<DateTime<Utc>>>,
}

/// One feed.
#[derive(Debug, Default)]
struct Line {
    listed: bool,
    paused: bool,
    state: Option<FeedReport>,
}

/// The state in which a poll leaves a feed, as far as its health depends on it.
#[derive(Debug, Default)]
pub struct FeedReport {
    /// Why its last poll failed; `None` if it succeeded.
    pub failure: Option<Failure>,
    /// When it is polled next (UTC).
    pub due: DateTime<Utc>,
    /// How often it shows new entries.
    pub rhythm: Option<Rhythm>,
    /// Whether it was ever read in full.
    pub read: bool,
    /// Whether its pages stopped giving text.
    pub degraded: bool,
}

/// The health of a feed, as metrics name it.
pub const HEALTH: [&str; 11] = [
    "healthy",
    "waiting",
    "paused",
    "stale",
    "degraded",
    FAILURES[0].1,
    FAILURES[1].1,
    FAILURES[2].1,
    FAILURES[3].1,
    FAILURES[4].1,
    FAILURES[5].1,
];

/// Counts of all feeds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// By health, in the order of [`HEALTH`].
    pub health: [usize; HEALTH.len()],
    /// Feeds that have been due for a minute or more, and not polled.
    pub late: usize,
    /// How late the latest of them is.
    pub latest: Duration,
    /// Feeds that have been due for long, and not polled.
    pub overdue: usize,
    /// New articles a second that all feeds should bring, by their rhythms.
    pub expected: f64,
    /// The time since the last new article was committed.
    pub silence: Duration,
    /// Whether that is longer than the rhythms explain.
    pub quiet: bool,
}

impl Roll {
    /// Replaces the feeds: the id of each, and whether it is paused.
    pub(crate) fn list<'a>(&self, list: impl IntoIterator<Item = (&'a str, bool)>, now: DateTime<Utc>) {
        self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(now);
        let mut feeds = self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for line in feeds.values_mut() {
            line.listed = false;
        }
        for (id, paused) in list {
            let line = feeds.entry(id.to_owned()).or_default();
            (line.listed, line.paused) = (true, paused);
        }
        feeds.retain(|_, line| line.listed);
    }

    /// Records the state in which a listed feed was left.
    pub(crate) fn note(&self, id: &str, report: FeedReport) {
        let mut feeds = self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(line) = feeds.get_mut(id) {
            line.state = Some(report);
        }
    }

    /// Records that a new article was committed.
    pub(crate) fn story(&self, now: DateTime<Utc>) {
        *self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(now);
    }

    /// Returns whether the feed was read in full before, so what it shows now is news, not its backlog.
    pub(crate) fn was_read(&self, id: &str) -> bool {
        let feeds = self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        feeds.get(id).and_then(|line| line.state.as_ref()).is_some_and(|known| known.read)
    }

    /// Counts all feeds.
    pub fn tally(&self, now: DateTime<Utc>) -> Tally {
        let mut tally = Tally::default();
        let feeds = self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for line in feeds.values() {
            let name = line.health(now);
            if let Some(at) = HEALTH.iter().position(|health| *health == name) {
                tally.health[at] += 1;
            }
            let Some(known) = line.state.as_ref().filter(|_| !line.paused) else { continue };
            let due_for = now - known.due;
            if due_for > LATE_AFTER {
                tally.late += 1;
                tally.latest = tally.latest.max(due_for.to_std().unwrap_or_default());
            }
            if due_for > OVERDUE_AFTER {
                tally.overdue += 1;
            }
            if let Some(rhythm) = known.rhythm.filter(|rhythm| !rhythm.is_stale(now)) {
                tally.expected += 1.0 / (rhythm.gap as f64).max(LEAST_GAP);
            }
        }
        let newest = *self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.silence = newest.and_then(|newest| (now - newest).to_std().ok()).unwrap_or_default();
        tally.quiet = tally.silence > QUIET_AFTER && tally.silence.as_secs_f64() * tally.expected > QUIET_STORIES;
        tally
    }
}

impl Line {
    fn health(&self, now: DateTime<Utc>) -> &'static str {
        match &self.state {
            _ if self.paused => "paused",
            None => "waiting",
            Some(FeedReport { failure: Some(failure), .. }) => {
                FAILURES.iter().find(|(way, _)| way == failure).map_or("unusable", |(_, name)| name)
            }
            Some(FeedReport { rhythm: Some(rhythm), .. }) if rhythm.is_stale(now) => "stale",
            Some(FeedReport { degraded: true, .. }) => "degraded",
            Some(_) => "healthy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hourly(now: DateTime<Utc>, silent: TimeDelta) -> FeedReport {
        let rhythm = Some(Rhythm { gap: 3_600, newest: now - silent });
        FeedReport { rhythm, due: now, read: true, ..FeedReport::default() }
    }

    fn count(tally: &Tally, health: &str) -> usize {
        tally.health[HEALTH.iter().position(|name| *name == health).unwrap()]
    }

    #[test]
    fn feeds_are_counted_by_their_health() {
        let (roll, now) = (Roll::default(), Utc::now());
        roll.list(["a", "b", "c", "d", "e"].map(|id| (id, id == "d")), now);
        roll.note("a", hourly(now, TimeDelta::hours(1)));
        roll.note("b", hourly(now, TimeDelta::days(9)));
        roll.note(
            "c",
            FeedReport { failure: Some(Failure::Blocked), due: now - TimeDelta::hours(1), ..FeedReport::default() },
        );
        roll.note("unlisted", hourly(now, TimeDelta::hours(1)));
        let tally = roll.tally(now);
        for (health, number) in [("healthy", 1), ("stale", 1), ("blocked", 1), ("paused", 1), ("waiting", 1)] {
            assert_eq!(count(&tally, health), number, "{health}");
        }
        assert_eq!((tally.overdue, tally.health.iter().sum::<usize>()), (1, 5));
        roll.list([("a", false)], now);
        assert_eq!(roll.tally(now).health.iter().sum::<usize>(), 1, "what is listed no more is not counted");
        assert!(roll.was_read("a") && !roll.was_read("c"));
    }

    #[test]
    fn only_feeds_that_are_polled_here_are_late() {
        let (roll, now) = (Roll::default(), Utc::now());
        let late = |roll: &Roll| {
            let tally = roll.tally(now);
            (tally.late, tally.latest.as_secs(), tally.overdue)
        };
        let feeds = ["ours", "later", "paused", "theirs"].map(|id| (id, id == "paused"));
        roll.list(feeds, now);
        for (id, minutes) in [("ours", 20), ("later", -5), ("paused", 300), ("theirs", 90)] {
            roll.note(id, FeedReport { due: now - TimeDelta::minutes(minutes), ..FeedReport::default() });
        }
        assert_eq!(late(&roll), (2, 90 * 60, 2));
        roll.list(feeds[..3].iter().copied(), now); // a rebalance gives "theirs" to another instance
        assert_eq!(late(&roll), (1, 20 * 60, 1));
        roll.note("theirs", FeedReport { due: now - TimeDelta::minutes(90), ..FeedReport::default() });
        assert_eq!(late(&roll), (1, 20 * 60, 1), "the end of its last poll here changes nothing");
        roll.note("ours", FeedReport { due: now - TimeDelta::seconds(61), ..FeedReport::default() });
        assert_eq!(late(&roll), (1, 61, 0));
        roll.note("ours", FeedReport { due: now - TimeDelta::seconds(59), ..FeedReport::default() });
        assert_eq!(late(&roll), (0, 0, 0));
    }

    #[test]
    fn all_feeds_together_are_quiet_when_what_should_come_does_not() {
        let (roll, begun) = (Roll::default(), Utc::now());
        let list: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        roll.list(list.iter().map(|id| (id.as_str(), false)), begun);
        let after = |time| {
            let now = begun + time;
            roll.tally(now)
        };
        for id in &list {
            roll.note(id, hourly(begun, TimeDelta::zero()));
        }
        assert!((after(TimeDelta::zero()).expected - 40.0 / 3_600.0).abs() < 1e-9);
        // Forty articles an hour: sixty are missing after an hour and a half.
        for (time, quiet) in [(59, false), (89, false), (91, true)] {
            assert_eq!(after(TimeDelta::minutes(time)).quiet, quiet, "{time} minutes");
        }
        roll.story(begun + TimeDelta::minutes(80));
        assert!(!after(TimeDelta::minutes(91)).quiet, "a story came meanwhile");
    }
}
