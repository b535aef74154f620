//! Pushed feeds (W3C WebSub, PubSubHubbub 0.4): subscriptions at their hubs, and what the hubs send.
//!
//! A poll finds a feed's hub; `subscriber` requests a subscription and renews it; `desk` is where the HTTP server
//! answers the hub and stores what was pushed; the dispatcher has a push read like a poll. A push changes neither the
//! validators nor the next poll. That poll finds whatever a push lost, and polls slow down only as far as `trust`
//! allows.

mod desk;
mod endpoint;
mod offer;
mod read;
mod request;
mod signature;
mod subscriber;
mod subscription;
mod trust;

pub use desk::{Desk, Receipt};
pub use endpoint::Endpoint;
pub use offer::Offer;
pub use request::{Intent, Secret};
pub(super) use subscriber::Subscriber;
pub use subscription::{Stage, Subscription};
pub(super) use trust::Polled;
pub use trust::Trust;
