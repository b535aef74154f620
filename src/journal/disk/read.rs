//! Reads rows of the owned partitions.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::apply::NOTES;
use super::rows::{self, ArticleRow, EntryRow, recent_sum, value_sum};
use super::{CommittedState, DiskError, ReadError};
use crate::journal::{Key, StatePartition};

/// What is stored of a feed, without its entries and articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFeed {
    /// Its numbers in the tables: one for each partition in which something of it is stored, usually one.
    pub nos: Vec<i64>,
    /// The newest value of [`Key::Feed`]; `None` before the end of its first poll.
    pub state: Option<Vec<u8>>,
    /// The values of its other keys that are neither entries nor articles.
    pub parts: Vec<(Key, Vec<u8>)>,
}

/// What is stored of a recent article, without its last revision.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentRow {
    /// The article.
    pub id: Uuid,
    /// The feed under which it is stored.
    pub feed: String,
    /// The partition in which it is stored.
    pub partition: StatePartition,
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// Whether an earlier version wrote it into the article's own value.
    pub inline: bool,
    /// The sketch by which its text is compared with others.
    pub sketch: Option<Vec<u8>>,
    /// The size of its packed last revision in bytes; 0 if there is none.
    pub size: usize,
    /// When its page is revisited (milliseconds since 1970, UTC).
    pub due: Option<i64>,
    /// The site that it belongs to, if that is not its feed's.
    pub site: Option<String>,
}

fn verified<T>(value: T, sum: i64, stored: i64, row: impl FnOnce() -> String) -> Result<T, ReadError> {
    if sum == stored { Ok(value) } else { Err(ReadError::Damaged(row())) }
}

impl EntryRow {
    /// Reads the columns `form` to `sum`, which begin at `at`. Returns the row and its stored checksum.
    pub(super) fn of(row: &Row<'_>, at: usize) -> rusqlite::Result<(Self, i64)> {
        let read = Self {
            form: row.get(at)?,
            marks: [row.get(at + 1)?, row.get(at + 2)?, row.get(at + 3)?, row.get(at + 4)?],
            published: row.get(at + 5)?,
            article: row.get(at + 6)?,
            seen: row.get(at + 7)?,
            more: row.get(at + 8)?,
        };
        Ok((read, row.get(at + 9)?))
    }
}

impl ArticleRow {
    /// Reads the columns `hash` to `sum`, which begin at `at`. Returns the row and its stored checksum.
    pub(super) fn of(row: &Row<'_>, at: usize) -> rusqlite::Result<(Self, i64)> {
        let read = Self {
            hash: row.get(at)?,
            revision: row.get(at + 1)?,
            first_seen: row.get(at + 2)?,
            reading: row.get(at + 3)?,
            shown: row.get(at + 4)?,
            more: row.get(at + 5)?,
        };
        Ok((read, row.get(at + 6)?))
    }
}

