//! Runs one transaction per group and maps each failure to its meaning for the group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use super::bounded;
use super::client::{self, Context, is_refused, needs_person};
use super::group::Member;
use super::options::{Options, PATIENCE};
use super::partition::partition;
use super::share::Share;
use super::topics::{self, Shapes};
use crate::journal::{Batch, JournalError, Record, StateChange, StatePartition};
use crate::record::Topic;

/// How long one call into librdkafka may wait; the call is repeated while it may still succeed.
const STEP: Duration = Duration::from_secs(1);

/// A producer that holds the transactional id from one restore to the next. All its methods block.
pub(super) struct Session {
    producer: Arc<ThreadedProducer<Context>>,
    options: Options,
    topics: Shapes,
    share: Arc<Share>,
    /// For each partition, the offset after its last known state.
    ends: BTreeMap<StatePartition, i64>,
    /// A transaction was begun and could not be aborted yet.
    is_open: bool,
    /// Another producer took the transactional id.
    pub(super) is_fenced: bool,
}

/// What a transaction records about partitions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lease {
    /// This instance owns and keeps them.
    Held,
    /// This instance takes them over.
    Claimed,
    /// This instance releases them cleanly.
    Ended,
}

/// Why a transaction cannot be committed.
enum Refusal {
    Kafka(KafkaError),
    /// Another instance owns the partitions now.
    Disowned,
    /// librdkafka does not return.
    Stuck(JournalError),
}

impl From<KafkaError> for Refusal {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error)
    }
}

impl Session {
    /// Takes the transactional id: this fences earlier producers and ends a transaction that one of them left open.
    pub(super) fn open(options: &Options, share: Arc<Share>) -> Result<Self, JournalError> {
        let producer: ThreadedProducer<Context> = client::made(&client::producer(options)?)?;
        let (topics, _) = topics::shapes(producer.client(), options)?;
        check(&topics, options)?;
        let producer = Arc::new(producer);
        initialise(&producer, options, &format!("taking the transactional id {}", options.transactional_id()))?;
        Ok(Self {
            producer,
            options: options.clone(),
            topics,
            share,
            ends: BTreeMap::new(),
            is_open: false,
            is_fenced: false,
        })
    }

    /// Returns the number of partitions of a topic.
    pub(super) fn partitions(&self, topic: Topic) -> i32 {
        self.topics.get(&topic).map_or(1, |(partitions, _)| *partitions)
    }

    fn context(&self) -> &Context {
        self.producer.client().context()
    }

    /// Commits the group. The session is unusable after [`JournalError::Reset`] and [`JournalError::Fatal`].
    pub(super) fn commit(&mut self, group: &[Batch], member: &Member) -> Result<(), JournalError> {
        let partitions: BTreeSet<StatePartition> =
            group.iter().flat_map(|batch| &batch.state).map(|change| self.share.partition(&change.site)).collect();
        if !self.share.owns(&partitions) {
            return Err(JournalError::Disowned);
        }
        if group.iter().all(|batch| batch.records.is_empty() && batch.state.is_empty()) {
            return Ok(());
        }
        self.transact(group, &partitions, Lease::Held, member)
    }

    /// Claims the partitions, whose state ends before these offsets.
    pub(super) fn claim(&mut self, ends: &BTreeMap<StatePartition, i64>, member: &Member) -> Result<(), JournalError> {
        self.ends.extend(ends);
        let partitions: BTreeSet<StatePartition> = ends.keys().copied().collect();
        if partitions.is_empty() { Ok(()) } else { self.transact(&[], &partitions, Lease::Claimed, member) }
    }

    /// Records that the partitions are released cleanly, so their next owner need not fence this instance.
    pub(super) fn release(
        &mut self,
        partitions: &BTreeSet<StatePartition>,
        member: &Member,
    ) -> Result<(), JournalError> {
        if partitions.is_empty() { Ok(()) } else { self.transact(&[], partitions, Lease::Ended, member) }
    }

