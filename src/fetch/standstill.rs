//! Notices that the process stood still (SIGSTOP, a machine without time for it), so that it sends no requests in the belief
//! that it still owns what others have taken over meanwhile.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Watches for standstills. The default one never finds any.
#[derive(Debug, Default)]
pub struct Standstill(Option<Watch>);

#[derive(Debug)]
struct Watch {
    /// How long nothing may happen before it counts as a standstill.
    limit: Duration,
    /// How long nothing is sent after a standstill.
    pause: Duration,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// When the process was last known to run.
    alive: Instant,
    /// When the pause after the last standstill ends.
    over: Instant,
}

impl Standstill {
    /// Creates one that takes a silence longer than `limit` for a standstill, and lets `pause` pass after it. Who creates it
    /// also has [`Self::watch`] run.
    pub fn new(limit: Duration, pause: Duration) -> Self {
        let now = Instant::now();
        Self(Some(Watch { limit, pause, seen: Mutex::new(Seen { alive: now, over: now }) }))
    }

    /// Looks at the time until it is dropped, so that a process with nothing to do does not seem to have stopped.
    pub async fn watch(&self) {
        let Some(watch) = &self.0 else { return };
        loop {
            watch.look();
            tokio::time::sleep(watch.limit / 8).await;
        }
    }

    /// Waits until the pause after a standstill is over, if there was one.
    pub(super) async fn over(&self) {
        let Some(watch) = &self.0 else { return };
        loop {
            let over = watch.look();
            if over <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(over).await;
        }
    }
}

impl Watch {
    /// Notes that the process runs. Returns when the pause after the last standstill ends.
    fn look(&self) -> Instant {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let silence = now.duration_since(seen.alive);
        if silence > self.limit {
            seen.over = now + self.pause;
            tracing::warn!(
                silence = silence.as_secs_f64(),
                pause = self.pause.as_secs_f64(),
                "process stood still for many seconds; sending no requests until the group has had time to say what it lost"
            );
        }
        seen.alive = now;
        seen.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(8);
    const PAUSE: Duration = Duration::from_secs(2);

    /// Returns how long a request waits.
    async fn wait_of(standstill: &Standstill) -> Duration {
        let begun = Instant::now();
        standstill.over().await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_for_a_while_after_a_standstill() {
        let standstill = Standstill::new(LIMIT, PAUSE);
        assert_eq!(wait_of(&standstill).await, Duration::ZERO);
        tokio::time::advance(LIMIT).await;
        assert_eq!(wait_of(&standstill).await, Duration::ZERO, "not longer than the limit");
        tokio::time::advance(LIMIT + Duration::from_millis(1)).await;
        assert!(wait_of(&standstill).await >= PAUSE);
        assert_eq!(wait_of(&standstill).await, Duration::ZERO);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(wait_of(&Standstill::default()).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_process_has_not_stopped() {
        let standstill = Standstill::new(LIMIT, PAUSE);
        let watched = tokio::time::timeout(10 * LIMIT, standstill.watch()).await;
        assert!(watched.is_err(), "it watches until it is dropped");
        assert_eq!(wait_of(&standstill).await, Duration::ZERO);
    }
}
