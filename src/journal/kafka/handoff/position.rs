//! How far a partition was consumed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The messages of a partition that were consumed: all before `next`, and some after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::journal::kafka) struct Position {
    /// The offset of the first message that is not consumed.
    pub next: i64,
    /// The offsets after it that are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub done: BTreeSet<i64>,
}

impl Position {
    /// Reads the value of the state topic.
    pub(in crate::journal::kafka) fn read(value: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(value)
    }

    /// Returns the value for the state topic.
    pub(in crate::journal::kafka) fn value(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("offsets are plain data")
    }

    /// Returns whether a message was consumed.
    pub(in crate::journal::kafka) fn has(&self, offset: i64) -> bool {
        offset < self.next || self.done.contains(&offset)
    }
}
