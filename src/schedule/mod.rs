//! Decides when each feed is due: a pure function of the server's and the feed's hints and of the feed's history.
//!
//! The longest requested interval wins: the server's `Retry-After`, the freshness of its answer, the feed's `ttl` and
//! `sy:updatePeriod`. If none is longer, the feed's configured interval applies, else the interval that follows from its
//! update frequency, else the general interval. Polls wait until skipped hours and days are over, and are spread only to
//! later times.

mod failure;
mod frequency;
mod hints;
mod options;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use failure::{Failure, Outcome};
pub use frequency::UpdateFrequency;
pub use hints::{PollingHints, SkipWindows};
pub use options::Options;

/// The longest `Retry-After` that is respected: a month.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30 * 86_400);

/// What decided the interval before the next poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `schedule.interval`.
    #[default]
    Interval,
    /// The feed's own `interval` in the feed list.
    FeedInterval,
    /// The update frequency of the feed.
    #[serde(rename = "rhythm")]
    UpdateFrequency,
    /// Entries were missed or nearly missed: it is polled more often for a while.
    #[serde(rename = "hurry")]
    CatchUp,
    /// `Retry-After`.
    RetryAfter,
    /// It was throttled recently and is polled less often for a while.
    #[serde(rename = "strain")]
    ThrottleBackoff,
    /// `Cache-Control` or `Expires`.
    Fresh,
    /// `ttl`.
    Ttl,
    /// `sy:updatePeriod`, with its frequency and base.
    UpdatePeriod,
    /// A hub pushes updates.
    Pushed,
    /// It failed.
    Backoff,
    /// Its last poll was not finished.
    Unfinished,
}

impl Source {
    /// Returns the reason as text.
    fn description(self) -> &'static str {
        match self {
            Self::Interval => "the configured interval",
            Self::FeedInterval => "the interval configured for this feed",
            Self::UpdateFrequency => "its update frequency",
            Self::CatchUp => "entries were missed or nearly missed, so it is polled more often for a while",
            Self::RetryAfter => "the server's Retry-After",
            Self::ThrottleBackoff => "the server throttled it recently",
            Self::Fresh => "the server's Cache-Control or Expires",
            Self::Ttl => "the feed's ttl",
            Self::UpdatePeriod => "the feed's sy:updatePeriod",
            Self::Pushed => "its hub pushes updates",
            Self::Backoff => "back-off",
            Self::Unfinished => "its last poll was not finished",
        }
    }
}

/// What the next poll depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The feed's id, which spreads feeds that would otherwise be polled at the same time.
    pub feed_id: &'a str,
    /// When the poll ended (UTC).
    pub now: DateTime<Utc>,
    /// How the poll ended.
    pub outcome: Outcome,
    /// Failures in a row, including this one.
    pub failures: u32,
    /// The server's `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The other hints of the server and the feed.
    pub hints: PollingHints,
    /// How many times to double the interval because the feed was throttled recently.
    pub throttle_backoff: u32,
    /// The feed's update frequency, if known.
    pub frequency: Option<UpdateFrequency>,
    /// An interval short enough not to miss entries.
    pub catch_up_interval: Option<Duration>,
    /// How many times to double the interval because a hub pushes updates; 0 = not pushed.
    pub pushed: u32,
    /// The interval that the feed list sets for this feed.
    pub own_interval: Option<Duration>,
    /// The section `[schedule]`.
    pub options: &'a Options,
}

/// When a feed is polled next, and why then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// When it is due (UTC).
    pub due: DateTime<Utc>,
    /// The server and the feed ask not to be polled before this time; a changed config does not override it.
    pub not_before: DateTime<Utc>,
    /// What decided it.
    pub source: Source,
    /// The reason as text.
    pub reason: String,
}

