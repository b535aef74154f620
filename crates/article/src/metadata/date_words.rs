//! Finds dates among other words, as in bylines: with or without a year, a weekday or a time.

use std::ops::Range;

use dateline_feed::{is_date_filler, is_month, is_weekday, is_zone, western_digits};

/// The longest line examined, in bytes.
const MAX_LINE: usize = 300;
/// A weekday's name that is as long as this is not an abbreviation, in code points.
const WHOLE: usize = 5;

/// The role of a word in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateWordKind {
    /// A date in numbers, or a time of day.
    Whole,
    /// A day, a year.
    Number,
    Month,
    Weekday,
    /// A word after a time: am, Uhr, a zone.
    Behind,
    /// "of", "de", "at".
    Filler,
    Other,
}

/// Returns the places of the words in `line` that are dates.
pub(crate) fn runs(line: &str) -> Vec<Range<usize>> {
    if line.len() > MAX_LINE || !line.contains(char::is_numeric) {
        return Vec::new();
    }
    let words: Vec<(usize, &str)> = starts(line);
    let kinds: Vec<DateWordKind> = words.iter().map(|(_, word)| kind(word)).collect();
    let mut runs = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let start = at;
        while at < words.len() && belongs(&words, &kinds, start, at) {
            at += 1;
        }
        if let Some(run) = trimmed(&words, &kinds, start..at) {
            let (last, word) = words[run.end - 1];
            runs.push(words[run.start].0..last + word.len());
        }
        at = at.max(start + 1);
    }
    runs
}

/// Returns the parts of a line between its dates.
pub(crate) fn outside(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut end = 0;
    for run in runs(line) {
        parts.push(&line[end..run.start]);
        end = run.end;
    }
    parts.push(&line[end..]);
    parts
}

/// Returns the words of a line and where they start.
fn starts(line: &str) -> Vec<(usize, &str)> {
    let words = line.split(char::is_whitespace).filter(|word| !word.is_empty());
    words.map(|word| (word.as_ptr() as usize - line.as_ptr() as usize, word)).collect()
}

fn kind(word: &str) -> DateWordKind {
    let bare = word.trim_matches([',', '.', ':', ';', '(', ')', '[', ']']);
    if bare.is_empty() {
        return DateWordKind::Other;
    }
    let bare = &*western_digits(bare);
    if bare.starts_with(|c: char| c.is_ascii_digit()) {
        return of_number(bare);
    }
    let lower = bare.to_lowercase();
    if matches!(lower.as_str(), "am" | "pm" | "a.m" | "p.m" | "uhr") || is_zone(bare) {
        DateWordKind::Behind
    } else if !bare.starts_with(char::is_alphabetic) {
        DateWordKind::Other
    } else if is_month(bare) {
        DateWordKind::Month
    } else if is_weekday(bare) {
        DateWordKind::Weekday
    } else if is_date_filler(&lower) {
        DateWordKind::Filler
    } else {
        DateWordKind::Other
    }
}

/// `26.08.2024`, `10:05`, `10h30`, `10am` are whole, `26`, `3rd` and `2024` are numbers.
fn of_number(word: &str) -> DateWordKind {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &word[digits..];
    let parts =
        word.split(['.', '/', '-']).filter(|part| part.bytes().next().is_some_and(|b| b.is_ascii_digit())).count();
    let is_clock = digits < 3
        && (matches!(rest.to_ascii_lowercase().as_str(), "am" | "pm" | "a.m" | "p.m")
            || rest.starts_with([':', 'h']) && rest[1..].bytes().next().is_some_and(|b| b.is_ascii_digit()));
    let is_dotted_clock = digits < 3 && rest.len() == 3 && rest.starts_with('.') && parts == 2;
    if is_clock || is_dotted_clock || parts == 3 || rest.contains(['年', '년']) {
        DateWordKind::Whole
    } else if rest.chars().count() <= 2 && matches!(digits, 1 | 2 | 4) && rest.chars().all(char::is_alphabetic) {
        DateWordKind::Number
    } else {
        DateWordKind::Other
    }
}

