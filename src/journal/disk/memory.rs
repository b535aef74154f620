//! A committed state in memory, for journals that keep nothing on disk, as in tests.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::{CommittedState, FeedNumbers, SCHEMA, apply};
use crate::journal::StatePartition;

/// A state of partition 0 in memory, and the connection that writes to it.
pub struct MemoryState {
    state: Arc<CommittedState>,
    writer: Mutex<(Connection, FeedNumbers)>,
}

impl MemoryState {
    /// Creates an empty state.
    pub fn new() -> rusqlite::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let path = format!("file:/state-{}?vfs=memdb", NUMBER.fetch_add(1, Ordering::Relaxed));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.execute_batch(SCHEMA)?;
        let state = Arc::new(CommittedState::open(Path::new(&path), BTreeSet::from([0])));
        Ok(Self { state, writer: Mutex::new((connection, FeedNumbers::default())) })
    }

    /// Returns the state. It lives as long as this, or as a connection to it is kept.
    pub fn committed(&self) -> Arc<CommittedState> {
        Arc::clone(&self.state)
    }

    /// Writes or removes the value of a key.
    pub fn write(&self, key: &str, value: Option<&[u8]>) -> rusqlite::Result<()> {
        self.write_in(0, key, value)
    }

    /// Writes or removes the value of a key in a partition.
    pub fn write_in(&self, partition: StatePartition, key: &str, value: Option<&[u8]>) -> rusqlite::Result<()> {
        let (connection, numbers) = &mut *self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        apply(connection, numbers, partition, None, key, value)?;
        numbers.save(connection)
    }

    /// Removes everything of a partition.
    #[cfg(test)]
    pub(crate) fn forget(&self, partition: StatePartition) {
        let (connection, numbers) = &mut *self.writer.lock().unwrap();
        super::forget_partition(connection, numbers, partition).unwrap();
    }

    /// Gives access to the connection that writes.
    #[cfg(test)]
    pub(crate) fn with_writer(&self, work: impl FnOnce(&Connection)) {
        work(&self.writer.lock().unwrap().0);
    }
}
