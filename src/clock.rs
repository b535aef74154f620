//! The time: from the system's clock or, in tests, from a clock that jumps to the next event.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How long the jumping clock waits while work is in progress, to avoid spinning.
const RECHECK: Duration = Duration::from_millis(1);

/// Tells the time and waits for a time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// Stops while work is done, and jumps to the next awaited instant when all are idle: days of polling take
    /// seconds, and every request still has its exact time.
    Jumping(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// Returns a jumping clock set to this time.
    pub fn jumping(start: DateTime<Utc>) -> Self {
        Self::Jumping(Arc::new(Mutex::new(start)))
    }

    /// Returns the current time (UTC).
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Jumping(time) => *time.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Waits until the given time, but at most for `most`. A jumping clock jumps there if the caller is `idle`.
    pub async fn wait(&self, until: DateTime<Utc>, most: Duration, idle: bool) {
        match self {
            Self::System => {
                let left = (until - Utc::now()).to_std().unwrap_or_default();
                tokio::time::sleep(left.min(most)).await;
            }
            Self::Jumping(_) if !idle => tokio::time::sleep(RECHECK).await,
            Self::Jumping(time) => {
                let mut time = time.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let most = TimeDelta::from_std(most).unwrap_or(TimeDelta::MAX);
                *time = (*time).max(until.min(*time + most));
            }
        }
    }
}
