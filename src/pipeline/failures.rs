//! The ways in which polls fail.

use crate::schedule::Failure;

/// The ways in which polls fail, as metrics name them.
pub const FAILURES: [(Failure, &str); 6] = [
    (Failure::Unreachable, "unreachable"),
    (Failure::Unusable, "unusable"),
    (Failure::Missing, "missing"),
    (Failure::Gone, "gone"),
    (Failure::Blocked, "blocked"),
    (Failure::Throttled, "throttled"),
];
