//! The scheduler's part: each instance reads a new feed list at some moment, claims the feeds that are new to it, and hands
//! over those that moved away.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use super::instance::Instance;
use super::{Cluster, PARTITIONS};
use crate::journal::kafka::partition;
use crate::journal::{Journal, StatePartition};
use crate::pipeline::handoff::{FeedQuestion, Finding, name_in};
use crate::pipeline::message::{CommitAck, FeedHandle, Work};
use crate::pipeline::scheduler::Command;

impl Cluster {
    /// Has an instance read a feed list.
    pub(super) fn reload(&mut self, at: usize, list: usize) {
        let listed = self.web.lists[list].clone();
        let instance = &mut self.instances[at];
        instance.list = list;
        instance.routes.claims().lock().list(listed.clone());
        self.retain_claims(at);
        for feed in &listed {
            self.move_away(at, feed);
        }
    }

    fn retain_claims(&mut self, at: usize) {
        let instance = &mut self.instances[at];
        let (listed, routes) = (&self.web.lists[instance.list], &instance.routes);
        let mut claims = routes.claims().lock();
        claims.retain(|id| listed.get(id).is_some_and(|feed| routes.is_here(&feed.site)));
    }

    /// Hands a feed over that an instance remembers, and that is listed at another one's site.
    fn move_away(&mut self, at: usize, feed: &Arc<FeedHandle>) {
        let instance = &mut self.instances[at];
        if !instance.is_polling(&feed.id) && instance.store.remembers(&feed.id) && !instance.routes.is_here(&feed.site)
        {
            let (ack, _) = CommitAck::new();
            instance.works.push(Work::MoveFeed { feed: Arc::clone(feed), ack });
        }
    }

    /// Asks for a feed of which nothing is remembered.
    pub(super) fn claim(&mut self, at: usize, feed: &Arc<FeedHandle>) {
        let instance = &mut self.instances[at];
        if instance.routes.claims().lock().is_unproven(&feed.id) {
            return;
        }
        let (round, all) = (Uuid::new_v4(), (0..PARTITIONS).collect::<BTreeSet<_>>());
        let owned = instance.owner.owned();
        let is_sole = owned == all;
        // Any of the owned partitions takes the answers.
        let owned: Vec<StatePartition> = owned.into_iter().collect();
        let reply = owned[self.random.below(owned.len() as u64) as usize];
        instance.routes.claims().lock().ask(feed, round);
        let named = if is_sole { Vec::new() } else { vec![(feed.id.clone(), feed.url.clone())] };
        let reply_to = name_in(&*instance.owner, reply);
        let question = Box::new(FeedQuestion { round, reply_to, feeds: named });
        instance.rounds.begin(round, vec![Arc::clone(feed)], reply, all.clone(), is_sole, Instant::now());
        let (ack, _) = CommitAck::new();
        instance.works.push(Work::Ask { question, partitions: all, ack });
    }

    /// Takes note of what a consumed message says.
    pub(super) fn obey(&mut self, at: usize, command: Command) {
        match command {
            Command::Arrived(id) => self.instances[at].routes.claims().lock().end(&id),
            Command::Answered(answer) => {
                let instance = &mut self.instances[at];
                let Some(round) = instance.rounds.hear(&answer) else { return };
                let is_sole = instance.owner.owned() == (0..PARTITIONS).collect();
                for feed in &round.feeds {
                    let finding = instance.rounds.finding(&round, &feed.id);
                    let mut claims = instance.routes.claims().lock();
                    if !claims.is_asked(&feed.id, answer.round) {
                        continue;
                    }
                    if finding == Finding::New && (is_sole || !round.is_sole) {
                        claims.prove(&feed.id);
                    } else {
                        claims.end(&feed.id);
                    }
                }
            }
            _ => unreachable!("messages say nothing else"),
        }
    }

    /// Checks that no feed waits for the state of others.
    pub(super) fn check_polled(&self) {
        for feed in self.web.lists.last().expect("there is one") {
            let polls = |instance: &&Instance| instance.routes.is_here(&feed.site);
            let owner = self.instances.iter().find(polls).expect("each partition has an owner");
            assert!(owner.store.feed(&feed.id).is_some(), "{} was never polled to its end", feed.id);
        }
    }

    /// Ends polls, as far as their last work is committed or dropped.
    pub(super) fn close_polls(&mut self, at: usize) {
        let mut closed = Vec::new();
        self.instances[at].ending.retain_mut(|(feed, ack)| match ack.try_recv() {
            Err(tokio::sync::oneshot::error::TryRecvError::Empty) => true,
            outcome => {
                closed.push((Arc::clone(feed), outcome.is_ok()));
                false
            }
        });
        for (feed, is_committed) in closed {
            {
                let mut claims = self.instances[at].routes.claims().lock();
                claims.closed(&feed.id);
                if is_committed {
                    claims.end(&feed.id);
                }
            }
            let listed = self.web.lists[self.instances[at].list].clone();
            listed.get(&feed.id).into_iter().for_each(|feed| self.move_away(at, feed));
        }
    }

    /// Ends the claims that an instance has without a partition.
    pub(super) fn disclaim(&mut self, at: usize, left: StatePartition) {
        let instance = &mut self.instances[at];
        let void = instance.rounds.take(|round| round.is_sole || round.reply == left);
        let mut claims = instance.routes.claims().lock();
        for feed in
            void.iter().flat_map(|round| &round.feeds).filter(|feed| claims.is_unproven(&feed.id)).collect::<Vec<_>>()
        {
            claims.end(&feed.id);
        }
        drop(claims);
        self.retain_claims(at);
    }

    /// Checks that the state of each feed is in one place, which is that of its site.
    pub(super) fn check_places(&self) {
        let newest = &self.web.lists[self.web.lists.len() - 1];
        for feed in newest {
            let with_state = self.log.state.iter().filter(|(_, values)| values.contains_key(feed.id.as_str()));
            let places: Vec<StatePartition> = with_state.map(|(partition, _)| *partition).collect();
            assert_eq!(places, [partition(&feed.site, PARTITIONS)], "the state of {}", feed.id);
        }
    }
}
