//! The journal on Kafka: one transaction of one transactional producer per group; instances share the feeds.
//!
//! Exactly once rests on four things. The producer is idempotent and transactional (KIP-98), and records and state go
//! into the same transaction. A transaction also carries, for every partition of the state topic that it touches, an
//! offset with the generation of the consumer group (KIP-447), so the coordinator refuses an expelled instance. An
//! instance that takes over a partition fences its last owner if it is dead, waits until none of its transactions is
//! open, and only then reads the state ([`takeover`]). And an unknown outcome is never guessed: the caller must restore.
//! `docs/exactly-once.md` says why each is needed.

mod blocking;
mod client;
mod client_config;
mod client_error;
mod create;
mod deadline;
mod duplicate_instance;
mod group;
mod grow;
mod handoff;
mod layout;
mod listener;
mod local;
mod members;
mod membership;
mod options;
mod ownership;
mod partition;
mod predecessors;
mod producer;
mod reader;
mod renewal;
mod sketches;
mod state;
mod takeover;
mod topic_list;
mod topics;
mod unassigned;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::mpsc;

use self::blocking::blocking;
use self::group::GroupMember;
use self::handoff::{Consumer, Position, Progress};
use self::layout::{LayoutReader, wait_until_settled};
use self::listener::GroupEvent;
use self::local::LocalState;
use self::membership::{Membership, lock, transact};
use self::options::BROKER_TIMEOUT;
use self::ownership::PartitionOwnership;
use self::producer::TransactionalProducer;
use self::renewal::Renewal;
use self::takeover::Restored;
use super::{
    Batch, Change, CommittedState, DiskError, Journal, JournalError, Key, Reason, Received, SharedSketch, StateChange,
    StatePartition,
};
use crate::options::SecretString;
use crate::record::Topic;

pub use client_config::{logins, settings_faults};
pub use grow::{GrowthPlan, Place, grow};
pub use layout::{Layout, LayoutNumber};
pub use options::{KafkaSettings, Options, SASL_MECHANISMS};
pub use partition::{murmur2, partition};
pub use reader::KafkaReader;
pub use topics::{TopicInfo, describe_topics, ensure_topics, layout, ping};

/// The pause between two attempts to take over partitions.
const TAKEOVER_PAUSE: Duration = Duration::from_millis(500);

/// The same after some of the partitions were revoked, which the group's thread reports in a moment.
const DISOWNED_PAUSE: Duration = Duration::from_millis(20);

/// The pause between two attempts to renew a producer while the brokers do not answer.
const MEND_PAUSE: Duration = Duration::from_millis(50);

/// For how long an instance that lost its partitions takes into account that others may have lost theirs.
const RETURNING: Duration = Duration::from_secs(15);

/// Capacity of the queue of group events.
const EVENTS: usize = 64;

/// The largest value of a record, in bytes: a tenth below the largest message, to leave room for key, headers and framing.
const MAX_VALUE_BYTES: usize = 900_000;

/// Revoked partitions, and the sender whose drop returns them to the group.
type Revocation = (BTreeSet<StatePartition>, std_mpsc::Sender<()>);

/// The journal on Kafka.
pub struct KafkaJournal {
    /// As what its group members introduce themselves.
    process: String,
    /// The settings for the state topic that was current when this instance last joined.
    settings: Mutex<Arc<KafkaSettings>>,
    /// Where the layout was read to when this instance last joined.
    layout_end: AtomicI64,
    layout: Arc<LayoutReader>,
    ownership: Arc<PartitionOwnership>,
    // Both fields must drop before the membership: its thread waits for a receiver.
    /// Events of the consumer group.
    events: tokio::sync::Mutex<Option<mpsc::Receiver<GroupEvent>>>,
    /// Revocations that wait for [`Journal::release`].
    revocations: Mutex<Vec<Revocation>>,
    /// `None` before the first restore.
    membership: Arc<Mutex<Option<Membership>>>,
    /// A commit was begun and its future was dropped, so its outcome is unknown.
    commit_abandoned: AtomicBool,
    /// The state was restored before.
    restored_once: AtomicBool,
    /// When this instance last lost its partitions without being dead.
    lost_at: Mutex<Option<Instant>>,
    /// The largest value of a record, from the brokers' topic settings.
    max_value: AtomicUsize,
    /// The local copy of the state; `None` before the first restore.
    local: Mutex<Option<Arc<LocalState>>>,
    /// How far the messages that were handed over to the owned partitions were consumed.
    progress: Arc<Progress>,
    /// Those messages; `None` before the first restore.
    received: tokio::sync::Mutex<Option<Consumer>>,
    /// The sketches that instances share; `None` before the first restore.
    sketches: tokio::sync::Mutex<Option<mpsc::Receiver<SharedSketch>>>,
}

