//! The journal on Kafka: one transaction of one transactional producer per group; instances share the feeds.
//!
//! Exactly once rests on four things. The producer is idempotent and transactional (KIP-98), and records and state go
//! into the same transaction. A transaction also carries, for every partition of the state topic that it touches, an
//! offset with the generation of the consumer group (KIP-447), so the coordinator refuses an expelled instance. An
//! instance that takes over a partition fences its last owner, waits until none of its transactions is open, and only
//! then reads the state ([`claim`]). And an unknown outcome is never guessed: the caller must restore.
//! `docs/exactly-once.md` says why each is needed.

mod blocking;
mod bounded;
mod check;
mod claim;
mod client;
mod group;
mod namesake;
mod options;
mod partition;
mod reader;
mod share;
mod state;
mod topics;
mod transaction;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as std_mpsc};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::mpsc;

use self::blocking::blocking;
use self::group::{Event, Member};
use self::options::PATIENCE;
use self::share::Share;
use self::transaction::Session;
use super::{Batch, Change, Journal, JournalError, StateEntry, StatePartition};

pub use check::{logins, settings_faults};
pub use options::Options;
pub use partition::{murmur2, partition};
pub use reader::KafkaReader;
pub use topics::{TopicInfo, describe_topics, ensure_topics, ping};

/// The pause between two attempts to claim partitions.
const CLAIM_AGAIN: Duration = Duration::from_millis(500);

/// Capacity of the queue of group events.
const EVENTS: usize = 64;

/// The largest value of a record, in bytes: a tenth below the largest message, to leave room for key, headers and framing.
const MAX_VALUE_BYTES: usize = 900_000;

/// The journal on Kafka.
pub struct KafkaJournal {
    options: Arc<Options>,
    share: Arc<Share>,
    // Both fields must drop before the seat: its thread waits for a receiver.
    /// Events of the consumer group.
    events: tokio::sync::Mutex<Option<mpsc::Receiver<Event>>>,
    /// Hand-overs that wait for [`Journal::release`].
    leaving: Mutex<Vec<(BTreeSet<StatePartition>, std_mpsc::Sender<()>)>>,
    /// `None` before the first restore.
    seat: Arc<Mutex<Option<Seat>>>,
    /// A commit was begun and its future was dropped, so its outcome is unknown.
    unheard: AtomicBool,
    /// The journal was restored before.
    worked: AtomicBool,
    /// The largest value of a record, from the brokers' topic settings.
    max_value: AtomicUsize,
}

/// The session and group membership of a running instance.
struct Seat {
    session: Session,
    member: Member,
    /// The outcome of a transaction is in doubt: this seat commits nothing more.
    is_over: bool,
}

fn lock(seat: &Mutex<Option<Seat>>) -> MutexGuard<'_, Option<Seat>> {
    seat.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one transaction. Once an outcome is in doubt, the seat runs no further transaction.
fn transact(
    seat: &mut Option<Seat>,
    work: impl FnOnce(&mut Session, &Member) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let Some(Seat { session, member, is_over: is_over @ false }) = seat else {
        return Err(JournalError::Reset("the journal has not been restored".into()));
    };
    let outcome = work(session, member);
    *is_over = matches!(outcome, Err(JournalError::Reset(_) | JournalError::Fatal(_)));
    outcome
}

impl KafkaJournal {
    /// Creates a journal that connects at its first [`Journal::restore`]. Returns [`JournalError::Fatal`] if the options are
    /// wrong.
    pub fn new(options: Options) -> Result<Self, JournalError> {
        client::producer(&options)?;
        client::consumer(&options)?;
        client::member(&options)?;
        Ok(Self {
            options: Arc::new(options),
            share: Arc::default(),
            seat: Arc::default(),
            events: tokio::sync::Mutex::default(),
            leaving: Mutex::default(),
            unheard: AtomicBool::new(false),
            worked: AtomicBool::new(false),
            max_value: AtomicUsize::new(MAX_VALUE_BYTES),
        })
    }