/// Returns when the feed is due.
pub fn next(situation: &Situation) -> Next {
    let Situation { now, options, hints, .. } = *situation;
    let (mut pause, mut source) = own_pause(situation);
    let mut asked = Duration::ZERO;
    let mut ask = |interval: Duration, by: Source| {
        asked = asked.max(interval);
        if interval > pause {
            (pause, source) = (interval, by);
        }
    };
    // The hints of a server that could not be reached do not slow the retries.
    let reached = !matches!(situation.outcome, Outcome::Failed(Failure::Unreachable) | Outcome::Unfinished);
    if let Some((interval, by)) = hints.longest().filter(|_| reached) {
        ask(interval.min(options.max_interval), by);
    }
    if let Some(interval) = situation.retry_after {
        ask(interval.min(MAX_RETRY_AFTER), Source::RetryAfter);
    }
    let mut reason = match situation.outcome {
        Outcome::Failed(_) if source == Source::Backoff => {
            format!("back-off after {} failed polls in a row", situation.failures)
        }
        _ => source.description().to_owned(),
    };
    let jitter = options.jitter.clamp(0.0, 0.5);
    let unit = unit(situation.feed_id, now);
    let mut due = now + pause;
    if source == Source::UpdatePeriod
        && hints.update_period.is_some_and(|period| period <= options.max_interval.as_secs())
    {
        // Keeps in step with the feed's own clock; a poll that was slightly late does not delay the next by a whole
        // period.
        let earliest = now + pause.mul_f64(1.0 - 1.5 * jitter);
        if let Some(tick) = hints.tick(earliest) {
            due = tick;
        }
    }
    // Polls are spread only to later times, so no requested pause is shortened.
    due += pause.mul_f64(jitter * unit);
    if hints.skips.skip(due) {
        let within = pause.mul_f64(jitter).min(Duration::from_secs(59 * 60));
        due = hints.skips.after(due) + within.mul_f64(unit);
        reason += ", delayed past the hours and days that the feed asks to skip";
    }
    Next { due, not_before: now + asked, source, reason }
}

/// Returns the interval without the hints of the server and the feed.
fn own_pause(situation: &Situation) -> (Duration, Source) {
    let Situation { now, outcome, failures, options, .. } = *situation;
    let interval = options.interval;
    let doubled = |pause: Duration, times: u32| {
        pause.saturating_mul(1 << times.min(16)).clamp(options.min_interval, options.max_interval)
    };
    match outcome {
        Outcome::Unfinished => return (options.min_interval, Source::Unfinished),
        Outcome::Failed(failure) => {
            let first = failure.first_pause().max(options.min_interval);
            let pause =
                doubled(first, failures.saturating_sub(1)).min(failure.longest_pause().max(options.min_interval));
            return (pause, Source::Backoff);
        }
        Outcome::Read => {}
    }
    let (mut pause, mut source) = match (situation.own_interval, situation.frequency.filter(|_| options.rhythm)) {
        (Some(own), _) => (own, Source::FeedInterval),
        (None, Some(frequency)) => (frequency.pause(interval, now), Source::UpdateFrequency),
        (None, None) => (interval, Source::Interval),
    };
    if let Some(catch_up_interval) = situation
        .catch_up_interval
        .filter(|catch_up_interval| *catch_up_interval < pause && source != Source::FeedInterval)
    {
        (pause, source) = (catch_up_interval, Source::CatchUp);
    }
    if situation.pushed > 0 {
        (pause, source) = (doubled(pause, situation.pushed), Source::Pushed);
    }
    if situation.throttle_backoff > 0 {
        return (doubled(pause, situation.throttle_backoff), Source::ThrottleBackoff);
    }
    (pause.clamp(options.min_interval, options.max_interval), source)
}

/// Returns when a feed is polled after a start: as planned, or, if that time passed while the daemon was down, within
/// the next `window`, so a restart does not cause a burst.
pub fn after_restart(feed_id: &str, planned: DateTime<Utc>, now: DateTime<Utc>, window: Duration) -> DateTime<Utc> {
    if planned > now { planned } else { now + window.mul_f64(unit(feed_id, now)) }
}

/// Returns an interval that would have missed no entry, if `fresh` of the `shown` entries were new after `elapsed`;
/// `None` if no entry was at risk.
pub fn catch_up_interval(fresh: usize, shown: usize, elapsed: TimeDelta) -> Option<Duration> {
    // Up to half of the entries may be new. If all are new, half the time might have been enough.
    let elapsed = elapsed.to_std().ok().filter(|_| fresh * 2 > shown && shown > 1)?;
    Some(elapsed.mul_f64(shown as f64 / (2 * fresh) as f64))
}

