//! The kinds of poll failure.

use crate::schedule::Failure;

/// The kinds of poll failure, as metrics name them.
pub const FAILURES: [(Failure, &str); 6] = [
    (Failure::Unreachable, "unreachable"),
    (Failure::Unusable, "unusable"),
    (Failure::Missing, "missing"),
    (Failure::Gone, "gone"),
    (Failure::Blocked, "blocked"),
    (Failure::Throttled, "throttled"),
];