/// Returns whether the word at `at` continues the run of a date from `start`.
fn belongs(words: &[(usize, &str)], kinds: &[DateWordKind], start: usize, at: usize) -> bool {
    let is_whole = words[at].1.chars().count() >= WHOLE;
    match kinds[at] {
        DateWordKind::Whole | DateWordKind::Number | DateWordKind::Month => true,
        DateWordKind::Weekday if at == start => {
            // "Julia Sun", "Plácido Domingo": after one name it is another.
            let before = words[..at].iter().rev().take_while(|(_, word)| word.ends_with(char::is_alphanumeric)).count();
            let is_followed = matches!(kinds.get(at + 1), Some(DateWordKind::Number | DateWordKind::Month));
            before == 0 || before > 1 && (is_whole || is_followed)
        }
        DateWordKind::Weekday => is_whole,
        DateWordKind::Behind => {
            at > start && matches!(kinds[at - 1], DateWordKind::Whole | DateWordKind::Number | DateWordKind::Behind)
        }
        DateWordKind::Filler => {
            at > start
                && kinds.get(at + 1).is_some_and(|next| {
                    matches!(next, DateWordKind::Whole | DateWordKind::Number | DateWordKind::Month)
                })
        }
        DateWordKind::Other => false,
    }
}

/// Returns a run without the months at its edges that are names of people, if what is left is a date.
fn trimmed(words: &[(usize, &str)], kinds: &[DateWordKind], run: Range<usize>) -> Option<Range<usize>> {
    let Range { mut start, mut end } = run;
    let is = |at: usize, kind: DateWordKind| kinds.get(at) == Some(&kind);
    let months = |run: Range<usize>| kinds[run].iter().filter(|kind| **kind == DateWordKind::Month).count();
    let name = |at: usize| is(at, DateWordKind::Other) && words[at].1.starts_with(char::is_uppercase);
    // "26 August 2024 May Chen"
    if end > start && is(end - 1, DateWordKind::Month) && months(start..end) > 1 && name(end) {
        end -= 1;
    }
    // "Theresa May 5 June 2024"
    if is(start, DateWordKind::Month) && months(start..end) > 1 && start > 0 && name(start - 1) {
        start += 1;
    }
    // "Theresa May 26.08.2024", "10:05 June Carter"
    while start < end && is(start, DateWordKind::Month) && !is(start + 1, DateWordKind::Number) {
        start += 1;
    }
    while start < end && is(end - 1, DateWordKind::Month) && !(end > start + 1 && is(end - 2, DateWordKind::Number)) {
        end -= 1;
    }
    let run = &kinds[start..end];
    let has = |kind: DateWordKind| run.contains(&kind);
    (has(DateWordKind::Whole) || has(DateWordKind::Month) && has(DateWordKind::Number)).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stand_among_names() {
        for (line, parts) in [
            ("Monday August 26, 2024 10:05 am PDT by Julia Clove", &["by Julia Clove"][..]),
            ("2024-08-26 10:05 by Mark Dunn", &["by Mark Dunn"]),
            ("26.08.2024, 10:05 Uhr, Martin Hahn", &["Martin Hahn"]),
            ("Posted on August 26, 2024 at 10:05 am by Martin Hale", &["Posted on", "by Martin Hale"]),
            ("Theresa May 26.08.2024", &["Theresa May"]),
            ("Theresa May 5 June 2024", &["Theresa May"]),
            ("April Jones, 26 August", &["April Jones"]),
            ("August Berg 10:05", &["August Berg"]),
            ("26 August 2024 May Chen", &["May Chen"]),
            ("May 5, 2024 June Carter", &["June Carter"]),
            ("lundi 26 août 2024 à 10h05, par Julie Avril", &["par Julie Avril"]),
            ("10:05 April Jones", &["April Jones"]),
            ("Ada Reyes Monday, November 18, 2019, 04:05 pm", &["Ada Reyes"]),
            ("Julia Sun 26.08.2024", &["Julia Sun"]),
            ("Mark Dunn Mon 26 Aug 2024 10.05 BST", &["Mark Dunn"]),
            ("12 de marzo de 2019, Marco Ruiz", &["Marco Ruiz"]),
            ("Dean Marsh 3rd March 2019", &["Dean Marsh"]),
            ("12 марта 2019, Ада Рейес", &["Ада Рейес"]),
            ("Ada Reyes, 5 comments", &["Ada Reyes, 5 comments"]),
            ("May Chen", &["May Chen"]),
        ] {
            let outside = outside(line);
            let found: Vec<&str> =
                outside.iter().map(|part| part.trim_matches([' ', ','])).filter(|part| !part.is_empty()).collect();
            assert_eq!(found, parts, "{line}");
        }
    }
}
