//! Corrects the boundaries of a reported clause that the content tagger made too wide. The rules apply before contents
//! are ranked against each other, so the removed words are free for their own cue.

use std::ops::Range;

use super::words::{Class, Mark, Words};

/// The maximum number of words between a listener and the reported clause.
const LISTENER: usize = 18;

/// The maximum number of words of a label.
const LABEL: usize = 8;
/// Verbs that join a statement to a request of the same person.
const URGES: [&str; 6] = ["encourage", "encouraged", "encourages", "urge", "urged", "urges"];

/// Limits content to what its cue introduces.
pub(super) fn keep(words: &Words, cue: usize, content: &mut Vec<Range<usize>>) {
    own_side(words, cue, content);
    let [span] = &mut content[..] else { return };
    if cue >= span.start {
        return;
    }
    without_listener(words, cue, span);
    before_next(words, cue, span);
    before_speech(words, span);
    as_labelled(words, cue, span);
}

/// "said A, but he said that B": each verb has its own. "After saying A, she left": the main clause is nobody's.
fn own_side(words: &Words, cue: usize, content: &mut Vec<Range<usize>>) {
    let other = |between: Range<usize>| {
        let mut verbs = between.clone().filter(|&at| words.words[at].says && words.words[at].quoted_span.is_none());
        verbs.any(|at| at > between.start && words.words[at - 1].class == Class::Pronoun)
    };
    let behind = |pair: &[Range<usize>]| cue < pair[0].start && other(pair[0].end..pair[1].start);
    if let Some(end) = content.windows(2).position(behind) {
        content.truncate(end + 1);
    }
    let [first, .., last] = &content[..] else { return };
    if first.start < cue && cue < last.start && words.words[last.start].class == Class::That {
        content.retain(|span| span.start > cue);
    } else if cue < first.start
        && words.words[cue].class == Class::Participle
        && cue > 0
        && matches!(words.document.word(cue - 1), "After" | "Before" | "While" | "Besides" | "Without")
        && !words.all_marked(last)
    {
        content.truncate(1);
    }
}

/// "told a crowd in Ohio that it rained": the crowd is not told.
fn without_listener(words: &Words, cue: usize, span: &mut Range<usize>) {
    let tells = matches!(
        lemma(words, cue).as_str(),
        "tell" | "remind" | "assure" | "warn" | "inform" | "convince" | "notify" | "promise" | "accuse"
    );
    if !tells
        || span.start > cue + 2
        || !matches!(words.words[span.start].class, Class::Other | Class::Determiner | Class::Capital)
    {
        return;
    }
    let accuses = lemma(words, cue) == "accuse";
    let from = (span.start..span.end.min(span.start + LISTENER))
        .take_while(|&at| words.words[at].quoted_span.is_none() && words.words[at].class != Class::Auxiliary)
        .find(|&at| if accuses { words.document.word(at) == "of" } else { words.words[at].class == Class::That });
    if let Some(from) = from.filter(|from| span.end > from + 2) {
        span.start = from;
    }
}

/// "that the army is \"depleted\" and says he will …", "that it was late, but he said …": the next verb of speech has its own
/// content.
fn before_next(words: &Words, cue: usize, span: &mut Range<usize>) {
    let word = |at: usize| words.document.word(at);
    let like_cue = |at: usize| {
        let (verb, first) = (word(at), word(cue));
        let ending =
            |suffix: &str| verb.ends_with(suffix) && (first.ends_with(suffix) || suffix == "ed" && first == "said");
        (words.words[at].says || URGES.contains(&verb))
            && words.words[at].quoted_span.is_none()
            && (matches!(verb, "encourage" | "urge") && !first.ends_with("ed")
                || ending("ed")
                || ending("s")
                || ending("ing")
                || first.ends_with("ing")
                || verb == "said")
    };
    // "calls him a \"liar\" and leaves"
    let labels = matches!(lemma(words, cue).as_str(), "call" | "label" | "brand");
    let same_form = |at: usize| {
        let form = &words.words[at];
        form.quoted_span.is_none()
            && form.shape == 5
            && (form.class == Class::Past && word(cue).ends_with("ed")
                || form.class == Class::Plural && word(cue).ends_with('s'))
    };
    let after_mark = |at: usize| {
        let before = at - 1 - usize::from(word(at - 1) == ",");
        words.words[before].mark == Mark::Close
    };
    let next = (span.start + 2..span.end.saturating_sub(2)).find(|&at| {
        let joins = matches!(word(at), "and" | "but") && words.words[at].quoted_span.is_none();
        let person = matches!(word(at + 1), "he" | "she" | "they");
        joins
            && if person {
                (word(at - 1) == "," || words.words[at - 1].mark == Mark::Close)
                    && like_cue(at + 2)
                    && words.words[at + 2].class != Class::Plural
            } else {
                after_mark(at) && (like_cue(at + 1) || labels && same_form(at + 1))
            }
    });
    if let Some(next) = next {
        span.end = next - usize::from(word(next - 1) == ",");
    }
}

