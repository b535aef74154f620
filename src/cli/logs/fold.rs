//! Folds repeated log lines. In each minute it writes the first line of one feed, and the first twenty of a message about many
//! feeds. When the minute is over, it logs the number of lines left out. Audit lines are all written.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, error, info, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::serve::AUDIT;

/// The window in which lines are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// The lines written in that window: for one feed, and for one message over all feeds.
const PER_FEED: u32 = 1;
const PER_MESSAGE: u32 = 20;
/// The maximum number of lines remembered. Beyond it, new lines are not folded.
const MAX_LINES: usize = 4_096;
/// The target of the lines that report the counts; these lines are never folded.
const TARGET: &str = "dateline::folded";

/// Writes a log line or counts it as folded.
pub(super) struct Fold;

/// The lines of the last minute, for the whole process, which has one log.
static LINES: LazyLock<Mutex<Lines>> = LazyLock::new(Mutex::default);

fn lines() -> MutexGuard<'static, Lines> {
    LINES.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<S: Subscriber> Layer<S> for Fold {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let about = event.metadata();
        if *about.level() > Level::INFO || matches!(about.target(), TARGET | AUDIT) {
            return true;
        }
        let mut line_event = LineEvent::default();
        event.record(&mut line_event);
        lines().passes(*about.level(), about.target(), &line_event, Instant::now())
    }
}

/// Logs the number of lines left out, for each line whose minute is over; for all lines if this is the `last` call.
pub(crate) fn report_folded(last: bool) {
    let folded = lines().over(Instant::now(), last);
    for (level, message, times) in folded {
        match level {
            Level::ERROR => error!(target: TARGET, "… {times} more times: {message}"),
            Level::WARN => warn!(target: TARGET, "… {times} more times: {message}"),
            _ => info!(target: TARGET, "… {times} more times: {message}"),
        }
    }
}

/// The message and the feed of a log line.
#[derive(Default)]
struct LineEvent {
    message: String,
    feed: Option<String>,
}

impl Visit for LineEvent {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "feed" => self.feed = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => {
                let _ = write!(self.message, "{value:?}");
            }
            "feed" => self.feed = Some(format!("{value:?}")),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Lines {
    lines: HashMap<String, Line>,
}

struct Line {
    level: Level,
    message: String,
    since: Instant,
    written: u32,
    folded: u64,
}

impl Lines {
    fn passes(&mut self, level: Level, target: &str, line_event: &LineEvent, now: Instant) -> bool {
        let all = format!("{level} {target} {}", line_event.message);
        let Some(feed) = &line_event.feed else { return self.counts(&all, PER_FEED, level, &line_event.message, now) };
        // A folded line of one feed is reported with that feed's name, so it is not counted again for all feeds.
        let one = format!("{all} {feed}");
        let message = format!("{} ({feed})", line_event.message);
        self.counts(&one, PER_FEED, level, &message, now)
            && self.counts(&all, PER_MESSAGE, level, &line_event.message, now)
    }

    /// Counts a line. Returns whether it is among the first `most` of its minute.
    fn counts(&mut self, key: &str, most: u32, level: Level, message: &str, now: Instant) -> bool {
        if self.lines.len() >= MAX_LINES && !self.lines.contains_key(key) {
            self.lines.retain(|_, line| line.folded > 0 || now - line.since < WINDOW);
            if self.lines.len() >= MAX_LINES {
                return true;
            }
        }
        let fresh = || Line { level, message: message.to_owned(), since: now, written: 0, folded: 0 };
        let line = self.lines.entry(key.to_owned()).or_insert_with(fresh);
        if line.folded == 0 && now - line.since >= WINDOW {
            *line = fresh();
        }
        if line.written < most {
            line.written += 1;
            return true;
        }
        line.folded += 1;
        false
    }

    /// Removes the lines whose minute is over. Returns how many lines were left out of each.
    fn over(&mut self, now: Instant, all: bool) -> Vec<(Level, String, u64)> {
        let over = self.lines.extract_if(|_, line| all || now - line.since >= WINDOW);
        over.filter(|(_, line)| line.folded > 0).map(|(_, line)| (line.level, line.message, line.folded)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(message: &str, feed: Option<&str>) -> LineEvent {
        LineEvent { message: message.into(), feed: feed.map(str::to_owned) }
    }

    #[test]
    fn a_repeated_line_is_counted_and_reported_once() {
        let (mut said, now) = (Lines::default(), Instant::now());
        let passed = |said: &mut Lines, at| said.passes(Level::ERROR, "t", &event("no journal", None), at);
        assert!(passed(&mut said, now));
        (0..41).for_each(|_| assert!(!passed(&mut said, now)));
        assert_eq!(said.over(now + WINDOW / 2, false), []);
        assert_eq!(said.over(now + WINDOW, false), [(Level::ERROR, "no journal".to_owned(), 41)]);
        assert!(passed(&mut said, now + WINDOW), "a new minute begins");
        assert_eq!(said.over(now + 3 * WINDOW, false), []);
    }

    #[test]
    fn each_feed_is_logged_until_there_are_too_many() {
        let (mut said, now) = (Lines::default(), Instant::now());
        let passed = (0..100).filter(|n| {
            let line_event = event("poll failed", Some(&format!("feed-{}", n % 50)));
            said.passes(Level::INFO, "t", &line_event, now)
        });
        assert_eq!(passed.count(), PER_MESSAGE as usize);
        let folded = said.over(now + WINDOW, false);
        assert!(folded.contains(&(Level::INFO, "poll failed".to_owned(), 30)), "{folded:?}");
        assert!(folded.contains(&(Level::INFO, "poll failed (feed-7)".to_owned(), 1)), "{folded:?}");
    }

    #[test]
    fn lines_beyond_the_limit_pass() {
        let (mut said, now) = (Lines::default(), Instant::now());
        for n in 0..2 * MAX_LINES {
            assert!(said.passes(Level::INFO, "t", &event(&n.to_string(), None), now));
        }
        assert!(said.lines.len() <= MAX_LINES);
    }
}
