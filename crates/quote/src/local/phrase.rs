//! Noun phrases and verb groups, as far as the sources of quotations need them.

use std::ops::Range;

use super::lists::Lists;
use crate::tagger::words::{Class, Mark, Words};

/// The maximum number of tokens of a noun phrase.
const MAX_PHRASE: usize = 16;
/// The maximum number of tokens of a verb group: "le ha vuelto a decir".
const MAX_GROUP: usize = 4;
/// Articles, titles and adjectives before a name in apposition.
const MAX_TITLES: usize = 3;

/// A text with the lists of its language.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub words: &'a Words<'a>,
    pub lists: &'a Lists,
}

impl<'a> Reader<'a> {
    /// Returns a word in lower case, with straight apostrophes.
    pub(super) fn lower(self, at: usize) -> String {
        self.words.document.word(at).to_lowercase().replace('\u{2019}', "'")
    }

    pub(super) fn class(self, at: usize) -> Class {
        self.words.words.get(at).map_or(Class::Beyond, |word| word.class)
    }

    /// Returns whether a token is a verb of saying outside quotation marks.
    pub(super) fn is_cue(self, at: usize) -> bool {
        self.words.words[at].quoted_span.is_none() && self.is_verb(at)
    }

    /// Returns whether a token is a verb of saying, not a noun of the same form behind an article, nor a part of a name.
    pub(super) fn is_verb(self, at: usize) -> bool {
        let word = &self.words.words[at];
        let before = at.checked_sub(1).map_or(Class::Beyond, |before| self.class(before));
        let elided = || self.words.document.word(at - 1).ends_with(['\'', '\u{2019}']);
        let follows = |class| matches!(class, Class::Preposition | Class::Comma | Class::Stop | Class::Colon);
        // "la denuncia de …", but not "la définit comme".
        let noun = before == Class::Determiner && !elided() && follows(self.class(at + 1));
        let first = at == self.words.sentence(at).start;
        let capital = matches!(word.shape, 2 | 3);
        // "Interrogée par l'AFP, …": a participle, and no verb that has a subject.
        let participle = capital && first && self.class(at + 1) == Class::Preposition;
        word.says && !noun && !participle && (first || !capital) && self.is_whole_verb(at)
    }

    /// Returns whether an infinitive stands behind the verb that makes it one of saying: "fait savoir", "fa sapere".
    fn is_whole_verb(self, at: usize) -> bool {
        let needs = matches!(self.words.document.word(at), "savoir" | "sapere");
        !needs || at > 0 && self.words.document.word(at - 1).starts_with('f')
    }

    pub(super) fn is_title(self, at: usize) -> bool {
        let word = self.words.document.word(at);
        let is = |word: &str| self.lists.titles.binary_search(&word).is_ok();
        self.words.is_word(at) && (is(word) || is(&word.to_lowercase()))
    }

    pub(super) fn is_time(self, at: usize) -> bool {
        self.lists.times.contains(self.lower(at).as_str()) || self.class(at) == Class::Adverb
    }

