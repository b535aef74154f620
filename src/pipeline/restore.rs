//! Restores the committed state at the start of a run.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::PipelineDeps;
use crate::config::SharedFeeds;
use crate::journal::{JournalError, Reason};
use crate::state::store::StateStore;

/// The pauses between attempts to restore the state while the journal is unreachable: 0.5 s, doubled up to 10 s.
const RESTORE_PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(10))
    .without_max_times();

/// Restores the committed state, waiting while the journal is unreachable; `None` if stopped meanwhile. A permission
/// missing from the `first` attempt is a configuration error; one that was there before is waited for.
pub(super) async fn restore(
    parts: &PipelineDeps,
    feeds: &SharedFeeds,
    first: bool,
    stop: &CancellationToken,
) -> Result<Option<StateStore>, JournalError> {
    let liveness = &parts.stats.liveness;
    liveness.journal_restoring();
    let restored = (|| parts.journal.restore())
        .retry(RESTORE_PAUSES)
        .when(|error| !(matches!(error, JournalError::Fatal(_)) || first && matches!(error, JournalError::Refused(_))))
        .notify(|error, _| {
            liveness.journal_unavailable(&format!("{error:#}"));
            parts.stats.retries.of("restore").inc();
            if let JournalError::Refused(reason) = error {
                error!(error = format!("{reason:#}"), "permission revoked; retrying until it is granted again");
            } else {
                warn!(error = format!("{error:#}"), "restoring state failed; retrying (check Kafka or the store)");
            }
        });
    let restored = tokio::select! {
        () = stop.cancelled() => return Ok(None),
        restored = restored => restored,
    };
    let state = restored.map_err(|error| match error {
        JournalError::Refused(reason) => JournalError::Fatal(reason),
        error => error,
    })?;
    let reading = tokio::task::spawn_blocking(move || StateStore::new(state));
    let store = reading
        .await
        .map_err(|error| JournalError::Reset(Reason::new("reading the state ended unexpectedly", error)))?;
    store.adopt(feeds.configs());
    if let Some(error) = store.failure() {
        return Err(parts.journal.unreadable(&error));
    }
    info!(partitions = ?store.partitions(), "state restored");
    liveness.journal_available();
    Ok(Some(store))
}
