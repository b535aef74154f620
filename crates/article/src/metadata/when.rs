//! Parses times of pages, and chooses between them.
//!
//! The first statement in the order of trust wins, with three exceptions:
//!
//! - A day without a time is replaced by a later statement with a time on that day.
//! - A time without a zone is in UTC, unless a later statement gives the same clock time with a zone.
//! - If a later statement gives the same clock time in another zone and a third statement confirms that instant, that
//!   instant wins.
//!
//! Years before 1971 (an unset zero) and after 2100 are ignored; the caller, who knows the current time, rejects the
//! future. Ambiguous numbers (`08/10/2024`) are decided by all dates of the page together ([`When::settle`]).

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use dateline_feed::{DateCustoms, DateReading, DateStyle, read_date, western_digits};
use dateline_record::Source;
use regex::Regex;

use crate::phrases::lines;

/// The longest printed line that is searched for a time, in bytes, and the most words of it.
const MAX_LINE: usize = 300;
const MAX_WORDS: usize = 30;
/// The maximum number of words of a printed time: `Wednesday, 20 November 2019 at 9:22 am GMT +01:00`.
const MAX_TIME_WORDS: usize = 10;

/// One statement of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When {
    /// The instant; without a zone the reading as if in UTC, without a time the day's first instant.
    pub at: DateTime<Utc>,
    /// Whether it tells the time of day.
    clock: bool,
    /// Whether it tells the zone.
    zone: bool,
}

impl When {
    /// Returns what the words of a date mean on a page of these customs; `None` if that stays open.
    pub(crate) fn settle(said: &DateReading, customs: &DateCustoms) -> Option<Self> {
        Some(Self { at: said.settle(customs)?, clock: said.clock, zone: said.zone })
    }
}

/// The meaning that a page gives to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Nothing is said.
    None,
    /// "Published", "Posted on", …
    Published,
    /// "Updated", "Last modified", …
    Modified,
}

/// Reads a whole value as a time.
pub(crate) fn read(text: &str) -> Option<DateReading> {
    read_date(text, DateStyle::Field)
}

/// Returns the instant that is believed of statements in the order of trust.
pub(crate) fn believed(told: &[(Source, When)]) -> Option<(Source, DateTime<Utc>)> {
    let (source, first) = *told.first()?;
    let rest = &told[1..];
    if !first.clock {
        // The day may be local: its hours are within the widest zones.
        let on_day = |at: DateTime<Utc>| (TimeDelta::hours(-14)..TimeDelta::hours(38)).contains(&(at - first.at));
        let timed: Vec<(Source, When)> = rest.iter().copied().filter(|(_, w)| w.clock && on_day(w.at)).collect();
        return believed_timed(&timed).or(Some((source, first.at)));
    }
    believed_timed(told)
}

fn believed_timed(told: &[(Source, When)]) -> Option<(Source, DateTime<Utc>)> {
    let (source, first) = *told.first()?;
    let mut same_reading = told[1..].iter().filter(|(_, w)| w.zone && is_same_reading(first.at, w.at));
    let other = if first.zone {
        same_reading.find(|(_, w)| {
            told.iter().filter(|(_, t)| t.clock && t.zone && (t.at - w.at).abs() < TimeDelta::minutes(1)).count() > 1
        })
    } else {
        same_reading.next()
    };
    Some(other.map_or((source, first.at), |(source, w)| (*source, w.at)))
}

/// Returns whether two instants are one reading of a clock in two zones.
fn is_same_reading(a: DateTime<Utc>, b: DateTime<Utc>) -> bool {
    let apart = (a.timestamp().div_euclid(60) - b.timestamp().div_euclid(60)).abs();
    (15..=14 * 60).contains(&apart) && apart % 15 == 0
}

/// The words that stand before a time: in group `m` those of modification, in `p` those of publication.
static LABELS: LazyLock<Regex> = LazyLock::new(|| {
    let (modified, published) =
        include_str!("../data/time-labels.txt").split_once("[published]").expect("the list has both sections");
    let group = |list: &'static str| {
        let words = lines(list).filter(|line| !line.starts_with('[')).flat_map(top_level).map(|word| {
            // Scripts that write words together have no edges of words.
            let has_edges =
                word.starts_with(|c: char| c == '(' || c.is_lowercase() || ('\u{590}'..'\u{e00}').contains(&c));
            format!("{}{word}", if has_edges { r"\b" } else { "" })
        });
        words.collect::<Vec<String>>().join("|")
    };
    Regex::new(&format!("(?i)(?P<m>{})|(?P<p>{})", group(modified), group(published))).expect("the list is valid")
});

/// Returns the alternatives of a pattern that stand in no group.
fn top_level(pattern: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    pattern.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == '|' && depth == 0
    })
}

/// Returns whether a word, in lower case, stands before times: "published", "mis à jour".
pub(crate) fn is_label(word: &str) -> bool {
    LABELS.find(word).is_some_and(|found| found.range() == (0..word.len()))
}

