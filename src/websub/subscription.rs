//! One feed's subscription: what was asked of its hub, when the hub is asked again, and how far it is trusted. Plain
//! state, committed with each change, without access to a clock or the network.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tracing::warn;
use url::{ParseError, Url};

use super::endpoint::Endpoint;
use super::hub_links::HubLinks;
use super::request::{HubMode, Secret, StepContext, SubscriptionPolicy};
use super::trust::{HubTrust, PollEvidence};
use crate::address::{Credentials, Place, without_queries, without_user_info};

/// A hub that has not verified a request within this time counts as failed.
const ANSWER_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// The longest lease that is accepted.
const LONGEST_LEASE: Duration = Duration::from_secs(365 * 86_400);
/// A subscription is renewed after this share of its lease plus up to [`SPREAD`].
const RENEWED_AFTER: f64 = 0.7;
const SPREAD: f64 = 0.2;
/// The shortest time between two changes of hub, because some feeds name one today and another tomorrow.
const CALM: TimeDelta = TimeDelta::days(1);
/// The most characters kept of a hub's reason.
const MAX_REASON: usize = 200;

/// The stage of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStage {
    /// No request is open: the hub is asked when it is due, for the first time, again, or to renew.
    Rest,
    /// The hub was asked to subscribe and has not verified it.
    Asked,
    /// The subscription must end; the hub does not know yet.
    Leaving,
    /// The hub was asked to end it and has not verified that.
    Left,
    /// It has ended and can be forgotten.
    Over,
}

/// What must be done for a subscription now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Wait,
    /// Ask its hub.
    Ask(HubMode),
    /// Forget it.
    Forget,
}

/// A feed's subscription at its hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The hubs in the feed's order; the first is asked.
    pub hubs: Vec<Endpoint>,
    /// The URL under which the hub knows the feed.
    pub topic: Endpoint,
    /// Whether the queries of both are kept only in memory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Whether it was read from the state, which has no queries of a private feed.
    #[serde(skip_serializing, default = "yes")]
    pub restored: bool,
    /// The URL to which the hub pushes updates.
    pub callback: String,
    /// The secret that signs what the hub sends.
    pub secret: Secret,
    /// When the subscription was made (UTC).
    pub made: DateTime<Utc>,
    /// Its stage.
    pub stage: SubscriptionStage,
    /// When the hub is asked next, or when the wait for its verification ends (UTC).
    pub due: DateTime<Utc>,
    /// While the hub pushes: the start and the end of the lease (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Failed requests in a row.
    #[serde(default)]
    pub failures: u32,
    /// Why the last request failed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When something was last pushed (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<DateTime<Utc>>,
    /// Pushes since then that the hub did not sign.
    #[serde(default)]
    pub unsigned: u32,
    /// How far the hub is trusted.
    #[serde(default)]
    pub trust: HubTrust,
    /// The offer to subscribe to when this subscription is over.
    #[serde(default, rename = "then", skip_serializing_if = "Option::is_none")]
    pub next: Option<HubLinks>,
}

impl Subscription {
    /// Returns a subscription for which the hub must be asked now.
    pub(crate) fn new(offer: HubLinks, callback: String, now: DateTime<Utc>) -> Self {
        Self {
            hubs: offer.hubs,
            topic: offer.topic,
            private: offer.private,
            restored: false,
            callback,
            secret: Secret::random(),
            made: now,
            stage: SubscriptionStage::Rest,
            due: now,
            lease: None,
            failures: 0,
            error: None,
            pushed: None,
            unsigned: 0,
            trust: HubTrust::default(),
            next: None,
        }
    }

    /// Returns the hub that is asked.
    pub fn hub(&self) -> &str {
        self.hubs.first().map_or("", Endpoint::told)
    }

    /// Returns the URL by which the hub is asked. It must not be shown.
    pub(crate) fn hub_place(&self) -> Result<Place, ParseError> {
        let hub = self.hubs.first().map(Endpoint::whole).unwrap_or_default();
        let (told, credentials) = Credentials::split(Url::parse(&hub)?, self.private);
        Place::of_feed(&credentials, told.as_str(), told.as_str())
    }

    /// Returns whether the hub cannot be asked before the feed has named hub and topic again.
    pub fn lacks_queries(&self) -> bool {
        self.private && self.restored
    }

    /// Keeps the queries only in memory from now on.
    pub fn make_private(&mut self) {
        (self.private, self.restored) = (true, false);
        for endpoint in self.hubs.iter_mut().chain([&mut self.topic]) {
            *endpoint = Endpoint::new(&endpoint.whole(), true);
        }
        (self.next, self.error) = (None, None);
    }

