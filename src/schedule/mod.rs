//! When each feed is due: a plain function of what the server, the feed and its history say.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How a poll ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Read, or not changed.
    Read,
    /// Read, but not all of its stories were committed: take it up again soon.
    Unfinished,
    /// It failed in the given way.
    Failed(Failure),
}

/// Ways to fail, by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer: DNS, connection, time-out.
    Unreachable,
    /// An answer that is no use: 5xx, too large, not a feed.
    Unusable,
    /// 404.
    Missing,
    /// 410.
    Gone,
    /// The server refuses us: 401, 403, a challenge.
    Blocked,
    /// The server asks for patience: 429, 503 with `Retry-After`.
    Throttled,
}

impl Failure {
    /// The first pause after such a failure, before it doubles.
    fn first_pause(self) -> Duration {
        match self {
            Self::Unreachable => Duration::from_secs(60),
            Self::Unusable => Duration::from_secs(5 * 60),
            Self::Throttled => Duration::from_secs(15 * 60),
            Self::Blocked | Self::Missing => Duration::from_secs(60 * 60),
            Self::Gone => Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// What the next poll depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The feed's id: spreads feeds that would march in step.
    pub feed_id: &'a str,
    /// When the poll ended (UTC).
    pub now: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// Failures in a row, this one included.
    pub failures: u32,
    /// The server's `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The configured interval of this feed.
    pub interval: Duration,
    /// Bounds and spread.
    pub bounds: Bounds,
}

/// The limits of the config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Never more often than this.
    pub min: Duration,
    /// Never less often than this, unless the server asks for it.
    pub max: Duration,
    /// Share of the interval by which polls are spread, 0–0.5.
    pub jitter: f64,
}

/// When a feed is polled next, and why then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The instant (UTC).
    pub due: DateTime<Utc>,
    /// In words.
    pub reason: String,
}

/// Says when the feed is due.
pub fn next(situation: &Situation) -> Next {
    let Situation { outcome, failures, retry_after, interval, bounds, .. } = *situation;
    let (pause, reason) = match outcome {
        Outcome::Read => (interval.clamp(bounds.min, bounds.max), "the configured interval".to_owned()),
        Outcome::Unfinished => (bounds.min, "its last reading was not finished".to_owned()),
        Outcome::Failed(failure) => {
            let doublings = failures.saturating_sub(1).min(16);
            let pause = failure.first_pause().max(bounds.min).saturating_mul(1 << doublings).min(bounds.max);
            (pause.max(bounds.min), format!("back-off after {failures} failed polls in a row"))
        }
    };
    let asked = retry_after.filter(|asked| *asked > pause);
    let (pause, reason) = match asked {
        // A server that asks for months is believed for a month.
        Some(asked) => (asked.min(Duration::from_secs(30 * 86_400)), "the server's Retry-After".to_owned()),
        None => (pause, reason),
    };
    let spread = pause.mul_f64(bounds.jitter.clamp(0.0, 0.5) * unit(situation.feed_id, situation.now));
    // Spread only towards later, so that neither Retry-After nor the least interval is undercut.
    Next { due: situation.now + pause + spread, reason }
}

/// When a feed is polled after a start: as it was planned, or, where that time has passed while the daemon was away, within
/// the next `window`, so that a restart is no burst.
pub fn after_restart(feed_id: &str, planned: DateTime<Utc>, now: DateTime<Utc>, window: Duration) -> DateTime<Utc> {
    if planned > now { planned } else { now + window.mul_f64(unit(feed_id, now)) }
}

/// A number in 0..1 that depends on the feed and the instant alone.
fn unit(feed_id: &str, now: DateTime<Utc>) -> f64 {
    let seed = u64::from_ne_bytes(now.timestamp_millis().to_ne_bytes());
    (xxh3_64_with_seed(feed_id.as_bytes(), seed) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(outcome: Outcome, failures: u32, retry_after: Option<u64>) -> Duration {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let bounds = Bounds { min: Duration::from_secs(60), max: Duration::from_secs(86_400), jitter: 0.1 };
        let situation = Situation {
            feed_id: "a",
            now,
            outcome,
            failures,
            retry_after: retry_after.map(Duration::from_secs),
            interval: Duration::from_secs(600),
            bounds,
        };
        (next(&situation).due - now).to_std().unwrap()
    }

    #[track_caller]
    fn within(pause: Duration, seconds: u64) {
        let least = Duration::from_secs(seconds);
        assert!(pause >= least && pause <= least.mul_f64(1.1), "{pause:?} is not {least:?} to 10 % more");
    }

    #[test]
    fn a_feed_that_works_keeps_its_interval() {
        within(at(Outcome::Read, 0, None), 600);
        within(at(Outcome::Unfinished, 0, None), 60);
    }

    #[test]
    fn failures_back_off_by_kind_up_to_the_bound() {
        within(at(Outcome::Failed(Failure::Unreachable), 1, None), 60);
        within(at(Outcome::Failed(Failure::Unreachable), 4, None), 480);
        within(at(Outcome::Failed(Failure::Missing), 2, None), 7_200);
        within(at(Outcome::Failed(Failure::Gone), 1, None), 86_400);
        within(at(Outcome::Failed(Failure::Unusable), u32::MAX, None), 86_400);
    }

    #[test]
    fn retry_after_is_never_undercut_and_bounded() {
        within(at(Outcome::Failed(Failure::Throttled), 1, Some(200_000)), 200_000);
        within(at(Outcome::Read, 0, Some(5_000)), 5_000);
        within(at(Outcome::Read, 0, Some(u64::MAX / 2)), 30 * 86_400);
    }

    #[test]
    fn a_restart_spreads_what_is_overdue() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let window = Duration::from_secs(60);
        let dues: std::collections::BTreeSet<_> =
            (0..100).map(|i| after_restart(&i.to_string(), now - window, now, window)).collect();
        assert!(dues.len() > 90 && dues.iter().all(|due| *due >= now && *due <= now + window));
        assert_eq!(after_restart("a", now + window * 3, now, window), now + window * 3);
    }
}
