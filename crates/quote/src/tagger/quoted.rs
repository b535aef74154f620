//! Corrects attributions by quotation marks: where quoted content begins and ends, and which quoted sentences continue
//! it.

use std::ops::Range;

use super::coverage::Coverage;
use super::words::{Class, Mark, Words};
use super::{Attribution, clause, silence};

/// Aligns contents with quotation marks, removes what a direct quotation cannot contain, and adds the sentences that continue it.
pub(super) fn finish(words: &Words, coverage: &mut Coverage) {
    let Coverage { found, taken } = coverage;
    found.retain_mut(|attribution| {
        if attribution.verbatim {
            return true;
        }
        if attribution.content.len() == 1 {
            break_off(words, attribution);
            with_examples(words, attribution, taken);
            without_background(words, attribution, taken);
            clause::with_list(words, &mut attribution.content[0], taken);
        }
        if silence::is_silence(words, attribution) {
            attribution.content.iter().for_each(|span| taken[span.clone()].fill(false));
            return false;
        }
        let says = attribution.cue.is_some_and(|cue| says_only(words.document.word(cue)));
        let tells = attribution.content.iter().any(|span| says && span.len() > 3 || tells(words, span));
        if !tells {
            attribution.content.iter().for_each(|span| taken[span.clone()].fill(false));
        }
        tells
    });
    split_far(words, found);
    found.sort_by_key(|attribution| attribution.content[0].start);
    for attribution in found.iter_mut().filter(|attribution| !attribution.verbatim) {
        join_within(words, attribution, taken);
        let own = |at: usize, source: &Option<Range<usize>>| {
            Some(at) == attribution.cue || source.as_ref().is_some_and(|source| source.contains(&at))
        };
        for span in &mut attribution.content {
            let wide = widen(words, span);
            if wide.clone().all(|at| span.contains(&at) || !taken[at] && !own(at, &attribution.source)) {
                taken[wide.clone()].fill(true);
                *span = wide;
            }
        }
        if attribution.content.iter().any(|span| is_speech(words, span)) {
            attribution.content.retain(|span| {
                let marked = words.all_marked(span);
                taken[span.clone()].fill(marked);
                marked
            });
            with_conjunction(words, attribution, taken);
        }
        for span in attribution.content.iter_mut().filter(|span| opens_term(words, span)) {
            span.end += usize::from(!std::mem::replace(&mut taken[span.end], true));
        }
        go_on(words, attribution, taken);
    }
}

/// Returns whether content ends right before the mark that closes a term within it: `the so-called “governor's bracket”`.
fn opens_term(words: &Words, span: &Range<usize>) -> bool {
    let is = |at: usize, mark: &str| words.document.word(at) == mark;
    let count = |mark: &str| span.clone().filter(|&at| is(at, mark)).count();
    words.unmarked(span)
        && (is(span.end, "\u{201d}") && count("\u{201c}") > count("\u{201d}")
            || is(span.end, "\"") && count("\"") % 2 == 1)
}

/// Joins the parts of a content within one pair of quotation marks, with the words between them.
fn join_within(words: &Words, attribution: &mut Attribution, taken: &mut [bool]) {
    attribution.content.dedup_by(|next, span| {
        let quoted_span = words.words[span.end - 1].quoted_span;
        let between = span.end..next.start;
        let joins = quoted_span.is_some()
            && words.words[next.start].quoted_span == quoted_span
            && between.clone().all(|at| !taken[at]);
        if joins {
            taken[between].fill(true);
            span.end = next.end;
        }
        joins
    });
}

/// Adds the conjunction before a part that continues in the same sentence: `"A," he said, but "when it comes to B …"`.
fn with_conjunction(words: &Words, attribution: &mut Attribution, taken: &mut [bool]) {
    let Some(cue) = attribution.cue else { return };
    for span in attribution.content.iter_mut().filter(|span| span.start > cue + 2) {
        let before = span.start - 1;
        let joined = matches!(words.document.word(before), "and" | "but") && words.document.word(before - 1) == ",";
        let begins = words.quoted_spans(span).next().is_none_or(|quoted_span| words.begins_as_speech(quoted_span));
        if joined && !begins && !taken[before] {
            taken[before] = true;
            span.start = before;
        }
    }
}

