//! Where records are committed, exactly once, together with the daemon's own state.
//!
//! A [`Batch`] is one story (or tombstones, or a feed event) with the mark that it was seen. [`Journal::commit`]
//! makes a group of batches durable and visible in one transaction: all of it, or nothing.

pub mod avro;
pub mod kafka;
pub mod sqlite;

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

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
    /// What chooses the partition (murmur2, as Kafka's default partitioner hashes keys): the article id for articles,
    /// entities and quotes, so that they share a partition number; the feed id for the others.
    pub partition_by: String,
}

/// A change of the daemon's own state: the last value of a key stands, `None` removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The feed id, or the feed id followed by `/` and what it is about.
    pub key: String,
    /// The new value.
    pub value: Option<Vec<u8>>,
    /// What chooses the partition: the shard (the feed's registrable domain).
    pub shard: String,
}

/// What belongs together: seen in full by a reader, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records, in the order in which they are to be read.
    pub records: Vec<Record>,
    /// The state that goes with them.
    pub state: Vec<StateChange>,
}

impl Batch {
    /// About how many bytes it adds to a transaction.
    pub fn size(&self) -> usize {
        let records = self.records.iter().map(|r| {
            let headers: usize = r.headers.iter().map(|(k, v)| k.len() + v.len()).sum();
            r.key.len() + r.value.as_ref().map_or(0, Vec::len) + headers
        });
        let state = self.state.iter().map(|s| s.key.len() + s.value.as_ref().map_or(0, Vec::len));
        records.chain(state).sum()
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

/// Why a journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Nothing was committed and trying the same group again may work (broker away, disk full).
    #[error("{0}")]
    Retriable(String),
    /// A right or a secret is missing: nothing was committed, and trying again works once somebody has granted it.
    #[error("{0}")]
    Refused(String),
    /// It is not known whether the group was committed, or this instance was deposed: the state must be restored
    /// before anything else is committed.
    #[error("{0}; the state must be restored")]
    Reset(String),
    /// Some batches belong to slots that are another instance's now: nothing was committed, and without them the rest can
    /// be.
    #[error("shards of the group belong to another instance now")]
    Disowned,
    /// It can't work without a person: wrong settings, a damaged file, a second instance.
    #[error("{0}")]
    Fatal(String),
}

/// A slot holds the shards that are handed from instance to instance together: a partition of the state topic.
pub type Slot = i32;

/// A change of which slots are this instance's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// They are from now on; with their state as last committed.
    Gained(BTreeSet<Slot>, Vec<StateEntry>),
    /// They are asked back: their intake is to end, then [`Journal::release`] lets go of them.
    Leaving(BTreeSet<Slot>),
    /// They are no longer, and what was not committed of theirs cannot be.
    Lost(BTreeSet<Slot>),
}

/// One committed state value: key and value.
pub type StateEntry = (String, Vec<u8>);

/// Where records and state are committed.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The state of what is owned, as last committed. Called before the first commit and after [`JournalError::Reset`]; it
    /// fences earlier writers of the same name.
    async fn restore(&self) -> Result<Vec<StateEntry>, JournalError>;

    /// Commits the group in one transaction. When it returns `Ok` every record is durable and visible to readers of
    /// committed records, in order. Dropping the future leaves the outcome unknown.
    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError>;

    /// The largest value a record may have, in bytes.
    fn max_value_bytes(&self) -> usize;

    /// The slot of a shard.
    fn slot(&self, _shard: &str) -> Slot {
        0
    }

    /// How many slots there are.
    fn slots(&self) -> usize {
        1
    }

    /// The slots that are this instance's: all there are, where nobody shares the journal.
    fn owned(&self) -> BTreeSet<Slot> {
        BTreeSet::from([0])
    }

    /// Waits for the next change of [`Self::owned`], and takes it up. Not to be called twice at once.
    async fn change(&self) -> Result<Change, JournalError> {
        std::future::pending().await
    }

    /// Lets go of slots that are asked back, once nothing of theirs is under way.
    async fn release(&self, _slots: &BTreeSet<Slot>) -> Result<(), JournalError> {
        Ok(())
    }

    /// Lets go of everything in good order, at the end.
    async fn close(&self) {}
}

/// Reads one topic's committed records in the order of its partitions.
#[async_trait]
pub trait Reader: Send {
    /// The next record; `None` at the end when not following. While following it waits.
    async fn next(&mut self) -> Result<Option<Stored>, JournalError>;
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// With the oldest record kept.
    Start,
    /// After the newest.
    End,
}
