//! Looks at the daemon every few seconds: tells systemd that it lives, and the log what needs someone.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::logs;
use super::notify::Notifier;
use crate::pipeline::Stats;

/// Between two looks; sooner where systemd wants to hear more often.
const EVERY: Duration = Duration::from_secs(5);
/// A start or a stop that goes on asks for so much more time.
const MORE_TIME: Duration = Duration::from_secs(30);

/// Looks until the daemon has `drained`; `stop` says that it begins to.
pub async fn watch(stats: Arc<Stats>, stop: CancellationToken, drained: CancellationToken) {
    let notifier = Notifier::from_environment();
    let watchdog = notifier.as_ref().and_then(|notifier| notifier.watchdog);
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
        let state = seen.look(&stats, last || stop.is_cancelled());
        if let (Some(notifier), Some(state)) = (&notifier, state) {
            notifier.tell(&state);
        }
        logs::tell_folded(last);
        if last {
            return;
        }
    }
}

/// What was told already.
#[derive(Default)]
struct Seen {
    phase: Phase,
    stuck: bool,
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Starting,
    Running,
    Stopping,
}

impl Seen {
    /// Looks once; gives what systemd is told. Nothing for a daemon that is stuck: it is to be started anew.
    fn look(&mut self, stats: &Stats, stopping: bool) -> Option<String> {
        let stuck = stats.vitals.stuck();
        if let Some((part, still)) = stuck.first().filter(|_| !self.stuck) {
            let seconds = still.as_secs();
            error!(
                part,
                seconds, "a part of the daemon does not move; start it anew, nothing is lost by that, and report it"
            );
        }
        self.stuck = !stuck.is_empty();
        let tally = stats.roll.tally(Utc::now());
        if tally.quiet != self.quiet {
            self.quiet = tally.quiet;
            let minutes = tally.silence.as_secs() / 60;
            if tally.quiet {
                let expected = (tally.expected * 3_600.0).round();
                warn!(
                    minutes,
                    expected_an_hour = expected,
                    "no new story for longer than the feeds' rhythms explain: look at the network, and at `dateline_feeds` by health"
                );
            } else {
                info!("new stories come again");
            }
        }
        if self.stuck {
            return None;
        }
        let unready = stats.vitals.unready();
        let mut states = vec!["WATCHDOG=1".to_owned()];
        let phase = match self.phase {
            _ if stopping => Phase::Stopping,
            Phase::Starting if unready.is_none() => Phase::Running,
            phase => phase,
        };
        if phase != self.phase {
            self.phase = phase;
            states.push(if stopping { "STOPPING=1" } else { "READY=1" }.to_owned());
        }
        if phase != Phase::Running {
            states.push(format!("EXTEND_TIMEOUT_USEC={}", MORE_TIME.as_micros()));
        }
        // One line, whatever the reason holds.
        let status = unready.unwrap_or_else(|| stats.line()).replace(['\n', '\r'], " ");
        states.push(format!("STATUS={status}"));
        Some(states.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_starts_asks_for_time_and_one_that_stops_says_so() {
        let (mut seen, stats) = (Seen::default(), Stats::default());
        let starting = seen.look(&stats, false).unwrap();
        assert!(
            starting.starts_with("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=30000000\nSTATUS=the committed state"),
            "{starting}"
        );
        let stopping = seen.look(&stats, true).unwrap();
        assert!(stopping.contains("STOPPING=1\n"), "{stopping}");
        assert!(!seen.look(&stats, true).unwrap().contains("STOPPING"), "told once");
    }
}
