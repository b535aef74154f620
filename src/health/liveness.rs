//! Liveness and readiness: each stage has a heartbeat while it has work, and the status of the journal shows whether commits
//! succeed.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::stage::StageName;

/// The scheduler loops at least once a minute; while commits fail it may wait without limit.
const POLL_LIMIT: Duration = Duration::from_secs(180);
/// The extraction of one page never takes this long.
const ANALYSE_LIMIT: Duration = Duration::from_secs(300);
/// No transaction takes this long: each attempt ends well before (Kafka's own limit is 15 minutes at most).
const COMMIT_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The heartbeats of the stages, and the status of the journal. The page stage needs none: each of its requests has a time
/// limit.
#[derive(Debug, Default)]
pub struct Liveness {
    /// The heartbeat of the scheduler, which starts polls.
    pub poll: Heartbeat,
    /// The heartbeat of the stage that builds articles.
    pub analyse: Heartbeat,
    /// The heartbeat of the stage that commits.
    pub commit: Heartbeat,
    journal: Mutex<JournalStatus>,
}

/// The status of the journal.
#[derive(Debug, Default, Clone)]
pub enum JournalStatus {
    /// The committed state is being restored.
    #[default]
    Restoring,
    /// Commits succeed.
    Available,
    /// Commits fail.
    Unavailable {
        /// Why commits fail.
        reason: String,
        /// Since when.
        since: Instant,
    },
}

impl Liveness {
    /// Returns the stages that have work and have stalled beyond their limits, and for how long. If there is none, the
    /// daemon is alive.
    pub fn stalled(&self) -> Vec<(StageName, Duration)> {
        let unavailable = matches!(self.journal_status(), JournalStatus::Unavailable { .. });
        [
            // While commits fail, the stages before the commit stall by design.
            (StageName::Poll, self.poll.stalled_for().filter(|stalled| !unavailable && *stalled > POLL_LIMIT)),
            (StageName::Analyse, self.analyse.stalled_for().filter(|stalled| !unavailable && *stalled > ANALYSE_LIMIT)),
            (StageName::Commit, self.commit.stalled_for().filter(|stalled| *stalled > COMMIT_LIMIT)),
        ]
        .into_iter()
        .filter_map(|(stage, stalled)| Some((stage, stalled?)))
        .collect()
    }

    /// Returns why nothing can be committed now; `None` if commits are possible.
    pub fn not_ready(&self) -> Option<String> {
        match self.journal_status() {
            JournalStatus::Available => None,
            JournalStatus::Restoring => Some("the committed state is being restored".to_owned()),
            JournalStatus::Unavailable { reason, since } => {
                Some(format!("commits have failed for {} s: {reason}", since.elapsed().as_secs()))
            }
        }
    }

    /// Returns the status of the journal.
    pub fn journal_status(&self) -> JournalStatus {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that the committed state is being restored.
    pub fn journal_restoring(&self) {
        self.set(|_| JournalStatus::Restoring);
    }

    /// Records that the journal answered.
    pub fn journal_available(&self) {
        self.set(|_| JournalStatus::Available);
    }

    /// Records that the journal failed.
    pub fn journal_unavailable(&self, reason: &str) {
        self.set(|before| {
            let since = if let JournalStatus::Unavailable { since, .. } = before { *since } else { Instant::now() };
            JournalStatus::Unavailable { reason: reason.to_owned(), since }
        });
    }

    fn set(&self, next: impl FnOnce(&JournalStatus) -> JournalStatus) {
        let mut status = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        *status = next(&status);
    }
}

/// The heartbeat of a stage: a stage that has work and no heartbeat has stalled.
#[derive(Debug)]
pub struct Heartbeat {
    begun: Instant,
    /// The number of items in progress.
    open: AtomicUsize,
    /// The last heartbeat, in milliseconds since `begun`.
    last: AtomicU64,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { begun: Instant::now(), open: AtomicUsize::new(0), last: AtomicU64::new(0) }
    }
}

impl Heartbeat {
    /// Marks an item as in progress for the lifetime of the guard.
    pub fn work(&self) -> Working<'_> {
        self.beat();
        self.open.fetch_add(1, Relaxed);
        Working(self)
    }

    /// Records that the stage made progress.
    pub fn beat(&self) {
        self.last.store(self.begun.elapsed().as_millis() as u64, Relaxed);
    }

    /// Returns the time since the last progress; `None` without work.
    pub fn stalled_for(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.last.load(Relaxed));
        (self.open.load(Relaxed) > 0).then(|| self.begun.elapsed().saturating_sub(last))
    }
}

/// An item in progress.
#[derive(Debug)]
pub struct Working<'a>(&'a Heartbeat);

impl Working<'_> {
    /// Records that the stage made progress.
    pub fn beat(&self) {
        self.0.beat();
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
        self.0.beat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the heartbeat look as if it began and last beat this long ago.
    fn aged(heartbeat: &mut Heartbeat, age: Duration) {
        heartbeat.begun = Instant::now().checked_sub(age).unwrap();
        heartbeat.last.store(0, Relaxed);
    }

    #[test]
    fn a_stage_without_work_may_rest_and_one_with_work_must_progress() {
        let mut heartbeat = Heartbeat::default();
        aged(&mut heartbeat, Duration::from_secs(9));
        assert_eq!(heartbeat.stalled_for(), None);
        let work = heartbeat.work();
        assert!(heartbeat.stalled_for().unwrap() < Duration::from_secs(1), "work that begins is progress");
        drop(work);
        assert_eq!(heartbeat.stalled_for(), None);
    }

    #[test]
    fn while_the_journal_is_unavailable_the_daemon_waits_and_is_alive() {
        let mut liveness = Liveness::default();
        assert!(liveness.not_ready().unwrap().contains("being restored"));
        liveness.journal_available();
        assert_eq!(liveness.not_ready(), None);
        liveness.poll.open = AtomicUsize::new(1);
        aged(&mut liveness.poll, POLL_LIMIT + Duration::from_secs(5));
        assert_eq!(liveness.stalled().first().map(|(stage, _)| *stage), Some(StageName::Poll));
        liveness.journal_unavailable("no broker");
        assert_eq!(liveness.stalled(), []);
        assert_eq!(liveness.not_ready().unwrap(), "commits have failed for 0 s: no broker");
        liveness.commit.open = AtomicUsize::new(1);
        aged(&mut liveness.commit, COMMIT_LIMIT + Duration::from_secs(5));
        assert_eq!(liveness.stalled().first().map(|(stage, _)| *stage), Some(StageName::Commit));
    }
}
