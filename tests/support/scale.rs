//! Bounds on time that hold on any machine.

use std::time::{Duration, Instant};

/// What takes less is fast enough, and too short to compare.
const SHORT: Duration = Duration::from_millis(100);

/// Checks that `work` on a size of 2n takes about twice as long as on n. Quadratic work takes four times as long, at each of
/// three tries; other processes disturb some.
#[track_caller]
pub fn assert_linear(what: &str, n: usize, work: impl Fn(usize)) {
    let time = |n| {
        let begun = Instant::now();
        work(n);
        begun.elapsed()
    };
    let is_linear = || {
        let double = time(2 * n);
        double < SHORT || double < 3 * time(n)
    };
    assert!((0..3).any(|_| is_linear()), "{what}: {:?} for {n}, {:?} for twice as much", time(n), time(2 * n));
}
