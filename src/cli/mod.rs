//! The commands, one file each, and their exit status.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "commands print their results and messages")]

mod article;
mod check;
mod completions;
pub mod daemon;
pub mod demo;
mod descriptors;
mod extract;
mod feeds;
mod health;
mod knowledge;
mod logs;
mod models;
mod notify;
mod parse;
mod reload;
mod replay;
mod run;
mod schema;
mod select;
mod tail;
mod topics;
mod watch;

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns news feeds into structured records: articles, entities and quotations, exactly once.
///
/// Data goes to stdout, logs and progress to stderr. Exit status: 0 success, 1 the work failed, 2 the command line or the config
/// is invalid.
#[derive(Debug, Parser)]
#[command(name = "dateline", version = crate::telemetry::VERSION, max_term_width = 100, after_long_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  dateline demo                                   poll a few sample sites and print what is found
  dateline check --config config/dateline.toml    check the config
  dateline run --config config/dateline.toml      run the daemon
  dateline tail quotes --follow | jq .value.text  print quotations as they are committed
  curl -s https://example.org/feed | dateline parse --url https://example.org/feed
  curl -s https://example.org/story | dateline article --url https://example.org/story | dateline extract";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    Feeds(feeds::Args),
    Health(health::Args),
    Parse(parse::Args),
    Article(article::Args),
    Extract(extract::Args),
    Knowledge(knowledge::Args),
    Models(models::Args),
    Topics(topics::Args),
    Tail(tail::Args),
    Replay(replay::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// Runs the command line and returns the exit status.
pub fn main() -> ExitCode {
    descriptors::raise_limit();
    let ended = match Cli::parse().command {
        Command::Demo(args) => on_runtime(demo::run(args)),
        Command::Run(args) => on_runtime(run::run(args)),
        Command::Check(args) => on_runtime(check::run(args)),
        Command::Topics(args) => on_runtime(topics::run(args)),
        Command::Tail(args) => on_runtime(tail::run(args)),
        Command::Replay(args) => on_runtime(replay::run(args)),
        Command::Feeds(args) => on_runtime(feeds::run(args)),
        Command::Health(args) => on_runtime(health::run(args)),
        Command::Parse(args) => parse::run(&args),
        Command::Article(args) => article::run(&args),
        Command::Extract(args) => extract::run(&args),
        Command::Knowledge(args) => knowledge::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match ended {
        Ok(()) | Err(CliError::OutputClosed) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dateline: {error}");
            error.exit_code()
        }
    }
}

fn on_runtime(command: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::Work(format!("cannot start the async runtime: {error}")))?;
    let ended = runtime.block_on(command);
    // A blocking task that still runs, such as a name lookup, must not delay the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    ended
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line or the config is invalid (exit status 2). The message says what to write instead.
    #[error("{0}")]
    Usage(String),
    /// The work failed (exit status 1).
    #[error("{0}")]
    Work(String),
    /// The reader of the output has closed it (`| head`): the command ends without a message.
    #[error("the output was closed")]
    OutputClosed,
}

impl CliError {
    /// Returns the exit status: 1 if the work failed, 2 if the command line or the config is invalid.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Work(_) => ExitCode::from(1),
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }

    /// Converts an error from writing data to stdout.
    pub fn output(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Work(format!("cannot write the output: {error}")),
        }
    }
}

/// Writes one line of data.
fn print_line(out: &mut impl Write, line: fmt::Arguments) -> Result<(), CliError> {
    writeln!(out, "{line}").map_err(|error| CliError::output(&error))
}
