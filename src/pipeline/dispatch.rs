//! Starts polls when feeds are due: a queue by time, lanes by host, a limit on open polls.
//!
//! A due feed waits in its host's lane until the host has room, and only then counts as an open poll. A slow host
//! therefore delays only its own feeds.

mod enrol;
mod leaving;
mod orders;
mod plan;
mod pushed;
mod share;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span};

use self::leaving::Leaving;
pub(super) use self::share::Order;
use super::poll::Ended;
use super::poller::Poller;
use super::state::FeedState;
use super::visits::Visits;
use super::websub::Subscriber;
use super::work::{FeedHandle, Ticket, Trace, Work};
use crate::config::FeedConfig;
use crate::journal::{Journal, StatePartition};
use crate::record::{FeedEvent, FeedEventKind};

/// The longest time over which overdue polls are spread after a start.
const RESTART_WINDOW: Duration = Duration::from_secs(60);
/// The delay after which a poll that the journal could not commit is repeated.
const AGAIN_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// Commands to the running daemon.
#[derive(Debug)]
pub enum Control {
    /// Replaces the feed list.
    Feeds(Vec<FeedConfig>),
    /// Polls the feed with this id soon; answers when, or `None` if no such feed is polled.
    Poll(String, oneshot::Sender<Option<DateTime<Utc>>>),
}

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
pub struct Dispatcher {
    poller: Poller,
    mode: Mode,
    journal: Arc<dyn Journal>,
    /// The partitions whose feeds are polled here.
    partitions: BTreeSet<StatePartition>,
    /// Revoked partitions, which are given up once none of their feeds is being read.
    leaving: Vec<Leaving>,
    /// The feed list without paused feeds; includes feeds of other instances.
    list: Vec<FeedConfig>,
    /// The paused feeds.
    paused: Vec<FeedConfig>,
    /// The feeds that are polled here.
    feeds: HashMap<String, Listed>,
    queue: BinaryHeap<Reverse<(DateTime<Utc>, String, u64)>>,
    lanes: HashMap<String, Lane>,
    ready: VecDeque<Arc<FeedHandle>>,
    /// Open polls, and pushes that are being read.
    polls: JoinSet<(Arc<FeedHandle>, Done)>,
    visits: Visits,
    /// The feeds that are being read, each with the token that cancels the reading.
    open: HashMap<String, (StatePartition, CancellationToken)>,
    /// Manages WebSub subscriptions; `None` in [`Mode::Once`].
    subscriber: Option<Subscriber>,
    /// Counts up; a queue item with an old number is void.
    ticks: u64,
    /// The time of the last loop.
    looked: DateTime<Utc>,
    summary: Summary,
}

struct Listed {
    handle: Arc<FeedHandle>,
    tick: u64,
    /// When it is polled next.
    due: DateTime<Utc>,
    /// Whether it is queued in its lane, ready, or being read.
    busy: bool,
}

/// How the reading of a feed ended.
enum Done {
    /// It was polled.
    Polled(Option<Ended>),
    /// A push was read; whether all of it was committed.
    Pushed(bool),
}

#[derive(Default)]
struct Lane {
    active: usize,
    waiting: VecDeque<Arc<FeedHandle>>,
}

impl Dispatcher {
    /// Creates a dispatcher for those of the feeds whose partitions are owned.
    pub async fn new(poller: Poller, journal: Arc<dyn Journal>, mode: Mode, feeds: Vec<FeedConfig>) -> Self {
        let subscriber = (mode == Mode::Forever).then(|| Subscriber::new(&poller));
        let visits = if mode == Mode::Once { Visits::once(poller.clock().now()) } else { Visits::default() };
        let mut dispatcher = Self {
            looked: poller.clock().now(),
            subscriber,
            poller,
            visits,
            mode,
            partitions: journal.owned(),
            journal,
            leaving: Vec::new(),
            list: Vec::new(),
            paused: Vec::new(),
            feeds: HashMap::new(),
            queue: BinaryHeap::new(),
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            polls: JoinSet::new(),
            open: HashMap::new(),
            ticks: 0,
            summary: Summary::default(),
        };
        dispatcher.take(feeds).await;
        dispatcher
    }

