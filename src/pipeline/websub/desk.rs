//! Where the HTTP server and the pipeline meet: the current subscriptions, and pushes waiting to be read.
//!
//! The HTTP server answers hubs at once from here, and the subscriber commits the resulting changes. Callers wait for
//! nothing but the lock.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::offer::Offer;
use super::request::{Intent, Moment, Terms};
use super::signature;
use super::subscription::{Stage, Subscription};
use super::trust::Polled;
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
pub struct Delivery {
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
pub enum Receipt {
    /// The push waits to be read, or the request is answered as the hub expects.
    Taken,
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
pub struct Desk {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Default)]
struct Inner {
    /// Since when hubs are answered (UTC).
    open: Option<DateTime<Utc>>,
    clock: Clock,
    terms: Terms,
    subscriptions: HashMap<String, Subscription>,
    /// The feeds whose current subscription is not yet committed.
    changed: BTreeSet<String>,
    waiting: VecDeque<Delivery>,
    bytes: usize,
}

impl Inner {
    fn moment(&self, feed: &str) -> Moment {
        let now = self.clock.now();
        Moment { now, terms: self.terms, spread: schedule::unit(feed, now) }
    }

    /// Changes a subscription and marks the change for commit.
    fn change<T>(&mut self, feed: &str, change: impl FnOnce(&mut Subscription, &Moment) -> T) -> Option<T> {
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
impl Desk {
    /// Returns whether a push for this feed would be checked.
    pub fn expects(&self, feed: &str) -> Receipt {
        let inner = self.inner();
        match inner.open {
            None => Receipt::Closed,
            Some(_) if inner.subscriptions.contains_key(feed) => Receipt::Taken,
            Some(_) => Receipt::Unknown,
        }
    }

    /// Answers a hub's question whether a request was ours. [`Receipt::Taken`]: it was.
    pub fn verify(&self, feed: &str, intent: Intent, topic: &str, lease: Option<u64>) -> Receipt {
        let lease = lease.map(std::time::Duration::from_secs);
        let verified = |of: &mut Subscription, moment: &Moment| {
            let verified = of.verify(intent, topic, lease, moment);
            if verified && let Some((_, until)) = of.lease {
                info!(feed, hub = of.hub(), mode = intent.name(), %until, "the hub's verification was answered");
            }
            verified
        };
        self.answer(feed, verified)
    }

    /// Handles a hub's denial of a subscription.
    pub fn deny(&self, feed: &str, topic: &str, reason: &str) -> Receipt {
        let denied = |of: &mut Subscription, moment: &Moment| {
            let denied = of.denied(topic, reason, moment);
            if denied {
                warn!(feed, reason = of.error, again = %of.due, "the hub pushes this feed no more; it is polled as usual");
            }
            denied
        };
        self.answer(feed, denied)
    }

    fn answer(&self, feed: &str, answer: impl FnOnce(&mut Subscription, &Moment) -> bool) -> Receipt {
        let mut inner = self.inner();
        if inner.open.is_none() {
            return Receipt::Closed;
        }
        let ours = inner.change(feed, answer);
        drop(inner);
        self.news.notify_one();
        if ours == Some(true) { Receipt::Taken } else { Receipt::Unknown }
    }

    /// Takes a push for a feed. Only a push that its hub signed waits to be read.
    pub fn deliver(&self, feed: &str, signatures: &[&str], content_type: Option<String>, body: Vec<u8>) -> Receipt {
        let known = {
            let inner = self.inner();
            if inner.open.is_none() {
                return Receipt::Closed;
            }
            inner.subscriptions.get(feed).map(|subscription| subscription.secret.clone())
        };
        let Some(secret) = known else { return Receipt::Unknown };
        let ours = |header: &&str| signature::is_of(&body, header, secret.reveal());
        let signed = signatures.iter().take(MAX_SIGNATURES).any(ours);
        let mut inner = self.inner();
        if !signed {
            // Not worth a commit: a sender of unsigned pushes may send many.
            if let Some(of) = inner.subscriptions.get_mut(feed) {
                of.was_unsigned(feed);
            }
            return Receipt::Ignored;
        }
        let of_feed = inner.waiting.iter().filter(|waiting| waiting.feed == feed).count();
        let fits = inner.waiting.is_empty() || inner.bytes + body.len() <= WAITING_BYTES;
        if of_feed >= WAITING_PER_FEED || inner.waiting.len() >= WAITING || !fits {
            return Receipt::Full;
        }
        inner.change(feed, |of, moment| of.was_pushed(moment.now));
        if body.is_empty() {
            return Receipt::Ignored;
        }
        inner.bytes += body.len();
        let at = inner.clock.now();
        inner.waiting.push_back(Delivery { feed: feed.to_owned(), body, content_type, at });
        drop(inner);
        self.news.notify_one();
        Receipt::Taken
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interface for the pipeline.
impl Desk {
    /// Opens the desk with the committed subscriptions. Pushes that still wait are kept.
    pub(super) fn open(&self, subscriptions: HashMap<String, Subscription>, clock: Clock, terms: Terms) {
        let mut inner = self.inner();
        inner.open = Some(clock.now());
        (inner.subscriptions, inner.clock, inner.terms) = (subscriptions, clock, terms);
        inner.changed.clear();
    }

    /// Stops answering hubs until it is opened again.
    pub(in crate::pipeline) fn close(&self) {
        self.inner().open = None;
    }

    /// Waits until a hub has sent something.
    pub(in crate::pipeline) async fn news(&self) {
        self.news.notified().await;
    }

    /// Takes the oldest push of a feed that can be read now.
    pub(in crate::pipeline) fn take(&self, can_read: impl Fn(&str) -> bool) -> Option<Delivery> {
        let mut inner = self.inner();
        let at = inner.waiting.iter().position(|waiting| can_read(&waiting.feed))?;
        let delivery = inner.waiting.remove(at)?;
        inner.bytes -= delivery.body.len();
        Some(delivery)
    }

    /// Drops waiting pushes of feeds that are no longer read.
    pub(in crate::pipeline) fn keep(&self, is_read: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.waiting.retain(|waiting| is_read(&waiting.feed));
        inner.bytes = inner.waiting.iter().map(|waiting| waiting.body.len()).sum();
    }

    /// Judges the feed's hub by a poll, and returns how often the pause before the next poll is doubled.
    pub(in crate::pipeline) fn judge(&self, feed: &str, polled: Option<&Polled>) -> u32 {
        let mut inner = self.inner();
        let Some(open) = inner.open else { return 0 };
        // A push that is waiting was not missed.
        let waits = inner.waiting.iter().any(|waiting| waiting.feed == feed);
        let judged = inner.change(feed, |of, moment| {
            if let Some(polled) = polled.filter(|polled| !(polled.fresh && waits))
                && of.judge(polled, open)
            {
                warn!(feed, hub = of.hub(), "the hub did not push what a poll found; it is polled as usual for a day");
            }
            of.doublings(moment.now)
        });
        judged.unwrap_or(0)
    }

    /// Returns the current subscriptions that must be committed. One that is over is forgotten, or replaced by the
    /// `next` one.
    pub(super) fn changed(
        &self,
        next: impl Fn(&str, Offer) -> Option<Subscription>,
    ) -> Vec<(String, Option<Subscription>)> {
        let mut inner = self.inner();
        let changed = std::mem::take(&mut inner.changed);
        let settle = |feed: String| {
            if let Some(over) = inner.subscriptions.get_mut(&feed).filter(|of| of.stage == Stage::Over) {
                match over.then.take().and_then(|then| next(&feed, then)) {
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
    pub(super) fn get(&self, feed: &str) -> Option<Subscription> {
        self.inner().subscriptions.get(feed).cloned()
    }

    /// Changes a subscription.
    pub(super) fn change<T>(&self, feed: &str, change: impl FnOnce(&mut Subscription, &Moment) -> T) -> Option<T> {
        self.inner().change(feed, change)
    }

    /// Adds a feed's first subscription.
    pub(super) fn set(&self, feed: &str, subscription: Subscription) {
        let mut inner = self.inner();
        inner.subscriptions.insert(feed.to_owned(), subscription);
        inner.changed.insert(feed.to_owned());
    }

    /// Adds a subscription that is already committed. Returns whether it was missing.
    pub(super) fn adopt(&self, feed: &str, subscription: &Subscription) -> bool {
        let mut inner = self.inner();
        let is_new = !inner.subscriptions.contains_key(feed);
        if is_new {
            inner.subscriptions.insert(feed.to_owned(), subscription.clone());
        }
        is_new
    }

    /// Drops subscriptions that other instances continue, as they are committed.
    pub(super) fn forget(&self, is_kept: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.subscriptions.retain(|feed, _| is_kept(feed));
        inner.changed.retain(|feed| is_kept(feed));
    }

    /// Returns whether the feed must name its hub and topic again before the hub can be asked.
    pub(in crate::pipeline) fn lacks_queries(&self, feed: &str) -> bool {
        self.inner().subscriptions.get(feed).is_some_and(Subscription::lacks_queries)
    }

    /// Returns the feeds that have a subscription.
    pub(super) fn feeds(&self) -> Vec<String> {
        self.inner().subscriptions.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::endpoint::Endpoint;
    use super::super::subscription::Step;
    use super::*;

    const TERMS: Terms =
        Terms { lease: Duration::from_secs(600), pause: (Duration::from_secs(1), Duration::from_secs(60)) };

    /// Returns a desk with a feed `a` whose hub was asked, and its secret.
    fn desk() -> (Desk, String) {
        let desk = Desk::default();
        assert_eq!(desk.expects("a"), Receipt::Closed);
        assert_eq!(desk.deliver("a", &[], None, Vec::new()), Receipt::Closed);
        let endpoint = |url| Endpoint::new(url, false);
        let offer = Offer { hubs: vec![endpoint("hub")], topic: endpoint("topic"), private: false };
        let subscription = Subscription::new(offer, "callback".into(), Utc::now());
        let secret = subscription.secret.reveal().to_owned();
        desk.open(HashMap::from([("a".to_owned(), subscription)]), Clock::System, TERMS);
        assert_eq!(desk.change("a", Subscription::step), Some(Step::Ask(Intent::Subscribe)));
        (desk, secret)
    }

    fn signed(body: &[u8], secret: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        format!("sha256={}", hex::encode(ring::hmac::sign(&key, body)))
    }

    #[test]
    fn what_waits_is_bounded_and_nothing_is_dropped() {
        let (desk, secret) = desk();
        let push = |n: usize| {
            let body = n.to_string().into_bytes();
            desk.deliver("a", &[&signed(&body, &secret)], None, body)
        };
        let receipts: Vec<Receipt> = (0..10).map(push).collect();
        assert_eq!(receipts[..WAITING_PER_FEED], [Receipt::Taken; WAITING_PER_FEED]);
        assert_eq!(receipts[WAITING_PER_FEED..], [Receipt::Full; 10 - WAITING_PER_FEED]);
        assert!(desk.take(|_| false).is_none());
        let bodies: Vec<_> = std::iter::from_fn(|| desk.take(|feed| feed == "a").map(|d| d.body)).collect();
        assert_eq!(bodies, [b"0", b"1", b"2", b"3"]);
        assert_eq!(push(10), Receipt::Taken, "there is room again");
        desk.keep(|_| false);
        assert!(desk.take(|_| true).is_none());
        let large = vec![b' '; WAITING_BYTES - 1];
        let send = || desk.deliver("a", &[&signed(&large, &secret)], None, large.clone());
        assert_eq!([send(), send()], [Receipt::Taken, Receipt::Full]);
    }

    #[test]
    fn only_the_hub_is_believed() {
        let (desk, secret) = desk();
        let body = || b"<rss/>".to_vec();
        let right = signed(&body(), &secret);
        let wrong = signed(&body(), "guessed");
        assert_eq!(desk.deliver("a", &[], None, body()), Receipt::Ignored);
        assert_eq!(desk.deliver("a", &[&wrong, "sha256=", "x"], None, body()), Receipt::Ignored);
        assert_eq!(desk.deliver("a", &[&right], None, b"<other/>".to_vec()), Receipt::Ignored);
        assert_eq!((desk.get("a").unwrap().unsigned, desk.get("a").unwrap().pushed), (3, None));
        assert_eq!(desk.deliver("b", &[&right], None, body()), Receipt::Unknown);
        assert!(desk.take(|_| true).is_none());
        assert_eq!(desk.deliver("a", &[&wrong, &right], None, body()), Receipt::Taken);
        let nothing = signed(b"", &secret);
        assert_eq!(desk.deliver("a", &[&nothing], None, Vec::new()), Receipt::Ignored);
    }

    #[test]
    fn changes_are_told_once_to_be_committed() {
        let (desk, _) = desk();
        let changed = || desk.changed(|_, _| None).len();
        assert_eq!(changed(), 1);
        assert_eq!(desk.verify("a", Intent::Subscribe, "other", None), Receipt::Unknown);
        assert_eq!(desk.verify("b", Intent::Subscribe, "topic", None), Receipt::Unknown);
        assert_eq!(changed(), 0);
        assert_eq!(desk.verify("a", Intent::Subscribe, "topic", Some(60)), Receipt::Taken);
        assert_eq!((desk.judge("a", None), desk.judge("b", None)), (1, 0));
        assert_eq!(changed(), 1);
        assert_eq!(desk.deny("a", "topic", "gone"), Receipt::Taken);
        assert_eq!((changed(), desk.judge("a", None)), (1, 0));
        desk.close();
        assert_eq!(desk.verify("a", Intent::Subscribe, "topic", None), Receipt::Closed);
    }
}
