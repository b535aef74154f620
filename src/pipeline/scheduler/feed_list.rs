//! The feed list: which of its feeds are polled here, and what becomes of those that leave it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use super::{ScheduledFeed, Scheduler};
use crate::config::{FeedConfig, SharedFeeds};
use crate::pipeline::message::{ById, CommitAck, FeedHandle, Trace, Work};
use crate::record::{FeedEvent, FeedEventKind};
use crate::state::FeedState;

impl Scheduler {
    /// Replaces the feed list: adds, changes and removes feeds. What is remembered of them stays.
    pub(super) async fn set_feeds(&mut self, feeds: SharedFeeds) {
        self.cx.client.get().allow_hosts(Arc::clone(feeds.hosts()));
        self.list = feeds;
        // Before state leaves by this list, so that no question is answered by the old one.
        self.cx.routes.claims().lock().list(self.list.clone());
        self.adopt_state();
        self.apply_assignment().await;
    }

    /// Takes over the state that earlier versions wrote with secrets in it.
    pub(super) fn adopt_state(&self) {
        self.cx.store.adopt(self.list.configs());
    }

    /// Polls the listed feeds whose partitions are owned.
    pub(super) async fn apply_assignment(&mut self) {
        let list = self.list.clone();
        let assignment = &self.assignment;
        let ours = list.iter().filter(|feed| !feed.paused && assignment.owns(&feed.site));
        let ours: Vec<&Arc<FeedHandle>> = ours.collect();
        self.cx.shared_fetches.take(&ours);
        let now = self.now();
        let before = self.feeds.len();
        let mut listed = std::mem::take(&mut self.feeds);
        self.feeds.reserve(ours.len());
        let (mut added, mut changed) = (0, 0);
        let mut unplanned = Vec::new();
        for handle in ours {
            let old = listed.remove(handle.config.id.as_str());
            let handle = Arc::clone(handle);
            if let Some(old) = old {
                if Arc::ptr_eq(&old.handle, &handle) || old.handle == handle {
                    // Its state may be in a partition that was assigned just now.
                    if self.cx.routes.claims().lock().is_unproven(&handle.config.id) {
                        unplanned.push(Arc::clone(&handle));
                    }
                    self.feeds.insert(ById(Arc::clone(&handle)), ScheduledFeed { handle, ..old });
                    continue;
                }
                changed += 1;
                self.schedule(&handle, now, old.busy);
                if old.handle.config.is_requested_alike(&handle.config) {
                    unplanned.push(handle);
                } else if !old.busy {
                    if self.must_claim(&handle.config.id) {
                        // Its state would be sent to its old site.
                        self.cx.routes.claims().lock().end(&handle.config.id);
                        self.claim(handle);
                    } else {
                        self.enqueue(&handle, now);
                    }
                }
            } else {
                added += 1;
                self.schedule(&handle, now, false);
                unplanned.push(handle);
            }
        }
        drop(listed);
        self.retain_claims();
        self.register();
        let (removed, moved) = self.survey(unplanned, now);
        if changed > 0 || self.feeds.len() - added < before {
            let feeds = &self.feeds;
            self.queue.retain(|feed, ticket| feeds.get(feed).is_some_and(|feed| feed.ticket == ticket));
        }
        if let Some(subscriber) = &self.subscriber {
            subscriber.list(|feed| self.is_as_read(feed));
        }
        let of = self.list.iter().filter(|feed| !feed.paused).count();
        info!(feeds = self.feeds.len(), of, added, changed, removed = removed.len(), "feed list applied");
        for (handle, state) in removed {
            self.report_removed(handle, state, now).await;
        }
        for handle in moved {
            self.move_away(handle).await;
        }
        self.rewrite_removed().await;
    }

    /// Hands a feed that is listed at another instance's site over to that instance.
    async fn move_away(&self, feed: Arc<FeedHandle>) {
        let (ack, _) = CommitAck::new();
        // If the last stage is gone, the next run hands it over.
        let _ = self.cx.to_commit.send(Work::MoveFeed { feed, ack }).await;
    }

    /// Plans a feed whose state arrived. If it is listed at another site by now, the state waits for that site's owner to
    /// ask for it: sent on, it could go round in a circle until all instances have read the same list.
    pub(super) fn on_arrived(&mut self, id: &str) {
        self.cx.routes.claims().lock().end(id);
        if let Some(feed) = self.feeds.get(id).filter(|feed| !feed.busy).map(|feed| Arc::clone(&feed.handle)) {
            self.plan_again(&feed);
        }
    }

    /// Plans a feed by what is remembered of it by now.
    pub(super) fn plan_again(&mut self, feed: &Arc<FeedHandle>) {
        let id = feed.config.id.as_str();
        let state = self.cx.store.feed(id);
        state.iter().filter_map(FeedState::report).for_each(|report| self.cx.stats.feeds.restore(id, report));
        let due = self.planned(feed, state.as_ref(), self.now());
        self.enqueue(feed, due);
    }

