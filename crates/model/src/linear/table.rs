//! Maps features to weights.
//!
//! The time is spent on waiting for memory, then on searching. So each feature is looked up in one small bucket,
//! without a branch, and many lookups run at once. Since many features have equal rows of weights, each distinct row is
//! stored once, and the most frequent rows lie side by side.

use std::hint::black_box;

use super::file::Weights;

/// Features looked up together, so their places in memory are waited for together. Their weights must fit 16 bits in sum.
const AT_ONCE: usize = 64;
/// The maximum number of features in a bucket, and on average.
const MOST: usize = 8;
const USUAL: usize = 4;
/// Weights that are added together.
const LANES: usize = 16;
/// Bits of an entry that number the row; those above tell the feature.
const ROW_BITS: u32 = 17;
/// The last entry of a bucket of which some features are among the others: like no other, since its row is 0.
const MORE: u32 = u32::MAX << ROW_BITS;

/// The weights of each feature.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Vec<Bucket>,
    /// Features that found no place in their bucket, in rising order, with the number of their row.
    others: Vec<(u32, u32)>,
    /// The different rows of weights, each filled up to whole lanes; the first is of zeros.
    rows: Vec<[i8; LANES]>,
    /// Lanes of a row.
    lanes: usize,
}

/// The features whose hashes begin alike: bits that tell which, and the number of its row. An empty entry is 0.
#[derive(Debug, Clone, Default)]
#[repr(align(32))]
struct Bucket([u32; MOST]);

impl Bucket {
    /// Returns the row of a feature by its tag; 0 if there is none.
    fn row(&self, tag: u32) -> u32 {
        let same = |entry: u32| if (entry ^ tag) >> ROW_BITS == 0 { entry } else { 0 };
        self.0.iter().fold(0, |found, &entry| found | same(entry)) & !(u32::MAX << ROW_BITS)
    }
}

/// A feature on its way into its bucket.
struct Held {
    tag: u32,
    feature: u32,
    row: u32,
}

impl Table {
    /// Returns a table of these weights. A feature that it does not hold is taken for one that it holds once in some eight thousand times.
    pub(super) fn new(weights: &Weights) -> Self {
        let width = weights.labels.len();
        let mut table = Self {
            buckets: vec![Bucket::default(); weights.features.len().div_ceil(USUAL).max(1)],
            others: Vec::new(),
            rows: Vec::new(),
            lanes: width.div_ceil(LANES),
        };
        table.rows.resize(table.lanes, [0; LANES]);
        for part in weights.rows.chunks_exact(width).flat_map(|row| row.chunks(LANES)) {
            let mut lane = [0; LANES];
            lane[..part.len()].copy_from_slice(part);
            table.rows.push(lane);
        }
        let mut bucket: Vec<Held> = Vec::new();
        let mut open = 0;
        for (&feature, &row) in weights.features.iter().zip(&weights.which) {
            let (home, tag) = table.home(feature);
            if home != open {
                table.fill(open, &bucket);
                bucket.clear();
                open = home;
            }
            // The row of zeros stands before the others.
            bucket.push(Held { tag, feature, row: row + 1 });
        }
        table.fill(open, &bucket);
        table
    }

    /// Fills a bucket with features in order.
    fn fill(&mut self, home: usize, held: &[Held]) {
        let fits = |held: &&[Held]| held.len() == 1 && held[0].row >> ROW_BITS == 0;
        let (alone, crowded): (Vec<&[Held]>, Vec<&[Held]>) = held.chunk_by(|a, b| a.tag == b.tag).partition(fits);
        let room = if alone.len() > MOST || !crowded.is_empty() { MOST - 1 } else { MOST };
        let bucket = &mut self.buckets[home].0;
        for (entry, held) in bucket.iter_mut().zip(alone.iter().take(room)) {
            *entry = held[0].tag | held[0].row;
        }
        if room < MOST {
            bucket[room] = MORE;
            let others = alone.iter().skip(room).chain(&crowded).copied().flatten();
            self.others.extend(others.map(|held| (held.feature, held.row)));
        }
    }

    /// Returns a feature's bucket and its tag there: features are hashes, spread over all 32 bits.
    fn home(&self, feature: u32) -> (usize, u32) {
        let place = u64::from(feature) * self.buckets.len() as u64;
        ((place >> 32) as usize, place as u32 & u32::MAX << ROW_BITS)
    }

    /// Returns the number of a feature's row, 0 if it is not held.
    fn row(&self, feature: u32) -> u32 {
        let (home, tag) = self.home(feature);
        let bucket = &self.buckets[home];
        if bucket.0[MOST - 1] == MORE
            && let Ok(at) = self.others.binary_search_by_key(&feature, |other| other.0)
        {
            return self.others[at].1;
        }
        bucket.row(tag)
    }

    /// Adds the weights of features to sums, one a label. Features that are not held weigh nothing.
    pub(super) fn add(&self, features: &[u32], sums: &mut [i32]) {
        let mut rows = [0; AT_ONCE];
        for part in features.chunks(AT_ONCE) {
            let rows = &mut rows[..part.len()];
            // All buckets are asked for before the first is searched.
            black_box(part.iter().fold(0, |sum, &feature| sum ^ self.buckets[self.home(feature).0].0[0]));
            rows.iter_mut().zip(part).for_each(|(row, &feature)| *row = self.row(feature));
            for (lane, sums) in sums.chunks_mut(LANES).enumerate() {
                let mut total = [0i16; LANES];
                for &row in &*rows {
                    let weights = &self.rows[row as usize * self.lanes + lane];
                    total.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum = sum.wrapping_add(i16::from(weight)));
                }
                // Weights have 8 bits: no text has so many features that their sum would not fit.
                sums.iter_mut().zip(total).for_each(|(sum, part)| *sum = sum.wrapping_add(i32::from(part)));
            }
        }
    }
}
