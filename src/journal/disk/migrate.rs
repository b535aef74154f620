//! Moves the state of a store of version 1, one row of JSON for each key, into the tables.

use rusqlite::{Connection, TransactionBehavior, params};

use super::SCHEMA;
use super::apply::{FeedNumbers, apply};

/// Rows moved in one transaction, so that the write-ahead log stays small.
const ROWS: i64 = 10_000;

/// Moves the rows of the table `state`, if there is one, and drops it. A move that was interrupted is continued.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)?;
    if !connection.table_exists(None, "state")? {
        return Ok(());
    }
    let all: i64 = connection.query_row("SELECT count(*) FROM state", [], |row| row.get(0))?;
    tracing::info!(values = all, "moving the state to the tables of this version");
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut numbers = FeedNumbers::default();
        let mut moved = 0;
        {
            // In the order in which they were written.
            let mut query = transaction.prepare("SELECT id, key, value FROM state ORDER BY id LIMIT ?1")?;
            let mut rows = query.query([ROWS])?;
            let mut last = None;
            while let Some(row) = rows.next()? {
                let key: String = row.get(1)?;
                apply(&transaction, &mut numbers, 0, None, &key, row.get_ref(2)?.as_bytes().ok())?;
                last = Some(row.get::<_, i64>(0)?);
                moved += 1;
            }
            drop(rows);
            transaction.execute("DELETE FROM state WHERE id <= ?1", params![last])?;
            numbers.save(&transaction)?;
        }
        transaction.commit()?;
        if moved < ROWS {
            break;
        }
    }
    connection.execute_batch("DROP TABLE state")
}
