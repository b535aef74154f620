//! Dates in words and numbers in any order: RFC 822 and its descendants, `asctime`, local conventions.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::names::{self, Meaning};
use super::numeric::{self, Number};
use super::{Clock, Day, Style, Written, iso, zones};

/// The maximum number of numbers of a date.
const MAX_NUMBERS: usize = 6;

/// The parts of a date found so far.
struct DateParts {
    style: Style,
    /// Numbers that are not a time.
    numbers: Vec<Number>,
    /// The separator after the last number: a mark, `w` for a word, or none.
    mark: Option<char>,
    month: Vec<Meaning>,
    /// The meaning of the month's word as a weekday.
    month_as_weekday: Vec<Meaning>,
    weekday: Vec<Meaning>,
    clock: Option<Clock>,
    offset: Option<i32>,
    afternoon: Option<bool>,
    /// Whether a zone may stand here: after a time of day.
    at_zone: bool,
}

/// The effect of a word.
enum Step {
    Go,
    /// A second date begins: the first is complete.
    Stop,
}

pub(super) fn parse(raw: &str, style: Style) -> Option<Written> {
    if ["令和", "平成", "昭和"].iter().any(|era| raw.contains(era)) {
        // Years of a reign.
        return None;
    }
    let (text, zone) = prepare(raw);
    let mut found = DateParts {
        style,
        numbers: Vec::new(),
        mark: None,
        month: Vec::new(),
        month_as_weekday: Vec::new(),
        weekday: Vec::new(),
        clock: None,
        offset: None,
        afternoon: None,
        at_zone: false,
    };
    let mut rest = text.as_str();
    let mut words = 0;
    while let Some(first) = rest.chars().next() {
        let used = if first.is_ascii_digit() {
            found.number(rest)?
        } else if names::is_letter(first) {
            words += 1;
            let (used, step) = found.word(rest, words)?;
            if matches!(step, Step::Stop) {
                break;
            }
            used
        } else if matches!(first, '+' | '-')
            && found.clock.is_some()
            && (found.at_zone || style == Style::Field)
            && rest[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            let end = 1 + rest[1..].find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len() - 1);
            found.offset = Some(zones::offset(&rest[..end])?);
            end
        } else {
            if !first.is_whitespace() && !matches!(first, '\u{200e}' | '\u{200f}' | '\u{61c}') && found.mark.is_none() {
                found.mark = Some(first);
            }
            first.len_utf8()
        };
        rest = &rest[used..];
    }
    let (days, late) = found.days()?;
    let mut clock = found.clock.or(late);
    if let Some(clock) = &mut clock {
        match found.afternoon {
            Some(true) if clock.hour < 12 => clock.hour += 12,
            Some(false) if clock.hour == 12 => clock.hour = 0,
            _ => {}
        }
    }
    // A day without a time is the day anywhere.
    let offset = found.offset.or(zone.filter(|_| clock.is_some()));
    Some(Written { days, weekday: found.weekday, clock, offset })
}

/// Normal form C with our digits, ideographic dates made numeric; the offset that Korean ones imply.
fn prepare(raw: &str) -> (String, Option<i32>) {
    let raw = &*without_brackets(raw);
    if raw.is_ascii() {
        return (raw.to_owned(), None);
    }
    let mut text = String::with_capacity(raw.len());
    let mut behind_digit = false;
    for c in raw.nfc().map(names::western_digit) {
        match c {
            '−' | '–' => text.push('-'),
            '年' | '년' | '月' | '월' if behind_digit => text.push('-'),
            '日' | '號' | '号' | '일' | '秒' | '초' if behind_digit => text.push(' '),
            '时' | '時' | '点' | '點' | '시' | '分' | '분' if behind_digit => text.push(':'),
            c => text.push(c),
        }
        behind_digit = c.is_ascii_digit() || behind_digit && c == ' ';
    }
    let korean = ["년", "오전", "오후"].iter().any(|mark| raw.contains(mark));
    for (half, meaning) in [
        ("上午", " a.m. "),
        ("午前", " a.m. "),
        ("오전", " a.m. "),
        ("下午", " p.m. "),
        ("午後", " p.m. "),
        ("오후", " p.m. "),
    ] {
        text = text.replace(half, meaning);
    }
    (text, korean.then_some(9 * 3600))
}

