//! Dates beside links: in attributes, in words, and in headings above the links of a day.

use std::sync::LazyLock;

use dateline_feed::{DateReading, DateStyle, is_month, read_date, western_digits};
use regex::Regex;

use crate::metadata::date_words;
use crate::metadata::when::{self, Label};

/// The longest line that is read as a date, in bytes, and the most words beside the date.
const MAX_LINE: usize = 160;
const MAX_BESIDE: usize = 4;

/// A date, or words that may be one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stamp {
    /// A date.
    Read(DateReading),
    /// A time of an unknown day.
    Clock(String),
    /// Words that are a date only with a year or another part that is not written.
    Open(String),
}

/// Reads the value of an attribute that holds a date.
pub(super) fn of_attribute(value: &str) -> Option<Stamp> {
    read_date(value, DateStyle::Field).map(Stamp::Read)
}

/// Reads a line that may be a date. If `is_marked` is set, its element says that it is one.
pub(super) fn of_line(line: &str, is_marked: bool) -> Option<Stamp> {
    if line.len() > MAX_LINE || !line.contains(char::is_numeric) {
        return None;
    }
    let beside: usize = date_words::outside(line).iter().map(|part| super::words::words(part)).sum();
    let printed = when::printed(line);
    if !printed.is_empty() {
        let published = printed.into_iter().find(|(label, _)| *label != Label::Modified);
        return published.filter(|_| is_marked || beside <= MAX_BESIDE).map(|(_, reading)| Stamp::Read(reading));
    }
    if clock(line).is_some() && (is_marked || beside <= 2) {
        return Some(Stamp::Clock(line.trim().to_owned()));
    }
    let has_month = || line.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 2 && is_month(word));
    let is_open = is_marked && super::words::words(line) <= 5 && (has_month() || DAY.is_match(line));
    is_open.then(|| Stamp::Open(line.trim().to_owned()))
}

/// Returns whether a text is a date, or a time of day.
pub(super) fn is_time(text: &str) -> bool {
    let text = text.trim();
    matches!(of_line(text, false), Some(Stamp::Read(_) | Stamp::Clock(_)))
}

/// Returns the words of a day if a line consists of little else: the heading above the links of a day.
pub(super) fn day(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_day = line.len() < 60
        && clock(line).is_none()
        && date_words::outside(line).iter().all(|part| super::words::words(part) < 2)
        && when::printed(line).first().is_some_and(|(label, _)| *label == Label::None);
    is_day.then_some(line)
}

/// Returns the date of a day with a time of day.
pub(super) fn of_day(day: &str, time: Option<&str>) -> Option<DateReading> {
    let line = match time.and_then(clock) {
        Some((hour, minute)) => format!("{day} {hour}:{minute}"),
        None => day.to_owned(),
    };
    Some(when::printed(&line).into_iter().next()?.1)
}

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d:.])([01]?\d|2[0-3])[:.hH]([0-5]\d)(?:$|[^\d:.]|[:.][0-5]\d)").expect("a fixed pattern")
});
static DAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d{1,2}[./]\d{1,2}\b").expect("a fixed pattern"));

/// Returns hour and minute of a line with a time of day.
fn clock(line: &str) -> Option<(String, String)> {
    let line = western_digits(line);
    let found = CLOCK.captures(&line)?;
    Some((found[1].to_owned(), found[2].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_dates_times_or_neither() {
        for (line, is_marked, kind) in [
            ("12.05.2026", false, "read"),
            ("Publié le 12 mai 2026 à 11h40", false, "read"),
            ("14:32", false, "clock"),
            ("14.32 Uhr", false, "clock"),
            ("12 May", true, "open"),
            ("12 May", false, "none"),
            ("hace 3 horas", true, "none"),
            ("Updated 12 May 2026", true, "none"),
            ("3 comments", true, "none"),
            ("The harbour that was opened on 3 April 1978 will be deepened again", false, "none"),
        ] {
            let found = match of_line(line, is_marked) {
                Some(Stamp::Read(_)) => "read",
                Some(Stamp::Clock(_)) => "clock",
                Some(Stamp::Open(_)) => "open",
                None => "none",
            };
            assert_eq!(found, kind, "{line}");
        }
    }

    #[test]
    fn the_heading_of_a_day_dates_the_times_below_it() {
        for heading in ["12 maja 2026", "Tuesday, 12 May 2026", "2026年5月12日"] {
            let reading = of_day(day(heading).unwrap(), Some("14:32")).unwrap();
            let at = reading.settle(&dateline_feed::DateCustoms::default()).unwrap();
            assert_eq!(at.to_rfc3339(), "2026-05-12T14:32:00+00:00", "{heading}");
        }
        for line in ["Depesze na żywo", "The vote of 12 May 2026", "12 May 2026, 14:32"] {
            assert_eq!(day(line), None, "{line}");
        }
    }
}
