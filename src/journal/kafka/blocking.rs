//! Runs blocking work off the async threads.

use crate::journal::{JournalError, Reason};

/// Runs blocking work off the async threads: librdkafka waits inside its own calls.
pub(super) async fn blocking<T, F>(work: F) -> Result<T, JournalError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, JournalError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(JournalError::Reset(Reason::new("the journal's thread ended unexpectedly", error))),
    }
}
