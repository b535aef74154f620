//! Requests, renews and ends subscriptions at hubs. Each request is committed before it is sent, so the secret that the
//! hub receives is still known after a crash.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tracing::{info, warn};
use url::Url;

use crate::config::Settings;
use crate::fetch::{Class, FetchError};
use crate::pipeline::context::Context;
use crate::pipeline::message::{AckReceiver, CommitAck, FeedHandle, Work};
use crate::websub::{Action, HubLinks, HubMode, Subscription, SubscriptionPolicy, SubscriptionStage};

/// The most hubs asked at once.
const AT_ONCE: usize = 16;
/// A hub that answers with an error is asked again after this many times the shortest pause.
const REFUSED: u32 = 60;

/// Sends requests to hubs.
pub(in crate::pipeline) struct Subscriber {
    cx: Context,
    /// The URL at which hubs reach this daemon; without it there are no subscriptions.
    callback: Option<Url>,
    policy: SubscriptionPolicy,
    queue: BinaryHeap<Reverse<(DateTime<Utc>, String)>>,
    /// When each feed is queued; its other places in the queue are void.
    planned: HashMap<String, DateTime<Utc>>,
    requests: JoinSet<(String, HubMode, Option<FetchError>)>,
}

/// Returns how these settings have hubs asked.
fn policy(settings: &Settings) -> SubscriptionPolicy {
    SubscriptionPolicy {
        lease: settings.websub.lease,
        pause: (settings.schedule.min_interval, settings.schedule.max_interval),
    }
}

impl Subscriber {
    /// Resumes the subscriptions of the state store, and opens the push inbox.
    pub(super) fn new(cx: &Context) -> Self {
        let settings = cx.settings.get();
        let terms = policy(&settings);
        let callback = settings.websub.callback.as_deref().and_then(|callback| Url::parse(callback).ok());
        let subscriptions = cx.store.subscriptions();
        let mut subscriber = Self {
            cx: cx.clone(),
            callback,
            policy: terms,
            queue: BinaryHeap::new(),
            planned: HashMap::new(),
            requests: JoinSet::new(),
        };
        for (feed, subscription) in &subscriptions {
            subscriber.plan(feed, Some(subscription));
        }
        cx.push_inbox.open(subscriptions, cx.clock().clone(), terms);
        subscriber
    }

    /// Takes over changed settings.
    pub(super) fn adopt_settings(&mut self) {
        self.policy = policy(&self.cx.settings.get());
        self.cx.push_inbox.set_policy(self.policy);
    }

    /// Resumes subscriptions that were added to the state store.
    pub(super) fn adopt(&mut self) {
        let subscriptions = self.cx.store.subscriptions();
        for (feed, subscription) in subscriptions {
            if self.cx.push_inbox.adopt(&feed, &subscription) {
                self.plan(&feed, Some(&subscription));
            }
        }
    }

    /// Drops subscriptions of other feeds; other instances continue them.
    pub(super) fn forget(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.cx.push_inbox.forget(&is_kept);
        self.planned.retain(|feed, _| is_kept(feed));
    }

    /// Returns when there is next something to do.
    pub(super) fn wakes(&self) -> Option<DateTime<Utc>> {
        self.queue.peek().filter(|_| self.requests.len() < AT_ONCE).map(|Reverse((at, _))| *at)
    }

    /// Returns whether no hub is being asked.
    pub(super) fn is_idle(&self) -> bool {
        self.requests.is_empty()
    }

