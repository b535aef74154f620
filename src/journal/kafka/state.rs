//! Reads the daemon's state from the compacted topic.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::client::Context;
use super::options::BROKER_TIMEOUT;
use crate::journal::{JournalError, Reason, StateEntry, StatePartition};

/// Reads the committed records of these partitions from beginning to end. The consumer should have queried them before:
/// finding the brokers takes half a second.
pub(super) fn read(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partitions: &BTreeSet<StatePartition>,
) -> Result<Vec<StateEntry>, JournalError> {
    let failed = format!("cannot read {topic}");
    let mut assignment = TopicPartitionList::new();
    for partition in partitions {
        assignment
            .add_partition_offset(topic, *partition, Offset::Beginning)
            .map_err(|e| consumer.context().failure(&failed, &e))?;
    }
    consumer.assign(&assignment).map_err(|e| consumer.context().failure(&failed, &e))?;

    let mut state = State::default();
    let mut open = partitions.clone();
    let mut last_message_at = Instant::now();
    let mut last_error = None;
    while !open.is_empty() {
        match consumer.poll(std::time::Duration::from_millis(200)) {
            Some(Ok(message)) => {
                last_message_at = Instant::now();
                let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
                let time = message.timestamp().to_millis().unwrap_or(0);
                state.apply(message.partition(), key, time, message.payload());
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                last_message_at = Instant::now();
                open.remove(&partition);
            }
            Some(Err(error)) if consumer.context().needs_person(&error) => {
                return Err(consumer.context().failure(&failed, &error));
            }
            Some(Err(error)) => last_error = Some(consumer.context().explain(&error)),
            None => {}
        }
        if last_message_at.elapsed() > BROKER_TIMEOUT {
            let message = format!("{failed}: no answer for {} s", BROKER_TIMEOUT.as_secs());
            return Err(JournalError::Retriable(match last_error {
                Some(error) => Reason::new(message, error),
                None => message.into(),
            }));
        }
    }
    Ok(state.entries())
}

/// For each key and partition, the last value and when it was written (milliseconds).
#[derive(Debug, Default)]
struct State(HashMap<(String, i32), (i64, Vec<u8>)>);

impl State {
    fn apply(&mut self, partition: i32, key: String, time: i64, value: Option<&[u8]>) {
        match value {
            Some(value) => self.0.insert((key, partition), (time, value.to_vec())),
            None => self.0.remove(&(key, partition)),
        };
    }

    /// Returns one entry per key, sorted by key. If a feed moved to another partition, the old one may still hold a value: the
    /// newer one wins.
    fn entries(self) -> Vec<StateEntry> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by(|((a, p), (s, _)), ((b, q), (t, _))| a.cmp(b).then(t.cmp(s)).then(q.cmp(p)));
        all.dedup_by(|((later, _), _), ((key, _), _)| later == key);
        all.into_iter().map(|((key, _), (_, value))| (key, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_value_of_a_key_wins_and_a_tombstone_removes_it() {
        let mut state = State::default();
        state.apply(0, "a".into(), 1, Some(b"1"));
        state.apply(0, "b".into(), 2, Some(b"2"));
        state.apply(0, "a".into(), 3, Some(b"3"));
        state.apply(0, "b".into(), 4, None);
        assert_eq!(state.entries(), [("a".to_owned(), b"3".to_vec())]);
    }

    #[test]
    fn moved_key_has_its_newer_value() {
        let mut state = State::default();
        state.apply(1, "a".into(), 5, Some(b"old"));
        state.apply(0, "a".into(), 9, Some(b"new"));
        assert_eq!(state.entries(), [("a".to_owned(), b"new".to_vec())]);
        let mut state = State::default();
        state.apply(0, "a".into(), 9, Some(b"new"));
        state.apply(1, "a".into(), 9, None);
        assert_eq!(state.entries(), [("a".to_owned(), b"new".to_vec())]);
    }
}
