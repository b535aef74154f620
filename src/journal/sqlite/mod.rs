//! The embedded store: records and state in one SQLite file, so one transaction covers both.
//!
//! `log` is append-only and is read like a topic. The state has tables of its own ([`disk`]), which keep the last value of
//! each key, like a compacted topic. The file is in WAL mode with full syncs: committed data survives a power cut.

mod file;
mod headers;
mod log;
mod maintenance;
#[cfg(test)]
mod measure;
mod migrate;
mod newest;
mod options;
mod reader;
mod retention;
mod scrubber;
mod split;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::Utc;
use maintenance::Maintenance;
pub use newest::Newest;
pub use options::Options;
pub use reader::SqliteReader;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, ffi};

use self::scrubber::Scrubber;
use super::disk::{self, CommittedState, FeedNumbers};
use super::{Batch, Journal, JournalError, Reason};

/// The largest value of a record, in bytes.
const MAX_VALUE_BYTES: usize = 16 << 20;
/// What a batch adds to the write-ahead log beside its own size: its part of the pages of indexes.
const BATCH_BYTES: usize = 4 << 10;

/// Records and state in a SQLite file.
pub struct SqliteJournal {
    path: PathBuf,
    prefix: String,
    connection: Arc<Mutex<Connection>>,
    numbers: Arc<Mutex<FeedNumbers>>,
    state: Arc<CommittedState>,
    _scrubber: Scrubber,
    /// Ends before the lock is given up.
    maintenance: Maintenance,
    /// Held as long as the journal lives: one writer per file.
    _lock: File,
}

impl SqliteJournal {
    /// Opens the file, or creates it if it is missing, and prunes it by its limits while writing. Returns
    /// [`JournalError::Fatal`] if the file is damaged or in use by another instance; it is never recreated silently.
    pub fn open(options: Options, prefix: &str) -> Result<Self, JournalError> {
        let path = options.path.as_path();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                JournalError::Fatal(Reason::new(format!("{}: cannot create the folder", folder.display()), error))
            })?;
        }
        let lock = file::lock(path)?;
        let connection = file::open(path, &[log::SCHEMA, disk::SCHEMA].concat())?;
        let connection = Arc::new(Mutex::new(connection));
        let maintenance = Maintenance::start(&options, Arc::clone(&connection))
            .map_err(|error| JournalError::Fatal(file::reason(path, "cannot open the store", error)))?;
        let state = Arc::new(CommittedState::open(&options.path, BTreeSet::from([0])));
        Ok(Self {
            path: options.path,
            prefix: prefix.to_owned(),
            connection,
            numbers: Arc::default(),
            _scrubber: Scrubber::start(Arc::clone(&state)),
            state,
            maintenance,
            _lock: lock,
        })
    }
}

impl Drop for SqliteJournal {
    fn drop(&mut self) {
        self.state.close();
    }
}

/// Returns the error of a failed query: the transaction was rolled back, unless the disk itself failed half-way.
fn query_error(path: &Path, error: rusqlite::Error) -> JournalError {
    let shown = path.display();
    // A full disk may first show when the index of the write-ahead log grows.
    let is_full = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            JournalError::Fatal(file::reason(path, "", error))
        }
        Some(ErrorCode::SystemIoFailure) if is_full => {
            JournalError::Retriable(Reason::new(format!("{shown}: the disk is full"), error))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            JournalError::Retriable(Reason::new(format!("{shown}: another program is writing to the store"), error))
        }
        Some(ErrorCode::SystemIoFailure) => {
            JournalError::Reset(Reason::new(format!("{shown}: reading or writing the disk failed"), error))
        }
        _ => JournalError::Retriable(file::reason(path, "cannot write to the store", error)),
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        Ok(Arc::clone(&self.state))
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        let bytes = group.iter().map(|batch| batch.size() + BATCH_BYTES).sum::<usize>() as u64;
        let (group, numbers) = (group.to_vec(), Arc::clone(&self.numbers));
        self.blocking(move |connection, prefix| {
            let now = Utc::now().timestamp_millis();
            let mut numbers = numbers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            write(connection, &mut numbers, prefix, &group, now).inspect_err(|_| numbers.clear())
        })
        .await?;
        self.maintenance.committed(bytes);
        Ok(())
    }

    fn max_value_bytes(&self) -> usize {
        MAX_VALUE_BYTES
    }

    fn set_store_limits(&self, options: &Options) {
        self.maintenance.set_limits(options.clone());
    }
}

