//! Finds speech that a dash opens at the beginning of a paragraph: — Je n'ai rien vu, dit Marcel Thibault.

use std::ops::Range;

use super::pattern::Pattern;
use super::phrase::Reader;
use crate::tagger::Attribution;
use crate::tagger::words::Class;

/// Tokens of speech before its cue.
const BEFORE_CUE: usize = 80;
/// Tokens between a cue and the dash behind which the speech continues.
const BEHIND_CUE: usize = 16;

impl Reader<'_> {
    /// Returns the speech of a paragraph that a dash opens. A cue must follow the speech: other lines that a dash opens are lists.
    pub(super) fn dialogue(self, block: &Range<usize>) -> Option<Attribution> {
        let start = block.start + 1;
        if block.len() < 4 || self.class(block.start) != Class::Dash || self.class(start) == Class::Dash {
            return None;
        }
        let cues = (start + 1..block.end.min(start + BEFORE_CUE)).filter(|&at| self.is_cue(at));
        let (cue, verb) = cues.map(|cue| (cue, self.group_start(cue, start))).find(|&(cue, verb)| {
            let dash = self.class(verb - 1) == Class::Dash && self.words.document.word(verb - 1) != ";";
            let apart = matches!(self.class(verb - 1), Class::Comma | Class::Stop);
            let plain = self.words.document.word(verb).starts_with(char::is_lowercase);
            plain && verb > start + 1 && (dash || apart && self.inverted(cue, block.end))
        })?;
        let source = self.behind(cue, block.end);
        let first = self.trimmed_stop(start..verb);
        let after = source.as_ref().map_or(cue, |source| source.end.max(cue + 1));
        let dash = (after..block.end.min(after + BEHIND_CUE)).find(|&at| self.class(at) == Class::Dash);
        let rest = dash.and_then(|dash| (dash + 1..block.end).find(|&at| self.words.is_word(at)));
        let rest = rest.map(|rest| rest..block.end);
        let content = std::iter::once(first).chain(rest).filter(|span| !span.is_empty()).collect();
        let flows = source.is_none();
        Some(Attribution { cue: Some(cue), source, flows, ..Pattern::Dialogue.of(content) })
    }

    /// Returns a range without the dash or comma at its end; a stop belongs to the speech.
    fn trimmed_stop(self, mut range: Range<usize>) -> Range<usize> {
        while !range.is_empty() && matches!(self.class(range.end - 1), Class::Dash | Class::Comma) {
            range.end -= 1;
        }
        range
    }
}