/// Returns the times that a printed line tells, each with what it is said to be.
pub(crate) fn printed(line: &str) -> Vec<(Label, DateReading)> {
    if line.len() > MAX_LINE {
        return Vec::new();
    }
    let line = &*western_digits(line);
    if find(line).is_none() {
        return Vec::new();
    }
    let mut starts: Vec<(usize, Label)> = vec![(0, Label::None)];
    for found in LABELS.captures_iter(line) {
        let whole = found.get(0).expect("group 0 is the match");
        starts.push((whole.end(), if found.name("m").is_some() { Label::Modified } else { Label::Published }));
    }
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([line.len()]);
    starts.iter().zip(ends).filter_map(|((start, label), end)| Some((*label, find(&line[*start..end])?))).collect()
}

/// Returns whether a line may contain a date, by a quick test that few lines pass: a year of this century or the last, or digits separated by a dot or a slash.
fn may_tell_a_day(line: &str) -> bool {
    line.as_bytes().windows(3).any(|near| {
        let [a, b, c] = [near[0], near[1], near[2]];
        matches!((a, b), (b'1', b'9') | (b'2', b'0')) && c.is_ascii_digit()
            || a.is_ascii_digit() && matches!(b, b'.' | b'/') && c.is_ascii_digit()
    })
}

/// Returns whether a line is little more than a time.
pub(crate) fn is_mostly_time(line: &str) -> bool {
    let words = line.split_whitespace().count();
    words <= MAX_TIME_WORDS + 3 && find(&western_digits(line)).is_some()
}

/// Returns the first run of words that is a time, the longest from where it starts.
fn find(text: &str) -> Option<DateReading> {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?-u:\b(?:19[7-9]|20[0-9])\d)(?:(?-u:\b)|[年년Tг])|(?-u:\b\d{1,2}[./]\d{1,2}[./]\d{2}\b)")
            .expect("a fixed pattern")
    });
    if !may_tell_a_day(text) || !YEAR.is_match(text) {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '|' | '：' | '•' | '·' | '[' | ']' | '@' | '—' | '–' | '⋅'))
        .filter(|w| w.chars().any(char::is_alphanumeric))
        .take(MAX_WORDS)
        .collect();
    (0..words.len()).filter(|&start| begins_time(&words, start)).find_map(|start| {
        let last = words.len().min(start + MAX_TIME_WORDS);
        (start + 1..=last).rev().find_map(|end| {
            let run = words[start..end].join(" ");
            (YEAR.is_match(&run) && numbers(&run) > 1)
                .then(|| read_date(run.trim_matches([',', ';', ':', '-', '(', ')', '/']), DateStyle::Line))
                .flatten()
        })
    })
}

/// Returns how many numbers a text has: a month and its year are not a day.
fn numbers(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).count()
}

