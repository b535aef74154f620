//! Dates as feeds write them.
//!
//! Any of ISO 8601's forms, RFC 822's with every liberty taken, `asctime`, a dozen languages' month names, seconds since
//! 1970. A time without a zone is UTC, a day without a time its first instant.
//!
//! Which date is *believed*: the parser knows no clock, so it refuses only years before 1971 (a zero that was never set)
//! and after 2100. Who knows the time gives it ([`crate::feed::Hints::now`]): more than a day ahead of it is not believed
//! either, since a site's clock and zone may be wrong by hours, not by days.

mod free;
mod iso;
mod words;
mod zones;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// Longest words taken for a date, in bytes.
const MAX_LENGTH: usize = 120;

/// The instant that `raw` says.
pub(crate) fn parse(raw: &str) -> Option<DateTime<Utc>> {
    let raw = raw.trim();
    if raw.is_empty() || raw.len() > MAX_LENGTH {
        return None;
    }
    iso::parse(raw).or_else(|| epoch(raw)).or_else(|| free::parse(raw))
}

/// Whether a news story may have this date.
pub(crate) fn believed(at: DateTime<Utc>, now: Option<DateTime<Utc>>) -> bool {
    (1971..=2100).contains(&at.year()) && now.is_none_or(|now| at <= now + TimeDelta::days(1))
}

/// Seconds or milliseconds since 1970, with or without a fraction.
fn epoch(raw: &str) -> Option<DateTime<Utc>> {
    let whole = raw
        .split_once('.')
        .map_or(raw, |(whole, fraction)| if fraction.bytes().all(|byte| byte.is_ascii_digit()) { whole } else { raw });
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole.len() {
        9 | 10 => DateTime::from_timestamp(whole.parse().ok()?, 0),
        12 | 13 => DateTime::from_timestamp_millis(whole.parse().ok()?),
        16 => DateTime::from_timestamp_micros(whole.parse().ok()?),
        _ => None,
    }
}

/// A time of day. `24:00` is the next day's start, a leap second the next second's.
#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
}

/// Puts the parts together; `offset` is seconds east of Greenwich.
fn instant(day: NaiveDate, clock: Clock, offset: i32) -> Option<DateTime<Utc>> {
    let Clock { hour, minute, second, nanos } = clock;
    let midnight = hour == 24 && minute == 0 && second == 0;
    if (hour > 23 && !midnight) || minute > 59 || second > 60 || offset.abs() > 16 * 3600 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second) - i64::from(offset);
    day.and_hms_opt(0, 0, 0)?
        .checked_add_signed(TimeDelta::seconds(seconds) + TimeDelta::nanoseconds(i64::from(nanos)))
        .map(|at| at.and_utc())
}

/// The century of a two-digit year: the nineties were the web's first decade.
fn century(year: i32) -> i32 {
    if year < 90 { 2000 + year } else { 1900 + year }
}