/// Returns a text up to a bracket, whose words are a zone's full name or no part of the date; a short zone is kept: `(GMT+7)`.
fn without_brackets(raw: &str) -> Cow<'_, str> {
    let Some((before, rest)) = raw.split_once(" (").filter(|(before, _)| before.len() > 7) else { return raw.into() };
    let inside = rest.split(')').next().unwrap_or_default();
    let is_zone = inside.len() < 10
        && inside.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '+' | '-'))
        && inside.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b':'));
    if is_zone { format!("{before} {inside}").into() } else { before.into() }
}

/// `am` or `pm` in any writing at the start of a text, and its length.
fn half_day(text: &str) -> Option<(bool, usize)> {
    let bytes = text.as_bytes();
    let afternoon = match bytes.first()?.to_ascii_lowercase() {
        b'a' => false,
        b'p' => true,
        _ => return None,
    };
    let dot = usize::from(bytes.get(1) == Some(&b'.'));
    let blank = usize::from(dot == 1 && bytes.get(2) == Some(&b' '));
    let m = 1 + dot + blank;
    let is_half = bytes.get(m).is_some_and(|m| m.eq_ignore_ascii_case(&b'm'));
    let end = m + 1 + usize::from(dot == 1 && bytes.get(m + 1) == Some(&b'.'));
    (is_half && !text[m + 1..].starts_with(names::is_letter)).then_some((afternoon, end))
}

