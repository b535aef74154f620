//! The health of the daemon and its feeds: metrics, liveness, the state of each feed, and advice.

pub(crate) mod advice;
mod entry_counts;
mod failures;
mod feeds;
mod liveness;
mod metrics;

pub use advice::advice;
pub use entry_counts::{EntryCounts, EntryOutcome};
pub use failures::FAILURES;
pub use feeds::{FeedReport, HEALTH, Tally};
pub use liveness::{Standing, Vitals};
pub(crate) use metrics::Timed;
pub use metrics::{Depth, STAGES, Stats};
