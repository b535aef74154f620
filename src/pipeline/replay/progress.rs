//! The progress of a replay, committed together with what it found.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::range::{Range, Stages};
use crate::journal::{Batch, CommittedState, DiskError, StateChange};
use crate::record::Topic;
use crate::state::Key;

/// A replay as it is stored in the state topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Counts the replays of this name.
    pub run: u32,
    /// Which articles it reads.
    pub range: Range,
    /// What it finds.
    pub stages: Stages,
    /// For each partition of the articles, where the range ends: fixed when the replay started.
    pub ends: BTreeMap<i32, i64>,
    /// For each partition, the offset of the next article.
    pub cursor: BTreeMap<i32, i64>,
    /// Articles done.
    pub articles: u64,
    /// Quotations published.
    pub quotes: u64,
    /// Quotations retracted.
    pub tombstones: u64,
    /// When it started (UTC).
    pub started: DateTime<Utc>,
    /// When it reached its end (UTC).
    pub finished: Option<DateTime<Utc>>,
}

impl Progress {
    pub(super) fn new(range: Range, stages: Stages, run: u32) -> Self {
        let (ends, cursor, started) = (BTreeMap::new(), BTreeMap::new(), Utc::now());
        Self { run, range, stages, ends, cursor, articles: 0, quotes: 0, tombstones: 0, started, finished: None }
    }

    /// Returns the progress of the replay of this name; one that cannot be read is logged, and the replay starts over.
    pub(super) fn of(name: &str, state: &CommittedState) -> Result<Option<Self>, DiskError> {
        let value = state.value(&Key::Replay(name.to_owned()).encode())?;
        Ok(value.and_then(|value| {
            serde_json::from_slice(&value)
                .inspect_err(|error| tracing::warn!(name, %error, "replay progress cannot be read; starting over"))
                .ok()
        }))
    }

    /// Returns the state to commit.
    pub(super) fn change(&self, name: &str) -> StateChange {
        let key = Key::Replay(name.to_owned()).encode();
        let value = Some(serde_json::to_vec(self).expect("state is plain data"));
        StateChange { site: key.clone(), key, value }
    }

    /// Notes that a partition is done up to an offset.
    pub(super) fn pass(&mut self, partition: i32, next: i64) {
        let cursor = self.cursor.entry(partition).or_default();
        *cursor = next.max(*cursor);
    }

    /// Returns the offset of the next article of a partition.
    pub(super) fn next(&self, partition: i32) -> i64 {
        self.cursor.get(&partition).copied().unwrap_or(0)
    }

    /// Returns whether every partition is done.
    pub(super) fn is_through(&self) -> bool {
        self.ends.iter().all(|(partition, end)| self.next(*partition) >= *end)
    }

    /// Counts an article's records.
    pub(super) fn count(&mut self, batch: &Batch) {
        self.articles += 1;
        for record in batch.records.iter().filter(|record| record.topic == Topic::Quotes) {
            *(if record.value.is_some() { &mut self.quotes } else { &mut self.tombstones }) += 1;
        }
    }
}
