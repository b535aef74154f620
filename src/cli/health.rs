//! `dateline health`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Failure, print_line};
use crate::config;

/// The time limit for an answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Asks a running daemon how it is, as a container's health check: exit status 0 when it is ready, else 1 and the reason.
///
/// The daemon must serve its health (`enabled = true` in [serve]).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The config file, for where the daemon listens.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where it listens, instead of what the config says: `http://127.0.0.1:8080`.
    #[arg(long)]
    pub url: Option<String>,
    /// Ask whether it lives, not whether it is ready.
    #[arg(long)]
    pub live: bool,
}

/// Runs the command.
pub async fn run(args: Args) -> Result<(), Failure> {
    let base = match args.url {
        Some(url) => url,
        None => {
            let loaded = config::load(args.config.as_deref()).map_err(|faults| Failure::Usage(faults.to_string()))?;
            let mut listen = loaded.settings.serve.listen;
            if listen.ip().is_unspecified() {
                let loopback =
                    if listen.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
                listen.set_ip(loopback);
            }
            format!("http://{listen}")
        }
    };
    let question = if args.live { "live" } else { "ready" };
    let url = format!("{}/health/{question}", base.trim_end_matches('/'));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build();
    let client = client.map_err(|error| Failure::Work(format!("no HTTP client: {error}")))?;
    let failed = |error: reqwest::Error| Failure::Work(format!("no answer from {url}: {error}"));
    let answer = client.get(&url).send().await.map_err(failed)?;
    let status = answer.status();
    let words = answer.text().await.map_err(failed)?;
    if status.is_success() {
        return print_line(&mut std::io::stdout().lock(), format_args!("{}", words.trim()));
    }
    Err(Failure::Work(format!("not {question} ({status}): {}", words.trim())))
}