impl CommittedState {
    /// Returns what is stored of a feed.
    pub fn feed(&self, id: &str) -> Result<Option<StoredFeed>, DiskError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("SELECT no, partition, state, sum FROM feed WHERE id = ?1 ORDER BY seq DESC")?;
            let mut rows = query.query([id])?;
            let mut feed = StoredFeed { nos: Vec::new(), state: None, parts: Vec::new() };
            while let Some(row) = rows.next()? {
                if !self.has(row.get(1)?) {
                    continue;
                }
                let (no, state): (i64, Option<Vec<u8>>) = (row.get(0)?, row.get(2)?);
                let sum = state.as_deref().map(|state| value_sum(b"", state));
                verified((), sum.unwrap_or(0), row.get::<_, Option<i64>>(3)?.unwrap_or(0), || format!("feed {id}"))?;
                feed.nos.push(no);
                feed.state = feed.state.or(state);
                for (key, value) in parts(connection, no)? {
                    if feed.parts.iter().all(|(known, _)| *known != key) {
                        feed.parts.push((key, value));
                    }
                }
            }
            Ok((!feed.nos.is_empty()).then_some(feed))
        })
    }

    /// Returns the entries that are stored under this number of a feed.
    pub fn entries(&self, no: i64) -> Result<Vec<(u128, EntryRow)>, DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT key, form, guid, link, title, text, published, article, seen, more, sum FROM entry WHERE feed = ?1",
            )?;
            let mut rows = query.query([no])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                let key: [u8; 16] = row.get(0)?;
                let (read, stored) = EntryRow::of(row, 1)?;
                let sum = read.sum(&key);
                let row = verified(read, sum, stored, || format!("an entry of feed number {no}"))?;
                entries.push((u128::from_be_bytes(key), row));
            }
            Ok(entries)
        })
    }

    /// Returns an article with the feed under which it is stored, and its partition.
    pub fn article(&self, id: Uuid) -> Result<Option<(ArticleRow, String, StatePartition)>, DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT feed.id, article.partition, hash, revision, first_seen, reading, shown, more, article.sum
                 FROM article JOIN feed ON feed.no = article.feed WHERE article.id = ?1 ORDER BY article.seq DESC",
            )?;
            let mut rows = query.query([id.as_bytes()])?;
            while let Some(row) = rows.next()? {
                let partition = row.get(1)?;
                if !self.has(partition) {
                    continue;
                }
                let (read, stored) = ArticleRow::of(row, 2)?;
                let sum = read.sum(id.as_bytes());
                let found = verified(read, sum, stored, || format!("article {id}"))?;
                return Ok(Some((found, row.get(0)?, partition)));
            }
            Ok(None)
        })
    }

    /// Returns the packed last revision of a recent article.
    pub fn last_revision(&self, id: Uuid) -> Result<Option<Vec<u8>>, DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT partition, first_seen, sketch, last, sum FROM recent WHERE id = ?1 ORDER BY seq DESC",
            )?;
            let mut rows = query.query([id.as_bytes()])?;
            while let Some(row) = rows.next()? {
                if self.has(row.get(0)?) {
                    let (sketch, last): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
                    let sum = recent_sum(id.as_bytes(), row.get(1)?, sketch.as_deref(), last.as_deref());
                    return verified(last, sum, row.get(4)?, || format!("the last revision of article {id}"));
                }
            }
            Ok(None)
        })
    }

    /// Returns the value of the next visit to an article's page.
    pub fn revisit(&self, id: Uuid) -> Result<Option<Vec<u8>>, DiskError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("SELECT partition, visit, sum FROM revisit WHERE id = ?1 ORDER BY seq DESC")?;
            let mut rows = query.query([id.as_bytes()])?;
            while let Some(row) = rows.next()? {
                if self.has(row.get(0)?) {
                    let visit = row.get::<_, String>(1)?.into_bytes();
                    let sum = value_sum(id.as_bytes(), &visit);
                    return verified(Some(visit), sum, row.get(2)?, || format!("the revisit of article {id}"));
                }
            }
            Ok(None)
        })
    }

    /// Returns the value of a key that belongs to no feed.
    pub fn value(&self, key: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("SELECT partition, value, sum FROM other WHERE key = ?1 ORDER BY seq DESC")?;
            let mut rows = query.query([key])?;
            while let Some(row) = rows.next()? {
                if self.has(row.get(0)?) {
                    let value: Vec<u8> = row.get(1)?;
                    let sum = value_sum(key.as_bytes(), &value);
                    return verified(Some(value), sum, row.get(2)?, || key.to_owned());
                }
            }
            Ok(None)
        })
    }

    /// Returns the value of a key in one partition.
    pub fn value_in(&self, partition: StatePartition, key: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("SELECT value, sum FROM other WHERE key = ?1 AND partition = ?2")?;
            let mut rows = query.query(params![key, partition])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let value: Vec<u8> = row.get(0)?;
            let sum = value_sum(key.as_bytes(), &value);
            verified(Some(value), sum, row.get(1)?, || key.to_owned())
        })
    }

    /// Passes on the keys and values of the entries of a feed that were handed over to sites of the owned partitions
    /// and became this article.
    pub fn each_origin(
        &self,
        feed: &str,
        article: Uuid,
        mut each: impl FnMut(String, Vec<u8>),
    ) -> Result<(), DiskError> {
        let (from, to) = (format!("{feed}/o/"), format!("{feed}/o0"));
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT key, partition, value FROM other WHERE key > ?1 AND key < ?2 AND instr(value, ?3) > 0",
            )?;
            let mut rows = query.query(params![from, to, article.to_string().as_bytes()])?;
            while let Some(row) = rows.next()? {
                if self.has(row.get(1)?) {
                    each(row.get(0)?, row.get(2)?);
                }
            }
            Ok(())
        })
    }

    /// Returns the keys and values of the entries of a feed that rules blocked.
    pub fn blocked(&self, feed: &str) -> Result<Vec<(Key, Vec<u8>)>, DiskError> {
        let (from, to) = (format!("{feed}/b/"), format!("{feed}/b0"));
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT key, partition, value, sum FROM other WHERE key > ?1 AND key < ?2 ORDER BY seq",
            )?;
            let mut rows = query.query([from, to])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if self.has(row.get(1)?) {
                    let entry = blocked(&row.get::<_, String>(0)?, row.get(2)?, row.get(3)?)?;
                    found.extend(entry.filter(|(key, _)| key.feed() == Some(feed)));
                }
            }
            Ok(found)
        })
    }

    /// Passes on the keys and values of all entries that rules blocked.
    pub fn each_blocked(&self, mut each: impl FnMut(Key, Vec<u8>)) -> Result<(), DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT key, partition, value, sum FROM other WHERE feed IS NULL AND key LIKE '%/b/%'",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                if self.has(row.get(1)?)
                    && let Some((key, value)) = blocked(&row.get::<_, String>(0)?, row.get(2)?, row.get(3)?)?
                {
                    each(key, value);
                }
            }
            Ok(())
        })
    }

    /// Passes on the id, the partition and the state of each feed of these partitions, in no order. A feed whose first
    /// poll has not ended is left out.
    pub fn each_feed(
        &self,
        partitions: &std::collections::BTreeSet<StatePartition>,
        mut each: impl FnMut(&str, StatePartition, &[u8]),
    ) -> Result<(), DiskError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("SELECT id, partition, state, sum FROM feed WHERE state NOT NULL")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let partition = row.get(1)?;
                if !partitions.contains(&partition) {
                    continue;
                }
                let (id, state) = (row.get_ref(0)?.as_str().map_err(type_error)?, row.get_ref(2)?);
                let state = state.as_bytes().map_err(type_error)?;
                verified((), value_sum(b"", state), row.get(3)?, || format!("feed {id}"))?;
                each(id, partition, state);
            }
            Ok(())
        })
    }

    /// Passes on the ids of all feeds of a partition, also of those whose state has left it.
    pub fn each_feed_id(&self, partition: StatePartition, mut each: impl FnMut(&str)) -> Result<(), DiskError> {
        self.with(|connection| {
            // An index has both columns.
            let mut query = connection.prepare_cached("SELECT id FROM feed WHERE partition = ?1")?;
            let mut rows = query.query([partition])?;
            while let Some(row) = rows.next()? {
                each(row.get_ref(0)?.as_str().map_err(type_error)?);
            }
            Ok(())
        })
    }

    /// Returns whether a partition has, or had, something of a feed.
    pub fn has_feed(&self, partition: StatePartition, id: &str) -> Result<bool, DiskError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("SELECT EXISTS(SELECT 1 FROM feed WHERE id = ?1 AND partition = ?2)")?;
            Ok(query.query_row(params![id, partition], |row| row.get(0))?)
        })
    }

    /// Passes on what is noted of the feeds whose state has left a partition.
    pub fn each_moved_away(
        &self,
        partition: StatePartition,
        mut each: impl FnMut(String, Vec<u8>),
    ) -> Result<(), DiskError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("SELECT key, value, sum FROM other WHERE feed = ?1 AND partition = ?2")?;
            let mut rows = query.query(params![NOTES, partition])?;
            while let Some(row) = rows.next()? {
                let (key, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
                verified((), value_sum(key.as_bytes(), &value), row.get(2)?, || key.clone())?;
                if let Key::MovedAway(feed) = Key::decode(&key) {
                    each(feed, value);
                }
            }
            Ok(())
        })
    }

    /// Passes on the values of all subscriptions of feeds of these partitions.
    pub fn each_subscription(
        &self,
        partitions: &std::collections::BTreeSet<StatePartition>,
        mut each: impl FnMut(String, Vec<u8>),
    ) -> Result<(), DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT key, partition, value FROM other WHERE feed NOT NULL AND key LIKE '%/s/websub'",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                if partitions.contains(&row.get(1)?)
                    && let Key::Subscription(feed) = Key::decode(&row.get::<_, String>(0)?)
                {
                    each(feed, row.get(2)?);
                }
            }
            Ok(())
        })
    }

    /// Passes on the recent articles of these partitions, in the order in which they were first seen.
    pub fn each_recent(
        &self,
        partitions: &std::collections::BTreeSet<StatePartition>,
        mut each: impl FnMut(RecentRow),
    ) -> Result<(), DiskError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT recent.id, feed.id, recent.partition, recent.first_seen, inline, sketch, last, recent.sum, due, more
                 FROM recent JOIN feed ON feed.no = recent.feed
                 LEFT JOIN article ON article.id = recent.id AND article.partition = recent.partition
                 LEFT JOIN revisit ON revisit.id = recent.id AND revisit.partition = recent.partition",
            )?;
            let mut rows = query.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let partition = row.get(2)?;
                if !partitions.contains(&partition) {
                    continue;
                }
                let (id, first_seen): ([u8; 16], i64) = (row.get(0)?, row.get(3)?);
                let [sketch, last] = [row.get_ref(5)?, row.get_ref(6)?];
                let (sketch, last) =
                    (sketch.as_bytes_or_null().map_err(type_error)?, last.as_bytes_or_null().map_err(type_error)?);
                let sum = recent_sum(&id, first_seen, sketch, last);
                let id = Uuid::from_bytes(id);
                verified((), sum, row.get(7)?, || format!("the last revision of article {id}"))?;
                all.push(RecentRow {
                    id,
                    feed: row.get(1)?,
                    partition,
                    first_seen,
                    inline: row.get(4)?,
                    sketch: sketch.map(<[u8]>::to_vec),
                    size: last.map_or(0, <[u8]>::len),
                    due: row.get(8)?,
                    site: row.get_ref(9)?.as_str_or_null().map_err(type_error)?.and_then(rows::site),
                });
            }
            all.sort_unstable_by_key(|row| (row.first_seen, row.id));
            all.into_iter().for_each(&mut each);
            Ok(())
        })
    }
}

/// Verifies a row; returns it if it is a blocked entry.
fn blocked(key: &str, value: Vec<u8>, sum: i64) -> Result<Option<(Key, Vec<u8>)>, ReadError> {
    verified((), value_sum(key.as_bytes(), &value), sum, || key.to_owned())?;
    let decoded = Key::decode(key);
    Ok(matches!(decoded, Key::Blocked(..)).then_some((decoded, value)))
}

fn parts(connection: &Connection, no: i64) -> Result<Vec<(Key, Vec<u8>)>, ReadError> {
    let mut query = connection.prepare_cached("SELECT key, value, sum FROM other WHERE feed = ?1")?;
    let mut rows = query.query(params![no])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        verified((), value_sum(key.as_bytes(), &value), row.get(2)?, || key.clone())?;
        parts.push((Key::decode(&key), value));
    }
    Ok(parts)
}

fn type_error(error: rusqlite::types::FromSqlError) -> ReadError {
    ReadError::Sqlite(rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Null, Box::new(error)))
}
