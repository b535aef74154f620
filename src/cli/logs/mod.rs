//! Logs on stderr, as text or JSON: repeated lines folded, secrets left out.

mod fold;
mod scrub;

use std::io::{self, IsTerminal, Write, stderr};
use std::sync::LazyLock;

use indicatif::MultiProgress;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

pub use fold::tell_folded;
pub use scrub::hide;

use super::Failure;
use crate::config::{Log, LogFormat};
use crate::telemetry::Traces;

/// The bars on the terminal: a line of the log is written above them.
pub static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Stderr, with the bars out of the way and without secrets.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let clean = scrub::clean(line);
        BARS.suspend(|| stderr().write_all(clean.as_bytes()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// How often a line may be said again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// As often as it happens.
    Kept,
    /// The first ones of a minute; of the others, how many they were.
    Folded,
}

/// Starts logging, and makes traces of spans where they are exported; `RUST_LOG` overrides the level of the log alone. A second
/// start in one process changes nothing.
pub fn start(log: &Log, repeats: Repeats, traces: Option<&Traces>) -> Result<(), Failure> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => EnvFilter::try_new(filter),
        _ => EnvFilter::try_new(&log.level),
    };
    let filter = filter.map_err(|error| {
        Failure::Usage(format!("`log.level`: {error}; write `info`, or a filter such as `info,dateline::fetch=debug`"))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(|| AboveBars);
    let lines = match log.format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => lines.with_target(false).with_ansi(stderr().is_terminal()).boxed(),
    };
    let fold = (repeats == Repeats::Folded).then_some(fold::Fold);
    let lines = Layer::and_then(fold, lines).with_filter(filter);
    let started = tracing_subscriber::registry().with(traces.map(Traces::layer)).with(lines).try_init();
    if started.is_ok() {
        // A panic in a stage is a dead letter; its place belongs in the log.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    }
    Ok(())
}
