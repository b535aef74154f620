//! Logs to stderr, as text or JSON, with repeated lines folded and secrets removed.

mod fold;
mod scrub;

use std::io::{self, IsTerminal, Write, stderr};
use std::sync::{LazyLock, OnceLock};

use indicatif::MultiProgress;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, reload};

pub(super) use fold::report_folded;
pub(super) use scrub::hide;

use super::CliError;
use crate::config::{Log, LogFormat};
use crate::telemetry::Traces;

/// The progress bars on the terminal; log lines are written above them.
pub(super) static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Replaces the filter of the log.
type ReplaceFilter = Box<dyn Fn(EnvFilter) + Send + Sync>;
static REPLACE_FILTER: OnceLock<ReplaceFilter> = OnceLock::new();

/// Writes to stderr above the progress bars, with secrets removed.
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

/// How repeated lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Every line is logged.
    Kept,
    /// The first lines of a minute are logged; the others are counted.
    Folded,
}

/// Starts logging, and the export of spans as traces where enabled. `RUST_LOG` overrides the level of the log only. A second
/// call in one process has no effect.
pub(super) fn start(log: &Log, repeats: Repeats, traces: Option<&Traces>) -> Result<(), CliError> {
    let (filter, handle) = reload::Layer::new(filter(log)?);
    let lines = tracing_subscriber::fmt::layer().with_writer(|| AboveBars);
    let lines = match log.format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => lines.with_target(false).with_ansi(stderr().is_terminal()).boxed(),
    };
    let fold = (repeats == Repeats::Folded).then_some(fold::Fold);
    let lines = Layer::and_then(fold, lines).with_filter(filter);
    let started = tracing_subscriber::registry().with(traces.map(Traces::layer)).with(lines).try_init();
    if started.is_ok() {
        let replace = move |filter: EnvFilter| {
            // Only fails after the subscriber is gone.
            let _ = handle.reload(filter);
        };
        let _ = REPLACE_FILTER.set(Box::new(replace));
        // A panic in a stage becomes a dead letter; the log should show its location.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    }
    Ok(())
}

/// Returns the filter of the log. `RUST_LOG` overrides the level.
pub(super) fn filter(log: &Log) -> Result<EnvFilter, CliError> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => EnvFilter::try_new(filter),
        _ => EnvFilter::try_new(&log.level),
    };
    filter.map_err(|error| {
        CliError::Usage(format!("`log.level`: {error}; write `info`, or a filter such as `info,dateline::fetch=debug`"))
    })
}

/// Replaces the filter of the log that was started.
pub(super) fn replace_filter(filter: EnvFilter) {
    if let Some(replace) = REPLACE_FILTER.get() {
        replace(filter);
    }
}
