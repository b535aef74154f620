//! Verifies the state in the background, once after each start and then every day.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::journal::disk::{CommittedState, SCRUB_PAUSE, ScrubPlace, scrub};

/// The pause after all rows were verified.
const EVERY: Duration = Duration::from_secs(86_400);

/// The thread that verifies the state; it ends when this is dropped.
pub(super) struct Scrubber {
    _stop: Sender<()>,
}

impl Scrubber {
    pub(super) fn start(state: Arc<CommittedState>) -> Self {
        let (stop, stopped) = channel::<()>();
        let work = move || {
            let mut place = ScrubPlace::default();
            let mut pause = SCRUB_PAUSE;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                (place, pause) = match scrub(&state, place) {
                    Ok(Some(next)) => (next, SCRUB_PAUSE),
                    Ok(None) => (ScrubPlace::default(), EVERY),
                    Err(error) => {
                        tracing::error!(
                            error = format!("{:#}", crate::journal::Reason::new("verifying the state failed", error)),
                            "the store is damaged; restore it from a backup"
                        );
                        (ScrubPlace::default(), EVERY)
                    }
                };
            }
        };
        // Without the thread, rows are still verified when they are read.
        if let Err(error) = std::thread::Builder::new().name("state-scrub".into()).spawn(work) {
            tracing::warn!(%error, "cannot start the thread that verifies the state");
        }
        Self { _stop: stop }
    }
}
