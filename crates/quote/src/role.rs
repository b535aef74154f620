//! The role of a speaker in the words of a source: a title, office or relation, but not a time or place.

use std::ops::Range;

use dateline_entity::occupation::{is_person_noun, is_qualifier, is_role, with_both_marks};
use dateline_model::lexicon;
use dateline_text::Document;

/// The maximum number of words of a role.
const MAX_WORDS: usize = 12;
/// Words before a role that are not part of it.
const DETERMINERS: [&str; 24] = [
    "the", "a", "an", "this", "that", "his", "her", "their", "its", "our", "my", "one", "another", "some", "two",
    "three", "four", "five", "many", "several", "most", "both", "and", "but",
];
/// Words that end the head noun of a role: "mayor of Brackwater".
const PREPOSITIONS: [&str; 17] = [
    "as", "of", "at", "for", "in", "to", "from", "with", "on", "by", "who", "whose", "near", "against", "about",
    "under", "over",
];
/// Words that open an adverbial, with a capital or without.
const ADVERBIAL: [&str; 32] = [
    "in", "on", "at", "by", "after", "before", "during", "since", "until", "from", "for", "with", "as", "when",
    "while", "last", "next", "earlier", "later", "early", "late", "this", "that", "once", "then", "also", "here",
    "there", "despite", "within", "amid", "through",
];

/// Returns the role in the words before a name: "Labour MP" in "Last night Labour MP Jane Doe".
pub(super) fn before_name(document: &Document, words: Range<usize>) -> Option<String> {
    let words = trimmed(document, words);
    // "At the mill, its owner, Jane Doe": what a comma sets apart stands by itself.
    let part = |token: &usize| matches!(document.word(*token), "," | ";" | ":" | "\u{2014}" | "\u{2013}");
    let start = words.clone().rev().find(part).map_or(words.start, |mark| mark + 1);
    let words = without_determiner(document, start..words.end);
    if words.is_empty() || words.len() > MAX_WORDS {
        return None;
    }
    let first = document.word(words.start).to_lowercase();
    if ADVERBIAL.contains(&&*first) || is_time(&first) || first.ends_with("ing") && first.len() > 5 {
        return title_at_end(document, &words);
    }
    let head = document.word(head(document, &words));
    let plain = head.chars().count() > 2 && head.chars().all(|c| c.is_lowercase() || c == '-') && !is_adverbial(head);
    let text = || with_both_marks(document.words(&words));
    (is_role(head) || is_person_noun(head) || plain).then(text).or_else(|| title_at_end(document, &words))
}

/// Returns the role in words that describe somebody without a name: "senior official" in "A senior official".
pub(super) fn of_description(document: &Document, words: Range<usize>) -> Option<String> {
    let words = without_determiner(document, trimmed(document, words));
    if words.is_empty() || words.len() > MAX_WORDS {
        return None;
    }
    if PREPOSITIONS.contains(&document.word(words.start)) {
        return None;
    }
    let head = document.word(head(document, &words));
    (is_role(head) || is_person_noun(head)).then(|| with_both_marks(document.words(&words)))
}

/// Returns the office in a description that contains a name: "mayor" in "the mayor of Brackwater".
pub(super) fn office<'a>(document: &'a Document, words: &Range<usize>, name: usize) -> Option<&'a str> {
    let before = words.start..name.min(words.end);
    let preposition = before.clone().find(|&token| PREPOSITIONS.contains(&document.word(token)))?;
    let noun = document.word(preposition.checked_sub(1).filter(|noun| before.contains(noun))?);
    (is_role(noun) || is_person_noun(noun)).then_some(noun)
}

/// Returns the head noun of the words.
fn head(document: &Document, words: &Range<usize>) -> usize {
    let end = (words.start + 1..words.end).find(|&token| PREPOSITIONS.contains(&document.word(token)));
    let end = end.unwrap_or(words.end);
    (words.start..end).rev().find(|&token| document.tokens()[token].is_word).unwrap_or(end - 1)
}

/// Returns the title that ends the words: "Labour MP" in "last night Labour MP".
fn title_at_end(document: &Document, words: &Range<usize>) -> Option<String> {
    let mut start = words.end;
    if !is_role(document.word(start - 1)) {
        return None;
    }
    while start > words.start {
        let word = document.word(start - 1);
        let lower = word.to_lowercase();
        let proper = word.starts_with(char::is_uppercase) && !ADVERBIAL.contains(&&*lower) && !is_adverbial(&lower);
        if !(is_role(word) || is_qualifier(word) || proper && start - 1 > words.start) {
            break;
        }
        start -= 1;
    }
    Some(document.words(&(start..words.end)).to_owned())
}

fn trimmed(document: &Document, words: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (words.start, words.end);
    let is_word = |token: usize| document.tokens()[token].is_word;
    let inner = |token: usize| {
        (words.start..token).any(|before| matches!(document.word(before), "\u{201c}" | "\"" | "\u{2018}"))
    };
    while start < end && !is_word(start) {
        start += 1;
    }
    while end > start && !is_word(end - 1) && !inner(end - 1) {
        end -= 1;
    }
    start..end
}

fn without_determiner(document: &Document, mut words: Range<usize>) -> Range<usize> {
    while !words.is_empty() && DETERMINERS.contains(&&*document.word(words.start).to_lowercase()) {
        words.start += 1;
    }
    words
}

fn is_time(word: &str) -> bool {
    lexicon().times.contains(word)
}

/// Returns whether a lower-case word is not a noun for a person, or states a time.
fn is_adverbial(word: &str) -> bool {
    is_time(word)
        || lexicon().common.contains(word)
        || word.ends_with("ly")
        || word.ends_with("ed")
        || word.ends_with("ing") && word.len() > 6
        || PREPOSITIONS.contains(&word)
        || [
            "statement",
            "interview",
            "email",
            "e-mail",
            "letter",
            "speech",
            "tweet",
            "post",
            "decade",
            "century",
            "summer",
            "winter",
            "spring",
            "autumn",
            "moments",
            "weekend",
            "briefing",
            "message",
            "noon",
            "midnight",
        ]
        .contains(&word)
}