/// "that it was late, Novak replied, \"It rained.\"": speech in marks has a verb of its own.
fn before_speech(words: &Words, span: &mut Range<usize>) {
    let verb = words.quoted_spans(span).find_map(|quoted_span| {
        let start = quoted_span.outside.start;
        let speech = words.begins_as_speech(quoted_span)
            && words.ends_as_speech(quoted_span)
            && words.may_quote(quoted_span)
            && start > span.start + 2
            && matches!(words.words[start - 1].class, Class::Comma | Class::Colon);
        let verb = start.saturating_sub(2);
        (speech && words.words[verb].says && words.words[verb].quoted_span.is_none()).then_some(verb)
    });
    let Some(verb) = verb else { return };
    let border = |&at: &usize| {
        words.document.word(at) == "\u{2015}"
            || matches!(words.words[at].class, Class::Comma | Class::Dash | Class::Conjunction)
    };
    if let Some(border) = (span.start + 1..verb).rev().take(LISTENER).find(border) {
        span.end = border;
    }
}

/// "described the bill as a \"disgrace\" after she read it": the reported content ends with the label.
fn as_labelled(words: &Words, cue: usize, span: &mut Range<usize>) {
    let labels = matches!(
        lemma(words, cue).as_str(),
        "describe"
            | "criticize"
            | "criticise"
            | "dismiss"
            | "slam"
            | "blast"
            | "denounce"
            | "label"
            | "brand"
            | "deride"
            | "condemn"
            | "hail"
            | "mock"
            | "characterize"
            | "portray"
            | "depict"
            | "pound"
            | "refer"
            | "call"
            | "praise"
    );
    if !labels {
        return;
    }
    let label = words.quoted_spans(span).find(|quoted_span| {
        let from = quoted_span.outside.start.saturating_sub(4).max(span.start);
        (from..quoted_span.outside.start).any(|at| words.document.word(at) == "as")
    });
    let Some(end) = label.map(|quoted_span| quoted_span.outside.end).filter(|&end| end < span.end) else { return };
    // "described as \"unhinged\" a message": what is labelled follows.
    let before = words.document.word(span.start) == "as" && words.words[span.start + 1].mark == Mark::Open;
    let ends = matches!(words.words[end].class, Class::Dash)
        || before && words.words[end].class == Class::Determiner
        || matches!(
            words.document.word(end),
            "\u{2015}" | "during" | "after" | "before" | "when" | "while" | "because" | "on" | "at" | "just"
        );
    if ends {
        span.end = end;
    }
}

fn lemma(words: &Words, at: usize) -> String {
    crate::cue::lemma(words.document.word(at)).into_owned()
}

/// Adds what a list of labels continues with: `a "fraud," a "bully" and a "liar"`.
pub(super) fn with_list(words: &Words, span: &mut Range<usize>, taken: &mut [bool]) {
    let word = |at: usize| words.document.word(at);
    loop {
        let Some(quoted_span) = words.quoted_spans(&(span.end - 1..span.end)).next() else { return };
        let end = quoted_span.outside.end;
        let listed = word(quoted_span.inside.end - 1) == "," || matches!(word(end), "and" | "or" | ",");
        if span.end + 2 < end || !listed || quoted_span.inside.len() > LABEL {
            return;
        }
        let mut at = end;
        while at < end + 3 && matches!(word(at), "and" | "or" | "," | "a" | "an" | "the") {
            at += 1;
        }
        let Some(next) = words.quoted_spans(&(at..at + 1)).next().filter(|next| next.outside.start == at) else {
            return;
        };
        let wide = span.end..next.outside.end;
        let same = words.words[at].sentence == words.words[span.start].sentence;
        if !same || words.begins_as_speech(next) || wide.clone().any(|at| taken[at]) {
            return;
        }
        taken[wide.clone()].fill(true);
        span.end = wide.end;
    }
}
