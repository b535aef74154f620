//! Events of feeds.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::article::FeedLabels;

/// An event of a feed that an operator may want to know of, as published on `dateline.feed-events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedEvent {
    /// The feed's id in the feed list.
    pub feed_id: String,
    /// The feed's URL at the time of the event.
    pub url: String,
    /// The kind of event.
    pub event: FeedEventKind,
    /// The time of the event (UTC).
    pub time: DateTime<Utc>,
    /// The reason, in words that an operator can act on.
    pub reason: Option<String>,
    /// The HTTP status, if one was received.
    pub status: Option<u16>,
    /// The feed and its labels; omitted if the feed has no labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedLabels>,
}

/// The kinds of feed events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedEventKind {
    /// The feed was polled for the first time.
    Added,
    /// The feed is no longer in the feed list.
    Removed,
    /// The URL of the feed changed permanently.
    Moved,
    /// The server reported that the feed is gone (410).
    Gone,
    /// Several polls in a row failed.
    Failing,
    /// The server refused access (401, 403 or a challenge).
    Blocked,
    /// The feed works again after `failing`, `blocked`, `gone` or `throttled`, has new entries again after `stale`, or its pages have text
    /// or their list again after `degraded`.
    Recovered,
    /// The server asked for fewer requests (429, or 503 with `Retry-After`).
    Throttled,
    /// Two consecutive polls have no entry in common, so entries may have been missed.
    Gap,
    /// The feed has had no new entry for much longer than is usual for it.
    Stale,
    /// The pages of the feed's articles no longer contain their text, or a section page that is read as a feed no longer shows its list of
    /// articles.
    Degraded,
}

impl FeedEventKind {
    /// Returns the name in `ce_type` and in the record.
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
