//! `dateline health`: checks the health of a running daemon.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{CliError, print_line};
use crate::config;

/// The time limit for an answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Checks whether a running daemon is ready, for a container's health check: exit status 0 if it is, else 1 and the reason.
///
/// The daemon must have `enabled = true` in [serve].
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file, for the address on which the daemon listens.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The daemon's URL, instead of the address in the config: `http://127.0.0.1:8080`.
    #[arg(long)]
    pub url: Option<String>,
    /// Check liveness instead of readiness.
    #[arg(long)]
    pub live: bool,
}

/// Returns the URL at which this machine reaches the server that listens on this address.
pub(super) fn base_url(mut listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        listen.set_ip(if listen.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{listen}")
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let base = match args.url {
        Some(url) => url,
        None => {
            let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
            base_url(loaded.settings.serve.listen)
        }
    };
    let check = if args.live { "live" } else { "ready" };
    let url = format!("{}/health/{check}", base.trim_end_matches('/'));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build();
    let client = client.map_err(|error| CliError::Work(format!("cannot create an HTTP client: {error}")))?;
    let failed = |error: reqwest::Error| CliError::Work(format!("no answer from {url}: {error}"));
    let answer = client.get(&url).send().await.map_err(failed)?;
    let status = answer.status();
    let text = answer.text().await.map_err(failed)?;
    if status.is_success() {
        return print_line(&mut std::io::stdout().lock(), format_args!("{}", text.trim()));
    }
    Err(CliError::Work(format!("not {check} ({status}): {}", text.trim())))
}
