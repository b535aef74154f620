//! How polls end, and how patiently each way to fail is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a poll ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Read, or not changed.
    Read,
    /// Read, but not all of its stories were committed: take it up again soon.
    Unfinished,
    /// It failed in the given way.
    Failed(Failure),
}

/// Ways to fail, by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer: DNS, connection, time-out.
    Unreachable,
    /// An answer that is no use: 5xx, too large, not a feed.
    Unusable,
    /// 404.
    Missing,
    /// 410.
    Gone,
    /// The server refuses us: 401, 403, a challenge.
    Blocked,
    /// The server asks for patience: 429, 503 with `Retry-After`.
    Throttled,
}

impl Failure {
    /// The first pause after such a failure, before it doubles.
    pub(super) fn first_pause(self) -> Duration {
        match self {
            Self::Unreachable => Duration::from_secs(60),
            Self::Unusable => Duration::from_secs(5 * 60),
            Self::Throttled => Duration::from_secs(15 * 60),
            Self::Blocked | Self::Missing => Duration::from_secs(60 * 60),
            Self::Gone => Duration::from_secs(24 * 60 * 60),
        }
    }

    /// The longest pause after such failures, within the bound: what is likely to pass is soon tried again.
    pub(super) fn longest_pause(self) -> Duration {
        match self {
            Self::Unreachable => Duration::from_secs(3 * 60 * 60),
            Self::Unusable => Duration::from_secs(6 * 60 * 60),
            Self::Throttled | Self::Blocked | Self::Missing | Self::Gone => Duration::MAX,
        }
    }
}
