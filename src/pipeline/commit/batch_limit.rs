//! How many batches one transaction includes: all that have gathered, unless that was too many before.
//!
//! A transaction has a time limit. If the connection to the brokers is slow, or a quota slows it, a large group would
//! be aborted and retried for ever. Instead it is committed in parts: halved until one succeeds, and enlarged again
//! from there.

use std::time::Duration;

/// A transaction that took less than half of this does not rule out one twice as large.
const SHORT: Duration = Duration::from_secs(2);

/// The most batches that one transaction includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchLimit {
    batches: usize,
    /// The time after which the last attempt failed.
    failed_after: Duration,
}

impl Default for BatchLimit {
    fn default() -> Self {
        Self { batches: usize::MAX, failed_after: SHORT }
    }
}

impl BatchLimit {
    /// Returns how many of `there` batches to include.
    pub(super) fn of(self, there: usize) -> usize {
        self.batches.min(there)
    }

    /// Records that `batches` batches were committed in this time.
    pub(super) fn succeeded(&mut self, batches: usize, took: Duration) {
        if batches == self.batches {
            // Some transactions are slow whatever their size, so the number grows in any case.
            let more = if took * 2 < self.failed_after { batches } else { batches / 4 + 1 };
            self.batches = batches.saturating_add(more);
        }
    }

    /// Records that `batches` batches could not be committed, and how long the attempt took.
    pub(super) fn failed(&mut self, batches: usize, after: Duration) {
        *self = Self { batches: (batches / 2).max(1), failed_after: after.max(SHORT) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_is_halved_by_failures_and_grows_by_what_goes_well() {
        let mut reach = BatchLimit::default();
        reach.succeeded(1_000, 60 * SECOND);
        assert_eq!(reach.of(5_000), 5_000, "nothing is held back that nothing is known against");
        reach.failed(5_000, 8 * SECOND);
        assert_eq!(reach.of(5_000), 2_500);
        reach.succeeded(100, SECOND);
        assert_eq!(reach.of(5_000), 2_500, "fewer than that say nothing");
        reach.succeeded(2_500, 3 * SECOND);
        assert_eq!(reach.of(9_000), 5_000);
        reach.succeeded(5_000, 6 * SECOND);
        assert_eq!(reach.of(9_000), 6_251, "twice as many would take longer than what failed");
        reach.failed(6_251, 8 * SECOND);
        assert_eq!(reach.of(9_000), 3_125);
    }

    #[test]
    fn brokers_that_were_unreachable_are_soon_sent_everything_again() {
        let mut reach = BatchLimit::default();
        (0..20).for_each(|_| reach.failed(reach.of(5_000), SECOND / 10));
        assert_eq!(reach.of(5_000), 1, "never nothing");
        (0..13).for_each(|_| reach.succeeded(reach.of(5_000), SECOND / 5));
        assert_eq!(reach.of(5_000), 5_000);
    }
}
