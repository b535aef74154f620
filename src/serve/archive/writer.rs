//! The archive's writer: adds articles in groups and removes the oldest.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::EarlierStories;
use crate::record::{PubStatus, Quotation};
use crate::serve::label_filter;
use crate::serve::plain;
use crate::serve::story_view::{StoryView, source_of};

/// The number of articles in one transaction. Readers wait for its end.
const GROUP: usize = 32;
/// The limit for all packed articles together, in bytes.
const MAX_BYTES: u64 = 2 << 30;
/// A fast compression level; an article shrinks to about a third.
const LEVEL: i32 = 3;
/// How often the writer checks whether the archive is still in use.
const CHECK_EVERY: Duration = Duration::from_millis(200);

pub(super) struct Writer {
    db: Arc<Mutex<Connection>>,
    window: u64,
    max_bytes: u64,
    bytes: u64,
}

impl Writer {
    pub(super) fn new(db: Arc<Mutex<Connection>>, window: u64) -> Self {
        Self { db, window, max_bytes: MAX_BYTES, bytes: 0 }
    }

    /// Adds earlier and new articles in turn, until all senders are dropped.
    pub(super) fn run(
        mut self,
        mut earlier: Option<EarlierStories>,
        queue: &Receiver<Arc<StoryView>>,
        filled: &AtomicBool,
    ) {
        loop {
            let mut group: Vec<Arc<StoryView>> = Vec::with_capacity(GROUP);
            if let Some(stories) = &mut earlier {
                group.extend(stories.take(GROUP).map(Arc::new));
                self.take(&group);
                if group.len() < GROUP {
                    earlier = None;
                    filled.store(true, Relaxed);
                }
                group.clear();
            }
            let first = match earlier {
                Some(_) => queue.try_recv().ok(),
                None => match queue.recv_timeout(CHECK_EVERY) {
                    Ok(story) => Some(story),
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            group.extend(first);
            group.extend(queue.try_iter().take(GROUP - group.len()));
            self.take(&group);
        }
    }

    fn take(&mut self, group: &[Arc<StoryView>]) {
        if group.is_empty() {
            return;
        }
        let db = Arc::clone(&self.db);
        let mut db = db.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = self.write(&mut db, group) {
            tracing::warn!(%error, "writing to the story archive failed; these stories cannot be searched");
        }
    }

    fn write(&mut self, db: &mut Connection, group: &[Arc<StoryView>]) -> rusqlite::Result<()> {
        let transaction = db.transaction()?;
        for story in group {
            self.bytes += add(&transaction, story)?;
        }
        let newest = group.iter().map(|story| story.number).max().unwrap_or(0);
        loop {
            let oldest: Option<(u64, u64)> = transaction
                .prepare_cached("SELECT number, size FROM story ORDER BY number LIMIT 1")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match oldest {
                Some((number, size)) if number + self.window <= newest || self.bytes > self.max_bytes => {
                    self.bytes = self.bytes.saturating_sub(size);
                    remove(&transaction, number)?;
                }
                _ => break,
            }
        }
        transaction.commit()
    }
}

/// Adds an article and returns its size. Removes the quotations of earlier revisions.
fn add(db: &Connection, story: &StoryView) -> rusqlite::Result<u64> {
    let article = &story.article;
    let id = article.id.to_string();
    let at = story.time().timestamp();
    forget_quotes(db, "article", &id)?;
    if article.pubstatus == PubStatus::Canceled {
        // A withdrawn article: its words must not be used any more.
        db.prepare_cached("DELETE FROM body WHERE number IN (SELECT number FROM story WHERE article = ?1)")?
            .execute([&id])?;
    }
    let value = serde_json::to_vec(&(&article, &story.entities, &story.quotes)).unwrap_or_default();
    let packed = zstd::bulk::compress(&value, LEVEL).unwrap_or_default();
    let headline = plain::text(article.headline.as_deref().unwrap_or("(no headline)"), 300);
    let copy_of = article.duplicate_of.as_ref().map(|copy| copy.id.to_string());
    let feed = article.feed.as_ref().map_or("", |feed| &feed.id);
    db.prepare_cached(
        "INSERT OR REPLACE INTO story(number, article, revision, feed, source, headline, at, copy_of, size, labels)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        story.number,
        id,
        article.revision,
        feed,
        plain::text(source_of(article), 120),
        headline,
        at,
        copy_of,
        packed.len(),
        label_filter::archived(story.labels())
    ])?;
    db.prepare_cached("INSERT OR REPLACE INTO body(number, packed) VALUES (?1, ?2)")?
        .execute(params![story.number, packed])?;
    // What is within another quotation is found as a part of it.
    for quote in story.quotes.iter().filter(|quote| quote.within.is_none()) {
        add_quote(db, story, &id, at, quote)?;
    }
    Ok(packed.len() as u64)
}

fn add_quote(db: &Connection, story: &StoryView, article: &str, at: i64, quote: &Quotation) -> rusqlite::Result<()> {
    let view = crate::serve::highlight::QuoteView::new(quote, 2_000);
    let speaker = view.speaker.as_deref();
    db.prepare_cached(
        "INSERT INTO quote(story, article, text, speaker, role, cue, kind, at, source, feed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        story.number,
        article,
        view.text,
        speaker,
        view.role,
        view.cue,
        view.kind,
        at,
        plain::text(source_of(&story.article), 120).to_lowercase(),
        story.article.feed.as_ref().map_or("", |feed| &feed.id)
    ])?;
    let id = db.last_insert_rowid();
    db.prepare_cached("INSERT INTO words(rowid, text, speaker) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        view.text,
        speaker.unwrap_or("")
    ])?;
    Ok(())
}

fn forget_quotes(db: &Connection, by: &str, value: &dyn rusqlite::ToSql) -> rusqlite::Result<()> {
    // `by` is one of two column names written in this file.
    db.prepare_cached(&format!("DELETE FROM words WHERE rowid IN (SELECT id FROM quote WHERE {by} = ?1)"))?
        .execute([value])?;
    db.prepare_cached(&format!("DELETE FROM quote WHERE {by} = ?1"))?.execute([value])?;
    Ok(())
}

fn remove(db: &Connection, number: u64) -> rusqlite::Result<()> {
    forget_quotes(db, "story", &number)?;
    db.prepare_cached("DELETE FROM body WHERE number = ?1")?.execute([number])?;
    db.prepare_cached("DELETE FROM story WHERE number = ?1")?.execute([number])?;
    Ok(())
}
