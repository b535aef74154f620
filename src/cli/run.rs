//! `dateline run`: the daemon.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::reload::Reloader;
use super::{CliError, daemon, logs, notify, watch};
use crate::config::{self, FeedList};
use crate::health::Stats;
use crate::pipeline::{self, Control, Mode, Summary};
use crate::serve::LiveFeedList;
use crate::telemetry;

/// The time between two progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(60);
/// The time limit for sending the last traces at the end.
const LAST_TRACES: Duration = Duration::from_secs(3);

/// Runs the daemon: polls every feed when it is due and commits what it finds.
///
/// SIGHUP reloads the config and the feed lists: feeds are added, changed and removed, and their state stays. The log says
/// which keys changed, and names those that take effect at the next start.
/// SIGTERM and Ctrl-C finish and commit the work in flight, then stop; a second one stops immediately, and uncommitted work is
/// done again at the next start.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Poll every feed once and end. Exit status 1 if no feed could be read.
    #[arg(long)]
    pub once: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    let repeats = if args.once { logs::Repeats::Kept } else { logs::Repeats::Folded };
    let traces = daemon::traces(&loaded.settings)?;
    logs::start(&loaded.settings.log, repeats, traces.as_ref())?;
    info!(version = telemetry::VERSION, "starting");
    loaded.warnings.lines().for_each(|warning| warn!("{warning}"));
    if loaded.feeds.is_empty() {
        warn!("the feed list is empty; add feeds and send SIGHUP");
    }
    let mode = if args.once { Mode::Once } else { Mode::Forever };
    let stop = CancellationToken::new();
    let (control_in, control) = mpsc::channel(1);
    let feeds = loaded.feeds.clone();
    let daemon = daemon::Daemon::build(&loaded, Arc::new(|_| {})).await?;
    let list = list(Reloader { path: args.config, live: daemon.live() }, &loaded, control_in);
    let parts = daemon.parts.clone();
    stop_on_signals(&stop)?;
    let ready = CancellationToken::new();
    reload_on_hangup(Arc::clone(&list), ready.clone())?;
    daemon.serve(&list, &stop).await?;
    let progress = tokio::spawn(progress(Arc::clone(&parts.stats), args.once, feeds.len() as u64));
    let drained = CancellationToken::new();
    let watch = tokio::spawn(watch::watch(Arc::clone(&parts.stats), ready, stop.clone(), drained.clone()));
    let ended = pipeline::run(parts.clone(), feeds, mode, control, stop.clone()).await;
    drained.cancel();
    if let Some(traces) = traces {
        // The last traces are worth only a short wait.
        let _ = tokio::task::spawn_blocking(move || traces.stop(LAST_TRACES)).await;
    }
    let _ = watch.await;
    let stopped = stop.is_cancelled();
    stop.cancel();
    progress.abort();
    info!("{}", parts.stats.line());
    let Summary { well, failed } = ended.map_err(|error| CliError::Work(format!("{error:#}")))?;
    if args.once && well == 0 && failed > 0 && !stopped {
        return Err(CliError::Work(format!("none of the {failed} feeds could be read; see the log for each")));
    }
    Ok(())
}

/// Cancels `stop` on SIGTERM or SIGINT; a second one ends the process immediately.
pub(super) fn stop_on_signals(stop: &CancellationToken) -> Result<(), CliError> {
    let install =
        |kind| signal(kind).map_err(|error| CliError::Work(format!("cannot install a signal handler: {error}")));
    let (mut interrupt, mut terminate) = (install(SignalKind::interrupt())?, install(SignalKind::terminate())?);
    let stop = stop.clone();
    tokio::spawn(async move {
        let mut first = true;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if !first {
                warn!("stopped immediately; uncommitted work is done again at the next start");
                std::process::exit(1);
            }
            first = false;
            info!("stopping after committing the work in flight; a second signal stops immediately");
            stop.cancel();
        }
    });
    Ok(())
}

/// Creates the editor of the feed list, which reloads it with the whole config.
fn list(reloader: Reloader, loaded: &config::Loaded, control: mpsc::Sender<Control>) -> Arc<LiveFeedList> {
    let list = FeedList::new(loaded.settings.feeds.files.clone(), loaded.feeds.clone());
    let list = list.with_config(loaded.file.clone());
    LiveFeedList::new(list, Box::new(move || reloader.read()), control)
}

/// Reloads the config on SIGHUP. Errors in it are logged, and the previous config stays.
fn reload_on_hangup(list: Arc<LiveFeedList>, ready: CancellationToken) -> Result<(), CliError> {
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| CliError::Work(format!("cannot install a signal handler: {error}")))?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // A reload during the start is not reported: systemd would mistake its end for the end of the start.
            let reported = ready.is_cancelled();
            if reported {
                notify::send_reloading();
            }
            if let Err(error) = list.reload().await {
                error!("reload failed; keeping the previous config:\n{error}");
            }
            if reported {
                notify::send(&[NotifyState::Ready]);
            }
        }
    });
    Ok(())
}

/// Reports progress: one log line a minute, or a progress bar with `--once` on a terminal.
async fn progress(stats: Arc<Stats>, once: bool, feeds: u64) {
    if once && std::io::stderr().is_terminal() {
        let bar = logs::BARS.add(ProgressBar::new(feeds));
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} feeds  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        loop {
            bar.set_position(stats.polls().min(feeds));
            bar.set_message(format!("{} articles, {} quotations", stats.articles.get(), stats.quotes.get()));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        info!("{}", stats.line());
    }
}
