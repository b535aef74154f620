//! Rounds of questions: who has the state of feeds that are new to this instance? A round ends when every partition has
//! answered.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use super::FeedAnswer;
use crate::journal::StatePartition;
use crate::pipeline::message::FeedHandle;

/// The rounds that have not ended.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Rounds {
    open: HashMap<Uuid, Round>,
    /// Of feeds that were asked for in vain: the moves that were known before the last round.
    seen: HashMap<String, HashSet<Uuid>>,
}

/// A round.
#[derive(Debug)]
pub(in crate::pipeline) struct Round {
    /// The feeds that it is about.
    pub feeds: Vec<Arc<FeedHandle>>,
    /// The partition that the answers are sent to.
    pub reply: StatePartition,
    /// Whether this instance owned all partitions when it began, so that it asked for no feed by name.
    pub is_sole: bool,
    /// When it began.
    pub begun: Instant,
    /// The partitions that have not answered.
    missing: BTreeSet<StatePartition>,
    /// The feeds that a partition has or claims.
    kept: HashSet<String>,
    /// The moves of the feeds that partitions know of.
    moves: HashMap<String, HashSet<Uuid>>,
}

/// What a round says of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Finding {
    /// Nobody has its state, and nobody else claims it.
    New,
    /// Somebody has or claims it.
    Kept,
    /// Its state was moving while the partitions were asked.
    Moving,
}

impl Rounds {
    /// Begins a round in which these partitions are asked.
    pub(in crate::pipeline) fn begin(
        &mut self,
        id: Uuid,
        feeds: Vec<Arc<FeedHandle>>,
        reply: StatePartition,
        partitions: BTreeSet<StatePartition>,
        is_sole: bool,
        now: Instant,
    ) {
        let (kept, moves) = (HashSet::new(), HashMap::new());
        let round = Round { feeds, reply, is_sole, begun: now, missing: partitions, kept, moves };
        self.open.insert(id, round);
    }

    /// Takes an answer. Returns the round if it was the last one.
    pub(in crate::pipeline) fn hear(&mut self, answer: &FeedAnswer) -> Option<Round> {
        let round = self.open.get_mut(&answer.round)?;
        round.missing.remove(&answer.partition);
        round.kept.extend(answer.kept.iter().cloned());
        for (feed, mark) in &answer.moved {
            round.moves.entry(feed.clone()).or_default().insert(*mark);
        }
        if round.missing.is_empty() { self.open.remove(&answer.round) } else { None }
    }

    /// Returns what a round that has ended says of a feed.
    pub(in crate::pipeline) fn finding(&mut self, round: &Round, feed: &str) -> Finding {
        let moves = round.moves.get(feed);
        // A move that was known before the round began had ended in a partition that was asked after it.
        let is_old = |mark: &Uuid| self.seen.get(feed).is_some_and(|seen| seen.contains(mark));
        let is_moving = moves.is_some_and(|moves| !moves.iter().all(is_old));
        if let Some(moves) = moves {
            self.seen.insert(feed.to_owned(), moves.clone());
        }
        if round.kept.contains(feed) {
            return Finding::Kept;
        }
        if is_moving {
            return Finding::Moving;
        }
        self.seen.remove(feed);
        Finding::New
    }

    /// Returns whether a round is open.
    pub(in crate::pipeline) fn is_open(&self, id: &Uuid) -> bool {
        self.open.contains_key(id)
    }

    /// Returns whether no feed is being asked for.
    pub(in crate::pipeline) fn is_idle(&self) -> bool {
        self.open.values().all(|round| round.feeds.is_empty())
    }

    /// Takes out the rounds for which this holds.
    pub(in crate::pipeline) fn take(&mut self, is_void: impl Fn(&Round) -> bool) -> Vec<Round> {
        self.open.extract_if(|_, round| is_void(round)).map(|(_, round)| round).collect()
    }

    /// Returns when the oldest round began.
    pub(in crate::pipeline) fn oldest(&self) -> Option<Instant> {
        self.open.values().map(|round| round.begun).min()
    }

    /// Forgets what is known of feeds for which `stays` does not hold.
    pub(in crate::pipeline) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.seen.retain(|feed, _| stays(feed));
    }
}

impl Round {
    /// Returns the partitions that have not answered.
    pub(in crate::pipeline) fn missing(&self) -> &BTreeSet<StatePartition> {
        &self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FeedConfig;

    fn answer(round: Uuid, partition: StatePartition, kept: &[&str], moved: &[(&str, u128)]) -> FeedAnswer {
        let kept = kept.iter().map(ToString::to_string).collect();
        let moved = moved.iter().map(|(feed, mark)| ((*feed).to_owned(), Uuid::from_u128(*mark))).collect();
        FeedAnswer { round, partition, kept, moved }
    }

    #[test]
    fn a_feed_is_new_when_all_have_answered_and_none_has_it_or_knows_of_a_later_move() {
        let mut rounds = Rounds::default();
        let feeds: Vec<_> = ["a", "b", "c"]
            .map(|id| Arc::new(FeedHandle::new(FeedConfig { id: id.into(), ..FeedConfig::default() })))
            .into();
        let mut of = |moved: &[(&str, u128)]| {
            let id = Uuid::new_v4();
            rounds.begin(id, feeds.clone(), 0, [0, 1].into(), false, Instant::now());
            assert!(rounds.hear(&answer(Uuid::new_v4(), 1, &["a"], &[])).is_none(), "of another round");
            assert!(rounds.hear(&answer(id, 0, &["a"], moved)).is_none());
            assert!(rounds.hear(&answer(id, 0, &[], &[])).is_none(), "the same partition again");
            let round = rounds.hear(&answer(id, 1, &[], &[])).expect("it was the last one");
            assert!(rounds.is_idle() && !rounds.is_open(&id));
            ["a", "b", "c"].map(|feed| rounds.finding(&round, feed))
        };
        assert_eq!(of(&[("b", 1)]), [Finding::Kept, Finding::Moving, Finding::New]);
        assert_eq!(of(&[("b", 1)]), [Finding::Kept, Finding::New, Finding::New], "it was known before");
        assert_eq!(of(&[("b", 1)])[1], Finding::Moving);
        assert_eq!(of(&[("b", 2)])[1], Finding::Moving, "it moved again");
        assert_eq!(of(&[("b", 2)])[1], Finding::New);
    }
}
