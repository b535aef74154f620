//! Weights by feature: open addressing, at most two thirds full.

/// The weights of each feature.
#[derive(Debug)]
pub(super) struct Table {
    /// The feature in each slot; 0 in an empty one.
    keys: Vec<u32>,
    /// The weights in each slot.
    rows: Vec<i8>,
    width: usize,
    mask: usize,
}

impl Table {
    pub(super) fn new(features: &[u32], weights: &[i8], width: usize) -> Self {
        let slots = (features.len() * 3 / 2 + 1).next_power_of_two();
        let mut table = Self { keys: vec![0; slots], rows: vec![0; slots * width], width, mask: slots - 1 };
        for (key, row) in features.iter().zip(weights.chunks_exact(width)) {
            let slot = table.slot(*key);
            table.keys[slot] = *key;
            table.rows[slot * width..(slot + 1) * width].copy_from_slice(row);
        }
        table
    }

    /// The feature's slot, or the empty one in which it would be.
    fn slot(&self, key: u32) -> usize {
        let mut slot = key as usize & self.mask;
        while self.keys[slot] != 0 && self.keys[slot] != key {
            slot = (slot + 1) & self.mask;
        }
        slot
    }

    pub(super) fn get(&self, key: u32) -> Option<&[i8]> {
        let slot = self.slot(key);
        (self.keys[slot] == key && key != 0).then(|| &self.rows[slot * self.width..(slot + 1) * self.width])
    }
}
