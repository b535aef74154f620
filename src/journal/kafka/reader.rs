//! Reads one topic's committed records.

use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::DateTime;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::client::{self, Context};
use super::client_config;
use super::layout;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use super::topic_list::{self, TopicList};
use crate::journal::{JournalError, Reader, Reason, StartOffset, Stored};
use crate::record::Topic;

/// Records read ahead of the caller.
const READ_AHEAD: usize = 256;

/// Reads one topic's committed records, each partition in order. A separate thread waits for the brokers; it ends
/// soon after the reader is dropped.
pub struct KafkaReader {
    records: mpsc::Receiver<Result<Stored, JournalError>>,
}

impl KafkaReader {
    /// Opens the topic. Without `follow` the reader ends at the current end of committed records. Blocks until the
    /// brokers have answered, at most some seconds. Returns [`JournalError::Fatal`] if the topic does not exist.
    pub fn open(settings: &KafkaSettings, topic: Topic, from: StartOffset, follow: bool) -> Result<Self, JournalError> {
        let consumer: BaseConsumer<Context> = client::build(&client_config::consumer(settings)?)?;
        let settings = settings.clone();
        let (to_reader, records) = mpsc::channel(READ_AHEAD);
        let (to_opener, opened) = std_mpsc::channel();
        let work = move || {
            let cursor = current(&consumer, settings, topic)
                .and_then(|settings| Cursor::open(&consumer, &settings, topic, from, follow));
            match cursor {
                Ok(mut cursor) => {
                    if to_opener.send(Ok(())).is_ok() {
                        cursor.run(&consumer, &to_reader);
                    }
                }
                Err(error) => {
                    // The caller no longer waits.
                    let _ = to_opener.send(Err(error));
                }
            }
        };
        thread::Builder::new()
            .name("kafka-reader".into())
            .spawn(work)
            .map_err(|error| JournalError::Retriable(Reason::new("cannot start the reader's thread", error)))?;
        opened.recv().unwrap_or_else(|_| Err(JournalError::retriable("the reader's thread ended unexpectedly")))?;
        Ok(Self { records })
    }
}

#[async_trait]
impl Reader for KafkaReader {
    async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        self.records.recv().await.transpose()
    }
}

/// Returns the settings under which the topic has its current name.
fn current(
    consumer: &BaseConsumer<Context>,
    settings: KafkaSettings,
    topic: Topic,
) -> Result<KafkaSettings, JournalError> {
    if topic != Topic::FeedState {
        return Ok(settings);
    }
    Ok(settings.at(layout::current(&TopicList::fetch(consumer.client(), &settings)?, &settings)?.number))
}

/// Returns the first and the end offset of a partition for a reader of committed records. Waits while a leader is being
/// elected.
fn offset_range(consumer: &BaseConsumer<Context>, topic: &str, partition: i32) -> Result<(i64, i64), KafkaError> {
    let deadline = Instant::now() + BROKER_TIMEOUT;
    loop {
        match consumer.fetch_watermarks(topic, partition, BROKER_TIMEOUT) {
            Err(error) if !consumer.context().needs_person(&error) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(100));
            }
            outcome => return outcome,
        }
    }
}

/// The reader's current and final positions.
struct Cursor {
    /// What failed, for errors: `cannot read TOPIC`.
    failed: String,
    /// For each partition, the end offset; `None` once it is reached. Never reached while following.
    ends: Vec<Option<i64>>,
    follow: bool,
}

impl Cursor {
    fn open(
        consumer: &BaseConsumer<Context>,
        settings: &KafkaSettings,
        topic: Topic,
        from: StartOffset,
        follow: bool,
    ) -> Result<Self, JournalError> {
        let name = settings.topic(topic);
        let failed = format!("cannot read {name}");
        let failure = |e: KafkaError| consumer.context().failure(&failed, &e);
        let found = topic_list::shapes(consumer.client(), settings)?;
        let Some(&(partitions, _)) = found.get(&topic) else {
            return Err(JournalError::fatal(format!(
                "topic {name} does not exist; create it with `dateline topics --create`"
            )));
        };
        let mut assignment = TopicPartitionList::new();
        let mut ends = Vec::new();
        for partition in 0..partitions {
            // The end for a reader of committed records is the last stable offset.
            let (start, end) = offset_range(consumer, &name, partition).map_err(failure)?;
            let begin = if from == StartOffset::Earliest { start } else { end };
            ends.push((follow || begin < end).then_some(end));
            assignment.add_partition_offset(&name, partition, Offset::Offset(begin)).map_err(failure)?;
        }
        consumer.assign(&assignment).map_err(failure)?;
        Ok(Self { failed, ends, follow })
    }

    /// Passes records on until the end is reached, an error occurs or the reader is dropped.
    fn run(&mut self, consumer: &BaseConsumer<Context>, to: &mpsc::Sender<Result<Stored, JournalError>>) {
        let mut last_message_at = Instant::now();
        while !to.is_closed() && self.ends.iter().any(Option::is_some) {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    last_message_at = Instant::now();
                    let wanted = self.follow || self.is_before_end(message.partition(), message.offset());
                    if wanted && to.blocking_send(Ok(stored(&message))).is_err() {
                        return;
                    }
                    if !self.follow {
                        self.advance(message.partition(), message.offset() + 1);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    last_message_at = Instant::now();
                    if !self.follow {
                        self.advance(partition, i64::MAX);
                    }
                }
                Some(Err(error)) if consumer.context().needs_person(&error) => {
                    // The reader may have been dropped.
                    let _ = to.blocking_send(Err(consumer.context().failure(&self.failed, &error)));
                    return;
                }
                // Unreachable brokers come back.
                Some(Err(error)) => {
                    tracing::debug!(error = %consumer.context().explain(&error), "{}; retrying", self.failed);
                }
                None => {}
            }
            if !self.follow && last_message_at.elapsed() > BROKER_TIMEOUT {
                let message = format!("{}: no answer for {} s", self.failed, BROKER_TIMEOUT.as_secs());
                let _ = to.blocking_send(Err(JournalError::retriable(message)));
                return;
            }
        }
    }

    fn is_before_end(&self, partition: i32, offset: i64) -> bool {
        let end = usize::try_from(partition).ok().and_then(|p| self.ends.get(p).copied()).flatten();
        end.is_some_and(|end| offset < end)
    }

    /// Records that a partition was read up to an offset.
    fn advance(&mut self, partition: i32, next: i64) {
        if let Some(end) = usize::try_from(partition).ok().and_then(|p| self.ends.get_mut(p))
            && end.is_some_and(|end| next >= end)
        {
            *end = None;
        }
    }
}

fn stored(message: &BorrowedMessage<'_>) -> Stored {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let headers = message.headers().map(|all| all.iter().map(|h| (h.key.to_owned(), text(h.value))).collect());
    Stored {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        time: message.timestamp().to_millis().and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
        key: text(message.key()),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
    }
}
