//! The section `[commit]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// Group commit: a transaction ends at the first of these limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Commit {
    /// The time after the first batch of a group.
    #[serde(with = "crate::options::duration")]
    pub linger: Duration,
    /// The records of a group.
    pub max_records: usize,
    /// The bytes of a group.
    pub max_bytes: usize,
}

impl Default for Commit {
    fn default() -> Self {
        Self { linger: Duration::from_millis(100), max_records: 10_000, max_bytes: 16 << 20 }
    }
}

impl Commit {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        checks.positive([("max_records", self.max_records), ("max_bytes", self.max_bytes)]);
        checks.finish()
    }
}
