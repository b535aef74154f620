//! Questions for the state of feeds that are new to an instance, and the answers.
//!
//! `docs/exactly-once.md` says why a feed whose state nobody has according to all answers is new.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::{FeedAnswer, FeedQuestion, HandoffMessage, HandoffStep};
use crate::config::FeedConfig;
use crate::journal::{Handoff, StatePartition};
use crate::pipeline::commit::batch::BatchBuilder;
use crate::pipeline::message::{FeedHandle, ReceivedAt, Trace};

/// The feeds of one question take this many bytes at most.
const MAX_BYTES: usize = 512 << 10;

/// Returns how many of the feeds go into one question.
pub(in crate::pipeline) fn that_fit(feeds: &[Arc<FeedHandle>]) -> usize {
    let mut bytes = 0;
    let fits = |feed: &&Arc<FeedHandle>| {
        bytes += feed.id.len() + feed.url.len() + 8;
        bytes <= MAX_BYTES
    };
    feeds.iter().take_while(fits).count().max(1)
}

impl BatchBuilder<'_> {
    /// Sends a question to these partitions.
    pub(in crate::pipeline) fn ask(&mut self, question: &FeedQuestion, partitions: &BTreeSet<StatePartition>) {
        let serial = self.now.timestamp_millis();
        let step = HandoffStep::Ask(Box::new(question.clone()));
        let message = HandoffMessage::new(&FeedConfig::default(), 0, serial, Vec::new(), step);
        match message.pack("", self.policy.max_value) {
            Ok(Handoff { value, .. }) => {
                let to = partitions.iter().map(|partition| self.routes.name_in(*partition));
                self.batch.handoffs.extend(to.map(|site| Handoff { site, value: value.clone() }));
            }
            Err(size) => tracing::error!(size, "a question for feeds is too large; they are not polled"),
        }
    }

    /// Answers a question, and hands over the state of the feeds that are not listed here any more.
    pub(super) fn answer(&mut self, question: &FeedQuestion, at: &ReceivedAt) {
        let (partition, routes) = (at.place.partition, self.routes);
        let mut answer = FeedAnswer { round: question.round, partition, kept: Vec::new(), moved: Vec::new() };
        let asked: HashSet<&str> = question.feeds.iter().map(|(id, _)| id.as_str()).collect();
        // What is claimed and read here stays as it is until the batch is made.
        let mut claims = routes.claims().lock();
        let remembered = self.store.remembered(partition, &asked);
        let moved = self.store.moved_away(partition, &asked, |site| routes.partition(site));
        for (id, url) in &question.feeds {
            // Entries of a first reading that did not end name no site.
            let unread = || self.store.is_in(partition, id).then(|| Arc::clone(&at.site));
            let from = remembered.contains(id.as_str()).then(|| self.store.site(id).or_else(unread)).flatten();
            // What lies where the feed belongs is there for its owner, who asks: it does not count against the claim.
            let elsewhere = from.and_then(|from| {
                let feed = FeedHandle::new(FeedConfig { id: id.clone(), url: url.clone(), ..FeedConfig::default() });
                let to = routes.partition(&feed.site);
                (routes.partition(&from) != to).then_some((Arc::new(feed), from, to))
            });
            if let Some((feed, from, to)) = elsewhere {
                if claims.may_leave(id, to, |site| routes.partition(site)) && self.may_commit(&from) {
                    claims.end(id);
                    let mark = self.hand_over_feed(&feed, &from);
                    answer.moved.push((id.clone(), mark));
                } else {
                    answer.kept.push(id.clone());
                }
            } else if claims.holds_against(id, question.round) {
                answer.kept.push(id.clone());
            } else if let Some(mark) = moved.get(id) {
                answer.moved.push((id.clone(), *mark));
            }
        }
        drop(claims);
        let serial = self.now.timestamp_millis();
        let step = HandoffStep::Answer(Box::new(answer));
        let feed = FeedHandle::new(FeedConfig::default());
        let message = HandoffMessage::new(&feed.config, 0, serial, Vec::new(), step);
        self.hand_over(&feed, &question.reply_to, message, &Trace::start());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feeds_of_a_question_are_bounded_in_size() {
        let feed = |id: String| {
            let url = format!("https://{id}.example/feed");
            Arc::new(FeedHandle::new(FeedConfig { id, url, ..FeedConfig::default() }))
        };
        let mut feeds: Vec<_> = (0..180_000).map(|n| feed(format!("feed-{n}"))).collect();
        let (mut questions, mut asked) = (0, 0);
        while !feeds.is_empty() {
            let rest = feeds.split_off(that_fit(&feeds));
            let named: Vec<_> = feeds.iter().map(|feed| (feed.id.clone(), feed.url.clone())).collect();
            asked += named.len();
            let question = FeedQuestion { round: uuid::Uuid::nil(), reply_to: "#0".into(), feeds: named };
            let step = HandoffStep::Ask(Box::new(question));
            let message = HandoffMessage::new(&FeedConfig::default(), 0, 0, Vec::new(), step);
            assert!(message.pack("", 900_000).is_ok());
            (questions, feeds) = (questions + 1, rest);
        }
        assert!(asked == 180_000 && questions < 40, "{asked} in {questions}");
        let long = feed("x".repeat(MAX_BYTES));
        assert_eq!(that_fit(&[Arc::clone(&long), long]), 1, "alone if it must");
    }
}
