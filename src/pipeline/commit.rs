//! The last stage: groups batches by time and size and commits each group in one transaction.

use std::mem::take;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::batches::{self, Published};
use super::book::Book;
use super::passage::Passage;
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

/// What is committed together.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    /// For each batch, what follows from its commit.
    sequels: Vec<Sequel>,
    records: usize,
    bytes: usize,
    opened: Option<tokio::time::Instant>,
}

/// What follows from a commit.
#[derive(Default)]
struct Sequel {
    ticket: Option<Ticket>,
    published: Vec<Published>,
    passage: Option<Passage>,
}

impl Group {
    fn push(&mut self, batch: Batch, sequel: Sequel) {
        self.records += batch.records.len() + batch.state.len();
        self.bytes += batch.size();
        self.batches.push(batch);
        self.sequels.push(sequel);
        self.opened.get_or_insert_with(tokio::time::Instant::now);
    }

    /// Leaves out what belongs to others now. An error where a batch is partly ours: the book is ahead of what can be
    /// committed.
    fn keep(&mut self, is_ours: impl Fn(&str) -> bool) -> Result<(), JournalError> {
        let all = take(&mut self.batches).into_iter().zip(take(&mut self.sequels));
        for (batch, sequel) in all {
            let ours = batch.state.iter().filter(|change| is_ours(&change.shard)).count();
            if ours == batch.state.len() {
                self.batches.push(batch);
                self.sequels.push(sequel);
            } else if ours > 0 {
                let words = "a story of two shards was under way, one of which went to another instance";
                return Err(JournalError::Reset(words.into()));
            }
        }
        Ok(())
    }
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
                None => self.flush(take(&mut group)).await?,
            }
        }
    }

    fn add(&self, group: &mut Group, mut work: Work) {
        if !self.is_ours(&work.feed().shard) {
            return; // its poll hears that it was not committed
        }
        let made = {
            let mut book = self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            batches::make(&mut book, &mut work, &self.terms, self.clock.now())
        };
        let passage = Some(Passage::new(&work, &made.published, &self.stats));
        group.push(made.batch, Sequel { ticket: Some(work.into_ticket()), published: made.published, passage });
        for batch in made.expired {
            group.push(batch, Sequel::default());
        }
    }

    fn is_ours(&self, shard: &str) -> bool {
        self.journal.owned().contains(&self.journal.slot(shard))
    }

    async fn flush(&self, mut group: Group) -> Result<(), JournalError> {
        if group.batches.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let working = self.stats.vitals.commit.work();
        let mut pause = RETRY.0;
        let mut failed = false;
        loop {
            match self.journal.commit(&group.batches).await {
                Ok(()) => break,
                Err(JournalError::Disowned) => group.keep(|shard| self.is_ours(shard))?,
                Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                    if !failed {
                        error!(
                            reason,
                            "nothing can be committed; tried again until it can, and nothing more is polled meanwhile"
                        );
                    }
                    failed = true;
                    working.beat();
                    self.stats.vitals.journal_away(&reason);
                    Stats::count(&self.stats.commit_retries);
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
        self.stats.transacted((group.records, group.bytes), started.elapsed());
        for published in group.sequels.iter().flat_map(|sequel| &sequel.published) {
            self.stats.committed(published);
            (self.observer)(published);
        }
        let now = self.clock.now();
        for Sequel { ticket, passage, .. } in group.sequels {
            if let Some(passage) = passage {
                passage.landed(&self.stats, now);
            }
            if let Some(ticket) = ticket {
                ticket.committed();
            }
        }
        Ok(())
    }
}
