//! Bounds on time that hold on any machine.

use std::time::{Duration, Instant};

/// What takes less is fast enough, and too short to compare.
const SHORT: Duration = Duration::from_millis(500);

/// Checks that `work` on a size of 2n takes about twice as long as on n. Quadratic work takes four times as long.
#[track_caller]
pub fn assert_linear(what: &str, n: usize, work: impl Fn(usize)) {
    let time = |n| {
        let begun = Instant::now();
        work(n);
        begun.elapsed()
    };
    let double = time(2 * n);
    if double < SHORT {
        return;
    }
    // The best of two: other processes use this machine too.
    let (single, double) = (time(n).min(time(n)), time(2 * n).min(double));
    assert!(double < 3 * single, "{what}: {single:?} for {n}, {double:?} for twice as much");
}
