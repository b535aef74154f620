//! Reads one topic of the embedded store.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use rusqlite::{Connection, OpenFlags, params};

use super::file;
use super::log::{self, LogError};
use crate::journal::disk::{Changes, Exported};
use crate::journal::{JournalError, Reader, Reason, StartOffset, Stored};
use crate::record::Topic;

/// How often a following reader polls for new records.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// Reads one topic of a store, even while a daemon writes to it.
pub struct SqliteReader {
    connection: Connection,
    /// The columns of a record in this file.
    columns: &'static str,
    path: PathBuf,
    topic: Topic,
    name: String,
    /// The position of the last record that was read.
    position: i64,
    /// Reads the state, and what was read of it but not yet returned; `None` for other topics.
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
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        let columns = log::columns(version);
        let has_old_state = connection.table_exists(None, "state").map_err(failed)?;
        if topic == Topic::FeedState && has_old_state {
            let path = path.display();
            let message =
                format!("{path}: an earlier version wrote the state; start `dateline run` once to update the store");
            return Err(JournalError::fatal(message));
        }
        let (path, name) = (path.to_owned(), topic.name(prefix));
        let mut reader = Self { connection, columns, path, topic, name, position: -1, state: None, follow };
        reader.start(from).map_err(|error| reader.failure(error.into()))?;
        Ok(reader)
    }

    fn failure(&self, error: LogError) -> JournalError {
        JournalError::Fatal(match error {
            LogError::Query(error) => file::reason(&self.path, &format!("cannot read {}", self.name), error),
            damage @ LogError::Damaged { .. } => {
                let place = format!("{}: cannot read {}", self.path.display(), self.name);
                Reason::new(place, damage).advise(file::RECOVER)
            }
        })
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

    fn read(&mut self) -> Result<Option<Stored>, LogError> {
        if self.topic == Topic::FeedState {
            return Ok(self.next_state()?);
        }
        let found = self.next_record()?;
        if let Some(stored) = &found {
            self.position = stored.offset;
        }
        Ok(found)
    }

    /// Returns the next value of the state. While following, changes of feeds are seen, not those of entries and
    /// articles.
    fn next_state(&mut self) -> rusqlite::Result<Option<Stored>> {
        let Some((changes, read)) = &mut self.state else { return Ok(None) };
        if read.is_empty() {
            read.extend(changes.next(&self.connection)?);
        }
        Ok(read.pop_front().map(|Exported { seq, key, value, .. }| Stored {
            topic: self.name.clone(),
            partition: 0,
            offset: seq,
            time: DateTime::UNIX_EPOCH,
            key,
            value: Some(value),
            headers: Vec::new(),
        }))
    }

    fn next_record(&mut self) -> Result<Option<Stored>, LogError> {
        let sql = format!(
            "SELECT {} FROM log WHERE topic = ?1 AND partition = 0 AND offset > ?2 ORDER BY offset LIMIT 1",
            self.columns
        );
        let mut query = self.connection.prepare_cached(&sql)?;
        let mut rows = query.query(params![self.name, self.position])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let record = log::read(self.topic, row)?;
        Ok(Some(Stored {
            topic: self.name.clone(),
            partition: 0,
            offset: record.offset,
            time: DateTime::from_timestamp_millis(record.time).unwrap_or_default(),
            key: record.key,
            value: record.value,
            headers: record.headers,
        }))
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