    /// Claims the assigned partitions; those revoked meanwhile are left out. A partition is owned only once its state is known.
    async fn claim(&self, partitions: &BTreeSet<StatePartition>) -> Result<Change, JournalError> {
        loop {
            let partitions = self.share.assigned(partitions);
            let (options, share, seat) = (Arc::clone(&self.options), Arc::clone(&self.share), Arc::clone(&self.seat));
            let tried = blocking(move || {
                let claimed = claim::prepare(&options, &partitions)?;
                let mut seat = lock(&seat);
                transact(&mut seat, |session, member| session.claim(&claimed.ends, member))?;
                if share.assigned(&partitions) != partitions {
                    return Err(JournalError::Disowned);
                }
                share.own(&partitions);
                Ok(Change::Assigned(partitions, claimed.state))
            })
            .await;
            match tried {
                Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                    tracing::warn!(reason, "shards cannot be taken over yet; tried again");
                }
                // Some were revoked meanwhile: tries again without them.
                Err(JournalError::Disowned) => {}
                ended => return ended,
            }
            tokio::time::sleep(CLAIM_AGAIN).await;
        }
    }

    /// Joins the group and waits for its first assignment.
    async fn join(&self) -> Result<Vec<StateEntry>, JournalError> {
        // A dead member keeps its partitions until its session expires.
        let deadline = Instant::now() + self.options.session_timeout + 2 * PATIENCE;
        let mut events = self.events.lock().await;
        let Some(heard) = events.as_mut() else { return Ok(Vec::new()) };
        loop {
            let wait = deadline.saturating_duration_since(Instant::now());
            let event = tokio::time::timeout(wait, heard.recv()).await.map_err(|_| {
                let group = self.options.group();
                JournalError::Retriable(format!(
                    "the group {group} assigns no shards: no coordinator answers, or READ on it is not granted"
                ))
            })?;
            match event {
                Some(Event::Assigned(partitions)) => match self.claim(&partitions).await? {
                    Change::Assigned(_, state) => return Ok(state),
                    _ => return Ok(Vec::new()),
                },
                // Nothing is in flight yet: dropping the sender releases them.
                Some(Event::Revoked(..) | Event::Lost(_)) => {}
                Some(Event::Replaced) => {
                    return Err(JournalError::Retriable("its place in the group was taken while it joined".into()));
                }
                None => return Err(JournalError::Reset("the group was left".into())),
            }
        }
    }

    async fn open(&self) -> Result<(), JournalError> {
        if let Some(bytes) = topics::ready(&self.options, self.worked.load(Ordering::Acquire)).await? {
            self.max_value.store(MAX_VALUE_BYTES.min(bytes / 10 * 9), Ordering::Release);
        }
        let (to_us, events) = mpsc::channel(EVENTS);
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // Dropped first: the group's thread must not wait for a receiver.
        *self.events.lock().await = None;
        let (options, share, seat) = (Arc::clone(&self.options), Arc::clone(&self.share), Arc::clone(&self.seat));
        let is_replaced = blocking(move || {
            // Waits for a commit that is still in flight.
            let left = lock(&seat).take();
            share.reset(0);
            Ok(left.is_some_and(|Seat { session, member, .. }| {
                member.is_replaced() || session.is_fenced && member.is_soon_replaced(&options)
            }))
        });
        if is_replaced.await? {
            namesake::wait_until_gone(&self.options).await?;
        }
        let (options, share, seat) = (Arc::clone(&self.options), Arc::clone(&self.share), Arc::clone(&self.seat));
        blocking(move || {
            let mut seat = lock(&seat);
            let session = Session::open(&options, Arc::clone(&share))?;
            share.reset(session.partitions(crate::record::Topic::FeedState));
            let member = Member::join(&options, share, to_us)?;
            *seat = Some(Seat { session, member, is_over: false });
            Ok(())
        })
        .await?;
        *self.events.lock().await = Some(events);
        Ok(())
    }
}

