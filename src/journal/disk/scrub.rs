//! Reads every row in the background and compares it with its checksum, so that damage is found before the row is
//! needed.

use std::time::Duration;

use super::rows::{ArticleRow, EntryRow, recent_sum, value_sum};
use super::{CommittedState, DiskError, ReadError};

/// Rows that are read in one go.
const ROWS: i64 = 2_000;
/// The pause after each of them; it keeps the work below a tenth of a core.
pub const PAUSE: Duration = Duration::from_millis(50);

/// The place that a scrub has reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScrubPlace {
    table: usize,
    feed: i64,
    key: [u8; 16],
}

/// Verifies the next rows, of all partitions. Returns the place to continue from; `None` at the end.
pub fn scrub(state: &CommittedState, place: ScrubPlace) -> Result<Option<ScrubPlace>, DiskError> {
    state.with(|connection| {
        let next = match place.table {
            0 => {
                let mut query = connection
                    .prepare_cached("SELECT no, id, state, sum FROM feed WHERE no > ?1 ORDER BY no LIMIT ?2")?;
                let mut rows = query.query([place.feed, ROWS])?;
                let mut last = None;
                while let Some(row) = rows.next()? {
                    let value: Option<Vec<u8>> = row.get(2)?;
                    let sum = value.as_deref().map(|value| value_sum(b"", value));
                    if sum != row.get::<_, Option<i64>>(3)? {
                        return Err(ReadError::Damaged(format!("feed {}", row.get::<_, String>(1)?)));
                    }
                    last = Some(ScrubPlace { feed: row.get(0)?, ..place });
                }
                last
            }
            1 => {
                let mut query = connection.prepare_cached(
                    "SELECT feed, key, form, guid, link, title, text, published, article, seen, more, sum FROM entry
                     WHERE (feed, key) > (?1, ?2) ORDER BY feed, key LIMIT ?3",
                )?;
                let mut rows = query.query(rusqlite::params![place.feed, place.key, ROWS])?;
                let mut last = None;
                while let Some(row) = rows.next()? {
                    let (feed, key): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
                    let (entry, sum) = EntryRow::of(row, 2)?;
                    if entry.sum(&key) != sum {
                        return Err(ReadError::Damaged(format!("an entry of feed number {feed}")));
                    }
                    last = Some(ScrubPlace { feed, key, ..place });
                }
                last
            }
            2 => {
                let mut query = connection.prepare_cached(
                    "SELECT id, hash, revision, first_seen, reading, shown, more, sum FROM article
                     WHERE id > ?1 ORDER BY id LIMIT ?2",
                )?;
                let mut rows = query.query(rusqlite::params![place.key, ROWS])?;
                let mut last = None;
                while let Some(row) = rows.next()? {
                    let key: [u8; 16] = row.get(0)?;
                    let (article, sum) = ArticleRow::of(row, 1)?;
                    if article.sum(&key) != sum {
                        return Err(ReadError::Damaged(format!("article {}", uuid::Uuid::from_bytes(key))));
                    }
                    last = Some(ScrubPlace { key, ..place });
                }
                last
            }
            3 => {
                let mut query = connection.prepare_cached(
                    "SELECT id, first_seen, sketch, last, sum FROM recent WHERE id > ?1 ORDER BY id LIMIT ?2",
                )?;
                let mut rows = query.query(rusqlite::params![place.key, ROWS])?;
                let mut last = None;
                while let Some(row) = rows.next()? {
                    let key: [u8; 16] = row.get(0)?;
                    let [sketch, packed] = [row.get::<_, Option<Vec<u8>>>(2)?, row.get(3)?];
                    if recent_sum(&key, row.get(1)?, sketch.as_deref(), packed.as_deref()) != row.get::<_, i64>(4)? {
                        let id = uuid::Uuid::from_bytes(key);
                        return Err(ReadError::Damaged(format!("the last revision of article {id}")));
                    }
                    last = Some(ScrubPlace { key, ..place });
                }
                last
            }
            _ => return Ok(None),
        };
        Ok(Some(next.unwrap_or(ScrubPlace { table: place.table + 1, ..ScrubPlace::default() })))
    })
}
