//! How polls end, and how soon each kind of failure is retried.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a poll ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The feed was read, or had not changed.
    Read,
    /// The feed was read, but not all of its entries were committed: poll it again soon.
    Unfinished,
    /// The poll failed in the given way.
    Failed(Failure),
}

/// The kinds of poll failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer: DNS, connection, time-out.
    Unreachable,
    /// An answer that cannot be used: 5xx, too large, not a feed.
    Unusable,
    /// 404.
    Missing,
    /// 410.
    Gone,
    /// The server blocks us: 401, 403, a challenge.
    Blocked,
    /// The server asks us to wait: 429, 503 with `Retry-After`.
    Throttled,
}

impl Failure {
    /// Returns the pause after the first such failure; it doubles with each further one.
    pub(super) fn first_pause(self) -> Duration {
        match self {
            Self::Unreachable => Duration::from_secs(60),
            Self::Unusable => Duration::from_secs(5 * 60),
            Self::Throttled => Duration::from_secs(15 * 60),
            Self::Blocked | Self::Missing => Duration::from_secs(60 * 60),
            Self::Gone => Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Returns the longest pause after such failures, within the configured limits. Failures that are likely to pass
    /// are retried soon.
    pub(super) fn longest_pause(self) -> Duration {
        match self {
            Self::Unreachable => Duration::from_secs(3 * 60 * 60),
            Self::Unusable => Duration::from_secs(6 * 60 * 60),
            Self::Throttled | Self::Blocked | Self::Missing | Self::Gone => Duration::MAX,
        }
    }
}
