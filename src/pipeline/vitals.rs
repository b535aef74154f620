//! Whether the daemon lives and is ready: each part beats while it has work, and the journal says whether it takes anything.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The dispatcher looks round at least once a minute; it may wait for the journal as long as it must.
const DISPATCH_WITHIN: Duration = Duration::from_secs(180);
/// No page takes the extraction so long.
const ANALYSE_WITHIN: Duration = Duration::from_secs(300);
/// No transaction may take so long: each try ends, one way or the other, well before (Kafka's own bound is 15 minutes at most).
const COMMIT_WITHIN: Duration = Duration::from_secs(20 * 60);

/// Signs of life.
#[derive(Debug, Default)]
pub struct Vitals {
    /// Starts polls.
    pub dispatch: Pulse,
    /// Makes articles.
    pub analyse: Pulse,
    /// Commits.
    pub commit: Pulse,
    journal: Mutex<Standing>,
}

/// How the journal stands.
#[derive(Debug, Default, Clone)]
pub enum Standing {
    /// The committed state is being read.
    #[default]
    Restoring,
    /// It takes what it is given.
    Works,
    /// It takes nothing.
    Away {
        /// Why.
        reason: String,
        /// Since when.
        since: Instant,
    },
}

impl Vitals {
    /// The parts that have work and have not moved for longer than they may, and for how long. None: the daemon lives.
    pub fn stuck(&self) -> Vec<(&'static str, Duration)> {
        let away = matches!(self.standing(), Standing::Away { .. });
        [
            // Behind a journal that is away, dispatching rightly stands still.
            ("dispatch", self.dispatch.still().filter(|still| !away && *still > DISPATCH_WITHIN)),
            ("analyse", self.analyse.still().filter(|still| !away && *still > ANALYSE_WITHIN)),
            ("commit", self.commit.still().filter(|still| *still > COMMIT_WITHIN)),
        ]
        .into_iter()
        .filter_map(|(part, still)| Some((part, still?)))
        .collect()
    }

    /// Why nothing can be committed now; `None` when something can.
    pub fn unready(&self) -> Option<String> {
        match self.standing() {
            Standing::Works => None,
            Standing::Restoring => Some("the committed state is being read".to_owned()),
            Standing::Away { reason, since } => {
                Some(format!("the journal takes nothing since {} s: {reason}", since.elapsed().as_secs()))
            }
        }
    }

    /// How the journal stands.
    pub fn standing(&self) -> Standing {
        self.journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The committed state is being read.
    pub(super) fn restoring(&self) {
        self.set(|_| Standing::Restoring);
    }

    /// The journal answered.
    pub(super) fn journal_works(&self) {
        self.set(|_| Standing::Works);
    }

    /// The journal took nothing.
    pub(super) fn journal_away(&self, reason: &str) {
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

/// The pulse of a part: it moves while it has work, or it is stuck.
#[derive(Debug)]
pub struct Pulse {
    begun: Instant,
    /// Pieces of work under way.
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
    /// A piece of work is under way for as long as the guard lives.
    pub fn work(&self) -> Working<'_> {
        self.beat();
        self.open.fetch_add(1, Relaxed);
        Working(self)
    }

    /// It moved.
    pub fn beat(&self) {
        self.moved.store(self.begun.elapsed().as_millis() as u64, Relaxed);
    }

    /// How long it has not moved although it has work; `None` without work.
    pub fn still(&self) -> Option<Duration> {
        let moved = Duration::from_millis(self.moved.load(Relaxed));
        (self.open.load(Relaxed) > 0).then(|| self.begun.elapsed().saturating_sub(moved))
    }
}

/// A piece of work that is under way.
#[derive(Debug)]
pub struct Working<'a>(&'a Pulse);

impl Working<'_> {
    /// It moved.
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

    /// As if it had begun and last moved so long ago.
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
