//! `dateline feeds rules`: keep and block rules.

mod apply;
mod test;

use super::{CliError, print_line};
use crate::config::Loaded;

/// Tries keep and block rules on what is on record, and applies changed ones to blocked entries.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Test(test::Args),
    Apply(apply::Args),
}

/// Runs the command.
pub(super) async fn run(args: Args, loaded: &Loaded) -> Result<(), CliError> {
    match args.command {
        Command::Test(args) => test::run(args, loaded).await,
        Command::Apply(args) => apply::run(args, loaded).await,
    }
}
