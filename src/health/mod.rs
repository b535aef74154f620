//! The health of the daemon and its feeds: metrics, liveness, the state of each feed, and advice.

mod advice;
mod entry_counts;
mod feeds;
mod liveness;
mod metrics;
mod status;

pub use advice::log_events;
pub use entry_counts::{EntryCounts, EntryOutcome};
pub use feeds::{FeedHealth, FeedRegistry, FeedReport, HealthCounts, PollOutcome, Registration};
pub use liveness::{Standing, Vitals};
pub(crate) use metrics::Timed;
pub use metrics::{Depth, STAGES, Stats};
pub use status::FeedStatus;
