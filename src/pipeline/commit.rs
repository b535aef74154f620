//! The last stage: groups batches by time and size and commits each group in one transaction.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::batches::{self, Published};
use super::book::Book;
use super::stats::Stats;
use super::work::{Ticket, Work};
use crate::clock::Clock;
use crate::config;
use crate::journal::{Batch, Journal, JournalError};

/// The first and the longest pause between two tries of the same group.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Told of everything that was committed, in order. A slow observer slows the commits.
pub type Observer = Arc<dyn Fn(&Published) + Send + Sync>;

/// The last stage.
pub struct Committer {
    /// Where to.
    pub journal: Arc<dyn Journal>,
    /// What is known.
    pub book: Arc<Mutex<Book>>,
    /// When a group is closed.
    pub settings: config::Commit,
    /// What batches are made by.
    pub terms: batches::Terms,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Who watches.
    pub observer: Observer,
    /// Gives up a group that can't be committed.
    pub abandon: CancellationToken,
}

#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    tickets: Vec<Ticket>,
    published: Vec<Published>,
    records: usize,
    bytes: usize,
    opened: Option<tokio::time::Instant>,
}

impl Committer {
    /// Runs until the channel of work is closed and the last group is committed. An error means that the outcome of the
    /// last group is not known, or that it can't be committed: what is in memory is void.
    pub async fn run(self, mut work: mpsc::Receiver<Work>) -> Result<(), JournalError> {
        let mut group = Group::default();
        loop {
            let full = group.records >= self.settings.max_records || group.bytes >= self.settings.max_bytes;
            let next = match group.opened {
                Some(_) if full => None,
                Some(opened) => {
                    tokio::select! {
                        biased; // the clock first: a steady stream must not hold a group open
                        () = tokio::time::sleep_until(opened + self.settings.linger) => None,
                        next = work.recv() => next,
                    }
                }
                None => match work.recv().await {
                    Some(next) => Some(next),
                    None => return Ok(()),
                },
            };
            match next {
                Some(next) => self.add(&mut group, next),
                None => self.flush(std::mem::take(&mut group)).await?,
            }
        }
    }

    fn add(&self, group: &mut Group, mut work: Work) {
        let (batch, published) = {
            let mut book = self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            batches::make(&mut book, &mut work, &self.terms, self.clock.now())
        };
        group.tickets.push(match work {
            Work::Entry(seen, _) => seen.ticket,
            Work::Poll { ticket, .. } | Work::Look { ticket, .. } | Work::Subscription { ticket, .. } => ticket,
        });
        group.records += batch.records.len() + batch.state.len();
        group.bytes += batch.size();
        group.batches.push(batch);
        group.published.extend(published);
        group.opened.get_or_insert_with(tokio::time::Instant::now);
    }

    async fn flush(&self, group: Group) -> Result<(), JournalError> {
        if group.batches.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let mut pause = RETRY.0;
        let mut failed = false;
        loop {
            match self.journal.commit(&group.batches).await {
                Ok(()) => break,
                Err(JournalError::Retriable(reason)) => {
                    if !failed {
                        error!(
                            reason,
                            "nothing can be committed; tried again until it can, and nothing more is polled meanwhile"
                        );
                    }
                    failed = true;
                    tokio::select! {
                        () = self.abandon.cancelled() => {
                            warn!("stopped with a group that could not be committed; it is read again at the next start");
                            return Err(JournalError::Retriable(reason));
                        }
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(RETRY.1);
                }
                Err(other) => return Err(other),
            }
        }
        if failed {
            info!(waited = ?started.elapsed(), "commits work again");
        }
        Stats::count(&self.stats.commits);
        self.stats.commit_micros.fetch_add(started.elapsed().as_micros() as u64, Relaxed);
        for published in &group.published {
            match published {
                Published::Story { quotes, .. } => {
                    Stats::count(&self.stats.articles);
                    self.stats.quotes.fetch_add(quotes.len() as u64, Relaxed);
                }
                Published::Dead(_) => Stats::count(&self.stats.dead_letters),
                Published::Event(_) | Published::Polled(..) | Published::Restored(..) => {}
            }
            (self.observer)(published);
        }
        group.tickets.into_iter().for_each(Ticket::committed);
        Ok(())
    }
}
