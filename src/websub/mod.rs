//! Pushed feeds (W3C WebSub, PubSubHubbub 0.4): subscriptions at their hubs, and what the hubs send.
//!
//! A poll finds a feed's hub; `subscriber` requests a subscription and renews it; `push_inbox` is where the HTTP server
//! answers the hub and stores what was pushed; the scheduler has a push read like a poll. A push changes neither the
//! validators nor the next poll. That poll finds whatever a push lost, and polls slow down only as far as `trust`
//! allows.

mod endpoint;
mod hub_links;
mod push_inbox;
mod request;
mod signature;
mod subscription;
mod trust;

pub use endpoint::Endpoint;
pub use hub_links::HubLinks;
pub use push_inbox::{PushInbox, PushResponse, PushedDocument};
pub use request::{HubMode, Secret, SubscriptionPolicy};
pub(crate) use subscription::Action;
pub use subscription::{Subscription, SubscriptionStage};
pub use trust::HubTrust;
pub(crate) use trust::PollEvidence;
