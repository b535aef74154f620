//! Tracks which partitions this instance owns, after the group's rebalances and its own claims.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::partition;
use crate::journal::StatePartition;

/// The partitions of this instance.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// Partitions of the state topic; 0 before they are known.
    count: AtomicI32,
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    /// Partitions that the group has assigned and not revoked.
    assigned: BTreeSet<StatePartition>,
    /// Partitions that were claimed and whose state was restored: commits for them are accepted.
    owned: BTreeSet<StatePartition>,
}

impl Share {
    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resets to an empty assignment of `count` partitions.
    pub(super) fn reset(&self, count: i32) {
        self.count.store(count, Ordering::Release);
        *self.sets() = Sets::default();
    }

    /// Returns the number of partitions.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.count.load(Ordering::Acquire)).unwrap_or(0)
    }

    /// Returns the partition of a site.
    pub(super) fn partition(&self, site: &str) -> StatePartition {
        partition(site, self.count.load(Ordering::Acquire))
    }

    /// Records newly assigned partitions.
    pub(super) fn assign(&self, partitions: &BTreeSet<StatePartition>) {
        self.sets().assigned.extend(partitions);
    }

    /// Records revoked partitions: they are no longer claimed, but owned ones still accept commits.
    pub(super) fn recall(&self, partitions: &BTreeSet<StatePartition>) {
        self.sets().assigned.retain(|partition| !partitions.contains(partition));
    }

    /// Returns those of the partitions that are still assigned.
    pub(super) fn assigned(&self, partitions: &BTreeSet<StatePartition>) -> BTreeSet<StatePartition> {
        self.sets().assigned.intersection(partitions).copied().collect()
    }

    /// Accepts commits for these partitions from now on.
    pub(super) fn own(&self, partitions: &BTreeSet<StatePartition>) {
        self.sets().owned.extend(partitions);
    }

    /// Stops accepting commits for these partitions. Returns those that were owned.
    pub(super) fn disown(&self, partitions: &BTreeSet<StatePartition>) -> BTreeSet<StatePartition> {
        let mut sets = self.sets();
        let lost = sets.owned.intersection(partitions).copied().collect();
        sets.owned.retain(|partition| !partitions.contains(partition));
        lost
    }

    /// Returns all owned partitions.
    pub(super) fn owned(&self) -> BTreeSet<StatePartition> {
        self.sets().owned.clone()
    }

    /// Returns whether all of the partitions are owned.
    pub(super) fn owns(&self, partitions: &BTreeSet<StatePartition>) -> bool {
        partitions.is_subset(&self.sets().owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_back_may_still_be_committed_until_it_is_let_go_of() {
        let share = Share::default();
        share.reset(4);
        let (both, one) = (BTreeSet::from([1, 2]), BTreeSet::from([2]));
        share.assign(&both);
        assert!(!share.owns(&one), "not before it was claimed");
        share.own(&both);
        share.recall(&one);
        assert!(share.owns(&both));
        assert_eq!(share.assigned(&both), BTreeSet::from([1]));
        assert_eq!(share.disown(&one), one);
        assert!(share.owns(&BTreeSet::from([1])) && !share.owns(&both));
        assert!((0..4).contains(&share.partition("example.org")));
    }
}
