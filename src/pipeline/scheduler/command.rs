//! What the scheduler is asked to do while it runs: by the user, and by a rebalance.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use tracing::info;

use super::Scheduler;
use super::readmit::Readmission;
use crate::config::SharedFeeds;
use crate::journal::StatePartition;
use crate::pipeline::handoff::FeedAnswer;
use crate::pipeline::message::{AckReceiver, CommitAck, Work};

/// Commands of the user to the running daemon.
#[derive(Debug)]
pub enum Control {
    /// Replaces the feed list.
    Feeds(SharedFeeds),
    /// The settings changed; whether those of `[schedule]` did.
    Settings {
        /// Whether feeds must be planned again.
        is_schedule_changed: bool,
    },
    /// Polls the feed with this id soon; answers when, or `None` if no such feed is polled.
    Poll(String, oneshot::Sender<Option<DateTime<Utc>>>),
    /// Applies the present keep and block rules to the blocked entries that are kept; answers how many are let in.
    ApplyRules(oneshot::Sender<Readmission>),
}

/// Commands to the running scheduler.
#[derive(Debug)]
pub(in crate::pipeline) enum Command {
    /// A command of the user.
    Control(Control),
    /// These partitions are assigned, and their state is in the state store.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are revoked: stop polling their feeds.
    Revoked {
        /// The revoked partitions.
        partitions: BTreeSet<StatePartition>,
        /// How long open readings of their feeds may take to finish.
        grace_period: Duration,
        /// Notified when none of their feeds is being read any more.
        released: oneshot::Sender<()>,
    },
    /// The state of this feed arrived from the instance that polled it at its old URL.
    Arrived(String),
    /// A partition answered a question for the state of feeds.
    Answered(Box<FeedAnswer>),
    /// Answers with what reports that everything that is being committed now was committed.
    Barrier(oneshot::Sender<AckReceiver>),
}

impl Scheduler {
    pub(super) async fn handle(&mut self, command: Command) {
        match command {
            Command::Control(Control::Feeds(feeds)) => self.set_feeds(feeds).await,
            Command::Control(Control::Settings { is_schedule_changed }) => self.adopt_settings(is_schedule_changed),
            // The caller may be gone.
            Command::Control(Control::ApplyRules(answer)) => self.apply_rules(answer),
            Command::Control(Control::Poll(feed, answer)) => drop(answer.send(self.poll_soon(&feed))),
            Command::Assigned(partitions) => {
                info!(?partitions, "partitions assigned");
                self.assignment.assign(partitions);
                self.adopt_state();
                if let Some(subscriber) = &mut self.subscriber {
                    subscriber.adopt();
                }
                self.apply_assignment().await;
            }
            Command::Arrived(feed) => self.on_arrived(&feed),
            Command::Answered(answer) => self.on_answered(&answer),
            Command::Barrier(passed) => {
                let (ack, committed) = CommitAck::new();
                // If the last stage is gone, nothing is being committed.
                if self.cx.to_commit.send(Work::Barrier(ack)).await.is_ok() {
                    let _ = passed.send(committed);
                }
            }
            Command::Revoked { partitions, grace_period, released } => {
                info!(?partitions, "partitions revoked");
                self.assignment.revoke(partitions.clone(), grace_period, released);
                let assignment = &self.assignment;
                self.feeds.retain(|_, feed| assignment.owns(&feed.handle.site));
                self.disclaim(&partitions);
                self.register();
                if let Some(subscriber) = &mut self.subscriber {
                    let feeds = &self.feeds;
                    subscriber.forget(|feed| feeds.contains_key(feed));
                }
            }
        }
    }
}