    /// Returns the URL to which the hub pushes a feed's updates.
    fn callback(&self, feed: &str) -> Option<String> {
        let mut url = self.callback.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["websub", feed]);
        Some(url.into())
    }

    fn plan(&mut self, feed: &str, subscription: Option<&Subscription>) {
        let Some(at) = subscription.map(Subscription::wakes) else {
            self.planned.remove(feed);
            return;
        };
        if self.planned.insert(feed.to_owned(), at) != Some(at) {
            self.queue.push(Reverse((at, feed.to_owned())));
        }
    }

    /// Applies a new feed list: ends subscriptions of feeds that are no longer listed, and those whose callback is no
    /// longer ours.
    pub(super) fn list(&self, is_listed: impl Fn(&str) -> bool) {
        let inbox = &self.cx.push_inbox;
        inbox.keep(&is_listed);
        for feed in inbox.feeds() {
            let callback = self.callback(&feed).filter(|_| is_listed(&feed));
            inbox.change(&feed, |of, moment| {
                let same = || HubLinks { hubs: of.hubs.clone(), topic: of.topic.clone(), private: of.private };
                match callback {
                    Some(callback) if of.is_wanted() && callback == of.callback => {}
                    Some(_) => {
                        let then = of.next.take().unwrap_or_else(same);
                        of.leave(Some(then), moment.now);
                    }
                    None => of.leave(None, moment.now),
                }
            });
        }
    }

    /// Applies the offer that a poll of the feed found.
    pub(super) fn offered(&self, feed: &str, offer: HubLinks) {
        let Some(callback) = self.callback(feed) else { return };
        let inbox = &self.cx.push_inbox;
        if inbox.get(feed).is_some() {
            inbox.change(feed, |of, moment| of.offered(offer, moment.now));
        } else if !offer.hubs.is_empty() {
            info!(feed, hub = %offer.hubs[0], topic = %offer.topic, "feed names a hub; subscribing");
            inbox.set(feed, Subscription::new(offer, callback, self.cx.clock().now()));
        }
    }

    /// Waits for a hub's answer to a request, for ever if none was sent.
    pub(super) async fn answered(&mut self) {
        let Some(answered) = self.requests.join_next().await else { return std::future::pending().await };
        let Ok((feed, intent, Some(error))) = answered else { return };
        let under_way = if intent == HubMode::Subscribe { SubscriptionStage::Asked } else { SubscriptionStage::Left };
        let (least, most) = self.policy.pause;
        let first = match (error.class(), error.status()) {
            (Class::Url | Class::Refused, _) => most,
            (_, Some(400..=499)) => least.saturating_mul(REFUSED),
            _ => least,
        };
        self.cx.push_inbox.change(&feed, |of, moment| {
            // Some hubs verify, and then fail to say so.
            if of.stage == under_way {
                let (hub, mode) = (of.hub().to_owned(), intent.name());
                of.failed(&error.to_string(), first, error.retry_after(), moment);
                warn!(feed, hub, mode, %error, again = %of.due, "hub request failed");
            }
        });
    }

    /// Does what is due and commits what changed. Returns those of the changed feeds that are not pushed.
    pub(super) async fn step(&mut self, handle: impl Fn(&str) -> Arc<FeedHandle>) -> Vec<String> {
        let inbox = Arc::clone(&self.cx.push_inbox);
        let now = self.cx.clock().now();
        let mut asks = HashMap::new();
        while self.requests.len() + asks.len() < AT_ONCE
            && let Some(Reverse((at, feed))) = self.queue.peek().filter(|Reverse((at, _))| *at <= now).cloned()
        {
            self.queue.pop();
            if self.planned.get(&feed) != Some(&at) {
                continue;
            }
            self.planned.remove(&feed);
            match inbox.change(&feed, Subscription::step) {
                Some(Action::Forget) | None => continue,
                Some(Action::Wait) => {}
                Some(Action::Ask(intent)) => {
                    asks.insert(feed.clone(), intent);
                }
            }
            self.plan(&feed, inbox.get(&feed).as_ref());
        }
        let next = |feed: &str, then: HubLinks| Some(Subscription::new(then, self.callback(feed)?, now));
        let changed = inbox.changed(next);
        let mut unpushed = Vec::new();
        for (feed, subscription) in changed {
            self.plan(&feed, subscription.as_ref());
            let committed = self.commit(handle(&feed), subscription.as_ref()).await;
            if let (Some(intent), Some(of)) = (asks.remove(&feed), &subscription) {
                self.ask(&feed, intent, of, committed);
            }
            if subscription.is_none_or(|of| of.doublings(now) == 0) {
                unpushed.push(feed);
            }
        }
        unpushed
    }

    async fn commit(&self, feed: Arc<FeedHandle>, state: Option<&Subscription>) -> AckReceiver {
        let (ack, committed) = CommitAck::new();
        let state = state.cloned().map(Box::new);
        // If the last stage is gone, the acknowledgement is dropped too.
        let _ = self.cx.to_commit.send(Work::Subscription { feed, state, ack }).await;
        committed
    }

    fn ask(&mut self, feed: &str, intent: HubMode, of: &Subscription, committed: AckReceiver) {
        let (feed, hub, form) = (feed.to_owned(), of.hub_place(), of.form(intent, &self.policy));
        let (client, stop) = (self.cx.client.get(), self.cx.stop.clone());
        self.requests.spawn(async move {
            let asked = async {
                committed.await.ok()?; // otherwise the run ends, and the next one asks
                let hub = match hub {
                    Ok(hub) => hub,
                    Err(error) => return Some(FetchError::Url(format!("the hub's URL is none: {error}"))),
                };
                let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                client.post_at(&hub, &form).await.err()
            };
            let error = tokio::select! {
                () = stop.cancelled() => None,
                error = asked => error,
            };
            (feed, intent, error)
        });
    }
}
