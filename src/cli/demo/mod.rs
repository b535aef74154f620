//! `dateline demo`: polls a few sample sites.

mod newsroom;
mod print;
mod render;
mod sites;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{CliError, daemon, logs, run};
use crate::config::{self, FeedList, Loaded, Settings};
use crate::pipeline::{self, Control, Mode};
use crate::serve::LiveFeedList;
use crate::state::{Observer, Published};

pub use newsroom::Newsroom;

/// When the second edition comes out, and the poll interval of the feeds.
const SECOND_EDITION: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_secs(3);

/// Starts sample news sites on loopback, polls them, and prints each article, the persons, organisations and places in it, and
/// its quotations. Needs no network and no Kafka; records go to an embedded store that is removed at the end.
///
/// After a few seconds the sites publish a second edition: a corrected article and a new one. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when every sample feed has been polled in both editions.
    #[arg(long)]
    pub once: bool,
    /// The address of the live page; another port is used if this one is taken.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// Runs the command.
pub async fn run(args: Args) -> Result<(), CliError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| CliError::Work(format!("{what}: {error}"));
    let newsroom = Newsroom::start().await.map_err(|error| failed("cannot serve the sample sites", &error))?;
    let folder = std::env::temp_dir().join(format!("dateline-demo-{}", std::process::id()));
    let loaded = loaded(&newsroom, &folder, !args.once);
    logs::start(&loaded.settings.log, logs::Repeats::Kept, None)?;
    let stop = CancellationToken::new();
    run::stop_on_signals(&stop)?;
    let style = print::Style::new(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let watch: Observer = {
        let stop = stop.clone();
        Arc::new(move |published: &Published| {
            let lines = print::lines(published, style);
            if std::io::stdout().lock().write_all(lines.as_bytes()).is_err() {
                stop.cancel(); // the output was closed
            }
        })
    };
    let daemon = daemon::Daemon::build(&loaded, watch).await?;
    let (control_in, control) = mpsc::channel(1);
    if !args.once {
        let list = list(&loaded, control_in).map_err(|error| failed("cannot write the feed list", &error))?;
        let address = show(&daemon, &list, args.listen, &stop).await?;
        eprintln!("Live page: http://{address}/   (Ctrl-C ends the demo)");
    }
    let ended = read(&newsroom, &daemon, &loaded, args.once, (control, &stop)).await;
    eprintln!("\n{}", daemon.parts.stats.line());
    drop(daemon);
    let _ = std::fs::remove_dir_all(&folder); // a temporary folder, so the system removes any remains
    ended
}

/// Reads both editions one after the other, or runs until stopped.
async fn read(
    newsroom: &Newsroom,
    daemon: &daemon::Daemon,
    loaded: &Loaded,
    once: bool,
    (control, stop): (mpsc::Receiver<Control>, &CancellationToken),
) -> Result<(), CliError> {
    let parts = || daemon.parts.clone();
    let failed = |error: crate::journal::JournalError| CliError::Work(format!("{error:#}"));
    if !once {
        let edition = async {
            tokio::time::sleep(SECOND_EDITION).await;
            newsroom.publish_second_edition();
            std::future::pending::<()>().await;
        };
        return tokio::select! {
            ended = pipeline::run(parts(), loaded.feeds.clone(), Mode::Forever, control, stop.clone()) => ended.map(|_| ()).map_err(failed),
            () = edition => Ok(()),
        };
    }
    pipeline::run(parts(), loaded.feeds.clone(), Mode::Once, control, stop.clone()).await.map_err(failed)?;
    println!("\n--- The second edition: one article corrected, one new ---");
    newsroom.publish_second_edition();
    let (_control_in, control) = mpsc::channel(1);
    pipeline::run(parts(), loaded.feeds.clone(), Mode::Once, control, stop.clone()).await.map_err(failed)?;
    Ok(())
}

/// Writes the feed list to a file, so the pages can change it.
fn list(loaded: &Loaded, control: mpsc::Sender<Control>) -> std::io::Result<Arc<LiveFeedList>> {
    let files = loaded.settings.feeds.files.clone();
    for file in &files {
        std::fs::write(file, config::to_toml(loaded.feeds.configs()))?;
    }
    let lists = files.clone();
    let reload = move || config::read_lists(&lists).map(Into::into);
    Ok(LiveFeedList::new(FeedList::new(files, loaded.feeds.clone()), Box::new(reload), control))
}

/// Serves the live page, on another port if the requested one is taken.
async fn show(
    daemon: &daemon::Daemon,
    list: &Arc<LiveFeedList>,
    wanted: SocketAddr,
    stop: &CancellationToken,
) -> Result<SocketAddr, CliError> {
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot listen on {wanted} ({error}); using another port");
            let any = TcpListener::bind((wanted.ip(), 0)).await;
            any.map_err(|error| CliError::Work(format!("cannot listen on {}: {error}", wanted.ip())))?
        }
    };
    let address = listener.local_addr().map_err(|error| CliError::Work(error.to_string()))?;
    daemon.serve_on(listener, list, stop);
    Ok(address)
}

fn loaded(newsroom: &Newsroom, folder: &std::path::Path, serves: bool) -> Loaded {
    let mut settings = Settings::default();
    settings.store.path = folder.join("dateline.db");
    settings.log.level = "error".into();
    // The sample sites are on loopback, so a proxy from the environment cannot reach them.
    settings.fetch.no_proxy = Some(vec!["*".into()]);
    settings.serve.enabled = serves;
    settings.feeds.files = vec![folder.join("feeds.toml")];
    settings.schedule.interval = INTERVAL;
    settings.schedule.min_interval = INTERVAL;
    // The samples have fixed dates, so their update frequency says nothing about today.
    settings.schedule.rhythm = false;
    let (warnings, origins) = (config::ConfigErrors::default(), std::collections::BTreeMap::new());
    Loaded { settings, feeds: newsroom.feeds().into(), warnings, file: None, origins }
}
