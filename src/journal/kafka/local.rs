//! The local copy of the owned state partitions.
//!
//! The state topic is the truth. The copy is changed after each commit and holds, for each partition, a checkpoint: the
//! offset up to which it contains the topic. Rows and checkpoint are written in one SQLite transaction, so a copy that
//! was left by a killed process is old, but never wrong. An assignment catches up from the checkpoint. A copy that may
//! miss deletions is read again from the beginning: one of another cluster or topic, or one so old that the topic may
//! have dropped tombstones since. The first owner of a partition writes a random incarnation into it, which shows
//! whether the topic is still the one that was copied.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::options::KafkaSettings;
use crate::journal::disk::{self, CommittedState, FeedNumbers};
use crate::journal::{Batch, JournalError, Reason, StatePartition};

/// The version of the copy; one of another version is made again.
const VERSION: i32 = 1;
/// The most processes of one name that may use the folder, for example while one of them replaces another.
const COPIES: usize = 8;
/// A copy that is this old is read again: the topic keeps tombstones for an hour after they were compacted.
const MAX_AGE: Duration = Duration::from_secs(50 * 60);
/// How long a write waits for readers of a copy in memory.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The memory for pages in KiB, and the pages in the write-ahead log before they go to the file: usually, and while many records
/// are copied.
const USUAL: (i64, i64) = (-2_000, 1_000);
const BULK: (i64, i64) = (-128_000, 32_000);
/// The write-ahead log is cut to this size when it was larger.
const WAL_BYTES: i64 = 64 << 20;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS checkpoint(
  partition INTEGER PRIMARY KEY, cluster TEXT NOT NULL, topic TEXT NOT NULL, incarnation TEXT NOT NULL,
  place INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL);
";

/// What a partition was when it was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The id of the cluster.
    pub cluster: String,
    /// The state topic.
    pub topic: String,
    /// The partition's incarnation, and the offset at which it stands.
    pub incarnation: String,
    pub place: i64,
}

/// Up to where a partition was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub origin: Origin,
    /// The offset of the next record to copy.
    pub offset: i64,
}

/// A record of the state topic.
pub(super) struct StateRecord {
    pub partition: StatePartition,
    pub key: String,
    pub value: Option<Vec<u8>>,
    /// When the broker appended it (milliseconds since 1970, UTC); of a key in two partitions, the later value counts.
    pub time: i64,
}

/// The local copy.
pub(super) struct LocalState {
    path: PathBuf,
    writer: Mutex<(Connection, FeedNumbers)>,
    state: Arc<CommittedState>,
    /// The file is damaged and was removed: the copy must be made again.
    is_broken: AtomicBool,
    /// Held while the copy is used; `None` for a copy in memory.
    _lock: Option<File>,
}

