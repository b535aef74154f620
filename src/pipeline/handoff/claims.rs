//! The feeds that are listed here and of which nothing is remembered here: each is claimed, and polled as a new feed only
//! when no other partition has its state and nobody else claims it.
//!
//! The scheduler claims feeds and the last stage answers the questions of others, so both see one table.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::config::SharedFeeds;
use crate::journal::StatePartition;
use crate::pipeline::message::{ById, FeedHandle};

/// What this instance says of feeds when it is asked for their state.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct FeedClaims(Mutex<Claims>);

#[derive(Debug, Default)]
pub(in crate::pipeline) struct Claims {
    /// The feed list.
    listed: SharedFeeds,
    /// The feeds that are being read.
    reading: HashSet<String>,
    /// The feeds that are claimed.
    claimed: HashMap<ById, Claim>,
}

/// How far a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// It must be asked for.
    Wanted,
    /// All partitions are being asked, in this round.
    Asking(Uuid),
    /// All partitions have answered: the feed is new.
    Proven,
}

impl FeedClaims {
    /// Locks the table: what is answered and done meanwhile is one step for everybody else.
    pub(in crate::pipeline) fn lock(&self) -> MutexGuard<'_, Claims> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claims {
    /// Replaces the feed list.
    pub(in crate::pipeline) fn list(&mut self, listed: SharedFeeds) {
        self.listed = listed;
    }

    /// Notes that a feed is being read.
    pub(in crate::pipeline) fn opened(&mut self, feed: &str) {
        self.reading.insert(feed.to_owned());
    }

    /// Notes that a feed is no longer being read.
    pub(in crate::pipeline) fn closed(&mut self, feed: &str) {
        self.reading.remove(feed);
    }

    /// Claims a feed that must be asked for.
    pub(in crate::pipeline) fn want(&mut self, feed: &Arc<FeedHandle>) {
        self.claimed.insert(ById(Arc::clone(feed)), Claim::Wanted);
    }

    /// Returns whether the feed is claimed and must be asked for.
    pub(in crate::pipeline) fn is_wanted(&self, feed: &str) -> bool {
        self.claimed.get(feed) == Some(&Claim::Wanted)
    }

    /// Notes that all partitions are asked for this feed.
    pub(in crate::pipeline) fn ask(&mut self, feed: &Arc<FeedHandle>, round: Uuid) {
        self.claimed.insert(ById(Arc::clone(feed)), Claim::Asking(round));
    }

    /// Notes that a claimed feed is new.
    pub(in crate::pipeline) fn prove(&mut self, feed: &str) {
        if let Some(claim) = self.claimed.get_mut(feed) {
            *claim = Claim::Proven;
        }
    }

    /// Returns whether the feed is known to be new.
    pub(in crate::pipeline) fn is_proven(&self, feed: &str) -> bool {
        self.claimed.get(feed) == Some(&Claim::Proven)
    }

    /// Returns whether the feed is asked for in this round.
    pub(in crate::pipeline) fn is_asked(&self, feed: &str, round: Uuid) -> bool {
        self.claimed.get(feed) == Some(&Claim::Asking(round))
    }

    /// Returns whether the feed is claimed.
    pub(in crate::pipeline) fn is_claimed(&self, feed: &str) -> bool {
        self.claimed.contains_key(feed)
    }

    /// Returns whether the feed is claimed and not known to be new.
    pub(in crate::pipeline) fn is_unproven(&self, feed: &str) -> bool {
        self.is_claimed(feed) && !self.is_proven(feed)
    }

    /// Ends the claim of a feed.
    pub(in crate::pipeline) fn end(&mut self, feed: &str) {
        self.claimed.remove(feed);
        if self.claimed.is_empty() {
            // After a first start with many feeds.
            self.claimed.shrink_to_fit();
        }
    }

    /// Ends the claims of all feeds for which `stays` does not hold.
    pub(in crate::pipeline) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.claimed.retain(|feed, _| stays(&feed.0.id));
    }

    /// Returns whether the state of a feed may go to this partition: it is not being read, and not listed elsewhere.
    pub(super) fn may_leave(
        &self,
        feed: &str,
        to: StatePartition,
        partition_of: impl Fn(&str) -> StatePartition,
    ) -> bool {
        let listed = self.listed.get(feed).filter(|feed| !feed.paused);
        !self.reading.contains(feed) && listed.is_none_or(|feed| partition_of(&feed.site) == to)
    }

    /// Returns whether the feed is claimed or read here, other than by who asks in this round.
    pub(super) fn holds_against(&self, feed: &str, round: Uuid) -> bool {
        let holds = |claim: &Claim| !matches!(claim, Claim::Wanted) && *claim != Claim::Asking(round);
        self.reading.contains(feed) || self.claimed.get(feed).is_some_and(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FeedConfig;

    fn feed(id: &str, site: &str) -> FeedConfig {
        FeedConfig { id: id.into(), url: format!("https://{site}/"), ..FeedConfig::default() }
    }

    #[test]
    fn a_claim_counts_against_others_while_it_is_asked_for_and_once_it_is_proven() {
        let mut claims = Claims::default();
        let a = Arc::new(FeedHandle::new(feed("a", "1.example")));
        let round = Uuid::new_v4();
        claims.want(&a);
        assert!(claims.is_wanted("a") && claims.is_unproven("a") && !claims.holds_against("a", Uuid::nil()));
        claims.ask(&a, round);
        assert!(claims.holds_against("a", Uuid::nil()) && !claims.holds_against("a", round), "who asks may have it");
        claims.prove("a");
        assert!(claims.is_proven("a") && claims.holds_against("a", round));
        claims.retain(|id| id != "a");
        assert!(!claims.is_claimed("a"));
    }

    #[test]
    fn state_leaves_unless_its_feed_is_read_or_listed_elsewhere() {
        let mut claims = Claims::default();
        let paused = FeedConfig { paused: true, ..feed("c", "1.example") };
        claims.list(vec![feed("a", "1.example"), feed("b", "2.example"), paused].into());
        let partition_of = |site: &str| StatePartition::from(site == "2.example");
        let leaves = |id: &str, to| claims.may_leave(id, to, partition_of);
        assert!(!leaves("a", 1) && leaves("b", 1) && leaves("c", 1) && leaves("unlisted", 1));
        claims.opened("b");
        assert!(!claims.may_leave("b", 1, partition_of));
        claims.closed("b");
        assert!(claims.may_leave("b", 1, partition_of));
    }
}
