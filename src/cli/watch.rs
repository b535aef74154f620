//! Checks the daemon every few seconds: notifies systemd's watchdog, and logs what needs attention.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{logs, notify};
use crate::config::duration;
use crate::health::Stats;

/// The time between two checks; shorter if systemd's watchdog requires it.
const EVERY: Duration = Duration::from_secs(5);
/// The extension of systemd's timeout that each check requests during a start or a stop, in microseconds.
const MORE_TIME_USEC: u32 = 30_000_000;

/// Checks until the daemon has `drained`; `stop` marks the beginning of the drain. Cancels `ready` when the start is over.
pub(super) async fn watch(
    stats: Arc<Stats>,
    ready: CancellationToken,
    stop: CancellationToken,
    drained: CancellationToken,
) {
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(EVERY, |watchdog| EVERY.min(watchdog / 3)).max(Duration::from_millis(50));
    let mut seen = Seen::default();
    let mut ticks = tokio::time::interval(every);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled(), if seen.phase != Phase::Stopping => {}
            () = drained.cancelled() => {}
        }
        let last = drained.is_cancelled();
        if let Some((mut states, status)) = seen.look(&stats, last || stop.is_cancelled()) {
            states.push(NotifyState::Status(&status));
            notify::send(&states);
        }
        if seen.phase == Phase::Running {
            ready.cancel();
        }
        logs::report_folded(last);
        if last {
            return;
        }
    }
}

/// What was reported already.
#[derive(Default)]
struct Seen {
    phase: Phase,
    stuck: bool,
    quiet: bool,
    /// The rules that have decided about nothing for long.
    unmatched: Vec<Arc<str>>,
}

/// The most rules that are named in one log message.
const MAX_NAMED: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Starting,
    Running,
    Stopping,
}

impl Seen {
    /// Checks once. Returns the states and the status text for systemd, or `None` if the daemon is stuck: systemd must then
    /// restart it.
    fn look(&mut self, stats: &Stats, stopping: bool) -> Option<(Vec<NotifyState<'static>>, String)> {
        let stalled = stats.liveness.stalled();
        if let Some((stage, stalled_for)) = stalled.first().filter(|_| !self.stuck) {
            let (stage, seconds) = (stage.name(), stalled_for.as_secs());
            error!(stage, seconds, "stage stalled; restart the daemon (nothing is lost) and report it");
        }
        self.stuck = !stalled.is_empty();
        let counts = stats.feeds.counts(Utc::now());
        if counts.quiet != self.quiet {
            self.quiet = counts.quiet;
            let minutes = counts.silence.as_secs() / 60;
            if counts.quiet {
                let expected = (counts.expected * 3_600.0).round();
                warn!(
                    minutes,
                    expected_an_hour = expected,
                    "no new article for longer than expected; check the network and the metric `dateline_feeds`"
                );
            } else {
                info!("new articles are arriving again");
            }
        }
        if self.phase == Phase::Running {
            self.look_at_rules(stats);
        }
        if self.stuck {
            return None;
        }
        let unready = stats.liveness.not_ready();
        let mut states = vec![NotifyState::Watchdog];
        let phase = match self.phase {
            _ if stopping => Phase::Stopping,
            Phase::Starting if unready.is_none() => Phase::Running,
            phase => phase,
        };
        if phase != self.phase {
            self.phase = phase;
            states.push(if stopping { NotifyState::Stopping } else { NotifyState::Ready });
        }
        if phase != Phase::Running {
            states.push(NotifyState::ExtendTimeoutUsec(MORE_TIME_USEC));
        }
        // The status must be one line, whatever the reason contains.
        Some((states, unready.unwrap_or_else(|| stats.line()).replace(['\n', '\r'], " ")))
    }

    /// Reports each rule once that has decided about nothing for long.
    fn look_at_rules(&mut self, stats: &Stats) {
        let (_, unmatched) = stats.rules.unmatched(Utc::now());
        let new: Vec<&Arc<str>> = unmatched.iter().filter(|name| !self.unmatched.contains(name)).collect();
        if !new.is_empty() {
            let silent_for = duration::format(stats.rules.unmatched_after());
            let (count, rules) = (new.len(), &new[..new.len().min(MAX_NAMED)]);
            warn!(count, ?rules, silent_for, "rules have not decided about any entry for long; check or remove them");
        }
        self.unmatched = unmatched;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_starts_asks_for_time_and_one_that_stops_says_so() {
        let (mut seen, stats) = (Seen::default(), Stats::default());
        let mut look = |stopping| {
            let (states, status) = seen.look(&stats, stopping).unwrap();
            (states.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), status)
        };
        let (starting, status) = look(false);
        assert_eq!(starting, "WATCHDOG=1 EXTEND_TIMEOUT_USEC=30000000");
        assert!(status.starts_with("the committed state"), "{status}");
        assert_eq!(look(true).0, "WATCHDOG=1 STOPPING=1 EXTEND_TIMEOUT_USEC=30000000");
        assert_eq!(look(true).0, "WATCHDOG=1 EXTEND_TIMEOUT_USEC=30000000", "sent once");
    }
}