    /// Runs until stopped, or until every feed was polled once. Then waits for the open polls.
    pub async fn run(mut self, orders: &mut mpsc::Receiver<Order>) -> Summary {
        let stop = self.poller.stop.clone();
        let mut ordered = true;
        let stats = Arc::clone(&self.poller.stats);
        let working = stats.vitals.dispatch.work();
        while !stop.is_cancelled() {
            working.beat();
            self.mind_the_clock();
            self.let_go();
            self.start_due();
            self.start_pushed();
            self.see_to_hubs().await;
            let now = self.now();
            self.visits.start(&self.poller, now, |feed| self.feeds.get(feed).map(|listed| Arc::clone(&listed.handle)));
            let no_polls = self.polls.is_empty() && self.queue.is_empty() && self.ready.is_empty();
            if self.mode == Mode::Once && no_polls && self.visits.is_done() {
                return self.summary;
            }
            let hubs = self.subscriber.as_ref();
            let poll = self.queue.peek().map(|Reverse((due, ..))| *due);
            let wake =
                poll.into_iter().chain(self.visits.wake(&self.poller)).chain(hubs.and_then(Subscriber::wakes)).min();
            let wake = wake.unwrap_or(now + RESTART_WINDOW);
            let idle = self.polls.is_empty() && self.visits.is_idle() && hubs.is_none_or(Subscriber::is_idle);
            let (clock, desk) = (self.poller.clock().clone(), Arc::clone(&self.poller.desk));
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.polls.join_next() => self.ended(ended).await,
                Some(()) = self.visits.ended() => {}
                () = desk.news() => {}
                () = pushed::answered(&mut self.subscriber) => {}
                order = orders.recv(), if ordered => match order {
                    Some(order) => self.obey(order).await,
                    None => ordered = false,
                },
                () = share::patience(&self.leaving) => {}
                // At most a minute at a time, because the clock may be set meanwhile.
                () = clock.wait(wake, RESTART_WINDOW, idle) => {}
            }
        }
        drop(working);
        self.poller.desk.close();
        while let Some(ended) = self.polls.join_next().await {
            self.ended(ended).await;
        }
        while self.visits.ended().await.is_some() {}
        self.summary
    }

    /// Replaces the feed list: adds, changes and removes feeds. What is remembered of them stays.
    async fn take(&mut self, feeds: Vec<FeedConfig>) {
        self.poller.client.allow(feeds.iter().filter_map(|feed| url::Url::parse(&feed.url).ok()));
        (self.paused, self.list) = feeds.into_iter().partition(|feed| feed.paused);
        self.arrange().await;
    }

    /// Takes over the state that earlier versions wrote with secrets in it.
    fn adopt(&self) {
        let listed = [self.list.as_slice(), &self.paused].concat();
        self.poller.book().adopt(&listed);
    }

    /// Polls the listed feeds whose partitions are owned.
    async fn arrange(&mut self) {
        self.adopt();
        let all = self.list.iter().cloned().map(FeedHandle::new);
        let ours: Vec<FeedHandle> = all.filter(|feed| self.is_ours(&feed.site)).collect();
        self.poller.shared.take(ours.iter().filter_map(|feed| feed.config.place().ok()));
        {
            let mut book = self.poller.book();
            for feed in &ours {
                book.place(&feed.config.id, &feed.site);
            }
        }
        let now = self.now();
        let mut listed = std::mem::take(&mut self.feeds);
        let (mut added, mut changed) = (0, 0);
        for feed in ours {
            let id = feed.config.id.clone();
            let old = listed.remove(&id);
            let handle = Arc::new(feed);
            if let Some(old) = old {
                if old.handle.config == handle.config {
                    self.feeds.insert(id, old);
                    continue;
                }
                changed += 1;
                let due =
                    if old.handle.config.is_at_same_place(&handle.config) { self.planned(&handle, now) } else { now };
                let busy = old.busy;
                self.feeds.insert(id, Listed { handle: Arc::clone(&handle), tick: 0, due, busy });
                if !busy {
                    self.enqueue(&handle, due);
                }
            } else {
                added += 1;
                let due = self.planned(&handle, now);
                self.feeds.insert(id, Listed { handle: Arc::clone(&handle), tick: 0, due, busy: false });
                self.enqueue(&handle, due);
            }
        }
        if let Some(subscriber) = &self.subscriber {
            subscriber.list(|feed| self.is_as_read(feed));
        }
        self.enrol();
        let removed = self.removed();
        let (of, feeds) = (self.list.len(), self.feeds.len());
        info!(feeds, of, added, changed, removed = removed.len(), "feed list taken");
        for (handle, state) in removed {
            self.tell_removed(handle, state, now).await;
        }
        self.write_removed().await;
    }

    /// Has state with a secret in it rewritten in the journal for feeds that no poll will rewrite.
    async fn write_removed(&self) {
        let stale: Vec<(FeedHandle, FeedState)> = {
            let book = self.poller.book();
            let removed = book.unwritten().filter(|(_, state)| state.removed);
            removed.map(|(id, state)| (FeedHandle::new(bare(id, &state.url)), state.clone())).collect()
        };
        for (handle, state) in stale.into_iter().filter(|(feed, _)| self.is_ours(&feed.site)) {
            self.end(handle, state, Vec::new()).await;
        }
    }

    /// Returns whether the feeds with this partition key are polled here.
    fn is_ours(&self, site: &str) -> bool {
        self.partitions.contains(&self.journal.partition(site))
    }

    fn now(&self) -> DateTime<Utc> {
        self.poller.clock().now()
    }

    /// Moves a time out of the hours and days that the feed asks to skip.
    fn out_of_skips(&self, id: &str, due: DateTime<Utc>) -> DateTime<Utc> {
        let book = self.poller.book();
        book.feed(id).map_or(due, |state| state.hints.skips.after(due))
    }

    /// Returns the feeds that are remembered but no longer listed, and not yet reported; one that is being polled is
    /// reported when that ends.
    fn removed(&self) -> Vec<(FeedHandle, FeedState)> {
        let listed: HashSet<&str> = self.list.iter().map(|feed| feed.id.as_str()).collect();
        let book = self.poller.book();
        book.feeds()
            .filter(|(id, state)| !state.removed && !listed.contains(id) && !self.open.contains_key(*id))
            .map(|(id, state)| (FeedHandle::new(bare(id, &state.url)), state.clone()))
            // Another instance reports the feeds that it owns.
            .filter(|(feed, _)| self.is_ours(&feed.site))
            .collect()
    }

    async fn tell_removed(&self, handle: FeedHandle, mut state: FeedState, now: DateTime<Utc>) {
        state.removed = true;
        let event = FeedEvent {
            feed_id: handle.config.id.clone(),
            url: state.url.clone(),
            event: FeedEventKind::Removed,
            time: now,
            reason: Some("it is no longer in the feed list, or paused there".to_owned()),
            status: None,
        };
        self.end(handle, state, vec![event]).await;
    }

    /// Commits the state of a feed that is not polled.
    async fn end(&self, handle: FeedHandle, state: FeedState, events: Vec<FeedEvent>) {
        let (ticket, _) = Ticket::new();
        let work = Work::Poll {
            feed: Arc::new(handle),
            state: Box::new(state),
            events,
            dead: None,
            forget: Vec::new(),
            learned: None,
            trace: Trace::start(),
            ticket,
        };
        let _ = self.poller.work.send(work).await;
    }

    fn enqueue(&mut self, handle: &Arc<FeedHandle>, due: DateTime<Utc>) {
        let due = if self.mode == Mode::Once { due } else { self.out_of_skips(&handle.config.id, due) };
        self.ticks += 1;
        if self.mode == Mode::Once && due > self.now() {
            info!(feed = handle.config.id, until = %due, "not asked: its server asked for patience until then");
            return;
        }
        if let Some(listed) = self.feeds.get_mut(&handle.config.id) {
            (listed.tick, listed.due) = (self.ticks, due);
            self.queue.push(Reverse((due, handle.config.id.clone(), self.ticks)));
        }
    }

    /// Moves due feeds to their lanes, and starts as many polls as there is room for.
    fn start_due(&mut self) {
        let now = self.now();
        while self.queue.peek().is_some_and(|Reverse((due, ..))| *due <= now) {
            let Some(Reverse((_, id, tick))) = self.queue.pop() else { break };
            let Some(listed) = self.feeds.get_mut(&id).filter(|listed| listed.tick == tick && !listed.busy) else {
                continue;
            };
            listed.busy = true;
            let handle = Arc::clone(&listed.handle);
            let lane = self.lanes.entry(handle.site.clone()).or_default();
            if lane.active < self.poller.settings.fetch.per_host.max(1) {
                lane.active += 1;
                self.ready.push_back(handle);
            } else {
                lane.waiting.push_back(handle);
            }
        }
        while self.polls.len() < self.poller.settings.pipeline.open_polls.max(1) {
            let Some(handle) = self.ready.pop_front() else { break };
            if !self.feeds.contains_key(&handle.config.id) {
                self.leave_lane(&handle.site); // removed from the list while it waited
                continue;
            }
            let given_up = self.opened(&handle);
            let poller = self.poller.clone();
            let span = info_span!("poll", feed.id = handle.config.id);
            self.polls.spawn(
                async move {
                    let ended = tokio::select! {
                        ended = poller.poll(Arc::clone(&handle)) => ended,
                        () = given_up.cancelled() => None,
                    };
                    (handle, Done::Polled(ended))
                }
                .instrument(span),
            );
        }
    }

    /// Gives the host's room to the feed that waits next.
    fn leave_lane(&mut self, site: &str) {
        let Some(lane) = self.lanes.get_mut(site) else { return };
        match lane.waiting.pop_front() {
            Some(next) => self.ready.push_back(next),
            None => lane.active -= 1,
        }
        if lane.active == 0 {
            self.lanes.remove(site);
        }
    }

    async fn ended(&mut self, ended: Result<(Arc<FeedHandle>, Done), tokio::task::JoinError>) {
        let (handle, done) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // The feed's place in the queue is lost with the task; a reload or restart restores it.
                error!(%error, "a poll ended early");
                self.summary.failed += 1;
                return;
            }
        };
        self.open.remove(&handle.config.id);
        self.let_go();
        if !self.feeds.contains_key(&handle.config.id) {
            for (handle, state) in self.removed() {
                self.tell_removed(handle, state, self.now()).await;
            }
        }
        let now = self.now();
        let again = now + AGAIN_AFTER;
        let due = match done {
            Done::Polled(ended) => self.polled(&handle, ended).unwrap_or(again),
            Done::Pushed(all) => {
                let planned = self.feeds.get(&handle.config.id).map_or(again, |listed| listed.due);
                if all { planned } else { planned.min(again) }
            }
        };
        if let Some(listed) = self.feeds.get_mut(&handle.config.id) {
            listed.busy = false;
            let current = Arc::clone(&listed.handle);
            let due = if current.config.is_at_same_place(&handle.config) { due } else { now };
            if self.mode == Mode::Forever {
                self.enqueue(&current, due);
            }
        }
    }

    /// Applies the end of a poll; returns when the feed is due again, if known.
    fn polled(&mut self, handle: &FeedHandle, ended: Option<Ended>) -> Option<DateTime<Utc>> {
        self.leave_lane(&handle.site);
        match &ended {
            Some(ended) if ended.well => self.summary.well += 1,
            _ => self.summary.failed += 1,
        }
        let Ended { due, offer, .. } = ended?;
        let id = &handle.config.id;
        if let (Some(subscriber), Some(offer)) = (&self.subscriber, offer.filter(|_| self.feeds.contains_key(id))) {
            subscriber.offered(id, offer);
        }
        Some(self.by_the_clock(id, due))
    }
}

/// Returns a feed with only an id and a URL.
fn bare(id: &str, url: &str) -> FeedConfig {
    FeedConfig { id: id.to_owned(), url: url.to_owned(), ..FeedConfig::default() }
}
