//! The embedded store: records and state in one SQLite file, so one transaction covers both.
//!
//! `log` is append-only and is read like a topic. `state` keeps the last value of each key and renumbers it at each write,
//! like a compacted topic. The file is in WAL mode with full syncs: committed data survives a power cut.

mod file;
mod newest;
mod retention;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
pub use newest::Newest;
use retention::Pruner;
pub use retention::Retention;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, ffi, params};

use super::{Batch, From, Journal, JournalError, Reader, StateEntry, Stored};
use crate::record::Topic;

/// The file's `user_version`; a file with another number is left untouched.
const SCHEMA_VERSION: i32 = 1;
/// The largest value of a record, in bytes.
const MAX_VALUE_BYTES: usize = 16 << 20;
/// How often a following reader polls for new records.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

const SCHEMA: &str = "
CREATE TABLE log(
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB, headers TEXT NOT NULL, time INTEGER NOT NULL);
CREATE UNIQUE INDEX log_place ON log(topic, partition, offset);
CREATE TABLE state(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL, time INTEGER NOT NULL);
";

/// Records and state in a SQLite file.
pub struct SqliteJournal {
    path: PathBuf,
    prefix: String,
    connection: Arc<Mutex<Connection>>,
    pruner: Arc<Mutex<Pruner>>,
    /// Held as long as the journal lives: one writer per file.
    _lock: File,
}

impl SqliteJournal {
    /// Opens the file, or creates it if it is missing, and prunes it by `retention` while writing. A file that is damaged or
    /// that another instance holds is a [`JournalError::Fatal`]; it is never recreated silently.
    pub fn open(path: &Path, prefix: &str, retention: Retention) -> Result<Self, JournalError> {
        let fatal = |error: &dyn std::fmt::Display| JournalError::Fatal(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| fatal(&error))?;
        }
        let lock = file::lock(path)?;
        let connection = file::open(path, SCHEMA, SCHEMA_VERSION)?;
        Ok(Self {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
            pruner: Arc::new(Mutex::new(Pruner::new(retention))),
            _lock: lock,
        })
    }
}