/// Returns whether a time may begin with a word: with a digit, or with a word (a month, a weekday) and then a digit.
fn begins_time(words: &[&str], at: usize) -> bool {
    let digit = |i: usize| {
        words.get(i).is_some_and(|w: &&str| w.trim_start_matches(['(', '/']).starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_name = words[at].chars().any(char::is_alphabetic) && !words[at].ends_with([':', '-']);
    digit(at) || is_name && (digit(at + 1) || words[at].ends_with([',', '.']) && digit(at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_to_utc() {
        for (text, utc) in [
            ("2025-04-25T13:05:00Z", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05:00+02:00", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05:00+0200", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05+0200", Some("2025-04-25T13:05:00+00:00")),
            ("Fri, 25 Apr 2025 13:05:00 GMT", Some("2025-04-25T13:05:00+00:00")),
            ("Fri Apr 25 2025 13:05:00 GMT+0000", Some("2025-04-25T13:05:00+00:00")),
            ("Fri Apr 25 2025 15:05:00 GMT+0200 (Central European Summer Time)", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25 13:05:00", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25 13:05:00 GMT", Some("2025-04-25T13:05:00+00:00")),
            ("April 25, 2025, 09:05 AM EDT", Some("2025-04-25T13:05:00+00:00")),
            ("20250425", Some("2025-04-25T00:00:00+00:00")),
            ("1745586300", Some("2025-04-25T13:05:00+00:00")),
            ("0001-01-01T00:00:00Z", None),
            ("2925-04-25T13:05:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            let when = read(text).and_then(|said| When::settle(&said, &DateCustoms::default()));
            assert_eq!(when.map(|t| t.at.to_rfc3339()).as_deref(), utc, "{text}");
        }
    }

    #[test]
    fn printed_times_are_found_in_many_languages() {
        let settle = |said: &DateReading| When::settle(said, &DateCustoms::new(Some("en-US"), None)).unwrap().at;
        for (line, label, utc) in [
            ("Published 12 March 2019 at 10:30", Label::Published, "2019-03-12T10:30"),
            ("Published 2:16 AM EST Nov 20, 2019", Label::Published, "2019-11-20T07:16"),
            ("Posted on March 12, 2019 by Ada Reyes", Label::Published, "2019-03-12T00:00"),
            ("Posted by Ada Reyes on March 12, 2019, 6:21 AM EST", Label::Published, "2019-03-12T11:21"),
            ("by Ada Reyes | March 12, 2019 | 4:20pm", Label::None, "2019-03-12T16:20"),
            ("Tuesday 12 March 2019 9:22 am", Label::None, "2019-03-12T09:22"),
            ("March 12, 2019 / 1:07 AM / World Wire", Label::None, "2019-03-12T01:07"),
            ("12 MAR 2019", Label::None, "2019-03-12T00:00"),
            ("03/12/2019", Label::None, "2019-03-12T00:00"),
            ("On Tuesday, March 12th, 2019 at 11:08 a.m.", Label::None, "2019-03-12T11:08"),
            ("Von Ada Reyes publiziert am 12. März 2019", Label::Published, "2019-03-12T00:00"),
            ("Veröffentlicht am 12.03.2019 um 10:30 Uhr", Label::Published, "2019-03-12T10:30"),
            ("Publié le 12 mars 2019 à 10h30", Label::Published, "2019-03-12T10:30"),
            ("Publicado: 12 de marzo de 2019 10:30", Label::Published, "2019-03-12T10:30"),
            ("Publicado em 12 de março de 2019 às 10h30", Label::Published, "2019-03-12T10:30"),
            ("Pubblicato il 12 marzo 2019", Label::Published, "2019-03-12T00:00"),
            ("Опубликовано 12 марта 2019, 10:30", Label::Published, "2019-03-12T10:30"),
            ("Текст: Ада Рейес · 12 марта 2019", Label::None, "2019-03-12T00:00"),
            ("Gepubliceerd op 12 maart 2019 10:30", Label::Published, "2019-03-12T10:30"),
            ("Yayınlanma: 12 Mart 2019 10:30", Label::Published, "2019-03-12T10:30"),
            ("입력 : [2019-03-12 10:30]", Label::Published, "2019-03-12T10:30"),
            ("2019年3月12日 10:30", Label::None, "2019-03-12T10:30"),
            ("发布时间：2019年3月12日 10:30", Label::Published, "2019-03-12T10:30"),
            ("١٢ مارس ٢٠١٩", Label::None, "2019-03-12T00:00"),
            ("Thứ tư, 13/3/2019, 10:30 (GMT+7)", Label::None, "2019-03-13T03:30"),
            ("12 March 2019 10:30 by Adam West", Label::None, "2019-03-12T10:30"),
            ("March 12, 2019 by Julia Clove", Label::None, "2019-03-12T00:00"),
            ("Theresa May 12.03.2019, 10:30", Label::None, "2019-03-12T10:30"),
            ("Updated 12 March 2019 10:30", Label::Modified, "2019-03-12T10:30"),
        ] {
            let found = printed(line);
            let (is, when) = found.first().unwrap_or_else(|| panic!("{line}"));
            assert_eq!((*is, settle(when).format("%Y-%m-%dT%H:%M").to_string().as_str()), (label, utc), "{line}");
        }
        let both = printed("Updated March 13, 2019 8:21 am ET / Original March 12, 2019 8:02 am ET");
        let both: Vec<_> = both.iter().map(|(label, w)| (*label, settle(w).format("%d %H:%M").to_string())).collect();
        assert_eq!(both, [(Label::Modified, "13 13:21".to_owned()), (Label::Published, "12 13:02".to_owned())]);
        for line in [
            "1 day ago",
            "Call (509) 459-5382",
            "The 16-inch model of 2019 sold well",
            "Nov 18",
            "March 2019",
            "Mark 12, 2019",
            "Julia 12 2019",
            "12 Martin 2019",
            "Augustin 3, 2019",
            "5 comments",
        ] {
            assert_eq!(printed(line), [], "{line}");
        }
    }

    #[test]
    fn contradicting_times_are_settled() {
        let day = "2019-03-12";
        for (told, utc) in [
            (&["2019-03-12T10:30:00Z", "2019-03-12T11:00:00Z"][..], "2019-03-12T10:30"),
            (&[day, "2019-03-12T10:30:00Z"], "2019-03-12T10:30"),
            (&[day, "2019-03-13T02:30:00Z"], "2019-03-13T02:30"),
            (&[day, "2019-03-20T10:30:00Z"], "2019-03-12T00:00"),
            (&[day], "2019-03-12T00:00"),
            (&["2019-03-12T10:30:00", "2019-03-12T10:30:00-05:00"], "2019-03-12T15:30"),
            (&["2019-03-12T10:30:00", "2019-03-12T10:41:00-05:00"], "2019-03-12T10:30"),
            (&["2019-03-12T10:30:00Z", "2019-03-12T10:30:00-05:00"], "2019-03-12T10:30"),
            (&["2019-03-12T10:30:00Z", "2019-03-12T10:30:00-05:00", "March 12, 2019 10:30 am EST"], "2019-03-12T15:30"),
        ] {
            let settle = |text: &&str| When::settle(&read(text).unwrap(), &DateCustoms::default()).unwrap();
            let told: Vec<_> = told.iter().map(|text| (Source::Meta, settle(text))).collect();
            let at = believed(&told).unwrap().1;
            assert_eq!(at.format("%Y-%m-%dT%H:%M").to_string(), utc, "{told:?}");
        }
        assert_eq!(believed(&[]), None);
    }
}
