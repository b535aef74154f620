//! Where the HTTP server and the pipeline meet: the current subscriptions, and pushes waiting to be read.
//!
//! The HTTP server answers hubs at once from here, and the subscriber commits the resulting changes. Callers wait for
//! nothing but the lock.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::hub_links::HubLinks;
use super::request::{HubMode, StepContext, SubscriptionPolicy};
use super::signature;
use super::subscription::{Subscription, SubscriptionStage};
use super::trust::PollEvidence;
use crate::clock::Clock;
use crate::schedule;

/// The most waiting pushes of one feed and of all feeds, and their most bytes.
const WAITING_PER_FEED: usize = 4;
const WAITING: usize = 256;
const WAITING_BYTES: usize = 64 << 20;
/// The most signature headers that are checked.
const MAX_SIGNATURES: usize = 4;

/// A document that a hub pushed.
#[derive(Debug)]
pub struct PushedDocument {
    /// The feed's id.
    pub feed: String,
    /// The body, as sent.
    pub body: Vec<u8>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// When it arrived (UTC).
    pub at: DateTime<Utc>,
}

/// The result of a hub's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushResponse {
    /// The push waits to be read, or the request is answered as the hub expects.
    Accepted,
    /// The push is empty or not from the hub; the sender gets no error.
    Ignored,
    /// Too many pushes are waiting: the hub must send it again.
    Full,
    /// There is no such subscription.
    Unknown,
    /// The daemon is starting or stopping: the hub must send it again.
    Closed,
}

/// The subscriptions and the waiting pushes.
#[derive(Default)]
pub struct PushInbox {
    inner: Mutex<Inner>,
    notify: Notify,
}

#[derive(Default)]
struct Inner {
    /// Since when hubs are answered (UTC).
    open: Option<DateTime<Utc>>,
    clock: Clock,
    terms: SubscriptionPolicy,
    subscriptions: HashMap<String, Subscription>,
    /// The feeds whose current subscription is not yet committed.
    changed: BTreeSet<String>,
    waiting: VecDeque<PushedDocument>,
    bytes: usize,
}

impl Inner {
    fn moment(&self, feed: &str) -> StepContext {
        let now = self.clock.now();
        StepContext { now, policy: self.terms, spread: schedule::unit(feed, now) }
    }

    /// Changes a subscription and marks the change for commit.
    fn change<T>(&mut self, feed: &str, change: impl FnOnce(&mut Subscription, &StepContext) -> T) -> Option<T> {
        let moment = self.moment(feed);
        let subscription = self.subscriptions.get_mut(feed)?;
        let before = subscription.clone();
        let done = change(subscription, &moment);
        if *subscription != before {
            self.changed.insert(feed.to_owned());
        }
        Some(done)
    }
}

/// The interface for the HTTP server.
impl PushInbox {
    /// Returns whether a push for this feed would be checked.
    pub fn expects(&self, feed: &str) -> PushResponse {
        let inner = self.inner();
        match inner.open {
            None => PushResponse::Closed,
            Some(_) if inner.subscriptions.contains_key(feed) => PushResponse::Accepted,
            Some(_) => PushResponse::Unknown,
        }
    }

    /// Answers a hub's question whether a request was ours. [`Receipt::Taken`]: it was.
    pub fn verify(&self, feed: &str, intent: HubMode, topic: &str, lease: Option<u64>) -> PushResponse {
        let lease = lease.map(std::time::Duration::from_secs);
        let verified = |of: &mut Subscription, moment: &StepContext| {
            let verified = of.verify(intent, topic, lease, moment);
            if verified && let Some((_, until)) = of.lease {
                info!(feed, hub = of.hub(), mode = intent.name(), %until, "subscription verified");
            }
            verified
        };
        self.answer(feed, verified)
    }

    /// Handles a hub's denial of a subscription.
    pub fn deny(&self, feed: &str, topic: &str, reason: &str) -> PushResponse {
        let denied = |of: &mut Subscription, moment: &StepContext| {
            let denied = of.denied(topic, reason, moment);
            if denied {
                warn!(feed, reason = of.error, again = %of.due, "hub denied the subscription; polling at the usual interval");
            }
            denied
        };
        self.answer(feed, denied)
    }

