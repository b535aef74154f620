//! Locks, creates, opens and checks the store's file. A damaged file is reported and left as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::journal::JournalError;

/// How long to wait for another process to finish writing.
const BUSY: Duration = Duration::from_secs(5);
/// A file up to this size is checked in full at each start, at about a second per GB. In a larger file only the state
/// is checked, because known entries cannot be told from new ones without it.
const CHECKED_BYTES: u64 = 4 << 30;

/// Locks the store for as long as the returned file lives.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let name = beside(path, ".lock");
    let file = File::create(&name).map_err(|error| fatal(&name, error))?;
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => fatal(path, "in use by another dateline; stop that one first"),
        fs::TryLockError::Error(error) => fatal(&name, error),
    })?;
    Ok(file)
}

/// Opens the store, or creates it if it is missing.
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

/// Creates the store under a temporary name and renames it when complete, so a half-made store never appears.
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
        // Returns pruned space to the file system. This setting takes effect only in a new file.
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

/// Returns the first fault in the structure of the file.
fn check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let bytes = number("page_count")?.saturating_mul(number("page_size")?);
    let what = if u64::try_from(bytes).unwrap_or(0) > CHECKED_BYTES { "state" } else { "1" };
    let told: String = connection.query_row(&format!("PRAGMA quick_check({what})"), [], |row| row.get(0))?;
    Ok((told != "ok").then(|| told.replace('\n', " ")))
}

const DAMAGED: &str =
    "the store is damaged: bring it back from a backup, or move it and the files beside it away to begin anew";

/// Describes a fault that only a person can repair.
pub(super) fn damaged(error: &rusqlite::Error) -> String {
    format!("{error}; {DAMAGED}")
}

/// Describes an error in words that help the user.
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

/// Returns the path with a suffix added to its file name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
