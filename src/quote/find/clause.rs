//! Where the clause of a verb of saying begins and ends.

use std::ops::Range;

use super::Finder;
use crate::quote::cue::{Takes, Verb};

/// How far behind a verb its clause may begin.
const REACH: usize = 16;

/// Where a clause begins.
pub(super) enum Begin {
    /// At a marked stretch.
    Mark(usize),
    /// At "that".
    That(usize),
    /// At any other word.
    Bare(usize),
}

impl Finder<'_> {
    /// Where the clause of the verb begins.
    pub(super) fn begin(&self, at: usize, verb: Verb, end: usize) -> Option<Begin> {
        let next = at + 1;
        let last = end.min(at + REACH);
        let opens = |at: usize| self.in_marks(at).is_some_and(|m| m.outside.start == at);
        let mut that = None;
        let mut mark = None;
        for i in next..last {
            if opens(i) {
                mark = Some(i);
                break;
            }
            let word = self.word(i);
            if word == "that" && that.is_none() {
                that = Some(i);
            }
            if matches!(word, ";" | "." | "\u{2014}") {
                break;
            }
        }
        // A mark that is announced ("said in a statement, “…", "posted online: “…").
        if let Some(mark) = mark
            && that.is_none()
            && (mark == next && verb.lemma != "read" || matches!(self.word(mark - 1), "," | ":"))
        {
            return Some(Begin::Mark(mark));
        }
        if verb.takes == Takes::Marked {
            // "called the plan “reckless”": the whole phrase.
            let objects = matches!(
                verb.lemma,
                "call"
                    | "describe"
                    | "label"
                    | "dub"
                    | "brand"
                    | "accuse"
                    | "denounce"
                    | "condemn"
                    | "praise"
                    | "criticize"
            );
            return mark.filter(|mark| objects && mark - at <= 10 && that.is_none()).map(|_| Begin::Bare(next));
        }
        let first = self.word(next).to_lowercase();
        if first == "that" {
            return Some(Begin::That(next));
        }
        if next >= end
            || matches!(first.as_str(), "is" | "was" | "are" | "were" | "so" | "it." | "no")
            || !self.document.tokens()[next].is_word
        {
            // "said, on Monday, that …"
            return that.filter(|_| self.word(next) == ",").map(Begin::That);
        }
        if verb.lemma == "tell" {
            return self.after_addressee(next, last, that);
        }
        let adverbial = is_preposition(&first) || is_time(self.word(next)) || first.ends_with("ly");
        if adverbial {
            if let Some(that) = that {
                return Some(Begin::That(that));
            }
            // "said Monday he would"
            let after = next + 1;
            let timed = is_time(self.word(next)) || is_preposition(&first) && is_time(self.word(after));
            let after = if is_preposition(&first) { after + 1 } else { after };
            return (timed
                && after < end
                && self.document.tokens()[after].is_word
                && !is_preposition(self.word(after))
                && verb.takes == Takes::Clause)
                .then_some(Begin::Bare(after));
        }
        if verb.takes == Takes::Clause && verb.lemma != "add" && verb.lemma != "write" && verb.lemma != "claim" {
            return Some(Begin::Bare(next));
        }
        let subject = matches!(first.as_str(), "he" | "she" | "it" | "they" | "we" | "there" | "i" | "you");
        if subject {
            return Some(Begin::Bare(next));
        }
        that.filter(|that| that - at <= 6 && verb.takes != Takes::Marked).map(Begin::That)
    }

    /// "told reporters (that) …".
    fn after_addressee(&self, next: usize, last: usize, that: Option<usize>) -> Option<Begin> {
        if let Some(that) = that {
            return Some(Begin::That(that));
        }
        const STARTS: [&str; 20] = [
            "he", "she", "it", "they", "we", "i", "there", "the", "a", "an", "his", "her", "their", "this", "these",
            "how", "what", "why", "whether", "to",
        ];
        let begin = (next + 1..last).find(|&at| STARTS.contains(&self.word(at)))?;
        (self.word(begin) != "to").then_some(Begin::Bare(begin))
    }

    /// The end of a clause: the sentence's, or where the writer speaks again.
    pub(super) fn end(&self, start: usize, end: usize) -> usize {
        (start + 4..end)
            .find(|&at| {
                self.word(at) == ","
                    && self.in_marks(at).is_none()
                    && matches!(
                        self.word(at + 1),
                        "which" | "according" | "adding" | "saying" | "citing" | "referring" | "calling"
                    )
                    && self.marked_within(&(at..end)).is_empty()
                    || self.word(at) == ";" && self.in_marks(at).is_none()
            })
            .unwrap_or(end)
    }

    /// The same for a clause without "that", which ends too where its speaker's own doings go on.
    pub(super) fn bare_end(&self, start: usize, end: usize) -> usize {
        let end = self.end(start, end);
        const DOINGS: [&str; 16] = [
            "has", "have", "is", "sees", "wants", "calls", "says", "plans", "hopes", "believes", "expects", "needs",
            "urged", "called", "added", "accused",
        ];
        (start + 3..end)
            .find(|&at| self.word(at) == "and" && self.in_marks(at).is_none() && DOINGS.contains(&self.word(at + 1)))
            .unwrap_or(end)
    }

    /// Whether a stretch has a verb: content is a clause.
    pub(super) fn has_verb(&self, range: &Range<usize>) -> bool {
        range.clone().any(|at| {
            let word = self.word(at);
            const VERBS: [&str; 30] = [
                "is", "are", "was", "were", "be", "been", "has", "have", "had", "will", "would", "can", "could",
                "should", "may", "might", "must", "do", "does", "did", "won", "lost", "rose", "fell", "went", "came",
                "made", "took", "left", "died",
            ];
            VERBS.contains(&word)
                || word.len() > 4 && (word.ends_with("ed") || word.ends_with("ing"))
                || word.contains("n't")
                || word.contains("n\u{2019}t")
                || at > range.start && word.len() > 4 && word.ends_with('s') && word.chars().all(char::is_lowercase)
        })
    }

    /// What follows the cue after its content holds no clause of its own.
    pub(super) fn is_afterthought(&self, rest: &Range<usize>, inverted: bool) -> bool {
        let first = self.word(rest.start).to_lowercase();
        let empty = rest.clone().all(|at| !self.document.tokens()[at].is_word);
        let no_that = rest.clone().take(8).all(|at| self.word(at) != "that");
        empty
            || inverted
            || no_that
                && (is_preposition(&first) || is_time(self.word(rest.start)) || first == "," || first == "reporters")
    }
}

fn is_preposition(word: &str) -> bool {
    const WORDS: [&str; 40] = [
        "in",
        "on",
        "at",
        "during",
        "to",
        "after",
        "before",
        "when",
        "while",
        "as",
        "last",
        "this",
        "earlier",
        "late",
        "later",
        "via",
        "by",
        "with",
        "about",
        "of",
        "for",
        "from",
        "over",
        "into",
        "through",
        "ahead",
        "following",
        "recently",
        "again",
        "aloud",
        "yesterday",
        "today",
        "early",
        "back",
        "if",
        "under",
        "among",
        "without",
        "because",
        "since",
    ];
    WORDS.contains(&word)
}

fn is_time(word: &str) -> bool {
    const WORDS: [&str; 24] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "yesterday",
        "today",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Jan.",
        "Sept.",
        "Oct.",
    ];
    WORDS.contains(&word)
}
