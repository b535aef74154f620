//! Calls of librdkafka that may never return.
//!
//! Its transactional calls take a time limit, but some paths ignore it: librdkafka 2.12.1 drops a `TxnOffsetCommit` response
//! that it considers outdated without notifying the caller (`rd_kafka_txn_handle_TxnOffsetCommit`). This happens when
//! the coordinator becomes unavailable at that moment. Such a producer is abandoned together with the thread that waits in it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::journal::JournalError;

/// How long to wait for a call whose own limit is a second.
pub(super) const PATIENCE: Duration = Duration::from_secs(11);

/// Makes the call on a separate thread. Returns [`JournalError::Reset`] if it has not returned within this time.
pub(super) fn call_with_deadline<P, T>(
    within: Duration,
    producer: &Arc<P>,
    call: impl FnOnce(&P) -> T + Send + 'static,
) -> Result<T, JournalError>
where
    P: Send + Sync + 'static,
    T: Send + 'static,
{
    let (sender, outcome) = mpsc::sync_channel(1);
    let producer = Arc::clone(producer);
    let started = std::thread::Builder::new().name("kafka-call".into()).spawn(move || {
        // The caller may have stopped waiting.
        let _ = sender.send(call(&producer));
    });
    let returned = started.ok().and_then(|_| outcome.recv_timeout(within).ok());
    returned.ok_or_else(|| JournalError::reset("a call of librdkafka did not return; its producer is abandoned"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_return_in_time_give_their_result() {
        assert_eq!(call_with_deadline(Duration::from_secs(1), &Arc::new(5), |five| *five).expect("it returns"), 5);
    }
}
