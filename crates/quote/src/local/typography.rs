//! Finds quotations by their marks and cues: « Oui », a dit Mme Martin.

use std::ops::Range;

use super::according::According;
use super::pattern::Pattern;
use super::phrase::Reader;
use crate::quotation_marks::QuotedSpan;
use crate::tagger::Attribution;
use crate::tagger::words::{Class, Mark};

/// The maximum number of words between a quotation and the cue behind it.
const BEHIND: usize = 8;
/// The maximum number of tokens between a cue and the quotation behind it, with a colon or conjunction and without.
const AHEAD: usize = 40;
const AHEAD_PARTIAL: usize = 12;
/// The maximum number of tokens of a cue within the marks, with its source.
const INSERTED: usize = 20;
/// The same where the verb has no subject: "ha sostenuto nella requisitoria".
const INSERTED_ALONE: usize = 7;
/// The tokens before a colon that name nobody: "E ancora:".
const SHORT: usize = 3;
/// The least words of a quotation that has no cue.
const WHOLE: usize = 5;
/// The least words of a partial quotation behind an article, which mostly holds a term: "un « plan d'action »".
const BEHIND_ARTICLE: usize = 3;

impl Reader<'_> {
    /// Returns the attribution of a quoted span.
    pub(crate) fn quoted(self, index: usize, found: &[Attribution]) -> Option<Attribution> {
        let quoted = &self.words.marked[index];
        let sentence = self.words.sentence(quoted.outside.start).clone();
        if !self.words.may_quote(quoted) && !self.is_short_speech(quoted, &sentence) {
            return None;
        }
        let whole = || vec![quoted.outside.clone()];
        if let Some(attribution) = self.interrupted(quoted) {
            return Some(attribution);
        }
        let colon = self.colon(quoted);
        if let Some(attribution) = colon.and_then(|colon| self.announced(colon, quoted)) {
            return Some(attribution);
        }
        let behind = self.cue_behind(quoted, &sentence);
        if let Some(cue) = behind.filter(|&cue| colon.is_none() || self.behind(cue, sentence.end).is_some()) {
            let (pattern, content) = if self.is_apart(quoted, &sentence) {
                (Pattern::Behind, whole())
            } else {
                (Pattern::Reported, vec![self.clause_before(quoted, cue, &sentence)])
            };
            return Some(self.with_source(cue, content, pattern));
        }
        if let Some(colon) = colon {
            return Some(self.labelled(colon, quoted));
        }
        if let Some(attribution) = self.according_to(quoted, &sentence) {
            return Some(attribution);
        }
        if let Some(attribution) = self.cue_ahead(quoted, &sentence) {
            return Some(attribution);
        }
        let flows = self.flows(quoted, &sentence, found);
        let speech = self.words.begins_as_speech(quoted) && self.is_closed(quoted);
        let pattern = if flows { Pattern::Continued } else { Pattern::Alone };
        (flows || speech && self.count(&quoted.inside) >= WHOLE && self.opens_clause(quoted, &sentence))
            .then(|| Attribution { flows, ..pattern.of(whole()) })
    }

    fn with_source(self, cue: usize, content: Vec<Range<usize>>, pattern: Pattern) -> Attribution {
        let source = self.source(cue, &content);
        Attribution { cue: Some(cue), flows: source.is_none(), source, ..pattern.of(content) }
    }

    /// Returns the number of words of a range.
    fn count(self, range: &Range<usize>) -> usize {
        range.clone().filter(|&at| self.words.is_word(at)).count()
    }

    /// Returns whether a single word in marks is speech: "Oui", répond-il.
    fn is_short_speech(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> bool {
        let next = quoted.outside.end;
        let comma = self.class(next) == Class::Comma || self.is_closed_within(quoted);
        let verb = next + usize::from(self.class(next) == Class::Comma);
        quoted.outside.start == sentence.start
            && self.words.begins_as_speech(quoted)
            && comma
            && self.group_verb(verb, sentence.end).is_some()
    }

    fn is_closed_within(self, quoted: &QuotedSpan) -> bool {
        matches!(self.class(quoted.inside.end - 1), Class::Stop | Class::Comma)
    }

    /// Returns whether a quoted span ends as speech does, within its marks or right behind them.
    fn is_closed(self, quoted: &QuotedSpan) -> bool {
        quoted.goes_on
            || self.is_closed_within(quoted)
            || matches!(self.class(quoted.outside.end), Class::Stop | Class::Comma | Class::Colon | Class::Beyond)
    }

    /// Returns whether nothing but a pause stands before a quoted span.
    fn opens_clause(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> bool {
        let start = quoted.outside.start;
        start == sentence.start
            || matches!(self.class(start - 1), Class::Colon | Class::Comma | Class::Dash | Class::Stop | Class::Opening)
    }

    /// Returns whether a quoted span stands by itself: with a pause before it, and a pause or a verb of saying behind it.
    fn is_apart(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> bool {
        let next = quoted.outside.end;
        let pause = matches!(self.class(next), Class::Comma | Class::Stop | Class::Dash | Class::Beyond);
        self.opens_clause(quoted, sentence)
            && (pause || self.is_closed_within(quoted) || self.group_verb(next, sentence.end).is_some())
    }

    /// Returns the colon right before a quoted span, which may end the paragraph before.
    fn colon(self, quoted: &QuotedSpan) -> Option<usize> {
        let before = quoted.outside.start.checked_sub(1)?;
        let near = self.words.words[before].block + 1 >= self.words.words[quoted.outside.start].block;
        (self.class(before) == Class::Colon && near).then_some(before)
    }

    /// Returns the attribution of a quotation behind a cue and a colon.
    fn announced(self, colon: usize, quoted: &QuotedSpan) -> Option<Attribution> {
        let content = vec![quoted.outside.clone()];
        let sentence = self.words.sentence(colon).start;
        let ahead = sentence.max(colon.saturating_sub(AHEAD))..colon;
        let cue =
            ahead.rev().take_while(|&at| self.words.words[at].quoted_span.is_none()).find(|&at| self.is_cue(at))?;
        Some(self.with_source(cue, content, Pattern::Colon))
    }

    /// Returns the attribution of a quotation behind a colon without a cue: "E ancora: «…»" continues, other words name the source.
    fn labelled(self, colon: usize, quoted: &QuotedSpan) -> Attribution {
        let source = self.before_colon(colon);
        let flows = source.is_none() && colon - self.words.sentence(colon).start <= SHORT;
        Attribution { cue: Some(colon), flows, source, ..Pattern::Label.of(vec![quoted.outside.clone()]) }
    }

    /// Returns the cue behind a quotation: « … », a dit Mme Martin.
    fn cue_behind(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> Option<usize> {
        let mut passed = 0;
        let mut paused = self.is_closed_within(quoted);
        for at in quoted.outside.end..sentence.end {
            let word = &self.words.words[at];
            if word.mark == Mark::Open
                || matches!(word.class, Class::Stop | Class::Colon | Class::That | Class::Question)
            {
                return None;
            }
            paused |= matches!(word.class, Class::Comma | Class::Dash);
            if self.is_cue(at) {
                let next = self.group_start(at, quoted.outside.end) == quoted.outside.end;
                return (paused || next).then_some(at);
            }
            if word.class == Class::Conjunction && paused && passed == 0 {
                return None;
            }
            passed += usize::from(self.words.is_word(at));
            if passed > BEHIND {
                return None;
            }
        }
        None
    }

    /// Returns the clause before a cue that contains the quoted words: Le plan est « un désastre », a dit Mme Martin.
    fn clause_before(self, quoted: &QuotedSpan, cue: usize, sentence: &Range<usize>) -> Range<usize> {
        let end =
            (quoted.outside.end..cue).rev().find(|&at| self.class(at) == Class::Comma).unwrap_or(quoted.outside.end);
        self.trimmed(self.clause_start(sentence.start, quoted.outside.start)..end)
    }

    /// Returns the attribution of a quotation beside "according to": before its clause, or behind it.
    fn according_to(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> Option<Attribution> {
        let reported = |phrase: According, content: Range<usize>| {
            let pattern = if content == quoted.outside { Pattern::Behind } else { Pattern::Reported };
            Attribution { cue: Some(phrase.phrase.start), source: Some(phrase.source), ..pattern.of(vec![content]) }
        };
        let next = quoted.outside.end + usize::from(self.class(quoted.outside.end) == Class::Comma);
        let behind = (next..sentence.end.min(next + 2 * BEHIND))
            .take_while(|&at| !matches!(self.class(at), Class::Stop | Class::Colon) && !self.is_cue(at))
            .filter(|&at| at == next || self.class(at - 1) == Class::Comma)
            .find_map(|at| self.according(at, sentence.end).map(|phrase| (at, phrase)));
        if let Some((at, phrase)) = behind {
            let content = if self.is_apart(quoted, sentence) || at == next && self.opens_clause(quoted, sentence) {
                quoted.outside.clone()
            } else {
                self.trimmed(self.clause_start(sentence.start, quoted.outside.start)..at)
            };
            return Some(reported(phrase, content));
        }
        let ahead = (sentence.start.max(quoted.outside.start.saturating_sub(AHEAD))..quoted.outside.start)
            .rev()
            .filter(|&at| {
                at == sentence.start || matches!(self.class(at - 1), Class::Comma | Class::Dash | Class::Conjunction)
            })
            .find_map(|at| self.according(at, quoted.outside.start))?;
        // A comma before the marks: between them and the source stand words about the source.
        let apart = ahead.end == quoted.outside.start || self.class(quoted.outside.start - 1) == Class::Comma;
        if apart && self.trimmed(quoted.outside.end..sentence.end).is_empty() {
            return Some(reported(ahead, quoted.outside.clone()));
        }
        let content = ahead.end..self.clause_end(ahead.end, sentence.end).max(quoted.outside.end);
        Some(reported(ahead, content))
    }

    /// Returns the attribution of a quotation whose cue stands before it without a colon: in a reported clause, or as its object.
    fn cue_ahead(self, quoted: &QuotedSpan, sentence: &Range<usize>) -> Option<Attribution> {
        let start = quoted.outside.start;
        let unmarked = |&at: &usize| self.words.words[at].quoted_span.is_none();
        let ahead = sentence.start.max(start.saturating_sub(AHEAD))..start;
        let cues = ahead.rev().take_while(unmarked).filter(|&at| self.is_cue(at) && !self.is_idle(at));
        for cue in cues {
            if let Some(that) = self.conjunction(cue, start) {
                let end = self.clause_end(quoted.outside.end - 1, sentence.end).max(quoted.outside.end);
                return Some(self.with_source(cue, vec![Range { start: that, end }], Pattern::Reported));
            }
            // « un gâchis » behind "dénonce"; a term or title behind an article is none.
            let count = self.count(&quoted.inside);
            let article = self.class(start - 1) == Class::Determiner;
            let fits = !self.words.begins_as_speech(quoted) || count >= WHOLE && self.is_closed(quoted);
            let near = start - cue <= AHEAD_PARTIAL && !(cue..start).any(|at| self.class(at) == Class::Stop);
            if near && fits && (!article || count >= BEHIND_ARTICLE) {
                return Some(self.with_source(cue, vec![quoted.outside.clone()], Pattern::Partial));
            }
        }
        None
    }

    /// Returns the attribution of a quotation whose cue stands within the marks, between commas or dashes.
    fn interrupted(self, quoted: &QuotedSpan) -> Option<Attribution> {
        let inside = quoted.inside.clone();
        (inside.start + 1..inside.end).find_map(|pause| {
            if !matches!(self.class(pause), Class::Comma | Class::Dash) {
                return None;
            }
            let cue = self.group_verb(pause + 1, inside.end)?;
            let subject = self.inverted(cue, inside.end).then(|| self.behind(cue, inside.end)).flatten();
            let far = if subject.is_some() { INSERTED } else { INSERTED_ALONE };
            let from = subject.as_ref().map_or(cue + 1, |subject| subject.end.max(cue + 1));
            let closes = |&at: &usize| match self.class(at) {
                Class::Comma => self.class(pause) == Class::Comma,
                Class::Dash => self.class(pause) == Class::Dash,
                class => class == Class::Stop,
            };
            let last = inside.end.min(pause + far);
            let close = (from..last).find(closes).or_else(|| (inside.end <= pause + far).then_some(inside.end))?;
            // Without a subject, words behind the verb are those of a clause: "Je crois, dit la chanson".
            if subject.is_none() && (from..close).any(|at| self.class(at) == Class::That) {
                return None;
            }
            let mut content = vec![Range { end: pause, ..inside.clone() }];
            let rest = close + 1..inside.end;
            if !rest.is_empty() && self.count(&rest) > 0 {
                content.push(rest);
            }
            let flows = subject.is_none();
            Some(Attribution { cue: Some(cue), source: subject, flows, ..Pattern::Within.of(content) })
        })
    }

    /// Returns whether a quotation continues the one before it: a whole sentence in marks, in the same paragraph or the next.
    fn flows(self, quoted: &QuotedSpan, sentence: &Range<usize>, found: &[Attribution]) -> bool {
        let Some(last) = found.last().and_then(|last| last.content.last()) else { return false };
        let block = |at: usize| self.words.words[at].block;
        let is_whole = quoted.outside.start == sentence.start && self.words.all_marked(sentence);
        is_whole && block(quoted.outside.start) <= block(last.end - 1) + 1
    }
}
