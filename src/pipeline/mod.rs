//! The pipeline: its stages and their wiring, shutdown, reload.
//!
//! ```text
//! scheduler ─ poll ─▶ page ─▶ analyse ─▶ commit
//!              ▲                           │
//!              └──── acknowledgement ──────┘
//! scheduler ─ revisit ─▶ commit   (the page of a published article, checked again)
//! ```
//!
//! Every arrow is a bounded channel: a slow stage fills the one before it, back to the scheduler, which then starts
//! fewer polls. A stop ends the intake first; then each stage drains and closes the next one's channel. What cannot be
//! drained in time is given up and read again at the next start.

mod analyse;
mod commit;
mod context;
mod cpu;
mod fetched;
mod filter;
mod handoff;
#[cfg(test)]
mod histories;
mod message;
mod page;
mod poll;
mod rebalance;
pub mod replay;
mod restore;
mod revisit;
mod scheduler;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use scheduler::Command;
pub use scheduler::{Control, Mode, Readmission, Summary};
use upstream::Upstream;

use crate::article::Rules;
use crate::config::{Settings, SharedFeeds};
use crate::extract::Extractor;
use crate::fetch::Client;
use crate::filter::EntryFilter;
use crate::health::{StageName, Stats};
use crate::journal::{Journal, JournalError, Reason};
use crate::options::Live;
use crate::state::Observer;
use crate::state::store::StateStore;
use crate::websub::PushInbox;

/// The pauses before a run resumes after its state became void: the first, and the longest of those that grow while
/// nothing can be committed. Written by hand, because no back-off of backon starts over when something was committed
/// meanwhile.
const RESET_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));

/// The parts of a run.
#[derive(Clone)]
pub struct PipelineDeps {
    /// The settings.
    pub settings: Live<Settings>,
    /// The HTTP client.
    pub client: Live<Client>,
    /// The journal that takes the records.
    pub journal: Arc<dyn Journal>,
    /// Finds names.
    pub extractor: Live<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: Live<Rules>,
    /// The current keep and block rules.
    pub filter: Live<EntryFilter>,
    /// Receives what was committed.
    pub observer: Observer,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Where the HTTP server puts what hubs push.
    pub push_inbox: Arc<PushInbox>,
}

