//! Commits records exactly once, together with the daemon's own state.
//!
//! A [`Batch`] is one article (or tombstones, or a feed event) with the mark that it was seen. [`Journal::commit`]
//! makes a group of batches durable and visible in one transaction: all of the group, or nothing.

pub mod avro;
pub mod disk;
mod error;
pub mod kafka;
mod key;
mod options;
mod route;
pub mod sqlite;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::disk::{CommittedState, DiskError};
pub use self::error::{JournalError, Reason};
pub use self::key::Key;
pub use self::options::{TopicOptions, ValueFormat};
pub use self::route::TopicRoute;
use crate::record::{Header, Topic};

/// A record to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: Topic,
    /// The record's key.
    pub key: String,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<Header>,
    /// The partitioning key (murmur2, as in Kafka's default partitioner): the article id for articles, entities and
    /// quotes, which therefore share a partition number; the feed id for the others.
    pub partition_by: String,
}

/// A change of the daemon's own state: the last value of a key wins, `None` removes the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The feed id, optionally followed by `/` and the kind of state.
    pub key: String,
    /// The new value.
    pub value: Option<Vec<u8>>,
    /// The partitioning key: the feed's registrable domain.
    pub site: String,
}

/// A message to the instance that owns a site: a message of the internal topic `handoff`, which is partitioned as the
/// state topic is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// The site: the key of the message.
    pub site: String,
    /// What is handed over.
    pub value: Vec<u8>,
}

/// A message that was handed over to an owned partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Where it stands.
    pub place: HandoffPlace,
    /// The message.
    pub handoff: Handoff,
}

/// The place of a message that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandoffPlace {
    /// The partition.
    pub partition: StatePartition,
    /// The offset.
    pub offset: i64,
}

/// The sketch of an article, for the instances that do not own it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSketch {
    /// The article.
    pub article: Uuid,
    /// When it was first seen, and the sketch; `None` if the article was withdrawn.
    pub value: Option<Vec<u8>>,
}

/// Records and state that belong together: a reader sees all of them, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records, in the order in which consumers read them.
    pub records: Vec<Record>,
    /// The prefixes of further topics in which the records of the article are published too.
    pub routes: Vec<Arc<str>>,
    /// The state changes that belong to the records.
    pub state: Vec<StateChange>,
    /// What is handed over to the owners of other sites.
    pub handoffs: Vec<Handoff>,
    /// Sketches for all other instances.
    pub sketches: Vec<SharedSketch>,
    /// The message that this batch is the result of: it is not received again.
    pub consumed: Option<HandoffPlace>,
}

impl Batch {
    /// Returns each record with the prefixes of the further topics in which it is published.
    pub fn routed(&self) -> impl Iterator<Item = (&Record, &[Arc<str>])> {
        let routes = |record: &Record| if record.topic.is_of_articles() { self.routes.as_slice() } else { &[] };
        self.records.iter().map(move |record| (record, routes(record)))
    }

    /// Returns how many records the batch adds to the topics.
    pub fn record_count(&self) -> usize {
        self.routed().map(|(_, routes)| 1 + routes.len()).sum()
    }

    /// Estimates how many bytes the batch adds to a transaction.
    pub fn size(&self) -> usize {
        let records = self.routed().map(|(r, routes)| {
            let headers: usize = r.headers.iter().map(|(k, v)| k.len() + v.len()).sum();
            (1 + routes.len()) * (r.key.len() + r.value.as_ref().map_or(0, Vec::len) + headers)
        });
        let state = self.state.iter().map(|s| s.key.len() + s.value.as_ref().map_or(0, Vec::len));
        let handoffs = self.handoffs.iter().map(|handoff| handoff.site.len() + handoff.value.len());
        let sketches = self.sketches.iter().map(|sketch| 16 + sketch.value.as_ref().map_or(0, Vec::len));
        records.chain(state).chain(handoffs).chain(sketches).sum()
    }
}

/// A committed record as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Full topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// When it was committed (UTC).
    pub time: DateTime<Utc>,
    /// Key.
    pub key: String,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<Header>,
}

/// A partition of the state topic. Instances hand over feeds by partition.
pub type StatePartition = i32;

/// A change of the partitions that this instance owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These partitions are owned from now on, and their last committed state can be read.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are being revoked: their intake must end before [`Journal::release`] gives them up.
    Revoked(BTreeSet<StatePartition>),
    /// These partitions are lost: their uncommitted work can no longer be committed.
    Lost(BTreeSet<StatePartition>),
}

/// Where records and state are committed.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Returns the committed state of the owned partitions, which follows every commit and every change of the
    /// assignment. Called before the first commit and after [`JournalError::Reset`]; fences earlier writers of the same
    /// name.
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError>;

    /// Commits the group in one transaction. After `Ok` every record is durable and visible to readers of
    /// committed records, in order. Dropping the future leaves the outcome unknown.
    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError>;

    /// The largest value a record may have, in bytes.
    fn max_value_bytes(&self) -> usize;

    /// Returns the partition of a site.
    fn partition(&self, _site: &str) -> StatePartition {
        0
    }

    /// Returns the number of partitions.
    fn partition_count(&self) -> usize {
        1
    }

    /// Returns the partitions that this instance owns: all of them where the journal is not shared.
    fn owned(&self) -> BTreeSet<StatePartition> {
        BTreeSet::from([0])
    }

    /// Waits for the next change of [`Self::owned`] and applies it. Must not be called concurrently.
    async fn change(&self) -> Result<Change, JournalError> {
        std::future::pending().await
    }

    /// Gives up revoked partitions once none of their work is in flight.
    async fn release(&self, _partitions: &BTreeSet<StatePartition>) -> Result<(), JournalError> {
        Ok(())
    }

    /// Returns whether other instances may own partitions, so that work for their sites must be handed over.
    fn is_shared(&self) -> bool {
        false
    }

    /// Waits for the next message that was handed over to an owned partition. Every message is received again after a
    /// restore, or by the next owner, until a batch that consumes it is committed. Must not be called concurrently.
    async fn receive(&self) -> Result<Received, JournalError> {
        std::future::pending().await
    }

    /// Waits for the next sketch that an instance shared, this one included; those of the window in which texts are
    /// compared come first. Must not be called concurrently.
    async fn shared_sketch(&self) -> Result<SharedSketch, JournalError> {
        std::future::pending().await
    }

    /// Makes the topics of these routes ready for commits.
    async fn prepare_routes(&self, _routes: &[TopicRoute]) -> Result<(), JournalError> {
        Ok(())
    }

    /// Changes the limits of age and size of an embedded store.
    fn set_store_limits(&self, _options: &sqlite::Options) {}

    /// Returns how to go on after the committed state could not be read.
    fn unreadable(&self, error: &DiskError) -> JournalError {
        JournalError::fatal(format!(
            "{error:#}; restore the store from a backup, or move it away to start with an empty one"
        ))
    }

    /// Leaves cleanly at shutdown.
    async fn close(&self) {}
}

/// Reads one topic's committed records in the order of its partitions.
#[async_trait]
pub trait Reader: Send {
    /// Returns the next record; `None` at the end when not following. Waits for records when following.
    async fn next(&mut self) -> Result<Option<Stored>, JournalError>;
}

/// Where a reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOffset {
    /// At the oldest record kept.
    Earliest,
    /// After the newest record.
    Latest,
}
