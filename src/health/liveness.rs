//! Liveness and readiness: each stage beats while it has work, and the journal's standing shows whether commits
//! succeed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The dispatcher loops at least once a minute; while commits fail it may wait without limit.
const DISPATCH_WITHIN: Duration = Duration::from_secs(180);
/// Extraction of one page never takes this long.
const ANALYSE_WITHIN: Duration = Duration::from_secs(300);
/// No transaction takes this long: each attempt ends well before (Kafka's own limit is 15 minutes at most).
const COMMIT_WITHIN: Duration = Duration::from_secs(20 * 60);

/// The signs of life of the stages and the journal.
#[derive(Debug, Default)]
pub struct Vitals {
    /// The stage that starts polls.
    pub dispatch: Pulse,
    /// The stage that builds articles.
    pub analyse: Pulse,
    /// The stage that commits.
    pub commit: Pulse,
    journal: Mutex<Standing>,
}

/// The standing of the journal.
#[derive(Debug, Default, Clone)]
pub enum Standing {
    /// The committed state is being read.
    #[default]
    Restoring,
    /// Commits succeed.
    Works,
    /// Commits fail.
    Away {
        /// Why commits fail.
        reason: String,
        /// Since when.
        since: Instant,
    },
}

impl Vitals {
    /// Returns the stages that have work and have stalled beyond their limits, and for how long. If empty, the daemon
    /// is alive.
    pub fn stuck(&self) -> Vec<(&'static str, Duration)> {
        let away = matches!(self.standing(), Standing::Away { .. });
        [
            // While commits fail, dispatching stalls by design.
            ("dispatch", self.dispatch.still().filter(|still| !away && *still > DISPATCH_WITHIN)),
            ("analyse", self.analyse.still().filter(|still| !away && *still > ANALYSE_WITHIN)),
            ("commit", self.commit.still().filter(|still| *still > COMMIT_WITHIN)),
        ]
        .into_iter()
        .filter_map(|(part, still)| Some((part, still?)))
        .collect()
    }

    /// Returns why nothing can be committed now; `None` if commits are possible.
    pub fn unready(&self) -> Option<String> {
        match self.standing() {
            Standing::Works => None,
            Standing::Restoring => Some("the committed state is being read".to_owned()),
            Standing::Away { reason, since } => {
                Some(format!("the journal takes nothing since {} s: {reason}", since.elapsed().as_secs()))
            }
        }
    }

    /// Returns the standing of the journal.
    pub fn standing(&self) -> Standing {
        self.journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Notes that the committed state is being read.
    pub(crate) fn restoring(&self) {
        self.set(|_| Standing::Restoring);
    }

    /// Notes that the journal answered.
    pub(crate) fn journal_works(&self) {
        self.set(|_| Standing::Works);
    }

    /// Notes that the journal failed.
    pub(crate) fn journal_away(&self, reason: &str) {
        self.set(|before| {
            let since = if let Standing::Away { since, .. } = before { *since } else { Instant::now() };
            Standing::Away { reason: reason.to_owned(), since }
        });
    }

    fn set(&self, next: impl FnOnce(&Standing) -> Standing) {
        let mut standing = self.journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *standing = next(&standing);
    }
}

/// The pulse of a stage: it moves while it has work, or it has stalled.
#[derive(Debug)]
pub struct Pulse {
    begun: Instant,
    /// Pieces of work in progress.
    open: AtomicUsize,
    /// When it last moved, in milliseconds since `begun`.
    moved: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { begun: Instant::now(), open: AtomicUsize::new(0), moved: AtomicU64::new(0) }
    }
}

impl Pulse {
    /// Marks a piece of work as in progress for the lifetime of the guard.
    pub fn work(&self) -> Working<'_> {
        self.beat();
        self.open.fetch_add(1, Relaxed);
        Working(self)
    }

    /// Notes that the stage moved.
    pub fn beat(&self) {
        self.moved.store(self.begun.elapsed().as_millis() as u64, Relaxed);
    }

    /// Returns how long it has not moved although it has work; `None` without work.
    pub fn still(&self) -> Option<Duration> {
        let moved = Duration::from_millis(self.moved.load(Relaxed));
        (self.open.load(Relaxed) > 0).then(|| self.begun.elapsed().saturating_sub(moved))
    }
}

/// A piece of work in progress.
#[derive(Debug)]
pub struct Working<'a>(&'a Pulse);

impl Working<'_> {
    /// Notes that the stage moved.
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

    /// Makes the pulse look as if it began and last moved this long ago.
    fn aged(pulse: &mut Pulse, age: Duration) {
        pulse.begun = Instant::now().checked_sub(age).unwrap();
        pulse.moved.store(0, Relaxed);
    }

    #[test]
    fn a_part_without_work_may_rest_and_one_with_work_must_move() {
        let mut pulse = Pulse::default();
        aged(&mut pulse, Duration::from_secs(9));
        assert_eq!(pulse.still(), None);
        let work = pulse.work();
        assert!(pulse.still().unwrap() < Duration::from_secs(1), "work that begins is a move");
        drop(work);
        assert_eq!(pulse.still(), None);
    }

    #[test]
    fn behind_a_journal_that_is_away_the_daemon_waits_and_lives() {
        let mut vitals = Vitals::default();
        assert!(vitals.unready().unwrap().contains("being read"));
        vitals.journal_works();
        assert_eq!(vitals.unready(), None);
        vitals.dispatch.open = AtomicUsize::new(1);
        aged(&mut vitals.dispatch, DISPATCH_WITHIN + Duration::from_secs(5));
        assert_eq!(vitals.stuck().first().map(|(part, _)| *part), Some("dispatch"));
        vitals.journal_away("no broker");
        assert_eq!(vitals.stuck(), []);
        assert_eq!(vitals.unready().unwrap(), "the journal takes nothing since 0 s: no broker");
        vitals.commit.open = AtomicUsize::new(1);
        aged(&mut vitals.commit, COMMIT_WITHIN + Duration::from_secs(5));
        assert_eq!(vitals.stuck().first().map(|(part, _)| *part), Some("commit"));
    }
}
