//! Histograms with fixed bounds, each bucket with the trace of the last value that fell into it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Bounds for work that takes milliseconds to minutes, in seconds.
pub const LATENCY: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Bounds for the way of a story from publisher to consumer, which may take days, in seconds.
pub const PASSAGE: &[f64] =
    &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 86_400.0, 604_800.0];
/// Bounds for counts and sizes.
pub const SIZE: &[f64] =
    &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0];

/// A value that was seen, and in which trace.
#[derive(Debug, Clone, Copy)]
pub struct Exemplar {
    /// The trace.
    pub trace: u128,
    /// The value.
    pub value: f64,
    /// When.
    pub time: SystemTime,
}

/// Counts values by size.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    inner: Mutex<Inner>,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    /// One for each bound, and one for what is above them all.
    buckets: Vec<(u64, Option<Exemplar>)>,
    sum: f64,
}

/// A histogram at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Upper bound, how many values were up to it, and an example among those that no lower bound holds.
    pub buckets: Vec<(f64, u64, Option<Exemplar>)>,
    /// All values added up.
    pub sum: f64,
}

impl Histogram {
    /// An empty one with these upper bounds, ascending.
    pub fn new(bounds: &'static [f64]) -> Self {
        let inner = Inner { buckets: vec![(0, None); bounds.len() + 1], sum: 0.0 };
        Self { bounds, inner: Mutex::new(inner) }
    }

    /// Counts a value; one that is no number is left out.
    pub fn observe(&self, value: f64, trace: Option<u128>) {
        if !value.is_finite() {
            return;
        }
        let at = self.bounds.partition_point(|bound| *bound < value);
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        inner.sum += value;
        if let Some((count, exemplar)) = inner.buckets.get_mut(at) {
            *count += 1;
            if let Some(trace) = trace {
                *exemplar = Some(Exemplar { trace, value, time: SystemTime::now() });
            }
        }
    }

    /// Counts a time in seconds.
    pub fn time(&self, took: Duration, trace: Option<u128>) {
        self.observe(took.as_secs_f64(), trace);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        inner.buckets.iter().map(|(count, _)| count).sum()
    }

    /// How many values were counted, and all of them added up.
    pub fn total(&self) -> (u64, f64) {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (inner.buckets.iter().map(|(count, _)| count).sum(), inner.sum)
    }

    /// The value below which about this share of all values lies, as the bounds tell it; `None` where there are none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let Snapshot { buckets, .. } = self.snapshot();
        let (_, all, _) = *buckets.last()?;
        let rank = share * all as f64;
        let bound = buckets.iter().find(|(_, upto, _)| *upto as f64 >= rank).map(|(bound, ..)| *bound);
        bound.filter(|_| all > 0)
    }

    /// All of it, at one moment.
    pub fn snapshot(&self) -> Snapshot {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let mut upto = 0;
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets = bounds.zip(inner.buckets).map(|(bound, (count, exemplar))| {
            upto += count;
            (bound, upto, exemplar)
        });
        Snapshot { buckets: buckets.collect(), sum: inner.sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_up_to_their_bound() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 9.0, f64::NAN] {
            histogram.observe(value, Some(7));
        }
        let Snapshot { buckets, sum } = histogram.snapshot();
        let counts: Vec<_> = buckets.iter().map(|(bound, upto, _)| (*bound, *upto)).collect();
        assert_eq!(counts, [(1.0, 2), (2.0, 3), (f64::INFINITY, 4)]);
        assert!((sum - 12.0).abs() < 1e-9);
        assert_eq!(buckets[1].2.map(|exemplar| exemplar.value), Some(1.5));
        assert_eq!(histogram.quantile(0.5), Some(1.0));
        assert_eq!(Histogram::new(&[1.0]).quantile(0.5), None);
    }
}
