//! The store's file: locked, made, opened, and checked for damage. What is damaged is told and left as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::journal::JournalError;

/// How long another program's writing is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// A file up to this size is checked as a whole at each start, about a second for each GB; of a larger one the state alone,
/// without which nothing can be told from what is new.
const CHECKED_BYTES: u64 = 4 << 30;

/// Locks the store for as long as the file given back lives.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let name = beside(path, ".lock");
    let file = File::create(&name).map_err(|error| fatal(&name, error))?;
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => fatal(path, "in use by another dateline; stop that one first"),
        fs::TryLockError::Error(error) => fatal(&name, error),
    })?;
    Ok(file)
}

/// Opens the store, or makes it where there is none.
pub(super) fn open(path: &Path, schema: &str, version: i32) -> Result<Connection, JournalError> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => {
            return Err(fatal(path, format!("the file is empty; {DAMAGED}")));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let log = beside(path, "-wal");
            if log.exists() {
                let words = format!(
                    "the store is gone, but its log {} is there: bring it back from a backup, or move the log away to begin anew",
                    log.display()
                );
                return Err(fatal(path, words));
            }
            make(path, schema, version)?;
        }
        Err(error) => return Err(fatal(path, error)),
    }
    let told = |error: rusqlite::Error| fatal(path, told(&error));
    let connection = Connection::open(path).map_err(told)?;
    prepare(&connection).map_err(told)?;
    let found: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(told)?;
    if found != version {
        return Err(fatal(path, format!("store version {found}, but this dateline reads version {version}")));
    }
    check(&connection).map_err(told)?.map_or(Ok(connection), |fault| Err(fatal(path, format!("{fault}; {DAMAGED}"))))
}

/// Makes the store under another name and gives it its own when it is whole: a store that is there was never half-made.
fn make(path: &Path, schema: &str, version: i32) -> Result<(), JournalError> {
    let new = beside(path, ".new");
    for left in [new.clone(), beside(&new, "-journal")] {
        match fs::remove_file(&left) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fatal(&left, error)),
            _ => {}
        }
    }
    let made = || -> rusqlite::Result<()> {
        let mut connection = Connection::open(&new)?;
        // What retention removes is given back to the file system; this takes effect in a new file only.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(schema)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()
    };
    made().map_err(|error| fatal(path, told(&error)))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::rename(&new, path).and_then(|()| File::open(folder)?.sync_all()).map_err(|error| fatal(path, error))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// The first fault in the structure of the file.
fn check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let bytes = number("page_count")?.saturating_mul(number("page_size")?);
    let what = if u64::try_from(bytes).unwrap_or(0) > CHECKED_BYTES { "state" } else { "1" };
    let told: String = connection.query_row(&format!("PRAGMA quick_check({what})"), [], |row| row.get(0))?;
    Ok((told != "ok").then(|| told.replace('\n', " ")))
}

const DAMAGED: &str =
    "the store is damaged: bring it back from a backup, or move it and the files beside it away to begin anew";

/// A fault that only a person can mend.
pub(super) fn damaged(error: &rusqlite::Error) -> String {
    format!("{error}; {DAMAGED}")
}

/// An error in words that help.
pub(super) fn told(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(error),
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

fn fatal(path: &Path, words: impl std::fmt::Display) -> JournalError {
    JournalError::Fatal(format!("{}: {words}", path.display()))
}

/// The file of this name with something added.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