impl SqliteJournal {
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (connection, prefix, path) = (Arc::clone(&self.connection), self.prefix.clone(), self.path.clone());
        tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            work(&mut connection, &prefix).map_err(|error| query_error(&path, error))
        })
        .await
        .unwrap_or_else(|error| Err(JournalError::Reset(Reason::new("the store's thread ended unexpectedly", error))))
    }
}

fn write(
    connection: &mut Connection,
    numbers: &mut FeedNumbers,
    prefix: &str,
    group: &[Batch],
    now: i64,
) -> rusqlite::Result<()> {
    // Takes the write lock at once: a read snapshot that is out of date cannot be upgraded to a write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    log::append(&transaction, prefix, group, now)?;
    {
        for change in group.iter().flat_map(|batch| &batch.state) {
            disk::apply(&transaction, numbers, 0, None, &change.key, change.value.as_deref())?;
        }
        numbers.save(&transaction)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Reader, Record, StartOffset, StateChange};
    use crate::record::Topic;

    pub(super) fn at(path: &Path) -> Options {
        Options { path: path.to_owned(), ..Options::default() }
    }

    pub(super) fn batch(key: &str, value: Option<&str>) -> Batch {
        let bytes = |v: &str| v.as_bytes().to_vec();
        Batch {
            records: vec![Record {
                topic: Topic::Quotes,
                key: key.into(),
                value: value.map(bytes),
                headers: vec![("ce_id".into(), key.into())],
                partition_by: key.into(),
            }],
            state: vec![StateChange { key: key.into(), value: value.map(bytes), site: "s".into() }],
            ..Batch::default()
        }
    }

    pub(super) async fn read_all(path: &Path, topic: Topic) -> Vec<(i64, String, Option<Vec<u8>>)> {
        let mut reader = SqliteReader::open(path, "dateline", topic, StartOffset::Earliest, false).unwrap();
        let mut all = Vec::new();
        while let Some(stored) = reader.next().await.unwrap() {
            all.push((stored.offset, stored.key, stored.value));
        }
        all
    }

    #[tokio::test]
    async fn group_is_read_back_in_order_and_state_keeps_the_last_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/store.db");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        journal.commit(&[batch("a", Some("1")), batch("b", Some("2"))]).await.unwrap();
        journal.commit(&[batch("a", Some("3")), batch("b", None)]).await.unwrap();
        let keys: Vec<_> =
            read_all(&path, Topic::Quotes).await.into_iter().map(|(o, k, v)| (o, k, v.is_some())).collect();
        let want =
            [(0, "a", true), (1, "b", true), (2, "a", true), (3, "b", false)].map(|(o, k, v)| (o, k.to_owned(), v));
        assert_eq!(keys, want);
        let state = journal.restore().await.unwrap();
        assert_eq!(disk::export(&state).unwrap(), [("a".to_owned(), b"3".to_vec())]);
        assert_eq!(read_all(&path, Topic::FeedState).await.len(), 1);
        drop(journal);
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        let state = journal.restore().await.unwrap();
        assert_eq!(disk::export(&state).unwrap().len(), 1, "state survives a restart");
    }

    #[test]
    fn second_instance_is_refused_with_a_clear_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let _first = SqliteJournal::open(at(&path), "dateline").unwrap();
        let Err(JournalError::Fatal(reason)) = SqliteJournal::open(at(&path), "dateline") else {
            panic!("opened twice")
        };
        assert!(reason.to_string().contains("in use by another dateline"), "{reason}");
    }

    #[test]
    fn damaged_file_is_reported_and_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let garbage = vec![b'x'; 8192];
        std::fs::write(&path, &garbage).unwrap();
        let Err(JournalError::Fatal(reason)) = SqliteJournal::open(at(&path), "dateline") else {
            panic!("opened garbage")
        };
        assert!(reason.to_string().contains("damaged"), "{reason}");
        assert_eq!(std::fs::read(&path).unwrap(), garbage);
    }

    #[tokio::test]
    async fn failed_group_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        journal.commit(&[batch("a", Some("1"))]).await.unwrap();
        journal.connection.lock().unwrap().pragma_update(None, "max_page_count", 1).unwrap(); // the disk is full
        let full: Vec<_> = (0..200).map(|i| batch(&format!("k{i}"), Some(&"x".repeat(1000)))).collect();
        assert!(matches!(journal.commit(&full).await, Err(JournalError::Retriable(_))));
        assert_eq!(read_all(&path, Topic::Quotes).await.len(), 1);
        journal.connection.lock().unwrap().pragma_update(None, "max_page_count", 1_000_000).unwrap();
        journal.commit(&full).await.unwrap();
        assert_eq!(read_all(&path, Topic::Quotes).await.len(), 201);
    }
}
