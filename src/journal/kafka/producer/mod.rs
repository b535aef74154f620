//! The transactional producer: runs one transaction per group.

mod delivery;
mod failure;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::producer::{Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_config;
use crate::journal::kafka::deadline::{PATIENCE, call_with_deadline};
use crate::journal::kafka::group::GroupMember;
use crate::journal::kafka::options::{BROKER_TIMEOUT, HANDOFF, KafkaSettings, SKETCHES};
use crate::journal::kafka::ownership::PartitionOwnership;
use crate::journal::kafka::topic_list::{Shapes, TopicList};
use crate::journal::{Batch, JournalError, StatePartition};
use crate::record::Topic;

/// How long one call into librdkafka may wait; the call is repeated while it may still succeed.
const STEP: Duration = Duration::from_secs(1);

/// Returns how long to wait for the call that adds the leases. It hangs when the group's coordinator is gone, and then a new
/// producer is faster, where that takes no restore. After each time the wait is doubled, until a transaction is committed, and it
/// is at least three times as long as the call took then: in a slow network that is several seconds.
fn lease_patience(settings: &KafkaSettings) -> Duration {
    if settings.is_process_known() { Duration::from_secs(2) } else { PATIENCE }
}

/// A producer that holds the transactional id from one restore to the next. All its methods block.
pub(in crate::journal::kafka) struct TransactionalProducer {
    producer: Arc<ThreadedProducer<Context>>,
    settings: KafkaSettings,
    topics: Shapes,
    /// The partitions of the topics of each route.
    routes: BTreeMap<Arc<str>, i32>,
    ownership: Arc<PartitionOwnership>,
    /// For each partition, the offset after its last known state.
    ends: BTreeMap<StatePartition, i64>,
    /// A transaction was started and could not be aborted yet.
    is_open: bool,
    /// Another producer took the transactional id.
    pub(in crate::journal::kafka) is_fenced: bool,
    /// The client of librdkafka is of no use any more: it was fenced, or a call into it does not return.
    is_broken: bool,
    /// How often it was renewed without being mended.
    renewals: u32,
    /// How long to wait for the call that adds the leases.
    lease_patience: Duration,
    /// The partitions of a transaction whose commit was begun and whose outcome is unknown.
    in_doubt: BTreeSet<StatePartition>,
}

/// What a transaction records about its partitions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lease {
    /// This instance owns and keeps them.
    Kept,
    /// This instance takes them over.
    Taken,
    /// This instance releases them.
    Released,
}

/// Why a transaction cannot include the leases.
enum LeaseError {
    Kafka(KafkaError),
    /// Another instance owns the partitions now.
    Disowned,
    /// A call of librdkafka does not return.
    Stuck(JournalError),
}

impl From<KafkaError> for LeaseError {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error)
    }
}

impl TransactionalProducer {
    /// Acquires the transactional id: this fences earlier producers and ends a transaction that one of them left open.
    pub(in crate::journal::kafka) fn open(
        settings: &KafkaSettings,
        ownership: Arc<PartitionOwnership>,
    ) -> Result<Self, JournalError> {
        let producer: ThreadedProducer<Context> = client::build(&client_config::producer(settings)?)?;
        let listed = TopicList::fetch(producer.client(), settings)?;
        let mut topics = listed.shapes(settings);
        check(&topics, settings)?;
        check_internal(&listed, settings)?;
        align(&mut topics, settings);
        Ok(Self {
            producer: acquire(producer, settings)?,
            settings: settings.clone(),
            topics,
            routes: listed.route_partitions(settings),
            ownership,
            ends: BTreeMap::new(),
            is_open: false,
            is_fenced: false,
            is_broken: false,
            renewals: 0,
            lease_patience: lease_patience(settings),
            in_doubt: BTreeSet::new(),
        })
    }

    /// Returns whether the producer commits nothing until it is renewed.
    pub(in crate::journal::kafka) fn is_broken(&self) -> bool {
        self.is_broken || self.producer.client().fatal_error().is_some()
    }

    /// Returns whether it is unknown if the last state of an owned partition was committed.
    pub(in crate::journal::kafka) fn is_in_doubt(&self) -> bool {
        self.ownership.owned().intersection(&self.in_doubt).next().is_some()
    }

