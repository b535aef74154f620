//! Reads the newest articles of a store with their entities and quotations, in commit order.

use std::collections::VecDeque;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::file;
use super::log::{self, LogError};
use crate::journal::JournalError;
use crate::record::Topic;

/// Records read per query.
const PAGE: i64 = 500;

/// Reads the records of the article topics, from the first of the newest articles to the newest at the time of opening.
pub struct Newest {
    connection: Connection,
    /// The columns of a record in this file.
    columns: &'static str,
    names: [(String, Topic); 3],
    read: VecDeque<(Topic, i64, Vec<u8>)>,
    /// The position last read, and the final position.
    position: i64,
    end: i64,
    next: u64,
}

impl Newest {
    /// Opens the file read-only, for this many of the newest articles.
    pub fn open(path: &Path, prefix: &str, articles: u64) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Fatal(file::reason(path, "cannot read the store", error));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        Self::at(connection, log::columns(version), prefix, articles).map_err(failed)
    }

    fn at(connection: Connection, columns: &'static str, prefix: &str, articles: u64) -> rusqlite::Result<Self> {
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let names = [Topic::Articles, Topic::Entities, Topic::Quotes].map(|topic| (topic.name(prefix), topic));
        let topic = &names[0].0;
        let newest: i64 = connection.query_row(
            "SELECT coalesce(max(offset), -1) FROM log WHERE topic = ?1 AND partition = 0",
            [topic],
            |row| row.get(0),
        )?;
        let first = newest.saturating_sub(i64::try_from(articles).unwrap_or(i64::MAX)).saturating_add(1);
        let begin: Option<i64> = connection
            .query_row(
                "SELECT id FROM log WHERE topic = ?1 AND partition = 0 AND offset >= ?2 ORDER BY offset LIMIT 1",
                params![topic, first],
                |row| row.get(0),
            )
            .optional()?;
        let end = connection.query_row("SELECT coalesce(max(id), -1) FROM log", [], |row| row.get(0))?;
        let position = begin.map_or(end, |begin| begin - 1);
        let next = u64::try_from(newest + 1).unwrap_or(0);
        Ok(Self { connection, columns, names, read: VecDeque::new(), position, end, next })
    }

    /// Returns the offset of the next article.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    fn fill(&mut self) -> rusqlite::Result<()> {
        while self.read.is_empty() && self.position < self.end {
            let until = self.end.min(self.position + PAGE);
            let sql = format!(
                "SELECT {}, topic FROM log WHERE id > ?1 AND id <= ?2 AND value IS NOT NULL AND topic IN (?3, ?4, ?5)
                 ORDER BY id",
                self.columns
            );
            let mut query = self.connection.prepare_cached(&sql)?;
            let [a, b, c] = &self.names;
            let mut rows = query.query(params![self.position, until, a.0, b.0, c.0])?;
            while let Some(row) = rows.next()? {
                let name: String = row.get(6)?;
                let Some((_, topic)) = self.names.iter().find(|(known, _)| *known == name) else { continue };
                match log::read(*topic, row) {
                    Ok(record) => self.read.extend(record.value.map(|value| (*topic, record.offset, value))),
                    Err(LogError::Query(error)) => return Err(error),
                    Err(error @ LogError::Damaged { .. }) => {
                        tracing::error!(topic = name, %error, "damaged record of the store skipped");
                    }
                }
            }
            self.position = until;
        }
        Ok(())
    }
}

impl Iterator for Newest {
    /// Topic, offset and value.
    type Item = (Topic, i64, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            tracing::warn!(%error, "reading the newest articles of the store failed");
            return None;
        }
        self.read.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sqlite::SqliteJournal;
    use crate::journal::sqlite::tests::at;
    use crate::journal::{Batch, Journal, Record};

    #[tokio::test]
    async fn newest_articles_are_read_with_their_entities_and_quotations() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        assert_eq!(Newest::open(&path, "dateline", 3).unwrap().count(), 0);
        let record = |topic, value: Option<String>| Record {
            topic,
            key: "k".into(),
            value: value.map(String::into_bytes),
            headers: Vec::new(),
            partition_by: "k".into(),
        };
        for n in 0..700 {
            let records = vec![
                record(Topic::Articles, Some(format!("a{n}"))),
                record(Topic::Entities, Some(format!("e{n}"))),
                record(Topic::Quotes, Some(format!("q{n}"))),
                record(Topic::Quotes, None),
                record(Topic::FeedEvents, Some("x".into())),
            ];
            journal.commit(&[Batch { records, ..Batch::default() }]).await.unwrap();
        }
        let newest = Newest::open(&path, "dateline", 2).unwrap();
        assert_eq!(newest.next_offset(), 700);
        let read: Vec<(i64, String)> = newest.map(|(_, offset, v)| (offset, String::from_utf8(v).unwrap())).collect();
        let values: Vec<&str> = read.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["a698", "e698", "q698", "a699", "e699", "q699"]);
        assert_eq!(read[0].0, 698);
        assert_eq!(Newest::open(&path, "dateline", 1_000).unwrap().count(), 2_100);
    }
}
