//! The life of a subscription: renewed, verified, denied, moved to another hub.

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
        "its lease is over, so that no hub need be asked"
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
