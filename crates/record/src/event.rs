//! What happened to a feed.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something a feed's keeper may want to know, as published on `dateline.feed-events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedEvent {
    /// The feed's id in the feed list.
    pub feed_id: String,
    /// The feed's URL at that time.
    pub url: String,
    /// What happened.
    pub event: FeedEventKind,
    /// When (UTC).
    pub time: DateTime<Utc>,
    /// Why, in words a person can act on.
    pub reason: Option<String>,
    /// HTTP status where one was received.
    pub status: Option<u16>,
}

/// The kinds of feed events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedEventKind {
    /// Polled for the first time.
    Added,
    /// No longer in the feed list.
    Removed,
    /// Its URL changed for good.
    Moved,
    /// The server says it is gone (410).
    Gone,
    /// Several polls in a row failed.
    Failing,
    /// The server refuses us (401, 403, a challenge).
    Blocked,
    /// Works again after `failing`, `blocked`, `gone` or `throttled`, brings something again after `stale`, or its pages give text again
    /// after `degraded`.
    Recovered,
    /// The server asked us to slow down (429, 503 with `Retry-After`).
    Throttled,
    /// Two readings share no entry: stories may have been missed.
    Gap,
    /// Quiet for longer than its rhythm explains.
    Stale,
    /// Its stories' pages used to give their text, and stopped.
    Degraded,
}

impl FeedEventKind {
    /// The name as it stands in `ce_type` and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::Blocked => "blocked",
            Self::Recovered => "recovered",
            Self::Throttled => "throttled",
            Self::Gap => "gap",
            Self::Stale => "stale",
            Self::Degraded => "degraded",
        }
    }
}
