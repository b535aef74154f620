//! Reports what was known at the start to observers of the pipeline.

use crate::state::published::{Observer, Published};
use crate::state::store::StateStore;
use crate::state::values::FeedState;

/// Reports the feeds whose partitions were restored to the observer.
pub(super) fn tell_restored(store: &StateStore, is_restored: impl Fn(&str) -> bool, observer: &Observer) {
    let told = |id: &str, state: &FeedState| !state.removed && store.site(id).is_none_or(|site| is_restored(site));
    for (id, state) in store.feeds().filter(|(id, state)| told(id, state)) {
        observer(&Published::Restored(id.to_owned(), Box::new(state.clone())));
    }
}
