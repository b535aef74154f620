//! Waits while the state is carried over to more partitions, and ends a growth whose tool has died.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Layout, LayoutReader, LayoutWriter};
use crate::journal::JournalError;
use crate::journal::kafka::blocking::blocking;
use crate::journal::kafka::options::KafkaSettings;

/// The pause between two looks at the layout.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The pause between two log lines.
const LOG_EVERY: Duration = Duration::from_secs(30);
/// A tool that has not renewed its growth for this long counts as dead. Longer than any of its steps should take; if it
/// does live, its next write fails.
pub(in crate::journal::kafka) const DEAD_AFTER: Duration = Duration::from_secs(30);

/// Waits until no growth is in progress. Ends one whose tool has stopped renewing it, so that the state topic from before is
/// current again.
pub(in crate::journal::kafka) async fn wait_until_settled(
    settings: &Arc<KafkaSettings>,
    reader: &Arc<LayoutReader>,
) -> Result<(), JournalError> {
    let (mut renewed, mut logged): (Option<(i64, Instant)>, Option<Instant>) = (None, None);
    loop {
        let looking = Arc::clone(reader);
        let (layout, end) = blocking(move || looking.read()).await?;
        let Some(growth) = layout.growth else { return Ok(()) };
        if renewed.is_none_or(|(seen, _)| seen != end) {
            renewed = Some((end, Instant::now()));
        }
        if logged.is_none_or(|at| at.elapsed() > LOG_EVERY) {
            logged = Some(Instant::now());
            tracing::info!(
                partitions = growth.partitions,
                renewed = %growth.renewed,
                "state is being carried over to more partitions; waiting for `dateline topics --grow` to finish"
            );
        }
        if renewed.is_some_and(|(_, since)| since.elapsed() > DEAD_AFTER) {
            let settings = Arc::clone(settings);
            if blocking(move || take_back(&settings, Some(end))).await? {
                tracing::warn!(
                    "`dateline topics --grow` stopped before it had finished; resuming with the partitions from before. Run it \
                     again to start over"
                );
            }
            renewed = None;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Fences the tool that carries the state over and makes the state topic from before current again. With `seen`, does so only if
/// the layout has not been written since. Returns whether there was a growth to end. Blocks.
pub(in crate::journal::kafka) fn take_back(settings: &KafkaSettings, seen: Option<i64>) -> Result<bool, JournalError> {
    let writer = LayoutWriter::acquire(settings)?;
    let (layout, end) = writer.read()?;
    if layout.growth.is_none() || seen.is_some_and(|seen| seen != end) {
        return Ok(false);
    }
    writer.write(&Layout { growth: None, ..layout })?;
    Ok(true)
}
