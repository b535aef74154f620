//! Brings a store of an earlier version up to date, one version at a time. A step is one transaction, so a start that is killed
//! goes on where it was at the next start. A step never rewrites the log, whatever its size: its rows stay readable.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::log;

/// Changes a file of the version before.
type Step = fn(&Transaction) -> rusqlite::Result<()>;

/// The file's present version, its `user_version`. A file with a higher one is left untouched.
pub(super) const VERSION: i32 = 2;

/// The steps: the first makes version 2 of version 1.
const STEPS: [Step; VERSION as usize - 1] = [|file| file.execute_batch(log::ADD_REST)];

/// Applies the steps that a file of this version lacks.
pub(super) fn migrate(connection: &mut Connection, found: i32) -> rusqlite::Result<()> {
    for (version, step) in (2..).zip(STEPS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step(&transaction)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
        tracing::info!(version, "store updated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::journal::sqlite::tests::{at, batch, read_all};
    use crate::journal::sqlite::{Newest, SqliteJournal};
    use crate::journal::{Journal, JournalError};
    use crate::record::Topic;

    /// A store as version 1 wrote it.
    const FIRST: &str = r#"
        PRAGMA auto_vacuum = INCREMENTAL;
        CREATE TABLE log(
          id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
          key TEXT NOT NULL, value BLOB, headers TEXT NOT NULL, time INTEGER NOT NULL);
        CREATE UNIQUE INDEX log_place ON log(topic, partition, offset);
        CREATE TABLE state(
          id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL, time INTEGER NOT NULL);
        INSERT INTO log VALUES (1, 'dateline.articles', 0, 0, 'a', CAST('{"text":"x"}' AS BLOB), '[]', 1);
        INSERT INTO log VALUES (2, 'dateline.quotes', 0, 0, 'a/q', CAST('{"text":"y"}' AS BLOB), '[["schema","quote/1"]]', 1);
        INSERT INTO log VALUES (3, 'dateline.quotes', 0, 1, 'a/q', NULL, '[]', 1);
        INSERT INTO state VALUES (1, 'f', CAST('{}' AS BLOB), 1);
        PRAGMA user_version = 1;"#;

    #[tokio::test]
    async fn a_store_of_version_1_is_read_and_continued() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        Connection::open(&path).unwrap().execute_batch(FIRST).unwrap();
        let want = |value: Option<&str>| value.map(|value| value.as_bytes().to_vec());
        let mut quotes = vec![(0, "a/q".to_owned(), want(Some(r#"{"text":"y"}"#))), (1, "a/q".to_owned(), None)];
        assert_eq!(read_all(&path, Topic::Quotes).await, quotes, "before it is updated");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        journal.commit(&[batch("b", Some(r#"{"text":"z","block":1}"#))]).await.unwrap();
        quotes.push((2, "b".to_owned(), want(Some(r#"{"text":"z","block":1}"#))));
        assert_eq!(read_all(&path, Topic::Quotes).await, quotes);
        assert_eq!(Newest::open(&path, "dateline", 10).unwrap().count(), 3);
        let state = journal.restore().await.unwrap();
        assert_eq!(crate::journal::disk::export(&state).unwrap().len(), 2);
        drop(journal);
        drop(SqliteJournal::open(at(&path), "dateline").unwrap());
        assert_eq!(read_all(&path, Topic::Quotes).await, quotes, "the second start changes nothing");
    }

    #[test]
    fn a_store_of_a_later_version_is_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(SqliteJournal::open(at(&path), "dateline").unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", super::VERSION + 1).unwrap();
        let Err(JournalError::Fatal(reason)) = SqliteJournal::open(at(&path), "dateline") else { panic!("opened") };
        assert!(reason.to_string().contains("use a dateline of that version"), "{reason}");
    }
}
