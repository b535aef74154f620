//! Finds quotations by their marks and cues: « Oui », a dit Mme Martin.

use std::ops::Range;

use super::lists::Lists;
use super::source;
use crate::quotation_marks::QuotedSpan;
use crate::tagger::Attribution;
use crate::tagger::words::{Class, Mark, Words};

/// The maximum number of words between a quotation and the cue behind it.
const BEHIND: usize = 8;
/// The maximum number of tokens between a cue and the quotation behind it.
const AHEAD: usize = 30;
/// The maximum number of tokens of a cue within the marks, with its source.
const INSERTED: usize = 14;
/// The least words of a quotation that has no cue.
const WHOLE: usize = 5;

/// How likely speech is with a cue beside it, within it, and with none.
const WITH_CUE: f32 = 0.95;
const WITH_CUE_WITHIN: f32 = 0.9;
const MIXED: f32 = 0.85;
const TERM: f32 = 0.6;
const WITHOUT_CUE: f32 = 0.7;

/// Returns the attributions of a text, in order; their contents never overlap.
pub(crate) fn attributions(words: &Words, lists: &Lists) -> Vec<Attribution> {
    let mut found: Vec<Attribution> = Vec::new();
    let mut covered = 0;
    for index in 0..words.marked.len() {
        let quoted = &words.marked[index];
        if quoted.outside.start < covered || !words.may_quote(quoted) {
            continue;
        }
        let Some(attribution) = attribution(words, lists, index, &found) else { continue };
        let Some(attribution) = joined(words, attribution, &mut found) else { continue };
        covered = attribution.content.last().map_or(covered, |span| span.end);
        found.push(attribution);
    }
    found
}

/// Returns the attribution of a quoted span.
pub(crate) fn attribution(words: &Words, lists: &Lists, index: usize, found: &[Attribution]) -> Option<Attribution> {
    let quoted = &words.marked[index];
    let sentence = words.sentence(quoted.outside.start).clone();
    if let Some(attribution) = interrupted(words, lists, quoted) {
        return Some(attribution);
    }
    let whole = vec![quoted.outside.clone()];
    let is_speech = words.begins_as_speech(quoted) && is_closed(words, quoted);
    if let Some(cue) = behind(words, quoted, &sentence) {
        let source = source::near(words, lists, cue, &whole);
        return Some(attributed(cue, whole, source, WITH_CUE));
    }
    if let Some(cue) = ahead(words, quoted, &sentence) {
        let is_announced = introduces(words, quoted.outside.start);
        let content = if is_announced { whole } else { clause(words, cue, quoted, &sentence) };
        let is_mixed = content[0] != quoted.outside;
        let source = source::near(words, lists, cue, &content);
        let count = count(words, &quoted.inside);
        let likely = match (is_announced, is_mixed) {
            (true, _) => WITH_CUE,
            (false, true) => MIXED,
            (false, false) if count >= WHOLE => MIXED,
            (false, false) => TERM,
        };
        return (is_announced || source.is_some() || is_speech).then(|| attributed(cue, content, source, likely));
    }
    // « Non », Mme Martin: a colon or dash with a name before or behind it.
    if introduces(words, quoted.outside.start) && words.begins_as_speech(quoted) {
        let colon = quoted.outside.start - 1;
        let source = source::before(words, colon).filter(|_| words.words[colon].class == Class::Colon);
        if let Some(source) = source {
            return Some(attributed(colon, whole, Some(source), WITH_CUE_WITHIN));
        }
    }
    let flows = flows(words, quoted, &sentence, found);
    let is_alone = is_speech && count(words, &quoted.inside) >= WHOLE;
    (flows || is_alone).then_some(Attribution {
        cue: None,
        content: whole,
        source: None,
        flows,
        likely: WITHOUT_CUE,
        verbatim: false,
    })
}

fn attributed(cue: usize, content: Vec<Range<usize>>, source: Option<Range<usize>>, likely: f32) -> Attribution {
    Attribution { cue: Some(cue), content, source, flows: false, likely, verbatim: false }
}

/// Returns the number of words of a range.
fn count(words: &Words, range: &Range<usize>) -> usize {
    range.clone().filter(|&at| words.is_word(at)).count()
}

/// Returns whether a token is a cue outside quotation marks.
fn is_cue(words: &Words, at: usize) -> bool {
    words.words[at].says && words.words[at].quoted_span.is_none()
}

/// Returns whether a quoted span ends as speech does, within its marks or right behind them.
fn is_closed(words: &Words, quoted: &QuotedSpan) -> bool {
    let stop = |at: usize| words.words.get(at).is_some_and(|word| matches!(word.class, Class::Stop | Class::Comma));
    quoted.goes_on || stop(quoted.inside.end - 1) || stop(quoted.outside.end)
}

/// Returns whether a colon or comma stands right before a place, or nothing does.
fn introduces(words: &Words, at: usize) -> bool {
    at > words.sentence(at).start && words.words[at - 1].class == Class::Colon
}

