//! Writes changes of the state into the tables.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;
use uuid::Uuid;

use super::rows::{ArticleRow, EntryRow, recent_sum, value_sum};
use crate::journal::{Key, StatePartition};

/// The most feeds whose numbers are remembered; all are forgotten beyond it.
const REMEMBERED: usize = 20_000;

/// The number, in place of a feed's, of what is noted of feeds that moved away. No feed has it.
pub(super) const NOTES: i64 = 0;

/// The numbers that the tables use instead of feed ids, and the number of the last change.
#[derive(Debug, Default)]
pub struct FeedNumbers {
    known: HashMap<(StatePartition, String), i64>,
    seq: Option<i64>,
    /// Whether `other` holds values of entries or articles that did not fit their tables; `None` before it was looked up.
    has_misfits: Option<bool>,
}

impl FeedNumbers {
    /// Forgets what a transaction that failed may have added.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the feed's number, and gives it one if it has none.
    fn of(&mut self, connection: &Connection, partition: StatePartition, id: &str, seq: i64) -> rusqlite::Result<i64> {
        let key = (partition, id.to_owned());
        if let Some(no) = self.known.get(&key) {
            return Ok(*no);
        }
        let found = connection
            .prepare_cached("SELECT no FROM feed WHERE id = ?1 AND partition = ?2")?
            .query_row(params![id, partition], |row| row.get(0))
            .optional()?;
        let no = match found {
            Some(no) => no,
            None => connection
                .prepare_cached("INSERT INTO feed(partition, id, seq) VALUES (?1, ?2, ?3)")?
                .insert(params![partition, id, seq])?,
        };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(key, no);
        Ok(no)
    }

    fn has_misfits(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        if let Some(has_misfits) = self.has_misfits {
            return Ok(has_misfits);
        }
        let sql = "SELECT EXISTS(SELECT 1 FROM other WHERE feed > 0
                   AND key NOT LIKE '%/s/websub' AND key NOT LIKE '%/l/repeats')";
        let found = connection.query_row(sql, [], |row| row.get(0))?;
        self.has_misfits = Some(found);
        Ok(found)
    }

    fn next_seq(&mut self, connection: &Connection) -> rusqlite::Result<i64> {
        let last = match self.seq {
            Some(last) => last,
            None => connection
                .prepare_cached("SELECT value FROM state_meta WHERE name = 'seq'")?
                .query_row([], |row| row.get(0))
                .optional()?
                .unwrap_or(0),
        };
        self.seq = Some(last + 1);
        Ok(last + 1)
    }

    /// Writes the number of the last change, at the end of a transaction.
    pub fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(seq) = self.seq {
            connection
                .prepare_cached("INSERT OR REPLACE INTO state_meta(name, value) VALUES ('seq', ?1)")?
                .execute([seq])?;
        }
        Ok(())
    }
}

/// What is written of a recent article.
#[derive(Deserialize)]
struct RecentJson<'a> {
    first_seen: i64,
    #[serde(default, borrow)]
    sketch: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, borrow)]
    last: Option<std::borrow::Cow<'a, str>>,
}

/// When a visit is due.
#[derive(Deserialize)]
struct DueJson {
    due: i64,
}

/// A change of one key, on its way into the tables.
struct Change<'a> {
    connection: &'a Connection,
    partition: StatePartition,
    feed: i64,
    seq: i64,
}

/// Writes the new value of a key, or removes the key. `seq` orders the values of a key in several partitions; without
/// it the changes are numbered, and the transaction must end with [`FeedNumbers::save`].
pub fn apply(
    connection: &Connection,
    numbers: &mut FeedNumbers,
    partition: StatePartition,
    seq: Option<i64>,
    key: &str,
    value: Option<&[u8]>,
) -> rusqlite::Result<()> {
    let seq = seq.map_or_else(|| numbers.next_seq(connection), Ok)?;
    let decoded = Key::decode(key);
    // Origins and blocked entries are looked up by key alone: they are not read with their feed, of which another partition
    // may have the rest. The same holds for what is noted of feeds that moved away, which is read for a whole partition.
    let notes = matches!(decoded, Key::MovedAway(_)).then_some(NOTES);
    let is_alone = notes.is_some() || matches!(decoded, Key::Origin(..) | Key::Blocked(..));
    let feed = decoded.feed().filter(|_| !is_alone);
    let Some(feed) = feed else { return other(connection, partition, notes, seq, key, value) };
    let feed = numbers.of(connection, partition, feed, seq)?;
    let change = Change { connection, partition, feed, seq };
    let write = |value| match &decoded {
        Key::Feed(_) => change.feed(value),
        Key::Entry(_, entry) => change.entry(&entry.to_be_bytes(), value),
        Key::Article(_, id) => change.article(*id, value),
        Key::Recent(_, id) => change.recent(*id, value),
        Key::Revisit(_, id) => change.revisit(*id, value),
        Key::Subscription(_)
        | Key::Learned(_)
        | Key::Origin(..)
        | Key::MovedAway(_)
        | Key::Blocked(..)
        | Key::Replay(_)
        | Key::Incarnation
        | Key::HandoffPosition => other(connection, partition, Some(change.feed), seq, key, value).map(|()| true),
    };
    if !write(value)? {
        // Kept as it is: a later version may have written it.
        write(None)?;
        numbers.has_misfits = Some(true);
        other(connection, partition, Some(feed), seq, key, value)?;
    } else if numbers.has_misfits(connection)? && !matches!(decoded, Key::Subscription(_) | Key::Learned(_)) {
        other(connection, partition, None, seq, key, None)?;
    }
    Ok(())
}