    /// Acquires the transactional id again, which ends the last transaction. Commits nothing before [`Self::mended`]. Returns how
    /// often this was done in vain before.
    pub(in crate::journal::kafka) fn renew(&mut self) -> Result<u32, JournalError> {
        // The client's own fatal error disappears with it.
        self.is_broken = true;
        self.producer = acquire(client::build(&client_config::producer(&self.settings)?)?, &self.settings)?;
        (self.is_open, self.is_fenced) = (false, false);
        self.in_doubt.clear();
        self.renewals += 1;
        Ok(self.renewals - 1)
    }

    /// Commits again.
    pub(in crate::journal::kafka) fn mended(&mut self) {
        (self.is_broken, self.renewals) = (false, 0);
    }

    /// Returns the number of partitions of a topic.
    pub(in crate::journal::kafka) fn partitions(&self, topic: Topic) -> i32 {
        self.topics.get(&topic).map_or(1, |(partitions, _)| *partitions)
    }

    /// Takes over further routes, whose topics exist. What is being committed may still need others.
    pub(in crate::journal::kafka) fn set_routes(&mut self, settings: &KafkaSettings) -> Result<(), JournalError> {
        self.routes.extend(TopicList::fetch(self.client(), settings)?.route_partitions(settings));
        if let Some(route) = settings.topics.route.iter().find(|route| !self.routes.contains_key(&route.prefix)) {
            let name = Topic::Articles.name(&route.prefix);
            return Err(JournalError::retriable(format!(
                "topic {name} was created, but this instance does not see it yet"
            )));
        }
        self.settings.topics.route.clone_from(&settings.topics.route);
        Ok(())
    }

    /// Returns the client of the brokers.
    pub(in crate::journal::kafka) fn client(&self) -> &Client<Context> {
        self.producer.client()
    }

    fn context(&self) -> &Context {
        self.producer.client().context()
    }

    /// Commits the group. The producer is unusable after [`JournalError::Reset`] and [`JournalError::Fatal`].
    pub(in crate::journal::kafka) fn commit(
        &mut self,
        group: &[Batch],
        member: &GroupMember,
    ) -> Result<(), JournalError> {
        let partitions: BTreeSet<StatePartition> =
            group.iter().flat_map(|batch| &batch.state).map(|change| self.ownership.partition(&change.site)).collect();
        if !self.ownership.owns(&partitions) {
            return Err(JournalError::Disowned);
        }
        if group.iter().all(|batch| batch.records.is_empty() && batch.state.is_empty() && batch.handoffs.is_empty()) {
            return Ok(());
        }
        self.transact(group, &partitions, Lease::Kept, member)
    }

    /// Commits that this instance takes over the partitions, whose state ends before these offsets, with this state.
    pub(in crate::journal::kafka) fn take_over(
        &mut self,
        ends: &BTreeMap<StatePartition, i64>,
        state: Batch,
        member: &GroupMember,
    ) -> Result<(), JournalError> {
        self.ends.extend(ends);
        let partitions: BTreeSet<StatePartition> = ends.keys().copied().collect();
        if partitions.is_empty() { Ok(()) } else { self.transact(&[state], &partitions, Lease::Taken, member) }
    }

    /// Returns the offset after the last known state of a partition.
    pub(in crate::journal::kafka) fn end(&self, partition: StatePartition) -> i64 {
        self.ends.get(&partition).copied().unwrap_or(0)
    }

    /// Commits that the partitions are released, so their next owner need not fence this instance.
    pub(in crate::journal::kafka) fn release(
        &mut self,
        partitions: &BTreeSet<StatePartition>,
        member: &GroupMember,
    ) -> Result<(), JournalError> {
        if partitions.is_empty() { Ok(()) } else { self.transact(&[], partitions, Lease::Released, member) }
    }

