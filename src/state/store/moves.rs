//! The moves of feeds to other partitions, as far as they are not committed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::state::MovedAway;

/// The moves that are not committed yet, by feed, oldest first.
#[derive(Debug, Default)]
pub(super) struct Moves(pub(super) HashMap<Arc<str>, VecDeque<MovedAway>>);

impl Moves {
    /// Notes that the oldest move of the feed was committed.
    pub(super) fn committed(&mut self, feed: &str) {
        if let Some(moves) = self.0.get_mut(feed) {
            moves.pop_front();
            if moves.is_empty() {
                self.0.remove(feed);
            }
        }
    }

    /// Forgets the moves away from sites for which `is_gone` holds.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.0.retain(|_, moves| {
            moves.retain(|moved| !is_gone(&moved.from));
            !moves.is_empty()
        });
    }
}
