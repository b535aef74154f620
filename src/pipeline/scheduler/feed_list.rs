//! The feed list: which of its feeds are polled here, and what becomes of those that leave it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use super::{ScheduledFeed, Scheduler};
use crate::config::FeedConfig;
use crate::pipeline::message::{CommitAck, FeedHandle, Trace, Work};
use crate::record::{FeedEvent, FeedEventKind};
use crate::state::FeedState;

impl Scheduler {
    /// Replaces the feed list: adds, changes and removes feeds. What is remembered of them stays.
    pub(super) async fn set_feeds(&mut self, feeds: Vec<FeedConfig>) {
        self.cx.client.allow(feeds.iter().filter_map(|feed| url::Url::parse(&feed.url).ok()));
        (self.paused, self.list) = feeds.into_iter().partition(|feed| feed.paused);
        self.adopt_state();
        self.apply_assignment().await;
    }

    /// Takes over the state that earlier versions wrote with secrets in it.
    pub(super) fn adopt_state(&self) {
        let listed = [self.list.as_slice(), &self.paused].concat();
        self.cx.store().adopt(&listed);
    }

    /// Polls the listed feeds whose partitions are owned.
    pub(super) async fn apply_assignment(&mut self) {
        let all = self.list.iter().cloned().map(FeedHandle::new);
        let ours: Vec<FeedHandle> = all.filter(|feed| self.assignment.owns(&feed.site)).collect();
        self.cx.shared_fetches.take(ours.iter().filter_map(|feed| feed.config.place().ok()));
        {
            let mut store = self.cx.store();
            for feed in &ours {
                store.place(&feed.config.id, &feed.site);
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
                self.feeds.insert(id, ScheduledFeed { handle: Arc::clone(&handle), ticket: 0, due, busy });
                if !busy {
                    self.enqueue(&handle, due);
                }
            } else {
                added += 1;
                let due = self.planned(&handle, now);
                self.feeds.insert(id, ScheduledFeed { handle: Arc::clone(&handle), ticket: 0, due, busy: false });
                self.enqueue(&handle, due);
            }
        }
        if let Some(subscriber) = &self.subscriber {
            subscriber.list(|feed| self.is_as_read(feed));
        }
        self.register();
        let removed = self.removed();
        let (of, feeds) = (self.list.len(), self.feeds.len());
        info!(feeds, of, added, changed, removed = removed.len(), "feed list applied");
        for (handle, state) in removed {
            self.report_removed(handle, state, now).await;
        }
        self.rewrite_removed().await;
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
        let listed: HashSet<&str> = self.list.iter().map(|feed| feed.id.as_str()).collect();
        let store = self.cx.store();
        store
            .feeds()
            .filter(|(id, state)| !state.removed && !listed.contains(id) && !self.assignment.is_open(id))
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
