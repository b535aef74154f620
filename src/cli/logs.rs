//! Logs on stderr, as text or JSON.

use std::io::{self, IsTerminal, Write, stderr};
use std::sync::LazyLock;

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::Failure;
use crate::config::{Log, LogFormat};

/// The bars on the terminal: a line of the log is written above them.
pub static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Stderr, with the bars out of the way.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// Starts logging; `RUST_LOG` overrides the level. A second start in one process changes nothing.
pub fn start(log: &Log) -> Result<(), Failure> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => EnvFilter::try_new(filter),
        _ => EnvFilter::try_new(&log.level),
    };
    let filter = filter.map_err(|error| {
        Failure::Usage(format!("`log.level`: {error}; write `info`, or a filter such as `info,dateline::fetch=debug`"))
    })?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| AboveBars).with_span_events(FmtSpan::NONE);
    let started = match log.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_target(false).with_ansi(stderr().is_terminal()).try_init(),
    };
    if started.is_ok() {
        // A panic in a stage is a dead letter; its place belongs in the log.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    }
    Ok(())
}
