//! An article on record.

use std::sync::Arc;

use crate::state::ArticleState;

/// A published article and the feed that showed it first.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownArticle {
    /// Its state.
    pub state: ArticleState,
    /// The feed under which it is stored.
    pub feed: Arc<str>,
    /// The partition key of its state.
    pub site: Arc<str>,
}
