//! The thread that reads what was handed over to the owned partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::AdminOptions;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::progress::Progress;
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::options::{BROKER_TIMEOUT, HANDOFF, KafkaSettings};
use crate::journal::kafka::{client_config, topics};
use crate::journal::{Handoff, HandoffPlace, JournalError, Reason, Received, StatePartition};

/// How long to wait for a message before looking which partitions are owned.
const TICK: Duration = Duration::from_millis(50);
/// How often consumed messages are deleted.
const DELETE_EVERY: Duration = Duration::from_secs(600);
/// Messages on the way to the pipeline.
const QUEUE: usize = 64;
/// The pause between two log lines about the same problem.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Receives messages; dropping it ends the thread.
pub(in crate::journal::kafka) type Consumer = mpsc::Receiver<Received>;

/// Starts the thread.
pub(in crate::journal::kafka) fn consume(
    settings: &KafkaSettings,
    progress: Arc<Progress>,
    runtime: Handle,
) -> Result<Consumer, JournalError> {
    let consumer: BaseConsumer<Context> = client::build(&client_config::consumer(settings)?)?;
    let (to, messages) = mpsc::channel(QUEUE);
    let settings = settings.clone();
    let topic = settings.internal_topic(HANDOFF);
    let reading = Reading { consumer, topic, progress, assigned: BTreeMap::new(), paused: BTreeSet::new() };
    thread::Builder::new().name("kafka-handoff".into()).spawn(move || reading.run(&to, &settings, &runtime)).map_err(
        |error| JournalError::Retriable(Reason::new("cannot start the thread for handed over entries", error)),
    )?;
    Ok(messages)
}

/// The consumer and its partitions.
struct Reading {
    consumer: BaseConsumer<Context>,
    topic: String,
    progress: Arc<Progress>,
    /// The partitions that are read, with the session of each.
    assigned: BTreeMap<StatePartition, u64>,
    paused: BTreeSet<StatePartition>,
}

impl Reading {
    fn run(mut self, to: &mpsc::Sender<Received>, settings: &KafkaSettings, runtime: &Handle) {
        let (mut last_logged, mut last_deleted): (Option<Instant>, _) = (None, Instant::now());
        let mut deleted = BTreeMap::new();
        while !to.is_closed() {
            if let Err(error) = self.follow_ownership().and_then(|()| self.follow_window()) {
                tracing::debug!(topic = self.topic, %error, "changing the assignment failed; trying again");
                thread::sleep(TICK);
            }
            match self.consumer.poll(TICK) {
                Some(Ok(message)) => {
                    let place = HandoffPlace { partition: message.partition(), offset: message.offset() };
                    let Some(session) = self.assigned.get(&place.partition) else { continue };
                    if !self.progress.receive(place, *session) {
                        continue;
                    }
                    let site = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
                    let value = message.payload().unwrap_or_default().to_vec();
                    if to.blocking_send(Received { place, handoff: Handoff { site, value } }).is_err() {
                        return;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => {}
                Some(Err(error)) => {
                    let error = self.consumer.context().explain(&error);
                    if last_logged.is_none_or(|last| last.elapsed() > LOG_EVERY) {
                        last_logged = Some(Instant::now());
                        tracing::warn!(topic = self.topic, %error, "reading handed over entries failed; trying again");
                    }
                }
            }
            if last_deleted.elapsed() > DELETE_EVERY {
                last_deleted = Instant::now();
                if let Err(error) = self.delete_consumed(settings, runtime, &mut deleted) {
                    let error = format!("{error:#}");
                    tracing::warn!(topic = self.topic, error, "consumed messages cannot be deleted; they take space");
                }
            }
        }
    }

    /// Reads the partitions that are owned, and only those.
    fn follow_ownership(&mut self) -> KafkaResult<()> {
        let starts = self.progress.starts();
        let is_current = |(partition, session): (&StatePartition, &u64)| {
            starts.get(partition).is_some_and(|(now, _)| now == session)
        };
        let gone: Vec<StatePartition> =
            self.assigned.iter().filter(|read| !is_current(*read)).map(|(partition, _)| *partition).collect();
        if !gone.is_empty() {
            self.consumer.incremental_unassign(&self.list(&gone))?;
            self.assigned.retain(|partition, _| !gone.contains(partition));
            self.paused.retain(|partition| !gone.contains(partition));
        }
        let new: Vec<_> = starts.iter().filter(|(partition, _)| !self.assigned.contains_key(partition)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (partition, (_, start)) in &new {
            let start = if *start == 0 { Offset::Beginning } else { Offset::Offset(*start) };
            list.add_partition_offset(&self.topic, **partition, start)?;
        }
        self.consumer.incremental_assign(&list)?;
        self.assigned.extend(new.into_iter().map(|(partition, (session, _))| (*partition, *session)));
        Ok(())
    }

    /// Reads no further while as many messages are being dealt with as may be.
    fn follow_window(&mut self) -> KafkaResult<()> {
        let (full, has_room) = self.progress.full();
        let pause: Vec<StatePartition> =
            full.into_iter().filter(|it| self.assigned.contains_key(it) && !self.paused.contains(it)).collect();
        if !pause.is_empty() {
            self.consumer.pause(&self.list(&pause))?;
            self.paused.extend(pause);
        }
        let resume: Vec<StatePartition> = self.paused.intersection(&has_room).copied().collect();
        if !resume.is_empty() {
            self.consumer.resume(&self.list(&resume))?;
            self.paused.retain(|partition| !resume.contains(partition));
        }
        Ok(())
    }

    fn list(&self, partitions: &[StatePartition]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, *partition);
        }
        list
    }

    /// Deletes the messages before the positions that are committed.
    fn delete_consumed(
        &self,
        settings: &KafkaSettings,
        runtime: &Handle,
        deleted: &mut BTreeMap<StatePartition, i64>,
    ) -> Result<(), JournalError> {
        let mut consumed = self.progress.consumed();
        consumed.retain(|partition, next| *next > deleted.get(partition).copied().unwrap_or(0));
        if consumed.is_empty() {
            return Ok(());
        }
        let admin = topics::admin(settings)?;
        let failure = |error: KafkaError| admin.inner().context().failure("cannot delete records", &error);
        let mut list = TopicPartitionList::new();
        for (partition, next) in &consumed {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*next)).map_err(failure)?;
        }
        let options = AdminOptions::new().request_timeout(Some(BROKER_TIMEOUT));
        let outcome = runtime.block_on(admin.delete_records(&list, &options)).map_err(failure)?;
        for element in outcome.elements() {
            element.error().map_err(failure)?;
        }
        deleted.extend(consumed);
        Ok(())
    }
}