    fn is_topic(&self, topic: &str) -> bool {
        if self.lacks_queries() { Endpoint::new(topic, true).is_like(&self.topic) } else { self.topic.whole() == topic }
    }

    /// Returns whether its hub pushes, as far as is known.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.lease.is_some_and(|(_, until)| until > now)
    }

    /// Returns whether it is meant to last.
    pub fn is_wanted(&self) -> bool {
        matches!(self.stage, SubscriptionStage::Rest | SubscriptionStage::Asked)
    }

    /// Returns how often the pause before the feed's next poll is doubled because its hub pushes.
    pub fn doublings(&self, now: DateTime<Utc>) -> u32 {
        if self.is_wanted() && self.is_active(now) { self.trust.doublings(now) } else { 0 }
    }

    /// Moves on to what is due.
    pub(crate) fn step(&mut self, moment: &StepContext) -> Action {
        let now = moment.now;
        if self.lease.is_some_and(|(_, until)| until <= now) {
            self.lease = None;
        }
        match self.stage {
            SubscriptionStage::Over => Action::Forget,
            _ if self.due > now => Action::Wait,
            // Its lease ends by itself.
            SubscriptionStage::Leaving if self.lacks_queries() => {
                self.stage = SubscriptionStage::Over;
                Action::Forget
            }
            SubscriptionStage::Rest if self.lacks_queries() => {
                self.due = now + moment.policy.pause.1;
                Action::Wait
            }
            SubscriptionStage::Rest => {
                (self.stage, self.due) = (SubscriptionStage::Asked, now + ANSWER_WITHIN);
                Action::Ask(HubMode::Subscribe)
            }
            SubscriptionStage::Asked => {
                let reason = format!("it did not verify the request within {} minutes", ANSWER_WITHIN.num_minutes());
                self.failed(&reason, moment.policy.pause.0, None, moment);
                Action::Wait
            }
            SubscriptionStage::Leaving => {
                (self.stage, self.due) = (SubscriptionStage::Left, now + ANSWER_WITHIN);
                Action::Ask(HubMode::Unsubscribe)
            }
            // The hub was asked to end it; its lease ends by itself.
            SubscriptionStage::Left => {
                self.stage = SubscriptionStage::Over;
                Action::Forget
            }
        }
    }

    /// Returns when there is next something to do.
    pub(crate) fn wakes(&self) -> DateTime<Utc> {
        self.lease.map_or(self.due, |(_, until)| until.min(self.due))
    }

    /// Returns the form that the hub is sent.
    pub(crate) fn form(&self, intent: HubMode, terms: &SubscriptionPolicy) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("hub.callback", self.callback.clone()),
            ("hub.mode", intent.name().to_owned()),
            ("hub.topic", self.topic.whole()),
        ];
        if intent == HubMode::Subscribe {
            form.push(("hub.lease_seconds", terms.lease.as_secs().to_string()));
            form.push(("hub.secret", self.secret.reveal().to_owned()));
        }
        form
    }

    /// Verifies the open request if the hub's question is about it; returns whether it is.
    pub(crate) fn verify(
        &mut self,
        intent: HubMode,
        topic: &str,
        lease: Option<Duration>,
        moment: &StepContext,
    ) -> bool {
        let StepContext { now, policy: terms, spread } = *moment;
        match (self.stage, intent) {
            _ if !self.is_topic(topic) => return false,
            (SubscriptionStage::Asked, HubMode::Subscribe) => {
                let lease = lease.unwrap_or(terms.lease).clamp(Duration::from_secs(1), LONGEST_LEASE);
                let since = self.lease.filter(|(_, until)| *until > now).map_or(now, |(since, _)| since);
                self.lease = Some((since, now + lease));
                self.due = now + lease.mul_f64(RENEWED_AFTER + SPREAD * spread).max(terms.pause.0);
                (self.stage, self.failures, self.error) = (SubscriptionStage::Rest, 0, None);
            }
            (SubscriptionStage::Left, HubMode::Unsubscribe) => self.stage = SubscriptionStage::Over,
            _ => return false,
        }
        true
    }

    /// Handles a denial, before or after verification. Returns false if it concerns another topic.
    pub(crate) fn denied(&mut self, topic: &str, reason: &str, moment: &StepContext) -> bool {
        if !self.is_topic(topic) {
            return false;
        }
        self.lease = None;
        if self.is_wanted() {
            let reason =
                format!("it denies the subscription: {}", if reason.is_empty() { "no reason" } else { reason });
            self.failed(&reason, moment.policy.pause.1, None, moment);
        } else {
            self.stage = SubscriptionStage::Over;
        }
        true
    }

    /// Handles a failed request: its hub, or another that the feed names, is asked after a pause that doubles from
    /// `first`.
    pub(crate) fn failed(&mut self, reason: &str, first: Duration, asked: Option<Duration>, moment: &StepContext) {
        if !self.is_wanted() {
            self.stage = SubscriptionStage::Over;
            return;
        }
        let (least, most) = moment.policy.pause;
        let pause = first.saturating_mul(1 << self.failures.min(16)).clamp(least, most);
        let pause = pause.max(asked.unwrap_or_default().min(LONGEST_LEASE));
        (self.stage, self.due) = (SubscriptionStage::Rest, moment.now + pause.mul_f64(1.0 + SPREAD * moment.spread));
        self.failures = self.failures.saturating_add(1);
        let reason = if self.private { without_queries(reason) } else { reason.to_owned() };
        let words = without_user_info(&reason).chars().filter(|c| !c.is_control()).take(MAX_REASON).collect::<String>();
        self.error = Some(format!("{}: {words}", self.hub()));
        if self.hubs.len() > 1 {
            self.hubs.rotate_left(1);
        }
    }

    /// Ends it; `then` is subscribed to afterwards.
    pub(crate) fn leave(&mut self, then: Option<HubLinks>, now: DateTime<Utc>) {
        self.next = then;
        if self.is_wanted() {
            let told = self.is_active(now) || self.stage == SubscriptionStage::Asked;
            (self.stage, self.due) = (if told { SubscriptionStage::Leaving } else { SubscriptionStage::Over }, now);
        }
    }

    /// Applies what the feed offers now. An offer without hubs ends the subscription.
    pub(crate) fn offered(&mut self, offer: HubLinks, now: DateTime<Utc>) {
        if !self.is_wanted() {
            self.next = Some(offer).filter(|offer| !offer.hubs.is_empty());
        } else if let Some(at) = self.place_in(&offer) {
            let mut hubs = offer.hubs;
            hubs[..=at].rotate_right(1);
            if self.lacks_queries() && offer.private {
                (self.topic, self.restored) = (offer.topic, false);
                if self.stage == SubscriptionStage::Rest {
                    self.due = now;
                }
            }
            self.hubs = hubs;
        } else if !self.is_active(now) || now - self.made >= CALM {
            self.leave(Some(offer).filter(|offer| !offer.hubs.is_empty()), now);
        }
    }

    /// Returns the position of the asked hub in an offer of the same topic.
    fn place_in(&self, offer: &HubLinks) -> Option<usize> {
        let lacks = self.lacks_queries();
        let is = |own: &Endpoint, other: &Endpoint| if lacks { own.is_like(other) } else { own == other };
        let hub = self.hubs.first().filter(|_| is(&self.topic, &offer.topic))?;
        offer.hubs.iter().position(|other| is(hub, other))
    }

    /// Notes a push that the hub signed.
    pub(crate) fn was_pushed(&mut self, now: DateTime<Utc>) {
        (self.pushed, self.unsigned) = (Some(now), 0);
        self.trust.pushed();
    }

    /// Notes a push that the hub did not sign.
    pub(crate) fn was_unsigned(&mut self, feed: &str) {
        if self.unsigned == 0 {
            warn!(feed, hub = self.hub(), "something was sent that the hub did not sign; it is ignored");
        }
        self.unsigned = self.unsigned.saturating_add(1);
    }

    /// Judges the hub by a poll of the feed; pushes could be taken since `open`. A hub that missed something is asked
    /// again.
    pub(crate) fn judge(&mut self, poll: &PollEvidence, open: DateTime<Utc>) -> bool {
        let Some((since, _)) = self.lease.filter(|_| self.is_wanted()) else { return false };
        let missed = self.trust.judge(poll, since.max(open), self.pushed);
        if missed && self.stage == SubscriptionStage::Rest {
            self.due = self.due.min(poll.at);
        }
        missed
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const TERMS: SubscriptionPolicy = SubscriptionPolicy {
        lease: Duration::from_secs(10 * 86_400),
        pause: (Duration::from_secs(60), Duration::from_secs(86_400)),
    };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000 + minute * 60, 0).unwrap()
    }

    fn offer(hubs: &[&str], topic: &str) -> HubLinks {
        let hubs = hubs.iter().map(|hub| Endpoint::new(hub, false)).collect();
        HubLinks { hubs, topic: Endpoint::new(topic, false), private: false }
    }

    fn moment(minute: i64) -> StepContext {
        StepContext { now: at(minute), policy: TERMS, spread: 0.5 }
    }

    fn asked() -> Subscription {
        let mut asked = Subscription::new(offer(&["hub", "spare"], "topic"), "callback".into(), at(0));
        assert_eq!(asked.step(&moment(0)), Action::Ask(HubMode::Subscribe));
        asked
    }

    fn active() -> Subscription {
        let mut active = asked();
        assert!(active.verify(HubMode::Subscribe, "topic", Some(HOUR), &moment(1)));
        active
    }

    #[test]
    fn a_lease_is_renewed_before_it_ends() {
        let mut held = active();
        assert_eq!((held.is_active(at(60)), held.is_active(at(61))), (true, false));
        assert_eq!(held.due, at(1) + HOUR.mul_f64(0.8));
        assert_eq!(held.step(&moment(48)), Action::Wait);
        assert_eq!(held.step(&moment(49)), Action::Ask(HubMode::Subscribe));
        assert!(held.is_active(at(50)), "it goes on while it is renewed");
        assert!(held.verify(HubMode::Subscribe, "topic", None, &moment(50)));
        assert_eq!(held.lease, Some((at(1), at(50) + TERMS.lease)));
        // A lease of zero, and one that is too long.
        for (lease, seconds, pause) in [(0, 1, 60), (u64::MAX, LONGEST_LEASE.as_secs(), 25_228_800)] {
            let mut odd = asked();
            odd.verify(HubMode::Subscribe, "topic", Some(Duration::from_secs(lease)), &moment(0));
            assert_eq!((odd.lease.unwrap().1 - at(0)).num_seconds(), i64::try_from(seconds).unwrap());
            assert!(((odd.due - at(0)).num_seconds() - pause).abs() <= 1);
        }
    }

    #[test]
    fn only_what_is_under_way_is_verified() {
        let verify = |mut of: Subscription, intent, topic| of.verify(intent, topic, None, &moment(2));
        assert!(verify(asked(), HubMode::Subscribe, "topic"));
        assert!(!verify(asked(), HubMode::Subscribe, "topic/"));
        assert!(!verify(asked(), HubMode::Unsubscribe, "topic"));
        assert!(!verify(active(), HubMode::Subscribe, "topic"), "nothing is under way");
        let mut left = active();
        left.leave(None, at(2));
        assert!(!verify(left.clone(), HubMode::Unsubscribe, "topic"), "the hub was not asked yet");
        assert_eq!(left.step(&moment(2)), Action::Ask(HubMode::Unsubscribe));
        assert!(!verify(left.clone(), HubMode::Subscribe, "topic"));
        assert!(left.verify(HubMode::Unsubscribe, "topic", None, &moment(2)));
        assert_eq!(left.step(&moment(2)), Action::Forget);
    }

    #[test]
    fn failures_back_off_and_go_round_the_hubs() {
        let mut failing = asked();
        let mut pauses = Vec::new();
        for (n, hub) in ["spare", "hub", "spare", "hub"].into_iter().enumerate() {
            let now = failing.due;
            failing.stage = SubscriptionStage::Asked;
            failing.failed("no\nanswer", TERMS.pause.0, None, &StepContext { now, policy: TERMS, spread: 0.0 });
            assert_eq!((failing.hub(), failing.failures), (hub, n as u32 + 1));
            pauses.push((failing.due - now).num_minutes());
        }
        assert_eq!(pauses, [1, 2, 4, 8]);
        assert_eq!(failing.error.as_deref(), Some("spare: noanswer"));
        failing.failures = u32::MAX;
        failing.failed("away", HOUR, Some(HOUR * 48), &moment(0));
        assert_eq!(failing.due, at(0) + (HOUR * 48).mul_f64(1.1), "the hub's own wish goes before");
        // The hub does not verify the request.
        let mut waiting = asked();
        assert_eq!(waiting.step(&moment(9)), Action::Wait);
        assert_eq!(waiting.step(&moment(10)), Action::Wait);
        assert_eq!((waiting.stage, waiting.due), (SubscriptionStage::Rest, at(10) + TimeDelta::seconds(66)));
    }

    #[test]
    fn a_hub_that_denies_is_left_alone_for_a_day() {
        let mut denied = active();
        assert!(!denied.denied("other", "", &moment(5)));
        assert_eq!(denied.doublings(at(5)), 1);
        assert!(denied.denied("topic", "not you", &moment(5)));
        assert_eq!((denied.doublings(at(5)), denied.due), (0, at(5) + TERMS.pause.1.mul_f64(1.1)));
        assert_eq!(denied.error.as_deref(), Some("hub: it denies the subscription: not you"));
    }

    #[test]
    fn an_end_of_lease_is_noticed() {
        let mut lapsing = active();
        lapsing.due = at(500); // renewal failed, and is retried later
        assert_eq!(lapsing.wakes(), at(61));
        assert_eq!(lapsing.step(&moment(61)), Action::Wait);
        assert_eq!((lapsing.lease, lapsing.wakes(), lapsing.doublings(at(61))), (None, at(500), 0));
    }

    #[test]
    fn a_feed_is_followed_to_another_hub_but_not_to_and_fro() {
        let mut same = active();
        same.offered(offer(&["new", "hub"], "topic"), at(9_000));
        assert_eq!((format!("{:?}", same.hubs), same.stage), ("[\"hub\", \"new\"]".into(), SubscriptionStage::Rest));
        let elsewhere = offer(&["new"], "topic");
        let mut calm = active();
        calm.offered(elsewhere.clone(), at(30));
        assert_eq!(calm.stage, SubscriptionStage::Rest);
        let mut follows = active();
        follows.lease = Some((at(1), at(9_999)));
        follows.offered(elsewhere.clone(), at(1_440));
        assert_eq!((follows.stage, follows.next.clone()), (SubscriptionStage::Leaving, Some(elsewhere.clone())));
        let mut none = active();
        none.offered(offer(&[], "topic"), at(1_440));
        assert_eq!(
            (none.stage, none.next),
            (SubscriptionStage::Over, None),
            "its lease is over, so that no hub need be told"
        );
        let mut fresh = Subscription::new(offer(&["hub"], "topic"), "callback".into(), at(0));
        fresh.offered(elsewhere, at(1));
        assert_eq!(fresh.stage, SubscriptionStage::Over);
    }

    #[test]
    fn what_was_missed_has_the_hub_asked_again() {
        let mut missing = active();
        let poll = |minute, fresh| PollEvidence { before: Some(at(minute - 10)), at: at(minute), fresh };
        assert!(!missing.judge(&poll(5, true), at(0)), "it may have come before the subscription");
        assert!(!missing.judge(&poll(20, true), at(0)));
        assert_eq!((missing.doublings(at(20)), missing.due > at(20)), (0, true));
        assert!(missing.judge(&poll(30, false), at(0)));
        assert_eq!((missing.doublings(at(30)), missing.due), (0, at(30)));
    }

    #[test]
    fn the_secret_is_kept_and_never_shown() {
        let kept = active();
        assert!(!format!("{kept:?}").contains(kept.secret.reveal()));
        assert_eq!((kept.secret.reveal().len(), kept.secret == active().secret), (64, false));
        let text = serde_json::to_string(&kept).unwrap();
        let read = serde_json::from_str::<Subscription>(&text).unwrap();
        assert_eq!(read, Subscription { restored: true, ..kept });
    }

    #[test]
    fn the_queries_of_a_private_feed_are_not_remembered_and_learned_again() {
        let offer = HubLinks {
            hubs: vec![Endpoint::new("https://me:pw@hub.example/?key=s3cret", true)],
            topic: Endpoint::new("https://a.example/feed?token=s3cret", true),
            private: true,
        };
        let mut of = Subscription::new(offer.clone(), "callback".into(), at(0));
        assert_eq!(of.step(&moment(0)), Action::Ask(HubMode::Subscribe));
        let asked = format!("{:?}", of.form(HubMode::Subscribe, &TERMS));
        assert!(asked.contains("https://a.example/feed?token=s3cret"), "{asked}");
        assert_eq!(of.hub_place().unwrap().url().as_str(), "https://hub.example/?key=s3cret");
        assert!(of.verify(HubMode::Subscribe, "https://a.example/feed?token=s3cret", Some(HOUR), &moment(1)));
        of.failed("no answer from https://hub.example/?key=s3cret", HOUR, None, &moment(2));
        let text = serde_json::to_string(&of).unwrap() + &format!("{of:?}");
        assert!(!text.contains("s3cret") && !text.contains("pw@"), "{text}");
        let mut read: Subscription = serde_json::from_str(&serde_json::to_string(&of).unwrap()).unwrap();
        assert!(read.is_active(at(3)) && read.lacks_queries());
        read.due = at(40);
        assert_eq!(read.step(&moment(40)), Action::Wait, "the hub cannot be asked yet");
        read.offered(offer, at(41));
        assert_eq!(read.step(&moment(41)), Action::Ask(HubMode::Subscribe));
        assert!(format!("{:?}", read.form(HubMode::Subscribe, &TERMS)).contains("token=s3cret"));
        assert!(!read.verify(HubMode::Subscribe, "https://a.example/feed?token=other", None, &moment(42)));
    }
}
