//! Counts, in tests, how many feeds a piece of work looks at: the cost of a page without a clock.

use std::cell::Cell;

thread_local! {
    static VISITS: Cell<usize> = const { Cell::new(0) };
}

/// Counts that this thread looked at a feed.
pub(super) fn visited() {
    VISITS.set(VISITS.get() + 1);
}

/// Returns how many feeds the work looks at.
pub(crate) fn visits(work: impl FnOnce()) -> usize {
    VISITS.set(0);
    work();
    VISITS.get()
}
