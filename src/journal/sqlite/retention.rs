//! Removes records beyond the limits of age and size, and returns free space to the file system: a slice of it at a time.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

use super::options::Options;

/// The time that a slice should take: a commit may wait that long.
const SLICE: Duration = Duration::from_millis(15);
/// The fewest and the most records removed, or pages returned, by a slice.
const AMOUNTS: (u32, u32) = (32, 20_000);
/// Free pages that stay in the file for new records: a share of the file, and at least this many.
const SPARE_SHARE: i64 = 16;
const SPARE_PAGES: i64 = 256;

/// Removes records beyond the limits.
pub(super) struct Pruner {
    retention: Option<Duration>,
    max_bytes: Option<u64>,
    records: Amount,
    pages: Amount,
}

/// What a slice did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slice {
    /// There was nothing to do.
    Done,
    /// There may be more to do.
    Worked {
        /// How long it took.
        took: Duration,
        /// About how much it wrote.
        bytes: u64,
    },
}

/// How much a slice does, by how long the last ones took.
struct Amount(u32);

impl Amount {
    fn adapt(&mut self, took: Duration) {
        let next = if took > SLICE * 2 {
            self.0 / 2
        } else if took < SLICE / 2 {
            self.0.saturating_mul(2)
        } else {
            self.0
        };
        self.0 = next.clamp(AMOUNTS.0, AMOUNTS.1);
    }
}

impl Pruner {
    /// Creates a pruner with these limits.
    pub(super) fn new(options: &Options) -> Self {
        Self { retention: options.retention, max_bytes: options.max_bytes, records: Amount(256), pages: Amount(256) }
    }

    /// Changes the limits for all later slices.
    pub(super) fn set_limits(&mut self, options: &Options) {
        (self.retention, self.max_bytes) = (options.retention, options.max_bytes);
    }

    /// Does one slice; `now` is in milliseconds since 1970.
    pub(super) fn slice(&mut self, connection: &mut Connection, now: i64) -> rusqlite::Result<Slice> {
        if self.retention.is_none() && self.max_bytes.is_none() {
            return Ok(Slice::Done);
        }
        let begun = Instant::now();
        let removed = self.remove(connection, now)?;
        if removed > 0 {
            let took = begun.elapsed();
            self.records.adapt(took);
            return Ok(Slice::Worked { took, bytes: u64::from(removed) * 2_048 });
        }
        let free = number(connection, "freelist_count")?;
        let pages = number(connection, "page_count")?;
        if free <= (pages / SPARE_SHARE).max(SPARE_PAGES) {
            return Ok(Slice::Done);
        }
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({})", self.pages.0))?;
        let took = begun.elapsed();
        let bytes = u64::from(self.pages.0) * 4_096;
        self.pages.adapt(took);
        Ok(Slice::Worked { took, bytes })
    }

    /// Removes some of the oldest records that are beyond the limits; returns how many.
    fn remove(&self, connection: &mut Connection, now: i64) -> rusqlite::Result<u32> {
        let transaction = connection.transaction()?;
        let range = |edge: &str| {
            let sql = format!("SELECT id FROM log ORDER BY id {edge} LIMIT 1");
            transaction.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0)).optional()
        };
        let (Some(oldest), Some(newest)) = (range("ASC")?, range("DESC")?) else { return Ok(0) };
        // The last record of each topic stays, so offsets continue from it.
        let mut last = transaction
            .prepare_cached("SELECT id FROM log WHERE topic = ?1 AND partition = 0 ORDER BY offset DESC LIMIT 1")?;
        // One look at the index for each topic, those of routes included.
        let mut next = transaction
            .prepare_cached("SELECT topic FROM log WHERE topic > ?1 ORDER BY topic, partition, offset LIMIT 1")?;
        let (mut kept, mut topic) = (Vec::new(), String::new());
        while let Some(found) = next.query_row([&topic], |row| row.get::<_, String>(0)).optional()? {
            kept.extend(last.query_row([&found], |row| row.get::<_, i64>(0)).optional()?);
            topic = found;
        }
        drop((last, next));
        let kept = serde_json::to_string(&kept).expect("numbers are always JSON");
        let young = self
            .retention
            .map_or(i64::MIN, |age| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)));
        // The records that make up what is too much, by the average size of a record.
        let mut end = i64::MIN;
        if let Some(bytes) = self.max_bytes {
            let used = used(&transaction)?;
            if used > bytes {
                let share = (used - bytes) as f64 / used as f64;
                end = oldest + ((newest + 1 - oldest) as f64 * share).ceil() as i64;
            }
        }
        // Records are in the order of time, so the oldest ones alone are looked at.
        let removed = transaction
            .prepare_cached(
                "DELETE FROM log WHERE id IN (
                   SELECT id FROM log WHERE id NOT IN (SELECT value FROM json_each(?1)) ORDER BY id LIMIT ?2)
                 AND (id < ?3 OR time < ?4)",
            )?
            .execute(params![kept, self.records.0, end, young])?;
        transaction.commit()?;
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    }
}

