//! What those who watch may see of the pipeline: what waits between the stages, and what was known at the start.

use super::batches::Published;
use super::book::Book;
use super::commit::Observer;

/// What waits before a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Pieces of work that wait.
    pub waiting: usize,
    /// How many may.
    pub room: usize,
}

/// Tells what is known of the feeds.
pub(super) fn tell_restored(book: &Book, observer: &Observer) {
    for (id, state) in book.feeds().filter(|(_, state)| !state.removed) {
        observer(&Published::Restored(id.to_owned(), Box::new(state.clone())));
    }
}
