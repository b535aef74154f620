//! Prunes the log by age and by size. The oldest records are removed a few at a time between two groups, so no commit
//! waits long and nothing has to stop.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};
use tracing::warn;

use super::options::Options;
use crate::record::Topic;

/// Records removed per run.
const ROWS: i64 = 2_000;
/// Pages returned to the file system per run.
const PAGES: i64 = 4_000;
/// The pause between two checks when nothing was left to remove.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// Removes records beyond the retention limits.
pub(super) struct Pruner {
    options: Options,
    next: Instant,
}

impl Pruner {
    pub(super) fn new(options: Options) -> Self {
        Self { options, next: Instant::now() }
    }

    /// Removes a few records when a run is due; `now` is in milliseconds since 1970. A failure is logged and retried later:
    /// committed data is not affected.
    pub(super) fn prune_if_due(&mut self, connection: &mut Connection, prefix: &str, now: i64) {
        if Instant::now() < self.next || self.options.retention.is_none() && self.options.max_bytes.is_none() {
            return;
        }
        match prune(connection, prefix, &self.options, now) {
            Ok(true) => {}
            Ok(false) => self.next = Instant::now() + CHECK_EVERY,
            Err(error) => {
                self.next = Instant::now() + CHECK_EVERY;
                warn!(%error, "pruning the store failed; retrying later");
            }
        }
    }
}

/// Removes at most [`ROWS`] of the oldest records. Returns whether more must be removed.
fn prune(connection: &mut Connection, prefix: &str, options: &Options, now: i64) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let newest: Option<i64> = transaction.query_row("SELECT max(id) FROM log", [], |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(false) };
    // The last record of each topic stays, so offsets continue from it.
    let mut last = transaction
        .prepare_cached("SELECT id FROM log WHERE topic = ?1 AND partition = 0 ORDER BY offset DESC LIMIT 1")?;
    let mut kept = Vec::new();
    for topic in Topic::ALL {
        kept.extend(last.query_row([topic.name(prefix)], |row| row.get::<_, i64>(0)).optional()?);
    }
    drop(last);
    let kept = serde_json::to_string(&kept).expect("numbers are always JSON");
    // Records are in time order: the first one that is young enough ends the range to remove.
    let mut end = 0;
    if let Some(age) = options.retention {
        let oldest = now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let first =
            "SELECT id FROM log WHERE time >= ?1 AND id NOT IN (SELECT value FROM json_each(?2)) ORDER BY id LIMIT 1";
        let young: Option<i64> = transaction.query_row(first, params![oldest, kept], |row| row.get(0)).optional()?;
        end = young.unwrap_or(newest + 1);
    }
    if let Some(bytes) = options.max_bytes {
        let used = used(&transaction)?;
        if used > bytes {
            // Estimates the range to remove from the average record size; the next run removes the rest if it was too small.
            let oldest: i64 = transaction.query_row("SELECT min(id) FROM log", [], |row| row.get(0))?;
            let share = (used - bytes) as f64 / used as f64;
            end = end.max(oldest + ((newest + 1 - oldest) as f64 * share).ceil() as i64);
        }
    }
    let removed = transaction.execute(
        "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE id < ?1 AND id NOT IN (SELECT value FROM json_each(?2))
         ORDER BY id LIMIT ?3)",
        params![end, kept, ROWS],
    )?;
    transaction.commit()?;
    if removed > 0 {
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    }
    let more = options.max_bytes.is_some_and(|bytes| used(connection).is_ok_and(|used| used > bytes));
    Ok(removed > 0 && (i64::try_from(removed) == Ok(ROWS) || more))
}

/// Returns the bytes in use in the file.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages.saturating_mul(number("page_size")?)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, batch, read_all};
    use super::super::{Journal, SqliteJournal};
    use super::*;

    const DAY: i64 = 86_400_000;

    #[tokio::test]
    async fn old_records_are_pruned_and_offsets_continue() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let options = Options { retention: Some(Duration::from_secs(30 * 86_400)), ..at(&path) };
        let journal = SqliteJournal::open(options.clone(), "dateline").unwrap();
        let group: Vec<_> = (0..5_000).map(|i| batch(&format!("k{i}"), Some("1"))).collect();
        journal.commit(&group).await.unwrap();
        assert_eq!(read_all(&path, Topic::Quotes).await.len(), 5_000, "recent ones are kept");
        let later = |days: i64| {
            let mut connection = journal.connection.lock().unwrap();
            let now = chrono::Utc::now().timestamp_millis() + days * DAY;
            while prune(&mut connection, "dateline", &options, now).unwrap() {}
        };
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
        let journal = SqliteJournal::open(options, "dateline").unwrap();
        let value = "x".repeat(2_000);
        for round in 0..40 {
            let group: Vec<_> = (0..200).map(|_| batch("k", Some(&value))).collect();
            journal.commit(&group).await.unwrap();
            journal.pruner.lock().unwrap().next = Instant::now(); // as if half a minute had passed
            let left = read_all(&path, Topic::Quotes).await;
            assert_eq!(left.last().unwrap().0, (round + 1) * 200 - 1, "nothing new is missing");
            assert!(left.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "only the oldest are missing");
        }
        let connection = journal.connection.lock().unwrap();
        assert!(used(&connection).unwrap() < 8 << 20, "{}", used(&connection).unwrap());
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        assert!(pages * 4096 < 16 << 20, "space is returned: {pages} pages");
    }
}
