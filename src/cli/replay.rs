//! `dateline replay`: extracts entities and quotations again from the published articles.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{CliError, daemon, logs, print_line, run};
use crate::config;
use crate::journal::StartOffset;
use crate::pipeline::replay::{self, Bound, Opener, Parts, Plan, Range, ReplayError, Stages};

/// The maximum length of a replay's name, in bytes.
const MAX_NAME: usize = 100;

/// Extracts entities and quotations again from the published articles, with the models of the config, and publishes them.
///
/// Reads the newest revision of each article in the range and skips withdrawn articles. Stop the daemon first. A replay that
/// was stopped or killed resumes when it is run again; one that has ended does nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The first article: `start`, a time (2025-06-03T10:00:00Z, 2025-06-03), or an offset in each partition.
    #[arg(long, value_name = "PLACE", default_value = "start")]
    pub from: Bound,
    /// The article before which to end: `end` (all that is committed now), a time, or an offset.
    #[arg(long, value_name = "PLACE", default_value = "end")]
    pub to: Bound,
    /// What to extract.
    #[arg(long, value_name = "STAGE", value_delimiter = ',', default_value = "entities,quotes")]
    pub stage: Vec<Stage>,
    /// The name of the replay, to distinguish several.
    #[arg(long, default_value = "default")]
    pub name: String,
    /// Start over although the replay has ended or was started with other options.
    #[arg(long)]
    pub again: bool,
}

/// A stage of extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Stage {
    /// Persons, organisations and places.
    Entities,
    /// Quotations and their speakers.
    Quotes,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    logs::start(&loaded.settings.log, logs::Repeats::Folded, None)?;
    let plan = plan(args)?;
    let settings = Arc::new(loaded.settings);
    let open: Opener = {
        let settings = Arc::clone(&settings);
        Arc::new(move |topic| daemon::reader(Arc::clone(&settings), topic, StartOffset::Earliest, false).boxed())
    };
    let extractor = daemon::extractor(&settings)?;
    let journal = daemon::open_journal(&settings).await?;
    let parts = Parts { settings, journal, open, extractor };
    let stop = CancellationToken::new();
    run::stop_on_signals(&stop)?;
    let name = plan.name.clone();
    let (progress, worked) = replay::run(&parts, plan, &stop).await.map_err(|error| match error {
        ReplayError::Other { .. } => CliError::Usage(error.to_string()),
        _ => CliError::Work(format!("{error:#}")),
    })?;
    if !worked {
        info!("the replay has already ended; use --again to repeat it");
    }
    let done = json!({
        "name": name, "run": progress.run, "worked": worked, "articles": progress.articles, "quotes": progress.quotes,
        "tombstones": progress.tombstones, "started": progress.started, "finished": progress.finished,
    });
    print_line(&mut std::io::stdout().lock(), format_args!("{done}"))
}

fn plan(args: Args) -> Result<Plan, CliError> {
    let Args { from, to, stage, name, again, .. } = args;
    let fits =
        (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !fits {
        return Err(CliError::Usage(format!("--name must be 1 to {MAX_NAME} letters, digits, `.`, `_` and `-`")));
    }
    let empty = match (from, to) {
        (Bound::End, _) | (_, Bound::Start) => true,
        (Bound::Time(from), Bound::Time(to)) => from >= to,
        (Bound::Offset(from), Bound::Offset(to)) => from >= to,
        _ => false,
    };
    if empty {
        return Err(CliError::Usage(format!("the range from {from} to {to} is empty; --from must be before --to")));
    }
    let stages = Stages { entities: stage.contains(&Stage::Entities), quotes: stage.contains(&Stage::Quotes) };
    Ok(Plan { name, range: Range { from, to }, stages, again })
}
