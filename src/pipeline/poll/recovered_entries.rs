//! Entries that a poll did not show.

use crate::state::identity::Identified;

/// Entries from the feed's older pages, or from its site's news sitemap.
#[derive(Default)]
pub(in crate::pipeline) struct RecoveredEntries {
    /// The name of that source.
    pub from: &'static str,
    /// Entries that the reading did not show, newest first.
    pub entries: Vec<Identified>,
    /// Pages read.
    pub pages: usize,
    /// Whether a known entry was reached, so nothing is missed any more.
    pub closed: bool,
}
