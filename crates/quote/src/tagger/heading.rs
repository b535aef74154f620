//! Quoted words after a label that names the speaker: "Ruth Ames, mayor of Brackwater: “…”", or "And from Ruth Ames:"
//! on a line of its own.

use std::ops::Range;

use dateline_entity::occupation::{is_person_noun, is_qualifier, is_role};
use dateline_model::names::is_first_name;

use super::Attribution;
use super::coverage::Coverage;
use super::words::{Class, Words};

/// The maximum number of tokens of a label.
const MAX_LABEL: usize = 20;
/// The maximum number of tokens of unmarked words after a label.
const MAX_SPOKEN: usize = 40;
/// Words that may precede the name in a label.
const LEAD: [&str; 27] = [
    "and",
    "but",
    "also",
    "then",
    "next",
    "here",
    "is",
    "this",
    "from",
    "by",
    "a",
    "an",
    "the",
    "of",
    "in",
    "statement",
    "message",
    "letter",
    "comment",
    "comments",
    "reply",
    "response",
    "word",
    "words",
    "desk",
    "office",
    "more",
];

/// Finds marked words after a label.
pub(super) fn labelled(words: &Words, coverage: &mut Coverage) {
    for quoted_span in &words.marked {
        let Some(colon) = colon_before(words, quoted_span.outside.start) else { continue };
        // A headline's capitals make speech look like a title.
        let clause = |at: usize| matches!(words.words[at].class, Class::Auxiliary | Class::Pronoun);
        let speech =
            words.may_quote(quoted_span) || quoted_span.inside.clone().any(clause) && quoted_span.inside.len() > 3;
        if !speech || !words.begins_as_speech(quoted_span) && !words.ends_as_speech(quoted_span) {
            continue;
        }
        let Some(source) = named(words, colon) else { continue };
        if (source.start..=colon).chain(quoted_span.outside.clone()).any(|at| coverage.taken[at]) {
            continue;
        }
        coverage.taken[source.start..=colon].fill(true);
        coverage.taken[quoted_span.outside.clone()].fill(true);
        coverage.found.push(Attribution {
            cue: Some(colon),
            content: vec![quoted_span.outside.clone()],
            source: Some(source),
            flows: false,
            likely: 0.95,
            verbatim: false,
            nested: false,
        });
    }
}

/// Finds headlines and paragraphs in which a name and a colon stand before what somebody says: "Keller: we must act".
pub(super) fn spoken(words: &Words, coverage: &mut Coverage) {
    for block in words.document.blocks().iter().filter(|block| !block.is_empty()) {
        let colon =
            (block.start..block.end.min(block.start + MAX_LABEL)).find(|&at| words.words[at].class == Class::Colon);
        let Some(colon) = colon.filter(|colon| colon + 3 < block.end) else { continue };
        let Some(source) = named(words, colon).filter(|source| is_speaker(words, source)) else { continue };
        let (content, verbatim) = spoken_words(words, colon + 1..block.end);
        if content.len() > MAX_SPOKEN
            || !speaks(words, &content)
            || (block.start..block.end).any(|at| coverage.taken[at])
        {
            continue;
        }
        coverage.taken[block.clone()].fill(true);
        coverage.found.push(Attribution {
            cue: Some(colon),
            content: vec![content],
            source: Some(source),
            flows: false,
            likely: 0.8,
            verbatim,
            nested: false,
        });
    }
}

/// Returns the words after a label without their full stop, and whether single marks around the whole show that they are verbatim.
fn spoken_words(words: &Words, mut content: Range<usize>) -> (Range<usize>, bool) {
    let word = |at: usize| words.document.word(at);
    let opens = |at: usize| matches!(word(at), "\u{2018}" | "'");
    let closes = |at: usize| matches!(word(at), "\u{2019}" | "'");
    if content.len() > 2 && opens(content.start) && closes(content.end - 1) {
        let inner = content.start + 1..content.end - 1;
        if !inner.clone().any(|at| opens(at) || closes(at)) {
            return (inner, true);
        }
    }
    while content.len() > 1 && words.ends_sentence(content.end - 1) {
        content.end -= 1;
    }
    (content, false)
}

/// Returns whether a label is a name, with nothing but a title before it.
fn is_speaker(words: &Words, label: &Range<usize>) -> bool {
    let at = words.names.partition_point(|name| name.end < label.end);
    let before = |start: usize| {
        (label.start..start).all(|at| is_role(words.document.word(at)) || is_qualifier(words.document.word(at)))
    };
    words.names.get(at).is_some_and(|name| name.end == label.end && name.start >= label.start && before(name.start))
}

/// Returns whether unmarked words are a clause that somebody may say.
fn speaks(words: &Words, content: &Range<usize>) -> bool {
    let clause = |at: usize| matches!(words.words[at].class, Class::Auxiliary | Class::Pronoun);
    !content.is_empty()
        && words.unmarked(content)
        && words.words[content.start].class != Class::Question
        && content.clone().any(clause)
        && !content.clone().any(|at| words.ends_sentence(at))
}

/// Returns the colon right before marked words, in their paragraph or at the end of the one before.
fn colon_before(words: &Words, mark: usize) -> Option<usize> {
    mark.checked_sub(1).filter(|&colon| words.words[colon].class == Class::Colon)
}

/// Returns the words of a label that name somebody; `None` where the label tells more than that.
fn named(words: &Words, colon: usize) -> Option<Range<usize>> {
    let word = |at: usize| words.document.word(at);
    let block = &words.document.blocks()[words.words[colon].block as usize];
    let first = block.start.max(colon.saturating_sub(MAX_LABEL));
    let start = (first..colon).rev().find(|&at| words.ends_sentence(at) || words.words[at].quoted_span.is_some());
    let start = start.map_or(first, |at| at + 1);
    if start == first && first > block.start {
        return None;
    }
    let verb = |at: usize| {
        let lower = word(at).starts_with(char::is_lowercase);
        lower && (words.words[at].says || words.words[at].class == Class::Auxiliary && word(at) != "is")
    };
    if (start..colon).any(verb) {
        return None;
    }
    let lead = |at: usize| LEAD.contains(&&*word(at).to_lowercase());
    let role =
        |at: usize| word(at).starts_with(char::is_lowercase) && (is_person_noun(word(at)) || is_qualifier(word(at)));
    let begin = (start..colon).find(|&at| !lead(at))?;
    let name = (begin..colon).find(|&at| !role(at))?;
    let capital = |at: usize| matches!(words.words[at].shape, 2 | 3) && words.is_word(at);
    let end = (name..colon)
        .find(|&at| !capital(at) && !matches!(word(at), "de" | "van" | "von" | "der" | "la" | "di" | "al" | "bin"))
        .unwrap_or(colon);
    // "Motto: “…”" names nobody.
    let known = words.names.get(words.names.partition_point(|known| known.end <= name));
    let named = known.is_some_and(|known| known.start < end) || end > name + 1 && is_first_name(word(name));
    let closed = end == colon || matches!(word(end), "," | "(" | "of" | "-" | "\u{2013}" | "\u{2014}");
    (named && closed).then_some(begin..colon)
}
