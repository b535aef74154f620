//! The feed list: which of its feeds are polled here, and what becomes of those that leave it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use super::register::Reports;
use super::{ById, ScheduledFeed, Scheduler};
use crate::config::{FeedConfig, SharedFeeds};
use crate::pipeline::message::{CommitAck, FeedHandle, Trace, Work};
use crate::record::{FeedEvent, FeedEventKind};
use crate::state::FeedState;

impl Scheduler {
    /// Takes the feed list at the start of a run.
    pub(super) async fn start_with(&mut self, feeds: SharedFeeds) {
        self.take(feeds);
        self.apply_list(Reports::Restored).await;
    }

    /// Replaces the feed list: adds, changes and removes feeds. What is remembered of them stays.
    pub(super) async fn set_feeds(&mut self, feeds: SharedFeeds) {
        self.take(feeds);
        self.apply_list(Reports::Known).await;
    }

    fn take(&mut self, feeds: SharedFeeds) {
        self.cx.client.allow_hosts(Arc::clone(feeds.hosts()));
        self.list = feeds;
        self.adopt_state();
    }

    /// Takes over the state that earlier versions wrote with secrets in it.
    pub(super) fn adopt_state(&self) {
        self.cx.store().adopt(&self.list);
    }

    /// Polls the listed feeds whose partitions are owned.
    pub(super) async fn apply_assignment(&mut self) {
        self.apply_list(Reports::Known).await;
    }

    async fn apply_list(&mut self, reports: Reports) {
        let list = self.list.clone();
        let assignment = &self.assignment;
        let ours = list.iter().filter(|feed| !feed.paused && assignment.owns(&feed.site));
        let ours: Vec<&Arc<FeedHandle>> = ours.collect();
        self.cx.shared_fetches.take(&ours);
        {
            let mut store = self.cx.store();
            for feed in &ours {
                store.place(&feed.config.id, &feed.site);
            }
        }
        let now = self.now();
        let before = self.feeds.len();
        let mut listed = std::mem::take(&mut self.feeds);
        self.feeds.reserve(ours.len());
        let (mut added, mut changed) = (0, 0);
        for handle in ours {
            let old = listed.remove(handle.config.id.as_str());
            let handle = Arc::clone(handle);
            if let Some(old) = old {
                if Arc::ptr_eq(&old.handle, &handle) || old.handle == handle {
                    self.feeds.insert(ById(Arc::clone(&handle)), ScheduledFeed { handle, ..old });
                    continue;
                }
                changed += 1;
                let due =
                    if old.handle.config.is_at_same_place(&handle.config) { self.planned(&handle, now) } else { now };
                let busy = old.busy;
                self.schedule(&handle, due, busy);
                if !busy {
                    self.enqueue(&handle, due);
                }
            } else {
                added += 1;
                let due = self.planned(&handle, now);
                self.schedule(&handle, due, false);
                self.enqueue(&handle, due);
            }
        }
        drop(listed);
        if changed > 0 || self.feeds.len() - added < before {
            let feeds = &self.feeds;
            self.queue.retain(|feed, ticket| feeds.get(feed).is_some_and(|feed| feed.ticket == ticket));
        }
        if let Some(subscriber) = &self.subscriber {
            subscriber.list(|feed| self.is_as_read(feed));
        }
        self.register(reports);
        let removed = self.removed();
        let of = self.list.iter().filter(|feed| !feed.paused).count();
        info!(feeds = self.feeds.len(), of, added, changed, removed = removed.len(), "feed list applied");
        for (handle, state) in removed {
            self.report_removed(handle, state, now).await;
        }
        self.rewrite_removed().await;
    }

    /// Adds a feed that is not queued.
    fn schedule(&mut self, handle: &Arc<FeedHandle>, due: DateTime<Utc>, busy: bool) {
        let handle = Arc::clone(handle);
        self.feeds.insert(ById(Arc::clone(&handle)), ScheduledFeed { handle, ticket: 0, due, busy });
    }

    /// Has state with a secret in it rewritten in the journal for feeds that no poll will rewrite.
    async fn rewrite_removed(&self) {
        let stale: Vec<(FeedHandle, FeedState)> = {
            let store = self.cx.store();
            let removed = store.unwritten().filter(|(_, state)| state.removed);
            removed.map(|(id, state)| (FeedHandle::new(bare(id, &state.url)), state.clone())).collect()
        };
        for (handle, state) in stale.into_iter().filter(|(feed, _)| self.assignment.owns(&feed.site)) {
            self.commit_state(handle, state, Vec::new()).await;
        }
    }

    /// Returns the feeds that are remembered but no longer listed, and not yet reported; one that is being polled is
    /// reported when that ends.
    pub(super) fn removed(&self) -> Vec<(FeedHandle, FeedState)> {
        let is_listed = |id: &str| self.list.get(id).is_some_and(|feed| !feed.paused);
        let store = self.cx.store();
        store
            .feeds()
            .filter(|(id, state)| !state.removed && !is_listed(id) && !self.assignment.is_open(id))
            .map(|(id, state)| (FeedHandle::new(bare(id, &state.url)), state.clone()))
            // Another instance reports the feeds that it owns.
            .filter(|(feed, _)| self.assignment.owns(&feed.site))
            .collect()
    }

    pub(super) async fn report_removed(&self, handle: FeedHandle, mut state: FeedState, now: DateTime<Utc>) {
        state.removed = true;
        let event = FeedEvent {
            feed_id: handle.config.id.clone(),
            url: state.url.clone(),
            event: FeedEventKind::Removed,
            time: now,
            reason: Some("removed from the feed list, or paused there".to_owned()),
            status: None,
        };
        self.commit_state(handle, state, vec![event]).await;
    }

    /// Commits the state of a feed that is not polled.
    async fn commit_state(&self, handle: FeedHandle, state: FeedState, events: Vec<FeedEvent>) {
        let (ack, _) = CommitAck::new();
        let work = Work::Feed {
            feed: Arc::new(handle),
            state: Box::new(state),
            events,
            dead: None,
            forget: Vec::new(),
            learned: None,
            trace: Trace::start(),
            ack,
        };
        let _ = self.cx.to_commit.send(work).await;
    }
}

/// Returns a feed with only an id and a URL.
pub(super) fn bare(id: &str, url: &str) -> FeedConfig {
    FeedConfig { id: id.to_owned(), url: url.to_owned(), ..FeedConfig::default() }
}
