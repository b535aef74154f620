//! The feeds that wait until it is known whether another instance has their state.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::pipeline::handoff::Rounds;
use crate::pipeline::message::FeedHandle;

/// A round that has not ended by then is begun again: answers are sent to an owner that may be gone.
pub(super) const OVERDUE: Duration = Duration::from_secs(60);

/// The claims of the scheduler's feeds.
#[derive(Default)]
pub(super) struct PendingClaims {
    /// Feeds to ask for.
    pub(super) wanted: Vec<Arc<FeedHandle>>,
    pub(super) rounds: Rounds,
    /// Feeds to ask for again, and when.
    pub(super) again: BTreeMap<Instant, Vec<String>>,
    /// How often the feeds were asked for in vain.
    pub(super) attempts: HashMap<String, u32>,
}

impl PendingClaims {
    /// Returns whether all feeds are either polled or given up.
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_empty() && self.rounds.is_idle() && self.again.is_empty()
    }

    /// Returns whether a round is open.
    pub(super) fn is_open(&self, round: &Uuid) -> bool {
        self.rounds.is_open(round)
    }

    /// Waits until a feed must be asked for again; for ever if there is none.
    pub(super) async fn due(&self) {
        let again = self.again.keys().next().copied();
        match again.into_iter().chain(self.rounds.oldest().map(|begun| begun + OVERDUE)).min() {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }
}
