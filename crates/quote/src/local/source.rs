//! Finds the words that name the source of a quotation, beside its cue.

use std::ops::Range;

use super::lists::Lists;
use crate::tagger::words::{Class, Words};

/// Tokens beside a cue in which its source is looked for.
const NEAR: usize = 14;
/// Tokens before a cue in which its subject is looked for.
const BEFORE: usize = 60;
/// The maximum number of words of a description: "la porte-parole du ministère".
const DESCRIPTION: usize = 7;

/// Returns the source of a cue: behind the verb where the content stands before it, as these languages invert, else before it.
pub(crate) fn near(words: &Words, lists: &Lists, cue: usize, content: &[Range<usize>]) -> Option<Range<usize>> {
    let sentence = words.sentence(cue).clone();
    let start = content.first().map_or(cue, |span| span.start);
    if start < cue {
        let end = content.iter().map(|span| span.start).find(|start| *start > cue).unwrap_or(sentence.end);
        let from = content.iter().map(|span| span.end).filter(|end| *end <= cue).max().unwrap_or(sentence.start);
        return behind(words, lists, cue, end)
            .or_else(|| subject(words, lists, from.max(cue.saturating_sub(BEFORE))..cue));
    }
    subject(words, lists, sentence.start.max(cue.saturating_sub(BEFORE))..cue)
        .or_else(|| behind(words, lists, cue, start))
}

/// Returns the name right before a colon.
pub(crate) fn before(words: &Words, colon: usize) -> Option<Range<usize>> {
    let sentence = words.sentence(colon).start;
    let first = words.names.partition_point(|name| name.end <= sentence.max(colon.saturating_sub(NEAR)));
    words.names[first..].iter().take_while(|name| name.end <= colon).last().cloned()
}

/// Returns whether a verb has its subject behind it: a name, a title, an article or a pronoun.
pub(crate) fn inverted(words: &Words, lists: &Lists, cue: usize, end: usize) -> bool {
    cue + 1 < end
        && (words.names.binary_search_by_key(&(cue + 1), |name| name.start).is_ok()
            || matches!(words.words[cue + 1].class, Class::Determiner)
            || lists.pronouns.contains_key(lower(words, cue + 1).as_str())
            || is_title(words, lists, cue + 1))
        || clitic(words, lists, cue).is_some()
}

fn lower(words: &Words, at: usize) -> String {
    words.document.word(at).to_lowercase()
}

fn is_title(words: &Words, lists: &Lists, at: usize) -> bool {
    lists.titles.binary_search(&words.document.word(at)).is_ok()
}

/// Returns the pronoun that clings to a verb: "dit-il", "a-t-elle".
pub(crate) fn clitic(words: &Words, lists: &Lists, at: usize) -> Option<String> {
    let lower = lower(words, at);
    let (_, last) = lower.rsplit_once('-')?;
    lists.pronouns.contains_key(last).then(|| last.to_owned())
}

/// Returns the source behind a cue: the first name, else a pronoun or a description right behind it.
pub(crate) fn behind(words: &Words, lists: &Lists, cue: usize, end: usize) -> Option<Range<usize>> {
    let end = end.min(cue + 1 + NEAR).min(words.words.len());
    let stops = |at: usize| matches!(words.words[at].class, Class::Stop | Class::Colon | Class::That | Class::Dash);
    let close = (cue + 1..end).find(|&at| stops(at) || words.words[at].quoted_span != words.words[cue].quoted_span);
    let close = close.unwrap_or(end);
    let comma = (cue + 1..close).find(|&at| words.words[at].class == Class::Comma).unwrap_or(close);
    if let Some(name) = names(words, cue + 1..close).next() {
        // "dijo el presidente del Gobierno, Pedro Sánchez": a name in apposition; but not one of a later clause.
        if name.start < comma || describes(words, lists, cue + 1..comma) {
            return Some(name.clone());
        }
    }
    if clitic(words, lists, cue).is_some() {
        return Some(cue..cue + 1);
    }
    let first = (cue + 1..comma).find(|&at| !matches!(words.words[at].class, Class::Adverb | Class::Auxiliary))?;
    if lists.pronouns.contains_key(lower(words, first).as_str()) {
        return Some(first..first + 1);
    }
    describes(words, lists, first..comma).then(|| description(words, first, comma))
}

/// Returns whether words describe somebody: they begin with an article or a title.
fn describes(words: &Words, lists: &Lists, range: Range<usize>) -> bool {
    range.len() > 1 && words.words[range.start].class == Class::Determiner
        || !range.is_empty() && is_title(words, lists, range.start)
}

/// Returns a description from its article on: up to a comma, a preposition of time or a verb.
fn description(words: &Words, first: usize, end: usize) -> Range<usize> {
    let last = end.min(first + DESCRIPTION);
    let stop = (first + 1..last).find(|&at| {
        !words.is_word(at)
            || matches!(words.words[at].class, Class::Auxiliary | Class::Adverb | Class::Subordinator | Class::Question)
            || words.words[at].says
    });
    first..stop.unwrap_or(last).max(first + 1)
}

/// Returns the names of possible speakers within a range of tokens.
fn names<'a>(words: &'a Words, range: Range<usize>) -> impl DoubleEndedIterator<Item = &'a Range<usize>> {
    let first = words.names.partition_point(|name| name.start < range.start);
    let last = words.names.partition_point(|name| name.end <= range.end);
    words.names[first..last.max(first)].iter()
}

/// Returns the subject of a verb: of the names before it the nearest that no preposition governs, else a pronoun or description at the
/// beginning of the clause.
fn subject(words: &Words, lists: &Lists, range: Range<usize>) -> Option<Range<usize>> {
    let free = |name: &&Range<usize>| {
        words.words[name.start].quoted_span.is_none()
            && (name.start == range.start
                || !matches!(words.words[name.start - 1].class, Class::Preposition | Class::Opening)
                    && !governed(words, lists, name.start, range.start))
    };
    if let Some(name) = names(words, range.clone()).rev().find(free) {
        return Some(name.clone());
    }
    let pronoun = range.clone().rev().find(|&at| lists.pronouns.contains_key(lower(words, at).as_str()));
    if let Some(pronoun) = pronoun {
        return Some(pronoun..pronoun + 1);
    }
    let first = range.clone().find(|&at| words.is_word(at))?;
    describes(words, lists, first..range.end).then(|| description(words, first, range.end))
}

/// Returns whether a preposition before an article or title governs a name: "con el presidente Pedro Sánchez".
fn governed(words: &Words, lists: &Lists, name: usize, start: usize) -> bool {
    let mut at = name;
    while at > start && (words.words[at - 1].class == Class::Determiner || is_title(words, lists, at - 1)) {
        at -= 1;
    }
    at < name && at > start && words.words[at - 1].class == Class::Preposition
}
