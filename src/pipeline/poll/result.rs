//! The result of reading a feed, before it is committed.

use std::sync::Arc;
use std::time::Duration;

use crate::article::Learned;
use crate::record::{DeadLetter, FeedEventKind};
use crate::schedule::Outcome;
use crate::state::FeedState;
use crate::websub::HubLinks;

/// What went wrong.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct PollFailure {
    pub reason: String,
    pub status: Option<u16>,
}

/// The result of a poll, before it is committed.
pub(in crate::pipeline) struct PollResult {
    pub outcome: Outcome,
    /// Whether the feed was fetched in full to check the server's "not changed".
    pub verified_not_modified: bool,
    /// The feed's state as this reading leaves it.
    pub state: FeedState,
    pub retry_after: Option<Duration>,
    pub failure: Option<PollFailure>,
    /// Events of the feed other than those of its health.
    pub events: Vec<(FeedEventKind, String)>,
    /// Entries that were not known.
    pub fresh: usize,
    /// The hubs that the feed offers; `None` if the answer says nothing about hubs.
    pub hub_links: Option<HubLinks>,
    /// A dead letter, and the hash of the body that it is about.
    pub dead: Option<(u64, DeadLetter)>,
    /// Entries to forget.
    pub forget: Vec<u128>,
    /// The blocks that repeat in its articles, if more is known of them now.
    pub learned: Option<Arc<Learned>>,
}

impl PollResult {
    /// Returns an empty result.
    pub(crate) fn new(state: FeedState) -> Self {
        Self {
            outcome: Outcome::Read,
            verified_not_modified: false,
            state,
            retry_after: None,
            failure: None,
            events: Vec::new(),
            fresh: 0,
            hub_links: None,
            dead: None,
            forget: Vec::new(),
            learned: None,
        }
    }
}
