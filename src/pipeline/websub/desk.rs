//! Where the HTTP end and the pipeline meet: the subscriptions as they stand, and what was pushed and waits to be read.
//!
//! The HTTP end answers hubs at once and from here; what that changes is committed by the subscriber. Nothing here is
//! waited for but the lock.

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

/// Pushes of one feed that wait, and of all; and how many bytes they may have.
const WAITING_PER_FEED: usize = 4;
const WAITING: usize = 256;
const WAITING_BYTES: usize = 64 << 20;
/// Signature headers that are looked at.
const MAX_SIGNATURES: usize = 4;

/// A document that a hub pushed.
#[derive(Debug)]
pub struct Delivery {
    /// The feed's id.
    pub feed: String,
    /// As sent.
    pub body: Vec<u8>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// When it came (UTC).
    pub at: DateTime<Utc>,
}

/// What becomes of what a hub sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It waits to be read, or is answered as the hub expects.
    Taken,
    /// It is not the hub's, or empty; nobody is told.
    Ignored,
    /// Too much waits already: the hub is to send it again.
    Full,
    /// There is no such subscription.
    Unknown,
    /// The daemon is starting or stopping: the hub is to send it again.
    Closed,
}

/// Subscriptions and what was pushed.
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
    /// The feeds whose subscription is not committed as it stands.
    changed: BTreeSet<String>,
    waiting: VecDeque<Delivery>,
    bytes: usize,
}

impl Inner {
    fn moment(&self, feed: &str) -> Moment {
        let now = self.clock.now();
        Moment { now, terms: self.terms, spread: schedule::unit(feed, now) }
    }

    /// Changes a subscription; the change is to be committed.
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

/// What the HTTP end asks.
impl Desk {
    /// Whether something pushed for this feed would be looked at.
    pub fn expects(&self, feed: &str) -> Receipt {
        let inner = self.inner();
        match inner.open {
            None => Receipt::Closed,
            Some(_) if inner.subscriptions.contains_key(feed) => Receipt::Taken,
            Some(_) => Receipt::Unknown,
        }
    }

    /// A hub asks whether a request was ours. [`Receipt::Taken`]: it was.
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

    /// A hub denies a subscription.
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

    /// Something was sent for a feed. Only what its hub has signed is laid down to be read.
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
            // Not worth a commit: whoever sends such things may send many.
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

/// What the pipeline asks.
impl Desk {
    /// Opens it with the committed subscriptions. What still waits was pushed, and stays.
    pub(super) fn open(&self, subscriptions: HashMap<String, Subscription>, clock: Clock, terms: Terms) {
        let mut inner = self.inner();
        inner.open = Some(clock.now());
        (inner.subscriptions, inner.clock, inner.terms) = (subscriptions, clock, terms);
        inner.changed.clear();
    }

    /// Answers no hub until it is opened again.
    pub(in crate::pipeline) fn close(&self) {
        self.inner().open = None;
    }

    /// Waits until a hub said something.
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

    /// Drops what waits for feeds that are not read any more.
    pub(in crate::pipeline) fn keep(&self, is_read: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.waiting.retain(|waiting| is_read(&waiting.feed));
        inner.bytes = inner.waiting.iter().map(|waiting| waiting.body.len()).sum();
    }

    /// Judges the feed's hub by a poll, and says how often the pause before the next one is doubled.
    pub(in crate::pipeline) fn judge(&self, feed: &str, polled: Option<&Polled>) -> u32 {
        let mut inner = self.inner();
        let Some(open) = inner.open else { return 0 };
        // What is being pushed is not missed.
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

    /// The subscriptions that are to be committed, as they stand. One that is over is forgotten, or makes place for the
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

    /// A subscription as it stands.
    pub(super) fn get(&self, feed: &str) -> Option<Subscription> {
        self.inner().subscriptions.get(feed).cloned()
    }

    /// Changes a subscription.
    pub(super) fn change<T>(&self, feed: &str, change: impl FnOnce(&mut Subscription, &Moment) -> T) -> Option<T> {
        self.inner().change(feed, change)
    }

    /// Takes up a feed's first subscription.
    pub(super) fn set(&self, feed: &str, subscription: Subscription) {
        let mut inner = self.inner();
        inner.subscriptions.insert(feed.to_owned(), subscription);
        inner.changed.insert(feed.to_owned());
    }

    /// Takes a subscription up that is committed as it stands. Whether it was not there.
    pub(super) fn adopt(&self, feed: &str, subscription: &Subscription) -> bool {
        let mut inner = self.inner();
        let is_new = !inner.subscriptions.contains_key(feed);
        if is_new {
            inner.subscriptions.insert(feed.to_owned(), subscription.clone());
        }
        is_new
    }

    /// Drops subscriptions that others go on with, as they are committed.
    pub(super) fn forget(&self, is_kept: impl Fn(&str) -> bool) {
        let mut inner = self.inner();
        inner.subscriptions.retain(|feed, _| is_kept(feed));
        inner.changed.retain(|feed| is_kept(feed));
    }

    /// Whether the feed is to name its hub and topic again, so that the hub can be asked.
    pub(in crate::pipeline) fn lacks_queries(&self, feed: &str) -> bool {
        self.inner().subscriptions.get(feed).is_some_and(Subscription::lacks_queries)
    }

    /// The feeds that have a subscription.
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

    /// A desk with a feed `a` whose hub was asked; also its secret.
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