impl DateParts {
    /// Returns whether a number such as `10.20` is a time of day: after a whole date, or before a word that says so.
    fn is_dotted_time(&self, rest: &str) -> bool {
        let bytes = rest.as_bytes();
        let hour = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let shape = (1..=2).contains(&hour)
            && bytes.get(hour) == Some(&b'.')
            && bytes[hour + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count() == 2
            && bytes.get(hour + 3) != Some(&b'.');
        let known = self.numbers.len() + usize::from(!self.month.is_empty());
        shape && self.clock.is_none() && (known >= 3 || names::lower(rest[hour + 3..].trim_start()).starts_with("uhr"))
    }

    /// Reads a number, and the time of day that it may begin; bytes used.
    fn number(&mut self, rest: &str) -> Option<usize> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        if self.is_dotted_time(rest) {
            self.clock = Some(iso::clock(&rest[..digits + 3].replace('.', ":"))?);
            self.at_zone = true;
            return Some(digits + 3);
        }
        if digits <= 2 && after.starts_with([':', 'h', 'H']) {
            // 10:30:05.5, 10h30, 10 h
            let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | 'h' | 'H')));
            let end = end.unwrap_or(rest.len());
            let written = rest[..end].replace(['h', 'H'], ":");
            let clock = iso::clock(written.trim_end_matches([':', '.']))?;
            // Of a span of time the beginning counts.
            self.clock = self.clock.or(Some(clock));
            self.at_zone = true;
            return Some(end);
        }
        self.at_zone = false;
        let value: u32 = rest[..digits].parse().ok()?;
        let half = half_day(after.trim_start()).is_some() && !after.contains(':');
        if half && value <= 12 && self.clock.is_none() && digits <= 2 {
            self.clock = Some(Clock { hour: value, ..Clock::default() });
            return Some(digits);
        }
        if self.numbers.len() >= MAX_NUMBERS {
            return None;
        }
        self.numbers.push(Number { value, digits, mark: self.mark.take() });
        Some(digits)
    }

    /// Reads a word, the `place`-th: bytes used and what to do; `None` if no date has such a word.
    fn word(&mut self, rest: &str, place: usize) -> Option<(usize, Step)> {
        if let Some((afternoon, used)) = half_day(rest)
            // "am 3. Juni", "a.m.": German's "on" has no dots.
            && (self.clock.is_some() || self.style == Style::Field && (afternoon || rest[1..].starts_with('.')))
        {
            self.afternoon = self.afternoon.or(Some(afternoon));
            self.at_zone = true;
            return Some((used, Step::Go));
        }
        let (used, word) = names::longest(rest);
        let shown = &rest[..used];
        self.mark = Some('w');
        if let Some(offset) = self.zone(shown, &word) {
            // `+0200 CEST`: the offset has said it.
            self.offset = self.offset.or(Some(offset));
            return Some((used, Step::Go));
        }
        let mut weekday = names::weekdays(&word);
        if self.style == Style::Line {
            weekday.retain(|meaning| meaning.usual);
        }
        let opens = place == 1 && rest[used..].starts_with([',', '.']) && !weekday.is_empty();
        if names::is_between(&word) && !opens {
            return Some((used, Step::Go));
        }
        self.at_zone = false;
        let mut month = if self.style == Style::Field { names::months_cut(&word) } else { names::months(&word) };
        if self.style == Style::Line {
            month.retain(|meaning| meaning.usual);
        }
        if month.is_empty() {
            let known = !weekday.is_empty();
            self.add_weekday(weekday);
            // Words before the date say what it is; a zone unknown to us stands after the time.
            let passed = match self.style {
                Style::Field => {
                    place == 1
                        || self.clock.is_some() && word.len() <= 5
                        || self.numbers.is_empty()
                        || zones::named(&word).is_some()
                }
                Style::Line => false,
            };
            return (known || passed).then_some((used, Step::Go));
        }
        if self.month.is_empty() {
            (self.month, self.month_as_weekday) = (month, weekday);
        } else if !self.month_as_weekday.is_empty() {
            // `mar, 3 jun`: what looked like a month was a weekday.
            let first = std::mem::take(&mut self.month_as_weekday);
            self.add_weekday(first);
            self.month = month;
        } else if !weekday.is_empty() {
            self.add_weekday(weekday);
        } else if self.style == Style::Line {
            return None;
        } else {
            return Some((used, Step::Stop));
        }
        Some((used, Step::Go))
    }

    fn add_weekday(&mut self, weekday: Vec<Meaning>) {
        if self.weekday.is_empty() {
            self.weekday = weekday;
        }
    }

    /// Returns the offset of a zone's name, where a zone may stand.
    fn zone(&self, shown: &str, word: &str) -> Option<i32> {
        self.clock?;
        let offset = zones::named(word)?;
        let is_zone = match self.style {
            Style::Field => !(word.len() == 1 && names::is_between(word) && word != "a"),
            // A name after the time is not a zone: "10:05 West".
            Style::Line => {
                self.at_zone && shown.bytes().all(|b| b.is_ascii_uppercase()) && (shown.len() > 1 || shown == "Z")
            }
        };
        is_zone.then_some(offset)
    }

    /// Returns the days that may be meant, and a time of day that was written as a plain number after them.
    fn days(&mut self) -> Option<(Vec<Day>, Option<Clock>)> {
        let fits = |count: usize| self.style == Style::Field || self.numbers.len() == count;
        let named = if fits(2) { numeric::days_of_months(&self.numbers, &self.month) } else { None };
        if named.is_some() {
            return named;
        }
        // `mar, 25.01.2022`
        let only_weekday = self.month.is_empty() || !self.month_as_weekday.is_empty();
        if !only_weekday || !fits(3) {
            return None;
        }
        let weekday = std::mem::take(&mut self.month_as_weekday);
        self.add_weekday(weekday);
        Some((numeric::days(&self.numbers), None))
    }
}
