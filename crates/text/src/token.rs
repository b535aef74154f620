//! Splits text into words, numbers and punctuation marks. Abbreviations keep their full stop ("Sen.", "U.S."), as in
//! the corpora of the taggers; the word boundaries of UAX 29 would cut it off. What an apostrophe cuts off ("l'", "dell'") is a
//! token of its own.

use std::ops::Range;

use crate::languages::{Rules, Stop};

/// A word, number or mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The offset of the first code point.
    pub start: usize,
    /// The offset after the last code point.
    pub end: usize,
    /// Whether white space or the start of the block precedes it.
    pub spaced: bool,
    /// Whether it is a word or number, not a mark.
    pub is_word: bool,
}

/// Longer than any abbreviation.
const MAX_ABBREVIATION: usize = 8;

pub(super) fn cut(chars: &[char], span: Range<usize>, rules: &Rules, tokens: &mut Vec<Token>) {
    let mut at = span.start;
    let mut spaced = true;
    while at < span.end {
        let c = chars[at];
        if c.is_whitespace() {
            spaced = true;
            at += 1;
            continue;
        }
        let here = &chars[..span.end];
        let (end, is_word) = if c.is_alphanumeric() {
            (elision_end(here, at, rules).unwrap_or_else(|| word_end(here, at, rules)), true)
        } else if is_apostrophe(c) && !spaced && rules.has_possessive && suffix(here, at) {
            (at + 2, true)
        } else if let Some(end) = clitic_end(here, at, rules).filter(|_| spaced) {
            (end, true)
        } else {
            (mark_end(here, at), false)
        };
        tokens.push(Token { start: at, end, spaced, is_word });
        at = end;
        spaced = false;
    }
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Returns whether `'s` at this place ends a word.
fn suffix(chars: &[char], at: usize) -> bool {
    chars.get(at + 1).is_some_and(|c| matches!(c, 's' | 'S')) && !chars.get(at + 2).is_some_and(|c| c.is_alphanumeric())
}

/// The maximum number of letters before an apostrophe.
const MAX_ELISION: usize = 10;

/// Returns the end of what an apostrophe cuts off from the next word, with the apostrophe: "l'", "dell'".
fn elision_end(chars: &[char], start: usize, rules: &Rules) -> Option<usize> {
    if rules.elisions.is_empty() {
        return None;
    }
    let letters = chars[start..].iter().take(MAX_ELISION).take_while(|c| c.is_alphabetic()).count();
    let apostrophe = chars.get(start + letters).filter(|&&c| is_apostrophe(c));
    apostrophe?;
    let word: String = chars[start..start + letters].iter().flat_map(|c| c.to_lowercase()).collect();
    rules.elisions.contains(word.as_str()).then_some(start + letters + 1)
}

/// Returns the end of a small word that an apostrophe begins: "'t", and "'s-Hertogenbosch".
fn clitic_end(chars: &[char], start: usize, rules: &Rules) -> Option<usize> {
    if !is_apostrophe(chars[start]) || rules.clitics.is_empty() {
        return None;
    }
    let mut letter = [0; 4];
    let c = chars.get(start + 1)?.to_lowercase().next()?;
    let known = rules.clitics.contains(&*c.encode_utf8(&mut letter));
    let joined = chars.get(start + 2).is_some_and(|c| c.is_alphanumeric() || is_apostrophe(*c));
    (known && !joined).then(|| word_end(chars, start + 1, rules))
}

fn word_end(chars: &[char], start: usize, rules: &Rules) -> usize {
    if let Some(end) = url_end(chars, start) {
        return end;
    }
    let alnum = |i: usize| chars.get(i).is_some_and(|c| c.is_alphanumeric());
    let mut at = start;
    loop {
        while alnum(at) || chars.get(at).is_some_and(|&c| is_combining(c)) {
            at += 1;
        }
        let Some(&c) = chars.get(at) else { return at };
        let letter_after = chars.get(at + 1).is_some_and(|c| c.is_alphabetic());
        let digit_before = chars[at - 1].is_ascii_digit();
        let digit_after = chars.get(at + 1).is_some_and(char::is_ascii_digit);
        let goes_on = match c {
            c if is_apostrophe(c) && rules.has_possessive => letter_after && !suffix(chars, at),
            // "Gehry's", "19'5"
            c if is_apostrophe(c) => letter_after || digit_before && digit_after,
            '-' | '\u{2010}' | '\u{2011}' | '_' => alnum(at + 1),
            '.' | ',' | ':' if digit_before && digit_after => true,
            '.' if rules.joins_capitals && is_acronym(&chars[start..at], chars.get(at + 1)) => true,
            '&' => letter_after && chars[at - 1].is_uppercase(),
            _ => false,
        };
        if goes_on {
            at += 1;
            continue;
        }
        if c == '.' {
            return full_stop(chars, start, at, rules);
        }
        return at;
    }
}

/// Returns whether a character is a combining mark or invisible: a soft hyphen, a joiner.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

/// Longer than any acronym with full stops in it.
const MAX_ACRONYM: usize = 12;

/// Returns whether a full stop within a word joins parts in capitals: "EE.UU.".
fn is_acronym(before: &[char], next: Option<&char>) -> bool {
    let upper = |c: &char| c.is_uppercase() || *c == '.';
    (2..=MAX_ACRONYM).contains(&before.len()) && before.iter().all(upper) && next.is_some_and(|c| c.is_uppercase())
}

/// Returns the end of a word with the full stop at `at` if that belongs to it: initials, acronyms with stops, abbreviations,
/// ordinals.
fn full_stop(chars: &[char], start: usize, at: usize, rules: &Rules) -> usize {
    let single = at - start == 1 && chars[start].is_alphabetic();
    if single {
        // U.S., p.m., J.K.: letters and stops in turn.
        let mut end = at + 1;
        let mut letters = 1;
        while chars.get(end).is_some_and(|c| c.is_alphabetic()) && chars.get(end + 1) == Some(&'.') {
            end += 2;
            letters += 1;
        }
        let joined = chars.get(end).is_some_and(|c| c.is_alphanumeric());
        if letters > 1 && !joined {
            return end;
        }
        if chars[start].is_uppercase() && chars[start] != 'I' {
            return at + 1;
        }
    }
    if at - start > MAX_ABBREVIATION {
        return at;
    }
    if rules.has_ordinals && is_ordinal(chars, start, at)
        || chars[start..at].contains(&'.') && !has_digit(chars, start, at)
    {
        return at + 1;
    }
    let word: String = chars[start..at].iter().flat_map(|c| c.to_lowercase()).collect();
    let Some(&stop) = rules.abbreviations.get(&word) else { return at };
    let capital = chars[start].is_uppercase();
    let next = chars[at + 1..].iter().take(4).find(|c| !c.is_whitespace());
    let fits = match stop {
        Stop::Always => true,
        Stop::Capital => capital,
        Stop::BeforeName => capital && next.is_some_and(|c| c.is_ascii_digit() || c.is_uppercase()),
        Stop::BeforeNumber => capital && next.is_some_and(char::is_ascii_digit),
    };
    if fits { at + 1 } else { at }
}

fn has_digit(chars: &[char], start: usize, at: usize) -> bool {
    chars[start..at].iter().any(char::is_ascii_digit)
}

/// Returns whether a number before a full stop is an ordinal: a day, a century, a king, with a word behind it.
fn is_ordinal(chars: &[char], start: usize, at: usize) -> bool {
    let number = &chars[start..at];
    let arabic = number.len() <= 2 && number.iter().all(char::is_ascii_digit);
    let roman = number.len() <= 5 && number.iter().all(|c| matches!(c, 'I' | 'V' | 'X'));
    let gap = chars[at + 1..].iter().take(4).take_while(|c| c.is_whitespace() && **c != '\n').count();
    (arabic || roman) && gap > 0 && chars.get(at + 1 + gap).is_some_and(|c| c.is_alphabetic())
}

/// Returns the end of a web address that begins here; a mark that ends the sentence is not part of it.
fn url_end(chars: &[char], start: usize) -> Option<usize> {
    let begins = |text: &str| text.chars().enumerate().all(|(i, c)| chars.get(start + i) == Some(&c));
    if !begins("http://") && !begins("https://") && !begins("www.") {
        return None;
    }
    let mut end = start;
    while chars.get(end).is_some_and(|c| !c.is_whitespace() && !"\"<>\u{201c}\u{201d}".contains(*c)) {
        end += 1;
    }
    while end > start && ".,;:!?)'\u{2019}".contains(chars[end - 1]) {
        end -= 1;
    }
    Some(end)
}

/// Dots, dashes and doubled marks of one kind are one token.
fn mark_end(chars: &[char], start: usize) -> usize {
    let c = chars[start];
    if !matches!(c, '.' | '-' | '\u{2014}' | '`') {
        return start + 1;
    }
    let most = if c == '`' { 2 } else { usize::MAX };
    start + chars[start..].iter().take(most).take_while(|&&next| next == c).count()
}
