//! Weights by feature: open addressing, at most two thirds full.
//!
//! What costs time is waiting for memory, so the table is kept small: features have few different rows of weights, and each row is
//! held once.

use std::collections::HashMap;

/// Features looked up together, so that their places in memory are waited for together.
const AT_ONCE: usize = 64;

/// The weights of each feature.
#[derive(Debug)]
pub(super) struct Table {
    /// The feature in the upper half, the number of its row in the lower; 0 in an empty slot.
    slots: Vec<u64>,
    /// The different rows of weights.
    rows: Vec<i8>,
    width: usize,
}

impl Table {
    /// A table of these features, which are not 0, and their rows of `width` weights.
    pub(super) fn new(features: &[u32], weights: &[i8], width: usize) -> Self {
        let mut table = Self { slots: vec![0; features.len() * 3 / 2 + 1], rows: Vec::new(), width };
        let mut numbers: HashMap<&[i8], u64> = HashMap::new();
        for (&feature, row) in features.iter().zip(weights.chunks_exact(width)).filter(|(feature, _)| **feature != 0) {
            let next = numbers.len() as u64;
            let number = *numbers.entry(row).or_insert_with(|| {
                table.rows.extend(row);
                next
            });
            let mut at = table.first(feature);
            while table.slots[at] != 0 && holds(table.slots[at], feature).is_none() {
                at = table.next(at);
            }
            table.slots[at] = u64::from(feature) << 32 | number;
        }
        table
    }

    /// The slot where a feature is looked for first: features are hashes, spread over all 32 bits.
    fn first(&self, feature: u32) -> usize {
        ((u64::from(feature) * self.slots.len() as u64) >> 32) as usize
    }

    fn next(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// Adds the weights of features to sums, one a label. Features that are not held weigh nothing.
    pub(super) fn add(&self, features: &[u32], sums: &mut [i32]) {
        let mut slots = [0; AT_ONCE];
        for part in features.chunks(AT_ONCE) {
            for (slot, &feature) in slots.iter_mut().zip(part) {
                *slot = self.slots[self.first(feature)];
            }
            for (&slot, &feature) in slots.iter().zip(part) {
                let Some(row) = holds(slot, feature).or_else(|| self.further(slot, feature)) else { continue };
                let row = &self.rows[row * self.width..(row + 1) * self.width];
                // Weights have 8 bits: no text has so many features that their sum would not fit.
                sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum = sum.wrapping_add(i32::from(weight)));
            }
        }
    }

    /// Goes on from a first slot that holds another feature.
    fn further(&self, mut slot: u64, feature: u32) -> Option<usize> {
        let mut at = self.first(feature);
        while slot != 0 {
            at = self.next(at);
            slot = self.slots[at];
            if let Some(row) = holds(slot, feature) {
                return Some(row);
            }
        }
        None
    }
}

/// The row in a slot, if it is this feature's.
fn holds(slot: u64, feature: u32) -> Option<usize> {
    (slot >> 32 == u64::from(feature)).then_some((slot & u64::from(u32::MAX)) as usize)
}
