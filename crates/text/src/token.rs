//! Splits text into words, numbers and punctuation marks. Abbreviations keep their full stop ("Sen.", "U.S."), as in
//! the corpora of the taggers; the word boundaries of UAX 29 would cut it off.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

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

/// Words that keep their full stop.
const ABBREVIATIONS: &str = "mr mrs ms dr prof sen rep gov gen lt col maj capt sgt cpl pvt adm cmdr rev hon st jr sr inc corp co \
    ltd vs etc jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd dept univ assn bros no \
    calif fla ill mass mich minn mo tenn wis wash conn ariz colo pa va ga ala ark del ind kan ky la md miss mont neb nev okla ore \
    tex vt wyo messrs supt det insp approx est pres sens reps govs drs gens profs ft mt atty amb pfc";

static ABBREVIATED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ABBREVIATIONS.split_whitespace().collect());
/// Abbreviations that are also words: only with a capital, and before a capital or digit.
const CAPITAL_ONLY: [&str; 13] =
    ["no", "co", "mar", "jun", "sat", "sun", "ill", "miss", "la", "pa", "del", "ind", "mass"];
/// Longer than any abbreviation.
const MAX_ABBREVIATION: usize = 8;

pub(super) fn cut(chars: &[char], span: Range<usize>, tokens: &mut Vec<Token>) {
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
            (word_end(here, at), true)
        } else if is_apostrophe(c) && !spaced && suffix(here, at) {
            (at + 2, true)
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

fn word_end(chars: &[char], start: usize) -> usize {
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
            c if is_apostrophe(c) => letter_after && !suffix(chars, at),
            '-' | '\u{2010}' | '\u{2011}' | '_' => alnum(at + 1),
            '.' | ',' | ':' if digit_before && digit_after => true,
            '&' => letter_after && chars[at - 1].is_uppercase(),
            _ => false,
        };
        if goes_on {
            at += 1;
            continue;
        }
        if c == '.' {
            return full_stop(chars, start, at);
        }
        return at;
    }
}

/// Returns whether a character is a combining mark or invisible: a soft hyphen, a joiner.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

/// Returns whether the full stop after `start..at` belongs to the word: initials, acronyms with stops, abbreviations.
fn full_stop(chars: &[char], start: usize, at: usize) -> usize {
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
        return if chars[start].is_uppercase() && chars[start] != 'I' { at + 1 } else { at };
    }
    if at - start > MAX_ABBREVIATION {
        return at;
    }
    let word: String = chars[start..at].iter().flat_map(|c| c.to_lowercase()).collect();
    let fits = ABBREVIATED.contains(word.as_str())
        && (chars[start].is_uppercase() || matches!(&*word, "vs" | "etc" | "approx"));
    let next = chars[at + 1..].iter().take(4).find(|c| !c.is_whitespace());
    let strict = CAPITAL_ONLY.contains(&&*word);
    let followed = next.is_some_and(|c| c.is_ascii_digit() || (word != "no" && c.is_uppercase()));
    if fits && (!strict || followed) { at + 1 } else { at }
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
