//! Where sentences end.

use std::ops::Range;

use super::Token;

/// After an abbreviation, a capital alone does not begin a sentence, but these words do.
const STARTERS: [&str; 26] = [
    "The", "He", "She", "It", "They", "We", "But", "And", "In", "On", "At", "A", "An", "This", "That", "These",
    "There", "His", "Her", "Its", "Their", "When", "If", "While", "However", "Some",
];

/// Cuts the tokens from `first` on into sentences.
pub(super) fn cut(chars: &[char], tokens: &[Token], first: usize, sentences: &mut Vec<Range<usize>>) {
    let mut start = first;
    let mut at = first;
    while at < tokens.len() {
        let ends = ends_sentence(chars, tokens, at);
        at += 1;
        if !ends {
            continue;
        }
        // Closing marks that cling to the full stop belong to the sentence.
        while at < tokens.len() && !tokens[at].spaced && is_closing(chars[tokens[at].start]) {
            at += 1;
        }
        if at < tokens.len() && begins(chars, tokens, at, tokens[at - 1]) {
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

/// Whether a sentence begins at this token, given the last token of the one before.
fn begins(chars: &[char], tokens: &[Token], at: usize, before: Token) -> bool {
    let token = tokens[at];
    let c = chars[token.start];
    if before.is_word {
        // An abbreviation: only a word that seldom follows a name begins a sentence.
        let last = before.end - before.start;
        let initial = last == 2 && chars[before.start].is_uppercase();
        let word: String = chars[token.start..token.end].iter().collect();
        return !initial && token.spaced && STARTERS.contains(&word.as_str());
    }
    let opening = matches!(c, '"' | '\u{201c}' | '\u{2018}' | '\'' | '(' | '[' | '\u{ab}' | '\u{201e}');
    token.spaced && (c.is_uppercase() || c.is_numeric() || opening || !c.is_lowercase() && token.is_word)
}
