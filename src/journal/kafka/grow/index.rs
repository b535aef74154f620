//! Which message holds the last value of each key, over all partitions of a state topic.
//!
//! Keys are kept as hashes, so a million of them take some 60 MB.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::journal::StatePartition;

/// The message that holds the last value of a key in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Last {
    /// When the brokers appended it (milliseconds). The newest of several partitions is the current one.
    time: i64,
    partition: StatePartition,
    offset: i64,
}

/// The last values of all keys.
#[derive(Debug, Default)]
pub(super) struct Index {
    last: HashMap<u128, Last>,
    /// The same for the other partitions of keys that several partitions have: their feed moved to another site, or their site
    /// is not known and an earlier growth copied them.
    elsewhere: HashMap<(u128, StatePartition), Last>,
}

impl Index {
    /// Notes a message, in the order of its partition. A message without a value removes the key.
    pub(super) fn note(&mut self, key: &[u8], partition: StatePartition, offset: i64, time: i64, has_value: bool) {
        let (hash, last) = (hash(key), Last { time, partition, offset });
        let is_elsewhere = match self.last.get(&hash) {
            Some(first) => first.partition != partition,
            None => self.elsewhere.contains_key(&(hash, partition)),
        };
        match (is_elsewhere, has_value) {
            (false, true) => drop(self.last.insert(hash, last)),
            (false, false) => drop(self.last.remove(&hash)),
            (true, true) => drop(self.elsewhere.insert((hash, partition), last)),
            (true, false) => drop(self.elsewhere.remove(&(hash, partition))),
        }
    }

    /// Chooses the newest value of each key that has several. Call it once all messages are noted.
    pub(super) fn settle(&mut self) {
        for ((hash, _), last) in std::mem::take(&mut self.elsewhere) {
            let newest = self.last.entry(hash).or_insert(last);
            let older = (*newest).min(last);
            *newest = (*newest).max(last);
            if older != *newest {
                self.elsewhere.insert((hash, older.partition), older);
            }
        }
    }

    /// Returns whether this message holds the current value of its key.
    pub(super) fn is_current(&self, key: &[u8], partition: StatePartition, offset: i64) -> bool {
        self.last.get(&hash(key)).is_some_and(|last| last.partition == partition && last.offset == offset)
    }

    /// Returns the partition of the current value of the key, if this message holds the last value of the key in another
    /// partition.
    pub(super) fn newer(&self, key: &[u8], partition: StatePartition, offset: i64) -> Option<StatePartition> {
        let hash = hash(key);
        self.elsewhere.get(&(hash, partition)).filter(|last| last.offset == offset)?;
        self.last.get(&hash).map(|last| last.partition)
    }

    /// Returns the number of keys.
    pub(super) fn len(&self) -> usize {
        self.last.len()
    }
}

/// Hashes a key to 128 bits, so that no two of any realistic number of keys are equal.
fn hash(key: &[u8]) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, key).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes these messages (key, partition, offset, time, value) and returns those that are current.
    fn current(messages: &[(&str, i32, i64, i64, bool)]) -> Vec<(String, i32, i64)> {
        let mut index = Index::default();
        for (key, partition, offset, time, has_value) in messages {
            index.note(key.as_bytes(), *partition, *offset, *time, *has_value);
        }
        index.settle();
        let all = messages
            .iter()
            .filter(|(key, partition, offset, ..)| index.is_current(key.as_bytes(), *partition, *offset));
        let found: Vec<_> = all.map(|(key, partition, offset, ..)| ((*key).to_owned(), *partition, *offset)).collect();
        assert_eq!(found.len(), index.len());
        found
    }

    #[test]
    fn last_value_of_a_partition_is_current_unless_it_was_removed() {
        let messages = [("a", 0, 0, 1, true), ("b", 0, 1, 1, true), ("a", 0, 2, 2, true), ("b", 0, 3, 3, false)];
        assert_eq!(current(&messages), [("a".to_owned(), 0, 2)]);
    }

    #[test]
    fn newest_value_of_several_partitions_is_current() {
        // The partitions are read in any order.
        assert_eq!(current(&[("a", 0, 7, 9, true), ("a", 1, 3, 5, true)]), [("a".to_owned(), 0, 7)]);
        assert_eq!(current(&[("a", 1, 3, 5, true), ("a", 0, 7, 9, true)]), [("a".to_owned(), 0, 7)]);
        // At the same time, the higher partition, as when a state is restored.
        assert_eq!(current(&[("a", 1, 3, 5, true), ("a", 0, 7, 5, true)]), [("a".to_owned(), 1, 3)]);
    }

    #[test]
    fn a_value_removed_from_one_partition_stays_in_another() {
        let moved = [("a", 0, 0, 1, true), ("a", 1, 0, 2, true), ("a", 0, 1, 2, false)];
        assert_eq!(current(&moved), [("a".to_owned(), 1, 0)]);
        let back = [("a", 0, 0, 1, true), ("a", 1, 0, 2, true), ("a", 1, 1, 3, false)];
        assert_eq!(current(&back), [("a".to_owned(), 0, 0)]);
        let twice = [("a", 0, 0, 1, true), ("a", 1, 0, 2, true), ("a", 0, 1, 3, false), ("a", 1, 1, 4, true)];
        assert_eq!(current(&twice), [("a".to_owned(), 1, 1)]);
    }
}
