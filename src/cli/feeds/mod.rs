//! `dateline feeds`: the feed list, one file per command.

mod add;
mod discover;
mod explain;
mod export;
mod import;
mod list;
mod remove;
mod rules;

use std::path::PathBuf;

use super::{CliError, print_line};
use crate::config::{self, FeedList, FeedListError};

/// Shows and changes the feed list.
///
/// Changes are written to the first TOML list of the config; its comments and order stay. Send SIGHUP to a running daemon to
/// apply them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file.
    #[arg(long, short, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Add(add::Args),
    Remove(remove::Args),
    Import(import::Args),
    Export(export::Args),
    Discover(discover::Args),
    Explain(explain::Args),
    Rules(rules::Args),
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    loaded.warnings.lines().for_each(|warning| eprintln!("warning: {warning}"));
    let list = FeedList::new(loaded.settings.feeds.files.clone(), loaded.feeds.clone());
    match args.command {
        Command::List(args) => list::run(&args, &loaded),
        Command::Add(args) => add::run(args, &list),
        Command::Remove(args) => remove::run(&args, &list),
        Command::Import(args) => import::run(&args, &list),
        Command::Export(args) => export::run(&args, &loaded),
        Command::Discover(args) => discover::run(args, &loaded).await,
        Command::Explain(args) => explain::run(args, &loaded, &list).await,
        Command::Rules(args) => rules::run(args, &loaded).await,
    }
}

/// Converts an error: exit status 1 if a file cannot be read or written, else 2.
fn cli_error(error: FeedListError) -> CliError {
    match error {
        FeedListError::Read { .. } | FeedListError::ReadOnly(_) | FeedListError::Write { .. } => {
            CliError::Work(error.to_string())
        }
        error => CliError::Usage(error.to_string()),
    }
}
