//! What those who watch may see of the pipeline: what waits between the stages, and what was known at the start.

use super::batches::Published;
use super::book::Book;
use super::commit::Observer;
use super::state::FeedState;

/// What waits before a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Pieces of work that wait.
    pub waiting: usize,
    /// How many may.
    pub room: usize,
}

/// Tells what is known of the feeds whose shard is among those that were restored.
pub(super) fn tell_restored(book: &Book, is_restored: impl Fn(&str) -> bool, observer: &Observer) {
    let told = |id: &str, state: &FeedState| !state.removed && book.shard(id).is_none_or(|shard| is_restored(shard));
    for (id, state) in book.feeds().filter(|(id, state)| told(id, state)) {
        observer(&Published::Restored(id.to_owned(), Box::new(state.clone())));
    }
}
