//! Parses the dates of feeds and pages.
//!
//! Reads all forms of ISO 8601, lenient RFC 822, `asctime`, the names of months and weekdays in all languages of CLDR,
//! and seconds since 1970. A time without a zone is in UTC; a day without a time means its first instant.
//!
//! A date is read in two steps, since words alone often have more than one meaning: [`read`] returns every meaning
//! ([`DateReading`]), and [`DateReading::settle`] chooses by the conventions of the document ([`Customs`]), if they
//! decide:
//!
//! - Numbers such as `08/10/2024`: the weekday, a part over 12, the document's other dates, its language and country.
//! - Names such as `listopad`, which is October in Croatian and November in Czech: the language of the weekday, the
//!   document's language, the
//!   weekday itself, the other dates.
//!
//! With dots the day comes first everywhere (`08.10.2024`); four digits at the start are the year.
//!
//! Implausible dates are rejected: years before 1971 (an unset zero, or another calendar) and after 2100. If the caller
//! gives the current time ([`crate::Hints::now`]), dates more than a day in the future are rejected too, since the
//! clock and the zone of a site may be wrong by hours, but not by days.

mod customs;
mod evidence;
mod free;
mod iso;
mod names;
mod numeric;
mod order;
mod reading;
mod zones;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

pub use customs::Customs;
pub use names::{is_between, is_month, is_weekday, is_zone, western_digits};
pub use reading::DateReading;
use reading::{Day, Sense};

/// Longest words taken for a date, in bytes.
const MAX_LENGTH: usize = 120;
/// Years that a Gregorian date of news has.
const YEARS: std::ops::RangeInclusive<i32> = 1971..=2100;

/// The place of the words of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// In a field that contains a date; unknown words are skipped.
    Field,
    /// In a line of prose that contains a date; every word given must be part of it.
    Line,
}

/// Returns the instant that `raw` means without any context.
pub(crate) fn parse(raw: &str) -> Option<DateTime<Utc>> {
    read(raw, Style::Field)?.settle(&Customs::default())
}

/// Returns the possible meanings of `raw`; `None` if it is not a date.
pub fn read(raw: &str, style: Style) -> Option<DateReading> {
    let raw = raw.trim();
    if raw.is_empty() || raw.len() > MAX_LENGTH {
        return None;
    }
    if let Some(at) = epoch(raw) {
        return (style == Style::Field).then(|| DateReading::exact(at));
    }
    // In a line a year alone is not a day, and zones are in capitals, since other words are none.
    let year = raw.bytes().take_while(u8::is_ascii_digit).count();
    let is_whole = year == 8 || year == 4 && raw.as_bytes().get(4) == Some(&b'-');
    let is_iso = style == Style::Field || is_whole && !raw.contains(|c: char| c.is_ascii_lowercase());
    let iso = is_iso.then(|| iso::parse(raw)).flatten();
    iso.or_else(|| free::parse(raw, style))?.into_reading()
}

/// Returns whether a news article may have this date.
pub(crate) fn believed(at: DateTime<Utc>, now: Option<DateTime<Utc>>) -> bool {
    YEARS.contains(&at.year()) && now.is_none_or(|now| at <= now + TimeDelta::days(1))
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

/// The parts of a date, as written.
#[derive(Debug, Default)]
struct Written {
    /// The possible days.
    days: Vec<Day>,
    weekday: Vec<names::Meaning>,
    clock: Option<Clock>,
    /// Seconds east of Greenwich.
    offset: Option<i32>,
}

impl Written {
    fn into_reading(self) -> Option<DateReading> {
        let (clock, offset) = (self.clock.unwrap_or_default(), self.offset.unwrap_or_default());
        let believed = |at: &DateTime<Utc>| YEARS.contains(&at.year());
        let sense = |day: &Day| Some(Sense { day: *day, at: instant(day.date, clock, offset).filter(believed)? });
        let senses: Vec<Sense> = self.days.iter().filter_map(sense).collect();
        let reading =
            DateReading { senses, weekday: self.weekday, clock: self.clock.is_some(), zone: self.offset.is_some() };
        Some(reading).filter(|reading| !reading.senses.is_empty())
    }
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

/// Returns the century of a two-digit year. What is neither of this century's first half nor of the last one's end is a year of another
/// calendar: Thailand's 67 was 2024.
fn century(year: i32) -> Option<i32> {
    match year {
        0..=49 => Some(2000 + year),
        70..=99 => Some(1900 + year),
        _ => None,
    }
}
