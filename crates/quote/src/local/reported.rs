//! Finds reported clauses: with a conjunction behind the cue, before a cue, or beside "according to".

use std::ops::Range;

use super::pattern::Pattern;
use super::phrase::Reader;
use crate::tagger::Attribution;
use crate::tagger::words::Class;

/// The maximum number of tokens between a cue and the conjunction behind it: "a déclaré lundi à la presse que".
const TO_CONJUNCTION: usize = 10;
/// The maximum number of tokens of a reported clause, and of a sentence in which one without marks is looked for.
const MAX_CLAUSE: usize = 300;
/// Prepositions that join nouns.
const OF: [&str; 22] = [
    "de", "d'", "du", "des", "del", "di", "della", "dell'", "dei", "degli", "delle", "dello", "do", "da", "dos", "das",
    "van", "sobre", "sur", "su", "sulla", "sul",
];
/// The least words of a reported clause.
const LEAST: usize = 3;

impl Reader<'_> {
    /// Returns a range without the marks and stops at its end.
    pub(super) fn trimmed(self, mut range: Range<usize>) -> Range<usize> {
        let closes = |at: usize| self.words.is_word(at) || self.words.words[at].quoted_span.is_some();
        while !range.is_empty() && !closes(range.end - 1) {
            range.end -= 1;
        }
        range
    }

    /// Returns the end of a reported clause that begins at a token: that of the sentence, or where another cue takes over.
    pub(super) fn clause_end(self, from: usize, end: usize) -> usize {
        let parts = |at: &usize| {
            let joins = matches!(self.class(*at), Class::Comma | Class::Conjunction | Class::Subordinator);
            joins && self.words.words[*at].quoted_span.is_none() && {
                let next =
                    (at + 1..end).find(|&at| !matches!(self.class(at), Class::Conjunction | Class::Subordinator));
                next.and_then(|next| self.group_verb(next, end)).is_some()
            }
        };
        let end = end.min(from + MAX_CLAUSE);
        let cut = (from + 1..end).find(parts).unwrap_or(end);
        let cut =
            if self.class(cut) == Class::Conjunction && self.class(cut - 1) == Class::Comma { cut - 1 } else { cut };
        self.trimmed(from..cut).end
    }

    /// Returns the conjunction that opens the clause behind a cue, before `end`. Times, addressees and the subject may stand between; behind
    /// other nouns it is a relative pronoun.
    pub(super) fn conjunction(self, cue: usize, end: usize) -> Option<usize> {
        let end = end.min(cue + 1 + TO_CONJUNCTION);
        let mut at = cue + 1;
        let mut plain = 0;
        while at < end && self.words.words[at].quoted_span.is_none() {
            at = match self.class(at) {
                Class::That => return Some(at),
                // "avisa de que", "este viernes que"
                Class::Preposition if self.class(at + 1) == Class::That => return Some(at + 1),
                Class::Determiner if self.is_time(at + 1) => at + 2,
                Class::Preposition if !OF.contains(&self.lower(at).as_str()) => {
                    let joins = |&at: &usize| self.class(at) != Class::Preposition;
                    let noun = (at + 1..end).find(joins)?;
                    self.phrase(noun, end, true)
                        .or_else(|| self.bare_phrase(noun, end))
                        .map_or(noun + 1, |noun| noun.end)
                }
                Class::Number => at + 1,
                _ if self.is_time(at) => at + 1,
                _ => match self.phrase(at, end, true) {
                    Some(phrase) if self.is_somebody(&phrase) => phrase.end,
                    // "voegt hij eraan toe dat", "laat weten dat"
                    None if self.class(at) == Class::Other && !self.is_cue(at) && plain == 0 => {
                        plain += 1;
                        at + 1
                    }
                    _ => return None,
                },
            };
        }
        None
    }

    /// Returns whether a noun phrase may be the subject of a verb of saying: a pronoun, a name, or a title.
    fn is_somebody(self, phrase: &Range<usize>) -> bool {
        let is = |at: usize| self.is_title(at) || self.name_at(at).is_some() || self.is_pronoun(at);
        phrase.clone().any(is)
    }

    /// Returns whether a cue does not report: it is negated, or stands in a relative clause or comparison ("comme l'a dit").
    pub(super) fn is_idle(self, cue: usize) -> bool {
        let start = self.group_start(cue, self.words.sentence(cue).start);
        let negated =
            (start..cue).any(|at| matches!(self.lower(at).as_str(), "ne" | "n'" | "no" | "non" | "não" | "niet"));
        let before = start.checked_sub(1).map_or(Class::Beyond, |at| self.class(at));
        negated
            || self.lower(cue + 1) == "niet"
            || matches!(before, Class::That | Class::Preposition | Class::Subordinator | Class::Question)
    }

    /// Returns the clauses that a sentence reports without marks.
    /// `part` is the sentence, or the part of it beside what is quoted; `used` is the cue of the latter.
    pub(super) fn indirect(self, part: &Range<usize>, used: Option<usize>) -> Vec<Attribution> {
        let mut found = Vec::new();
        if part.len() > MAX_CLAUSE {
            return found;
        }
        let mut from = part.start;
        while let Some((attribution, end)) = (from..part.end).find_map(|at| self.clause_at(at, from, part, used)) {
            found.push(attribution);
            from = end;
        }
        found
    }

    /// Returns the clause whose cue or phrase begins at a token, and the end of both.
    fn clause_at(
        self,
        at: usize,
        from: usize,
        part: &Range<usize>,
        used: Option<usize>,
    ) -> Option<(Attribution, usize)> {
        let plain = |clause: &Range<usize>| {
            let count = clause.clone().filter(|&at| self.words.is_word(at)).count();
            count >= LEAST && !self.words.all_marked(clause)
        };
        if used == Some(at) {
            return None;
        }
        let is_first = from == self.words.sentence(at).start;
        let opens = at == part.start || self.class(at - 1) == Class::Comma || self.class(at - 1) == Class::Dash;
        if let Some(phrase) = self.according(at, part.end).filter(|_| opens) {
            let cue = phrase.phrase.start;
            let behind = phrase.end..self.clause_end(phrase.end.min(part.end - 1), part.end);
            let is_last = self.trimmed(phrase.end..part.end).is_empty();
            // "conforme carta do dia 16": words that still belong to the source.
            let comma = self.class(phrase.end - 1) == Class::Comma;
            if !is_last && !comma && matches!(self.class(phrase.end), Class::Preposition | Class::Other) {
                return None;
            }
            let clause = if is_last && !is_first {
                return None;
            } else if is_last {
                self.trimmed(self.clause_start(from, at)..at)
            } else {
                behind
            };
            let end = phrase.end.max(clause.end);
            return plain(&clause).then(|| (self.reported(cue, clause, phrase.source), end));
        }
        if !self.is_cue(at) || self.is_idle(at) {
            return None;
        }
        if let Some(that) = self.conjunction(at, part.end) {
            let clause = that..self.clause_end(that, part.end);
            let source = self.source(at, std::slice::from_ref(&clause));
            let start = self.group_start(at, from);
            let nobody =
                start > from && self.is_nominative(start - 1) || !self.words.document.language().drops_subjects();
            if source.is_none() && nobody {
                return None;
            }
            let end = clause.end.max(at + 1);
            return plain(&clause).then(|| {
                let flows = source.is_none();
                (Attribution { cue: Some(at), source, flows, ..self.pattern(&clause).of(vec![clause]) }, end)
            });
        }
        // "Dormir pouco engorda, conclui um estudo.": the cue and its subject end the sentence.
        let verb = self.group_start(at, from);
        if is_first && verb > from && self.class(verb - 1) == Class::Comma && self.inverted_late(at, part.end) {
            let source = self.behind(at, part.end)?;
            let rest = self.trimmed(source.end..part.end);
            let ends = rest.is_empty() || matches!(self.class(rest.start), Class::Comma | Class::Preposition);
            let is_last = ends && part.end == self.words.sentence(at).end && !rest.clone().any(|at| self.is_cue(at));
            let clause = self.trimmed(self.clause_start(from, verb)..verb - 1);
            // "Le jury, présidé par Bruno Vasseur, a salué …" has a subject before the verb.
            let subject = self.words.names.binary_search_by_key(&clause.end, |name| name.end).is_ok();
            let is_last = is_last && !subject && !clause.clone().any(|at| self.is_cue(at));
            return (is_last && plain(&clause)).then(|| (self.reported(at, clause, source), part.end));
        }
        None
    }

    /// Returns the start of a clause before its cue: behind the place and agency that open a report ("ROMA -").
    pub(super) fn clause_start(self, from: usize, end: usize) -> usize {
        let near = from..end.min(from + 12);
        near.rev().find(|&at| self.class(at) == Class::Dash).map_or(from, |dash| dash + 1)
    }

    fn reported(self, cue: usize, clause: Range<usize>, source: Range<usize>) -> Attribution {
        Attribution { cue: Some(cue), source: Some(source), ..self.pattern(&clause).of(vec![clause]) }
    }

    /// Returns the pattern of a reported clause: words in marks show it better.
    fn pattern(self, clause: &Range<usize>) -> Pattern {
        if self.words.unmarked(clause) { Pattern::Indirect } else { Pattern::Reported }
    }
}
