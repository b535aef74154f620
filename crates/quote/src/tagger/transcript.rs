//! Transcripts: a paragraph that starts with a name in capitals and a colon ("KELLER: We are ready.") contains the
//! words of that person.

use std::collections::HashSet;
use std::ops::Range;

use super::Attribution;
use super::coverage::Coverage;
use super::words::Words;

/// The minimum number of turns that make a transcript.
const LEAST_TURNS: usize = 3;
/// The maximum number of words of a speaker's name.
const MAX_NAME: usize = 4;
/// Words that open a paragraph in the same way, but are not names.
const NOBODY: [&str; 14] = [
    "UPDATE",
    "UPDATED",
    "CORRECTION",
    "NOTE",
    "EXCLUSIVE",
    "BREAKING",
    "WATCH",
    "READ",
    "RELATED",
    "PHOTOS",
    "PHOTO",
    "VIDEO",
    "ALSO",
    "MORE",
];

/// Adds the turns of a transcript, and takes their words; a text with a lone such paragraph is none.
pub(super) fn turns(words: &Words, coverage: &mut Coverage) {
    let Coverage { found, taken } = coverage;
    let openings: Vec<Option<Range<usize>>> =
        words.document.blocks().iter().map(|block| speaker(words, block)).collect();
    let speakers: HashSet<&str> = openings.iter().flatten().map(|name| words.document.words(name)).collect();
    if openings.iter().flatten().count() < LEAST_TURNS || speakers.len() < 2 {
        return;
    }
    let mut open: Option<Attribution> = None;
    for (block, opening) in words.document.blocks().iter().zip(&openings).filter(|(block, _)| !block.is_empty()) {
        let marked = words.words[block.start].mark != super::words::Mark::None;
        let start = match (opening, &mut open) {
            (Some(name), _) => {
                found.extend(open.take());
                open = Some(Attribution {
                    cue: Some(name.end),
                    content: Vec::new(),
                    source: Some(name.clone()),
                    flows: false,
                    likely: 0.95,
                    verbatim: true,
                    nested: false,
                });
                name.end + 1
            }
            // A paragraph without a name continues, where each opens with a mark.
            (None, Some(_)) if marked && words.is_word(block.start + 1) => block.start,
            (None, _) => {
                found.extend(open.take());
                continue;
            }
        };
        if let Some(turn) = &mut open {
            taken[block.clone()].fill(true);
            let mut end = block.end;
            while end > start && !words.is_word(end - 1) && !words.ends_sentence(end - 1) {
                end -= 1;
            }
            let first = (start..end).find(|&at| words.is_word(at));
            turn.content.extend(first.map(|first| first..end));
        }
    }
    found.extend(open);
    found.retain(|turn| !turn.content.is_empty());
}

/// Returns the name in capitals that opens a block, before its colon.
fn speaker(words: &Words, block: &Range<usize>) -> Option<Range<usize>> {
    let start = block.clone().find(|&at| words.is_word(at)).filter(|start| *start <= block.start + 1)?;
    let end = (start..block.end.min(start + MAX_NAME + 1)).find(|&at| words.document.word(at) == ":")?;
    let shouted = |at: usize| {
        let word = words.document.word(at);
        words.words[at].shape == 2 || word == "." || word.ends_with('.') && word.chars().count() <= 3
    };
    let last = words.document.word(end.checked_sub(1)?);
    let fits = end > start
        && (start..end).all(shouted)
        && last.chars().count() > 2
        && !(start..end).any(|at| NOBODY.contains(&words.document.word(at)));
    fits.then_some(start..end)
}