    /// Runs one transaction.
    fn transact(
        &mut self,
        group: &[Batch],
        partitions: &BTreeSet<StatePartition>,
        lease: Lease,
        member: &GroupMember,
    ) -> Result<(), JournalError> {
        let started = Instant::now();
        *self.context().deliveries() = client::Deliveries::default();
        if let Err(error) = self.producer.begin_transaction() {
            return Err(self.unusable("cannot begin a transaction", &error));
        }
        if let Err(error) = self.deliver(group, started) {
            return Err(self.fail("cannot send records", &error));
        }
        let delivered = started.elapsed();
        // After the records: a transaction that is refused here never becomes visible, and holds nothing back meanwhile.
        match self.add_leases(partitions, lease, member, started) {
            Ok(()) => {}
            Err(LeaseError::Kafka(error)) => {
                return Err(self.fail("cannot add offsets of the consumer group to the transaction", &error));
            }
            Err(LeaseError::Disowned) => return Err(self.abort().err().unwrap_or(JournalError::Disowned)),
            Err(LeaseError::Stuck(error)) => return Err(error),
        }
        let leased = started.elapsed();
        // From here on the outcome is unknown until the broker reports it.
        self.in_doubt.clone_from(partitions);
        let deadline = started + self.settings.kafka.transaction_timeout + BROKER_TIMEOUT;
        loop {
            match self.call(PATIENCE, |producer| producer.commit_transaction(STEP))? {
                Ok(()) => {
                    self.in_doubt.clear();
                    self.lease_patience =
                        lease_patience(&self.settings).max(3 * leased.saturating_sub(delivered)).min(PATIENCE);
                    let ends = std::mem::take(&mut self.context().deliveries().ends);
                    self.ends.extend(ends);
                    let committed = started.elapsed();
                    tracing::debug!(batches = group.len(), ?delivered, ?leased, ?committed, "transaction committed");
                    return Ok(());
                }
                Err(KafkaError::Transaction(e)) if e.txn_requires_abort() => {
                    return Err(self.fail("cannot commit the transaction", &KafkaError::Transaction(e)));
                }
                // Repeating the call resumes the same commit.
                Err(KafkaError::Flush(_)) if Instant::now() < deadline => {}
                Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
                Err(error) => return Err(self.unusable("the outcome of the commit is unknown", &error)),
            }
        }
    }

