//! Reads partitions from an offset to their end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use crate::journal::kafka::client::Context;
use crate::journal::kafka::options::BROKER_TIMEOUT;
use crate::journal::{JournalError, StatePartition};

/// Passes on all committed messages of these partitions, each from its offset to its end. `tick` is called now and then.
pub(super) fn scan(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    from: &BTreeMap<StatePartition, Offset>,
    mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), JournalError>,
    tick: impl Fn() -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let failure = |error: &KafkaError| consumer.context().failure(&format!("cannot read {topic}"), error);
    let mut assignment = TopicPartitionList::new();
    for (partition, offset) in from {
        assignment.add_partition_offset(topic, *partition, *offset).map_err(|e| failure(&e))?;
    }
    consumer.assign(&assignment).map_err(|e| failure(&e))?;
    let mut open = from.clone();
    let mut heard = Instant::now();
    let mut read = 0_u64;
    while !open.is_empty() {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                heard = Instant::now();
                each(&message)?;
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                heard = Instant::now();
                open.remove(&partition);
            }
            Some(Err(error)) if consumer.context().needs_person(&error) => return Err(failure(&error)),
            // Unreachable brokers come back.
            Some(Err(_)) | None => {}
        }
        if heard.elapsed() > BROKER_TIMEOUT {
            let seconds = BROKER_TIMEOUT.as_secs();
            return Err(JournalError::retriable(format!("cannot read {topic}: no answer for {seconds} s")));
        }
        read += 1;
        if read.is_multiple_of(1_000) {
            tick()?;
        }
    }
    tick()
}
