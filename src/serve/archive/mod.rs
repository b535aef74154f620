//! The newest articles, for reading and searching: a private SQLite file that is removed with the process.
//!
//! It is rebuilt at each start from the embedded store, if there is one, and then filled with what is committed. So it works with
//! the store and with Kafka, and always agrees with them. Its writer takes articles from a bounded queue. When the writer falls
//! behind, articles are dropped and counted; no commit waits.

mod earlier;
mod queries;
mod search;
mod writer;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;

use super::story_view::StoryView;
pub use earlier::stories;
pub(super) use queries::StorySummary;
pub(super) use search::{FoundQuotation, QuoteQuery, Speaker};

/// The length of the writer's queue, in articles.
const QUEUE: usize = 1_024;
/// SQLite's page cache, in KiB.
const CACHE_KIB: i64 = 16_384;

const SCHEMA: &str = "
CREATE TABLE story(
  number INTEGER PRIMARY KEY, article TEXT NOT NULL, revision INTEGER NOT NULL, feed TEXT NOT NULL, source TEXT NOT NULL,
  headline TEXT NOT NULL, at INTEGER NOT NULL, copy_of TEXT, size INTEGER NOT NULL, labels TEXT NOT NULL);
CREATE INDEX story_article ON story(article, revision);
CREATE INDEX story_copy ON story(copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE body(number INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE quote(
  id INTEGER PRIMARY KEY, story INTEGER NOT NULL, article TEXT NOT NULL, text TEXT NOT NULL, speaker TEXT, role TEXT, cue TEXT,
  kind TEXT NOT NULL, at INTEGER NOT NULL, source TEXT NOT NULL, feed TEXT NOT NULL);
CREATE INDEX quote_article ON quote(article);
CREATE INDEX quote_story ON quote(story);
CREATE INDEX quote_source ON quote(source, feed);
CREATE TABLE source(name TEXT NOT NULL, feed TEXT NOT NULL, PRIMARY KEY(name, feed)) WITHOUT ROWID;
CREATE TRIGGER quote_added AFTER INSERT ON quote BEGIN
  INSERT OR IGNORE INTO source VALUES (new.source, new.feed);
END;
CREATE TRIGGER quote_gone AFTER DELETE ON quote
  WHEN NOT EXISTS (SELECT 1 FROM quote WHERE source = old.source AND feed = old.feed) BEGIN
  DELETE FROM source WHERE name = old.source AND feed = old.feed;
END;
CREATE INDEX quote_speaker ON quote(speaker) WHERE speaker IS NOT NULL;
CREATE VIRTUAL TABLE words USING fts5(text, speaker, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
";

/// Records that were committed earlier, in order: each an article with its number.
pub type EarlierStories = Box<dyn Iterator<Item = StoryView> + Send>;

/// The archive of the newest articles.
#[derive(Debug)]
pub struct Archive {
    db: Arc<Mutex<Connection>>,
    queue: SyncSender<Arc<StoryView>>,
    missed: AtomicU64,
    filled: Arc<AtomicBool>,
    window: u64,
}

/// Why the archive could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the story archive in the temporary folder: {0}")]
pub struct ArchiveError(#[from] rusqlite::Error);

impl Archive {
    /// Creates an archive of the newest `window` articles. It accepts new articles while the earlier ones are still being loaded.
    pub fn open(window: u64, earlier: Option<EarlierStories>) -> Result<Self, ArchiveError> {
        // With an empty name, SQLite makes a temporary file that it removes itself and nobody else can open.
        let connection = Connection::open("")?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.execute_batch(SCHEMA)?;
        connection.set_prepared_statement_cache_capacity(32);
        let db = Arc::new(Mutex::new(connection));
        let (queue, taken) = sync_channel(QUEUE);
        let filled = Arc::new(AtomicBool::new(earlier.is_none()));
        let writer = writer::Writer::new(Arc::clone(&db), window);
        let done = Arc::clone(&filled);
        std::thread::spawn(move || writer.run(earlier, &taken, &done));
        Ok(Self { db, queue, missed: AtomicU64::new(0), filled, window })
    }

    /// Queues an article for the archive.
    pub(super) fn put(&self, story: Arc<StoryView>) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(story) {
            self.missed.fetch_add(1, Relaxed);
        }
    }

    /// Returns the number of articles dropped because the writer fell behind.
    pub(super) fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    /// Returns whether all earlier articles are loaded.
    pub(super) fn is_filled(&self) -> bool {
        self.filled.load(Relaxed)
    }

    /// Returns the maximum number of articles kept.
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Converts a number of rows to SQLite's integer type.
fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Returns the result of a read. A failed read is logged, and the pages show what they have without the archive.
fn or_logged<T: Default>(result: rusqlite::Result<T>) -> T {
    result.unwrap_or_else(|error| {
        tracing::warn!(%error, "reading the story archive failed");
        T::default()
    })
}

#[cfg(test)]
mod tests;
