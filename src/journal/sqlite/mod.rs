//! The embedded store: records and state in one SQLite file, so one transaction covers both.
//!
//! `log` is append-only and is read like a topic. The state has tables of its own ([`disk`]), which keep the last value of
//! each key, like a compacted topic. The file is in WAL mode with full syncs: committed data survives a power cut.

mod file;
mod newest;
mod options;
mod retention;
mod scrubber;

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
pub use newest::Newest;
pub use options::Options;
use retention::Pruner;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, ffi, params};

use self::scrubber::Scrubber;
use super::disk::{self, Changes, CommittedState, Exported, FeedNumbers};
use super::{Batch, Journal, JournalError, Reader, Reason, StartOffset, Stored};
use crate::record::Topic;

/// The file's `user_version`; a file with another number is left untouched.
const SCHEMA_VERSION: i32 = 2;
/// The largest value of a record, in bytes.
const MAX_VALUE_BYTES: usize = 16 << 20;
/// How often a following reader polls for new records.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

const SCHEMA: &str = "
CREATE TABLE log(
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB, headers TEXT NOT NULL, time INTEGER NOT NULL);
CREATE UNIQUE INDEX log_place ON log(topic, partition, offset);
";

/// Records and state in a SQLite file.
pub struct SqliteJournal {
    path: PathBuf,
    prefix: String,
    connection: Arc<Mutex<Connection>>,
    numbers: Arc<Mutex<FeedNumbers>>,
    pruner: Arc<Mutex<Pruner>>,
    state: Arc<CommittedState>,
    _scrubber: Scrubber,
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
        let connection = file::open(path, &[SCHEMA, disk::SCHEMA].concat(), SCHEMA_VERSION)?;
        let state = Arc::new(CommittedState::open(path, BTreeSet::from([0])));
        Ok(Self {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
            numbers: Arc::default(),
            _scrubber: Scrubber::start(Arc::clone(&state)),
            state,
            pruner: Arc::new(Mutex::new(Pruner::new(options))),
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
        let (group, pruner, numbers) = (group.to_vec(), Arc::clone(&self.pruner), Arc::clone(&self.numbers));
        self.blocking(move |connection, prefix| {
            let now = Utc::now().timestamp_millis();
            let mut numbers = numbers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            write(connection, &mut numbers, prefix, &group, now).inspect_err(|_| numbers.clear())?;
            pruner.lock().unwrap_or_else(std::sync::PoisonError::into_inner).prune_if_due(connection, prefix, now);
            Ok(())
        })
        .await
    }

    fn max_value_bytes(&self) -> usize {
        MAX_VALUE_BYTES
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
    {
        // With the partition given, SQLite reads only the last entry of the index.
        let mut next = transaction
            .prepare_cached("SELECT coalesce(max(offset) + 1, 0) FROM log WHERE topic = ?1 AND partition = 0")?;
        let mut append = transaction.prepare_cached(
            "INSERT INTO log(topic, partition, offset, key, value, headers, time) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for batch in group {
            for record in &batch.records {
                let topic = record.topic.name(prefix);
                let offset: i64 = next.query_row([&topic], |row| row.get(0))?;
                let headers = serde_json::to_string(&record.headers).expect("strings are always JSON");
                append.execute(params![topic, offset, record.key, record.value, headers, now])?;
            }
            for change in &batch.state {
                disk::apply(&transaction, numbers, 0, None, &change.key, change.value.as_deref())?;
            }
        }
        numbers.save(&transaction)?;
    }
    transaction.commit()
}

/// Reads one topic of a store, even while a daemon writes to it.
pub struct SqliteReader {
    connection: Connection,
    path: PathBuf,
    topic: Topic,
    name: String,
    /// The position of the last record that was read.
    position: i64,
    /// Reads the state, and what was read of it but not yet returned.
    state: Option<(Changes, VecDeque<Exported>)>,
    follow: bool,
}

impl SqliteReader {
    /// Opens the file read-only.
    pub fn open(
        path: &Path,
        prefix: &str,
        topic: Topic,
        from: StartOffset,
        follow: bool,
    ) -> Result<Self, JournalError> {
        if !path.exists() {
            return Err(JournalError::fatal(format!(
                "{}: the store does not exist; `dateline run` creates it",
                path.display()
            )));
        }
        let failed = |error| JournalError::Fatal(file::reason(path, "cannot read the store", error));
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(failed)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
        let (path, name) = (path.to_owned(), topic.name(prefix));
        let mut reader = Self { connection, path, topic, name, position: -1, state: None, follow };
        reader.start(from).map_err(|error| reader.failure(error))?;
        Ok(reader)
    }

    fn failure(&self, error: rusqlite::Error) -> JournalError {
        JournalError::Fatal(file::reason(&self.path, &format!("cannot read {}", self.name), error))
    }

    fn start(&mut self, from: StartOffset) -> rusqlite::Result<()> {
        if self.topic == Topic::FeedState {
            let changes = Changes::new(&self.connection, from == StartOffset::Earliest)?;
            self.state = Some((changes, VecDeque::new()));
        } else if from == StartOffset::Latest {
            let sql = "SELECT coalesce(max(offset), -1) FROM log WHERE topic = ?1 AND partition = 0";
            self.position = self.connection.query_row(sql, [&self.name], |row| row.get(0))?;
        }
        Ok(())
    }

    /// Returns the next value of the state. While following, changes of feeds are seen, not those of entries and
    /// articles.
    fn read_state(
        connection: &Connection,
        name: &str,
        (changes, read): &mut (Changes, VecDeque<Exported>),
    ) -> rusqlite::Result<Option<Stored>> {
        if read.is_empty() {
            read.extend(changes.next(connection)?);
        }
        Ok(read.pop_front().map(|Exported { seq, key, value, .. }| Stored {
            topic: name.to_owned(),
            partition: 0,
            offset: seq,
            time: DateTime::UNIX_EPOCH,
            key,
            value: Some(value),
            headers: Vec::new(),
        }))
    }

    fn read(&mut self) -> rusqlite::Result<Option<Stored>> {
        if let Some(state) = &mut self.state {
            return Self::read_state(&self.connection, &self.name, state);
        }
        let sql = "SELECT offset, key, value, headers, time FROM log
             WHERE topic = ?1 AND partition = 0 AND offset > ?2 ORDER BY offset LIMIT 1";
        let mut query = self.connection.prepare_cached(sql)?;
        let found = query
            .query_row(params![self.name, self.position], |row| {
                let headers: String = row.get(3)?;
                Ok(Stored {
                    topic: self.name.clone(),
                    partition: 0,
                    offset: row.get(0)?,
                    time: DateTime::from_timestamp_millis(row.get(4)?).unwrap_or_default(),
                    key: row.get(1)?,
                    value: row.get(2)?,
                    headers: serde_json::from_str(&headers).unwrap_or_default(),
                })
            })
            .optional()?;
        drop(query);
        if let Some(stored) = &found {
            self.position = stored.offset;
        }
        Ok(found)
    }
}

#[async_trait]
impl Reader for SqliteReader {
    async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        loop {
            // A point query on an index is short enough for an async thread.
            let found = self.read().map_err(|error| self.failure(error))?;
            if found.is_some() || !self.follow {
                return Ok(found);
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Record, StateChange};

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
