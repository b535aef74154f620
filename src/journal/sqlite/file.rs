//! Locks, creates, opens and checks the store's file. A damaged file is reported and left as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::migrate::{self, VERSION};
use crate::journal::{JournalError, Reason, disk};

/// How long to wait for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The size to which the write-ahead log is cut.
const MAX_IDLE_LOG_BYTES: i64 = 64 << 20;
/// A file up to this size is checked in full at each start, which takes a tenth of a second. In a larger file each row
/// is checked when it is read, and all of the state in the background, so that a start takes no longer for a larger file.
const CHECKED_BYTES: u64 = 64 << 20;

/// Locks the store for as long as the returned file lives.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let name = beside(path, ".lock");
    let file = File::create(&name).map_err(|error| io_error(&name, "cannot create the lock file", error))?;
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => {
            JournalError::fatal(format!("{}: in use by another dateline process; stop it first", path.display()))
        }
        fs::TryLockError::Error(error) => io_error(&name, "cannot lock the store", error),
    })?;
    Ok(file)
}

/// Opens the store and brings it up to date, or creates it if it is missing.
pub(super) fn open(path: &Path, schema: &str) -> Result<Connection, JournalError> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => {
            return Err(JournalError::Fatal(Reason::from(format!("{shown}: the store is empty")).advise(RECOVER)));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let log = beside(path, "-wal");
            if log.exists() {
                return Err(JournalError::fatal(format!(
                    "{shown}: the store is missing but its log {} exists; restore the store from a backup, or move the log away \
                     to start with an empty store",
                    log.display()
                )));
            }
            create(path, schema)?;
        }
        Err(error) => return Err(io_error(path, "cannot open the store", error)),
    }
    let failed = |error: rusqlite::Error| JournalError::Fatal(reason(path, "cannot open the store", error));
    let mut connection = Connection::open(path).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    let found: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if !(1..=VERSION).contains(&found) {
        return Err(JournalError::fatal(format!(
            "{shown}: the store has version {found}, but this dateline reads version {VERSION}; use a dateline of that version"
        )));
    }
    match check(&connection).map_err(failed)? {
        None => {
            migrate::migrate(&mut connection, found).map_err(failed)?;
            disk::migrate(&mut connection).map_err(failed)?;
            Ok(connection)
        }
        Some(fault) => {
            Err(JournalError::Fatal(Reason::new(format!("{shown}: the store is damaged"), fault).advise(RECOVER)))
        }
    }
}

/// Creates the store under a temporary name and renames it when complete, so a half-made store never appears.
fn create(path: &Path, schema: &str) -> Result<(), JournalError> {
    let new = beside(path, ".new");
    for leftover in [new.clone(), beside(&new, "-journal")] {
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io_error(&leftover, "cannot remove what an earlier start left", error));
            }
            _ => {}
        }
    }
    let write = || -> rusqlite::Result<()> {
        let mut connection = Connection::open(&new)?;
        // Records of a kilobyte leave less space unused in such pages. This setting takes effect only in a new file.
        connection.pragma_update(None, "page_size", 8_192)?;
        // Returns pruned space to the file system. This setting takes effect only in a new file.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(schema)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    };
    write().map_err(|error| JournalError::Fatal(reason(path, "cannot create the store", error)))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::rename(&new, path)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| io_error(path, "cannot create the store", error))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    disk::keep_statements(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The write-ahead log is copied into the file beside the commits (`maintenance`), and cut to this size once a reader that
    // made it long has ended.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", MAX_IDLE_LOG_BYTES)?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Returns the first fault in the structure of the file.
fn check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let bytes = number("page_count")?.saturating_mul(number("page_size")?);
    if u64::try_from(bytes).unwrap_or(0) > CHECKED_BYTES {
        return Ok(None);
    }
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((answer != "ok").then(|| answer.replace('\n', " ")))
}

/// What to do about a damaged store.
pub(super) const RECOVER: &str =
    "restore it from a backup, or move it and the files beside it away to start with an empty store";

/// Returns what failed (`cannot …`) at the store and why, with advice where a person must intervene.
pub(super) fn reason(path: &Path, failed: &str, error: rusqlite::Error) -> Reason {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Reason::new(format!("{path}: the store is damaged"), error).advise(RECOVER)
        }
        Some(ErrorCode::DiskFull) => Reason::new(format!("{path}: the disk is full"), error),
        _ => Reason::new(format!("{path}: {failed}"), error),
    }
}

fn io_error(path: &Path, failed: &str, error: std::io::Error) -> JournalError {
    JournalError::Fatal(Reason::new(format!("{}: {failed}", path.display()), error))
}

/// Returns the path with a suffix added to its file name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