/// Runs the daemon until `stop` is cancelled, or in [`Mode::Once`] until every feed was polled once; then drains. If
/// the outcome of a commit is unknown, restores the state and resumes.
pub async fn run(
    parts: PipelineDeps,
    mut feeds: SharedFeeds,
    mode: Mode,
    mut control: mpsc::Receiver<Control>,
    stop: CancellationToken,
) -> Result<Summary, JournalError> {
    let mut first = true;
    let mut pause = RESET_PAUSE.0;
    let ended = loop {
        let restored = match restore::restore(&parts, &feeds, first, &stop).await {
            Ok(Some(restored)) => restored,
            Ok(None) => break Ok(Summary::default()),
            Err(error) => break Err(error),
        };
        first = false;
        let commits = parts.stats.commits.get();
        match run_from_restored_state(&parts, restored, &mut feeds, mode, &mut control, &stop).await {
            Err(JournalError::Reset(reason)) if !stop.is_cancelled() => {
                warn!(error = format!("{reason:#}"), "commit outcome unknown; restoring state and resuming");
                // The pause spares publishers repeated requests for what cannot be committed.
                let fruitless = parts.stats.commits.get() == commits;
                pause = if fruitless { (pause * 2).min(RESET_PAUSE.1) } else { RESET_PAUSE.0 };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
            ended => break ended,
        }
    };
    if tokio::time::timeout(parts.settings.get().pipeline.drain_timeout, parts.journal.close()).await.is_err() {
        warn!("timed out leaving the consumer group; partitions move when the session expires");
    }
    ended
}

/// Runs once, from a restored state to the end.
async fn run_from_restored_state(
    parts: &PipelineDeps,
    store: StateStore,
    feeds: &mut SharedFeeds,
    mode: Mode,
    control: &mut mpsc::Receiver<Control>,
    stop: &CancellationToken,
) -> Result<Summary, JournalError> {
    let settings = parts.settings.get();
    let room = settings.pipeline.channel.max(1);
    let drain_timeout = || parts.settings.get().pipeline.drain_timeout;
    let clock = parts.client.get().clock().clone();
    let (to_page, pending_entries) = mpsc::channel(room);
    let (to_analyse, fetched) = mpsc::channel(room);
    let (to_commit, work) = mpsc::channel(room);
    let upstream = Arc::new(Upstream::default());
    let stats = &parts.stats;
    stats.queues.observe(StageName::Page, &to_page);
    stats.queues.observe(StageName::Analyse, &to_analyse);
    stats.queues.observe(StageName::Commit, &to_commit);
    let store = Arc::new(store);
    let routes = Arc::new(handoff::Routes::new(Arc::clone(&parts.journal)));
    // Before the first question is answered.
    routes.claims().lock().list(feeds.clone());
    let cpu = cpu::Cpu::new(settings.pipeline.cpu_threads);
    // Ends the intake of this generation. `stop` and a failed journal end it too.
    let halt = stop.child_token();
    // Gives up what is in flight.
    let abandon = CancellationToken::new();

    let committer = commit::Committer {
        journal: Arc::clone(&parts.journal),
        store: Arc::clone(&store),
        routes: Arc::clone(&routes),
        settings: parts.settings.clone(),
        clock: clock.clone(),
        stats: Arc::clone(&parts.stats),
        upstream: Arc::clone(&upstream),
        observer: Arc::clone(&parts.observer),
        abandon: abandon.clone(),
    };
    let mut commits = tokio::spawn({
        let halt = halt.clone();
        async move {
            let ended = committer.run(work).await;
            halt.cancel();
            ended
        }
    });
    tokio::spawn(page::run(
        pending_entries,
        to_analyse,
        parts.client.clone(),
        Arc::clone(&routes),
        Arc::clone(stats),
        abandon.clone(),
    ));
    let in_work = Arc::new(Semaphore::new(room));
    let means = analyse::Tools {
        cpu: cpu.clone(),
        extractor: parts.extractor.clone(),
        rules: parts.rules.clone(),
        filter: parts.filter.clone(),
        routes: Arc::clone(&routes),
        settings: parts.settings.clone(),
    };
    tokio::spawn(analyse::run(fetched, to_commit.clone(), means, in_work, Arc::clone(&store), Arc::clone(stats)));

    let (forward, mut orders) = mpsc::channel(1);
    let received = Arc::new(Upstream::default());
    let intake = handoff::intake::Intake {
        journal: Arc::clone(&parts.journal),
        store: Arc::clone(&store),
        routes: Arc::clone(&routes),
        to_page: to_page.clone(),
        to_commit: to_commit.clone(),
        orders: forward.clone(),
        upstream: Arc::clone(&upstream),
        received: Arc::clone(&received),
        stop: halt.clone(),
    };
    tokio::spawn(intake.run());
    tokio::spawn(handoff::shared_sketch::follow(
        Arc::clone(&parts.journal),
        Arc::clone(&store),
        parts.settings.clone(),
        clock.clone(),
        halt.clone(),
    ));
    let cx = context::Context {
        client: parts.client.clone(),
        clock,
        cpu,
        store: Arc::clone(&store),
        routes: Arc::clone(&routes),
        push_inbox: Arc::clone(&parts.push_inbox),
        extractor: parts.extractor.clone(),
        rules: parts.rules.clone(),
        filter: parts.filter.clone(),
        shared_fetches: Arc::default(),
        to_page,
        to_commit,
        upstream,
        received,
        settings: parts.settings.clone(),
        stats: Arc::clone(&parts.stats),
        stop: halt.clone(),
    };
    let mut dispatching = tokio::spawn({
        let (feeds, journal) = (feeds.clone(), Arc::clone(&parts.journal));
        async move { scheduler::Scheduler::new(cx, journal, mode, feeds).await.run(&mut orders).await }
    });
    let mut membership = tokio::spawn(rebalance::keep(Arc::clone(&parts.journal), store, routes, forward.clone()));
    let mut expelled = None;
    let mut listening = true;
    let summary = loop {
        tokio::select! {
            summary = &mut dispatching => break summary,
            ended = &mut membership, if expelled.is_none() => {
                let lost = |error| JournalError::Reset(Reason::new("following the partition assignment ended unexpectedly", error));
                expelled = Some(ended.unwrap_or_else(lost));
                // Nothing more can be committed.
                halt.cancel();
                abandon.cancel();
            }
            () = halt.cancelled() => break drain(&mut dispatching, drain_timeout(), &abandon).await,
            order = control.recv(), if listening => match order {
                Some(order) => {
                    if let Control::Feeds(list) = &order {
                        feeds.clone_from(list); // the list that a later generation starts with
                    }
                    let _ = forward.send(Command::Control(order)).await;
                }
                None => listening = false,
            },
        }
    };
    membership.abort();
    // The intake may still receive what others hand over.
    halt.cancel();
    let summary = summary.unwrap_or_default();
    // The scheduler held the last senders, so the stages now drain and end one after the other.
    let drained = tokio::time::timeout(drain_timeout(), &mut commits).await;
    let ended = if let Ok(ended) = drained {
        ended
    } else {
        warn!("drain timed out; work in flight is dropped and done again at the next start");
        abandon.cancel();
        commits.await
    };
    if let Some(error) = expelled {
        return Err(error);
    }
    match ended {
        Ok(Ok(())) => Ok(summary),
        // Stopped while the journal was unreachable: nothing is lost, because the work is read again.
        Ok(Err(JournalError::Retriable(reason) | JournalError::Refused(reason))) => Err(JournalError::Fatal(reason)),
        Ok(Err(error)) => Err(error),
        Err(error) => Err(JournalError::Reset(Reason::new("the commit stage ended unexpectedly", error))),
    }
}

/// Waits for open polls to finish, then gives up what is in flight.
async fn drain(
    dispatching: &mut tokio::task::JoinHandle<Summary>,
    timeout: Duration,
    abandon: &CancellationToken,
) -> Result<Summary, tokio::task::JoinError> {
    if let Ok(ended) = tokio::time::timeout(timeout, &mut *dispatching).await {
        return ended;
    }
    warn!("open polls timed out; work in flight is dropped and done again at the next start");
    abandon.cancel();
    dispatching.await
}
