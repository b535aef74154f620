//! Phrases that report a request or a refusal instead of speech: "asked not to be named", "declined to comment".

use super::Attribution;
use super::words::Words;

/// Returns whether an attribution reports that somebody kept silent, not what somebody said.
pub(super) fn is_silence(words: &Words, attribution: &Attribution) -> bool {
    let (Some(cue), [content, ..]) = (attribution.cue, &attribution.content[..]) else { return false };
    if cue > content.start || words.quoted_spans(content).next().is_some() {
        return false;
    }
    let begins =
        |at: usize, phrase: &str| phrase.split(' ').enumerate().all(|(by, word)| words.document.word(at + by) == word);
    let any = |at: usize, phrases: &[&str]| phrases.iter().any(|phrase| begins(at, phrase));
    let declines = matches!(&*crate::cue::lemma(words.document.word(cue)), "decline" | "refuse");
    // The taggers may leave the infinitive's "not to" or "to" outside.
    let from = cue + 1;
    any(from, &ANONYMOUS) || any(content.start, &ANONYMOUS) || declines && any(from, &DECLINED)
}

const ANONYMOUS: [&str; 17] = [
    "not to be named",
    "not to be identified",
    "not to be quoted",
    "not be named",
    "not be identified",
    "not be quoted",
    "to not be named",
    "to not be identified",
    "that he not be named",
    "that she not be named",
    "that they not be named",
    "that his name not be",
    "that her name not be",
    "that their names not be",
    "to remain anonymous",
    "to stay anonymous",
    "anonymity",
];
const DECLINED: [&str; 6] =
    ["to comment", "comment", "to elaborate", "to be named", "to be identified", "to be interviewed"];
