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
mod join;
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
use self::handoff::{Consumer, Progress};
use self::layout::LayoutReader;
use self::listener::GroupEvent;
use self::local::LocalState;
use self::membership::{Membership, lock, transact};
use self::options::BROKER_TIMEOUT;
use self::ownership::PartitionOwnership;
use super::{
    Batch, Change, CommittedState, DiskError, Journal, JournalError, Key, Received, SharedSketch, StateChange,
    StatePartition, TopicOptions, TopicRoute,
};
use crate::options::SecretString;

pub use client_config::{logins, settings_faults};
pub use grow::{GrowthPlan, Place, grow};
pub use layout::{Layout, LayoutNumber};
pub use options::{KafkaSettings, Options, SASL_MECHANISMS};
pub use partition::{murmur2, partition};
pub use reader::KafkaReader;
pub use topics::{TopicInfo, describe_topics, ensure_topics, layout, ping};

/// The pause between two attempts to renew a producer while the brokers do not answer.
const MEND_PAUSE: Duration = Duration::from_millis(50);

/// For how long an instance that lost its partitions takes into account that others may have lost theirs.
const RETURNING: Duration = Duration::from_secs(15);

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

    async fn prepare_routes(&self, routes: &[TopicRoute]) -> Result<(), JournalError> {
        let mut settings = KafkaSettings::clone(&self.settings());
        settings.topics.route = routes.to_vec();
        topics::ensure_routes(&settings).await?;
        let (membership, shared) = (Arc::clone(&self.membership), settings.clone());
        // Waits for the commit in flight.
        blocking(move || match lock(&membership).as_mut() {
            Some(membership) => membership.producer.set_routes(&shared),
            None => Ok(()),
        })
        .await?;
        // Restores from now on know the routes too; only they may change meanwhile.
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let topics = TopicOptions { route: routes.to_vec(), ..current.topics.clone() };
        *current = Arc::new(KafkaSettings { topics, ..KafkaSettings::clone(&current) });
        Ok(())
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
