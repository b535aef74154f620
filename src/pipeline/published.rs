//! What was published, for those who watch.

use std::sync::Arc;

use super::state::FeedState;
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

/// Told of everything that was committed, in order. A slow observer slows the commits.
pub type Observer = Arc<dyn Fn(&Published) + Send + Sync>;

/// What a batch published, for those who watch.
#[derive(Debug, Clone)]
pub enum Published {
    /// A new revision of a story.
    Story {
        /// The article.
        article: Box<Article>,
        /// Its entities.
        entities: EntitySet,
        /// Its quotations.
        quotes: Vec<Quotation>,
    },
    /// Something that could not be processed.
    Dead(Box<DeadLetter>),
    /// Something that happened to a feed.
    Event(Box<FeedEvent>),
    /// The end of a poll: the feed's id and state.
    Polled(String, Box<FeedState>),
    /// What was known of a feed at the start: its id and state.
    Restored(String, Box<FeedState>),
}