    /// Runs one transaction.
    fn transact(
        &mut self,
        group: &[Batch],
        partitions: &BTreeSet<StatePartition>,
        lease: Lease,
        member: &Member,
    ) -> Result<(), JournalError> {
        self.settle()?;
        let begun = Instant::now();
        *self.context().deliveries() = client::Deliveries::default();
        if let Err(error) = self.producer.begin_transaction() {
            return Err(self.lost("beginning a transaction", &error));
        }
        if let Err(error) = self.deliver(group, begun) {
            return Err(self.give_up("sending records", &error));
        }
        let delivered = begun.elapsed();
        // After the records: what is refused here never becomes visible, and nothing is held back meanwhile.
        match self.lease(partitions, lease, member, begun) {
            Ok(()) => {}
            Err(Refusal::Kafka(error)) => return Err(self.give_up("taking part in the group", &error)),
            Err(Refusal::Disowned) => return Err(self.abort().err().unwrap_or(JournalError::Disowned)),
            Err(Refusal::Stuck(error)) => return Err(error),
        }
        let leased = begun.elapsed();
        // From here on the outcome is unknown until the broker reports it.
        let deadline = begun + self.options.transaction_timeout + PATIENCE;
        loop {
            match bounded::call(STEP, &self.producer, |producer| producer.commit_transaction(STEP))? {
                Ok(()) => {
                    let ends = std::mem::take(&mut self.context().deliveries().ends);
                    self.ends.extend(ends);
                    let committed = begun.elapsed();
                    tracing::debug!(batches = group.len(), ?delivered, ?leased, ?committed, "a transaction");
                    return Ok(());
                }
                Err(KafkaError::Transaction(e)) if e.txn_requires_abort() => {
                    return Err(self.give_up("committing", &KafkaError::Transaction(e)));
                }
                // Repeating the call resumes the same commit.
                Err(KafkaError::Flush(_)) if Instant::now() < deadline => {}
                Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
                Err(error) => return Err(self.lost("committing", &error)),
            }
        }
    }

    /// Ends a transaction that could not be aborted earlier.
    fn settle(&mut self) -> Result<(), JournalError> {
        if self.is_open {
            self.abort()?;
        }
        if self.is_open {
            return Err(JournalError::Retriable("the brokers are away: an earlier transaction is still open".into()));
        }
        Ok(())
    }

    /// Adds to the transaction that this instance owns the partitions, with the current generation of the group: a coordinator
    /// that knows a later one refuses it (KIP-447).
    fn lease(
        &self,
        partitions: &BTreeSet<StatePartition>,
        lease: Lease,
        member: &Member,
        begun: Instant,
    ) -> Result<(), Refusal> {
        if partitions.is_empty() {
            return Ok(());
        }
        let topic = Topic::FeedState.name(&self.options.topics.prefix);
        let holder = if lease == Lease::Ended { String::new() } else { self.options.transactional_id() };
        let mut offsets = TopicPartitionList::new();
        let written = self.context().deliveries().ends.clone();
        for slot in partitions {
            let end = written.get(slot).or_else(|| self.ends.get(slot)).copied().unwrap_or(0);
            offsets.add_partition_offset(&topic, *slot, Offset::Offset(end))?;
            if let Some(mut place) = offsets.find_partition(&topic, *slot) {
                place.set_metadata(&holder);
            }
        }
        let deadline = begun + self.options.transaction_timeout;
        loop {
            let generation = member.generation().ok_or(Refusal::Disowned)?;
            // Checks again, after reading the generation: it may belong to a member that has lost the partitions meanwhile.
            if lease == Lease::Held && !self.share.owns(partitions) {
                return Err(Refusal::Disowned);
            }
            let offsets = offsets.clone();
            let sent = bounded::call(STEP, &self.producer, move |producer| {
                producer.send_offsets_to_transaction(&offsets, &generation, STEP)
            });
            match sent.map_err(Refusal::Stuck)? {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(e))
                    if e.is_retriable() && !e.txn_requires_abort() && Instant::now() < deadline => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends everything and waits until every message is acknowledged.
    fn deliver(&self, group: &[Batch], begun: Instant) -> Result<(), KafkaError> {
        let deadline = begun + self.options.transaction_timeout;
        let mut sent = 0;
        for batch in group {
            for record in &batch.records {
                self.send(self.record(record), deadline)?;
                sent += 1;
            }
            for change in &batch.state {
                self.send(self.change(change), deadline)?;
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
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if Instant::now() < deadline =>
                {
                    self.producer.poll(Duration::from_millis(50));
                    record = back;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn record<'a>(&self, record: &'a Record) -> Outgoing<'a> {
        Outgoing {
            topic: record.topic.name(&self.options.topics.prefix),
            partition: partition(&record.partition_by, self.partitions(record.topic)),
            key: &record.key,
            value: record.value.as_deref(),
            headers: Some(headers(record)),
            kind: 0,
        }
    }

    fn change<'a>(&self, change: &'a StateChange) -> Outgoing<'a> {
        Outgoing {
            topic: Topic::FeedState.name(&self.options.topics.prefix),
            partition: self.share.partition(&change.site),
            key: &change.key,
            value: change.value.as_deref(),
            headers: None,
            kind: client::STATE,
        }
    }

    /// Ends a transaction that cannot be committed. Its commit was never sent, or refused: none of it becomes visible.
    fn give_up(&mut self, doing: &str, error: &KafkaError) -> JournalError {
        let words = self.context().describe(doing, error);
        match self.abort() {
            // For example after a write permission was revoked: librdkafka cannot end a transaction that the brokers do
            // not know.
            Err(JournalError::Reset(worse)) => JournalError::Reset(format!("{words}; {worse}")),
            Err(worse) => worse,
            // Revoked permissions may be granted again.
            Ok(()) if is_refused(error) => JournalError::Refused(words),
            // A restore recreates the missing topics.
            Ok(()) if is_missing(error) => JournalError::Reset(words),
            Ok(()) if let Some(topic) = self.missing() => {
                JournalError::Reset(format!("topic {topic} is gone, whoever deleted it"))
            }
            Ok(()) if needs_person(error) => JournalError::Fatal(words),
            Ok(()) => JournalError::Retriable(words),
        }
    }

    /// Returns a topic that no longer exists: librdkafka keeps trying to write to it until the message expires.
    fn missing(&self) -> Option<String> {
        let (found, _) = topics::shapes_within(STEP, self.producer.client(), &self.options).ok()?;
        let missing = Topic::ALL.into_iter().find(|topic| !found.contains_key(topic))?;
        Some(missing.name(&self.options.topics.prefix))
    }

    /// Aborts now or, if the brokers are unreachable, before the next commit.
    fn abort(&mut self) -> Result<(), JournalError> {
        let deadline = Instant::now() + self.options.transaction_timeout / 2;
        self.is_open = true;
        loop {
            match bounded::call(STEP, &self.producer, |producer| producer.abort_transaction(STEP))? {
                Ok(()) => {
                    self.is_open = false;
                    return Ok(());
                }
                Err(KafkaError::Transaction(e)) if e.is_retriable() && !e.is_fatal() => {
                    if Instant::now() > deadline {
                        return Ok(());
                    }
                }
                Err(error) => return Err(self.lost("aborting a transaction", &error)),
            }
        }
    }

    /// Returns the error of a producer that is unusable.
    fn lost(&mut self, doing: &str, error: &KafkaError) -> JournalError {
        let words = self.context().describe(doing, error);
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code).or(error.rdkafka_error_code());
        let fenced = matches!(
            fatal,
            Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
        );
        if fenced {
            self.is_fenced = true;
            // The group distinguishes a second instance of the same name from a successor that considered this one dead.
            JournalError::Reset(format!(
                "{words}: it was held up for longer than its transaction or session may last, or another instance is named {} \
                 too",
                self.options.transactional_id()
            ))
        } else if needs_person(error) && !is_refused(error) {
            JournalError::Fatal(words)
        } else {
            JournalError::Reset(words)
        }
    }
}

/// Returns whether a topic is missing.
fn is_missing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicId)
    )
}

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

