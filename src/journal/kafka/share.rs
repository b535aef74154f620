//! Which slots are this instance's, as the group's rebalances and its own claims leave them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::partition;
use crate::journal::Slot;

/// The slots of this instance.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// Partitions of the state topic; 0 before they are known.
    count: AtomicI32,
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    /// The group says that they are ours, and has not asked for them back.
    assigned: BTreeSet<Slot>,
    /// Their state was restored and they were claimed: commits for them are taken.
    owned: BTreeSet<Slot>,
}

impl Share {
    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew, with so many partitions.
    pub(super) fn reset(&self, count: i32) {
        self.count.store(count, Ordering::Release);
        *self.sets() = Sets::default();
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.count.load(Ordering::Acquire)).unwrap_or(0)
    }

    /// The slot of a shard.
    pub(super) fn slot(&self, shard: &str) -> Slot {
        partition(shard, self.count.load(Ordering::Acquire))
    }

    /// The group gave us these.
    pub(super) fn assign(&self, slots: &BTreeSet<Slot>) {
        self.sets().assigned.extend(slots);
    }

    /// The group wants these back: they are claimed no more, what is owned of them may still be committed.
    pub(super) fn recall(&self, slots: &BTreeSet<Slot>) {
        self.sets().assigned.retain(|slot| !slots.contains(slot));
    }

    /// Those of the slots that are still assigned.
    pub(super) fn assigned(&self, slots: &BTreeSet<Slot>) -> BTreeSet<Slot> {
        self.sets().assigned.intersection(slots).copied().collect()
    }

    /// Commits for these are taken from now on.
    pub(super) fn own(&self, slots: &BTreeSet<Slot>) {
        self.sets().owned.extend(slots);
    }

    /// Commits for these are taken no more. Gives those that were owned.
    pub(super) fn disown(&self, slots: &BTreeSet<Slot>) -> BTreeSet<Slot> {
        let mut sets = self.sets();
        let lost = sets.owned.intersection(slots).copied().collect();
        sets.owned.retain(|slot| !slots.contains(slot));
        lost
    }

    /// All that are owned.
    pub(super) fn owned(&self) -> BTreeSet<Slot> {
        self.sets().owned.clone()
    }

    /// Whether all of them are owned.
    pub(super) fn owns(&self, slots: &BTreeSet<Slot>) -> bool {
        slots.is_subset(&self.sets().owned)
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
        assert!((0..4).contains(&share.slot("example.org")));
    }
}