/// Returns the cue behind a quotation: "…", sagte Keller.
fn behind(words: &Words, quoted: &QuotedSpan, sentence: &Range<usize>) -> Option<usize> {
    let mut passed = 0;
    for at in quoted.outside.end..sentence.end {
        let word = &words.words[at];
        if word.mark == Mark::Open || matches!(word.class, Class::Stop | Class::Colon | Class::That | Class::Question) {
            return None;
        }
        if is_cue(words, at) {
            return Some(at);
        }
        passed += usize::from(words.is_word(at));
        // "…", dit-il: the clitic is a part of the word.
        if passed > BEHIND {
            return None;
        }
    }
    None
}

/// Returns the cue before a quotation: Keller sagte: "…".
fn ahead(words: &Words, quoted: &QuotedSpan, sentence: &Range<usize>) -> Option<usize> {
    let start = quoted.outside.start;
    // "Keller sagte:", and the words in the next paragraph.
    let mut from = sentence.start;
    if start == sentence.start && start > 0 && words.words[start - 1].class == Class::Colon {
        from = words.sentence(start - 1).start;
    }
    let range = from.max(start.saturating_sub(AHEAD))..start;
    let cue = range.rev().take_while(|&at| words.words[at].quoted_span.is_none()).find(|&at| is_cue(words, at))?;
    // A cue that another quotation precedes belongs to that one.
    Some(cue)
}

/// Returns the content behind a cue: the reported clause if a conjunction opens it before the marks, else the quoted words.
fn clause(words: &Words, cue: usize, quoted: &QuotedSpan, sentence: &Range<usize>) -> Vec<Range<usize>> {
    let that = (cue + 1..quoted.outside.start).find(|&at| words.words[at].class == Class::That);
    let Some(that) = that else { return vec![quoted.outside.clone()] };
    let mut end = sentence.end;
    while end > quoted.outside.end && !words.is_word(end - 1) && words.words[end - 1].quoted_span.is_none() {
        end -= 1;
    }
    vec![Range { start: that, end }]
}

/// Returns the attribution of a quotation whose cue stands within the marks: « Le texte, a déclaré M. Dupont, est prêt. »
fn interrupted(words: &Words, lists: &Lists, quoted: &QuotedSpan) -> Option<Attribution> {
    let inside = quoted.inside.clone();
    let comma = inside.clone().skip(1).find(|&at| {
        let cue = verb_behind(words, at, inside.end);
        words.words[at].class == Class::Comma && cue.is_some_and(|cue| source::inverted(words, lists, cue, inside.end))
    })?;
    let cue = verb_behind(words, comma, inside.end)?;
    let subject = source::behind(words, lists, cue, inside.end)?;
    let close = (subject.end..inside.end.min(comma + INSERTED))
        .find(|&at| matches!(words.words[at].class, Class::Comma | Class::Stop))
        .or_else(|| (inside.end <= comma + INSERTED).then_some(inside.end))?;
    let mut content = vec![Range { end: comma, ..inside.clone() }];
    let rest = close + 1..inside.end;
    if !rest.is_empty() && count(words, &rest) > 0 {
        content.push(rest);
    }
    Some(attributed(cue, content, Some(subject), WITH_CUE_WITHIN))
}

/// Returns the verb of saying right behind a comma, with nothing but auxiliaries and small pronouns between.
fn verb_behind(words: &Words, comma: usize, end: usize) -> Option<usize> {
    (comma + 1..end.min(comma + 4))
        .take_while(|&at| {
            at == comma + 1
                || matches!(
                    words.words[at - 1].class,
                    Class::Auxiliary | Class::Pronoun | Class::Adverb | Class::Conjunction
                )
        })
        .find(|&at| words.words[at].says)
}

/// Returns whether a quotation continues the one before it: a whole sentence in marks, in the same paragraph or the next.
fn flows(words: &Words, quoted: &QuotedSpan, sentence: &Range<usize>, found: &[Attribution]) -> bool {
    let Some(last) = found.last().and_then(|last| last.content.last()) else { return false };
    let block = |at: usize| words.words[at].block;
    let is_whole = quoted.outside.start == sentence.start && words.all_marked(sentence);
    is_whole && block(quoted.outside.start) <= block(last.end - 1) + 1
}

/// Joins a part of a quotation to the part before it, if one cue stands between them: "A", sagte Keller, "B."; returns what is a
/// quotation by itself.
fn joined(words: &Words, attribution: Attribution, found: &mut [Attribution]) -> Option<Attribution> {
    let Some(last) = found.last_mut() else { return Some(attribution) };
    let (Some(end), Some(start)) = (last.content.last().map(|span| span.end), attribution.content.first()) else {
        return Some(attribution);
    };
    let start = start.start;
    let same_sentence = words.words[start].sentence == words.words[end - 1].sentence;
    let between = last.cue.is_some_and(|cue| (end..start).contains(&cue));
    let own = attribution.cue.filter(|cue| attribution.cue != last.cue && !(end..start).contains(cue));
    if same_sentence && (between || attribution.cue.is_some() && attribution.cue == last.cue) && own.is_none() {
        last.content.extend(attribution.content);
        return None;
    }
    Some(attribution)
}
