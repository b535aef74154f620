//! What the registry of feed health keeps of a feed's state.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rule_counts::FeedRules;
use crate::schedule::{Failure, UpdateFrequency};

/// The state in which the last poll left a feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedReport {
    /// The feed's own title.
    pub title: Option<String>,
    /// When it was last polled (UTC).
    pub polled: Option<DateTime<Utc>>,
    /// When a poll last succeeded (UTC).
    pub succeeded: Option<DateTime<Utc>>,
    /// When it last showed a new entry (UTC).
    pub changed: Option<DateTime<Utc>>,
    /// When it is polled next (UTC).
    pub due: DateTime<Utc>,
    /// What decided `due`, in words.
    pub reason: String,
    /// Whether it is polled less often because a hub pushes it.
    pub pushed: bool,
    /// Why its last poll failed; `None` if it succeeded.
    pub failure: Option<Failure>,
    /// The number of polls in a row that failed.
    pub failures: u32,
    /// The error of the last poll.
    pub error: Option<String>,
    /// The URL to which it moved for good.
    pub moved_to: Option<String>,
    /// How often it shows new entries.
    pub frequency: Option<UpdateFrequency>,
    /// Whether the pages of its articles stopped giving text, or a section page lost its list.
    pub degraded: bool,
    /// Which of its last pages gave no text, in words; `None` if all did.
    pub pages: Option<String>,
    /// How many links a section page shows that lost its list, in words.
    pub links: Option<String>,
    /// How often entries were missed between two polls.
    pub gaps: u32,
    /// What keep and block rules decided about its entries; `None` if nothing.
    pub rules: Option<Arc<FeedRules>>,
}
