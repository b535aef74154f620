//! Starts polls when feeds are due: a queue by time, lanes by site, a limit on open polls.
//!
//! A due feed waits in its site's lane until the site has room, and only then counts as an open poll. A slow site
//! therefore delays only its own feeds.

mod assignment;
mod claims;
mod command;
mod feed_list;
mod lanes;
mod once;
mod pending_claims;
mod plan;
mod poll_now;
mod push;
mod queue;
mod readings;
mod readmit;
mod register;
mod revisit_queue;
mod subscriber;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::info;
use uuid::Uuid;

use self::assignment::Assignment;
pub(super) use self::command::Command;
pub use self::command::Control;
use self::lanes::Lanes;
use self::pending_claims::PendingClaims;
use self::queue::PollQueue;
pub use self::readmit::Readmission;
use self::revisit_queue::RevisitQueue;
use self::subscriber::Subscriber;
use super::context::Context;
use super::message::{ById, FeedHandle};
use super::poll::PollEnd;
use crate::config::SharedFeeds;
use crate::journal::Journal;
use crate::state::FeedState;

/// The longest time over which overdue polls are spread after a start.
const RESTART_WINDOW: Duration = Duration::from_secs(60);
/// The delay after which a poll that the journal could not commit is repeated.
const AGAIN_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// How often to poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until stopped.
    Forever,
    /// Every feed once.
    Once,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Polls that succeeded.
    pub well: u64,
    /// Polls that failed.
    pub failed: u64,
}

/// Starts polls when feeds are due.
pub(super) struct Scheduler {
    cx: Context,
    mode: Mode,
    assignment: Assignment,
    /// The feed list; includes paused feeds and feeds of other instances.
    list: SharedFeeds,
    /// The feeds that are polled here.
    feeds: HashMap<ById, ScheduledFeed>,
    queue: PollQueue,
    lanes: Lanes,
    /// Open polls, and pushes that are being read.
    polls: JoinSet<(Arc<FeedHandle>, Reading)>,
    revisits: RevisitQueue,
    /// Feeds of which nothing is remembered here, until it is known that they are new.
    claims: PendingClaims,
    /// The end of a run in [`Mode::Once`].
    ending: Option<Ending>,
    /// Feeds whose blocked entries are decided again when they are not being read.
    readmissions: BTreeSet<String>,
    /// Searches for blocked entries that changed rules let in.
    applying: JoinSet<readmit::Search>,
    /// Manages WebSub subscriptions; `None` in [`Mode::Once`].
    subscriber: Option<Subscriber>,
    /// The time of the last loop.
    last_tick: DateTime<Utc>,
    summary: Summary,
}

/// The end of a run, once all feeds are polled.
#[derive(Debug, Clone, Copy)]
struct Ending {
    /// When it ends in any case.
    until: DateTime<Utc>,
    /// Questions for nothing: what was handed over to this instance before them is received when they are answered.
    round: Option<Uuid>,
}

struct ScheduledFeed {
    handle: Arc<FeedHandle>,
    /// The ticket of its valid place in the queue.
    ticket: u64,
    /// When it is polled next.
    due: DateTime<Utc>,
    /// Whether it is queued in its lane, ready, or being read.
    busy: bool,
}

/// How the reading of a feed ended.
enum Reading {
    /// It was polled.
    Polled(Option<PollEnd>),
    /// A push was read; whether all of it was committed.
    Pushed(bool),
    /// Its blocked entries were decided again.
    Readmitted,
}

impl Scheduler {
    /// Creates a scheduler for those of the feeds whose partitions are owned.
    pub(super) async fn new(cx: Context, journal: Arc<dyn Journal>, mode: Mode, feeds: SharedFeeds) -> Self {
        let now = cx.clock().now();
        let mut scheduler = Self {
            mode,
            assignment: Assignment::new(journal, Arc::clone(&cx.routes)),
            claims: PendingClaims::default(),
            ending: None,
            list: SharedFeeds::default(),
            feeds: HashMap::new(),
            queue: PollQueue::default(),
            lanes: Lanes::new(cx.settings.get().fetch.per_host),
            polls: JoinSet::new(),
            revisits: if mode == Mode::Once { RevisitQueue::once(now) } else { RevisitQueue::default() },
            readmissions: BTreeSet::new(),
            applying: JoinSet::new(),
            subscriber: (mode == Mode::Forever).then(|| Subscriber::new(&cx)),
            last_tick: now,
            summary: Summary::default(),
            cx,
        };
        scheduler.set_feeds(feeds).await;
        scheduler
    }

