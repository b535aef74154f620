//! Detects whether the pages of a feed's articles still give text: a changed layout or a new wall can end it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many pages are remembered.
const PAGES: u32 = u32::BITS;
/// The number of last pages that are judged, and how many of them must be of one kind for a change to be believed.
const LAST: u32 = 8;
const MOST: u32 = 6;
/// A site used to give text if three quarters of the pages before the last ones did, and there were at least this many
/// of them.
const BEFORE: u32 = 10;

/// Which of a feed's last pages gave no text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageTexts {
    /// Pages remembered.
    seen: u8,
    /// One bit for each page, set if it gave no text; the last page has the lowest bit.
    without: u32,
    /// Whether `degraded` was published and `recovered` not yet.
    degraded: bool,
}

/// A change to report about a feed's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextChange {
    /// They used to give text, and stopped.
    Degraded(String),
    /// They give text again.
    Recovered(String),
}

impl PageTexts {
    /// Remembers whether a page gave text.
    pub(crate) fn note(&mut self, gave_text: bool) -> Option<TextChange> {
        self.seen = self.seen().saturating_add(1).min(PAGES) as u8;
        self.without = self.without << 1 | u32::from(!gave_text);
        let empty = self.without_text_of(LAST);
        if self.seen() < LAST {
            None
        } else if !self.degraded && empty >= MOST && self.gave_text_before() {
            self.degraded = true;
            let (before, empty_before) = (self.seen() - LAST, self.without_text_of(PAGES) - empty);
            Some(TextChange::Degraded(format!(
                "{empty} of the last {LAST} pages gave no text; of the {before} before them, {} did",
                before - empty_before
            )))
        } else if self.degraded && LAST - empty >= MOST {
            self.degraded = false;
            Some(TextChange::Recovered(format!("{} of the last {LAST} pages gave text again", LAST - empty)))
        } else {
            None
        }
    }

    /// Returns whether no page was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen == 0
    }

    /// Returns whether any remembered page gave no text.
    #[must_use]
    pub fn any_without(&self) -> bool {
        self.without > 0
    }

    /// Returns whether the pages stopped giving text.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.degraded
    }

    fn seen(self) -> u32 {
        u32::from(self.seen)
    }

    /// Returns how many of the last pages gave no text.
    fn without_text_of(self, last: u32) -> u32 {
        let mask = if last < PAGES { (1 << last) - 1 } else { u32::MAX };
        (self.without & mask).count_ones()
    }

    fn gave_text_before(self) -> bool {
        let before = self.seen() - LAST;
        let empty = self.without_text_of(PAGES) - self.without_text_of(LAST);
        before >= BEFORE && empty * 4 <= before
    }
}

impl fmt::Display for PageTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (without, seen) = (self.without_text_of(PAGES), self.seen);
        write!(f, "without text: {without} of the last {seen}")?;
        if self.degraded { f.write_str("; they used to give text, and stopped") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the events for pages, `+` with text and `-` without, each with the number of its page.
    fn told(pages: &str) -> Vec<(usize, bool)> {
        let mut texts = PageTexts::default();
        let turns = pages.chars().enumerate().filter_map(|(at, page)| Some((at + 1, texts.note(page == '+')?)));
        turns.map(|(at, turn)| (at, matches!(turn, TextChange::Degraded(_)))).collect()
    }

    #[test]
    fn a_stop_is_reported_once_and_its_end_once() {
        for (pages, wanted) in [
            ("", &[][..]),
            ("++++++++++++++++++++", &[]),
            // A site that never gave text.
            ("--------------------------------------------", &[]),
            // Too few pages to know that it used to.
            ("+++++------------", &[]),
            ("++++++++++++++++++++------", &[(26, true)]),
            ("++++++++++++++++++++--------------------------------", &[(26, true)]),
            // Two videos and a gallery.
            ("++++++++++++++++++++--+-++++", &[]),
            // One in three pages is a video.
            ("++-++-++-++-++-++-++-++-++-++-", &[]),
            ("++++++++++++++++++++------++++++", &[(26, true), (32, false)]),
            ("++++++++++++++++++++--------------------------------++++++++", &[(26, true), (58, false)]),
            ("++++++++++++++++++++------++++++++++++++++------", &[(26, true), (32, false), (48, true)]),
        ] {
            assert_eq!(told(pages), wanted, "{pages}");
        }
    }

    #[test]
    fn it_is_reported_in_words_and_kept() {
        let mut texts = PageTexts::default();
        let turns: Vec<TextChange> = (0..26).filter_map(|page| texts.note(page < 20)).collect();
        let words = "6 of the last 8 pages gave no text; of the 18 before them, 18 did";
        assert_eq!(turns, [TextChange::Degraded(words.into())]);
        assert_eq!(texts.to_string(), "without text: 6 of the last 26; they used to give text, and stopped");
        let json = serde_json::to_string(&texts).unwrap();
        assert_eq!(serde_json::from_str::<PageTexts>(&json).unwrap(), texts);
        assert_eq!(serde_json::from_str::<PageTexts>("{}").unwrap(), PageTexts::default());
    }
}
