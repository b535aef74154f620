//! The result of reading a feed, before it is committed.

use std::sync::Arc;
use std::time::Duration;

use super::state::FeedState;
use super::websub::Offer;
use crate::article::Learned;
use crate::record::{DeadLetter, FeedEventKind};
use crate::schedule::Outcome;

/// What went wrong.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub reason: String,
    pub status: Option<u16>,
}

/// The result of a poll, before it is committed.
pub(super) struct Reading {
    pub outcome: Outcome,
    /// Whether the feed was fetched in full to check the server's "not changed".
    pub audited: bool,
    /// The feed's state as this reading leaves it.
    pub state: FeedState,
    pub retry_after: Option<Duration>,
    pub fault: Option<Fault>,
    /// Events of the feed other than those of its health.
    pub told: Vec<(FeedEventKind, String)>,
    /// Entries that were not known.
    pub fresh: usize,
    /// The hubs that the feed offers; `None` if the answer says nothing about hubs.
    pub offer: Option<Offer>,
    /// A dead letter, and the hash of the body that it is about.
    pub dead: Option<(u64, DeadLetter)>,
    /// Entries to forget.
    pub forget: Vec<u128>,
    /// The blocks that repeat in its articles, if more is known of them now.
    pub learned: Option<Arc<Learned>>,
}

impl Reading {
    /// Returns an empty result.
    pub fn new(state: FeedState) -> Self {
        Self {
            outcome: Outcome::Read,
            audited: false,
            state,
            retry_after: None,
            fault: None,
            told: Vec::new(),
            fresh: 0,
            offer: None,
            dead: None,
            forget: Vec::new(),
            learned: None,
        }
    }
}
