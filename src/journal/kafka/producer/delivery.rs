//! Sends the messages of a transaction and waits until the brokers have acknowledged them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer};

use super::{STEP, TransactionalProducer};
use crate::journal::kafka::client;
use crate::journal::kafka::options::{HANDOFF, SKETCHES};
use crate::journal::kafka::partition::partition;
use crate::journal::{Batch, Handoff, Record, SharedSketch, StateChange};
use crate::record::Topic;

/// A message to send.
struct Outgoing<'a> {
    topic: String,
    partition: i32,
    key: &'a str,
    value: Option<&'a [u8]>,
    headers: Option<OwnedHeaders>,
    /// How its delivery is counted.
    kind: usize,
}

impl TransactionalProducer {
    /// Sends everything and waits until every message is acknowledged.
    pub(super) fn deliver(&self, group: &[Batch], started: Instant) -> Result<(), KafkaError> {
        let deadline = started + self.settings.kafka.transaction_timeout;
        let mut sent = 0;
        for batch in group {
            for (record, routes) in batch.routed() {
                self.send(self.record(record), deadline)?;
                sent += 1;
                for prefix in routes {
                    self.send(self.routed(record, prefix)?, deadline)?;
                    sent += 1;
                }
            }
            for change in &batch.state {
                self.send(self.change(change), deadline)?;
                sent += 1;
            }
            for handoff in &batch.handoffs {
                self.send(self.handoff(handoff), deadline)?;
                sent += 1;
            }
            for sketch in &batch.sketches {
                let key = sketch.article.to_string();
                self.send(self.sketch(&key, sketch), deadline)?;
                sent += 1;
            }
        }
        // librdkafka's own flush would wait in steps of 100 ms while the producer's thread handles the delivery reports.
        while !self.context().await_deliveries(sent, STEP)? || self.producer.in_flight_count() > 0 {
            if let Some((code, _)) = self.producer.client().fatal_error() {
                return Err(KafkaError::Global(code));
            }
            if Instant::now() > deadline {
                return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
            }
            // The last report is returned a moment after it arrived.
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    fn send(&self, message: Outgoing<'_>, deadline: Instant) -> Result<(), KafkaError> {
        let mut record =
            BaseRecord::with_opaque_to(&message.topic, message.kind).key(message.key).partition(message.partition);
        record.payload = message.value;
        record.headers = message.headers;
        client::send(&self.producer, record, deadline)
    }

    fn record<'a>(&self, record: &'a Record) -> Outgoing<'a> {
        Outgoing {
            topic: self.settings.topic(record.topic),
            partition: partition(&record.partition_by, self.partitions(record.topic)),
            key: &record.key,
            value: record.value.as_deref(),
            headers: Some(headers(record)),
            kind: 0,
        }
    }

    /// Returns the copy of a record for a route.
    fn routed<'a>(&self, record: &'a Record, prefix: &Arc<str>) -> Result<Outgoing<'a>, KafkaError> {
        // A restore creates the topics of the routes that are configured.
        let missing = || KafkaError::Global(RDKafkaErrorCode::UnknownTopic);
        let partitions = *self.routes.get(prefix).ok_or_else(missing)?;
        let topic = record.topic.name(prefix);
        Ok(Outgoing { topic, partition: partition(&record.partition_by, partitions), ..self.record(record) })
    }

    fn handoff<'a>(&self, handoff: &'a Handoff) -> Outgoing<'a> {
        Outgoing {
            topic: self.settings.internal_topic(HANDOFF),
            partition: self.ownership.partition(&handoff.site),
            key: &handoff.site,
            value: Some(&handoff.value),
            headers: None,
            kind: 0,
        }
    }

    fn sketch<'a>(&self, key: &'a str, sketch: &'a SharedSketch) -> Outgoing<'a> {
        Outgoing {
            topic: self.settings.internal_topic(SKETCHES),
            partition: self.ownership.partition(key),
            key,
            value: sketch.value.as_deref(),
            headers: None,
            kind: 0,
        }
    }

    fn change<'a>(&self, change: &'a StateChange) -> Outgoing<'a> {
        Outgoing {
            topic: self.settings.topic(Topic::FeedState),
            partition: self.ownership.partition(&change.site),
            key: &change.key,
            value: change.value.as_deref(),
            headers: None,
            kind: client::STATE,
        }
    }
}

fn headers(record: &Record) -> OwnedHeaders {
    let all = OwnedHeaders::new_with_capacity(record.headers.len());
    record.headers.iter().fold(all, |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}
