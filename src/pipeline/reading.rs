//! What a reading of a feed found, before it is committed.

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

/// What a poll found, before it is committed.
pub(super) struct Reading {
    pub outcome: Outcome,
    /// Whether the feed was read in full to see whether "not changed" is the truth.
    pub audited: bool,
    /// The feed's state as this reading leaves it.
    pub state: FeedState,
    pub retry_after: Option<Duration>,
    pub fault: Option<Fault>,
    /// What happened to the feed besides its health.
    pub told: Vec<(FeedEventKind, String)>,
    /// Entries that were not known.
    pub fresh: usize,
    /// Where it is pushed from, where that was told.
    pub offer: Option<Offer>,
    /// A dead letter, and the hash of the body that it is about.
    pub dead: Option<(u64, DeadLetter)>,
    /// Entries to forget.
    pub forget: Vec<u128>,
    /// What repeats in its articles, where more is known of it now.
    pub learned: Option<Arc<Learned>>,
}

impl Reading {
    /// One that has found nothing yet.
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
