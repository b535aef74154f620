//! How an instance joins the group, again if it must, and takes over the partitions that it is assigned.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::blocking::blocking;
use super::group::GroupMember;
use super::handoff::{self, Position};
use super::layout::wait_until_settled;
use super::listener::GroupEvent;
use super::local::LocalState;
use super::membership::{Membership, lock, transact};
use super::options::BROKER_TIMEOUT;
use super::ownership::PartitionOwnership;
use super::producer::TransactionalProducer;
use super::renewal::Renewal;
use super::takeover::{self, Restored};
use super::{KafkaJournal, MAX_VALUE_BYTES, duplicate_instance, left_group, sketches, state, topics};
use crate::journal::{Batch, Change, JournalError, Key, Reason, StateChange, StatePartition};
use crate::record::Topic;

/// The pause between two attempts to take over partitions.
const TAKEOVER_PAUSE: Duration = Duration::from_millis(500);

/// The same after some of the partitions were revoked, which the group's thread reports in a moment.
const DISOWNED_PAUSE: Duration = Duration::from_millis(20);

/// Capacity of the queue of group events.
const EVENTS: usize = 64;

impl KafkaJournal {
    /// Takes over assigned partitions, except those revoked meanwhile. A partition is owned only once its state is known.
    pub(super) async fn take_over(&self, partitions: &BTreeSet<StatePartition>) -> Result<Change, JournalError> {
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
    pub(super) async fn first_assignment(&self) -> Result<(), JournalError> {
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
    pub(super) async fn prepare(&self) -> Result<bool, JournalError> {
        let had_state = self.restored_once.load(Ordering::Acquire);
        let ready = topics::ready(&self.settings(), &self.layout, had_state).await?;
        if let Some(bytes) = ready.max_message_bytes {
            self.max_value.store(MAX_VALUE_BYTES.min(bytes / 10 * 9), Ordering::Release);
        }
        self.layout_end.store(ready.layout_end, Ordering::Release);
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut settings = ready.settings;
        // A reload may have changed them meanwhile.
        settings.topics.route.clone_from(&current.topics.route);
        *current = Arc::new(settings);
        Ok(ready.layout.growth.is_some())
    }

    /// Leaves the group if it was joined before, then joins it with a new producer.
    pub(super) async fn join(&self) -> Result<(), JournalError> {
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
    pub(super) async fn rejoin(&self) -> Result<(), JournalError> {
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