impl KafkaJournal {
    /// Creates a journal that connects at its first [`Journal::restore`]. Returns [`JournalError::Fatal`] if the settings are
    /// wrong.
    pub fn new(settings: KafkaSettings) -> Result<Self, JournalError> {
        if let Some(invalid) = settings.kafka.check().into_iter().next() {
            return Err(JournalError::fatal(format!("`{}` in [kafka] {}", invalid.key, invalid.message)));
        }
        client_config::producer(&settings)?;
        client_config::consumer(&settings)?;
        let process = uuid::Uuid::new_v4().simple().to_string();
        client_config::member(&settings, &process)?;
        Ok(Self {
            process,
            layout: Arc::new(LayoutReader::new(&settings)),
            layout_end: AtomicI64::new(0),
            settings: Mutex::new(Arc::new(settings)),
            ownership: Arc::default(),
            membership: Arc::default(),
            events: tokio::sync::Mutex::default(),
            revocations: Mutex::default(),
            commit_abandoned: AtomicBool::new(false),
            restored_once: AtomicBool::new(false),
            lost_at: Mutex::default(),
            max_value: AtomicUsize::new(MAX_VALUE_BYTES),
            local: Mutex::default(),
            progress: Arc::default(),
            received: tokio::sync::Mutex::default(),
            sketches: tokio::sync::Mutex::default(),
        })
    }

