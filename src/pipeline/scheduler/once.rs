//! The end of a run that polls every feed once, where other instances hand articles over to this one.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::warn;

use super::{Ending, Scheduler};

/// How long the end waits for other instances.
const PATIENCE: Duration = Duration::from_secs(60);

impl Scheduler {
    /// Returns whether the run is over, once no poll is left: no feed waits for the answers of other instances, and what was
    /// handed over before is consumed; or that takes too long.
    pub(super) async fn is_over(&mut self, now: DateTime<Utc>) -> bool {
        if !self.cx.routes.is_shared() {
            return true;
        }
        let Ending { until, round } = *self.ending.get_or_insert(Ending { until: now + PATIENCE, round: None });
        if now >= until {
            warn!("other instances did not answer in time; what they hand over is left for the next run");
            return true;
        }
        if !self.claims.is_idle() {
            return false;
        }
        if let Some(round) = round {
            return !self.claims.is_open(&round) && self.cx.received.is_idle_now();
        }
        let round = self.ask(Vec::new(), self.assignment.owned(), false).await;
        self.ending = Some(Ending { until, round });
        // Without partitions, nothing is handed over to this instance.
        round.is_none()
    }
}