    /// Runs until stopped, or until every feed was polled once. Then waits for the open polls.
    pub(super) async fn run(mut self, commands: &mut mpsc::Receiver<Command>) -> Summary {
        let stop = self.cx.stop.clone();
        let mut is_commanded = true;
        let stats = Arc::clone(&self.cx.stats);
        let working = stats.liveness.poll.work();
        while !stop.is_cancelled() {
            working.beat();
            self.check_clock();
            self.assignment.finish_revocations();
            self.start_due();
            self.start_pushed();
            self.start_readmissions();
            self.drive_claims().await;
            self.drive_subscriptions().await;
            let now = self.now();
            // Articles of owned sites are revisited here, also those of feeds that others poll.
            let listed = |feed: &str| match self.feeds.get(feed) {
                Some(polled) => Some(Arc::clone(&polled.handle)),
                None => self.list.get(feed).filter(|feed| !feed.paused && self.cx.routes.is_shared()).cloned(),
            };
            self.revisits.start(&self.cx, now, listed);
            let no_polls = self.polls.is_empty() && self.queue.is_empty() && self.lanes.is_empty();
            if self.mode == Mode::Once && no_polls && self.revisits.is_done() {
                if self.is_over(now).await {
                    return self.summary;
                }
            } else {
                self.ending = None;
            }
            let hubs = self.subscriber.as_ref();
            let poll = self.queue.next_due();
            let wake = poll
                .into_iter()
                .chain(self.ending.map(|ending| ending.until))
                .chain(self.revisits.wake(&self.cx))
                .chain(hubs.and_then(Subscriber::wakes))
                .min();
            let wake = wake.unwrap_or(now + RESTART_WINDOW);
            let idle = self.polls.is_empty() && self.revisits.is_idle() && hubs.is_none_or(Subscriber::is_idle);
            let (clock, inbox) = (self.cx.clock().clone(), Arc::clone(&self.cx.push_inbox));
            let received = Arc::clone(&self.cx.received);
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.polls.join_next() => self.on_reading_ended(ended).await,
                Some(()) = self.revisits.ended() => {}
                Some(found) = self.applying.join_next() => self.let_in(found).await,
                () = inbox.notified() => {}
                () = push::answered(&mut self.subscriber) => {}
                command = commands.recv(), if is_commanded => match command {
                    Some(command) => self.handle(command).await,
                    None => is_commanded = false,
                },
                () = self.assignment.grace_period_ended() => {}
                () = self.claims.due() => {}
                // Not when it is idle already: the loop would spin, and starve the stages that are to answer.
                () = received.is_idle(), if self.ending.is_some() && !received.is_idle_now() => {}
                // At most a minute at a time, because the clock may be set meanwhile.
                () = clock.wait(wake, RESTART_WINDOW, idle) => {}
            }
        }
        drop(working);
        self.cx.push_inbox.close();
        while let Some(ended) = self.polls.join_next().await {
            self.on_reading_ended(ended).await;
        }
        while self.revisits.ended().await.is_some() {}
        self.summary
    }

    fn now(&self) -> DateTime<Utc> {
        self.cx.clock().now()
    }

    /// Moves a time out of the hours and days that the feed asks to skip.
    fn out_of_skips(&self, state: Option<&FeedState>, due: DateTime<Utc>) -> DateTime<Utc> {
        state.filter(|_| self.mode == Mode::Forever).map_or(due, |state| state.hints.skips.after(due))
    }

    /// Queues a feed for its next poll.
    fn enqueue(&mut self, handle: &Arc<FeedHandle>, due: DateTime<Utc>) {
        let id = handle.config.id.as_str();
        if self.mode == Mode::Once && due > self.now() {
            info!(feed = id, until = %due, "feed skipped; its server asks not to be polled yet");
            return;
        }
        if let Some(feed) = self.feeds.get_mut(id) {
            (feed.ticket, feed.due) = (self.queue.push(handle, due), due);
        }
    }
}