/// Returns the bytes in use in the file.
pub(super) fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = number(connection, "page_count")? - number(connection, "freelist_count")?;
    Ok(u64::try_from(pages.saturating_mul(number(connection, "page_size")?)).unwrap_or(0))
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, batch, read_all};
    use super::super::{Journal, SqliteJournal};
    use super::*;
    use crate::record::Topic;

    const DAY: i64 = 86_400_000;

    /// Removes all that is beyond the limits.
    fn prune(journal: &SqliteJournal, options: &Options, now: i64) {
        let mut pruner = Pruner::new(options);
        while pruner.slice(&mut journal.connection.lock().unwrap(), now).unwrap() != Slice::Done {}
    }

    #[tokio::test]
    async fn old_records_are_pruned_and_offsets_continue() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let options = Options { retention: Some(Duration::from_secs(30 * 86_400)), ..at(&path) };
        let journal = SqliteJournal::open(options.clone(), "dateline").unwrap();
        let group: Vec<_> = (0..5_000).map(|i| batch(&format!("k{i}"), Some("1"))).collect();
        journal.commit(&group).await.unwrap();
        assert_eq!(read_all(&path, Topic::Quotes).await.len(), 5_000, "recent ones are kept");
        let later = |days: i64| prune(&journal, &options, chrono::Utc::now().timestamp_millis() + days * DAY);
        later(29);
        assert_eq!(read_all(&path, Topic::Quotes).await.len(), 5_000);
        later(31);
        let left = read_all(&path, Topic::Quotes).await;
        assert_eq!(
            left.iter().map(|(offset, ..)| *offset).collect::<Vec<_>>(),
            [4_999],
            "the last one keeps the offset"
        );
        let state = journal.restore().await.unwrap();
        assert_eq!(crate::journal::disk::export(&state).unwrap().len(), 5_000, "state is never removed");
        journal.commit(&[batch("new", Some("1"))]).await.unwrap();
        assert_eq!(read_all(&path, Topic::Quotes).await.last().unwrap().0, 5_000);
    }

    #[tokio::test]
    async fn store_stays_within_its_size_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let options = Options { max_bytes: Some(2 << 20), ..at(&path) };
        let journal = SqliteJournal::open(options.clone(), "dateline").unwrap();
        let value = "x".repeat(2_000);
        for round in 0..40 {
            let group: Vec<_> = (0..200).map(|_| batch("k", Some(&value))).collect();
            journal.commit(&group).await.unwrap();
            prune(&journal, &options, chrono::Utc::now().timestamp_millis());
            let left = read_all(&path, Topic::Quotes).await;
            assert_eq!(left.last().unwrap().0, (round + 1) * 200 - 1, "nothing new is missing");
            assert!(left.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "only the oldest are missing");
        }
        let connection = journal.connection.lock().unwrap();
        assert!(used(&connection).unwrap() <= 2 << 20, "{}", used(&connection).unwrap());
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        assert!(pages * 4096 < 4 << 20, "space is returned: {pages} pages");
    }

    #[test]
    fn slices_are_sized_by_the_time_they_take() {
        let mut amount = Amount(256);
        amount.adapt(SLICE * 3);
        assert_eq!(amount.0, 128);
        amount.adapt(SLICE);
        assert_eq!(amount.0, 128);
        (0..30).for_each(|_| amount.adapt(Duration::ZERO));
        assert_eq!(amount.0, AMOUNTS.1);
        (0..30).for_each(|_| amount.adapt(SLICE * 3));
        assert_eq!(amount.0, AMOUNTS.0);
    }
}
