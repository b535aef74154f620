//! The health of the daemon and its feeds: metrics, liveness, the registry of feed health, and advice.

mod advice;
mod entry_counts;
mod feed_health;
mod feeds;
mod liveness;
mod metrics;
mod registered;
mod report;
mod rule_activity;
mod rule_counts;
mod stage;
mod status;
mod tally;
mod texts;
#[cfg(test)]
mod visits;

pub use advice::log_events;
pub use entry_counts::{EntryCounts, EntryOutcome};
pub use feed_health::{FeedHealth, PollOutcome};
pub use feeds::{FeedRegistry, Registration};
pub use liveness::{Heartbeat, JournalStatus, Liveness};
pub use metrics::{Stats, Timed};
pub use registered::{RegisteredFeeds, Search};
pub use report::FeedReport;
pub use rule_activity::{Activity, RuleActivity};
pub use rule_counts::{FeedRules, NO_KEEP_RULE, RuleCount, RuleDecision};
pub use stage::{QueueDepth, StageName};
pub use status::FeedStatus;
pub use tally::HealthCounts;
#[cfg(test)]
pub(crate) use visits::visits;