/// Returns a number in 0..1 that depends only on the feed and the instant.
pub(crate) fn unit(feed_id: &str, now: DateTime<Utc>) -> f64 {
    let seed = u64::from_ne_bytes(now.timestamp_millis().to_ne_bytes());
    (xxh3_64_with_seed(feed_id.as_bytes(), seed) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static OPTIONS: LazyLock<Options> = LazyLock::new(Options::default);

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 86_400;

    fn situation() -> Situation<'static> {
        Situation {
            feed_id: "a",
            now: DateTime::from_timestamp(1_700_000_000, 0).unwrap(), // Tuesday, 22:13:20
            outcome: Outcome::Read,
            failures: 0,
            retry_after: None,
            hints: PollingHints::default(),
            throttle_backoff: 0,
            frequency: None,
            catch_up_interval: None,
            pushed: 0,
            own_interval: None,
            options: &OPTIONS,
        }
    }

    fn hints(fresh: u64, ttl: u64, update_period: u64) -> PollingHints {
        let some = |seconds| Some(seconds).filter(|seconds| *seconds > 0);
        PollingHints {
            fresh: some(fresh),
            ttl: some(ttl),
            update_period: some(update_period),
            ..PollingHints::default()
        }
    }

    #[track_caller]
    fn within(situation: &Situation, seconds: u64, source: Source) {
        let next = next(situation);
        let (pause, least) = ((next.due - situation.now).to_std().unwrap(), Duration::from_secs(seconds));
        assert!(pause >= least && pause <= least.mul_f64(1.1), "{pause:?} is not {least:?} to 10 % more");
        assert_eq!(next.source, source, "{}", next.reason);
    }

    #[test]
    fn the_longest_hint_wins() {
        let frequency = |gap| {
            let newest = situation().now;
            Some(UpdateFrequency { gap, newest })
        };
        for (own, learnt, asked, seconds, source) in [
            (None, None, hints(0, 0, 0), 10 * MINUTE, Source::Interval),
            (Some(5 * MINUTE), None, hints(0, 0, 0), 5 * MINUTE, Source::FeedInterval),
            (Some(5 * MINUTE), frequency(HOUR), hints(0, 0, 0), 5 * MINUTE, Source::FeedInterval),
            (Some(1), None, hints(0, 0, 0), MINUTE, Source::FeedInterval),
            (None, frequency(HOUR), hints(0, 0, 0), 15 * MINUTE, Source::UpdateFrequency),
            (None, frequency(HOUR), hints(HOUR, 0, 0), HOUR, Source::Fresh),
            (None, frequency(HOUR), hints(MINUTE, 5 * MINUTE, 0), 15 * MINUTE, Source::UpdateFrequency),
            (Some(5 * MINUTE), None, hints(0, HOUR, 0), HOUR, Source::Ttl),
            (None, None, hints(HOUR, HOUR, 0), HOUR, Source::Fresh),
            (None, None, hints(HOUR, 2 * HOUR, 3 * HOUR), 3 * HOUR, Source::UpdatePeriod),
            (None, None, hints(365 * DAY, 0, 0), DAY, Source::Fresh), // within the config's limit
        ] {
            let own_interval = own.map(Duration::from_secs);
            within(&Situation { own_interval, frequency: learnt, hints: asked, ..situation() }, seconds, source);
        }
    }

    #[test]
    fn failures_back_off_by_kind_up_to_the_limit() {
        for (failure, failures, seconds) in [
            (Failure::Unreachable, 1, MINUTE),
            (Failure::Unreachable, 4, 8 * MINUTE),
            (Failure::Unusable, 2, 10 * MINUTE),
            (Failure::Missing, 2, 2 * HOUR),
            (Failure::Blocked, 1, HOUR),
            (Failure::Throttled, 1, 15 * MINUTE),
            (Failure::Gone, 1, DAY),
            (Failure::Unreachable, u32::MAX, 3 * HOUR),
            (Failure::Unusable, u32::MAX, 6 * HOUR),
            (Failure::Missing, u32::MAX, DAY),
        ] {
            within(&Situation { outcome: Outcome::Failed(failure), failures, ..situation() }, seconds, Source::Backoff);
        }
    }

    #[test]
    fn retry_after_is_respected_up_to_a_limit() {
        let asked = |outcome, seconds| Situation {
            outcome,
            failures: 1,
            retry_after: Some(Duration::from_secs(seconds)),
            ..situation()
        };
        within(&asked(Outcome::Failed(Failure::Throttled), 200_000), 200_000, Source::RetryAfter);
        within(&asked(Outcome::Failed(Failure::Throttled), 30), 15 * MINUTE, Source::Backoff);
        within(&asked(Outcome::Read, 5_000), 5_000, Source::RetryAfter);
        within(&asked(Outcome::Unfinished, 5_000), 5_000, Source::RetryAfter);
        within(&asked(Outcome::Read, u64::MAX / 2), 30 * DAY, Source::RetryAfter);
    }

    #[test]
    fn throttling_catching_up_and_pushes_do_not_override_hints() {
        let base = situation();
        within(&Situation { throttle_backoff: 2, ..base }, 40 * MINUTE, Source::ThrottleBackoff);
        within(&Situation { throttle_backoff: 99, ..base }, DAY, Source::ThrottleBackoff);
        let catch_up_interval = Some(Duration::from_secs(2 * MINUTE));
        within(&Situation { catch_up_interval, ..base }, 2 * MINUTE, Source::CatchUp);
        within(&Situation { catch_up_interval, hints: hints(0, HOUR, 0), ..base }, HOUR, Source::Ttl);
        within(
            &Situation { catch_up_interval, own_interval: Some(OPTIONS.interval), ..base },
            10 * MINUTE,
            Source::FeedInterval,
        );
        within(&Situation { pushed: 1, ..base }, 20 * MINUTE, Source::Pushed);
        within(&Situation { pushed: 3, hints: hints(0, HOUR, 0), ..base }, 80 * MINUTE, Source::Pushed);
        within(&Situation { pushed: 99, ..base }, DAY, Source::Pushed);
        within(&Situation { outcome: Outcome::Unfinished, ..base }, MINUTE, Source::Unfinished);
    }

    #[test]
    fn polls_wait_until_skipped_hours_are_over() {
        let mut skipping = situation();
        skipping.hints.skips = SkipWindows::new(&[22, 23, 0, 1], ["Wednesday"]);
        for outcome in [Outcome::Read, Outcome::Unfinished, Outcome::Failed(Failure::Unreachable)] {
            let due = next(&Situation { outcome, ..skipping }).due;
            assert!(!skipping.hints.skips.skip(due), "{outcome:?}: {due}");
            assert_eq!(due.format("%a %H").to_string(), "Thu 02");
        }
    }

    #[test]
    fn polls_follow_the_update_period_of_the_feed() {
        let mut periodic = situation();
        periodic.hints = hints(0, 0, 6 * HOUR);
        periodic.hints.update_base = DateTime::from_timestamp(2 * 3_600, 0); // at 2, 8, 14 and 20
        let first = next(&periodic);
        assert_eq!(first.due.format("%a %H").to_string(), "Wed 08", "{}", first.due);
        let second = next(&Situation { now: first.due, ..periodic });
        assert_eq!(second.due.format("%a %H").to_string(), "Wed 14", "{}", second.due);
    }

    #[test]
    fn a_poll_with_nearly_all_new_entries_shortens_the_interval() {
        let hour = TimeDelta::hours(1);
        for (fresh, shown, minutes) in
            [(10, 10, Some(30)), (8, 10, Some(37)), (5, 10, None), (0, 0, None), (1, 1, None)]
        {
            assert_eq!(
                catch_up_interval(fresh, shown, hour).map(|pause| pause.as_secs() / 60),
                minutes,
                "{fresh}/{shown}"
            );
        }
        assert_eq!(catch_up_interval(10, 10, -hour), None);
    }

    #[test]
    fn a_restart_spreads_overdue_polls() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let window = Duration::from_secs(60);
        let dues: std::collections::BTreeSet<_> =
            (0..100).map(|i| after_restart(&i.to_string(), now - window, now, window)).collect();
        assert!(dues.len() > 90 && dues.iter().all(|due| *due >= now && *due <= now + window));
        assert_eq!(after_restart("a", now + window * 3, now, window), now + window * 3);
    }
}
