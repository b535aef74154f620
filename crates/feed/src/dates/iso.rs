//! ISO 8601 and its profiles (W3C date-time, RFC 3339), extended and basic, calendar, ordinal and week dates.

use std::borrow::Cow;

use chrono::{NaiveDate, Weekday};

use super::{Clock, Day, Written, century, zones};

pub(super) fn parse(raw: &str) -> Option<Written> {
    if !raw.is_ascii() {
        return None;
    }
    let (date, rest) = split(raw);
    let days = vec![Day::plain(day(date)?)];
    // Two dates in one field: the first is read.
    let rest = rest.trim();
    let second =
        rest.match_indices(' ').find(|(at, _)| rest[at + 1..].bytes().position(|byte| byte == b'-') == Some(4));
    let rest = second.map_or(rest, |(at, _)| &rest[..at]);
    if rest.is_empty() {
        return Some(Written { days, ..Written::default() });
    }
    let end = rest
        .bytes()
        .position(|byte| !(byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b',')))
        .unwrap_or(rest.len());
    let clock = clock(&rest[..end])?;
    let zone = rest[end..].trim();
    let offset = if zone.is_empty() { None } else { Some(zones::parse(zone)?) };
    Some(Written { days, clock: Some(clock), offset, ..Written::default() })
}

/// Date and what follows it, parted by `T` or blanks.
fn split(raw: &str) -> (&str, &str) {
    match raw.find(['T', 't', ' ', '_']) {
        Some(at) => (&raw[..at], raw[at + 1..].trim_start_matches(['T', 't', ' '])),
        None if raw.len() == 14 && raw.bytes().all(|byte| byte.is_ascii_digit()) => raw.split_at(8),
        // A zone straight after a date: 2024-06-03Z, 2024-06-03+02:00.
        None => match raw.strip_suffix(['Z', 'z']) {
            Some(date) => (date, ""),
            None if raw.len() > 10 && matches!(raw.as_bytes()[10], b'+' | b'-') => (&raw[..10], ""),
            None => (raw, ""),
        },
    }
}

fn digits(text: &str) -> Option<u32> {
    (!text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn day(date: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = date.splitn(4, '-').collect();
    match parts[..] {
        [all] => basic(all),
        [year, rest] if year.len() == 4 => {
            let year = digits(year)?.cast_signed();
            match rest.len() {
                1 | 2 => NaiveDate::from_ymd_opt(year, digits(rest)?, 1),
                3 if rest.starts_with(['W', 'w']) => week(year, &rest[1..], "1"),
                3 => NaiveDate::from_yo_opt(year, digits(rest)?),
                // 2024-0603
                4 => NaiveDate::from_ymd_opt(year, digits(&rest[..2])?, digits(&rest[2..])?),
                _ => None,
            }
        }
        [year, number, day] if year.len() == 4 && number.starts_with(['W', 'w']) => {
            week(digits(year)?.cast_signed(), &number[1..], day)
        }
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            NaiveDate::from_ymd_opt(digits(year)?.cast_signed(), digits(month)?, digits(day)?)
        }
        _ => None,
    }
}

/// Without hyphens.
fn basic(all: &str) -> Option<NaiveDate> {
    if let Some((year, rest)) = all.split_once(['W', 'w']) {
        let year = digits(year).filter(|_| year.len() == 4)?.cast_signed();
        return match rest.len() {
            2 => week(year, rest, "1"),
            3 => week(year, &rest[..2], &rest[2..]),
            _ => None,
        };
    }
    let number = digits(all)?;
    let year = |divisor: u32| (number / divisor).cast_signed();
    match all.len() {
        4 => NaiveDate::from_ymd_opt(number.cast_signed(), 1, 1),
        5 => NaiveDate::from_yo_opt(century(year(1000))?, number % 1000),
        7 => NaiveDate::from_yo_opt(year(1000), number % 1000),
        8 => NaiveDate::from_ymd_opt(year(10_000), number / 100 % 100, number % 100),
        _ => None,
    }
}

fn week(year: i32, number: &str, day: &str) -> Option<NaiveDate> {
    let day = Weekday::try_from(u8::try_from(digits(day)?.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(year, digits(number)?, day)
}

/// `hh`, `hh:mm`, `hhmm`, `hh:mm:ss`, `hhmmss`, with a fraction of seconds.
pub(super) fn clock(text: &str) -> Option<Clock> {
    // 10.20.30: dots where colons belong.
    let dotted = !text.contains(':') && text.len() > 3 && text.split('.').all(|part| part.len() == 2);
    let text: &str = &if dotted { Cow::Owned(text.replace('.', ":")) } else { Cow::Borrowed(text) };
    let (text, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let nanos = nanos(fraction);
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    let (hour, minute, second) = match parts[..] {
        [all] => match all.len() {
            1 | 2 => (digits(all)?, 0, 0),
            3 | 4 => (digits(&all[..all.len() - 2])?, digits(&all[all.len() - 2..])?, 0),
            6 => (digits(&all[..2])?, digits(&all[2..4])?, digits(&all[4..])?),
            _ => return None,
        },
        [hour, minute] | [hour, minute, ""] => (digits(hour)?, digits(minute)?, 0),
        // Milliseconds may stand after a colon.
        [hour, minute, second] | [hour, minute, second, _] => (digits(hour)?, digits(minute)?, digits(second)?),
        _ => return None,
    };
    Some(Clock { hour, minute, second, nanos })
}

fn nanos(fraction: &str) -> u32 {
    let mut nanos = 0;
    let mut unit = 100_000_000;
    for digit in fraction.bytes().take(9).take_while(u8::is_ascii_digit) {
        nanos += u32::from(digit - b'0') * unit;
        unit /= 10;
    }
    nanos
}
