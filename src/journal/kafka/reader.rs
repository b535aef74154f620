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
use super::options::{Options, PATIENCE};
use super::topics;
use crate::journal::{JournalError, Reader, StartOffset, Stored};
use crate::record::Topic;

/// Records read ahead of the caller.
const AHEAD: usize = 256;

/// Reads one topic's committed records, each partition in order. A separate thread waits for the brokers; it ends
/// soon after the reader is dropped.
pub struct KafkaReader {
    records: mpsc::Receiver<Result<Stored, JournalError>>,
}

impl KafkaReader {
    /// Opens the topic. Without `follow` the reader ends at the current end of committed records. Blocks until the
    /// brokers have answered, at most some seconds. Returns [`JournalError::Fatal`] if the topic does not exist.
    pub fn open(options: &Options, topic: Topic, from: StartOffset, follow: bool) -> Result<Self, JournalError> {
        let consumer: BaseConsumer<Context> = client::made(&client::consumer(options)?)?;
        let options = options.clone();
        let (to_reader, records) = mpsc::channel(AHEAD);
        let (to_opener, opened) = std_mpsc::channel();
        let work = move || match Cursor::open(&consumer, &options, topic, from, follow) {
            Ok(mut cursor) => {
                if to_opener.send(Ok(())).is_ok() {
                    cursor.run(&consumer, &to_reader);
                }
            }
            Err(error) => {
                // The caller no longer waits.
                let _ = to_opener.send(Err(error));
            }
        };
        thread::Builder::new()
            .name("kafka-reader".into())
            .spawn(work)
            .map_err(|e| JournalError::Retriable(format!("starting the reader's thread: {e}")))?;
        opened.recv().unwrap_or_else(|_| Err(JournalError::Retriable("the reader's thread ended".into())))?;
        Ok(Self { records })
    }
}

#[async_trait]
impl Reader for KafkaReader {
    async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        self.records.recv().await.transpose()
    }
}

/// Returns the first and the end offset of a partition for a reader of committed records. Waits while a leader is being
/// elected.
fn ends_of(consumer: &BaseConsumer<Context>, topic: &str, partition: i32) -> Result<(i64, i64), KafkaError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match consumer.fetch_watermarks(topic, partition, PATIENCE) {
            Err(error) if !consumer.context().needs_person(&error) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(100));
            }
            ended => return ended,
        }
    }
}

/// The reader's current and final positions.
struct Cursor {
    doing: String,
    /// For each partition, the end offset; `None` once it is reached. Never reached while following.
    ends: Vec<Option<i64>>,
    follow: bool,
}

impl Cursor {
    fn open(
        consumer: &BaseConsumer<Context>,
        options: &Options,
        topic: Topic,
        from: StartOffset,
        follow: bool,
    ) -> Result<Self, JournalError> {
        let name = topic.name(&options.topics.prefix);
        let doing = format!("reading {name}");
        let failure = |e: KafkaError| consumer.context().failure(&doing, &e);
        let (found, _) = topics::shapes(consumer.client(), options)?;
        let Some(&(partitions, _)) = found.get(&topic) else {
            return Err(JournalError::Fatal(format!(
                "topic {name} does not exist; `dateline topics --create` makes it"
            )));
        };
        let mut assignment = TopicPartitionList::new();
        let mut ends = Vec::new();
        for partition in 0..partitions {
            // The end for a reader of committed records is the last stable offset.
            let (start, end) = ends_of(consumer, &name, partition).map_err(failure)?;
            let begin = if from == StartOffset::Earliest { start } else { end };
            ends.push((follow || begin < end).then_some(end));
            assignment.add_partition_offset(&name, partition, Offset::Offset(begin)).map_err(failure)?;
        }
        consumer.assign(&assignment).map_err(failure)?;
        Ok(Self { doing, ends, follow })
    }

    /// Passes records on until the end is reached, an error occurs or the reader is dropped.
    fn run(&mut self, consumer: &BaseConsumer<Context>, to: &mpsc::Sender<Result<Stored, JournalError>>) {
        let mut heard = Instant::now();
        while !to.is_closed() && self.ends.iter().any(Option::is_some) {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    let wanted = self.follow || self.before_end(message.partition(), message.offset());
                    if wanted && to.blocking_send(Ok(stored(&message))).is_err() {
                        return;
                    }
                    if !self.follow {
                        self.passed(message.partition(), message.offset() + 1);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    heard = Instant::now();
                    if !self.follow {
                        self.passed(partition, i64::MAX);
                    }
                }
                Some(Err(error)) if consumer.context().needs_person(&error) => {
                    // The reader may have been dropped.
                    let _ = to.blocking_send(Err(consumer.context().failure(&self.doing, &error)));
                    return;
                }
                // Unreachable brokers come back.
                Some(Err(error)) => tracing::debug!("{}", consumer.context().describe(&self.doing, &error)),
                None => {}
            }
            if !self.follow && heard.elapsed() > PATIENCE {
                let words = format!("{}: nothing was heard for {} s", self.doing, PATIENCE.as_secs());
                let _ = to.blocking_send(Err(JournalError::Retriable(words)));
                return;
            }
        }
    }

    fn before_end(&self, partition: i32, offset: i64) -> bool {
        let end = usize::try_from(partition).ok().and_then(|p| self.ends.get(p).copied()).flatten();
        end.is_some_and(|end| offset < end)
    }

    /// Records that a partition was read up to an offset.
    fn passed(&mut self, partition: i32, next: i64) {
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
