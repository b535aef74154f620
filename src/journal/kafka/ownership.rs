//! Tracks which partitions the group has assigned to this instance, and which of them it has taken over.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::partition;
use crate::journal::StatePartition;

/// The partitions of this instance.
#[derive(Debug, Default)]
pub(super) struct PartitionOwnership {
    /// Partitions of the state topic; 0 before they are known.
    count: AtomicI32,
    partitions: Mutex<Partitions>,
}

#[derive(Debug, Default)]
struct Partitions {
    /// Partitions that the group has assigned and not revoked.
    assigned: BTreeSet<StatePartition>,
    /// Partitions that the group has assigned and not got back: the assigned ones, and those that are being revoked.
    held: BTreeSet<StatePartition>,
    /// Partitions that were taken over and whose state was restored: commits for them are accepted.
    owned: BTreeSet<StatePartition>,
}

impl PartitionOwnership {
    fn lock(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resets to an empty assignment of `count` partitions.
    pub(super) fn reset(&self, count: i32) {
        self.count.store(count, Ordering::Release);
        *self.lock() = Partitions::default();
    }

    /// Returns the number of partitions.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.count.load(Ordering::Acquire)).unwrap_or(0)
    }

    /// Returns the partition of a site.
    pub(super) fn partition(&self, site: &str) -> StatePartition {
        partition(site, self.count.load(Ordering::Acquire))
    }

    /// Returns a name that belongs to a partition, for state that belongs to no site.
    pub(super) fn name_in(&self, partition: StatePartition) -> String {
        let names = (0_u32..).map(|number| format!("#{number}"));
        names.into_iter().find(|name| self.partition(name) == partition).unwrap_or_default()
    }

    /// Records newly assigned partitions.
    pub(super) fn assign(&self, partitions: &BTreeSet<StatePartition>) {
        let mut sets = self.lock();
        sets.assigned.extend(partitions);
        sets.held.extend(partitions);
    }

    /// Records that the group gets these partitions back, after which it may assign them to others.
    pub(super) fn give_back(&self, partitions: &BTreeSet<StatePartition>) {
        self.lock().held.retain(|partition| !partitions.contains(partition));
    }

    /// Returns whether the group has not got any of the partitions back.
    pub(super) fn holds(&self, partitions: &BTreeSet<StatePartition>) -> bool {
        partitions.is_subset(&self.lock().held)
    }

    /// Returns the partitions that the group has not got back.
    pub(super) fn all_held(&self) -> BTreeSet<StatePartition> {
        self.lock().held.clone()
    }

    /// Records revoked partitions: they are no longer taken over, but owned ones still accept commits.
    pub(super) fn revoke(&self, partitions: &BTreeSet<StatePartition>) {
        self.lock().assigned.retain(|partition| !partitions.contains(partition));
    }

    /// Returns those of the partitions that are still assigned.
    pub(super) fn still_assigned(&self, partitions: &BTreeSet<StatePartition>) -> BTreeSet<StatePartition> {
        self.lock().assigned.intersection(partitions).copied().collect()
    }

    /// Accepts commits for these partitions from now on.
    pub(super) fn own(&self, partitions: &BTreeSet<StatePartition>) {
        self.lock().owned.extend(partitions);
    }

    /// Stops accepting commits for these partitions. Returns those that were owned.
    pub(super) fn disown(&self, partitions: &BTreeSet<StatePartition>) -> BTreeSet<StatePartition> {
        let mut sets = self.lock();
        let disowned = sets.owned.intersection(partitions).copied().collect();
        sets.owned.retain(|partition| !partitions.contains(partition));
        disowned
    }

    /// Returns all owned partitions.
    pub(super) fn owned(&self) -> BTreeSet<StatePartition> {
        self.lock().owned.clone()
    }

    /// Returns whether all of the partitions are owned.
    pub(super) fn owns(&self, partitions: &BTreeSet<StatePartition>) -> bool {
        partitions.is_subset(&self.lock().owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoked_partitions_accept_commits_until_they_are_disowned() {
        let ownership = PartitionOwnership::default();
        ownership.reset(4);
        let (both, one) = (BTreeSet::from([1, 2]), BTreeSet::from([2]));
        ownership.assign(&both);
        assert!(!ownership.owns(&one), "not before it was taken over");
        ownership.own(&both);
        ownership.revoke(&one);
        assert!(ownership.owns(&both) && ownership.holds(&both));
        ownership.give_back(&one);
        assert!(!ownership.holds(&both) && ownership.holds(&BTreeSet::from([1])));
        assert_eq!(ownership.still_assigned(&both), BTreeSet::from([1]));
        assert_eq!(ownership.disown(&one), one);
        assert!(ownership.owns(&BTreeSet::from([1])) && !ownership.owns(&both));
        assert!((0..4).contains(&ownership.partition("example.org")));
    }
}
