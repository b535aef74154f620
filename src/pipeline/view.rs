//! Reports what was known at the start to observers of the pipeline.

use super::book::Book;
use super::published::{Observer, Published};
use super::state::FeedState;

/// Reports the feeds whose partitions were restored to the observer.
pub(super) fn tell_restored(book: &Book, is_restored: impl Fn(&str) -> bool, observer: &Observer) {
    let told = |id: &str, state: &FeedState| !state.removed && book.site(id).is_none_or(|site| is_restored(site));
    for (id, state) in book.feeds().filter(|(id, state)| told(id, state)) {
        observer(&Published::Restored(id.to_owned(), Box::new(state.clone())));
    }
}