impl LocalState {
    /// Opens the copy of this instance, or an empty one if there is none that can be read. Of several processes of the
    /// same name, each has its own. Where the folder cannot be written, the copy is kept in memory.
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, JournalError> {
        let folder = &settings.kafka.state_dir;
        if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| can_write(folder)) {
            use std::io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem};
            if matches!(error.kind(), NotADirectory | PermissionDenied | ReadOnlyFilesystem) {
                let folder = folder.display();
                tracing::warn!(%folder, %error, "local copy of the state is kept in memory; set kafka.state_dir to a folder that can be written");
                let name = format!("file:/{}-{}?vfs=memdb", settings.transactional_id(), uuid::Uuid::new_v4().simple());
                return Self::open_at(PathBuf::from(name), None);
            }
        }
        let failed = |what: &str, error: std::io::Error| {
            JournalError::Retriable(Reason::new(format!("{}: {what}", folder.display()), error))
        };
        std::fs::create_dir_all(folder).map_err(|error| failed("cannot create the folder", error))?;
        for number in 1..=COPIES {
            let suffix = if number == 1 { String::new() } else { format!(".{number}") };
            let path = folder.join(format!("{}{suffix}.state.db", settings.transactional_id()));
            let lock =
                File::create(path.with_extension("db.lock")).map_err(|error| failed("cannot lock the state", error))?;
            match lock.try_lock() {
                Ok(()) => return Self::open_at(path, Some(lock)),
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => return Err(failed("cannot lock the state", error)),
            }
        }
        let (folder, name) = (folder.display(), settings.transactional_id());
        Err(JournalError::retriable(format!(
            "{folder}: {COPIES} processes named {name} use this folder; stop all but one"
        )))
    }

    fn open_at(path: PathBuf, lock: Option<File>) -> Result<Self, JournalError> {
        let connection = connect(&path).or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "local copy of the state cannot be used; making it again");
            remove(&path);
            connect(&path)
        });
        let connection = connection.map_err(|error| local_error(&path, error))?;
        let state = Arc::new(CommittedState::open(&path, BTreeSet::new()));
        let (writer, is_broken) = (Mutex::new((connection, FeedNumbers::default())), AtomicBool::new(false));
        Ok(Self { path, writer, state, is_broken, _lock: lock })
    }

    fn writer(&self) -> MutexGuard<'_, (Connection, FeedNumbers)> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the state of the owned partitions.
    pub(super) fn state(&self) -> &Arc<CommittedState> {
        &self.state
    }

    /// Returns up to where a partition was copied; `None` if it must be read from the beginning.
    pub(super) fn checkpoint(&self, partition: StatePartition) -> Result<Option<Checkpoint>, JournalError> {
        let oldest = Utc::now().timestamp_millis() - MAX_AGE.as_millis() as i64;
        let found = self.writer().0.query_row(
            "SELECT cluster, topic, incarnation, place, offset FROM checkpoint WHERE partition = ?1 AND time > ?2",
            params![partition, oldest],
            |row| {
                let (cluster, topic) = (row.get(0)?, row.get(1)?);
                let origin = Origin { cluster, topic, incarnation: row.get(2)?, place: row.get(3)? };
                Ok(Checkpoint { origin, offset: row.get(4)? })
            },
        );
        found.optional().map_err(|error| self.failed(error))
    }

    /// Forgets the copy of a partition, which will be read from the beginning.
    pub(super) fn forget(&self, partition: StatePartition) -> Result<(), JournalError> {
        self.transact(|connection, numbers| {
            connection.execute("DELETE FROM checkpoint WHERE partition = ?1", [partition])?;
            disk::forget_partition(connection, numbers, partition)
        })
    }

    /// Takes memory for many records, until the guard is dropped.
    pub(super) fn begin_bulk(&self) -> Result<Bulk<'_>, JournalError> {
        self.set_room(BULK)?;
        Ok(Bulk(self))
    }

    fn set_room(&self, (cache, log): (i64, i64)) -> Result<(), JournalError> {
        let connection = &self.writer().0;
        let set = connection.pragma_update(None, "cache_size", cache);
        let set = set.and_then(|()| connection.pragma_update(None, "wal_autocheckpoint", log));
        set.and_then(|()| connection.release_memory()).map_err(|error| self.failed(error))
    }

    /// Copies records. Their checkpoint follows with [`LocalState::reach`].
    pub(super) fn copy(&self, mut records: Vec<StateRecord>) -> Result<(), JournalError> {
        // In the order of their rows, which saves most of the reading and writing. Records of one article keep their order,
        // whichever feed they are of.
        records.sort_by(|a, b| last_part(&a.key).cmp(last_part(&b.key)));
        self.transact(|connection, numbers| {
            for StateRecord { partition, key, value, time } in &records {
                disk::apply(connection, numbers, *partition, Some(*time), key, value.as_deref())?;
            }
            Ok(())
        })
    }

    /// Notes that these partitions are copied up to their checkpoints.
    pub(super) fn reach(&self, checkpoints: &BTreeMap<StatePartition, Checkpoint>) -> Result<(), JournalError> {
        let now = Utc::now().timestamp_millis();
        self.transact(|connection, _| {
            for (partition, Checkpoint { origin, offset }) in checkpoints {
                let Origin { cluster, topic, incarnation, place } = origin;
                connection
                    .prepare_cached("INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                    .execute(params![partition, cluster, topic, incarnation, place, offset, now])?;
            }
            Ok(())
        })
    }

    /// Applies what was committed, up to these offsets.
    pub(super) fn commit(
        &self,
        group: &[Batch],
        partition_of: impl Fn(&str) -> StatePartition,
        ends: &BTreeMap<StatePartition, i64>,
    ) -> Result<(), JournalError> {
        let now = Utc::now().timestamp_millis();
        self.transact(|connection, numbers| {
            for change in group.iter().flat_map(|batch| &batch.state) {
                let partition = partition_of(&change.site);
                disk::apply(connection, numbers, partition, Some(now), &change.key, change.value.as_deref())?;
            }
            for (partition, end) in ends {
                connection
                    .prepare_cached("UPDATE checkpoint SET offset = ?2, time = ?3 WHERE partition = ?1")?
                    .execute(params![partition, end, now])?;
            }
            Ok(())
        })
    }

    fn transact(
        &self,
        work: impl FnOnce(&Connection, &mut FeedNumbers) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        let (connection, numbers) = &mut *self.writer();
        let transacted = (|| {
            let transaction = connection.transaction()?;
            work(&transaction, numbers)?;
            transaction.commit()
        })();
        transacted.map_err(|error| {
            numbers.clear();
            self.failed(error)
        })
    }

    /// Returns the error of the copy: nothing was lost, and the copy catches up at the next restore, or is made again.
    fn failed(&self, error: rusqlite::Error) -> JournalError {
        if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) {
            self.discard();
        }
        local_error(&self.path, error)
    }

    /// Removes the copy, because it is damaged.
    pub(super) fn discard(&self) {
        tracing::warn!(path = %self.path.display(), "local copy of the state is damaged; making it again");
        self.is_broken.store(true, Ordering::Release);
        self.state.close();
        remove(&self.path);
    }

    /// Returns whether the copy was removed.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }
}

/// While it is held, many records are copied.
pub(super) struct Bulk<'a>(&'a LocalState);

impl Drop for Bulk<'_> {
    fn drop(&mut self) {
        // A failure shows at the next write.
        let _ = self.0.set_room(USUAL);
    }
}

/// Returns what the key of an article or an entry ends with: its id, without its feed.
fn last_part(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Checks that a file can be made in the folder.
fn can_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".dateline-{}", std::process::id()));
    File::create(&probe)?;
    std::fs::remove_file(&probe)
}

impl Drop for LocalState {
    fn drop(&mut self) {
        self.state.close();
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A crash of the machine may lose the last changes, never half of one; the topic has them.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    disk::keep_statements(&connection)?;
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let is_new = version == 0 && !connection.table_exists(None, "checkpoint")?;
    if !is_new && version != VERSION {
        return Err(rusqlite::Error::InvalidQuery);
    }
    connection.execute_batch(disk::SCHEMA)?;
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    Ok(connection)
}

/// Removes the copy with the files beside it.
fn remove(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        // What cannot be removed shows when the copy is opened.
        let _ = std::fs::remove_file(&name);
    }
}

fn local_error(path: &Path, error: rusqlite::Error) -> JournalError {
    JournalError::Reset(Reason::new(format!("{}: writing the local copy of the state failed", path.display()), error))
}
