//! What was published, for observers.

use std::sync::Arc;

use super::values::FeedState;
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

/// Receives everything that was committed, in order. A slow observer slows the commits.
pub type Observer = Arc<dyn Fn(&Published) + Send + Sync>;

/// What a batch published, for observers.
#[derive(Debug, Clone)]
pub enum Published {
    /// A new revision of an article.
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
    /// An event of a feed.
    Event(Box<FeedEvent>),
    /// The end of a poll: the feed's id and state.
    Polled(String, Box<FeedState>),
    /// A feed known at the start: its id and state.
    Restored(String, Box<FeedState>),
}
