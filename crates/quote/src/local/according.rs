//! Phrases before the source of what is reported: "selon", "de acuerdo con".

use std::ops::Range;

use super::phrase::Reader;
use crate::tagger::words::Class;

/// The maximum number of tokens of the noun phrase behind.
const NEAR: usize = 24;

/// A phrase that gives the source of what is reported.
#[derive(Debug, Clone)]
pub(super) struct According {
    /// The phrase, in tokens; its last is the cue.
    pub phrase: Range<usize>,
    /// The words that name the source.
    pub source: Range<usize>,
    /// The end of the whole, with a comma behind it.
    pub end: usize,
}

impl Reader<'_> {
    /// Returns the phrase that begins at a token, with the source behind it.
    pub(super) fn according(self, at: usize, end: usize) -> Option<According> {
        if self.words.words[at].quoted_span.is_some() || !self.words.is_word(at) {
            return None;
        }
        let first = self.lower(at);
        let phrases = self.lists.according.get(first.as_str())?;
        let (length, weak) =
            phrases.iter().find_map(|phrase| Some((self.phrase_length(&phrase.words, at, end)?, phrase.weak)))?;
        let mut start = at + length;
        // "según informó la Delegación": a verb between.
        if let Some(verb) = self.group_verb(start, end) {
            start = verb + 1;
        }
        let near = end.min(start + NEAR);
        let bare = || self.bare_phrase(start, near).filter(|_| !weak);
        let source = self.oblique(start).or_else(|| self.phrase(start, near, true)).or_else(bare)?;
        let source = self.with_apposition(source, end);
        // "Pour Hélène Garrigue," but not "pour la première fois".
        let comma = self.class(source.end) == Class::Comma;
        let named = source.clone().any(|at| self.name_at(at).is_some()) || self.oblique(source.start).is_some();
        if weak && !(comma && named) {
            return None;
        }
        let close = source.end + usize::from(comma);
        Some(According { phrase: at..at + length, source, end: close.min(end) })
    }

    /// Returns a pronoun that stands behind a preposition alone: "selon lui".
    fn oblique(self, at: usize) -> Option<Range<usize>> {
        (at < self.words.words.len() && self.lists.oblique.contains_key(self.lower(at).as_str())).then(|| at..at + 1)
    }

    /// Returns the number of tokens of a phrase at a place; its last preposition may be joined with an article: "stando alla".
    fn phrase_length(self, phrase: &[&str], at: usize, end: usize) -> Option<usize> {
        let is = |(by, word): (usize, &&str)| {
            let token = at + by;
            let last = by + 1 == phrase.len() && by > 0;
            let joined =
                || last && self.class(token) == Class::Preposition && self.lower(token).starts_with(&word[..1]);
            token < end && (self.lower(token) == **word || joined())
        };
        phrase.iter().enumerate().all(is).then_some(phrase.len())
    }

    /// Returns the last token of the phrase that begins at a token, or the token itself if none begins there.
    pub(super) fn phrase_end(self, at: usize) -> usize {
        let phrases = self.lists.according.get(self.lower(at).as_str());
        let end = self.words.words.len();
        let length = phrases.into_iter().flatten().find_map(|phrase| self.phrase_length(&phrase.words, at, end));
        at + length.unwrap_or(1)
    }
}
