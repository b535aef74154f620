//! `dateline feeds rules apply`.

use std::time::Duration;

use serde::Deserialize;

use super::{CliError, print_line};
use crate::cli::health::base_url;
use crate::config::Loaded;

/// The time limit for an answer.
const WITHIN: Duration = Duration::from_secs(120);

/// Has the running daemon decide again about the blocked entries that it keeps, with its present rules (send SIGHUP first to
/// reload changed ones). Entries that are no longer blocked are published. What was published stays.
///
/// Of several instances, each does this for the feeds that it polls.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The daemon's URL, instead of the address in the config: `http://127.0.0.1:8080`.
    #[arg(long)]
    url: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    blocked: usize,
    readmitted: usize,
    feeds: usize,
}

/// Runs the command.
pub(super) async fn run(args: Args, loaded: &Loaded) -> Result<(), CliError> {
    let serve = &loaded.settings.serve;
    let base = args.url.unwrap_or_else(|| base_url(serve.listen));
    let url = format!("{}/api/v1/rules/apply", base.trim_end_matches('/'));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build();
    let client = client.map_err(|error| CliError::Work(format!("cannot create an HTTP client: {error}")))?;
    let mut request = client.post(&url).header("x-dateline", "1");
    if let Some(token) = &serve.token {
        request = request.bearer_auth(&token.0);
    }
    let failed = |error: reqwest::Error| {
        let advice = "start it with `enabled = true` in [serve], or name its URL with --url";
        CliError::Work(format!("no answer from {url}: {error}; the daemon must run: {advice}"))
    };
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let body = answer.text().await.map_err(failed)?;
    if !status.is_success() {
        let error: Option<serde_json::Value> = serde_json::from_str(&body).ok();
        let error = error.as_ref().and_then(|error| error["error"].as_str()).unwrap_or(body.trim());
        return Err(CliError::Work(format!("{url}: {status}: {error}")));
    }
    let answer: Answer =
        serde_json::from_str(&body).map_err(|error| CliError::Work(format!("{url}: unexpected answer: {error}")))?;
    let Answer { blocked, readmitted, feeds } = answer;
    print_line(
        &mut std::io::stdout().lock(),
        format_args!("{readmitted} of {blocked} blocked entries are let in; feeds: {feeds}"),
    )
}
