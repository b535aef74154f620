//! Finds the words that name the source of a quotation, beside its cue.

use std::ops::Range;

use super::phrase::Reader;
use crate::tagger::words::Class;

/// Tokens behind a cue in which its source is looked for.
const NEAR: usize = 16;
/// Tokens before a cue in which its subject is looked for, and behind it to the end of what names the source.
const BEFORE: usize = 60;
/// Tokens of words in commas right behind a cue: "dijo, emocionada, la directora".
const ASIDE: usize = 7;
/// Verbs whose source is what one reads in: "peut-on lire dans un communiqué".
const READING: [&str; 5] = ["lire", "leer", "leggere", "lezen", "ler"];

impl Reader<'_> {
    /// Returns the source of a cue: behind the verb where the content stands before it, as these languages invert, else before it.
    pub(super) fn source(self, cue: usize, content: &[Range<usize>]) -> Option<Range<usize>> {
        let sentence = self.words.sentence(cue).clone();
        let start = content.first().map_or(cue, |span| span.start);
        if start < cue {
            let end = content.iter().map(|span| span.start).find(|start| *start > cue).unwrap_or(sentence.end);
            let from = content.iter().map(|span| span.end).filter(|end| *end <= cue).max().unwrap_or(sentence.start);
            return self.beside(cue, from).or_else(|| self.behind(cue, end));
        }
        let from = sentence.start.max(cue.saturating_sub(BEFORE));
        self.subject(cue, from, start).or_else(|| self.behind(cue, start))
    }

    /// Returns the noun phrase that ends right before the verb group of a cue.
    fn beside(self, cue: usize, from: usize) -> Option<Range<usize>> {
        self.ending_at(self.group_start(cue, from), from)
    }

    /// Returns the noun phrase that ends at a place, and that no preposition governs.
    fn ending_at(self, end: usize, from: usize) -> Option<Range<usize>> {
        (from.max(end.saturating_sub(NEAR))..end).find_map(|start| {
            let governed = start > from && matches!(self.class(start - 1), Class::Preposition | Class::Determiner);
            self.phrase(start, end, false).filter(|phrase| phrase.end == end && !governed)
        })
    }

    /// Returns the name in apposition right before a cue: "la fiscal nacional, Ximena Chong, había pedido".
    fn apposed(self, cue: usize, from: usize) -> Option<Range<usize>> {
        let comma = self.group_start(cue, from).checked_sub(1).filter(|&at| self.class(at) == Class::Comma)?;
        let name = &self.words.names[self.words.names.partition_point(|name| name.end < comma)..];
        let name = name.first().filter(|name| name.end == comma && name.start > from)?;
        (self.class(name.start - 1) == Class::Comma).then(|| name.clone())
    }

    /// Returns the subject of a cue before it: the noun phrase beside it, or that which begins the sentence, or else the nearest name.
    fn subject(self, cue: usize, from: usize, end: usize) -> Option<Range<usize>> {
        if let Some(pronoun) = self.clitic(cue) {
            return Some(pronoun);
        }
        self.beside(cue, from)
            .or_else(|| self.apposed(cue, from))
            .or_else(|| self.opening(from, cue))
            .or_else(|| self.inverted(cue, end).then(|| self.behind(cue, end)).flatten())
            .or_else(|| self.nearest_name(from..cue))
            .or_else(|| {
                let verb = self.group_start(cue, from);
                self.phrase(from, verb, true).filter(|phrase| phrase.end == verb)
            })
    }

    /// Returns the noun phrase with which a sentence begins, with the name in apposition to it.
    pub(super) fn opening(self, from: usize, end: usize) -> Option<Range<usize>> {
        let skipped = |&at: &usize| {
            !self.words.is_word(at) && self.class(at) != Class::Comma
                || matches!(self.class(at), Class::Conjunction | Class::Adverb)
        };
        let start = (from..end).find(|at| !skipped(at))?;
        // A word with a capital is a name where a verb follows: "Trenitalia si scusa".
        let next = self.words.words.get(start + 1)?;
        let bare = next.says || matches!(next.class, Class::Auxiliary | Class::Pronoun);
        self.phrase(start, end, bare).map(|phrase| self.with_apposition(phrase, end))
    }

    /// Returns the nearest name before a place that no preposition governs.
    fn nearest_name(self, range: Range<usize>) -> Option<Range<usize>> {
        let first = self.words.names.partition_point(|name| name.start < range.start);
        let last = self.words.names.partition_point(|name| name.end <= range.end);
        let free = |name: &&Range<usize>| {
            let mut at = name.start;
            while at > range.start && (self.class(at - 1) == Class::Determiner || self.is_title(at - 1)) {
                at -= 1;
            }
            // A plain word before it is a noun or verb that takes the name: "à rádio Gaúcha".
            let taken = at > range.start
                && (self.words.is_word(at - 1) && matches!(self.class(at - 1), Class::Other | Class::Capital)
                    || matches!(self.class(at - 1), Class::Preposition | Class::Opening));
            self.words.words[name.start].quoted_span.is_none() && !taken
        };
        self.words.names[first..last.max(first)].iter().rev().find(free).cloned()
    }

    /// Returns the token of a verb group to which a pronoun clings.
    fn clitic(self, cue: usize) -> Option<Range<usize>> {
        let start = self.group_start(cue, self.words.sentence(cue).start);
        (start..=cue).find(|&at| self.has_clitic(at)).map(|at| at..at + 1)
    }

    /// Returns whether a verb has its subject right behind it.
    pub(super) fn inverted(self, cue: usize, end: usize) -> bool {
        self.clitic(cue).is_some() || self.phrase(cue + 1, end, true).is_some()
    }

    /// Returns whether the subject of a verb stands behind it, with a day at most between: "a annoncé lundi le ministre".
    pub(super) fn inverted_late(self, cue: usize, end: usize) -> bool {
        let late = (cue + 1..end).find(|&at| !self.is_time(at)).filter(|&at| at > cue + 1);
        let person = |mut phrase: Range<usize>| phrase.any(|at| self.is_title(at) || self.name_at(at).is_some());
        self.inverted(cue, end) || late.and_then(|at| self.phrase(at, end, false)).is_some_and(person)
    }

    /// Returns the source behind a cue: the first noun phrase that no preposition governs.
    pub(super) fn behind(self, cue: usize, end: usize) -> Option<Range<usize>> {
        if let Some(pronoun) = self.clitic(cue) {
            return Some(pronoun);
        }
        let quoted = |at: usize| self.words.words[at].quoted_span;
        let stops = |at: usize| {
            matches!(self.class(at), Class::Stop | Class::Colon | Class::That | Class::Dash | Class::Question)
                || quoted(at) != quoted(cue)
        };
        let end = end.min(cue + 1 + BEFORE).min(self.words.words.len());
        let whole = (cue + 1..end).find(|&at| stops(at)).unwrap_or(end);
        let close = whole.min(cue + 1 + NEAR);
        let mut at = cue + 1;
        if self.class(at) == Class::Comma {
            at = (at + 1..close.min(at + ASIDE)).find(|&at| self.class(at) == Class::Comma)? + 1;
        }
        let mut governed = None;
        while at < close && self.class(at) != Class::Comma {
            if self.class(at) == Class::Preposition {
                let joins = |&at: &usize| self.class(at) != Class::Preposition;
                at = (at + 1..close).find(joins).unwrap_or(close);
                match self.phrase(at, close, true) {
                    Some(phrase) => {
                        at = self.first_noun(&phrase);
                        governed.get_or_insert(phrase);
                    }
                    None => at += 1,
                }
            } else if let Some(phrase) = self.phrase(at, whole, true) {
                return Some(self.with_apposition(phrase, whole));
            } else {
                at += 1;
            }
        }
        let lemma = self.lists.cues.get(self.lower(cue).as_str()).copied().unwrap_or_default();
        governed.filter(|_| READING.contains(&lemma))
    }

    /// Returns the end of the first noun or name of a phrase: what follows it may be another phrase.
    fn first_noun(self, phrase: &Range<usize>) -> usize {
        let noun = phrase.clone().find(|&at| self.class(at) != Class::Determiner).unwrap_or(phrase.start);
        self.name_at(noun).map_or(noun + 1, |name| name.end).min(phrase.end.max(noun + 1))
    }

    /// Returns the source right before a colon: a noun phrase that fills the sentence, or its subject. The phrase beside the colon is
    /// the subject only where none stands before it: "Brandt verteidigte das Gesetz: …".
    pub(super) fn before_colon(self, colon: usize) -> Option<Range<usize>> {
        let from = self.words.sentence(colon).start.max(colon.saturating_sub(BEFORE));
        let capital = (from..colon).all(|at| self.class(at) != Class::Other);
        let whole = self.phrase(from, colon, capital).filter(|phrase| phrase.end == colon);
        let last = || self.ending_at(colon, from);
        whole
            .or_else(|| self.opening(from, colon))
            .or_else(|| self.nearest_name(from..colon))
            .or_else(|| self.first_phrase(from, colon))
            .or_else(last)
    }

    /// Returns the subject of the sentence before a colon, if words beside the colon are taken for the speaker and may be its object:
    /// a person is named or titled before them, and none by them.
    pub(crate) fn subject_rather_than(self, source: &Range<usize>) -> Option<Range<usize>> {
        if self.class(source.end) != Class::Colon {
            return None;
        }
        let first = self.first_phrase(self.words.sentence(source.start).start, source.end)?;
        let person = |range: &Range<usize>| range.clone().any(|at| self.name_at(at).is_some() || self.is_title(at));
        let is_apart = first.end <= source.start && !person(source);
        let is_part = first.start == source.start && first.end < source.end;
        (person(&first) && (is_apart || is_part)).then_some(first)
    }

    /// Returns the first noun phrase that no preposition governs.
    fn first_phrase(self, from: usize, end: usize) -> Option<Range<usize>> {
        let mut at = from;
        while at < end {
            let governed = self.class(at) == Class::Preposition;
            at += usize::from(governed);
            match self.phrase(at, end, false) {
                Some(phrase) if governed => at = phrase.end.max(at + 1),
                Some(phrase) => return Some(self.with_apposition(phrase, end)),
                None => at += 1,
            }
        }
        None
    }
}