#[async_trait]
impl Journal for KafkaJournal {
    async fn restore(&self) -> Result<Vec<StateEntry>, JournalError> {
        let begun = Instant::now();
        self.open().await?;
        let opened = begun.elapsed();
        let state = self.join().await?;
        tracing::debug!(?opened, joined = ?begun.elapsed(), "the group was joined and its shards taken over");
        self.unheard.store(false, Ordering::Release);
        self.worked.store(true, Ordering::Release);
        Ok(state)
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        if self.unheard.swap(true, Ordering::AcqRel) {
            return Err(JournalError::Reset("an earlier commit was given up before its outcome was known".into()));
        }
        let (seat, group) = (Arc::clone(&self.seat), group.to_vec());
        let work = move || transact(&mut lock(&seat), |session, member| session.commit(&group, member));
        let outcome = blocking(work).await;
        self.unheard.store(false, Ordering::Release);
        outcome
    }

    fn max_value_bytes(&self) -> usize {
        let set = self.options.properties.get("message.max.bytes").and_then(|v| v.parse::<usize>().ok());
        let by_topics = self.max_value.load(Ordering::Acquire);
        set.map_or(by_topics, |bytes| by_topics.min(bytes / 10 * 9))
    }

    fn partition(&self, site: &str) -> StatePartition {
        self.share.partition(site)
    }

    fn partition_count(&self) -> usize {
        self.share.count()
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        self.share.owned()
    }

    async fn change(&self) -> Result<Change, JournalError> {
        loop {
            let event = {
                let mut events = self.events.lock().await;
                let Some(heard) = events.as_mut() else { return std::future::pending().await };
                heard.recv().await
            };
            match event {
                Some(Event::Assigned(partitions)) if partitions.is_empty() => {}
                Some(Event::Assigned(partitions)) => return self.claim(&partitions).await,
                Some(Event::Revoked(partitions, done)) => {
                    self.leaving.lock().unwrap_or_else(PoisonError::into_inner).push((partitions.clone(), done));
                    return Ok(Change::Revoked(partitions));
                }
                Some(Event::Lost(partitions)) => return Ok(Change::Lost(partitions)),
                Some(Event::Replaced) => return Err(JournalError::Reset("its place in the group was taken".into())),
                None => return Err(JournalError::Reset("the group was left".into())),
            }
        }
    }

    async fn release(&self, partitions: &BTreeSet<StatePartition>) -> Result<(), JournalError> {
        let (share, seat, gone) = (Arc::clone(&self.share), Arc::clone(&self.seat), partitions.clone());
        let released = blocking(move || {
            let mut seat = lock(&seat);
            let owned = share.disown(&gone);
            // The next owner of these partitions fences a seat that is over.
            if seat.as_ref().is_none_or(|seat| seat.is_over) {
                return Ok(());
            }
            transact(&mut seat, |session, member| session.release(&owned, member))
        })
        .await;
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).retain(|(asked, _)| !asked.is_subset(partitions));
        match released {
            Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                tracing::debug!(reason, "shards were let go of without a word; their next owner fences this instance");
                Ok(())
            }
            Err(JournalError::Disowned) => Ok(()),
            ended => ended,
        }
    }

    async fn close(&self) {
        if let Err(error) = self.release(&self.share.owned()).await {
            tracing::debug!(%error, "leaving the group");
        }
        *self.events.lock().await = None;
        let seat = Arc::clone(&self.seat);
        let _ = blocking(move || {
            *lock(&seat) = None;
            Ok(())
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(super) fn options() -> Options {
        Options {
            brokers: "localhost:9092".into(),
            prefix: "news".into(),
            instance: "1".into(),
            partitions: 3,
            replication: 0,
            retention: Duration::from_secs(3600),
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
            static_membership: true,
            properties: BTreeMap::new(),
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let mut options = options();
        options.properties.insert("sasl.password".into(), "hunter2".into());
        let shown = format!("{options:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_smaller_largest_message_bounds_the_values() {
        let mut options = options();
        options.properties.insert("message.max.bytes".into(), "100000".into());
        assert_eq!(KafkaJournal::new(options).expect("valid").max_value_bytes(), 90_000);
    }

    #[tokio::test]
    async fn nothing_is_committed_before_the_state_was_restored() {
        let journal = KafkaJournal::new(options()).expect("valid");
        assert!(matches!(journal.commit(&[]).await, Err(JournalError::Reset(_))));
    }
}
