//! The pipeline: its stages and their wiring, shutdown, reload.
//!
//! ```text
//! dispatch ─ poll ─▶ stories ─▶ pages ─▶ fetched ─▶ analyse ─▶ work ─▶ commit
//!              ▲                                                         │
//!              └───────────── receipt: the entry is committed ───────────┘
//! dispatch ─ look ─▶ work   (the page of a published article, revisited)
//! ```
//!
//! Every arrow is a bounded channel: a slow stage fills the one before it, back to the dispatcher, which then starts
//! fewer polls. A stop ends the intake first; then each stage drains and closes the next one's channel. What cannot be
//! drained in time is given up and read again at the next start.

mod advice;
mod analyse;
mod batches;
mod book;
mod commit;
mod cpu;
mod dispatch;
mod entry_counts;
mod failures;
mod gap;
mod health;
mod identity;
mod learn;
mod look;
mod membership;
mod older;
mod packed;
mod page_texts;
mod pages;
mod passage;
mod placement;
mod poll;
mod poller;
mod published;
mod reading;
mod recent;
pub mod replay;
mod reread;
mod revisions;
mod revisit;
mod roll;
mod scout;
mod shared;
mod sitemap;
mod sites;
mod state;
mod stats;
mod told;
mod view;
mod visits;
mod vitals;
mod websub;
mod withdraw;
mod work;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use advice::advice;
use dispatch::Order;
pub use dispatch::{Control, Mode, Summary};
pub use entry_counts::{EntryCounts, EntryOutcome};
pub use failures::FAILURES;
pub use identity::{Basis, Marks};
pub use packed::Packed;
pub use page_texts::PageTexts;
pub use published::{Observer, Published};
pub use roll::{HEALTH, Tally};
pub use scout::{Find, Found, ScoutError, scout};
pub use state::{ArticleState, Audit, EntryState, FeedState, Key, Moving, Strain, Visit};
pub use stats::{Depth, STAGES, Stats};
pub use vitals::{Standing, Vitals};
pub use websub::{Desk, Endpoint, Intent, Offer, Receipt, Secret, Stage as SubscriptionStage, Subscription, Trust};

use crate::article::Rules;
use crate::config::{FeedEntry, Settings};
use crate::extract::Extractor;
use crate::fetch::Client;
use crate::journal::{Journal, JournalError};

/// The pauses before a run resumes after its state became void: the first, and the longest of those that grow while
/// nothing can be committed. Written by hand, because no back-off of backon starts over when something was committed
/// meanwhile.
const RESET_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));
/// The pauses between attempts to restore the state while the journal is unreachable: 0.5 s, doubled up to 10 s.
const RESTORE_PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(10))
    .without_max_times();

/// The parts of a run.
#[derive(Clone)]
pub struct Parts {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The HTTP client.
    pub client: Arc<Client>,
    /// The journal that takes the records.
    pub journal: Arc<dyn Journal>,
    /// Finds names.
    pub extractor: Arc<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Receives what was committed.
    pub observer: Observer,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Where the HTTP server puts what hubs push.
    pub desk: Arc<Desk>,
}

