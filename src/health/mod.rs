//! The health of the daemon and its feeds: metrics, liveness, the registry of feed health, and advice.

mod advice;
mod entry_counts;
mod feeds;
mod liveness;
mod metrics;
mod report;
mod stage;
mod status;

pub use advice::log_events;
pub use entry_counts::{EntryCounts, EntryOutcome};
pub use feeds::{FeedHealth, FeedRegistry, HealthCounts, PollOutcome, Registration};
pub use liveness::{Heartbeat, JournalStatus, Liveness};
pub use metrics::{Stats, Timed};
pub use report::FeedReport;
pub use stage::{QueueDepth, StageName};
pub use status::FeedStatus;
