//! The last stage: groups batches by time and size and commits each group in one transaction while the next one
//! gathers.

pub(super) mod batch;
mod batch_limit;
mod revision;
mod timing;

use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::batch_limit::BatchLimit;
use self::timing::CommitTiming;
use super::handoff::{Currency, Routes, RoutesGuard, currency, further_sites};
use super::message::{CommitAck, EntryHead, EntryResult, ReceivedTask, Work};
use super::upstream::Upstream;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::health::{EntryOutcome, RuleDecision, Stats};
use crate::journal::{Batch, Journal, JournalError, StatePartition};
use crate::options::Live;
use crate::state::published::{Observer, Published};
use crate::state::store::StateStore;

/// The first and the longest pause between two attempts to commit the same group.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The last stage.
pub(super) struct Committer {
    /// The journal to commit to.
    pub journal: Arc<dyn Journal>,
    /// The state store.
    pub store: Arc<StateStore>,
    /// Which sites are dealt with here.
    pub routes: Arc<Routes>,
    /// The settings.
    pub settings: Live<Settings>,
    /// The clock.
    pub clock: Clock,
    /// Counters.
    pub stats: Arc<Stats>,
    /// The work that has not arrived yet.
    pub upstream: Arc<Upstream>,
    /// Receives what was published.
    pub observer: Observer,
    /// Gives up a group that cannot be committed.
    pub abandon: CancellationToken,
}

/// Batches that are committed together.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    /// For each batch, what follows from its commit, and the epoch that made it.
    sequels: Vec<PostCommit>,
    records: usize,
    bytes: usize,
    opened: Option<Instant>,
}

/// What follows from the commit of a batch.
struct PostCommit {
    /// The epoch of the state store that made the batch.
    epoch: u64,
    ack: Option<CommitAck>,
    /// The outcome of the entry that the batch is for.
    outcome: Option<EntryOutcome>,
    /// What a keep or block rule decided about that entry.
    decision: Option<RuleDecision>,
    published: Vec<Published>,
    passage: Option<CommitTiming>,
}

impl Group {
    fn push(&mut self, batch: Batch, sequel: PostCommit) {
        self.records += batch.record_count() + batch.state.len();
        self.bytes += batch.size();
        self.batches.push(batch);
        self.sequels.push(sequel);
        self.opened.get_or_insert_with(Instant::now);
    }

    /// Leaves out batches of partitions that were reassigned, or were reassigned and came back: their partitions and
    /// epoch show it. Returns an error if that applies to only part of a batch, because then the state store is ahead of
    /// what can be committed.
    fn keep(
        &mut self,
        partition_of: impl Fn(&str) -> StatePartition,
        is_ours: impl Fn(StatePartition, u64) -> bool,
    ) -> Result<(), JournalError> {
        let opened = self.opened;
        let Self { batches, sequels, .. } = take(self);
        for (batch, sequel) in batches.into_iter().zip(sequels) {
            let partitions = batch.state.iter().map(|change| partition_of(&change.site));
            let (mut ours, mut all) = (0, 0);
            for partition in partitions.chain(batch.consumed.map(|place| place.partition)) {
                all += 1;
                ours += usize::from(is_ours(partition, sequel.epoch));
            }
            if ours == all {
                self.push(batch, sequel);
            } else if ours > 0 {
                let words = "a pending batch spans two partitions and one of them was reassigned";
                return Err(JournalError::Reset(words.into()));
            }
        }
        self.opened = opened;
        Ok(())
    }

    /// Splits off the first batches.
    fn split(&mut self, batches: usize) -> Self {
        if batches == self.batches.len() {
            return take(self); // nearly always: nothing to recount
        }
        let (opened, mut rest) = (self.opened, take(self));
        let mut first = Self::default();
        rest.batches.drain(..batches).zip(rest.sequels.drain(..batches)).for_each(|(b, s)| first.push(b, s));
        rest.batches.into_iter().zip(rest.sequels).for_each(|(b, s)| self.push(b, s));
        self.opened = opened;
        first
    }

