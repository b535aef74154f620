//! Copies the daemon's own state from the compacted topic.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use super::client::Context;
use super::local::{LocalState, StateRecord};
use super::options::BROKER_TIMEOUT;
use crate::journal::{JournalError, Key, Reason, StatePartition};

/// Records that are written to the local copy in one transaction, and the bytes of their keys and values after which it ends.
/// Articles lie in the copy by their ids, so each is on a page of its own: the more are written together, the fewer times a
/// page is written.
const GROUP: (usize, usize) = (150_000, 50 << 20);

/// The incarnation of a partition and the offset at which it stands.
pub(super) type Incarnations = BTreeMap<StatePartition, (String, i64)>;

/// Copies the committed records of these partitions from these offsets to the end. Returns how many there were, and the
/// incarnations among them. The consumer should have queried the partitions before: finding the brokers takes half a
/// second.
pub(super) fn copy(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    starts: &BTreeMap<StatePartition, i64>,
    local: &LocalState,
) -> Result<(usize, Incarnations), JournalError> {
    let mut incarnations = Incarnations::new();
    let (mut group, mut bytes, mut records) = (Vec::new(), 0, 0);
    let _bulk = local.begin_bulk()?;
    each(consumer, topic, starts, |message| {
        let record = record(message);
        records += 1;
        if record.key == INCARNATION
            && let Some(value) = &record.value
        {
            let incarnation = String::from_utf8_lossy(value).into_owned();
            incarnations.insert(record.partition, (incarnation, message.offset()));
        }
        bytes += record.key.len() + record.value.as_ref().map_or(0, Vec::len);
        group.push(record);
        if group.len() >= GROUP.0 || bytes >= GROUP.1 {
            local.copy(std::mem::take(&mut group))?;
            bytes = 0;
        }
        Ok(true)
    })?;
    local.copy(group)?;
    Ok((records, incarnations))
}

/// Returns the incarnations that stand at these offsets; partitions that have none there are left out.
pub(super) fn incarnations(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    places: &BTreeMap<StatePartition, i64>,
) -> Result<BTreeMap<StatePartition, String>, JournalError> {
    let mut found = BTreeMap::new();
    each(consumer, topic, places, |message| {
        let record = record(message);
        if places.get(&record.partition) == Some(&message.offset()) && record.key == INCARNATION {
            let value = record.value.unwrap_or_default();
            found.insert(record.partition, String::from_utf8_lossy(&value).into_owned());
        }
        Ok(false)
    })?;
    Ok(found)
}

/// Returns the last committed value of a key of a topic with one partition.
pub(super) fn last_value(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, JournalError> {
    let mut last = None;
    each(consumer, topic, &BTreeMap::from([(0, 0)]), |message| {
        if message.key() == Some(key.as_bytes()) {
            last = message.payload().map(<[u8]>::to_vec);
        }
        Ok(true)
    })?;
    Ok(last)
}

/// The key of an incarnation, as [`Key::Incarnation`] is written.
pub(super) const INCARNATION: &str = "/incarnation";

/// Returns the key and the value of a partition's incarnation.
pub(super) fn new_incarnation() -> (String, String) {
    (Key::Incarnation.encode(), serde_json::json!({ "id": uuid::Uuid::new_v4() }).to_string())
}

fn record(message: &BorrowedMessage<'_>) -> StateRecord {
    StateRecord {
        partition: message.partition(),
        key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
        value: message.payload().map(<[u8]>::to_vec),
        time: message.timestamp().to_millis().unwrap_or(0),
    }
}

/// Passes on the committed records of these partitions from these offsets to the end. A partition for which `take`
/// returns false is not read further.
fn each(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    starts: &BTreeMap<StatePartition, i64>,
    mut take: impl FnMut(&BorrowedMessage<'_>) -> Result<bool, JournalError>,
) -> Result<(), JournalError> {
    let failed = format!("cannot read {topic}");
    let failure = |e: KafkaError| consumer.context().failure(&failed, &e);
    let mut assignment = TopicPartitionList::new();
    for (partition, start) in starts {
        let start = if *start == 0 { Offset::Beginning } else { Offset::Offset(*start) };
        assignment.add_partition_offset(topic, *partition, start).map_err(failure)?;
    }
    consumer.assign(&assignment).map_err(failure)?;
    let mut open: std::collections::BTreeSet<StatePartition> = starts.keys().copied().collect();
    let mut last_message_at = Instant::now();
    let mut last_error = None;
    while !open.is_empty() {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                last_message_at = Instant::now();
                if open.contains(&message.partition()) && !take(&message)? {
                    open.remove(&message.partition());
                }
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
    Ok(())
}