    /// Makes a call of librdkafka that may not return.
    fn call<T: Send + 'static>(
        &mut self,
        within: Duration,
        call: impl FnOnce(&ThreadedProducer<Context>) -> T + Send + 'static,
    ) -> Result<T, JournalError> {
        let outcome = call_with_deadline(within, &self.producer, call);
        self.is_broken |= outcome.is_err();
        outcome
    }

    /// Ends a transaction that could not be aborted earlier.
    pub(in crate::journal::kafka) fn end_open(&mut self) -> Result<(), JournalError> {
        if self.is_open {
            self.abort()?;
        }
        if self.is_open {
            return Err(JournalError::retriable("brokers unreachable: an earlier transaction is still open"));
        }
        Ok(())
    }

    /// Adds to the transaction that this instance owns the partitions, with the current generation of the group: a coordinator
    /// that knows a later one refuses it (KIP-447).
    fn add_leases(
        &mut self,
        partitions: &BTreeSet<StatePartition>,
        lease: Lease,
        member: &GroupMember,
        started: Instant,
    ) -> Result<(), LeaseError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let topic = self.settings.topic(Topic::FeedState);
        let holder = if lease == Lease::Released { String::new() } else { self.settings.transactional_id() };
        let mut offsets = TopicPartitionList::new();
        let written = self.context().deliveries().ends.clone();
        for partition in partitions {
            let end = written.get(partition).or_else(|| self.ends.get(partition)).copied().unwrap_or(0);
            offsets.add_partition_offset(&topic, *partition, Offset::Offset(end))?;
            if let Some(mut place) = offsets.find_partition(&topic, *partition) {
                place.set_metadata(&holder);
            }
        }
        let deadline = started + self.settings.kafka.transaction_timeout;
        loop {
            let generation = member.generation().ok_or(LeaseError::Disowned)?;
            // Checked again after reading the generation: it may belong to a member that has lost the partitions meanwhile.
            // Another owner's lease must not be overwritten or cleared either: a growth fences whom the lease names.
            let may_write = match lease {
                Lease::Kept => self.ownership.owns(partitions),
                Lease::Taken => self.ownership.still_assigned(partitions) == *partitions,
                Lease::Released => self.ownership.holds(partitions),
            };
            if !may_write {
                return Err(LeaseError::Disowned);
            }
            let offsets = offsets.clone();
            let sent = self.call(self.lease_patience, move |producer| {
                producer.send_offsets_to_transaction(&offsets, &generation, STEP)
            });
            if sent.is_err() {
                self.lease_patience = (2 * self.lease_patience).min(PATIENCE);
            }
            match sent.map_err(LeaseError::Stuck)? {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(e))
                    if e.is_retriable() && !e.txn_requires_abort() && Instant::now() < deadline => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Acquires the instance's transactional id for a new producer.
fn acquire(
    producer: ThreadedProducer<Context>,
    settings: &KafkaSettings,
) -> Result<Arc<ThreadedProducer<Context>>, JournalError> {
    let producer = Arc::new(producer);
    initialize(&producer, settings, &format!("cannot acquire the transactional id {}", settings.transactional_id()))?;
    Ok(producer)
}

/// Acquires the producer's transactional id. A previous transaction may have to be ended first, which takes no longer than
/// that transaction may stay open.
pub(in crate::journal::kafka) fn initialize(
    producer: &Arc<ThreadedProducer<Context>>,
    settings: &KafkaSettings,
    failed: &str,
) -> Result<(), JournalError> {
    let deadline = Instant::now() + BROKER_TIMEOUT + settings.kafka.transaction_timeout;
    loop {
        match call_with_deadline(PATIENCE, producer, |producer| producer.init_transactions(STEP))? {
            Ok(()) => return Ok(()),
            Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
            Err(error) => return Err(producer.client().context().failure(failed, &error)),
        }
    }
}

/// Makes the topics that share partition numbers use the same number of partitions: the smallest of theirs.
fn align(topics: &mut Shapes, settings: &KafkaSettings) {
    let shared = [Topic::Articles, Topic::Entities, Topic::Quotes];
    let counts = || shared.iter().filter_map(|topic| topics.get(topic)).map(|(partitions, _)| *partitions);
    let (least, most) = (counts().min(), counts().max());
    if least != most {
        tracing::warn!(
            prefix = settings.topics.prefix,
            "topics articles, entities and quotes have different numbers of partitions; records go to the first {} of each; add \
             partitions to the smaller ones",
            least.unwrap_or_default()
        );
    }
    for topic in shared {
        if let (Some((partitions, _)), Some(least)) = (topics.get_mut(&topic), least) {
            *partitions = least;
        }
    }
}

/// Checks that this client's broker knows the internal topics with all their partitions: it may learn of new topics later
/// than others.
fn check_internal(topics: &TopicList, settings: &KafkaSettings) -> Result<(), JournalError> {
    let wanted = topics.partitions(&settings.topic(Topic::FeedState)).unwrap_or(1);
    for name in [HANDOFF, SKETCHES].map(|topic| settings.internal_topic(topic)) {
        if topics.partitions(&name).is_none_or(|count| count < wanted) {
            return Err(JournalError::retriable(format!("topic {name} does not have {wanted} partitions yet")));
        }
    }
    Ok(())
}

/// Checks that all topics exist.
fn check(topics: &Shapes, settings: &KafkaSettings) -> Result<(), JournalError> {
    if let Some(missing) = Topic::ALL.into_iter().find(|t| !topics.contains_key(t)) {
        return Err(JournalError::retriable(format!("topic {} does not exist yet", settings.topic(missing))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::kafka::tests::settings;

    #[test]
    fn topics_of_an_article_use_the_same_number_of_partitions() {
        let mut topics: Shapes = Topic::ALL.into_iter().map(|t| (t, (6, 1))).collect();
        topics.insert(Topic::DeadLetters, (1, 1));
        topics.insert(Topic::Quotes, (3, 1));
        assert!(check(&topics, &settings()).is_ok());
        align(&mut topics, &settings());
        for (topic, partitions) in
            [(Topic::Articles, 3), (Topic::Quotes, 3), (Topic::FeedState, 6), (Topic::DeadLetters, 1)]
        {
            assert_eq!(topics[&topic], (partitions, 1), "{topic:?}");
        }
        topics.remove(&Topic::FeedState);
        assert!(matches!(check(&topics, &settings()), Err(JournalError::Retriable(_))));
    }
}
