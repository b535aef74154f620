//! Detects whether a section page still shows its list of articles: after a change of its layout, the links are no longer
//! found, or few of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The list has changed if fewer than one in this many of the usual links are found, and is whole again at one in
/// [`WHOLE`].
const FEW: u32 = 3;
const WHOLE: u32 = 2;
/// Fewer links than this, where some were found, say nothing.
const LEAST: u32 = 6;
/// How slowly the usual number follows: while the list is whole, and while it is not.
const FOLLOWS: u32 = 4;
const FOLLOWS_SLOWLY: u32 = 24;

/// How many links a section page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListedLinks {
    /// The usual number, in hundredths; zero before any were found.
    usual: u32,
    /// Those that the last reading found.
    found: u32,
    /// Whether `degraded` was published and `recovered` not yet.
    degraded: bool,
}

/// A change to report about a section page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListChange {
    /// The links are no longer found, or few of them.
    Degraded(String),
    /// They are found again.
    Recovered(String),
}

impl ListedLinks {
    /// Remembers how many links a reading found.
    pub(crate) fn note(&mut self, found: usize) -> Option<ListChange> {
        // The number of links of a page is limited.
        self.found = u32::try_from(found).unwrap_or(u32::MAX).min(100_000);
        let (found, usual) = (self.found * 100, self.usual);
        let words = self.to_string();
        let is_few = self.found == 0 || found * FEW < usual && usual >= LEAST * 100;
        let follows = if self.degraded { FOLLOWS_SLOWLY } else { FOLLOWS };
        let follow = |from: u32, to: u32| {
            if to > from { from + (to - from).div_ceil(follows) } else { from - (from - to) / follows }
        };
        if usual == 0 {
            self.usual = found;
            None
        } else if self.degraded && self.found > 0 && found * WHOLE >= usual {
            self.degraded = false;
            self.usual = follow(usual, found);
            Some(ListChange::Recovered(format!("the page shows its list again: {words}")))
        } else if self.degraded {
            // A list that stays short has become a short one; one that is not found says nothing.
            self.usual = if found > 0 { follow(usual, found) } else { usual };
            None
        } else if is_few {
            self.degraded = true;
            Some(ListChange::Degraded(format!(
                "the page no longer shows its list of articles, or little of it: {words}"
            )))
        } else {
            self.usual = follow(usual, found);
            None
        }
    }

    /// Returns whether no links were ever found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.usual == 0
    }

    /// Returns whether the list is no longer found.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.degraded
    }
}

impl fmt::Display for ListedLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usual, found, .. } = self;
        write!(f, "{found} links to articles found, usually {}", (usual + 50) / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is reported of readings that find these numbers of links, at each reading.
    fn reported(found: &[usize]) -> Vec<(usize, &'static str)> {
        let mut links = ListedLinks::default();
        let note = |(at, found): (usize, &usize)| match links.note(*found)? {
            ListChange::Degraded(_) => Some((at, "degraded")),
            ListChange::Recovered(_) => Some((at, "recovered")),
        };
        found.iter().enumerate().filter_map(note).collect()
    }

    #[test]
    fn a_lost_list_is_reported_once_and_its_return_once() {
        for (found, wanted) in [
            (&[30, 28, 31, 0, 0, 0, 29, 30][..], &[(3, "degraded"), (6, "recovered")][..]),
            (&[30, 30, 4, 5, 3, 16, 30], &[(2, "degraded"), (5, "recovered")]),
            // A page shrinks and grows with the news.
            (&[30, 24, 18, 14, 12, 30, 45, 20], &[]),
            // Nothing was found at first: the poll fails instead.
            (&[0, 0, 12], &[]),
            (&[3, 1, 2, 0, 3], &[(3, "degraded"), (4, "recovered")]),
        ] {
            assert_eq!(reported(found), wanted, "{found:?}");
        }
        let shorter = [&[40; 5][..], &[8; 60]].concat();
        let reported = reported(&shorter);
        assert!(matches!(reported[..], [(5, "degraded"), (20.., "recovered")]), "{reported:?}");
    }
}
