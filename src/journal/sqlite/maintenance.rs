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
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Maintenance {
    /// Starts the thread. `connection` is the one that commits; the thread opens another for checkpoints.
    pub(super) fn start(options: &Options, prefix: &str, connection: Arc<Mutex<Connection>>) -> rusqlite::Result<Self> {
        let (written, stopped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (wake, woken) = sync_channel(1);
        let checkpoints = open(&options.path)?;
        let work = Work {
            page_bytes: checkpoints.query_row("PRAGMA page_size", [], |row| row.get(0))?,
            pruner: Pruner::new(options, prefix),
            connection,
            checkpoints,
            written: Arc::clone(&written),
            stopped: Arc::clone(&stopped),
            reported: LARGE_LOG_BYTES / 2,
        };
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || work.run(&woken))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self { written, stopped, wake: Some(wake), thread: Some(thread) })
    }

    /// Notes that about this many bytes were committed.
    pub(super) fn committed(&self, bytes: u64) {
        self.written.fetch_add(bytes, Relaxed);
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
    Ok(connection)
}

struct Work {
    page_bytes: u64,
    pruner: Pruner,
    connection: Arc<Mutex<Connection>>,
    checkpoints: Connection,
    written: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
    /// The size at which the write-ahead log was last reported.
    reported: u64,
}

impl Work {
    fn run(mut self, woken: &Receiver<()>) {
        let mut checked: Option<Instant> = None;
        loop {
            self.checkpoint_if_due();
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

    /// Copies the write-ahead log into the file as far as readers allow, while commits go on. The last frames are copied
    /// between two commits, because only a log that is copied in full is started over.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let (frames, copied) = checkpoint(&self.checkpoints)?;
        let left = frames - copied;
        if left > 0 && left <= LAST_FRAMES {
            let _between_commits = self.connection();
            checkpoint(&self.checkpoints)?;
        }
        self.report(u64::try_from(left).unwrap_or(0) * self.page_bytes);
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

/// Copies what can be copied without waiting. Returns the frames of the write-ahead log, and how many of them are copied.
fn checkpoint(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))
}
