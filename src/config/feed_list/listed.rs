//! A feed as a list declares it.

use std::path::PathBuf;

use crate::config::error::Place;
use crate::config::feed::FeedConfig;

/// A feed of a list, and its place in the list.
pub(super) struct Listed {
    pub feed: FeedConfig,
    pub at: ListPlace,
    /// Whether it comes from an OPML file: other programs write those and may put a feed into several folders.
    pub from_opml: bool,
}

/// A place in one of the lists: small, because each feed has one.
#[derive(Clone, Copy)]
pub(super) struct ListPlace {
    list: u32,
    line: u32,
    column: u32,
}

impl ListPlace {
    /// Creates a place from the number of the list, and line and column in it.
    pub(super) fn new(list: usize, (line, column): (usize, usize)) -> Self {
        // The size of a list is limited.
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { list: short(list), line: short(line), column: short(column) }
    }

    /// Returns the place for a message.
    pub(super) fn in_lists(self, lists: &[PathBuf]) -> Place {
        Place::File(lists[self.list as usize].clone(), Some((self.line as usize, self.column as usize)))
    }
}