/// Takes the producer's transactional id. A previous transaction may have to be ended first, which takes no longer than
/// that transaction may stay open.
pub(super) fn initialise(
    producer: &Arc<ThreadedProducer<Context>>,
    options: &Options,
    doing: &str,
) -> Result<(), JournalError> {
    let deadline = Instant::now() + PATIENCE + options.transaction_timeout;
    loop {
        match bounded::call(STEP, producer, |producer| producer.init_transactions(STEP))? {
            Ok(()) => return Ok(()),
            Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
            Err(error) => return Err(producer.client().context().failure(doing, &error)),
        }
    }
}

fn headers(record: &Record) -> OwnedHeaders {
    let all = OwnedHeaders::new_with_capacity(record.headers.len());
    record.headers.iter().fold(all, |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}

/// Checks that all topics exist, and that those that share partition numbers have the same number of partitions.
fn check(topics: &Shapes, options: &Options) -> Result<(), JournalError> {
    if let Some(missing) = Topic::ALL.into_iter().find(|t| !topics.contains_key(t)) {
        return Err(JournalError::Retriable(format!("topic {} is not there", missing.name(&options.topics.prefix))));
    }
    let together = [Topic::Articles, Topic::Entities, Topic::Quotes].map(|t| topics.get(&t).map(|(n, _)| *n));
    if together[0] != together[1] || together[0] != together[2] {
        let [a, e, q] = together.map(Option::unwrap_or_default);
        return Err(JournalError::Fatal(format!(
            "the topics {p}.articles, {p}.entities and {p}.quotes must have the same number of partitions, but have {a}, \
             {e} and {q}; add partitions to the smaller ones",
            p = options.topics.prefix
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::options;
    use super::*;

    #[test]
    fn topics_of_one_article_must_have_the_same_number_of_partitions() {
        let mut topics: Shapes = Topic::ALL.into_iter().map(|t| (t, (6, 1))).collect();
        assert!(check(&topics, &options()).is_ok());
        topics.insert(Topic::DeadLetters, (1, 1));
        assert!(check(&topics, &options()).is_ok());
        topics.insert(Topic::Quotes, (3, 1));
        assert!(matches!(check(&topics, &options()), Err(JournalError::Fatal(_))));
        topics.remove(&Topic::FeedState);
        assert!(matches!(check(&topics, &options()), Err(JournalError::Retriable(_))));
    }
}
