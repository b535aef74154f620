//! A feed as a list declares it.

use crate::config::error::Place;
use crate::config::feed::FeedConfig;

/// A feed of a list, and its place in the list.
pub(super) struct Listed {
    pub feed: FeedConfig,
    pub place: Place,
    /// Whether it comes from an OPML file: other programs write those and may put a feed into several folders.
    pub from_opml: bool,
}
