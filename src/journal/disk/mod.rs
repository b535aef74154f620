//! The committed state in a SQLite file: the embedded store's own state, and beside Kafka a copy of the partitions of
//! the state topic that this instance owns.
//!
//! The state topic holds one JSON value for each key. Here a value is a row: feeds, entries, articles and what is
//! remembered of recent articles have a table each, with hashes and ids as numbers, so an entry takes a third of its
//! JSON. Fields that have no column stay JSON, in `more`; values of other keys, and those that do not fit their table,
//! stay as they are, in `other`. Each row carries a checksum that is verified when the row is read.

mod apply;
mod export;
mod memory;
mod migrate;
mod read;
mod rows;
mod scrub;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub use self::apply::{FeedNumbers, apply, forget_partition};
pub use self::export::{Changes, Exported, export};
pub use self::memory::MemoryState;
pub use self::migrate::migrate;
pub use self::read::{RecentRow, StoredFeed};
pub use self::rows::{ArticleRow, EntryRow};
pub use self::scrub::{PAUSE as SCRUB_PAUSE, ScrubPlace, scrub};
use super::StatePartition;

/// The tables of the state.
pub const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS feed(
  no INTEGER PRIMARY KEY, partition INTEGER NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, state BLOB, sum INTEGER,
  UNIQUE(id, partition));
CREATE INDEX IF NOT EXISTS feed_seq ON feed(seq);
CREATE TABLE IF NOT EXISTS entry(
  feed INTEGER NOT NULL, key BLOB NOT NULL, seq INTEGER NOT NULL, form INTEGER NOT NULL, guid INTEGER, link INTEGER,
  title INTEGER, text INTEGER, published INTEGER, article BLOB, seen INTEGER NOT NULL, more TEXT, sum INTEGER NOT NULL,
  PRIMARY KEY(feed, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS article(
  id BLOB NOT NULL, partition INTEGER NOT NULL, feed INTEGER NOT NULL, seq INTEGER NOT NULL, hash INTEGER NOT NULL,
  revision INTEGER NOT NULL, first_seen INTEGER NOT NULL, reading INTEGER, shown INTEGER, more TEXT,
  sum INTEGER NOT NULL, PRIMARY KEY(id, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recent(
  id BLOB NOT NULL, partition INTEGER NOT NULL, feed INTEGER NOT NULL, seq INTEGER NOT NULL,
  first_seen INTEGER NOT NULL, inline INTEGER NOT NULL, sketch BLOB, last BLOB, sum INTEGER NOT NULL,
  PRIMARY KEY(id, partition));
CREATE TABLE IF NOT EXISTS revisit(
  id BLOB NOT NULL, partition INTEGER NOT NULL, feed INTEGER NOT NULL, seq INTEGER NOT NULL, due INTEGER NOT NULL,
  visit TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(id, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS other(
  key TEXT NOT NULL, partition INTEGER NOT NULL, feed INTEGER, seq INTEGER NOT NULL, value BLOB NOT NULL,
  sum INTEGER NOT NULL, PRIMARY KEY(key, partition)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS other_feed ON other(feed);
CREATE TABLE IF NOT EXISTS state_meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// How long a read waits for another process that holds the file exclusively.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections that are kept for further reads.
const IDLE_CONNECTIONS: usize = 4;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 64;

/// An error of reading the committed state.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// SQLite failed.
    #[error("{path}: cannot read the state", path = path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// A row is not what was written.
    #[error("{path}: the state is damaged: {row} does not match its checksum", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The row, in words.
        row: String,
    },
}

/// Reads the committed state of the owned partitions, from any thread. What was committed before a read began is in it.
#[derive(Debug)]
pub struct CommittedState {
    path: PathBuf,
    flags: OpenFlags,
    idle: Mutex<Vec<Connection>>,
    /// Whether connections are closed after use.
    is_closed: AtomicBool,
    /// The partitions whose rows count; the file may hold rows of others.
    partitions: RwLock<BTreeSet<StatePartition>>,
}

impl CommittedState {
    /// Opens the file for reading; its tables must exist.
    pub fn open(path: &Path, partitions: BTreeSet<StatePartition>) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        Self {
            path: path.to_owned(),
            flags,
            idle: Mutex::default(),
            is_closed: AtomicBool::new(false),
            partitions: RwLock::new(partitions),
        }
    }

    /// Returns the partitions whose state is read.
    pub fn partitions(&self) -> BTreeSet<StatePartition> {
        self.partitions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes the connections, so that the last writer can move its log into the file. Later reads open their own.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.idle().clear();
    }

    /// Adds partitions whose state is complete now.
    pub fn add(&self, partitions: &BTreeSet<StatePartition>) {
        self.partitions.write().unwrap_or_else(PoisonError::into_inner).extend(partitions);
    }

    /// Removes partitions: their rows no longer count.
    pub fn remove(&self, partitions: &BTreeSet<StatePartition>) {
        self.partitions.write().unwrap_or_else(PoisonError::into_inner).retain(|known| !partitions.contains(known));
    }

    fn has(&self, partition: StatePartition) -> bool {
        self.partitions.read().unwrap_or_else(PoisonError::into_inner).contains(&partition)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs queries on a connection of their own.
    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, ReadError>) -> Result<T, DiskError> {
        let connection = self.idle().pop();
        let opened = connection.map_or_else(|| self.connect(), Ok);
        let outcome = opened.map_err(ReadError::from).and_then(|connection| {
            let outcome = read(&connection);
            let mut idle = self.idle();
            if outcome.is_ok() && idle.len() < IDLE_CONNECTIONS && !self.is_closed.load(Ordering::Acquire) {
                idle.push(connection);
            }
            outcome
        });
        outcome.map_err(|error| match error {
            ReadError::Sqlite(source) => DiskError::Sqlite { path: self.path.clone(), source },
            ReadError::Damaged(row) => DiskError::Damaged { path: self.path.clone(), row },
        })
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, self.flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        keep_statements(&connection)?;
        Ok(connection)
    }
}

/// Lets a connection keep its prepared statements. Without the second setting, SQLite prepares many of them again whenever a value
/// is bound, in case the value suggests another plan; it never does, because no statistics are collected.
pub fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Why a read failed, before the file is named.
enum ReadError {
    Sqlite(rusqlite::Error),
    Damaged(String),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
