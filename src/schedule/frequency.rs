//! A feed's update frequency, from the times of its entries.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How many of the newest times are used.
const MAX_TIMES: usize = 20;
/// The minimum number of distinct times.
const MIN_TIMES: usize = 4;
/// A feed is polled this many times between two of its entries.
const POLLS_PER_GAP: u32 = 4;
/// A longer silence slows the polls: the interval is at least the silence divided by this.
const SILENCE_SHARE: u32 = 30;
/// While the feed is not silent, its update frequency makes the configured interval at most this many times shorter or longer.
const MAX_SPEED_UP: u32 = 5;
const MAX_SLOW_DOWN: u32 = 6;
/// A silence of this many gaps, and at least [`STALE_AFTER`], makes the feed stale.
const STALE_GAPS: u32 = 20;
const STALE_AFTER: Duration = Duration::from_secs(3 * 86_400);

/// How often a feed shows new entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateFrequency {
    /// Seconds between two entries, averaged over the newest.
    pub gap: u64,
    /// The time of the newest entry (UTC).
    pub newest: DateTime<Utc>,
}

impl UpdateFrequency {
    /// Derives the frequency from the times of a feed's entries, in any order. Ignores repeated times and times in the future.
    pub fn learn(times: impl IntoIterator<Item = DateTime<Utc>>, now: DateTime<Utc>) -> Option<Self> {
        let mut times: Vec<_> = times.into_iter().filter(|time| *time <= now).collect();
        times.sort_unstable();
        times.dedup();
        let times = &times[times.len().saturating_sub(MAX_TIMES)..];
        let (oldest, newest) = (times.first()?, times.last()?);
        let gaps = times.len() as u64 - 1;
        let gap = u64::try_from((*newest - *oldest).num_seconds()).ok()?.checked_div(gaps)?;
        (times.len() >= MIN_TIMES && gap > 0).then_some(Self { gap, newest: *newest })
    }

    /// Returns how long the feed has been silent.
    pub fn silence(&self, now: DateTime<Utc>) -> Duration {
        (now - self.newest).to_std().unwrap_or_default()
    }

    /// Returns whether the feed has been silent for much longer than its frequency suggests.
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.silence(now) > self.longest_silence()
    }

    /// Returns the time after which the feed is stale if it stays silent.
    pub fn stale_after(&self) -> DateTime<Utc> {
        let silence = TimeDelta::from_std(self.longest_silence()).ok();
        silence.and_then(|silence| self.newest.checked_add_signed(silence)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn longest_silence(&self) -> Duration {
        STALE_AFTER.max(Duration::from_secs(self.gap).saturating_mul(STALE_GAPS))
    }

    /// Returns the interval between two polls that the frequency suggests; `interval` is the configured one.
    pub(super) fn pause(&self, interval: Duration, now: DateTime<Utc>) -> Duration {
        let gap = Duration::from_secs(self.gap) / POLLS_PER_GAP;
        let near = gap.clamp(interval / MAX_SPEED_UP, interval.saturating_mul(MAX_SLOW_DOWN));
        near.max(self.silence(now) / SILENCE_SHARE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(times: &[i64]) -> Option<UpdateFrequency> {
        let at = |seconds: &i64| DateTime::from_timestamp(*seconds, 0).unwrap();
        UpdateFrequency::learn(times.iter().map(at), DateTime::from_timestamp(1_000_000, 0).unwrap())
    }

    #[test]
    fn a_frequency_is_derived_from_times_in_any_order() {
        for (times, gap) in [
            (&[400, 100, 300, 200][..], Some(100)),
            (&[100, 100, 200, 200, 300, 400], Some(100)),
            (&[100, 200, 300], None),
            (&[100; 9], None),
            (&[], None),
            (&[100, 200, 300, 2_000_000], None), // the last one is in the future
        ] {
            assert_eq!(learn(times).map(|frequency| frequency.gap), gap, "{times:?}");
        }
    }

    #[test]
    fn polls_follow_the_frequency_and_slow_down_in_silence() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let minutes = |n: u64| Duration::from_secs(n * 60);
        for (gap, silence, pause) in [
            (minutes(60), minutes(0), minutes(15)),
            (minutes(1), minutes(1), minutes(2)),
            (minutes(1_440), minutes(60), minutes(60)),
            (minutes(60), minutes(3 * 1_440), minutes(144)),
        ] {
            let frequency = UpdateFrequency { gap: gap.as_secs(), newest: now - silence };
            assert_eq!(frequency.pause(minutes(10), now), pause, "{gap:?} {silence:?}");
        }
        assert!(!UpdateFrequency { gap: 3_600, newest: now - minutes(2 * 1_440) }.is_stale(now));
        assert!(UpdateFrequency { gap: 3_600, newest: now - minutes(4 * 1_440) }.is_stale(now));
    }
}
