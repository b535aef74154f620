//! Calls of librdkafka that may never return.
//!
//! Its transactional calls take a time limit, which some paths forget: the answer to a `TxnOffsetCommit` that counts as outdated
//! is dropped without a word to whoever waits for it (librdkafka 2.12.1, `rd_kafka_txn_handle_TxnOffsetCommit`), as happens when
//! the coordinator goes away in that moment. Such a producer is given up with the thread that waits in it.

use std::sync::mpsc;
use std::time::Duration;

/// How far beyond its own limit a call is waited for.
const BEYOND: Duration = Duration::from_secs(10);

/// Calls from a thread of its own; `None` where it does not return although its `limit` has long passed.
pub(super) fn call<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (told, outcome) = mpsc::sync_channel(1);
    let started = std::thread::Builder::new().name("kafka-call".into()).spawn(move || {
        // Too late for whoever waited.
        let _ = told.send(work());
    });
    started.ok()?;
    outcome.recv_timeout(limit + BEYOND).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_returns_is_heard() {
        assert_eq!(call(Duration::from_secs(1), || 5), Some(5));
    }
}
