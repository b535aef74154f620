//! Feeds that are new to this instance, where several share the feeds: another one may have their state, so each partition is
//! asked for it before they are polled.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::pending_claims::OVERDUE;
use super::{Mode, Scheduler};
use crate::journal::StatePartition;
use crate::pipeline::handoff::question::that_fit;
use crate::pipeline::handoff::{FeedAnswer, FeedQuestion, Finding, Round, name_in};
use crate::pipeline::message::{CommitAck, FeedHandle, Work};

/// The first pause before a feed is asked for again that another instance has; it doubles up to the second.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

impl Scheduler {
    /// Returns whether the feed must be claimed before it is polled.
    pub(super) fn must_claim(&self, feed: &str) -> bool {
        self.cx.routes.is_shared()
            && !self.cx.routes.claims().lock().is_proven(feed)
            && self.cx.store.feed(feed).is_none()
    }

    /// Claims a feed of which nothing is remembered, unless it is claimed.
    pub(super) fn claim(&mut self, feed: Arc<FeedHandle>) {
        let mut claims = self.cx.routes.claims().lock();
        if !claims.is_claimed(&feed.id) {
            claims.want(&feed);
            drop(claims);
            self.claims.wanted.push(feed);
        }
    }

    /// Begins the rounds of questions that are due.
    pub(super) async fn drive_claims(&mut self) {
        let now = Instant::now();
        let overdue = self.claims.rounds.take(|round| now.duration_since(round.begun) >= OVERDUE);
        for round in overdue {
            let missing = round.missing();
            warn!(
                feeds = round.feeds.len(),
                ?missing,
                "partitions do not say whether they have the state of new feeds; asking again"
            );
            self.give_up(round);
        }
        while let Some(due) = self.claims.again.first_entry().filter(|due| *due.key() <= now) {
            let feeds = due.remove();
            self.claims
                .wanted
                .extend(feeds.iter().filter_map(|id| Some(Arc::clone(&self.feeds.get(id.as_str())?.handle))));
        }
        let mut wanted = std::mem::take(&mut self.claims.wanted);
        if wanted.is_empty() {
            return;
        }
        {
            // The state of others has arrived meanwhile.
            let claims = self.cx.routes.claims().lock();
            wanted.retain(|feed| claims.is_wanted(&feed.id));
        }
        let is_sole = !self.assignment.is_shared();
        while !wanted.is_empty() {
            // Who owns all partitions has all state, once it has received what was handed over before: it asks only itself.
            let count = if is_sole { wanted.len() } else { that_fit(&wanted) };
            let rest = wanted.split_off(count);
            let feeds = std::mem::replace(&mut wanted, rest);
            self.ask(feeds, self.assignment.all(), is_sole).await;
        }
    }

    /// Begins a round of questions. Returns its name, unless no answer can be received.
    pub(super) async fn ask(
        &mut self,
        feeds: Vec<Arc<FeedHandle>>,
        partitions: BTreeSet<StatePartition>,
        is_sole: bool,
    ) -> Option<Uuid> {
        let reply = self.assignment.first()?;
        let round = Uuid::new_v4();
        {
            let mut claims = self.cx.routes.claims().lock();
            for feed in &feeds {
                claims.ask(feed, round);
            }
        }
        let named = feeds.iter().filter(|_| !is_sole).map(|feed| (feed.id.clone(), feed.url.clone())).collect();
        let reply_to = name_in(self.assignment.journal(), reply);
        let question = Box::new(FeedQuestion { round, reply_to, feeds: named });
        self.claims.rounds.begin(round, feeds, reply, partitions.clone(), is_sole, Instant::now());
        let (ack, _) = CommitAck::new();
        // If the last stage is gone, the next run asks.
        let _ = self.cx.to_commit.send(Work::Ask { question, partitions, ack }).await;
        Some(round)
    }

    /// Takes the answer of a partition.
    pub(super) fn on_answered(&mut self, answer: &FeedAnswer) {
        let Some(round) = self.claims.rounds.hear(answer) else { return };
        if round.is_sole && self.assignment.is_shared() {
            return self.give_up(round);
        }
        for feed in &round.feeds {
            let id = feed.id.as_str();
            let finding = self.claims.rounds.finding(&round, id);
            let listed = self.feeds.get(id).map(|listed| Arc::clone(&listed.handle));
            let Some(feed) = listed else { continue };
            {
                // Without its claim, its state has arrived, or it is listed at another site since.
                let mut claims = self.cx.routes.claims().lock();
                if !claims.is_asked(id, answer.round) {
                    continue;
                }
                if finding == Finding::New { claims.prove(id) } else { claims.want(&feed) }
            }
            if finding == Finding::New {
                self.claims.attempts.remove(id);
                let due = self.planned(&feed, None, self.now());
                self.enqueue(&feed, due);
            } else {
                self.ask_later(id, finding);
            }
        }
    }

    /// Asks for a feed again after a pause.
    fn ask_later(&mut self, id: &str, finding: Finding) {
        let attempts = self.claims.attempts.entry(id.to_owned()).or_default();
        if finding == Finding::Kept && *attempts == 3 {
            info!(feed = id, "feed is not polled yet: the instance that polls it at another site still lists it there");
        }
        if self.mode == Mode::Once && finding == Finding::Kept {
            info!(feed = id, "feed skipped; another instance polls it at another site");
            return self.cx.routes.claims().lock().end(id);
        }
        let pause = AGAIN.0 * 2_u32.saturating_pow((*attempts).min(5));
        *attempts += 1;
        // Two instances that claim one feed must not ask at the same moments.
        let jitter = 0.5 + f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
        let due = Instant::now() + pause.min(AGAIN.1).mul_f64(jitter);
        self.claims.again.entry(due).or_default().push(id.to_owned());
    }

    /// Asks for the feeds of a round again that will not end.
    fn give_up(&mut self, round: Round) {
        let feeds =
            round.feeds.into_iter().filter_map(|feed| Some(Arc::clone(&self.feeds.get(feed.id.as_str())?.handle)));
        let feeds: Vec<_> = feeds.collect();
        {
            let mut claims = self.cx.routes.claims().lock();
            // Not those whose state has arrived.
            let unproven: Vec<_> = feeds.iter().filter(|feed| claims.is_unproven(&feed.id)).collect();
            for feed in unproven {
                claims.want(feed);
            }
        }
        self.claims.wanted.extend(feeds);
    }

    /// Ends the claims of feeds that are not polled here any more, and the rounds whose answers come to another instance or do
    /// not count.
    pub(super) fn disclaim(&mut self, revoked: &BTreeSet<StatePartition>) {
        let void = self.claims.rounds.take(|round| round.is_sole || revoked.contains(&round.reply));
        for round in void {
            self.give_up(round);
        }
        self.retain_claims();
    }

    /// Ends the claims of feeds that are not polled here any more.
    pub(super) fn retain_claims(&mut self) {
        let feeds = &self.feeds;
        let stays = |feed: &str| feeds.contains_key(feed);
        self.cx.routes.claims().lock().retain(stays);
        self.claims.rounds.retain(stays);
        self.claims.attempts.retain(|feed, _| stays(feed));
    }
}
