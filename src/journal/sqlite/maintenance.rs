//! Work on the file beside the commits, on a thread of its own: copying the write-ahead log into the file, removing old records,
//! and returning space to the file system.
//!
//! A commit waits for one slice of that work at most. Slices are sized by the time they take, and the thread rests between two.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tracing::{info, warn};

use super::options::Options;
use super::retention::{Pruner, Slice};

/// The write-ahead log is copied into the file after about this many bytes.
const CHECKPOINT_BYTES: u64 = 4 << 20;
/// So few frames are copied while a commit waits, which lets the next commit start the write-ahead log over.
const LAST_FRAMES: i64 = 2_000;
/// Before a write-ahead log of this size is written to again, it is started over. Until then that is left to chance: it happens
/// if a commit comes while nobody reads the log.
const LONG_LOG_BYTES: u64 = 16 << 20;
/// How long commits wait for readers to leave a long log. Most read for a few milliseconds, but there is always one while the
/// pages are in use.
const RESTART_WAIT: Duration = Duration::from_millis(50);
/// A write-ahead log of this size is reported, and again at each doubling.
const LARGE_LOG_BYTES: u64 = 256 << 20;
/// The pause between two checks of the limits while nothing is committed.
const CHECK_EVERY: Duration = Duration::from_secs(30);
/// The thread rests this many times as long as a slice took.
const REST: u32 = 3;

/// The thread, which ends when this is dropped.
pub(super) struct Maintenance {
    written: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
    /// Changed limits that the thread has not taken over yet.
    limits: Arc<Mutex<Option<Options>>>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Maintenance {
    /// Starts the thread. `connection` is the one that commits; the thread opens another for checkpoints.
    pub(super) fn start(options: &Options, connection: Arc<Mutex<Connection>>) -> rusqlite::Result<Self> {
        let (written, stopped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let limits = Arc::<Mutex<Option<Options>>>::default();
        let (wake, woken) = sync_channel(1);
        let checkpoints = open(&options.path)?;
        let work = Work {
            page_bytes: checkpoints.query_row("PRAGMA page_size", [], |row| row.get(0))?,
            pruner: Pruner::new(options),
            connection,
            checkpoints,
            written: Arc::clone(&written),
            stopped: Arc::clone(&stopped),
            limits: Arc::clone(&limits),
            reported: LARGE_LOG_BYTES / 2,
        };
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || work.run(&woken))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self { written, stopped, limits, wake: Some(wake), thread: Some(thread) })
    }

    /// Changes the limits of age and size, and applies them soon.
    pub(super) fn set_limits(&self, options: Options) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = Some(options);
        self.wake();
    }

    /// Notes that about this many bytes were committed.
    pub(super) fn committed(&self, bytes: u64) {
        self.written.fetch_add(bytes, Relaxed);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(()); // one note is enough
        }
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.busy_timeout(RESTART_WAIT)?;
    Ok(connection)
}

struct Work {
    page_bytes: u64,
    pruner: Pruner,
    connection: Arc<Mutex<Connection>>,
    checkpoints: Connection,
    written: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
    limits: Arc<Mutex<Option<Options>>>,
    /// The size at which the write-ahead log was last reported.
    reported: u64,
}