/// Returns the error of a failed commit: the transaction was rolled back, unless the disk itself failed half-way.
fn commit_error(path: &Path, error: &rusqlite::Error) -> JournalError {
    let path = path.display();
    // A full disk may first show when the index of the write-ahead log grows.
    let no_room = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            JournalError::Fatal(format!("{path}: {}", file::damaged(error)))
        }
        Some(ErrorCode::DiskFull) => JournalError::Retriable(format!("{path}: the disk is full")),
        Some(ErrorCode::SystemIoFailure) if no_room => JournalError::Retriable(format!("{path}: the disk is full")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            JournalError::Retriable(format!("{path}: another program is writing into the store"))
        }
        Some(ErrorCode::SystemIoFailure) => JournalError::Reset(format!("{path}: the disk failed: {error}")),
        _ => JournalError::Retriable(format!("{path}: the store took nothing: {error}")),
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn restore(&self) -> Result<Vec<StateEntry>, JournalError> {
        self.blocking(|connection, _| {
            let mut rows = connection.prepare("SELECT key, value FROM state ORDER BY id")?;
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .await
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        let (group, pruner) = (group.to_vec(), Arc::clone(&self.pruner));
        self.blocking(move |connection, prefix| {
            let now = Utc::now().timestamp_millis();
            write(connection, prefix, &group, now)?;
            pruner.lock().unwrap_or_else(std::sync::PoisonError::into_inner).work(connection, prefix, now);
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
            work(&mut connection, &prefix).map_err(|error| commit_error(&path, &error))
        })
        .await
        .unwrap_or_else(|error| Err(JournalError::Reset(format!("the store's writer ended early: {error}"))))
    }
}

fn write(connection: &mut Connection, prefix: &str, group: &[Batch], now: i64) -> rusqlite::Result<()> {
    // Takes the write lock at once: a read snapshot that is out of date cannot be upgraded to a write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        // With the partition given, SQLite reads only the last entry of the index.
        let mut next = transaction
            .prepare_cached("SELECT coalesce(max(offset) + 1, 0) FROM log WHERE topic = ?1 AND partition = 0")?;
        let mut append = transaction.prepare_cached(
            "INSERT INTO log(topic, partition, offset, key, value, headers, time) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut set =
            transaction.prepare_cached("INSERT OR REPLACE INTO state(key, value, time) VALUES (?1, ?2, ?3)")?;
        let mut unset = transaction.prepare_cached("DELETE FROM state WHERE key = ?1")?;
        for batch in group {
            for record in &batch.records {
                let topic = record.topic.name(prefix);
                let offset: i64 = next.query_row([&topic], |row| row.get(0))?;
                let headers = serde_json::to_string(&record.headers).expect("strings are always JSON");
                append.execute(params![topic, offset, record.key, record.value, headers, now])?;
            }
            for change in &batch.state {
                match &change.value {
                    Some(value) => set.execute(params![change.key, value, now])?,
                    None => unset.execute([&change.key])?,
                };
            }
        }
    }
    transaction.commit()
}

/// Reads one topic of a store, even while a daemon writes to it.
pub struct SqliteReader {
    connection: Connection,
    topic: Topic,
    name: String,
    /// The position of the last record that was read.
    place: i64,
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
        let fatal = |error: &dyn std::fmt::Display| JournalError::Fatal(format!("{}: {error}", path.display()));
        if !path.exists() {
            return Err(fatal(&"no such store yet; `dateline run` makes it"));
        }
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(|error| fatal(&error))?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(|error| fatal(&error))?;
        let mut reader = Self { connection, topic, name: topic.name(prefix), place: -1, follow };
        if from == StartOffset::Latest {
            reader.place = reader.last().map_err(|error| fatal(&file::told(&error)))?;
        }
        Ok(reader)
    }

    fn last(&self) -> rusqlite::Result<i64> {
        if self.topic == Topic::FeedState {
            self.connection.query_row("SELECT coalesce(max(id), -1) FROM state", [], |row| row.get(0))
        } else {
            let sql = "SELECT coalesce(max(offset), -1) FROM log WHERE topic = ?1 AND partition = 0";
            self.connection.query_row(sql, [&self.name], |row| row.get(0))
        }
    }

    fn read(&mut self) -> rusqlite::Result<Option<Stored>> {
        let sql = if self.topic == Topic::FeedState {
            "SELECT id, key, value, '[]', time FROM state WHERE ?1 <> '' AND id > ?2 ORDER BY id LIMIT 1"
        } else {
            "SELECT offset, key, value, headers, time FROM log
             WHERE topic = ?1 AND partition = 0 AND offset > ?2 ORDER BY offset LIMIT 1"
        };
        let mut query = self.connection.prepare_cached(sql)?;
        let found = query
            .query_row(params![self.name, self.place], |row| {
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
            self.place = stored.offset;
        }
        Ok(found)
    }
}

#[async_trait]
impl Reader for SqliteReader {
    async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        loop {
            // A point query on an index is short enough for an async thread.
            let found =
                self.read().map_err(|error| JournalError::Fatal(format!("{}: {}", self.name, file::told(&error))))?;
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
    async fn a_group_is_read_back_in_order_and_state_keeps_the_last_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/store.db");
        let journal = SqliteJournal::open(&path, "dateline", Retention::default()).unwrap();
        journal.commit(&[batch("a", Some("1")), batch("b", Some("2"))]).await.unwrap();
        journal.commit(&[batch("a", Some("3")), batch("b", None)]).await.unwrap();
        let keys: Vec<_> =
            read_all(&path, Topic::Quotes).await.into_iter().map(|(o, k, v)| (o, k, v.is_some())).collect();
        let want =
            [(0, "a", true), (1, "b", true), (2, "a", true), (3, "b", false)].map(|(o, k, v)| (o, k.to_owned(), v));
        assert_eq!(keys, want);
        assert_eq!(journal.restore().await.unwrap(), [("a".to_owned(), b"3".to_vec())]);
        assert_eq!(read_all(&path, Topic::FeedState).await.len(), 1);
        drop(journal);
        let journal = SqliteJournal::open(&path, "dateline", Retention::default()).unwrap();
        assert_eq!(journal.restore().await.unwrap().len(), 1, "state survives a restart");
    }

    #[test]
    fn a_second_instance_is_refused_with_a_clear_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let _first = SqliteJournal::open(&path, "dateline", Retention::default()).unwrap();
        let Err(JournalError::Fatal(message)) = SqliteJournal::open(&path, "dateline", Retention::default()) else {
            panic!("opened twice")
        };
        assert!(message.contains("in use by another dateline"), "{message}");
    }

    #[test]
    fn a_damaged_file_is_told_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let garbage = vec![b'x'; 8192];
        std::fs::write(&path, &garbage).unwrap();
        let Err(JournalError::Fatal(message)) = SqliteJournal::open(&path, "dateline", Retention::default()) else {
            panic!("took garbage")
        };
        assert!(message.contains("damaged"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), garbage);
    }

    #[tokio::test]
    async fn a_failed_group_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let journal = SqliteJournal::open(&path, "dateline", Retention::default()).unwrap();
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
