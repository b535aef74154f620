//! A feed as a list names it.

use super::FeedEntry;
use super::fault::Place;

/// A feed of a list, and where it stands.
pub(super) struct Listed {
    pub feed: FeedEntry,
    pub place: Place,
    /// Whether another program wrote the list, which may put a feed into several folders.
    pub from_opml: bool,
}
