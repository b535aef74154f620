//! The state as the state topic would hold it: one JSON value for each key, for `dateline tail` and for tests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, Row, params};
use serde_json::json;
use uuid::Uuid;

use super::rows::{ArticleRow, EntryRow};
use super::{CommittedState, DiskError};
use crate::journal::{Key, StatePartition};

/// Rows that are read in one go.
const ROWS: i64 = 500;

/// A value of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The partition in which it is stored.
    pub partition: StatePartition,
    /// The number of the change that wrote it.
    pub seq: i64,
    /// The key.
    pub key: String,
    /// The value: JSON.
    pub value: Vec<u8>,
}

/// A table: a query for the rows after a place, whose first two columns are the place, and the value of a row.
type Table = (&'static str, fn(&Row<'_>) -> rusqlite::Result<Exported>);

const TABLES: [Table; 6] = [
    (
        "SELECT no, 0, partition, seq, id, state FROM feed
         WHERE no > ?1 AND ?2 NOT NULL AND state NOT NULL ORDER BY no LIMIT ?3",
        feed,
    ),
    (
        "SELECT e.feed, e.key, f.partition, e.seq, f.id, form, guid, link, title, text, published, article, seen, more, e.sum
         FROM entry AS e JOIN feed AS f ON f.no = e.feed WHERE (e.feed, e.key) > (?1, ?2) ORDER BY e.feed, e.key LIMIT ?3",
        entry,
    ),
    (
        "SELECT a.id, a.partition, a.partition, a.seq, f.id, hash, revision, first_seen, reading, shown, more, a.sum
         FROM article AS a JOIN feed AS f ON f.no = a.feed
         WHERE (a.id, a.partition) > (?1, ?2) ORDER BY a.id, a.partition LIMIT ?3",
        article,
    ),
    (
        "SELECT r.id, r.partition, r.partition, r.seq, f.id, first_seen, sketch, last
         FROM recent AS r JOIN feed AS f ON f.no = r.feed
         WHERE (r.id, r.partition) > (?1, ?2) ORDER BY r.id, r.partition LIMIT ?3",
        recent,
    ),
    (
        "SELECT v.id, v.partition, v.partition, v.seq, f.id, visit FROM revisit AS v JOIN feed AS f ON f.no = v.feed
         WHERE (v.id, v.partition) > (?1, ?2) ORDER BY v.id, v.partition LIMIT ?3",
        revisit,
    ),
    (
        "SELECT key, partition, partition, seq, value FROM other
         WHERE (key, partition) > (?1, ?2) ORDER BY key, partition LIMIT ?3",
        other,
    ),
];

/// Feeds and other values that changed.
const CHANGED: &str = "SELECT no, 0, partition, seq, id, state FROM feed
     WHERE seq > ?1 AND state NOT NULL ORDER BY seq LIMIT ?2";

fn exported(row: &Row<'_>, key: &Key, value: Vec<u8>) -> rusqlite::Result<Exported> {
    Ok(Exported { partition: row.get(2)?, seq: row.get(3)?, key: key.encode(), value })
}

fn id(row: &Row<'_>) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(0)?))
}

fn feed(row: &Row<'_>) -> rusqlite::Result<Exported> {
    exported(row, &Key::Feed(row.get(4)?), row.get(5)?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Exported> {
    let key = Key::Entry(row.get(4)?, u128::from_be_bytes(row.get(1)?));
    exported(row, &key, EntryRow::of(row, 5)?.0.json().to_string().into_bytes())
}

fn article(row: &Row<'_>) -> rusqlite::Result<Exported> {
    let key = Key::Article(row.get(4)?, id(row)?);
    exported(row, &key, ArticleRow::of(row, 5)?.0.json().to_string().into_bytes())
}

fn recent(row: &Row<'_>) -> rusqlite::Result<Exported> {
    let mut value = json!({ "first_seen": row.get::<_, i64>(5)? });
    for (name, column) in [("sketch", 6), ("last", 7)] {
        if let Some(bytes) = row.get::<_, Option<Vec<u8>>>(column)? {
            value[name] = STANDARD_NO_PAD.encode(bytes).into();
        }
    }
    exported(row, &Key::Recent(row.get(4)?, id(row)?), value.to_string().into_bytes())
}

fn revisit(row: &Row<'_>) -> rusqlite::Result<Exported> {
    exported(row, &Key::Revisit(row.get(4)?, id(row)?), row.get::<_, String>(5)?.into_bytes())
}

fn other(row: &Row<'_>) -> rusqlite::Result<Exported> {
    exported(row, &Key::decode(&row.get::<_, String>(0)?), row.get(4)?)
}

/// Reads all values of the state, and then those of feeds that change.
#[derive(Debug)]
pub struct Changes {
    /// The table that is read, and the place of its last row.
    table: usize,
    place: (Cell, Cell),
    /// The number of the last change when reading began, or of the last change of a feed that was read.
    seq: i64,
}

/// The place before the first row of a table.
const START: (Cell, Cell) = (Cell::Integer(i64::MIN), Cell::Integer(i64::MIN));

impl Changes {
    /// Starts with everything that is stored, or after it.
    pub fn new(connection: &Connection, is_all: bool) -> rusqlite::Result<Self> {
        let sql = "SELECT coalesce(max(value), 0) FROM state_meta WHERE name = 'seq'";
        let seq = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(Self { table: if is_all { 0 } else { TABLES.len() }, place: START, seq })
    }

    /// Returns further values; none if there are none yet.
    pub fn next(&mut self, connection: &Connection) -> rusqlite::Result<Vec<Exported>> {
        while let Some((sql, value)) = TABLES.get(self.table) {
            let mut query = connection.prepare_cached(sql)?;
            let mut rows = query.query(params![self.place.0, self.place.1, ROWS])?;
            let mut values = Vec::new();
            while let Some(row) = rows.next()? {
                values.push(value(row)?);
                self.place = (row.get(0)?, row.get(1)?);
            }
            if !values.is_empty() {
                return Ok(values);
            }
            (self.table, self.place) = (self.table + 1, START);
        }
        let values: Vec<Exported> =
            connection.prepare_cached(CHANGED)?.query_map([self.seq, ROWS], feed)?.collect::<Result<_, _>>()?;
        self.seq = values.last().map_or(self.seq, |value| value.seq);
        Ok(values)
    }
}

/// Returns all values of the owned partitions, sorted by key. Of a key in two partitions, the newer value counts.
pub fn export(state: &CommittedState) -> Result<Vec<(String, Vec<u8>)>, DiskError> {
    let mut all = state.with(|connection| {
        // One transaction, so that all tables are read at one time.
        let transaction = connection.unchecked_transaction()?;
        let mut changes = Changes::new(&transaction, true)?;
        let mut all = Vec::new();
        loop {
            let values = changes.next(&transaction)?;
            if values.is_empty() {
                return Ok(all);
            }
            all.extend(values.into_iter().filter(|value| state.has(value.partition)));
        }
    })?;
    all.sort_unstable_by(|a, b| a.key.cmp(&b.key).then(b.seq.cmp(&a.seq)));
    all.dedup_by(|later, first| later.key == first.key);
    Ok(all.into_iter().map(|value| (value.key, value.value)).collect())
}
