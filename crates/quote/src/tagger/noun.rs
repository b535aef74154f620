//! Nouns that introduce speech, with the agent beside them: "the claim by Keller that …", "a warning from the ministry
//! that …", "Keller's claim that …". A person who rejects or repeats the claim is not its speaker.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use dateline_entity::occupation::is_person_noun;

use super::words::{Class, Words};

const NOUNS: &str = "\
    claim claims warning warnings allegation allegations assertion assertions accusation accusations statement \
    statements suggestion suggestions complaint complaints admission announcement promise promises pledge argument \
    arguments insistence contention prediction predictions assurance assurances concession confession declaration denial \
    remark remarks comment comments testimony threat vow conclusion reminder objection assessment confirmation estimate \
    boast";
/// The maximum number of tokens of an agent.
const MAX_AGENT: usize = 12;
/// The maximum number of tokens between a verb and the noun that it governs.
const GOVERNED: usize = 6;

/// Returns the words that name who makes the statement that a noun stands for: its agent, or its owner.
pub(super) fn source(words: &Words, noun: usize) -> Option<Range<usize>> {
    agent(words, noun).or_else(|| owner(words, noun)).or_else(|| cited(words, noun))
}

fn is_noun(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| NOUNS.split_whitespace().collect());
    SET.contains(word)
}

/// Returns whether a noun has an agent or, where somebody rejects or repeats what it stands for, an owner.
pub(super) fn is_sourced(words: &Words, noun: usize) -> bool {
    const REJECTS: [&str; 16] = [
        "denied",
        "denies",
        "rejected",
        "rejects",
        "dismissed",
        "dismisses",
        "disputed",
        "disputes",
        "refuted",
        "rebutted",
        "challenged",
        "echoed",
        "repeated",
        "contradicted",
        "ridiculed",
        "mocked",
    ];
    let rejects = |at: usize| REJECTS.contains(&words.document.word(at)) && governs(words, at, noun);
    agent(words, noun).is_some() || owner(words, noun).is_some() && (noun.saturating_sub(GOVERNED)..noun).any(rejects)
}

/// Returns the agent that stands between a noun and "that".
pub(super) fn agent(words: &Words, noun: usize) -> Option<Range<usize>> {
    let word = |at: usize| words.document.word(at);
    if !matches!(word(noun + 1), "by" | "from" | "of")
        || !is_noun(word(noun))
        || words.words[noun].quoted_span.is_some()
    {
        return None;
    }
    let sentence = words.sentence(noun);
    let from = noun + 2;
    if from >= sentence.end {
        return None;
    }
    let that = (from..sentence.end.min(from + MAX_AGENT))
        .find(|&at| words.words[at].class == Class::That)
        .filter(|&that| tells(words, that))?;
    let end = that - usize::from(words.words[that - 1].class == Class::Comma);
    let agent = from..end;
    let clause = |at: usize| words.words[at].class == Class::Auxiliary || words.words[at].quoted_span.is_some();
    let names = agent.clone().any(|at| matches!(words.words[at].shape, 2 | 3) || is_person_noun(word(at)))
        || word(noun + 1) != "of" && words.words.get(from).is_some_and(|word| word.class == Class::Determiner);
    (!agent.is_empty() && names && !agent.clone().any(clause)).then_some(agent)
}

/// Returns who made the statement that "according" cites: "According to a warning from the weather office, …".
pub(super) fn cited(words: &Words, according: usize) -> Option<Range<usize>> {
    let word = |at: usize| words.document.word(at);
    if !word(according).eq_ignore_ascii_case("according") || word(according + 1) != "to" {
        return None;
    }
    let sentence = words.sentence(according);
    let noun = (according + 2..sentence.end.min(according + 2 + GOVERNED)).find(|&at| is_noun(word(at)))?;
    let from = noun + 2;
    if !matches!(word(noun + 1), "by" | "from") {
        return None;
    }
    let ends = |&at: &usize| !words.is_word(at) || words.words[at].class == Class::That;
    let end = (from..sentence.end.min(from + MAX_AGENT)).find(ends).unwrap_or(sentence.end);
    (from < end && end <= from + MAX_AGENT).then_some(from..end)
}

/// Returns whether "that" opens what a noun says. "A warning that was sent": the clause tells of the warning, not what it said.
fn tells(words: &Words, that: usize) -> bool {
    let next = words.words.get(that + 1).map_or(Class::Beyond, |word| word.class);
    words.words[that].class == Class::That && !matches!(next, Class::Auxiliary | Class::Past | Class::Beyond)
}

/// Returns the owner of a claim: "Keller's claim that", "the ministry's warning that".
fn owner(words: &Words, noun: usize) -> Option<Range<usize>> {
    let sentence = words.sentence(noun);
    if noun + 1 >= sentence.end || !tells(words, noun + 1) || !is_noun(words.document.word(noun)) {
        return None;
    }
    let end = noun.checked_sub(1).filter(|end| sentence.contains(end))?;
    if words.words[end].class != Class::Possessive
        && !matches!(words.document.word(end), "\u{2019}s" | "'" | "\u{2019}")
    {
        return None;
    }
    let first = sentence.start.max(end.saturating_sub(MAX_AGENT / 2));
    let part = |at: &usize| {
        let word = words.words[*at];
        matches!(word.shape, 2 | 3)
            || word.class == Class::Determiner
            || is_person_noun(words.document.word(*at))
            || *at + 1 == end && words.is_word(*at)
            || *at + 1 < end
                && words.words[*at + 1].class != Class::Determiner
                && word.class == Class::Other
                && words.is_word(*at)
    };
    let start = (first..end).rev().take_while(part).last()?;
    Some(start..end)
}

/// Returns whether a cue only governs such a noun: "rejected the claim by", "according to a warning from".
pub(super) fn governs(words: &Words, cue: usize, noun: usize) -> bool {
    let plain = |at: usize| words.is_word(at) && words.words[at].class != Class::That;
    cue < noun && noun - cue <= GOVERNED && (cue + 1..noun).all(plain)
}