    fn settings(&self) -> Arc<KafkaSettings> {
        Arc::clone(&self.settings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that this instance lost its partitions without being dead.
    fn lost(&self) {
        *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Ends the last transaction, or renews the producer, as soon as the brokers answer: the next takeover needs it.
    fn mend(&self) {
        let (membership, until) = (Arc::clone(&self.membership), Instant::now() + BROKER_TIMEOUT);
        let work = move || {
            loop {
                let mended = transact(&mut lock(&membership), |_, _| Ok(()));
                if !matches!(mended, Err(JournalError::Retriable(_))) || Instant::now() > until {
                    return;
                }
                thread::sleep(MEND_PAUSE);
            }
        };
        // Without the thread, the takeover does it.
        let _ = thread::Builder::new().name("kafka-mend".into()).spawn(work);
    }

    /// Returns whether this instance lost its partitions a moment ago. What happened to it probably happened to others.
    fn is_returning(&self) -> bool {
        let lost_at = *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner);
        lost_at.is_some_and(|at| at.elapsed() < RETURNING)
    }

    fn revocations(&self) -> MutexGuard<'_, Vec<Revocation>> {
        self.revocations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the local copy of the state, which is opened at the first call, and again if it was removed. Blocks.
    fn local(&self) -> Result<Arc<LocalState>, JournalError> {
        let mut local = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(local) = local.as_ref().filter(|local| !local.is_broken()) {
            return Ok(Arc::clone(local));
        }
        // Unlocks the file of one that is broken.
        *local = None;
        let opened = Arc::new(LocalState::open(&self.settings())?);
        *local = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Returns the local copy of the state after the first restore.
    fn opened(&self) -> Result<Arc<LocalState>, JournalError> {
        let local = self.local.lock().unwrap_or_else(PoisonError::into_inner).clone();
        local.ok_or_else(|| JournalError::reset("the state has not been restored"))
    }

    /// Takes over assigned partitions, except those revoked meanwhile. A partition is owned only once its state is known.
    async fn take_over(&self, partitions: &BTreeSet<StatePartition>) -> Result<Change, JournalError> {
        loop {
            let partitions = self.ownership.still_assigned(partitions);
            let (settings, ownership) = (self.settings(), Arc::clone(&self.ownership));
            let (layout, layout_end) = (Arc::clone(&self.layout), self.layout_end.load(Ordering::Acquire));
            let (membership, local) = (Arc::clone(&self.membership), self.local()?);
            let (progress, is_returning) = (Arc::clone(&self.progress), self.is_returning());
            let attempt = blocking(move || {
                // A transaction that this instance could not end yet would hold the partitions back.
                transact(&mut lock(&membership), |_, _| Ok(()))?;
                let restored = takeover::restore(&settings, &ownership, &partitions, is_returning, &local)?;
                claim(&mut lock(&membership), &ownership, restored, &local)?;
                if ownership.still_assigned(&partitions) != partitions {
                    return Err(JournalError::Disowned);
                }
                // Only after the takeover is committed: a growth fences all owners that it finds once it is announced.
                if layout.end()? != layout_end {
                    return Err(JournalError::reset("the state is being carried over to more partitions"));
                }
                for partition in &partitions {
                    progress.add(*partition, position(&local, *partition)?);
                }
                local.state().add(&partitions);
                ownership.own(&partitions);
                Ok(Change::Assigned(partitions))
            })
            .await;
            match attempt {
                Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                    tracing::warn!(error = format!("{reason:#}"), "taking over partitions failed; retrying");
                    tokio::time::sleep(TAKEOVER_PAUSE).await;
                }
                // Some were revoked meanwhile: retry without them.
                Err(JournalError::Disowned) => tokio::time::sleep(DISOWNED_PAUSE).await,
                outcome => return outcome,
            }
        }
    }

    /// Waits for the first assignment after joining the group.
    async fn first_assignment(&self) -> Result<(), JournalError> {
        // A dead member keeps its partitions until its session expires.
        let settings = self.settings();
        let deadline = Instant::now() + settings.kafka.session_timeout + 2 * BROKER_TIMEOUT;
        let mut events = self.events.lock().await;
        let Some(receiver) = events.as_mut() else { return Ok(()) };
        loop {
            let wait = deadline.saturating_duration_since(Instant::now());
            let event = tokio::time::timeout(wait, receiver.recv()).await.map_err(|_| {
                let group = settings.group();
                JournalError::retriable(format!(
                    "no partitions assigned: group coordinator unreachable, or READ on group {group} not granted"
                ))
            })?;
            match event {
                Some(GroupEvent::Assigned(partitions)) => return self.take_over(&partitions).await.map(drop),
                // Nothing is in flight yet: dropping the sender releases them.
                Some(GroupEvent::Revoked(..) | GroupEvent::Lost(_)) => {}
                Some(GroupEvent::Fenced) => {
                    return Err(JournalError::retriable("fenced out of the consumer group while joining it"));
                }
                None => return Err(left_group()),
            }
        }
    }

    /// Creates missing topics and finds out which state topic is current. Returns whether its state is being carried over to
    /// another one.
    async fn prepare(&self) -> Result<bool, JournalError> {
        let had_state = self.restored_once.load(Ordering::Acquire);
        let ready = topics::ready(&self.settings(), &self.layout, had_state).await?;
        if let Some(bytes) = ready.max_message_bytes {
            self.max_value.store(MAX_VALUE_BYTES.min(bytes / 10 * 9), Ordering::Release);
        }
        self.layout_end.store(ready.layout_end, Ordering::Release);
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(ready.settings);
        Ok(ready.layout.growth.is_some())
    }

    /// Leaves the group if it was joined before, then joins it with a new producer.
    async fn join(&self) -> Result<(), JournalError> {
        if self.restored_once.load(Ordering::Acquire) {
            self.lost();
        }
        let mut growing = self.prepare().await?;
        let (sender, events) = mpsc::channel(EVENTS);
        self.revocations().clear();
        // Dropped first: the group's thread must not wait for a receiver.
        *self.events.lock().await = None;
        *self.received.lock().await = None;
        *self.sketches.lock().await = None;
        self.progress.clear();
        let (settings, ownership) = (self.settings(), Arc::clone(&self.ownership));
        let membership = Arc::clone(&self.membership);
        let is_fenced = blocking(move || {
            // Waits for a commit that is still in flight.
            let left = lock(&membership).take();
            ownership.reset(0);
            Ok(left.is_some_and(|Membership { producer, member, .. }| {
                member.is_fenced() || producer.is_fenced && member.is_soon_fenced(&settings)
            }))
        });
        if is_fenced.await? {
            duplicate_instance::wait_until_gone(&self.settings(), &self.process).await?;
        }
        while growing {
            wait_until_settled(&self.settings(), &self.layout).await?;
            growing = self.prepare().await?;
        }
        let (settings, ownership) = (self.settings(), Arc::clone(&self.ownership));
        let renewal = Renewal {
            settings: self.settings(),
            ownership: Arc::clone(&self.ownership),
            layout: Arc::clone(&self.layout),
            layout_end: self.layout_end.load(Ordering::Acquire),
            process: self.process.clone(),
        };
        let membership = Arc::clone(&self.membership);
        blocking(move || {
            let mut membership = lock(&membership);
            let producer = TransactionalProducer::open(&settings, Arc::clone(&ownership))?;
            ownership.reset(producer.partitions(Topic::FeedState));
            let member = GroupMember::join(&settings, &renewal.process, ownership, sender)?;
            *membership = Some(Membership { producer, member, renewal, is_poisoned: false });
            Ok(())
        })
        .await?;
        *self.events.lock().await = Some(events);
        let runtime = tokio::runtime::Handle::current();
        *self.received.lock().await = Some(handoff::consume(&self.settings(), Arc::clone(&self.progress), runtime)?);
        *self.sketches.lock().await = Some(sketches::follow(&self.settings())?);
        Ok(())
    }

    /// Joins the group again after another member took this one's place, with the same producer. The partitions were lost before.
    async fn rejoin(&self) -> Result<(), JournalError> {
        self.lost();
        duplicate_instance::wait_until_gone(&self.settings(), &self.process).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        let membership = Arc::clone(&self.membership);
        blocking(move || {
            let mut membership = lock(&membership);
            membership.as_mut().ok_or_else(left_group)?.rejoin(sender)?;
            // While the group is rebalancing; if the brokers do not answer yet, the next transaction does it.
            match transact(&mut membership, |_, _| Ok(())) {
                Err(JournalError::Retriable(_)) => Ok(()),
                outcome => outcome,
            }
        })
        .await?;
        *self.events.lock().await = Some(events);
        Ok(())
    }
}

/// Returns how far the messages that were handed over to a partition were consumed.
fn position(local: &LocalState, partition: StatePartition) -> Result<Position, JournalError> {
    let failed =
        |error| JournalError::Reset(Reason::new("cannot read how far handed over entries were consumed", error));
    let value = local.state().value_in(partition, &Key::HandoffPosition.encode()).map_err(failed)?;
    let read = value.map(|value| Position::read(&value)).transpose();
    read.map(Option::unwrap_or_default).map_err(|error| {
        JournalError::Fatal(Reason::new(
            format!("the value of /handoff in partition {partition} cannot be read"),
            error,
        ))
    })
}

/// Commits that this instance owns the partitions, and notes up to where they are copied. Partitions without an
/// incarnation get one.
fn claim(
    membership: &mut Option<Membership>,
    ownership: &PartitionOwnership,
    restored: Restored,
    local: &LocalState,
) -> Result<(), JournalError> {
    let Restored { mut checkpoints, mut nameless } = restored;
    let mut state = Batch::default();
    for (partition, checkpoint) in &mut nameless {
        let (key, value) = state::new_incarnation();
        checkpoint.origin.incarnation.clone_from(&value);
        let site = ownership.name_in(*partition);
        state.state.push(StateChange { key, value: Some(value.into_bytes()), site });
    }
    let ends = checkpoints.iter().chain(&nameless).map(|(partition, checkpoint)| (*partition, checkpoint.offset));
    let ends = ends.collect();
    transact(membership, |producer, member| {
        producer.take_over(&ends, state, member)?;
        for (partition, checkpoint) in &mut nameless {
            checkpoint.offset = producer.end(*partition);
            checkpoint.origin.place = checkpoint.offset - 1;
        }
        checkpoints.append(&mut nameless);
        local.reach(&checkpoints)
    })
}

fn left_group() -> JournalError {
    JournalError::reset("this instance left the consumer group")
}

#[async_trait]
impl Journal for KafkaJournal {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        let started = Instant::now();
        self.join().await?;
        let joined = started.elapsed();
        let local = self.local()?;
        local.state().remove(&local.state().partitions());
        self.first_assignment().await?;
        tracing::debug!(?joined, restored = ?started.elapsed(), "joined the consumer group and took over its partitions");
        self.commit_abandoned.store(false, Ordering::Release);
        self.restored_once.store(true, Ordering::Release);
        Ok(Arc::clone(local.state()))
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        if self.commit_abandoned.swap(true, Ordering::AcqRel) {
            return Err(JournalError::reset("an earlier commit was abandoned before its outcome was known"));
        }
        let (membership, mut group) = (Arc::clone(&self.membership), group.to_vec());
        let (ownership, local) = (Arc::clone(&self.ownership), self.opened()?);
        let progress = Arc::clone(&self.progress);
        let work = move || {
            let mut membership = lock(&membership);
            // Under the lock: a release does not remove the partitions meanwhile.
            let positions = progress.after(group.iter().filter_map(|batch| batch.consumed));
            for (partition, position) in &positions {
                let (key, value) = (Key::HandoffPosition.encode(), Some(position.value()));
                let state = vec![StateChange { key, value, site: ownership.name_in(*partition) }];
                group.push(Batch { state, ..Batch::default() });
            }
            let outcome = transact(&mut membership, |producer, member| {
                producer.commit(&group, member)?;
                let partition_of = |site: &str| ownership.partition(site);
                let partitions = group.iter().flat_map(|batch| &batch.state).map(|change| partition_of(&change.site));
                let ends = partitions.map(|partition| (partition, producer.end(partition))).collect();
                local.commit(&group, partition_of, &ends)
            });
            outcome.inspect(|()| progress.reach(positions))
        };
        let outcome = blocking(work).await;
        self.commit_abandoned.store(false, Ordering::Release);
        outcome
    }

    fn max_value_bytes(&self) -> usize {
        let set = self
            .settings()
            .kafka
            .properties
            .get("message.max.bytes")
            .and_then(|SecretString(bytes)| bytes.parse::<usize>().ok());
        let by_topics = self.max_value.load(Ordering::Acquire);
        set.map_or(by_topics, |bytes| by_topics.min(bytes / 10 * 9))
    }

    fn partition(&self, site: &str) -> StatePartition {
        self.ownership.partition(site)
    }

    fn partition_count(&self) -> usize {
        self.ownership.count()
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        self.ownership.owned()
    }

    async fn change(&self) -> Result<Change, JournalError> {
        loop {
            let event = {
                let mut events = self.events.lock().await;
                let Some(receiver) = events.as_mut() else { return std::future::pending().await };
                receiver.recv().await
            };
            match event {
                Some(GroupEvent::Assigned(partitions)) if partitions.is_empty() => {}
                Some(GroupEvent::Assigned(partitions)) => return self.take_over(&partitions).await,
                Some(GroupEvent::Revoked(partitions, done)) => {
                    self.revocations().push((partitions.clone(), done));
                    return Ok(Change::Revoked(partitions));
                }
                Some(GroupEvent::Lost(partitions)) => {
                    self.progress.remove(&partitions);
                    self.lost();
                    self.mend();
                    self.opened()?.state().remove(&partitions);
                    return Ok(Change::Lost(partitions));
                }
                Some(GroupEvent::Fenced) => self.rejoin().await?,
                None => return Err(left_group()),
            }
        }
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn receive(&self) -> Result<Received, JournalError> {
        match self.received.lock().await.as_mut() {
            Some(received) => received.recv().await.ok_or_else(left_group),
            None => std::future::pending().await,
        }
    }

    async fn shared_sketch(&self) -> Result<SharedSketch, JournalError> {
        match self.sketches.lock().await.as_mut() {
            Some(sketches) => sketches.recv().await.ok_or_else(left_group),
            None => std::future::pending().await,
        }
    }

    async fn release(&self, partitions: &BTreeSet<StatePartition>) -> Result<(), JournalError> {
        let (ownership, membership) = (Arc::clone(&self.ownership), Arc::clone(&self.membership));
        let (revoked, local) = (partitions.clone(), self.opened()?);
        let progress = Arc::clone(&self.progress);
        let released = blocking(move || {
            let mut membership = lock(&membership);
            let owned = ownership.disown(&revoked);
            progress.remove(&revoked);
            // Only now: what is read while commits are accepted must be complete.
            local.state().remove(&revoked);
            // The next owner of these partitions fences this instance if it has to.
            if membership.as_ref().is_none_or(|membership| membership.is_poisoned || membership.producer.is_broken()) {
                return Ok(());
            }
            transact(&mut membership, |producer, member| producer.release(&owned, member))
        })
        .await;
        self.revocations().retain(|(revoked, _)| !revoked.is_subset(partitions));
        match released {
            Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                tracing::debug!(
                    error = format!("{reason:#}"),
                    "partitions released without clearing the lease; their next owner fences this instance"
                );
                Ok(())
            }
            Err(JournalError::Disowned) => Ok(()),
            outcome => outcome,
        }
    }

    /// The topic has the state: the local copy is made again.
    fn unreadable(&self, error: &DiskError) -> JournalError {
        if let Ok(local) = self.opened() {
            local.discard();
        }
        JournalError::reset(format!("{error:#}; reading the state from the topic again"))
    }

    async fn close(&self) {
        if let Err(error) = self.release(&self.ownership.owned()).await {
            tracing::debug!(error = format!("{error:#}"), "releasing the partitions failed; leaving the group");
        }
        *self.events.lock().await = None;
        *self.received.lock().await = None;
        *self.sketches.lock().await = None;
        let membership = Arc::clone(&self.membership);
        let _ = blocking(move || {
            *lock(&membership) = None;
            Ok(())
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::TopicOptions;

    pub(super) fn settings() -> KafkaSettings {
        let topics = TopicOptions { prefix: "news".into(), partitions: 3, ..TopicOptions::default() };
        KafkaSettings { topics, ..KafkaSettings::default() }
    }

    #[test]
    fn debug_output_hides_secrets() {
        let mut settings = settings();
        settings.kafka.properties.insert("sasl.password".into(), SecretString("hunter2".into()));
        let shown = format!("{settings:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn lower_message_limit_bounds_the_values() {
        let mut settings = settings();
        settings.kafka.properties.insert("message.max.bytes".into(), SecretString("100000".into()));
        assert_eq!(KafkaJournal::new(settings).expect("valid").max_value_bytes(), 90_000);
    }

    #[tokio::test]
    async fn nothing_is_committed_before_the_state_is_restored() {
        let journal = KafkaJournal::new(settings()).expect("valid");
        assert!(matches!(journal.commit(&[]).await, Err(JournalError::Reset(_))));
    }
}
