//! Runs extraction again over the published articles, for example with better models: `dateline replay`.
//!
//! For each article in the range the newest record is read, and the result is published under the same article and
//! revision. New entities replace the old ones. Quotations with the same words keep their ids, and quotations that are
//! no longer found are retracted by tombstones. One transaction holds the records, the article's state, and the
//! replay's position, so a replay that was killed resumes at its last commit. `docs/replay.md` describes how a replay
//! and a daemon are kept apart.

mod again;
mod index;
mod opener;
mod progress;
mod range;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::TryStreamExt;
use futures_util::stream::try_unfold;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::again::{Again, make_again};
use self::index::{Candidate, Window};
use super::commit::batch::BatchPolicy;
use super::cpu::Cpu;
use super::message::Trace;
use crate::config::Settings;
use crate::extract::Extractor;
use crate::journal::{Batch, Journal, JournalError};
use crate::record::Topic;
use crate::state::store::StateStore;

pub use opener::Opener;
pub use progress::Progress;
pub use range::{Bound, Range, Stages};

/// The pause before a replay resumes after its state became void or the journal was unreachable: the first, and the
/// longest. It starts over when something was committed, which no back-off of backon does.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));
/// The interval between two progress messages.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The parts of a replay.
pub struct Parts {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The journal that takes the records.
    pub journal: Arc<dyn Journal>,
    /// Opens the topics to read.
    pub open: Opener,
    /// Finds names and quotations.
    pub extractor: Arc<Extractor>,
}

/// What to replay.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The name of the replay: an unfinished one resumes under its name.
    pub name: String,
    /// Which articles to read.
    pub range: Range,
    /// What to find.
    pub stages: Stages,
    /// Whether to start over if the replay has finished, or was started with other options.
    pub again: bool,
}

/// Why a replay did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// An unfinished replay of this name was started with other options.
    #[error(
        "the replay `{name}` was begun with --from {from} --to {to} --stage {stages} and has not ended; go on with these, give this one another --name, or begin again with --again"
    )]
    Other {
        /// Its name.
        name: String,
        /// Where its range begins.
        from: Bound,
        /// Where its range ends.
        to: Bound,
        /// What it finds.
        stages: Stages,
    },
    /// Stopped from outside; what was committed stays.
    #[error("stopped; run it again to go on")]
    Stopped,
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Runs or resumes a replay to its end. Returns its progress, and whether there was anything to do.
pub async fn run(parts: &Parts, mut plan: Plan, stop: &CancellationToken) -> Result<(Progress, bool), ReplayError> {
    let mut pause = PAUSE.0;
    let ended = loop {
        let ended = tokio::select! {
            // Work in progress is dropped: it is committed completely or not at all, and the state is restored before
            // the next attempt.
            () = stop.cancelled() => break Err(ReplayError::Stopped),
            ended = attempt(parts, &mut plan, &mut pause) => ended,
        };
        match ended {
            Err(ReplayError::Journal(
                error @ (JournalError::Reset(_) | JournalError::Retriable(_) | JournalError::Disowned),
            )) => {
                warn!(error = format!("{error:#}"), "replay failed; resuming from its last commit");
                tokio::select! {
                    () = stop.cancelled() => break Err(ReplayError::Stopped),
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(PAUSE.1);
            }
            ended => break ended,
        }
    };
    parts.journal.close().await;
    ended
}

/// Makes one attempt, from the restored state to the end. The first commit clears `plan.again`.
async fn attempt(parts: &Parts, plan: &mut Plan, pause: &mut Duration) -> Result<(Progress, bool), ReplayError> {
    // From here on an earlier writer of the same name cannot commit, so what is read below stays true.
    let state = parts.journal.restore().await?;
    if parts.journal.owned().len() < parts.journal.partition_count() {
        let words = "other instances with this topic prefix are running, or were within their session timeout; stop them first: a \
                     replay needs all partitions";
        return Err(JournalError::Fatal(words.into()).into());
    }
    let earlier = Progress::of(&plan.name, &state).map_err(|error| parts.journal.unreadable(&error))?;
    let (mut progress, fresh) = match earlier {
        Some(earlier) if !plan.again && earlier.finished.is_some() => return Ok((earlier, false)),
        Some(earlier) if !plan.again => {
            if (earlier.range, earlier.stages) != (plan.range, plan.stages) {
                let (Range { from, to }, stages, name) = (earlier.range, earlier.stages, plan.name.clone());
                return Err(ReplayError::Other { name, from, to, stages });
            }
            info!(articles = earlier.articles, "replay resumed");
            (earlier, false)
        }
        earlier => (Progress::new(plan.range, plan.stages, earlier.map_or(1, |earlier| earlier.run + 1)), true),
    };
    let mut replay = Replay {
        parts,
        name: plan.name.clone(),
        store: StateStore::new(state),
        terms: BatchPolicy::new(Arc::clone(&parts.settings), parts.journal.max_value_bytes()),
        reported: Instant::now(),
    };
    let mut fresh = fresh;
    loop {
        let window = Window::read(&parts.open, &progress, fresh).await?;
        if fresh {
            // What is committed now fixes the range, however often the replay is interrupted.
            progress.ends.clone_from(&window.seen);
            replay.commit(Vec::new(), &progress).await?;
            (plan.again, fresh, *pause) = (false, false, PAUSE.0);
        }
        replay.window(&window, &mut progress).await?;
        *pause = PAUSE.0;
        for (partition, end) in &window.until {
            progress.pass(*partition, *end);
        }
        let finished = progress.is_through();
        progress.finished = finished.then(Utc::now);
        replay.commit(Vec::new(), &progress).await?;
        if finished {
            return Ok((progress, true));
        }
    }
}

struct Replay<'a> {
    parts: &'a Parts,
    name: String,
    store: StateStore,
    terms: BatchPolicy,
    reported: Instant,
}