/// Splits off quoted words that are far from the previous ones in the same sentence: `"A," he said, suggesting
/// a few questions, among them, "B?"`
fn split_far(words: &Words, found: &mut Vec<Attribution>) {
    let mut split: Vec<Attribution> = Vec::new();
    for attribution in found.iter_mut().filter(|attribution| !attribution.verbatim) {
        let far = attribution.content.windows(2).position(|pair| {
            words.all_marked(&pair[0])
                && words.all_marked(&pair[1])
                && words.words[pair[0].start].sentence == words.words[pair[1].start].sentence
                && (pair[0].end..pair[1].start).filter(|&at| words.is_word(at)).count() > FAR
        });
        if let Some(far) = far {
            let content = attribution.content.split_off(far + 1);
            split.push(Attribution { cue: None, source: None, flows: true, content, ..*attribution });
        }
    }
    found.append(&mut split);
}

/// The maximum number of words between two parts of a quotation.
const FAR: usize = 8;

/// Returns whether a verb only takes speech as its object: nobody "says an attack".
fn says_only(word: &str) -> bool {
    matches!(
        word,
        "say"
            | "says"
            | "said"
            | "saying"
            | "argue"
            | "argues"
            | "argued"
            | "insist"
            | "insists"
            | "insisted"
            | "according"
    )
}

/// Returns whether content is reported speech: a clause, or quoted words that are not a title. "Criticised an attack" reports an action,
/// "read \"War and Peace\"" another.
fn tells(words: &Words, content: &Range<usize>) -> bool {
    let quotes = words
        .quoted_spans(content)
        .any(|quoted_span| !words.is_title(quoted_span) || words.ends_as_speech(quoted_span));
    let count = content.clone().filter(|&at| words.is_word(at)).count();
    let clause = |at: usize| match words.words[at].class {
        Class::Auxiliary | Class::Pronoun | Class::That | Class::Question | Class::Past | Class::Participle => true,
        _ => {
            let word = words.document.word(at);
            word == "to" || word.ends_with("n't") || word.ends_with("n\u{2019}t")
        }
    };
    quotes || count > 1 && content.clone().any(clause)
}

/// Ends reported content before the speaker's next statement: "says A and has called for B".
fn break_off(words: &Words, attribution: &mut Attribution) {
    let content = &mut attribution.content[0];
    if attribution.cue.is_none_or(|cue| cue > content.start) || words.words[content.start].class == Class::That {
        return;
    }
    let next = (content.start + 3..content.end).find(|&at| {
        let perfect = usize::from(matches!(words.document.word(at + 1), "has" | "have"));
        let verb = at + 1 + perfect;
        words.document.word(at) == "and"
            && words.words[at].quoted_span.is_none()
            && words.words.get(verb).is_some_and(|word| word.says && word.class == Class::Past)
    });
    if let Some(next) = next {
        content.end = next;
    }
}

/// Adds the examples that end the sentence: "…, including never recognising any part of it".
fn with_examples(words: &Words, attribution: &mut Attribution, taken: &mut [bool]) {
    let content = &mut attribution.content[0];
    let mut end = words.sentence(content.end - 1).end;
    while end > content.end && !words.is_word(end - 1) {
        end -= 1;
    }
    let from = content.end + usize::from(words.document.word(content.end) == ",");
    let such = words.document.word(from) == "such" && words.document.word(from + 1) == "as";
    let rest = content.end..end;
    if from + 1 < end
        && (such || words.document.word(from) == "including")
        && rest.clone().all(|at| !taken[at] && words.words[at].quoted_span.is_none())
    {
        taken[rest].fill(true);
        content.end = end;
    }
}

