//! The feed list: which of its feeds are polled here, and what becomes of those that leave it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use super::{ScheduledFeed, Scheduler};
use crate::config::FeedConfig;
use crate::health::FeedReport;
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
        self.cx.store.adopt(self.list.iter().chain(&self.paused));
    }

    /// Polls the listed feeds whose partitions are owned.
    pub(super) async fn apply_assignment(&mut self) {
        let all = self.list.iter().cloned().map(FeedHandle::new);
        let ours: Vec<FeedHandle> = all.filter(|feed| self.assignment.owns(&feed.site)).collect();
        self.cx.shared_fetches.take(ours.iter().filter_map(|feed| feed.config.place().ok()));
        let now = self.now();
        let mut listed = std::mem::take(&mut self.feeds);
        let (mut added, mut changed) = (0, 0);
        let mut unplanned = Vec::new();
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
                let busy = old.busy;
                let is_moved = !old.handle.config.is_at_same_place(&handle.config);
                self.feeds.insert(id, ScheduledFeed { handle: Arc::clone(&handle), ticket: 0, due: now, busy });
                if is_moved && !busy {
                    self.enqueue(&handle, now);
                } else if !is_moved {
                    unplanned.push(handle);
                }
            } else {
                added += 1;
                self.feeds.insert(id, ScheduledFeed { handle: Arc::clone(&handle), ticket: 0, due: now, busy: false });
                unplanned.push(handle);
            }
        }
        let Survey { reports, removed } = self.survey(unplanned, now);
        if let Some(subscriber) = &self.subscriber {
            subscriber.list(|feed| self.is_as_read(feed));
        }
        self.register(reports);
        let (of, feeds) = (self.list.len(), self.feeds.len());
        info!(feeds, of, added, changed, removed = removed.len(), "feed list applied");
        for (handle, state) in removed {
            self.report_removed(handle, state, now).await;
        }
        self.rewrite_removed().await;
    }

    /// Has state with a secret in it rewritten in the journal for feeds that no poll will rewrite.
    async fn rewrite_removed(&self) {
        let stale = self.cx.store.unwritten().into_iter().filter(|(_, state)| state.removed);
        let stale: Vec<_> = stale.map(|(id, state)| (FeedHandle::new(bare(&id, &state.url)), state)).collect();
        for (handle, state) in stale.into_iter().filter(|(feed, _)| self.assignment.owns(&feed.site)) {
            self.commit_state(handle, state, Vec::new()).await;
        }
    }

    /// Plans these feeds by what is remembered of them, and looks for remembered feeds that are no longer listed. All
    /// states are read in one pass; they do not fit in memory together.
    pub(super) fn survey(&mut self, feeds: Vec<Arc<FeedHandle>>, now: DateTime<Utc>) -> Survey {
        let mut unplanned: HashMap<String, Arc<FeedHandle>> =
            feeds.into_iter().map(|handle| (handle.config.id.clone(), handle)).collect();
        let listed: HashSet<&str> = self.list.iter().map(|feed| feed.id.as_str()).collect();
        let paused: HashSet<&str> = self.paused.iter().map(|feed| feed.id.as_str()).collect();
        let mut survey = Survey::default();
        let mut plans = Vec::new();
        self.cx.store.each_feed(&self.cx.store.partitions(), |id, state| {
            if let Some(handle) = unplanned.remove(id) {
                plans.push((handle.clone(), self.planned(&handle, Some(&state), now)));
                survey.reports.extend(state.report().map(|report| (id.to_owned(), report)));
            } else if paused.contains(id) && !self.cx.stats.feeds.is_registered(id) {
                survey.reports.extend(state.report().map(|report| (id.to_owned(), report)));
            }
            if !listed.contains(id) && self.is_to_report(id, &state) {
                survey.removed.push((FeedHandle::new(bare(id, &state.url)), state));
            }
        });
        // Another instance reports the feeds that it owns.
        survey.removed.retain(|(feed, _)| self.assignment.owns(&feed.site));
        let unread = unplanned.into_values().map(|handle| {
            let due = self.planned(&handle, None, now);
            (handle, due)
        });
        plans.extend(unread.collect::<Vec<_>>());
        for (handle, due) in plans {
            let Some(listed) = self.feeds.get_mut(&handle.config.id) else { continue };
            listed.due = due;
            if !listed.busy {
                self.enqueue(&handle, due);
            }
        }
        survey
    }

    /// Returns whether a feed that is not listed must be reported as removed; one that is being polled is reported when
    /// that ends.
    fn is_to_report(&self, id: &str, state: &FeedState) -> bool {
        !state.removed && !self.assignment.is_open(id)
    }

    /// Reports a feed as removed if it was, now that its poll has ended.
    pub(super) async fn report_if_removed(&self, id: &str) {
        let Some(state) = self.cx.store.feed(id).filter(|state| self.is_to_report(id, state)) else { return };
        let handle = FeedHandle::new(bare(id, &state.url));
        if self.list.iter().all(|feed| feed.id != id) && self.assignment.owns(&handle.site) {
            self.report_removed(handle, state, self.now()).await;
        }
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

/// What a pass over the remembered feeds found.
#[derive(Default)]
pub(super) struct Survey {
    /// The health of feeds that are not registered yet.
    reports: HashMap<String, FeedReport>,
    /// Feeds that are no longer listed, and not yet reported.
    removed: Vec<(FeedHandle, FeedState)>,
}

/// Returns a feed with only an id and a URL.
pub(super) fn bare(id: &str, url: &str) -> FeedConfig {
    FeedConfig { id: id.to_owned(), url: url.to_owned(), ..FeedConfig::default() }
}
