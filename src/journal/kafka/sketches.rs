//! The sketches of recent articles, which every instance follows: the topic `sketches`.

use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::client::{self, Context};
use super::client_config;
use super::options::{BROKER_TIMEOUT, KafkaSettings, SKETCHES};
use super::topic_list;
use crate::journal::{JournalError, Reason, SharedSketch};

/// How long to wait for a message before looking whether to stop.
const TICK: Duration = Duration::from_millis(100);
/// Sketches on the way to the pipeline.
const QUEUE: usize = 1_024;
/// The pause between two attempts to find where to begin.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause between two log lines about the same problem.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Starts a thread that follows the topic, beginning with the sketches of the window in which texts are compared. Dropping
/// the receiver ends it.
pub(super) fn follow(settings: &KafkaSettings) -> Result<mpsc::Receiver<SharedSketch>, JournalError> {
    let consumer: BaseConsumer<Context> = client::build(&client_config::consumer(settings)?)?;
    let (to, sketches) = mpsc::channel(QUEUE);
    let settings = settings.clone();
    thread::Builder::new()
        .name("kafka-sketches".into())
        .spawn(move || run(&consumer, &settings, &to))
        .map_err(|error| JournalError::Retriable(Reason::new("cannot start the thread for sketches", error)))?;
    Ok(sketches)
}

fn run(consumer: &BaseConsumer<Context>, settings: &KafkaSettings, to: &mpsc::Sender<SharedSketch>) {
    let topic = settings.internal_topic(SKETCHES);
    let mut last_logged: Option<Instant> = None;
    let mut failed = |error: &KafkaError| {
        if last_logged.is_none_or(|last| last.elapsed() > LOG_EVERY) {
            last_logged = Some(Instant::now());
            let error = consumer.context().explain(error);
            tracing::warn!(topic, %error, "reading sketches failed; duplicates of other instances' articles are not found");
        }
    };
    while let Err(error) = begin(consumer, settings, &topic) {
        failed(&error);
        thread::sleep(PAUSE);
        if to.is_closed() {
            return;
        }
    }
    while !to.is_closed() {
        match consumer.poll(TICK) {
            Some(Ok(message)) => {
                let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
                let Some(article) = key.and_then(|key| key.parse().ok()) else { continue };
                let value = message.payload().map(<[u8]>::to_vec);
                if to.blocking_send(SharedSketch { article, value }).is_err() {
                    return;
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) | None => {}
            Some(Err(error)) => failed(&error),
        }
    }
}

/// Assigns all partitions, each from the first message of the window on.
fn begin(consumer: &BaseConsumer<Context>, settings: &KafkaSettings, topic: &str) -> KafkaResult<()> {
    let since = Utc::now().timestamp_millis() - i64::try_from(settings.window.as_millis()).unwrap_or(i64::MAX / 2);
    let count = topic_list::partition_count(consumer.client(), settings, topic).ok().flatten().unwrap_or(0);
    if count == 0 {
        return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopic));
    }
    let mut wanted = TopicPartitionList::new();
    for partition in 0..count {
        wanted.add_partition_offset(topic, partition, Offset::Offset(since.max(0)))?;
    }
    let found = consumer.offsets_for_times(wanted, BROKER_TIMEOUT)?;
    let mut assignment = TopicPartitionList::new();
    for element in found.elements() {
        element.error()?;
        // Without a message since then, reading begins with the next one.
        let start = if let Offset::Offset(offset) = element.offset() { Offset::Offset(offset) } else { Offset::End };
        assignment.add_partition_offset(topic, element.partition(), start)?;
    }
    consumer.assign(&assignment)
}