    /// Returns the name that begins at a token.
    pub(super) fn name_at(self, at: usize) -> Option<&'a Range<usize>> {
        let names = &self.words.names;
        names.binary_search_by_key(&at, |name| name.start).ok().map(|index| &names[index])
    }

    /// Returns whether a token is a pronoun, or one clings to it: "dit-il", "a-t-elle".
    pub(super) fn is_pronoun(self, at: usize) -> bool {
        self.lists.pronouns.contains_key(self.lower(at).as_str()) || self.has_clitic(at)
    }

    /// Returns whether a pronoun clings to a verb: "dit-il", "a-t-elle".
    pub(super) fn has_clitic(self, at: usize) -> bool {
        self.lower(at).rsplit_once('-').is_some_and(|(_, last)| self.lists.pronouns.contains_key(last))
    }

    /// Returns whether a token is a pronoun that is a subject and names no speaker: "on".
    pub(super) fn is_nominative(self, at: usize) -> bool {
        self.lists.nominative.contains(self.lower(at).as_str())
    }

    /// Returns whether a word belongs to the verb group before a verb of saying: "a", "a-t-il", "lo", "ya".
    fn is_auxiliary(self, at: usize) -> bool {
        let is = |class: Class| matches!(class, Class::Auxiliary | Class::Adverb);
        let verb = || self.lower(at).split('-').next().and_then(|verb| self.lists.classes.get(verb)).copied();
        let clings = self.words.document.word(at).ends_with(['\'', '\u{2019}']) && self.class(at) != Class::Preposition;
        let object = self.class(at) == Class::Pronoun && !self.is_nominative(at);
        is(self.class(at))
            || clings && !self.is_nominative(at)
            || object
            || self.has_clitic(at) && verb().is_some_and(is)
    }

    /// Returns the first token of the verb group that ends in a verb of saying. A pronoun that may be the subject is not part of it.
    pub(super) fn group_start(self, cue: usize, from: usize) -> usize {
        let mut start = cue;
        while start > from && cue - start < MAX_GROUP && self.is_auxiliary(start - 1) {
            if self.lists.pronouns.contains_key(self.lower(start - 1).as_str()) {
                break;
            }
            start -= 1;
        }
        start
    }

    /// Returns the verb of saying of a verb group that begins at a token.
    pub(super) fn group_verb(self, start: usize, end: usize) -> Option<usize> {
        let last = end.min(start + MAX_GROUP + 1);
        (start..last).take_while(|&at| at == start || self.is_auxiliary(at - 1)).find(|&at| self.is_verb(at))
    }

    /// Returns the end of the noun, title or name at a token.
    fn noun(self, at: usize, end: usize) -> Option<usize> {
        if let Some(name) = self.name_at(at) {
            return Some(name.end.min(end));
        }
        let plain = matches!(self.class(at), Class::Other | Class::Capital);
        (at < end && self.words.is_word(at) && plain && !self.is_time(at)).then_some(at + 1)
    }

    /// Returns the noun phrase that begins at a token: a pronoun, a name, or a title or noun behind an article. `bare` also accepts a
    /// word with a capital.
    pub(super) fn phrase(self, start: usize, end: usize, bare: bool) -> Option<Range<usize>> {
        let end = end.min(start + MAX_PHRASE);
        if start >= end || self.words.words[start].mark != Mark::None && self.words.words[start].mark != Mark::Inside {
            return None;
        }
        if self.lists.pronouns.contains_key(self.lower(start).as_str()) {
            return Some(start..start + 1);
        }
        let mut at = start;
        while at < end && self.class(at) == Class::Determiner && self.name_at(at).is_none() {
            at += 1;
        }
        let opens = at > start
            || self.is_title(at)
            || self.name_at(at).is_some()
            || bare && self.class(at) == Class::Capital && self.words.is_word(at);
        if !opens {
            return None;
        }
        Some(start..self.phrase_rest(self.noun(at, end)?, end))
    }

    /// Returns the noun phrase without an article that begins at a token: "fuentes de Trabajo".
    pub(super) fn bare_phrase(self, start: usize, end: usize) -> Option<Range<usize>> {
        let first = self.noun(start, end).filter(|_| !self.words.words[start].says)?;
        Some(start..self.phrase_rest(first, end))
    }

    /// Returns the end of a noun phrase behind its first noun: what prepositions join to it, names, titles and an adjective.
    fn phrase_rest(self, mut at: usize, end: usize) -> usize {
        while at < end {
            if let Some(name) = self.name_at(at) {
                at = name.end.min(end);
                continue;
            }
            // "des" is an article, and also "de" with one.
            let joins = self.class(at) == Class::Preposition || self.words.document.word(at) == "des";
            at = match self.class(at) {
                _ if joins => {
                    let joins = |&at: &usize| !matches!(self.class(at), Class::Preposition | Class::Determiner);
                    match (at + 1..end).find(joins).and_then(|noun| self.noun(noun, end)) {
                        Some(end) => end,
                        None => break,
                    }
                }
                Class::Capital if self.words.is_word(at) => at + 1,
                Class::Other if self.is_title(at) && !self.is_verb(at) => at + 1,
                Class::Other if self.words.is_word(at) && !self.is_verb(at) && self.closes(at + 1, end) => at + 1,
                _ => break,
            };
        }
        at
    }

    /// Returns whether a noun phrase may end before a token, so that the word before it is an adjective rather than a verb.
    fn closes(self, at: usize, end: usize) -> bool {
        at >= end
            || self.name_at(at).is_some()
            || self.is_title(at)
            || self.words.words[at].says
            || !self.words.is_word(at)
            || matches!(self.class(at), Class::Preposition | Class::Auxiliary | Class::Pronoun | Class::Capital)
    }

    /// Returns whether a noun phrase names somebody: a name stands in it that no preposition governs.
    fn is_named(self, phrase: &Range<usize>) -> bool {
        let governed = |at: usize| {
            let before = (phrase.start..at).rev().find(|&at| self.class(at) != Class::Determiner);
            before.is_some_and(|before| self.class(before) == Class::Preposition)
        };
        phrase.clone().any(|at| self.name_at(at).is_some() && !governed(at))
    }

    /// Returns a description with the name in apposition to it: "el presidente del Gobierno, Pedro Sánchez".
    pub(super) fn with_apposition(self, phrase: Range<usize>, end: usize) -> Range<usize> {
        if phrase.len() == 1 && self.is_pronoun(phrase.start) || self.is_named(&phrase) {
            return phrase;
        }
        if phrase.end >= end || self.class(phrase.end) != Class::Comma {
            return phrase;
        }
        let titles = (phrase.end + 1..end.min(phrase.end + 1 + MAX_TITLES))
            .take_while(|&at| self.name_at(at).is_none() && (self.is_title(at) || self.class(at) == Class::Determiner));
        let first = phrase.end + 1 + titles.count();
        match self.name_at(first).filter(|name| name.end <= end) {
            Some(name) => phrase.start..name.end,
            None => phrase,
        }
    }
}
