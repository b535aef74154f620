//! Polling hints of servers and feeds: freshness, `ttl`, update periods, hours and days to skip.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// The hints of a server and a feed about when to poll, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PollingHints {
    /// How long the answer stays fresh (`Cache-Control`, `Expires`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<u64>,
    /// The feed's `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// `sy:updatePeriod` over `sy:updateFrequency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_period: Option<u64>,
    /// `sy:updateBase`: an instant from which the periods are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_base: Option<DateTime<Utc>>,
    /// `skipHours` and `skipDays`.
    #[serde(skip_serializing_if = "SkipWindows::is_none")]
    pub skips: SkipWindows,
}

/// Hours and days (UTC) in which a feed asks not to be polled. Ignored if they cover the whole week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipWindows {
    /// Bit 0 is midnight to one.
    hours: u32,
    /// Bit 0 is Monday.
    days: u8,
}

/// The names that `skipDays` uses; only the first three letters count.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl SkipWindows {
    /// Creates skips from the hours (0–23; RSS 0.91 writes midnight as 24) and the English names of days.
    pub fn new<'a>(hours: &[u8], days: impl IntoIterator<Item = &'a str>) -> Self {
        let hours = hours.iter().filter(|hour| **hour <= 24).fold(0, |mask, hour| mask | 1 << (hour % 24));
        let day = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            DAYS.iter().position(|day| name.starts_with(day))
        };
        let days = days.into_iter().filter_map(day).fold(0, |mask, day| mask | 1 << day);
        Self { hours, days }
    }

    /// Returns whether nothing is skipped, or everything, which no publisher intends.
    pub fn is_none(&self) -> bool {
        self.hours == 0xff_ffff || self.days == 0x7f || (self.hours == 0 && self.days == 0)
    }

    /// Returns whether the feed asks not to be polled at this time.
    pub fn skip(&self, time: DateTime<Utc>) -> bool {
        let day = time.weekday().num_days_from_monday();
        !self.is_none() && (self.hours >> time.hour() & 1 == 1 || self.days >> day & 1 == 1)
    }

    /// Returns the first instant at or after `time` at which the feed may be polled.
    pub fn after(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        let mut open = time;
        // A week has seven days of at most 24 hours: one step skips the rest of a day or of an hour.
        for _ in 0..8 * 24 {
            if !self.skip(open) {
                return open;
            }
            let hour = open.date_naive().and_hms_opt(open.hour(), 0, 0).unwrap_or_default().and_utc();
            let midnight = open.date_naive().and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
            let whole_day = self.days >> open.weekday().num_days_from_monday() & 1 == 1;
            let next =
                if whole_day { midnight.checked_add_days(Days::new(1)) } else { Some(hour + TimeDelta::hours(1)) };
            open = next.unwrap_or(open);
        }
        open
    }
}

impl PollingHints {
    /// Returns the longest interval that the server or the feed asks for, apart from `Retry-After`, and its source.
    pub(super) fn longest(&self) -> Option<(Duration, super::Source)> {
        use super::Source;
        let hints = [(self.fresh, Source::Fresh), (self.ttl, Source::Ttl), (self.update_period, Source::UpdatePeriod)];
        let hints = hints.into_iter().filter_map(|(seconds, source)| Some((Duration::from_secs(seconds?), source)));
        // Of equal hints the first one wins: the order of precedence.
        hints.reduce(|longest, next| if next.0 > longest.0 { next } else { longest })
    }

    /// Returns the next beginning of a period, counted from `sy:updateBase`, that is not before `earliest`.
    pub(super) fn tick(&self, earliest: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (base, period) = (self.update_base?, i64::try_from(self.update_period.filter(|period| *period > 0)?).ok()?);
        let since = (earliest - base).num_milliseconds();
        let periods = since.div_euclid(period.checked_mul(1_000)?).checked_add(1)?;
        base.checked_add_signed(TimeDelta::try_seconds(period.checked_mul(periods)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn polls_wait_until_skipped_hours_and_days_are_over() {
        // 2025-06-03 is a Tuesday.
        for (hours, days, from, to) in [
            (&[][..], &[][..], "2025-06-03T10:30:00Z", "2025-06-03T10:30:00Z"),
            (&[10, 11], &[], "2025-06-03T10:30:00Z", "2025-06-03T12:00:00Z"),
            (&[23, 0, 1], &[], "2025-06-03T23:59:59Z", "2025-06-04T02:00:00Z"),
            (&[23, 24], &[], "2025-06-03T23:59:59Z", "2025-06-04T01:00:00Z"),
            (&[], &["Tuesday", "wednesday"], "2025-06-03T10:30:00Z", "2025-06-05T00:00:00Z"),
            (&[0, 1], &["Sat", "Sun"], "2025-06-07T10:00:00Z", "2025-06-09T02:00:00Z"),
            (&[99], &["Someday", ""], "2025-06-03T10:30:00Z", "2025-06-03T10:30:00Z"),
        ] {
            let skips = SkipWindows::new(hours, days.iter().copied());
            assert_eq!(skips.after(at(from)), at(to), "{hours:?} {days:?} {from}");
        }
    }

    #[test]
    fn a_feed_that_skips_everything_is_polled_anyway() {
        let all: Vec<u8> = (0..24).collect();
        let now = at("2025-06-03T10:30:00Z");
        assert_eq!(SkipWindows::new(&all, []).after(now), now);
        assert_eq!(SkipWindows::new(&[], DAYS).after(now), now);
    }

    #[test]
    fn periods_are_counted_from_their_base() {
        let hints = PollingHints {
            update_period: Some(6 * 3_600),
            update_base: Some(at("2000-01-01T02:00:00Z")),
            ..PollingHints::default()
        };
        assert_eq!(hints.tick(at("2025-06-03T10:30:00Z")), Some(at("2025-06-03T14:00:00Z")));
        assert_eq!(hints.tick(at("1999-06-03T10:30:00Z")), Some(at("1999-06-03T14:00:00Z")));
        let never = PollingHints { update_period: Some(u64::MAX), ..hints };
        assert_eq!(never.tick(at("2025-06-03T10:30:00Z")), None);
    }
}
