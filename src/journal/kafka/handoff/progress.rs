//! Which messages of the owned partitions were received, and which of them were consumed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::position::Position;
use crate::journal::{HandoffPlace, StatePartition};

/// The most messages of a partition that are received and not yet consumed.
const WINDOW: usize = 256;

/// The progress of the owned partitions.
#[derive(Debug, Default)]
pub(in crate::journal::kafka) struct Progress(Mutex<Owned>);

#[derive(Debug, Default)]
struct Owned {
    partitions: BTreeMap<StatePartition, Reading>,
    /// Counts how often partitions were added.
    sessions: u64,
}

/// The reading of a partition.
#[derive(Debug)]
struct Reading {
    /// Distinguishes it from an earlier time of ownership.
    session: u64,
    /// What is committed.
    position: Position,
    /// The messages that were received and are not consumed.
    open: BTreeSet<i64>,
    /// The offset after the last message that was received.
    end: i64,
}

impl Reading {
    /// Returns the position after these messages were consumed too.
    fn after(&self, offsets: &BTreeSet<i64>) -> Position {
        let next = self.open.difference(offsets).next().copied().unwrap_or(self.end);
        let done = self.position.done.union(offsets).copied().filter(|offset| *offset >= next).collect();
        Position { next, done }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Owned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a partition that is owned from now on.
    pub(in crate::journal::kafka) fn add(&self, partition: StatePartition, position: Position) {
        let mut owned = self.lock();
        owned.sessions += 1;
        let (session, end) = (owned.sessions, position.next);
        owned.partitions.insert(partition, Reading { session, position, open: BTreeSet::new(), end });
    }

    /// Removes partitions that are no longer owned.
    pub(in crate::journal::kafka) fn remove(&self, partitions: &BTreeSet<StatePartition>) {
        self.lock().partitions.retain(|partition, _| !partitions.contains(partition));
    }

    /// Removes all partitions.
    pub(in crate::journal::kafka) fn clear(&self) {
        self.lock().partitions.clear();
    }

    /// Returns the owned partitions, each with its session and the offset to read from.
    pub(super) fn starts(&self) -> BTreeMap<StatePartition, (u64, i64)> {
        let owned = self.lock();
        owned.partitions.iter().map(|(partition, reading)| (*partition, (reading.session, reading.end))).collect()
    }

    /// Notes a message that was read in this session. Returns whether it must be passed on.
    pub(super) fn receive(&self, place: HandoffPlace, session: u64) -> bool {
        let mut owned = self.lock();
        let reading = owned.partitions.get_mut(&place.partition).filter(|reading| reading.session == session);
        let Some(reading) = reading.filter(|reading| place.offset >= reading.end) else { return false };
        reading.end = place.offset + 1;
        !reading.position.has(place.offset) && reading.open.insert(place.offset)
    }

    /// Returns the partitions of which as much was received as may be, and those of which more may be.
    pub(super) fn full(&self) -> (BTreeSet<StatePartition>, BTreeSet<StatePartition>) {
        let owned = self.lock();
        let with = |holds: &dyn Fn(usize) -> bool| {
            let those = owned.partitions.iter().filter(|(_, reading)| holds(reading.open.len()));
            those.map(|(partition, _)| *partition).collect()
        };
        (with(&|open| open >= WINDOW), with(&|open| open <= WINDOW / 2))
    }

    /// Returns the positions after these messages were consumed too. Those of partitions that are not owned are left
    /// out.
    pub(in crate::journal::kafka) fn after(
        &self,
        consumed: impl IntoIterator<Item = HandoffPlace>,
    ) -> BTreeMap<StatePartition, Position> {
        let mut offsets: BTreeMap<StatePartition, BTreeSet<i64>> = BTreeMap::new();
        for place in consumed {
            offsets.entry(place.partition).or_default().insert(place.offset);
        }
        let owned = self.lock();
        let after = |(partition, offsets)| Some((partition, owned.partitions.get(&partition)?.after(&offsets)));
        offsets.into_iter().filter_map(after).collect()
    }

    /// Notes that these positions were committed.
    pub(in crate::journal::kafka) fn reach(&self, positions: BTreeMap<StatePartition, Position>) {
        let mut owned = self.lock();
        for (partition, position) in positions {
            let Some(reading) = owned.partitions.get_mut(&partition) else { continue };
            reading.open.retain(|offset| !position.has(*offset));
            reading.position = position;
        }
    }

    /// Returns up to where the messages of each partition are consumed.
    pub(super) fn consumed(&self) -> BTreeMap<StatePartition, i64> {
        self.lock().partitions.iter().map(|(partition, reading)| (*partition, reading.position.next)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: i64) -> HandoffPlace {
        HandoffPlace { partition: 1, offset }
    }

    fn position(next: i64, done: &[i64]) -> BTreeMap<StatePartition, Position> {
        BTreeMap::from([(1, Position { next, done: done.iter().copied().collect() })])
    }

    #[test]
    fn the_position_names_what_is_done_beyond_the_first_open_message() {
        let progress = Progress::default();
        progress.add(1, Position { next: 3, done: [5].into() });
        let session = progress.starts()[&1].0;
        // Offset 4 is not a message: the marker of a transaction.
        let received: Vec<i64> = (2..9).filter(|n| *n != 4 && progress.receive(place(*n), session)).collect();
        assert_eq!(received, [3, 6, 7, 8]);
        let after = progress.after([place(7), place(6)]);
        assert_eq!(after, position(3, &[5, 6, 7]));
        assert_eq!(progress.after([]), BTreeMap::new());
        progress.reach(after);
        assert_eq!(progress.after([place(3)]), position(8, &[]));
        assert_eq!(progress.after([place(8)]), position(3, &[5, 6, 7, 8]));
        progress.reach(progress.after([place(3), place(8)]));
        assert_eq!(progress.consumed(), BTreeMap::from([(1, 9)]));
        let value = Position { next: 3, done: [5].into() }.value();
        assert_eq!(Position::read(&value).unwrap(), Position { next: 3, done: [5].into() });
    }

    #[test]
    fn messages_of_an_earlier_time_of_ownership_do_not_count() {
        let progress = Progress::default();
        progress.add(1, Position::default());
        let first = progress.starts()[&1].0;
        assert!(progress.receive(place(0), first));
        progress.remove(&[1].into());
        assert!(progress.after([place(0)]).is_empty());
        progress.add(1, Position::default());
        let second = progress.starts()[&1].0;
        assert!(!progress.receive(place(0), first), "it was read for the earlier one");
        assert!(progress.receive(place(0), second));
        assert!(!progress.receive(place(0), second), "once");
    }

    #[test]
    fn a_partition_is_full_until_half_of_it_is_consumed() {
        let progress = Progress::default();
        progress.add(1, Position::default());
        let session = progress.starts()[&1].0;
        for offset in 0..WINDOW.cast_signed() as i64 {
            assert!(progress.full().0.is_empty());
            assert!(progress.receive(place(offset), session));
        }
        assert_eq!(progress.full(), ([1].into(), [].into()));
        progress.reach(progress.after((0..WINDOW.cast_signed() as i64 / 2).map(place)));
        assert_eq!(progress.full(), ([].into(), [1].into()));
    }
}
