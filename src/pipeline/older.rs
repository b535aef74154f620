//! Entries that a poll did not show.

use super::identity::Identified;

/// What the feed's older pages showed, or its site's news sitemap.
#[derive(Default)]
pub(super) struct Older {
    /// Which of them, in words.
    pub from: &'static str,
    /// Entries that the reading did not show, newest first.
    pub entries: Vec<Identified>,
    /// Pages read.
    pub pages: usize,
    /// Whether a known entry was reached, so that nothing is missed any more.
    pub closed: bool,
}