    /// Waits until the group must be committed: at once if it is full or no more work comes, otherwise after it has
    /// lingered, or when all other work waits for it.
    async fn is_due(&self, settings: &config::Commit, is_more_to_come: bool, upstream: &Upstream) {
        if let Some(opened) = self.opened
            && is_more_to_come
            && !self.is_full(settings)
        {
            tokio::select! {
                () = upstream.is_idle() => {}
                () = tokio::time::sleep_until(opened + settings.linger) => {}
            }
        }
    }

    fn is_full(&self, settings: &config::Commit) -> bool {
        self.records >= settings.max_records || self.bytes >= settings.max_bytes
    }
}

/// Returns the work to make a batch of; `None` if the state that it changes is not owned here, or has changed since it
/// was compared.
pub(super) fn admit(store: &StateStore, routes: &RoutesGuard<'_>, work: Work) -> Option<Work> {
    if !routes.is_shared() {
        return Some(work);
    }
    match &work {
        // Its partition left meanwhile, and its next owner receives it: that may be this instance again.
        Work::Received { at, epoch, .. } if store.was_forgotten_since(at.place.partition, *epoch) => return None,
        // Its state left meanwhile.
        Work::Feed { feed, state, .. } if state.removed && !store.remembers(&feed.id) => return None,
        _ => {}
    }
    let is_owned = |site: &Arc<str>| routes.may_commit(site);
    let of_feed = batch::polled_feed(&work).map(|feed| &feed.site);
    if !of_feed.is_none_or(is_owned) || !further_sites(store, &work).iter().all(is_owned) {
        return None;
    }
    let Work::Entry(head, result) = &work else { return Some(work) };
    // Another feed's form of the article may have been published meanwhile, and may be the newer one.
    if let EntryResult::Article(extracted) = result
        && let Some(revision) = extracted.compared_with
        && store.article(extracted.article.id).is_some_and(|known| known.state.revision != revision)
    {
        return None;
    }
    match currency(store, head, result) {
        Currency::Current => Some(work),
        Currency::Outdated => None,
        Currency::Done => Some(done(work, store.epoch())),
    }
}

/// Returns the work that only consumes the message that an entry came with.
fn done(work: Work, epoch: u64) -> Work {
    match work {
        Work::Entry(EntryHead { feed, received: Some(at), trace, ack, .. }, _) => {
            Work::Received { feed, at, task: Box::new(ReceivedTask::Nothing), epoch, trace, ack }
        }
        work => work,
    }
}

/// A group in flight.
type Committing<'a> = Pin<Box<dyn Future<Output = Result<BatchLimit, JournalError>> + Send + 'a>>;

