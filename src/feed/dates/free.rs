//! Dates in words and numbers, in whatever order: RFC 822 and its descendants, `asctime`, local customs.

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization;

use super::{Clock, century, instant, iso, words, zones};

/// What has been found so far.
#[derive(Default)]
struct Found {
    /// Numbers that are no time: value, digits, and what stood before.
    numbers: Vec<(u32, usize, char)>,
    month: Option<u32>,
    clock: Option<Clock>,
    offset: Option<i32>,
    afternoon: Option<bool>,
}

pub(super) fn parse(raw: &str) -> Option<DateTime<Utc>> {
    let (text, zone) = prepare(raw);
    if ["令和", "平成", "昭和"].iter().any(|era| text.contains(era)) {
        // Years of a reign.
        return None;
    }
    let mut found = Found::default();
    let mut rest = text.as_str();
    let mut before = ' ';
    let mut words = 0;
    while let Some(first) = rest.chars().next() {
        let used = if first.is_ascii_digit() {
            number(&mut found, rest, before)?
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            words += 1;
            word(&mut found, &rest[..end], words)?;
            end
        } else if matches!(first, '+' | '-')
            && found.clock.is_some()
            && rest[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            let end = 1 + rest[1..].find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len() - 1);
            found.offset = Some(zones::offset(&rest[..end])?);
            end
        } else {
            first.len_utf8()
        };
        before = first;
        rest = &rest[used..];
    }
    let (day, late) = found.day()?;
    let mut clock = found.clock.or(late).unwrap_or_default();
    match found.afternoon {
        Some(true) if clock.hour < 12 => clock.hour += 12,
        Some(false) if clock.hour == 12 => clock.hour = 0,
        _ => {}
    }
    instant(day, clock, found.offset.unwrap_or(zone))
}

/// Lower case, ideographic dates made numeric; the offset that Korean ones imply.
fn prepare(raw: &str) -> (String, i32) {
    // A zone's full name in brackets says again what the offset said.
    let raw = raw.find('(').filter(|at| *at > 8).map_or(raw, |at| &raw[..at]);
    let mut text = raw.to_lowercase().replace("a.m.", "am").replace("p.m.", "pm").replace(['−', '–'], "-");
    if text.is_ascii() {
        return (text, 0);
    }
    text = text.nfc().map(western_digit).collect();
    let korean = ["년", "오전", "오후"].iter().any(|mark| text.contains(mark));
    for (marks, meaning) in [
        (&["年", "년", "月", "월"][..], "-"),
        (&["日", "號", "号", "일"], " "),
        (&["时", "時", "点", "點", "시"], ":"),
        (&["分", "분"], ":"),
        (&["秒", "초"], " "),
        (&["上午", "午前", "오전"], " am "),
        (&["下午", "午後", "오후"], " pm "),
    ] {
        for mark in marks {
            text = text.replace(mark, meaning);
        }
    }
    (text, if korean { 9 * 3600 } else { 0 })
}

/// Arabic, Persian and wide digits as ours.
fn western_digit(c: char) -> char {
    let zeros = ['\u{660}', '\u{6f0}', '\u{ff10}'];
    let digit = zeros.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

/// `10.20` is a time of day behind a whole date or before a word that says so.
fn is_dotted_time(found: &Found, rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let hour = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let shape = (1..=2).contains(&hour)
        && bytes.get(hour) == Some(&b'.')
        && bytes[hour + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count() == 2
        && bytes.get(hour + 3) != Some(&b'.');
    let known = found.numbers.len() + usize::from(found.month.is_some());
    shape && found.clock.is_none() && (known >= 3 || rest[hour + 3..].trim_start().starts_with("uhr"))
}

/// Reads a number, and the time of day that it may begin; bytes used.
fn number(found: &mut Found, rest: &str, before: char) -> Option<usize> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = &rest[digits..];
    if is_dotted_time(found, rest) {
        found.clock = Some(iso::clock(&rest[..digits + 3].replace('.', ":"))?);
        return Some(digits + 3);
    }
    if digits <= 2 && after.starts_with([':', 'h']) {
        // 10:30:05.5, 10h30, 10 h
        let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | 'h'))).unwrap_or(rest.len());
        let written = rest[..end].replace('h', ":");
        let clock = iso::clock(written.trim_end_matches([':', '.']))?;
        // Of a span of time the beginning counts.
        found.clock = found.clock.or(Some(clock));
        return Some(end);
    }
    let value: u32 = rest[..digits].parse().ok()?;
    let half = ["am", "pm"].iter().any(|half| {
        let rest = after.trim_start().strip_prefix(half);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic) && !rest.contains(':'))
    });
    if half && value <= 12 && found.clock.is_none() && digits <= 2 {
        found.clock = Some(Clock { hour: value, ..Clock::default() });
    } else {
        if found.numbers.len() >= 6 {
            return None;
        }
        found.numbers.push((value, digits, before));
    }
    Some(digits)
}

/// Reads a word, the `place`-th; `None` if no date has such a word.
fn word(found: &mut Found, word: &str, place: usize) -> Option<()> {
    if word == "am" || word == "pm" {
        found.afternoon = Some(word == "pm");
        return Some(());
    }
    if found.clock.is_some()
        && let Some(offset) = zones::named(word)
        && !(word.len() == 1 && words::is_filler(word) && word != "a")
    {
        // `+0200 CEST`: the offset has said it.
        found.offset = found.offset.or(Some(offset));
        return Some(());
    }
    if words::is_filler(word) {
        return Some(());
    }
    match words::month(word) {
        Some(0) => Some(()),
        Some(month) => {
            // `mar, 3 jun`: what looked like a month was a weekday.
            found.month = Some(month);
            Some(())
        }
        // A weekday in any language or spelling stands first; a zone unknown to us stands behind the time.
        None if place == 1 || (found.clock.is_some() && word.len() <= 5) || found.numbers.is_empty() => Some(()),
        None if zones::named(word).is_some() => Some(()),
        None => None,
    }
}

impl Found {
    /// The day, and a time of day that was written as a plain number behind it.
    fn day(&self) -> Option<(NaiveDate, Option<Clock>)> {
        let is_year = |(value, digits, _): &(u32, usize, char)| *digits == 4 || *value > 31;
        let year = |(value, digits, _): (u32, usize, char)| {
            let value = value.cast_signed();
            if digits <= 2 { Some(century(value)) } else { (digits == 4).then_some(value) }
        };
        let date = |year: i32, month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
        let n = &self.numbers;
        if let Some(month) = self.month {
            let day = match n[..] {
                [y] if is_year(&y) => date(year(y)?, month, 1),
                [y, d, ..] if is_year(&y) => date(year(y)?, month, d.0),
                [d, y, ..] => date(year(y)?, month, d.0),
                _ => None,
            };
            let late = n.get(2).filter(|(_, digits, _)| *digits == 4).map(|(value, ..)| Clock {
                hour: value / 100,
                minute: value % 100,
                ..Clock::default()
            });
            return Some((day?, late));
        }
        let [a, b, c, ..] = n[..] else { return None };
        let day = if is_year(&a) {
            date(year(a)?, b.0, c.0).or_else(|| date(year(a)?, c.0, b.0))
        } else {
            let month_first = b.2 == '/' && a.0 <= 12;
            let (month, day) = if month_first || b.0 > 12 { (a.0, b.0) } else { (b.0, a.0) };
            date(year(c)?, month, day)
        };
        Some((day?, None))
    }
}
