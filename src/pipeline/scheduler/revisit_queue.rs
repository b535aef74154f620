//! Starts the page visits that are due: few at once, and those of one host spaced out, even after a long pause.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tracing::error;
use url::Url;
use uuid::Uuid;

use crate::fetch;
use crate::pipeline::context::Context;
use crate::pipeline::message::FeedHandle;
use crate::pipeline::revisit;

/// The most visits in progress at once.
const OPEN: usize = 16;
/// The most visits that wait for their host's turn.
const WAITING: usize = 1_000;
/// The most hosts whose last turn is remembered; beyond it, hosts whose turn has passed are forgotten.
const HOSTS: usize = 4_096;
/// If every feed is polled once, visits that would wait longer than this for their host are left to the next run.
const ONCE_PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// The page visits that are in progress or next.
#[derive(Default)]
pub(in crate::pipeline) struct RevisitQueue {
    open: JoinSet<()>,
    waiting: BinaryHeap<Reverse<(DateTime<Utc>, Uuid)>>,
    /// When each host may be visited next.
    hosts: HashMap<String, DateTime<Utc>>,
    /// If set, only visits due by then are made.
    once: Option<DateTime<Utc>>,
}

impl RevisitQueue {
    /// Allows only the visits that are due now.
    pub(in crate::pipeline) fn once(now: DateTime<Utc>) -> Self {
        Self { once: Some(now), ..Self::default() }
    }

    /// Starts due visits, as far as there is room. `listed` returns a feed that is still read; pages of other feeds are
    /// skipped.
    pub(in crate::pipeline) fn start(
        &mut self,
        cx: &Context,
        now: DateTime<Utc>,
        listed: impl Fn(&str) -> Option<Arc<FeedHandle>>,
    ) {
        self.assign_turns(cx, now);
        while self.open.len() < OPEN
            && let Some(Reverse((turn, id))) = self.waiting.peek().copied()
            && turn <= now
        {
            self.waiting.pop();
            let feed = cx.store.article(id).and_then(|known| listed(&known.feed));
            let url = cx.store.revisit(id).and_then(|visit| Url::parse(&visit.url).ok());
            // A page on another instance's site is not visited: that site is asked by its owner alone.
            let Some(feed) = feed.filter(|_| url.is_some_and(|url| cx.routes.has(&url))) else { continue };
            let cx = cx.clone();
            self.open.spawn(async move { revisit::revisit(&cx, feed, id).await });
        }
    }

    /// Gives each due visit its host's next turn.
    fn assign_turns(&mut self, cx: &Context, now: DateTime<Utc>) {
        let gap = TimeDelta::from_std(cx.settings.get().articles.revisit_gap).unwrap_or_default();
        let until = self.once.unwrap_or(now).min(now);
        if self.hosts.len() > HOSTS {
            self.hosts.retain(|_, turn| *turn > now);
        }
        while self.waiting.len() < WAITING
            && let Some(id) = cx.store.recent(|recent| recent.take_due(until))
        {
            let Some(visit) = cx.store.revisit(id) else { continue };
            let host = Url::parse(&visit.url).map_or_else(|_| visit.url.clone(), |url| fetch::registrable(&url));
            let next = self.hosts.entry(host).or_insert(now);
            let turn = (*next).max(now);
            if self.once.is_some_and(|once| turn > once + ONCE_PATIENCE) {
                continue;
            }
            *next = turn + gap;
            self.waiting.push(Reverse((turn, id)));
        }
    }

    /// Returns when there is something to start.
    pub(in crate::pipeline) fn wake(&self, cx: &Context) -> Option<DateTime<Utc>> {
        let turn = self.waiting.peek().map(|Reverse((turn, _))| *turn).filter(|_| self.open.len() < OPEN);
        let is_open = self.once.is_none() && self.waiting.len() < WAITING;
        let due = if is_open { cx.store.recent(|recent| recent.next_due()) } else { None };
        turn.into_iter().chain(due).min()
    }

    /// Returns whether none is in progress.
    pub(in crate::pipeline) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns whether none is in progress or waiting.
    pub(in crate::pipeline) fn is_done(&self) -> bool {
        self.open.is_empty() && self.waiting.is_empty()
    }

    /// Waits for one to end; returns `None` at once if none is in progress.
    pub(in crate::pipeline) async fn ended(&mut self) -> Option<()> {
        let ended = self.open.join_next().await?;
        if let Err(error) = ended {
            error!(%error, "revisit task panicked");
        }
        Some(())
    }
}
