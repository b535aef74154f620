//! What a hub is asked, and on what terms.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What only the hub and the daemon know; never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new one: 244 random bits.
    pub(super) fn random() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is asked of a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To push.
    Subscribe,
    /// To push no more.
    Unsubscribe,
}

impl Intent {
    /// `hub.mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// From `hub.mode`.
    pub fn parse(mode: &str) -> Option<Self> {
        [Self::Subscribe, Self::Unsubscribe].into_iter().find(|intent| intent.name() == mode)
    }
}

/// How hubs are asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// The lease that is asked for.
    pub lease: Duration,
    /// The least and the longest pause between two requests.
    pub pause: (Duration, Duration),
}

/// When something happens, on what terms, and a number (0–1) that keeps feeds from asking their hub in step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub now: DateTime<Utc>,
    pub terms: Terms,
    pub spread: f64,
}
