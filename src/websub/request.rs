//! Requests to hubs, and their terms.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The secret shared by the hub and the daemon; never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns a new secret: 244 random bits.
    pub(crate) fn random() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a hub is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubMode {
    /// To push.
    Subscribe,
    /// To stop pushing.
    Unsubscribe,
}

impl HubMode {
    /// Returns the value of `hub.mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// Parses `hub.mode`.
    pub fn parse(mode: &str) -> Option<Self> {
        [Self::Subscribe, Self::Unsubscribe].into_iter().find(|intent| intent.name() == mode)
    }
}

/// The terms of requests to hubs.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubscriptionPolicy {
    /// The lease to request.
    pub lease: Duration,
    /// The shortest and the longest pause between two requests.
    pub pause: (Duration, Duration),
}

/// The time and the terms of a step, and a number (0–1) that keeps feeds from asking their hub in step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepContext {
    pub now: DateTime<Utc>,
    pub policy: SubscriptionPolicy,
    pub spread: f64,
}