impl Change<'_> {
    fn feed(&self, value: Option<&[u8]>) -> rusqlite::Result<bool> {
        let sum = value.map(|value| value_sum(b"", value));
        self.connection
            .prepare_cached("UPDATE feed SET seq = ?2, state = ?3, sum = ?4 WHERE no = ?1")?
            .execute(params![self.feed, self.seq, value, sum])?;
        Ok(true)
    }

    fn entry(&self, key: &[u8; 16], value: Option<&[u8]>) -> rusqlite::Result<bool> {
        let Some(value) = value else {
            self.connection
                .prepare_cached("DELETE FROM entry WHERE feed = ?1 AND key = ?2")?
                .execute(params![self.feed, key])?;
            return Ok(true);
        };
        let Some(row) = EntryRow::from_json(value) else { return Ok(false) };
        let [guid, link, title, text] = row.marks;
        let sum = row.sum(key);
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                self.feed,
                key,
                self.seq,
                row.form,
                guid,
                link,
                title,
                text,
                row.published,
                row.article,
                row.seen,
                row.more,
                sum
            ])?;
        Ok(true)
    }

    fn article(&self, id: Uuid, value: Option<&[u8]>) -> rusqlite::Result<bool> {
        let id = id.as_bytes();
        let Some(value) = value else {
            // Another feed may hold the article by now.
            for sql in [
                "DELETE FROM article WHERE id = ?1 AND partition = ?2 AND feed = ?3",
                "DELETE FROM recent WHERE id = ?1 AND partition = ?2 AND feed = ?3 AND inline = 1",
            ] {
                self.connection.prepare_cached(sql)?.execute(params![id, self.partition, self.feed])?;
            }
            return Ok(true);
        };
        let Some((row, inline)) = ArticleRow::from_json(value) else { return Ok(false) };
        let sum = row.sum(id);
        let ArticleRow { hash, revision, first_seen, reading, shown, more } = row;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO article VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
            .execute(params![
                id,
                self.partition,
                self.feed,
                self.seq,
                hash,
                revision,
                first_seen,
                reading,
                shown,
                more,
                sum
            ])?;
        let (sketch, last) = inline;
        if sketch.is_some() || last.is_some() {
            self.put_recent(id, first_seen, true, sketch.as_deref(), last.as_deref())?;
        } else {
            self.connection
                .prepare_cached("DELETE FROM recent WHERE id = ?1 AND partition = ?2 AND inline = 1")?
                .execute(params![id, self.partition])?;
        }
        Ok(true)
    }

    fn recent(&self, id: Uuid, value: Option<&[u8]>) -> rusqlite::Result<bool> {
        let Some(value) = value else {
            self.connection
                .prepare_cached("DELETE FROM recent WHERE id = ?1 AND partition = ?2 AND feed = ?3")?
                .execute(params![id.as_bytes(), self.partition, self.feed])?;
            return Ok(true);
        };
        let Ok(RecentJson { first_seen, sketch, last }) = serde_json::from_slice(value) else { return Ok(false) };
        self.put_recent(id.as_bytes(), first_seen, false, sketch.as_deref(), last.as_deref())?;
        Ok(true)
    }

    fn put_recent(
        &self,
        id: &[u8; 16],
        first_seen: i64,
        inline: bool,
        sketch: Option<&str>,
        last: Option<&str>,
    ) -> rusqlite::Result<()> {
        let [sketch, last] = [sketch, last].map(|text| text.and_then(|text| STANDARD_NO_PAD.decode(text).ok()));
        let sum = recent_sum(id, first_seen, sketch.as_deref(), last.as_deref());
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO recent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
            .execute(params![id, self.partition, self.feed, self.seq, first_seen, inline, sketch, last, sum])?;
        Ok(())
    }

    fn revisit(&self, id: Uuid, value: Option<&[u8]>) -> rusqlite::Result<bool> {
        let id = id.as_bytes();
        let Some(value) = value else {
            self.connection
                .prepare_cached("DELETE FROM revisit WHERE id = ?1 AND partition = ?2 AND feed = ?3")?
                .execute(params![id, self.partition, self.feed])?;
            return Ok(true);
        };
        let (Ok(DueJson { due }), Ok(visit)) = (serde_json::from_slice(value), std::str::from_utf8(value)) else {
            return Ok(false);
        };
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO revisit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![id, self.partition, self.feed, self.seq, due, visit, value_sum(id, value)])?;
        Ok(true)
    }
}

fn other(
    connection: &Connection,
    partition: StatePartition,
    feed: Option<i64>,
    seq: i64,
    key: &str,
    value: Option<&[u8]>,
) -> rusqlite::Result<()> {
    match value {
        Some(value) => connection
            .prepare_cached("INSERT OR REPLACE INTO other VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![key, partition, feed, seq, value, value_sum(key.as_bytes(), value)])?,
        None => connection
            .prepare_cached("DELETE FROM other WHERE key = ?1 AND partition = ?2")?
            .execute(params![key, partition])?,
    };
    Ok(())
}

/// Removes all rows of a partition.
pub fn forget_partition(
    connection: &Connection,
    numbers: &mut FeedNumbers,
    partition: StatePartition,
) -> rusqlite::Result<()> {
    numbers.clear();
    for sql in [
        "DELETE FROM entry WHERE feed IN (SELECT no FROM feed WHERE partition = ?1)",
        "DELETE FROM article WHERE partition = ?1",
        "DELETE FROM recent WHERE partition = ?1",
        "DELETE FROM revisit WHERE partition = ?1",
        "DELETE FROM other WHERE partition = ?1",
        "DELETE FROM feed WHERE partition = ?1",
    ] {
        connection.execute(sql, [partition])?;
    }
    Ok(())
}