impl Replay<'_> {
    /// Processes one window, in the order of its articles.
    async fn window(&mut self, window: &Window, progress: &mut Progress) -> Result<(), JournalError> {
        let parts = self.parts;
        let commit = &parts.settings.commit;
        let cpu = Cpu::new(parts.settings.pipeline.cpu_threads);
        let round = format!("/replay/{}/{}", self.name, progress.run);
        let reader = (parts.open)(Topic::Articles).await?;
        let candidates = try_unfold(reader, |mut reader| async move {
            Ok::<_, JournalError>(window.next(reader.as_mut()).await?.map(|candidate| (candidate, reader)))
        });
        let at_once = 2 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let found = candidates
            .map_ok(|candidate: Candidate| {
                let (cpu, extractor) = (cpu.clone(), Arc::clone(&parts.extractor));
                async move { Ok::<_, JournalError>(again::find(candidate, &cpu, extractor).await) }
            })
            .try_buffered(at_once);
        let mut found = std::pin::pin!(found);
        let (mut batches, mut records, mut bytes, mut opened) = (Vec::new(), 0, 0, Instant::now());
        while let Some((candidate, found)) = found.try_next().await? {
            let place = (candidate.partition, candidate.offset + 1);
            if let Some(again) = Again::new(candidate, found, progress.stages, Trace::start(), &round) {
                let batch = make_again(&self.store, again, &self.terms, Utc::now());
                progress.count(&batch);
                records += batch.records.len() + batch.state.len();
                bytes += batch.size();
                batches.push(batch);
            }
            progress.pass(place.0, place.1);
            let full = records >= commit.max_records || bytes >= commit.max_bytes;
            if full || opened.elapsed() >= commit.linger {
                self.commit(std::mem::take(&mut batches), progress).await?;
                (records, bytes, opened) = (0, 0, Instant::now());
            }
        }
        if batches.is_empty() { Ok(()) } else { self.commit(batches, progress).await }
    }

    /// Commits what was found together with the replay's position.
    async fn commit(&mut self, mut batches: Vec<Batch>, progress: &Progress) -> Result<(), JournalError> {
        batches.push(Batch { state: vec![progress.change(&self.name)], ..Batch::default() });
        if let Some(error) = self.store.failure() {
            return Err(self.parts.journal.unreadable(&error));
        }
        self.parts.journal.commit(&batches).await?;
        for change in batches.iter().flat_map(|batch| &batch.state) {
            self.store.committed(&change.key);
        }
        if self.reported.elapsed() >= TELL_EVERY {
            info!(
                articles = progress.articles,
                quotes = progress.quotes,
                tombstones = progress.tombstones,
                "replay progress"
            );
            self.reported = Instant::now();
        }
        Ok(())
    }
}
