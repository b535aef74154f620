//! Rows of the table `log`: how a record is stored, and how it is read back.
//!
//! `value` has the members that people query, as JSON; `rest` has the others, compressed. Headers are in a compact form with
//! a checksum of the whole record, which is verified whenever the record is read. Rows of version 1 have no `rest`, the JSON
//! of their headers as text, and no checksum.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Row, Transaction, params};
use xxhash_rust::xxh3::Xxh3;
use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound, get_error_name, get_frame_content_size};

use super::{MAX_VALUE_BYTES, headers, split};
use crate::journal::{Batch, Record};
use crate::record::{Header, Topic};

/// The table and its index.
pub(super) const SCHEMA: &str = "
CREATE TABLE log(
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB, headers BLOB NOT NULL, time INTEGER NOT NULL, rest BLOB);
CREATE UNIQUE INDEX log_place ON log(topic, partition, offset);
";
/// What rows of version 1 lack. SQLite does not rewrite a row for that.
pub(super) const ADD_REST: &str = "ALTER TABLE log ADD COLUMN rest BLOB";

/// What all records have in common, and what English texts do. A rest is compressed against them, so they never change: better
/// ones become other files, and the last byte of `rest` says which were used.
const COMMON: (&[u8], &[u8]) = (include_bytes!("log.prose.dict"), include_bytes!("log.json.dict"));
/// The mark of a rest that was compressed against [`COMMON`], the key, and the part that stays.
const FIRST: u8 = 1;
/// Within a few percent of the slow levels on texts of this size.
const LEVEL: i32 = 6;
/// Records compressed with one context.
const CHUNK: usize = 64;
/// The longest headers that are read.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// Appends the records of a group to topics with this prefix, and to those of their routes; `now` is in milliseconds since 1970.
pub(super) fn append(transaction: &Transaction, prefix: &str, group: &[Batch], now: i64) -> rusqlite::Result<()> {
    // With the partition given, SQLite reads only the last entry of the index.
    let mut last = transaction
        .prepare_cached("SELECT coalesce(max(offset) + 1, 0) FROM log WHERE topic = ?1 AND partition = 0")?;
    let mut append = transaction.prepare_cached(
        "INSERT INTO log(topic, partition, offset, key, value, headers, time, rest)
         VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut places: HashMap<(Topic, &str), (String, i64)> = HashMap::new();
    let records: Vec<(&Record, &[Arc<str>])> = group.iter().flat_map(Batch::routed).collect();
    for records in records.chunks(CHUNK) {
        let packed = pack(records).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        for ((record, routes), packed) in records.iter().zip(packed) {
            let (value, rest) = packed.unzip();
            let value = value.as_deref().or(record.value.as_deref());
            let compact = headers::encode(&record.headers, &record.key, now);
            for prefix in std::iter::once(prefix).chain(routes.iter().map(|route| &**route)) {
                let (name, next) = match places.entry((record.topic, prefix)) {
                    Entry::Occupied(place) => place.into_mut(),
                    Entry::Vacant(place) => {
                        let name = record.topic.name(prefix);
                        let next = last.query_row([&name], |row| row.get(0))?;
                        place.insert((name, next))
                    }
                };
                let sum = checksum(*next, now, &record.key, record.value.as_deref(), &compact);
                let headers = [&sum[..], &compact].concat();
                append.execute(params![&*name, *next, record.key, value, headers, now, rest])?;
                *next += 1;
            }
        }
    }
    Ok(())
}

/// A value in two parts.
struct Parts {
    kept: Vec<u8>,
    rest: Vec<u8>,
    /// What the rest is compressed against.
    context: Vec<u8>,
}

/// The part of a value that stays, and its packed rest.
type Packed = (Vec<u8>, Vec<u8>);

/// Packs the value of each record; `None` for one that stays whole.
fn pack(records: &[(&Record, &[Arc<str>])]) -> io::Result<Vec<Option<Packed>>> {
    let parts = records.iter().map(|(record, _)| {
        let (kept, rest) = split::split(record.topic, record.value.as_deref()?)?;
        let context = context(record.topic, &record.key, &kept);
        Some(Parts { kept, rest, context })
    });
    let parts: Vec<Option<Parts>> = parts.collect();
    let mut compressor = CCtx::create();
    compressor.set_parameter(CParameter::CompressionLevel(LEVEL)).map_err(failed)?;
    // The record has a checksum of its own.
    compressor.set_parameter(CParameter::ChecksumFlag(false)).map_err(failed)?;
    let mut packed = Vec::with_capacity(parts.len());
    for part in &parts {
        let Some(Parts { kept, rest, context }) = part else {
            packed.push(None);
            continue;
        };
        compressor.ref_prefix(context).map_err(failed)?;
        let mut bytes = Vec::with_capacity(compress_bound(rest.len()) + 1);
        compressor.compress2(&mut bytes, rest).map_err(failed)?;
        bytes.push(FIRST);
        packed.push(Some((kept.clone(), bytes)));
    }
    Ok(packed)
}

/// Returns what is known of a rest before it is read.
fn context(topic: Topic, key: &str, kept: &[u8]) -> Vec<u8> {
    // Only articles have texts.
    let prose = if topic == Topic::Articles { COMMON.0 } else { &[] };
    [prose, COMMON.1, key.as_bytes(), kept].concat()
}

fn failed(code: usize) -> io::Error {
    io::Error::other(get_error_name(code))
}

/// A record as it is read from the log.
#[derive(Debug)]
pub(super) struct LogRecord {
    pub offset: i64,
    pub key: String,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<Header>,
    /// When it was committed (milliseconds since 1970, UTC).
    pub time: i64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogError {
    /// The query failed.
    #[error(transparent)]
    Query(#[from] rusqlite::Error),
    /// The row was changed by something else than the daemon.
    #[error("the record with offset {offset} is damaged: {fault}")]
    Damaged {
        /// Its offset.
        offset: i64,
        /// What shows it.
        fault: &'static str,
    },
}

/// Returns the columns of a record in a file of this version, in the order in which [`read`] takes them.
pub(super) fn columns(version: i32) -> &'static str {
    if version == 1 { "offset, key, value, headers, time, NULL" } else { "offset, key, value, headers, time, rest" }
}

/// Reads a record of a topic from [`columns`].
pub(super) fn read(topic: Topic, row: &Row) -> Result<LogRecord, LogError> {
    let (offset, key, time): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(4)?);
    let damaged = |fault| LogError::Damaged { offset, fault };
    let bytes = |column: usize| match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) if bytes.len() > MAX_VALUE_BYTES => {
            Err(damaged("it is larger than any record"))
        }
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => Ok(Some(bytes)),
        _ => Err(damaged("a number stands where bytes belong")),
    };
    let (kept, rest) = (bytes(2)?, bytes(5)?);
    let value = match (kept, rest) {
        (kept, None) => kept.map(<[u8]>::to_vec),
        (Some(kept), Some(rest)) => {
            Some(unpack(topic, &key, kept, rest).ok_or(damaged("its compressed part is invalid"))?)
        }
        (None, Some(_)) => return Err(damaged("a part of its value is missing")),
    };
    let headers = match row.get_ref(3)? {
        // Version 1.
        ValueRef::Text(headers) => serde_json::from_slice(headers).unwrap_or_default(),
        ValueRef::Blob(headers) if headers.len() <= MAX_HEADER_BYTES => {
            let (sum, headers) = headers.split_at_checked(4).ok_or(damaged("its headers are missing"))?;
            if sum != checksum(offset, time, &key, value.as_deref(), headers) {
                return Err(damaged("its checksum does not match"));
            }
            headers::decode(headers, &key, time).ok_or(damaged("its headers are invalid"))?
        }
        _ => return Err(damaged("its headers are invalid")),
    };
    Ok(LogRecord { offset, key, value, headers, time })
}

