//! Counts over all feeds that are kept up to date, so that no page and no scrape visits every feed.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::feed_health::{FeedHealth, due_for};
use super::status::FeedStatus;

/// One feed is expected to bring at most one article in this many seconds, however fast its last ones came.
const MIN_GAP: u64 = 300;
/// The expected rates are summed in units of this part of an article a second: integers, because a sum of floats drifts
/// when its parts come and go.
const RATE_UNITS: u128 = 1 << 64;
/// All feeds together are too quiet when this many articles were expected and none came, but not before this time.
const QUIET_ARTICLES: f64 = 60.0;
const QUIET_AFTER: Duration = Duration::from_secs(3_600);

/// Requests at the same moment may come in another order than the times that they ask for; a clock that is set back by
/// more makes all feeds be counted again.
const JITTER: TimeDelta = TimeDelta::seconds(1);

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

    /// Sets the time since the last new article.
    pub(super) fn set_silence(&mut self, silence: Duration) {
        self.silence = silence;
        let missing = silence.as_secs_f64() * self.expected;
        self.quiet = silence > QUIET_AFTER && missing > QUIET_ARTICLES;
    }
}

/// A feed's position in the registry, in the order of a time.
type Timed = (DateTime<Utc>, u32);

/// The counts at one time, and when they change by themselves.
#[derive(Debug, Default)]
pub(super) struct Tally {
    at: DateTime<Utc>,
    by_status: [usize; FeedStatus::ALL.len()],
    expected: u128,
    /// The feeds that are not stale, by the time after which they are.
    fresh: BTreeSet<Timed>,
    /// The feeds that are not overdue, by the time after which they are.
    in_time: BTreeSet<Timed>,
    /// The feeds that are overdue, by the time since which they are.
    overdue: BTreeSet<Timed>,
}

impl Tally {
    /// Adds the feed at this position.
    pub(super) fn add(&mut self, position: u32, feed: &FeedHealth) {
        self.by_status[feed.status(feed.paused, self.at) as usize] += 1;
        if let Some((rate, stale_after)) = self.fresh(feed) {
            self.expected += rate;
            self.fresh.insert((stale_after, position));
        }
        if let Some(from) = feed.overdue_from() {
            self.due(from).insert((from, position));
        }
    }

    /// Removes the feed at this position, as it was added.
    pub(super) fn remove(&mut self, position: u32, feed: &FeedHealth) {
        self.by_status[feed.status(feed.paused, self.at) as usize] -= 1;
        if let Some((rate, stale_after)) = self.fresh(feed) {
            self.expected -= rate;
            self.fresh.remove(&(stale_after, position));
        }
        if let Some(from) = feed.overdue_from() {
            self.due(from).remove(&(from, position));
        }
    }

    /// Returns the expected rate of a feed that is not stale, and until when it is not.
    fn fresh(&self, feed: &FeedHealth) -> Option<(u128, DateTime<Utc>)> {
        let frequency = feed.frequency().filter(|frequency| !frequency.is_stale(self.at))?;
        Some((RATE_UNITS / u128::from(frequency.gap.max(MIN_GAP)), frequency.stale_after()))
    }

    fn due(&mut self, from: DateTime<Utc>) -> &mut BTreeSet<Timed> {
        if from < self.at { &mut self.overdue } else { &mut self.in_time }
    }

    /// Returns the counts at this time; visits only the feeds that became stale or overdue meanwhile, except when the
    /// clock was set back.
    pub(super) fn counts<'a>(
        &mut self,
        now: DateTime<Utc>,
        feeds: impl Fn(u32) -> Option<&'a FeedHealth>,
        positions: std::ops::Range<u32>,
    ) -> HealthCounts {
        if now < self.at - JITTER {
            *self = Self { at: now, ..Self::default() };
            for position in positions {
                if let Some(feed) = feeds(position) {
                    self.add(position, feed);
                }
            }
        }
        let now = now.max(self.at);
        let past = |set: &BTreeSet<Timed>| -> Vec<u32> {
            set.iter().take_while(|(at, _)| *at < now).map(|(_, position)| *position).collect()
        };
        let mut changing = [past(&self.fresh), past(&self.in_time)].concat();
        changing.sort_unstable();
        changing.dedup();
        let changing: Vec<(u32, &FeedHealth)> =
            changing.into_iter().filter_map(|position| Some((position, feeds(position)?))).collect();
        for (position, feed) in &changing {
            self.remove(*position, feed);
        }
        self.at = now;
        for (position, feed) in &changing {
            self.add(*position, feed);
        }
        let most = self.overdue.first().map(|(since, _)| due_for(now - since).to_std().unwrap_or_default());
        HealthCounts {
            by_status: self.by_status,
            overdue: self.overdue.len(),
            most_overdue: most.unwrap_or_default(),
            expected: self.expected as f64 / RATE_UNITS as f64,
            ..HealthCounts::default()
        }
    }
}
