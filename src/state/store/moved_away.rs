//! Feeds whose state left a partition, and those of which something is remembered.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::state_store::StateStore;
use crate::journal::StatePartition;
use crate::state::MovedAway;

/// So few feeds are looked up one by one; for more of them, the ids of all feeds of the partition are read.
const FEW: usize = 500;

impl StateStore {
    /// Remembers where the state of a feed went; the change is not committed yet.
    pub fn set_moved_away(&self, feed: &str, moved: MovedAway) {
        self.shared().moves.0.entry(Arc::from(feed)).or_default().push_back(moved);
    }

    /// Returns the last move away from this partition of each of these feeds, if it had one.
    pub fn moved_away(
        &self,
        partition: StatePartition,
        feeds: &HashSet<&str>,
        partition_of: impl Fn(&str) -> StatePartition,
    ) -> HashMap<String, Uuid> {
        let mut all = HashMap::new();
        self.read(|disk| {
            disk.each_moved_away(partition, |feed, value| {
                if feeds.contains(feed.as_str())
                    && let Ok(moved) = serde_json::from_slice::<MovedAway>(&value)
                {
                    all.insert(feed, moved.mark);
                }
            })
        });
        let shared = self.shared();
        for (feed, moves) in &shared.moves.0 {
            let last = moves.iter().rev().find(|moved| partition_of(&moved.from) == partition);
            if let Some(moved) = last.filter(|_| feeds.contains(&**feed)) {
                all.insert(feed.to_string(), moved.mark);
            }
        }
        all
    }

    /// Returns whether something of the feed is remembered: how it was read, or entries of a first reading that did not end.
    pub fn remembers(&self, feed: &str) -> bool {
        let cell = self.open(feed);
        let mut record = cell.lock();
        record.state.is_some() || !record.entries(self.disk()).is_empty()
    }

    /// Returns whether the partition has, or had, something of the feed.
    pub fn is_in(&self, partition: StatePartition, feed: &str) -> bool {
        self.read(|disk| disk.has_feed(partition, feed)).unwrap_or(false)
    }

    /// Returns those of the feeds of which something is remembered in this partition. Of other partitions, some may be
    /// among them too.
    pub fn remembered<'a>(&self, partition: StatePartition, feeds: &HashSet<&'a str>) -> HashSet<&'a str> {
        let mut found: HashSet<&str> = if feeds.len() <= FEW {
            feeds.clone()
        } else {
            let mut found = HashSet::new();
            self.read(|disk| disk.each_feed_id(partition, |id| found.extend(feeds.get(id).copied())));
            let in_memory = self.shared().feeds.all();
            found.extend(in_memory.iter().filter_map(|cell| feeds.get(&*cell.id).copied()));
            found
        };
        found.retain(|feed| self.remembers(feed));
        found
    }
}