    /// Adds a feed that is not queued.
    fn schedule(&mut self, handle: &Arc<FeedHandle>, due: DateTime<Utc>, busy: bool) {
        let handle = Arc::clone(handle);
        self.feeds.insert(ById(Arc::clone(&handle)), ScheduledFeed { handle, ticket: 0, due, busy });
    }

    /// Has state with a secret in it rewritten in the journal for feeds that no poll will rewrite.
    async fn rewrite_removed(&self) {
        let stale = self.cx.store.unwritten().into_iter().filter(|(_, state)| state.removed);
        let stale: Vec<_> = stale.map(|(id, state)| (self.unlisted(&id, &state.url), state)).collect();
        for (handle, state) in stale.into_iter().filter(|(feed, _)| self.assignment.owns(&feed.site)) {
            self.commit_state(handle, state, Vec::new()).await;
        }
    }

    /// Plans these feeds by what is remembered of them and tells the registry their health. Returns the remembered feeds
    /// that are no longer listed, and not yet reported, and those that are listed at another instance's site. All states
    /// are read in one pass; they do not fit in memory together.
    pub(super) fn survey(
        &mut self,
        feeds: Vec<Arc<FeedHandle>>,
        now: DateTime<Utc>,
    ) -> (Vec<(FeedHandle, FeedState)>, Vec<Arc<FeedHandle>>) {
        let mut moved = Vec::new();
        let mut unplanned: HashSet<ById> = feeds.into_iter().map(ById).collect();
        let mut removed = Vec::new();
        let mut plans = Vec::with_capacity(unplanned.len());
        self.cx.store.each_feed(&self.cx.store.partitions(), |id, state| {
            let listed = self.list.get(id);
            let unplanned = unplanned.take(id);
            state.rules.iter().for_each(|rules| self.cx.stats.rules.restore(rules));
            if unplanned.is_some() || listed.is_some_and(|feed| feed.paused) {
                state.report().into_iter().for_each(|report| self.cx.stats.feeds.restore(id, report));
            }
            if let Some(ById(handle)) = unplanned {
                self.cx.routes.claims().lock().end(id);
                let due = self.planned(&handle, Some(&state), now);
                plans.push((handle, due));
            }
            if let Some(feed) = listed.filter(|feed| self.has_moved_away(feed)) {
                moved.push(Arc::clone(feed));
            }
            if listed.is_none_or(|feed| feed.paused) && self.is_to_report(id, &state) {
                removed.push((self.unlisted(id, &state.url), state));
            }
        });
        // Another instance reports the feeds that it owns.
        removed.retain(|(feed, _): &(FeedHandle, FeedState)| self.assignment.owns(&feed.site));
        let is_shared = self.cx.routes.is_shared();
        for ById(handle) in unplanned {
            if is_shared && !self.cx.routes.claims().lock().is_proven(&handle.config.id) {
                self.claim(handle);
            } else {
                let due = self.planned(&handle, None, now);
                plans.push((handle, due));
            }
        }
        for (handle, due) in plans {
            let Some(listed) = self.feeds.get_mut(handle.config.id.as_str()) else { continue };
            listed.due = due;
            if !listed.busy {
                self.enqueue(&handle, due);
            }
        }
        (removed, moved)
    }

    /// Returns whether a listed feed belongs to another instance, and is not being polled here any more.
    fn has_moved_away(&self, feed: &FeedHandle) -> bool {
        self.cx.routes.is_shared()
            && !feed.paused
            && !self.assignment.owns(&feed.site)
            && !self.assignment.is_open(&feed.id)
    }

    /// Returns whether a feed that is not listed must be reported as removed; one that is being polled is reported when
    /// that ends.
    fn is_to_report(&self, id: &str, state: &FeedState) -> bool {
        !state.removed && !self.assignment.is_open(id)
    }

    /// Reports a feed as removed if it was, now that its poll has ended.
    pub(super) async fn report_if_removed(&self, id: &str) {
        if let Some(feed) = self.list.get(id).filter(|feed| self.has_moved_away(feed)).cloned() {
            return self.move_away(feed).await;
        }
        let Some(state) = self.cx.store.feed(id).filter(|state| self.is_to_report(id, state)) else { return };
        let handle = self.unlisted(id, &state.url);
        if self.list.get(id).is_none_or(|feed| feed.paused) && self.assignment.owns(&handle.site) {
            self.report_removed(handle, state, self.now()).await;
        }
    }

    /// Returns a feed that is not polled, with the labels that it has while it is paused.
    fn unlisted(&self, id: &str, url: &str) -> FeedHandle {
        let mut feed = bare(id, url);
        if let Some(listed) = self.list.get(id) {
            (feed.labels, feed.folder) = (listed.labels.clone(), listed.folder.clone());
        }
        FeedHandle::new(feed)
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
            feed: None,
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