    fn answer(&self, feed: &str, answer: impl FnOnce(&mut Subscription, &StepContext) -> bool) -> PushResponse {
        let mut inner = self.inner();
        if inner.open.is_none() {
            return PushResponse::Closed;
        }
        let ours = inner.change(feed, answer);
        drop(inner);
        self.notify.notify_one();
        if ours == Some(true) { PushResponse::Accepted } else { PushResponse::Unknown }
    }

    /// Takes a push for a feed. Only a push that its hub signed waits to be read.
    pub fn deliver(
        &self,
        feed: &str,
        signatures: &[&str],
        content_type: Option<String>,
        body: Vec<u8>,
    ) -> PushResponse {
        let known = {
            let inner = self.inner();
            if inner.open.is_none() {
                return PushResponse::Closed;
            }
            inner.subscriptions.get(feed).map(|subscription| subscription.secret.clone())
        };
        let Some(secret) = known else { return PushResponse::Unknown };
        let ours = |header: &&str| signature::is_of(&body, header, secret.reveal());
        let signed = signatures.iter().take(MAX_SIGNATURES).any(ours);
        let mut inner = self.inner();
        if !signed {
            // Not worth a commit: a sender of unsigned pushes may send many.
            if let Some(of) = inner.subscriptions.get_mut(feed) {
                of.was_unsigned(feed);
            }
            return PushResponse::Ignored;
        }
        let of_feed = inner.waiting.iter().filter(|waiting| waiting.feed == feed).count();
        let fits = inner.waiting.is_empty() || inner.bytes + body.len() <= WAITING_BYTES;
        if of_feed >= WAITING_PER_FEED || inner.waiting.len() >= WAITING || !fits {
            return PushResponse::Full;
        }
        inner.change(feed, |of, moment| of.was_pushed(moment.now));
        if body.is_empty() {
            return PushResponse::Ignored;
        }
        inner.bytes += body.len();
        let at = inner.clock.now();
        inner.waiting.push_back(PushedDocument { feed: feed.to_owned(), body, content_type, at });
        drop(inner);
        self.notify.notify_one();
        PushResponse::Accepted
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interface for the pipeline.
impl PushInbox {
    /// Opens the push inbox with the committed subscriptions. Pushes that still wait are kept.
    pub(crate) fn open(&self, subscriptions: HashMap<String, Subscription>, clock: Clock, terms: SubscriptionPolicy) {
        let mut inner = self.inner();
        inner.open = Some(clock.now());
        (inner.subscriptions, inner.clock, inner.terms) = (subscriptions, clock, terms);
        inner.changed.clear();
    }

    /// Changes how hubs are asked from now on.
    pub(crate) fn set_policy(&self, terms: SubscriptionPolicy) {
        self.inner().terms = terms;
    }

    /// Stops answering hubs until it is opened again.
    pub(crate) fn close(&self) {
        self.inner().open = None;
    }

    /// Waits until a hub has sent something.
    pub(crate) async fn notified(&self) {
        self.notify.notified().await;
    }

    /// Takes the oldest push of a feed that can be read now.
    pub(crate) fn take(&self, can_read: impl Fn(&str) -> bool) -> Option<PushedDocument> {
        let mut inner = self.inner();
        let at = inner.waiting.iter().position(|waiting| can_read(&waiting.feed))?;
        let delivery = inner.waiting.remove(at)?;
        inner.bytes -= delivery.body.len();
        Some(delivery)
    }

    /// Drops waiting pushes of feeds that are no longer read.
    pub(crate) fn keep(&self, is_read: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.waiting.retain(|waiting| is_read(&waiting.feed));
        inner.bytes = inner.waiting.iter().map(|waiting| waiting.body.len()).sum();
    }

    /// Judges the feed's hub by a poll, and returns how often the pause before the next poll is doubled.
    pub(crate) fn judge(&self, feed: &str, polled: Option<&PollEvidence>) -> u32 {
        let mut inner = self.inner();
        let Some(open) = inner.open else { return 0 };
        // A push that is waiting was not missed.
        let waits = inner.waiting.iter().any(|waiting| waiting.feed == feed);
        let judged = inner.change(feed, |of, moment| {
            if let Some(polled) = polled.filter(|polled| !(polled.fresh && waits))
                && of.judge(polled, open)
            {
                warn!(feed, hub = of.hub(), "hub missed an entry; polling at the usual interval for a day");
            }
            of.doublings(moment.now)
        });
        judged.unwrap_or(0)
    }

    /// Returns the current subscriptions that must be committed. One that is over is forgotten, or replaced by the
    /// `next` one.
    pub(crate) fn changed(
        &self,
        next: impl Fn(&str, HubLinks) -> Option<Subscription>,
    ) -> Vec<(String, Option<Subscription>)> {
        let mut inner = self.inner();
        let changed = std::mem::take(&mut inner.changed);
        let settle = |feed: String| {
            if let Some(over) = inner.subscriptions.get_mut(&feed).filter(|of| of.stage == SubscriptionStage::Over) {
                match over.next.take().and_then(|then| next(&feed, then)) {
                    Some(next) => *over = next,
                    None => drop(inner.subscriptions.remove(&feed)),
                }
            }
            let now = inner.subscriptions.get(&feed).cloned();
            (feed, now)
        };
        changed.into_iter().map(settle).collect()
    }

    /// Returns the current subscription.
    pub(crate) fn get(&self, feed: &str) -> Option<Subscription> {
        self.inner().subscriptions.get(feed).cloned()
    }

    /// Changes a subscription.
    pub(crate) fn change<T>(&self, feed: &str, change: impl FnOnce(&mut Subscription, &StepContext) -> T) -> Option<T> {
        self.inner().change(feed, change)
    }

    /// Adds a feed's first subscription.
    pub(crate) fn set(&self, feed: &str, subscription: Subscription) {
        let mut inner = self.inner();
        inner.subscriptions.insert(feed.to_owned(), subscription);
        inner.changed.insert(feed.to_owned());
    }

    /// Adds a subscription that is already committed. Returns whether it was missing.
    pub(crate) fn adopt(&self, feed: &str, subscription: &Subscription) -> bool {
        let mut inner = self.inner();
        let is_new = !inner.subscriptions.contains_key(feed);
        if is_new {
            inner.subscriptions.insert(feed.to_owned(), subscription.clone());
        }
        is_new
    }

    /// Drops subscriptions that other instances continue, as they are committed.
    pub(crate) fn forget(&self, is_kept: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.subscriptions.retain(|feed, _| is_kept(feed));
        inner.changed.retain(|feed| is_kept(feed));
    }

    /// Returns whether the feed must name its hub and topic again before the hub can be asked.
    pub(crate) fn lacks_queries(&self, feed: &str) -> bool {
        self.inner().subscriptions.get(feed).is_some_and(Subscription::lacks_queries)
    }

    /// Returns the feeds that have a subscription.
    pub(crate) fn feeds(&self) -> Vec<String> {
        self.inner().subscriptions.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::websub::endpoint::Endpoint;
    use crate::websub::subscription::Action;

    const TERMS: SubscriptionPolicy = SubscriptionPolicy {
        lease: Duration::from_secs(600),
        pause: (Duration::from_secs(1), Duration::from_secs(60)),
    };

    /// Returns a push inbox with a feed `a` whose hub was asked, and its secret.
    fn inbox() -> (PushInbox, String) {
        let inbox = PushInbox::default();
        assert_eq!(inbox.expects("a"), PushResponse::Closed);
        assert_eq!(inbox.deliver("a", &[], None, Vec::new()), PushResponse::Closed);
        let endpoint = |url| Endpoint::new(url, false);
        let offer = HubLinks { hubs: vec![endpoint("hub")], topic: endpoint("topic"), private: false };
        let subscription = Subscription::new(offer, "callback".into(), Utc::now());
        let secret = subscription.secret.reveal().to_owned();
        inbox.open(HashMap::from([("a".to_owned(), subscription)]), Clock::System, TERMS);
        assert_eq!(inbox.change("a", Subscription::step), Some(Action::Ask(HubMode::Subscribe)));
        (inbox, secret)
    }

    fn signed(body: &[u8], secret: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        format!("sha256={}", hex::encode(ring::hmac::sign(&key, body)))
    }

    #[test]
    fn what_waits_is_bounded_and_nothing_is_dropped() {
        let (inbox, secret) = inbox();
        let push = |n: usize| {
            let body = n.to_string().into_bytes();
            inbox.deliver("a", &[&signed(&body, &secret)], None, body)
        };
        let receipts: Vec<PushResponse> = (0..10).map(push).collect();
        assert_eq!(receipts[..WAITING_PER_FEED], [PushResponse::Accepted; WAITING_PER_FEED]);
        assert_eq!(receipts[WAITING_PER_FEED..], [PushResponse::Full; 10 - WAITING_PER_FEED]);
        assert!(inbox.take(|_| false).is_none());
        let bodies: Vec<_> = std::iter::from_fn(|| inbox.take(|feed| feed == "a").map(|d| d.body)).collect();
        assert_eq!(bodies, [b"0", b"1", b"2", b"3"]);
        assert_eq!(push(10), PushResponse::Accepted, "there is room again");
        inbox.keep(|_| false);
        assert!(inbox.take(|_| true).is_none());
        let large = vec![b' '; WAITING_BYTES - 1];
        let send = || inbox.deliver("a", &[&signed(&large, &secret)], None, large.clone());
        assert_eq!([send(), send()], [PushResponse::Accepted, PushResponse::Full]);
    }

    #[test]
    fn only_the_hub_is_believed() {
        let (inbox, secret) = inbox();
        let body = || b"<rss/>".to_vec();
        let right = signed(&body(), &secret);
        let wrong = signed(&body(), "guessed");
        assert_eq!(inbox.deliver("a", &[], None, body()), PushResponse::Ignored);
        assert_eq!(inbox.deliver("a", &[&wrong, "sha256=", "x"], None, body()), PushResponse::Ignored);
        assert_eq!(inbox.deliver("a", &[&right], None, b"<other/>".to_vec()), PushResponse::Ignored);
        assert_eq!((inbox.get("a").unwrap().unsigned, inbox.get("a").unwrap().pushed), (3, None));
        assert_eq!(inbox.deliver("b", &[&right], None, body()), PushResponse::Unknown);
        assert!(inbox.take(|_| true).is_none());
        assert_eq!(inbox.deliver("a", &[&wrong, &right], None, body()), PushResponse::Accepted);
        let nothing = signed(b"", &secret);
        assert_eq!(inbox.deliver("a", &[&nothing], None, Vec::new()), PushResponse::Ignored);
    }

    #[test]
    fn changes_are_reported_once_to_be_committed() {
        let (inbox, _) = inbox();
        let changed = || inbox.changed(|_, _| None).len();
        assert_eq!(changed(), 1);
        assert_eq!(inbox.verify("a", HubMode::Subscribe, "other", None), PushResponse::Unknown);
        assert_eq!(inbox.verify("b", HubMode::Subscribe, "topic", None), PushResponse::Unknown);
        assert_eq!(changed(), 0);
        assert_eq!(inbox.verify("a", HubMode::Subscribe, "topic", Some(60)), PushResponse::Accepted);
        assert_eq!((inbox.judge("a", None), inbox.judge("b", None)), (1, 0));
        assert_eq!(changed(), 1);
        assert_eq!(inbox.deny("a", "topic", "gone"), PushResponse::Accepted);
        assert_eq!((changed(), inbox.judge("a", None)), (1, 0));
        inbox.close();
        assert_eq!(inbox.verify("a", HubMode::Subscribe, "topic", None), PushResponse::Closed);
    }
}
