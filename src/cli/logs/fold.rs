//! Folds repeated log lines. In each minute it writes the first line of one feed, and the first twenty of a message about many
//! feeds. When the minute is over, it logs the number of lines left out.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, error, info, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The window in which lines are counted.
const WITHIN: Duration = Duration::from_secs(60);
/// The lines written in that window: for one feed, and for one message over all feeds.
const OF_ONE: u32 = 1;
const OF_ALL: u32 = 20;
/// The maximum number of lines remembered. Beyond it, new lines are not folded.
const MOST: usize = 4_096;
/// The target of the lines that report the counts; these lines are never folded.
const TOLD: &str = "dateline::folded";

/// Writes a log line or counts it as folded.
pub(super) struct Fold;

/// The lines of the last minute, for the whole process, which has one log.
static SAID: LazyLock<Mutex<Said>> = LazyLock::new(Mutex::default);

fn said() -> MutexGuard<'static, Said> {
    SAID.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<S: Subscriber> Layer<S> for Fold {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let about = event.metadata();
        if *about.level() > Level::INFO || about.target() == TOLD {
            return true;
        }
        let mut words = Words::default();
        event.record(&mut words);
        said().passes(*about.level(), about.target(), &words, Instant::now())
    }
}

/// Logs the number of lines left out, for each line whose minute is over; for all lines if this is the `last` call.
pub fn tell_folded(last: bool) {
    let told = said().over(Instant::now(), last);
    for (level, message, times) in told {
        match level {
            Level::ERROR => error!(target: TOLD, "… {times} more times: {message}"),
            Level::WARN => warn!(target: TOLD, "… {times} more times: {message}"),
            _ => info!(target: TOLD, "… {times} more times: {message}"),
        }
    }
}

/// The message and the feed of a log line.
#[derive(Default)]
struct Words {
    message: String,
    feed: Option<String>,
}

impl Visit for Words {
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
struct Said {
    lines: HashMap<String, Line>,
}

struct Line {
    level: Level,
    message: String,
    since: Instant,
    written: u32,
    folded: u64,
}

impl Said {
    fn passes(&mut self, level: Level, target: &str, words: &Words, now: Instant) -> bool {
        let all = format!("{level} {target} {}", words.message);
        let Some(feed) = &words.feed else { return self.counts(&all, OF_ONE, level, &words.message, now) };
        // A folded line of one feed is reported with that feed's name, so it is not counted again for all feeds.
        let one = format!("{all} {feed}");
        let message = format!("{} ({feed})", words.message);
        self.counts(&one, OF_ONE, level, &message, now) && self.counts(&all, OF_ALL, level, &words.message, now)
    }

    /// Counts a line. Returns whether it is among the first `most` of its minute.
    fn counts(&mut self, key: &str, most: u32, level: Level, message: &str, now: Instant) -> bool {
        if self.lines.len() >= MOST && !self.lines.contains_key(key) {
            self.lines.retain(|_, line| line.folded > 0 || now - line.since < WITHIN);
            if self.lines.len() >= MOST {
                return true;
            }
        }
        let fresh = || Line { level, message: message.to_owned(), since: now, written: 0, folded: 0 };
        let line = self.lines.entry(key.to_owned()).or_insert_with(fresh);
        if line.folded == 0 && now - line.since >= WITHIN {
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
        let over = self.lines.extract_if(|_, line| all || now - line.since >= WITHIN);
        over.filter(|(_, line)| line.folded > 0).map(|(_, line)| (line.level, line.message, line.folded)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str, feed: Option<&str>) -> Words {
        Words { message: message.into(), feed: feed.map(str::to_owned) }
    }

    #[test]
    fn a_line_that_is_said_again_is_counted_and_told_once() {
        let (mut said, now) = (Said::default(), Instant::now());
        let passed = |said: &mut Said, at| said.passes(Level::ERROR, "t", &words("no journal", None), at);
        assert!(passed(&mut said, now));
        (0..41).for_each(|_| assert!(!passed(&mut said, now)));
        assert_eq!(said.over(now + WITHIN / 2, false), []);
        assert_eq!(said.over(now + WITHIN, false), [(Level::ERROR, "no journal".to_owned(), 41)]);
        assert!(passed(&mut said, now + WITHIN), "a new minute begins");
        assert_eq!(said.over(now + 3 * WITHIN, false), []);
    }

    #[test]
    fn each_feed_is_told_until_too_many_are() {
        let (mut said, now) = (Said::default(), Instant::now());
        let passed = (0..100).filter(|n| {
            let words = words("poll failed", Some(&format!("feed-{}", n % 50)));
            said.passes(Level::INFO, "t", &words, now)
        });
        assert_eq!(passed.count(), OF_ALL as usize);
        let told = said.over(now + WITHIN, false);
        assert!(told.contains(&(Level::INFO, "poll failed".to_owned(), 30)), "{told:?}");
        assert!(told.contains(&(Level::INFO, "poll failed (feed-7)".to_owned(), 1)), "{told:?}");
    }

    #[test]
    fn more_lines_than_are_remembered_pass() {
        let (mut said, now) = (Said::default(), Instant::now());
        for n in 0..2 * MOST {
            assert!(said.passes(Level::INFO, "t", &words(&n.to_string(), None), now));
        }
        assert!(said.lines.len() <= MOST);
    }
}