fn unpack(topic: Topic, key: &str, kept: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    let packed = rest.strip_suffix(&[FIRST])?;
    let length = usize::try_from(get_frame_content_size(packed).ok()??).ok()?;
    // No rest of a value is longer, whatever a damaged frame claims.
    let mut rest = Vec::with_capacity(Some(length).filter(|length| *length <= 2 * MAX_VALUE_BYTES)?);
    let context = context(topic, key, kept);
    let mut decompressor = DCtx::create();
    decompressor.ref_prefix(&context).ok()?;
    decompressor.decompress(&mut rest, packed).ok()?;
    split::join(kept, &rest, MAX_VALUE_BYTES)
}

/// Returns the checksum of a record: of its place, of what it says, and of its compact headers.
fn checksum(offset: i64, time: i64, key: &str, value: Option<&[u8]>, headers: &[u8]) -> [u8; 4] {
    let mut hash = Xxh3::new();
    hash.update(&offset.to_le_bytes());
    hash.update(&time.to_le_bytes());
    hash.update(&value.map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
    for part in [key.as_bytes(), headers] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(value.unwrap_or_default());
    (hash.digest() as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::record::cloud_event;

    const NOW: i64 = 1_764_000_000_000;

    fn record(topic: Topic, key: &str, value: Option<&str>) -> Record {
        let time = chrono::DateTime::from_timestamp_millis(NOW - 50).unwrap();
        Record {
            topic,
            key: key.into(),
            value: value.map(|value| value.as_bytes().to_vec()),
            headers: cloud_event("article/1", "any", "dateline.article.created", "f", time, None),
            partition_by: key.into(),
        }
    }

    fn store(records: Vec<Record>) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let transaction = connection.transaction().unwrap();
        let batch = Batch { records, ..Batch::default() };
        append(&transaction, "dateline", &[batch], NOW).unwrap();
        transaction.commit().unwrap();
        connection
    }

    fn read(connection: &Connection, version: i32) -> Vec<Result<LogRecord, LogError>> {
        let sql = format!("SELECT {}, topic FROM log ORDER BY id", columns(version));
        let mut query = connection.prepare(&sql).unwrap();
        let mut rows = query.query([]).unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let topic: String = row.get(6).unwrap();
            all.push(super::read(Topic::parse(&topic, "dateline").unwrap(), row));
        }
        all
    }

    fn article(text: &str) -> String {
        format!(r#"{{"id":"a","url":null,"headline":"H","text":"{text}","blocks":[],"word_count":3}}"#)
    }

    #[test]
    fn records_are_read_back_as_they_were_and_queried_where_they_lie() {
        let records = vec![
            record(Topic::Articles, "a", Some(&article("Some words."))),
            record(Topic::Articles, "b", None),
            record(Topic::Quotes, "a/q", Some("not JSON")),
            record(Topic::FeedEvents, "f", Some("{}")),
            record(Topic::Articles, "c", Some(&article(&"x".repeat(300_000)))),
        ];
        let connection = store(records.clone());
        let all: Vec<LogRecord> = read(&connection, 2).into_iter().map(Result::unwrap).collect();
        for (stored, record) in all.iter().zip(&records) {
            assert_eq!((&stored.key, &stored.value, &stored.headers), (&record.key, &record.value, &record.headers));
            assert_eq!(stored.time, NOW);
        }
        assert_eq!(all.iter().map(|stored| stored.offset).collect::<Vec<_>>(), [0, 1, 0, 0, 2]);
        let sql = "SELECT CAST(value AS TEXT) ->> '$.headline', length(value) + length(rest) FROM log WHERE key = 'c'";
        let (headline, length): (String, i64) =
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert!(headline == "H" && length < 300, "{headline} {length}");
    }

    #[test]
    fn rows_of_version_1_are_read_before_and_after_the_change() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                r#"CREATE TABLE log(
                   id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
                   key TEXT NOT NULL, value BLOB, headers TEXT NOT NULL, time INTEGER NOT NULL);
                   INSERT INTO log VALUES (1, 'dateline.articles', 0, 7, 'k', x'7b7d', '[["a","b"]]', 5),
                                          (2, 'dateline.articles', 0, 8, 'k', NULL, '[]', 6)"#,
            )
            .unwrap();
        let check = |version| {
            let all: Vec<LogRecord> = read(&connection, version).into_iter().map(Result::unwrap).collect();
            assert_eq!((all[0].offset, all[0].value.as_deref()), (7, Some(&b"{}"[..])));
            assert_eq!(all[0].headers, [("a".to_owned(), "b".to_owned())]);
            assert_eq!((all[1].value.as_deref(), all[1].time), (None, 6));
        };
        check(1);
        connection.execute_batch(ADD_REST).unwrap();
        check(2);
    }

    #[test]
    fn no_damaged_bit_of_a_record_goes_unnoticed() {
        let text = article("The council met and decided nothing.");
        let connection = store(vec![record(Topic::Articles, "key", Some(&text))]);
        let mut found = 0;
        for column in ["value", "rest", "headers", "key"] {
            let bytes: Vec<u8> =
                connection.query_row(&format!("SELECT CAST({column} AS BLOB) FROM log"), [], |row| row.get(0)).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let sql = format!("UPDATE log SET {column} = ?1");
                match String::from_utf8(damaged.clone()).ok().filter(|_| column == "key") {
                    Some(key) => connection.execute(&sql, [key]).unwrap(),
                    None => connection.execute(&sql, [damaged]).unwrap(),
                };
                match read(&connection, 2).remove(0) {
                    Err(_) => found += 1,
                    // A frame has a few bits that say nothing.
                    Ok(record) => {
                        assert!(column == "rest", "{column}, bit {bit}");
                        assert_eq!(record.value.as_deref(), Some(text.as_bytes()), "bit {bit}");
                    }
                }
            }
            match column {
                "key" => connection.execute("UPDATE log SET key = 'key'", []).unwrap(),
                _ => connection.execute(&format!("UPDATE log SET {column} = ?1"), [bytes]).unwrap(),
            };
        }
        connection.execute("UPDATE log SET offset = 5", []).unwrap();
        assert!(read(&connection, 2).remove(0).is_err() && found > 500, "{found}");
        connection.execute("UPDATE log SET offset = 0, value = NULL", []).unwrap();
        assert!(read(&connection, 2).remove(0).is_err());
    }

    #[test]
    fn the_common_texts_never_change() {
        let hash = |text| hex::encode(ring::digest::digest(&ring::digest::SHA256, text));
        assert_eq!(hash(COMMON.0), "8df8739e551b8deeb98ae1780c882283cc04dd9720467a0b7f98afd054170fbf");
        assert_eq!(hash(COMMON.1), "05a13c818d864fb95fa3837449616943ea43e501b7d6e65cbc04321d68edf0f4");
    }

    #[test]
    fn a_rest_that_claims_to_be_huge_is_refused() {
        let connection = store(vec![record(Topic::Articles, "key", Some(&article("x")))]);
        let huge = zstd::bulk::compress(&vec![0; 3 * MAX_VALUE_BYTES], 1).unwrap();
        connection.execute("UPDATE log SET rest = ?1", [[&huge[..], &[FIRST]].concat()]).unwrap();
        assert!(matches!(read(&connection, 2).remove(0), Err(LogError::Damaged { .. })));
    }
}