impl Committer {
    /// Runs until the channel of work is closed and the last group is committed. An error means that the outcome of the
    /// last group is unknown, or that it cannot be committed: the state in memory is void.
    pub(super) async fn run(self, mut work: mpsc::Receiver<Work>) -> Result<(), JournalError> {
        let mut gathering = Group::default();
        let mut is_open = true;
        let mut committing: OptionFuture<Committing<'_>> = None.into();
        let mut is_committing = false;
        let mut reach = BatchLimit::default();
        loop {
            let settings = self.settings.get();
            let is_full = gathering.is_full(&settings.commit);
            tokio::select! {
                biased; // ready work first: a steady stream must not hold a group open
                Some(ended) = &mut committing => {
                    reach = ended?;
                    (committing, is_committing) = (None.into(), false);
                }
                () = gathering.is_due(&settings.commit, is_open, &self.upstream), if !is_committing && gathering.opened.is_some() => {
                    committing = Some(Box::pin(self.flush(take(&mut gathering), reach)) as Committing<'_>).into();
                    is_committing = true;
                }
                next = work.recv(), if is_open && !is_full => match next {
                    Some(next) => self.build(&mut gathering, next),
                    None => is_open = false,
                },
                else => return Ok(()),
            }
        }
    }

    fn build(&self, group: &mut Group, work: Work) {
        let _steady = self.store.steady();
        let routes = self.routes.hold();
        // The dropped acknowledgement tells its poll that it was not committed.
        let Some(mut work) = admit(&self.store, &routes, work) else { return };
        let epoch = self.store.epoch();
        let policy = batch::BatchPolicy::new(self.settings.get(), self.journal.max_value_bytes());
        let made = batch::build(&self.store, &mut work, &policy, &routes, self.clock.now());
        let passage = CommitTiming::new(&work, &made.published, &self.stats);
        let (outcome, decision, published) = (made.outcome, made.decision, made.published);
        let mut ack = work.into_ack();
        ack.arrived();
        group.push(made.batch, PostCommit { epoch, ack: Some(ack), outcome, decision, published, passage });
        for batch in made.expired {
            let published = Vec::new();
            let sequel = PostCommit { epoch, ack: None, outcome: None, decision: None, published, passage: None };
            group.push(batch, sequel);
        }
    }

    /// Leaves out of a group what may no longer be committed.
    fn retain_owned(&self, group: &mut Group) -> Result<(), JournalError> {
        let (store, owned) = (&self.store, self.journal.owned());
        let is_ours = |partition, epoch| owned.contains(&partition) && !store.was_forgotten_since(partition, epoch);
        group.keep(|site| self.journal.partition(site), is_ours)
    }

    /// Commits the group, in parts if it is too large for one transaction.
    async fn flush(&self, mut group: Group, mut reach: BatchLimit) -> Result<BatchLimit, JournalError> {
        let opened = Instant::now();
        let working = self.stats.liveness.commit.work();
        let mut pause = RETRY.0;
        let mut failed = false;
        loop {
            self.retain_owned(&mut group)?;
            if let Some(error) = self.store.failure() {
                return Err(self.journal.unreadable(&error));
            }
            let tried = reach.of(group.batches.len());
            if tried == 0 {
                return Ok(reach);
            }
            let started = Instant::now();
            match self.journal.commit(&group.batches[..tried]).await {
                Ok(()) => {
                    if take(&mut failed) {
                        info!(waited = ?opened.elapsed(), "commits succeed again");
                    }
                    pause = RETRY.0;
                    working.beat();
                    reach.succeeded(tried, started.elapsed());
                    self.on_committed(group.split(tried), started.elapsed());
                }
                // The journal reports the revoked partitions in a moment.
                Err(JournalError::Disowned) => tokio::time::sleep(RETRY.0).await,
                Err(JournalError::Retriable(reason) | JournalError::Refused(reason)) => {
                    if !failed {
                        error!(
                            error = format!("{reason:#}"),
                            "commit failed; retrying, and polling is paused until it succeeds"
                        );
                    }
                    failed = true;
                    reach.failed(tried, started.elapsed());
                    working.beat();
                    self.stats.liveness.journal_unavailable(&format!("{reason:#}"));
                    self.stats.retries.of("commit").inc();
                    tokio::select! {
                        () = self.abandon.cancelled() => {
                            warn!("stopped with an uncommitted group; its entries are processed again at the next start");
                            return Err(JournalError::Retriable(reason));
                        }
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(RETRY.1);
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Reports what one transaction committed to the waiting polls, the observer and the counters.
    fn on_committed(&self, group: Group, took: Duration) {
        self.stats.transacted((group.records, group.bytes), took);
        let settings = self.settings.get();
        for published in group.sequels.iter().flat_map(|sequel| &sequel.published) {
            published.count(&self.stats);
            published.count_labels(&self.stats, &settings.telemetry.labels);
            (self.observer)(published);
        }
        for change in group.batches.iter().flat_map(|batch| &batch.state) {
            self.store.committed(&change.key);
        }
        let now = self.clock.now();
        for PostCommit { ack, outcome, decision, passage, .. } in group.sequels {
            if let Some(passage) = passage {
                passage.landed(&self.stats, now);
            }
            if let Some(ack) = ack {
                ack.acknowledge(outcome, decision);
            }
        }
    }
}

#[cfg(test)]
mod tests;
