//! `dateline feeds`: the feed list, one file a command.

mod add;
mod discover;
mod explain;
mod export;
mod import;
mod list;
mod remove;

use std::path::{Path, PathBuf};

use super::{Failure, print_line};
use crate::config::{self, Loaded, edit};

/// Shows and changes the feed list.
///
/// Changes go to the first TOML list that the config names; its comments and order stay. The running daemon takes them up at
/// SIGHUP.
#[derive(Debug, clap::Args)]
pub struct Args {
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
}

/// Runs the command.
pub async fn run(args: Args) -> Result<(), Failure> {
    let loaded = config::load(args.config.as_deref()).map_err(|faults| Failure::Usage(faults.to_string()))?;
    loaded.warnings.lines().for_each(|warning| eprintln!("warning: {warning}"));
    match args.command {
        Command::List(args) => list::run(&args, &loaded),
        Command::Add(args) => add::run(args, &loaded),
        Command::Remove(args) => remove::run(&args, &loaded),
        Command::Import(args) => import::run(&args, &loaded),
        Command::Export(args) => export::run(&args, &loaded),
        Command::Discover(args) => discover::run(args, &loaded).await,
        Command::Explain(args) => explain::run(args, &loaded).await,
    }
}

/// Returns the TOML list that changes are written to, and its text.
fn open_list(loaded: &Loaded) -> Result<(&Path, String), Failure> {
    let lists = &loaded.settings.feeds.files;
    let path = lists.iter().find(|path| path.extension().is_some_and(|kind| kind == "toml")).ok_or_else(|| {
        Failure::Usage("the config names no TOML feed list; write `files = [\"feeds.toml\"]` under [feeds]".into())
    })?;
    Ok((path, read_list(path)?))
}

/// Reads a list. A missing file counts as an empty list.
fn read_list(path: &Path) -> Result<String, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::Work(format!("{}: {error}", path.display()))),
    }
}

fn write_list(path: &Path, text: &str) -> Result<(), Failure> {
    edit::write(path, text).map_err(|error| Failure::Work(format!("{} could not be written: {error}", path.display())))
}