/// Removes the writer's background after the reported words: "…, which was annexed in 2014".
fn without_background(words: &Words, attribution: &mut Attribution, taken: &mut [bool]) {
    let content = &mut attribution.content[0];
    let word = |at: usize| words.document.word(at);
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    if content.len() < 6 || !is_year(word(content.end - 1)) || !matches!(word(content.end - 2), "in" | "since") {
        return;
    }
    let comma = content.clone().rev().skip(1).find(|&at| word(at) == ",");
    let clause = |&at: &usize| matches!(word(at + 1), "which" | "who" | "where");
    if let Some(comma) = comma.filter(clause).filter(|&at| at > content.start + 2) {
        taken[comma..content.end].fill(false);
        content.end = comma;
    }
}

/// The maximum number of words of a signature.
const SIGNED: usize = 6;

/// Returns the dash and the name that sign quoted words: `"We lost everything." — Tomas Reyes`.
fn signed(words: &Words, dash: usize) -> Option<(usize, Range<usize>)> {
    let block = words.words.get(dash)?.block;
    if !matches!(words.document.word(dash), "-" | "--" | "\u{2013}" | "\u{2014}" | "\u{2015}") {
        return None;
    }
    let name = |at: &usize| words.words.get(*at).is_some_and(|word| word.block == block && matches!(word.shape, 2 | 3));
    let source = dash + 1..dash + 1 + (dash + 1..dash + 1 + SIGNED).take_while(name).count();
    (!source.is_empty()).then_some((dash, source))
}

/// Finds quoted words that a dash and a name sign at the end of their paragraph.
pub(crate) fn signatures(words: &Words, coverage: &mut Coverage) {
    for quoted_span in
        words.marked.iter().filter(|quoted_span| words.ends_as_speech(quoted_span) && words.may_quote(quoted_span))
    {
        let Some((dash, source)) = signed(words, quoted_span.outside.end) else { continue };
        let block = &words.document.blocks()[words.words[dash].block as usize];
        let rest = source.end..block.end;
        if !ends_signature(words, &rest) || !coverage.is_free(&quoted_span.outside) {
            continue;
        }
        coverage.taken[quoted_span.outside.start..source.end].fill(true);
        coverage.found.push(Attribution {
            cue: Some(dash),
            content: vec![quoted_span.outside.clone()],
            source: Some(source),
            flows: false,
            likely: 0.95,
            verbatim: false,
            nested: false,
        });
    }
}

/// Returns whether the signing name is followed by nothing, or only by a role: ", mayor of Brackwater".
fn ends_signature(words: &Words, rest: &Range<usize>) -> bool {
    let verb = |at: usize| words.words[at].says || words.words[at].class == Class::Auxiliary;
    let count = rest.clone().filter(|&at| words.is_word(at)).count();
    count == 0
        || matches!(words.document.word(rest.start), "," | "(")
            && count <= SIGNED * 2
            && !rest.clone().any(verb)
            && words.unmarked(rest)
}

/// Returns the span with the whole of the quoted spans in which it begins and ends.
pub(crate) fn widen(words: &Words, span: &Range<usize>) -> Range<usize> {
    let quoted_span = |at: usize| words.words[at].quoted_span.map(|index| &words.marked[index as usize].outside);
    let start = quoted_span(span.start).map_or(span.start, |outside| outside.start.min(span.start));
    let end = quoted_span(span.end - 1).map_or(span.end, |outside| outside.end.max(span.end));
    start..end
}

/// Returns whether a span is one quoted span that ends as speech does: no term or title.
fn is_speech(words: &Words, span: &Range<usize>) -> bool {
    let quoted_span = words.words[span.start].quoted_span.map(|index| &words.marked[index as usize]);
    span.len() > 3 && words.all_marked(span) && quoted_span.is_some_and(|quoted_span| words.ends_as_speech(quoted_span))
}