impl Work {
    fn run(mut self, woken: &Receiver<()>) {
        let mut checked: Option<Instant> = None;
        loop {
            self.checkpoint_if_due();
            if let Some(options) = self.limits.lock().unwrap_or_else(PoisonError::into_inner).take() {
                self.pruner.set_limits(&options);
                checked = None;
            }
            if checked.is_none_or(|at| at.elapsed() >= CHECK_EVERY) {
                self.prune();
                checked = Some(Instant::now());
            }
            match woken.recv_timeout(CHECK_EVERY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes what is beyond the limits, in slices. A failure is logged and retried later: committed data is not affected.
    fn prune(&mut self) {
        while !self.stopped.load(Relaxed) {
            let now = chrono::Utc::now().timestamp_millis();
            let slice = self.pruner.slice(&mut self.connection.lock().unwrap_or_else(PoisonError::into_inner), now);
            match slice {
                Ok(Slice::Done) => return,
                Ok(Slice::Worked { took, bytes }) => {
                    self.written.fetch_add(bytes, Relaxed);
                    self.checkpoint_if_due();
                    std::thread::sleep(took * REST);
                }
                Err(error) => {
                    warn!(%error, "pruning the store failed; retrying later");
                    return;
                }
            }
        }
    }

    fn checkpoint_if_due(&mut self) {
        if self.written.load(Relaxed) < CHECKPOINT_BYTES {
            return;
        }
        self.written.store(0, Relaxed);
        if let Err(error) = self.checkpoint() {
            warn!(%error, "copying the write-ahead log into the store failed; retrying later");
        }
    }

    /// Copies the write-ahead log into the file as far as readers allow, while commits go on. The last frames, and those that
    /// were committed meanwhile, are copied between two commits: only a log that is copied in full is started over.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let (mut frames, mut copied) = checkpoint(&self.checkpoints, "PASSIVE")?;
        let bytes = |frames: i64| u64::try_from(frames).unwrap_or(0) * self.page_bytes;
        if frames - copied <= LAST_FRAMES || bytes(frames) >= LONG_LOG_BYTES {
            let mode = if bytes(frames) >= LONG_LOG_BYTES { "RESTART" } else { "PASSIVE" };
            let _between_commits = self.connection();
            (frames, copied) = checkpoint(&self.checkpoints, mode)?;
        }
        self.report(bytes(frames - copied));
        Ok(())
    }

    /// Reports a write-ahead log that readers keep from being copied.
    fn report(&mut self, bytes: u64) {
        if bytes >= self.reported * 2 {
            self.reported = bytes;
            warn!(
                bytes,
                advice = "end the program that has been reading the store since then",
                "write-ahead log grows, because a reader needs an old state of the store"
            );
        } else if bytes < LARGE_LOG_BYTES / 2 && self.reported >= LARGE_LOG_BYTES {
            self.reported = LARGE_LOG_BYTES / 2;
            info!("write-ahead log is small again");
        }
    }
}

/// Copies what can be copied: without waiting, or, to start the log over, after waiting for readers. Returns the frames of the
/// write-ahead log, and how many of them are copied.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| Ok((row.get(1)?, row.get(2)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sqlite::retention::used;
    use crate::journal::sqlite::tests::{at, batch};
    use crate::journal::sqlite::{Newest, SqliteJournal, SqliteReader};
    use crate::journal::{Journal, Reader, StartOffset};
    use crate::record::Topic;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn changed_limits_apply_to_an_open_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        let value = "x".repeat(2_000);
        let group: Vec<_> = (0..2_000).map(|_| batch("k", Some(&value))).collect();
        journal.commit(&group).await.unwrap();
        let limit = 1 << 20;
        let used = || used(&journal.connection.lock().unwrap()).unwrap();
        assert!(used() > limit);
        journal.set_store_limits(&Options { max_bytes: Some(limit), ..at(&path) });
        // Far less than the thread waits between two checks.
        let started = Instant::now();
        while used() > limit && started.elapsed() < CHECK_EVERY / 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(used() <= limit, "{}", used());
    }

    /// There is always somebody who reads the log, and each for a short time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_log_is_started_over_while_the_store_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let journal = SqliteJournal::open(at(&path), "dateline").unwrap();
        let value = "x".repeat(500_000);
        journal.commit(&[batch("a", Some(&value))]).await.unwrap();
        // These are open all the time, in the middle of what they read.
        let mut tail = SqliteReader::open(&path, "dateline", Topic::Quotes, StartOffset::Earliest, true).unwrap();
        assert!(tail.next().await.unwrap().is_some());
        let _newest = Newest::open(&path, "dateline", 1_000).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (path, stop) = (path.clone(), Arc::clone(&stop));
                std::thread::spawn(move || {
                    let connection = Connection::open(path).unwrap();
                    while !stop.load(Relaxed) {
                        let reading = connection.unchecked_transaction().unwrap();
                        let sql = "SELECT count(*) FROM log";
                        reading.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
                        std::thread::sleep(Duration::from_millis(7));
                    }
                })
            })
            .collect();
        let log = folder.path().join("store.db-wal");
        let mut longest = 0;
        for _ in 0..400 {
            journal.commit(&[batch("a", Some(&value))]).await.unwrap();
            longest = longest.max(std::fs::metadata(&log).unwrap().len());
        }
        stop.store(true, Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
        // 200 MB and more were written.
        assert!(longest < 5 * LONG_LOG_BYTES, "{longest}");
    }
}
