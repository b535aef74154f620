//! Waiting for what another thread or process does.

use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails. A busy machine needs far less, and a test that passes never waits so long.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until the condition holds.
#[track_caller]
pub fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    wait_or_show(what, String::new, condition);
}

/// Waits until the condition holds; a failure shows these details.
#[track_caller]
pub fn wait_or_show(what: &str, details: impl FnOnce() -> String, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}\n{}", details());
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the condition holds, in async code.
pub async fn wait_until_async(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
