//! Feeds that are pushed (W3C WebSub, PubSubHubbub 0.4): subscriptions at their hubs, and what the hubs send.
//!
//! A poll finds a feed's hub; `subscriber` asks it for a subscription and renews that; `desk` is where the HTTP end answers
//! the hub and lays down what was pushed; the dispatcher has it read like a poll. A push changes neither validators nor the
//! next poll: what is lost of it is found by that poll, and polls are slowed only as far as `trust` goes.

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
