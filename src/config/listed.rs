//! A feed as a list names it.

use super::FeedConfig;
use super::fault::Place;

/// A feed of a list, and its place in the list.
pub(super) struct Listed {
    pub feed: FeedConfig,
    pub place: Place,
    /// Whether an OPML file lists it: other programs write those and may put a feed into several folders.
    pub from_opml: bool,
}
