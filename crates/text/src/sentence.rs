//! Sentence boundaries.

use std::ops::Range;

use super::Token;
use crate::languages::Rules;

/// Particles that open a surname.
const PARTICLES: [&str; 20] = [
    "de", "di", "da", "du", "del", "della", "dos", "van", "von", "der", "den", "ter", "ten", "la", "le", "al", "el",
    "bin", "ibn", "zu",
];
/// Verbs by which a name in lower case is known as the subject of a new sentence.
const SPEAKS: [&str; 9] =
    ["said", "says", "told", "announced", "reported", "confirmed", "declined", "denied", "replied"];
/// The minimum number of letters of a word that is not an abbreviation.
const WHOLE: usize = 4;
/// The maximum number of letters of a brand's name; longer words with capitals or digits inside are addresses and codes.
const LONGEST_BRAND: usize = 24;

/// Cuts the tokens from `first` on into sentences.
pub(super) fn cut(chars: &[char], tokens: &[Token], first: usize, rules: &Rules, sentences: &mut Vec<Range<usize>>) {
    let mut start = first;
    let mut at = first;
    while at < tokens.len() {
        let ends = ends_sentence(chars, tokens, at);
        at += 1;
        if !ends {
            continue;
        }
        // Closing marks that cling to the full stop belong to the sentence.
        let closes = |at: usize| {
            !tokens[at].spaced && is_closing(chars[tokens[at].start])
                || rules.has_spaced_marks && closes_apart(chars, tokens, at)
                || rules.has_low_marks
                    && !tokens[at].spaced
                    && matches!(chars[tokens[at].start], '\u{201c}' | '\u{2018}' | '\u{ab}')
        };
        while at < tokens.len() && closes(at) {
            at += 1;
        }
        if at < tokens.len() && begins(chars, tokens, at, rules) {
            sentences.push(start..at);
            start = at;
        }
    }
    if start < tokens.len() {
        sentences.push(start..tokens.len());
    }
}

fn ends_sentence(chars: &[char], tokens: &[Token], at: usize) -> bool {
    let token = tokens[at];
    match chars[token.start] {
        '.' | '!' | '?' | '\u{2026}' => true,
        _ => token.is_word && chars[token.end - 1] == '.',
    }
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\u{201d}' | '\u{2019}' | '\'' | ')' | ']' | '\u{bb}')
}

/// Returns whether the token is a mark that closes with a space before it, as in French.
fn closes_apart(chars: &[char], tokens: &[Token], at: usize) -> bool {
    chars[tokens[at].start] == '\u{bb}' && tokens.get(at + 1).is_none_or(|next| next.spaced)
}

/// Returns whether a sentence begins at this token, behind the last token of the one before.
fn begins(chars: &[char], tokens: &[Token], at: usize, rules: &Rules) -> bool {
    let (before, token) = (tokens[at - 1], tokens[at]);
    let c = chars[token.start];
    if before.is_word {
        // An abbreviation: only a word that seldom follows a name begins a sentence.
        let last = before.end - before.start;
        let initial = last == 2 && chars[before.start].is_uppercase();
        let word: String = chars[token.start..token.end].iter().collect();
        return !initial && token.spaced && rules.starters.contains(word.as_str());
    }
    let opening =
        matches!(c, '"' | '\u{201c}' | '\u{2018}' | '\'' | '(' | '[' | '\u{ab}' | '\u{201e}' | '\u{bf}' | '\u{a1}')
            || c == '\u{bb}' && !tokens.get(at + 1).is_none_or(|next| next.spaced);
    let ellipsis = chars[before.start] == '\u{2026}' || before.end - before.start > 1;
    token.spaced
        && (c.is_uppercase()
            || c.is_numeric()
            || opening
            || !c.is_lowercase() && token.is_word
            || !ellipsis && opens_in_lower_case(chars, tokens, at, rules))
}

/// Returns whether a word without a capital opens a sentence: a brand ("eBay", "a16z"), the particle of a surname ("de Blasio"), or a name
/// in lower case that speaks ("adidas said").
fn opens_in_lower_case(chars: &[char], tokens: &[Token], at: usize, rules: &Rules) -> bool {
    let text = |at: usize| -> &[char] { tokens.get(at).map_or(&[], |token| &chars[token.start..token.end]) };
    let is = |words: &[&str], at: usize| {
        let word = text(at);
        words.iter().any(|listed| listed.chars().eq(word.iter().copied()))
    };
    let word = text(at);
    let styled = word.len() <= LONGEST_BRAND && word.iter().any(|c| c.is_uppercase() || c.is_ascii_digit());
    let capital = |at: usize| text(at).first().is_some_and(|c| c.is_uppercase());
    let particle = is(&PARTICLES, at) && (capital(at + 1) || is(&PARTICLES, at + 1) && capital(at + 2));
    // Only a whole word before the full stop shows that no abbreviation ends there.
    let stop = at - 1;
    let whole = stop > 0
        && text(stop) == ['.']
        && text(stop - 1).len() >= WHOLE
        && text(stop - 1).iter().all(|c| c.is_lowercase());
    styled || rules.opens_in_lower_case && (particle || whole && word.len() >= WHOLE && is(&SPEAKS, at + 1))
}