/// Adds marked words that continue after the cue within the sentence: `"A," he said, but "when it comes to B …"`.
fn go_on_within(words: &Words, attribution: &mut Attribution, last: usize, taken: &mut [bool]) {
    let sentence = words.sentence(last);
    let comma = last + 1;
    if comma >= sentence.end
        || words.document.word(comma) != ","
        || !attribution.content.iter().all(|span| span.end <= last)
    {
        return;
    }
    let Some(quoted_span) = words.quoted_spans(&(comma + 1..sentence.end.min(comma + 4))).next() else { return };
    let start = quoted_span.outside.start;
    let joined = comma + 1 == start || matches!(words.document.word(comma + 1), "and" | "but");
    let rest = comma + 1..quoted_span.outside.end;
    if joined
        && start > comma
        && !words.begins_as_speech(quoted_span)
        && quoted_span.inside.len() > 2
        && rest.clone().all(|at| !taken[at])
    {
        taken[rest.clone()].fill(true);
        attribution.content.push(rest);
    }
}

/// Adds the sentences after an attribution that are entirely in quotation marks and belong to no other attribution.
fn go_on(words: &Words, attribution: &mut Attribution, taken: &mut [bool]) {
    let ends = attribution.content.iter().chain(&attribution.source).map(|span| span.end);
    let last = ends.chain(attribution.cue.map(|cue| cue + 1)).max().unwrap_or(1) - 1;
    go_on_within(words, attribution, last, taken);
    let mut block = words.words[last].block;
    // A quotation that its paragraph does not close continues in the next one.
    let is_open = |at: usize| words.words[at].quoted_span.is_some_and(|index| words.marked[index as usize].goes_on);
    let mut open = is_open(last);
    for sentence in &words.sentences[words.words[last].sentence as usize + 1..] {
        let goes_on = (open || words.words[sentence.start].block == block)
            && words.words[sentence.start].mark == Mark::Open
            && words.all_marked(sentence)
            && sentence.clone().all(|at| !taken[at])
            && sentence.clone().any(|at| words.is_word(at));
        if !goes_on {
            return;
        }
        taken[sentence.clone()].fill(true);
        attribution.content.push(sentence.clone());
        (block, open) = (words.words[sentence.start].block, is_open(sentence.end - 1));
    }
}

/// Adds the sentences that are entirely in quotation marks and have no cue.
pub(super) fn add_unattributed(words: &Words, coverage: &mut Coverage) {
    let Coverage { found, taken } = coverage;
    let attributed = found.len();
    let mut next = 0;
    for (index, sentence) in words.sentences.iter().enumerate() {
        while next < attributed && found[next].content[0].start < sentence.start {
            next += 1;
        }
        if words.words[sentence.start].mark != Mark::Open
            || !words.all_marked(sentence)
            || sentence.clone().any(|at| taken[at])
        {
            continue;
        }
        // The speaker of the previous sentence or paragraph continues.
        let block = |at: usize| words.words[at].block;
        let last = |attribution: &Attribution| attribution.content.iter().map(|span| span.end - 1).max().unwrap_or(0);
        let flows = next > 0 && {
            let before = index.checked_sub(1).map_or(sentence.start, |before| words.sentences[before].start);
            block(last(&found[next - 1])) >= block(before)
        };
        let length = sentence.clone().filter(|&at| words.is_word(at)).count();
        let quoted_span = words.words[sentence.end - 1].quoted_span.map(|index| &words.marked[index as usize]);
        let whole = quoted_span.is_some_and(|quoted_span| words.ends_as_speech(quoted_span)) && length > 4;
        if flows && length > 1 || whole {
            taken[sentence.clone()].fill(true);
            found.push(Attribution {
                cue: None,
                content: vec![sentence.clone()],
                source: None,
                flows,
                likely: 0.9,
                verbatim: false,
                nested: false,
            });
        }
    }
    found.sort_by_key(|attribution| attribution.content[0].start);
}
