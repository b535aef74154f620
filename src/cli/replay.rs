//! `dateline replay`: extracts entities and quotations again from the published articles.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{Failure, daemon, logs, print_line, run};
use crate::config;
use crate::journal::From;
use crate::pipeline::replay::{self, Bound, Opener, Parts, Plan, Range, ReplayError, Stages};

/// The maximum length of a replay's name, in bytes.
const MAX_NAME: usize = 100;

/// Finds entities and quotations again in the articles of the topic, with the models of the config, and publishes them anew.
///
/// Of each article in the range the newest revision is read, withdrawn ones are passed over. Stop the daemon first. A replay
/// that was stopped or killed goes on where it was when it is run again; one that has ended does nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The config file.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The first article: `start`, a time (2025-06-03T10:00:00Z, 2025-06-03), or an offset in each partition.
    #[arg(long, value_name = "PLACE", default_value = "start")]
    pub from: Bound,
    /// Before which article it ends: `end` (what is committed now), a time, or an offset.
    #[arg(long, value_name = "PLACE", default_value = "end")]
    pub to: Bound,
    /// What is found anew.
    #[arg(long, value_name = "STAGE", value_delimiter = ',', default_value = "entities,quotes")]
    pub stage: Vec<Stage>,
    /// Names the replay, so that several can be told apart.
    #[arg(long, default_value = "default")]
    pub name: String,
    /// Begin anew although it has ended, or was begun otherwise.
    #[arg(long)]
    pub again: bool,
}

/// A stage of extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// Who and what is named.
    Entities,
    /// What was said, and by whom.
    Quotes,
}

/// Runs the command.
pub async fn run(args: Args) -> Result<(), Failure> {
    let loaded = config::load(args.config.as_deref()).map_err(|faults| Failure::Usage(faults.to_string()))?;
    logs::start(&loaded.settings.log, logs::Repeats::Folded, None)?;
    let plan = plan(args)?;
    let settings = Arc::new(loaded.settings);
    let open: Opener = {
        let settings = Arc::clone(&settings);
        Arc::new(move |topic| daemon::reader(Arc::clone(&settings), topic, From::Start, false).boxed())
    };
    let extractor = daemon::extractor(&settings)?;
    let journal = daemon::open_journal(&settings).await?;
    let parts = Parts { settings, journal, open, extractor };
    let stop = CancellationToken::new();
    run::stop_on_signals(&stop)?;
    let name = plan.name.clone();
    let (progress, worked) = replay::run(&parts, plan, &stop).await.map_err(|error| match error {
        ReplayError::Other { .. } => Failure::Usage(error.to_string()),
        _ => Failure::Work(error.to_string()),
    })?;
    if !worked {
        info!("the replay has ended before; --again runs it anew");
    }
    let done = json!({
        "name": name, "run": progress.run, "worked": worked, "articles": progress.articles, "quotes": progress.quotes,
        "tombstones": progress.tombstones, "started": progress.started, "finished": progress.finished,
    });
    print_line(&mut std::io::stdout().lock(), format_args!("{done}"))
}

fn plan(args: Args) -> Result<Plan, Failure> {
    let Args { from, to, stage, name, again, .. } = args;
    let fits =
        (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !fits {
        return Err(Failure::Usage(format!("--name is up to {MAX_NAME} letters, digits, `.`, `_` and `-`")));
    }
    let empty = match (from, to) {
        (Bound::End, _) | (_, Bound::Start) => true,
        (Bound::Time(from), Bound::Time(to)) => from >= to,
        (Bound::Offset(from), Bound::Offset(to)) => from >= to,
        _ => false,
    };
    if empty {
        return Err(Failure::Usage(format!("nothing lies between --from {from} and --to {to}")));
    }
    let stages = Stages { entities: stage.contains(&Stage::Entities), quotes: stage.contains(&Stage::Quotes) };
    Ok(Plan { name, range: Range { from, to }, stages, again })
}
