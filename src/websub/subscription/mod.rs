//! One feed's subscription: what was asked of its hub, when the hub is asked again, and how far it is trusted. Plain
//! state, committed with each change, without access to a clock or the network.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tracing::warn;
use url::{ParseError, Url};

use crate::address::{Credentials, Place, without_queries, without_user_info};
use crate::websub::endpoint::Endpoint;
use crate::websub::hub_links::HubLinks;
use crate::websub::request::{HubMode, Secret, StepContext, SubscriptionPolicy};
use crate::websub::trust::{HubTrust, PollEvidence};

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
            warn!(feed, hub = self.hub(), "push without a valid signature ignored");
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
mod tests;
