//! Calls of librdkafka that may never return.
//!
//! Its transactional calls take a time limit, which some paths forget: the answer to a `TxnOffsetCommit` that counts as outdated
//! is dropped without a word to whoever waits for it (librdkafka 2.12.1, `rd_kafka_txn_handle_TxnOffsetCommit`), as happens when
//! the coordinator goes away in that moment. Such a producer is given up with the thread that waits in it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::journal::JournalError;

/// How far beyond its own limit a call is waited for.
const BEYOND: Duration = Duration::from_secs(10);

/// Calls from a thread of its own. [`JournalError::Reset`] where it does not return although its `limit` has long passed.
pub(super) fn call<P, T>(
    limit: Duration,
    producer: &Arc<P>,
    work: impl FnOnce(&P) -> T + Send + 'static,
) -> Result<T, JournalError>
where
    P: Send + Sync + 'static,
    T: Send + 'static,
{
    let (told, outcome) = mpsc::sync_channel(1);
    let producer = Arc::clone(producer);
    let started = std::thread::Builder::new().name("kafka-call".into()).spawn(move || {
        // Too late for whoever waited.
        let _ = told.send(work(&producer));
    });
    let returned = started.ok().and_then(|_| outcome.recv_timeout(limit + BEYOND).ok());
    returned
        .ok_or_else(|| JournalError::Reset("librdkafka does not return from a call; its producer is given up".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_returns_is_heard() {
        assert_eq!(call(Duration::from_secs(1), &Arc::new(5), |five| *five).expect("it returns"), 5);
    }
}