/// Runs the daemon until `stop` is cancelled, or in [`Mode::Once`] until every feed was polled once; then drains. If
/// the outcome of a commit is unknown, restores the state and resumes.
pub async fn run(
    parts: Parts,
    mut feeds: Vec<FeedEntry>,
    mode: Mode,
    mut control: mpsc::Receiver<Control>,
    stop: CancellationToken,
) -> Result<Summary, JournalError> {
    let mut first = true;
    let mut pause = RESET_PAUSE.0;
    let ended = loop {
        let restored = match restore(&parts, &feeds, first, &stop).await {
            Ok(Some(restored)) => restored,
            Ok(None) => break Ok(Summary::default()),
            Err(error) => break Err(error),
        };
        first = false;
        let commits = parts.stats.commits.get();
        match generation(&parts, restored, &mut feeds, mode, &mut control, &stop).await {
            Err(JournalError::Reset(reason)) if !stop.is_cancelled() => {
                warn!(reason, "the state is restored and the run goes on from there");
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
    if tokio::time::timeout(parts.settings.pipeline.drain_timeout, parts.journal.close()).await.is_err() {
        warn!("the journal took too long to be left; others wait until this instance's session is over");
    }
    ended
}

/// Restores the committed state, waiting while the journal is unreachable; `None` if stopped meanwhile. A permission
/// missing from the `first` attempt is a configuration error; one that was there before is waited for.
async fn restore(
    parts: &Parts,
    feeds: &[FeedEntry],
    first: bool,
    stop: &CancellationToken,
) -> Result<Option<book::Book>, JournalError> {
    let vitals = &parts.stats.vitals;
    vitals.restoring();
    let restored = (|| parts.journal.restore())
        .retry(RESTORE_PAUSES)
        .when(|error| !(matches!(error, JournalError::Fatal(_)) || first && matches!(error, JournalError::Refused(_))))
        .notify(|error, _| {
            vitals.journal_away(&error.to_string());
            parts.stats.retries.of("restore").inc();
            if let JournalError::Refused(reason) = error {
                error!(reason, "a right is missing that was there before; grant it again, it is tried until then");
            } else {
                warn!(%error, "the state cannot be restored yet; tried again until it can: see to the journal");
            }
        });
    let restored = tokio::select! {
        () = stop.cancelled() => return Ok(None),
        restored = restored => restored,
    };
    let entries = restored.map_err(|error| match error {
        JournalError::Refused(reason) => JournalError::Fatal(reason),
        error => error,
    })?;
    info!(values = entries.len(), "state restored");
    vitals.journal_works();
    let mut book = book::Book::restore(entries);
    book.adopt(feeds);
    view::tell_restored(&book, |_| true, &parts.observer);
    Ok(Some(book))
}

/// Runs once, from a restored book to the end.
async fn generation(
    parts: &Parts,
    book: book::Book,
    feeds: &mut Vec<FeedEntry>,
    mode: Mode,
    control: &mut mpsc::Receiver<Control>,
    stop: &CancellationToken,
) -> Result<Summary, JournalError> {
    let settings = &parts.settings;
    let room = settings.pipeline.channel.max(1);
    let (stories_in, stories) = mpsc::channel(room);
    let (fetched_in, fetched) = mpsc::channel(room);
    let (work_in, work) = mpsc::channel(room);
    let stats = &parts.stats;
    stats.watch("page", &stories_in);
    stats.watch("analyse", &fetched_in);
    stats.watch("commit", &work_in);
    let book = Arc::new(Mutex::new(book));
    let cpu = cpu::Cpu::new(settings.pipeline.cpu_threads);
    // Ends the intake of this generation. `stop` and a failed journal end it too.
    let halt = stop.child_token();
    // Gives up what is in flight.
    let abandon = CancellationToken::new();

    let committer = commit::Committer {
        journal: Arc::clone(&parts.journal),
        book: Arc::clone(&book),
        settings: settings.commit.clone(),
        terms: batches::Terms {
            max_value: parts.journal.max_value_bytes(),
            limits: recent::Limits::new(settings),
            revisit: settings.articles.revisit.clone(),
        },
        clock: parts.client.clock().clone(),
        stats: Arc::clone(&parts.stats),
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
    tokio::spawn(pages::run(stories, fetched_in, Arc::clone(&parts.client), Arc::clone(stats), abandon.clone()));
    let in_work = Arc::new(Semaphore::new(room));
    let extractor = &parts.extractor;
    let means = analyse::Means { cpu: cpu.clone(), extractor: Arc::clone(extractor), rules: parts.rules.clone() };
    tokio::spawn(analyse::run(fetched, work_in.clone(), means, in_work, Arc::clone(&book), Arc::clone(stats)));

    let poller = poller::Poller {
        client: Arc::clone(&parts.client),
        cpu,
        book: Arc::clone(&book),
        desk: Arc::clone(&parts.desk),
        extractor: Arc::clone(extractor),
        rules: parts.rules.clone(),
        shared: Arc::default(),
        stories: stories_in,
        work: work_in,
        settings: Arc::clone(settings),
        stats: Arc::clone(&parts.stats),
        stop: halt.clone(),
    };
    let (forward, mut orders) = mpsc::channel(1);
    let mut dispatching = tokio::spawn({
        let (feeds, journal) = (feeds.clone(), Arc::clone(&parts.journal));
        async move { dispatch::Dispatcher::new(poller, journal, mode, feeds).await.run(&mut orders).await }
    });
    let mut membership =
        tokio::spawn(membership::keep(Arc::clone(&parts.journal), book, forward.clone(), Arc::clone(&parts.observer)));
    let mut expelled = None;
    let mut listening = true;
    let summary = loop {
        tokio::select! {
            summary = &mut dispatching => break summary,
            ended = &mut membership, if expelled.is_none() => {
                let lost = |error| JournalError::Reset(format!("the place in the group ended early: {error}"));
                expelled = Some(ended.unwrap_or_else(lost));
                // Nothing more can be committed.
                halt.cancel();
                abandon.cancel();
            }
            () = halt.cancelled() => break drain(&mut dispatching, settings.pipeline.drain_timeout, &abandon).await,
            order = control.recv(), if listening => match order {
                Some(order) => {
                    if let Control::Feeds(list) = &order {
                        feeds.clone_from(list); // the list that a later generation starts with
                    }
                    let _ = forward.send(Order::Control(order)).await;
                }
                None => listening = false,
            },
        }
    };
    membership.abort();
    let summary = summary.unwrap_or_default();
    // The dispatcher held the last senders, so the stages now drain and end one after the other.
    let drained = tokio::time::timeout(settings.pipeline.drain_timeout, &mut commits).await;
    let ended = if let Ok(ended) = drained {
        ended
    } else {
        warn!("the drain took too long; what is in flight is given up and read again at the next start");
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
        Err(error) => Err(JournalError::Reset(format!("the commit stage ended early: {error}"))),
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
    warn!("open polls took too long to end; what is in flight is given up and read again at the next start");
    abandon.cancel();
    dispatching.await
}
