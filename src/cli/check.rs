//! `dateline check`: checks the config, and whether Kafka and the feeds can be reached.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt;

use super::descriptors::Descriptors;
use super::{CliError, daemon, print_line};
use crate::article;
use crate::config::{self, FeedConfig, Loaded};
use crate::feed::{self, Hints};
use crate::fetch::{Client, SiteRequests, Validators};
use crate::journal::{avro, kafka};

/// The number of feeds tested at once.
const AT_ONCE: usize = 16;

/// Checks the config and the feed lists, and prints each error with its file, line and what to write instead.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also connect to Kafka and request every feed once.
    #[arg(long)]
    pub connect: bool,
    /// Also print the origin of each value.
    #[arg(long, short)]
    pub verbose: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    let Loaded { settings, feeds, warnings, file, origins } = &loaded;
    kafka_settings(&loaded)?;
    let proxies = daemon::proxies(&settings.fetch)?;
    for warning in warnings.lines().chain(Descriptors::now().warning(&settings.fetch)) {
        eprintln!("warning: {warning}");
    }
    let mut out = std::io::stdout().lock();
    if let Some(file) = file {
        print_line(&mut out, format_args!("config: {}", file.display()))?;
    }
    print_line(
        &mut out,
        format_args!("feeds: {} ({} paused)", feeds.len(), feeds.iter().filter(|f| f.paused).count()),
    )?;
    let of_feeds: usize = feeds.configs().filter_map(|feed| feed.rules.as_deref()).map(<[_]>::len).sum();
    if !settings.rule.is_empty() || of_feeds > 0 {
        print_line(&mut out, format_args!("rules: {} in the config, {of_feeds} of single feeds", settings.rule.len()))?;
    }
    for config::Site { host, take, drop, requests, .. } in &settings.site {
        let (take, drop) = (take.len(), drop.len());
        print_line(&mut out, format_args!("site: {host}, {take} selectors in `take` and {drop} in `drop`"))?;
        for requests in requests.iter().map(|requests| requests.describe()).filter(|requests| !requests.is_empty()) {
            print_line(&mut out, format_args!("requests: {host} with {}", requests.join(", ")))?;
        }
    }
    for feed in feeds.configs() {
        if let Some(requests) = &feed.requests {
            print_line(&mut out, format_args!("requests: {} with {}", feed.id, requests.describe().join(", ")))?;
        }
    }
    match &settings.kafka {
        Some(kafka::Options { brokers, .. }) => {
            print_line(&mut out, format_args!("journal: Kafka at {brokers}"))?;
            print_line(&mut out, format_args!("Kafka logins: {}", kafka::logins()))?;
        }
        None => print_line(&mut out, format_args!("journal: the embedded store {}", settings.store.path.display()))?,
    }
    match proxies.shown() {
        (None, None) => {}
        (Some(http), Some(https)) if http == https => print_line(&mut out, format_args!("proxy: {http}"))?,
        (http, https) => {
            let shown = |proxy: Option<String>| proxy.unwrap_or_else(|| "none".to_owned());
            print_line(&mut out, format_args!("proxy: {} for http, {} for https", shown(http), shown(https)))?;
        }
    }
    if args.verbose {
        for (key, place) in origins {
            print_line(&mut out, format_args!("{key}: {place}"))?;
        }
    }
    if args.connect {
        connect(&loaded, &mut out).await?;
    }
    Ok(())
}

/// Reports the settings in `[kafka.properties]` that librdkafka rejects.
fn kafka_settings(Loaded { settings, origins, .. }: &Loaded) -> Result<(), CliError> {
    let errors =
        daemon::kafka_settings(settings).map(|settings| kafka::settings_faults(&settings.kafka)).unwrap_or_default();
    let lines = errors.into_iter().map(|(name, message)| {
        let key = format!("kafka.properties.{name}");
        let place = origins.get(&key).cloned().unwrap_or(config::Origin::Default);
        format!("{place}: `{key}` {message}")
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { Ok(()) } else { Err(CliError::Usage(lines.join("\n"))) }
}

async fn connect(loaded: &Loaded, out: &mut impl Write) -> Result<(), CliError> {
    let mut failed = 0;
    if let Some(options) = daemon::kafka_settings(&loaded.settings) {
        match kafka::ping(&options).await {
            Ok(brokers) => print_line(out, format_args!("ok      Kafka: {brokers} brokers answer"))?,
            Err(error) => {
                failed += 1;
                print_line(out, format_args!("FAILED  Kafka: {error:#}"))?;
            }
        }
    }
    let registry = daemon::registry(&loaded.settings).map_err(|error| CliError::Work(format!("{error:#}")))?;
    if let Some(registry) = registry {
        let faults = avro::check(&registry, &loaded.settings.topics).await;
        match faults.unwrap_or_else(|error| vec![format!("{error:#}")]).as_slice() {
            [] => print_line(out, format_args!("ok      schema registry: it accepts the schemas"))?,
            faults => {
                failed += 1;
                print_line(out, format_args!("FAILED  schema registry: {}", faults.join("; ")))?;
            }
        }
    }
    let client = daemon::client(&loaded.settings.fetch, Descriptors::now().for_requests())?;
    let client = client.with_sites(SiteRequests::new(loaded.settings.site_requests()));
    client.allow_hosts(Arc::clone(loaded.feeds.hosts()));
    let feeds = loaded.feeds.configs().filter(|feed| !feed.paused);
    let mut tries = futures_util::stream::iter(feeds.map(|feed| try_feed(&client, feed))).buffered(AT_ONCE);
    while let Some((feed, result)) = tries.next().await {
        match result {
            Ok(entries) => print_line(out, format_args!("ok      {}: {entries} entries", feed.id))?,
            Err(error) => {
                failed += 1;
                print_line(out, format_args!("FAILED  {} ({}): {error}", feed.id, feed.url))?;
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(CliError::Work(format!("{failed} checks failed"))) }
}

async fn try_feed<'a>(client: &Client, feed: &'a FeedConfig) -> (&'a FeedConfig, Result<usize, String>) {
    let read = async {
        let target = feed.target().map_err(|error| error.to_string())?;
        let answer = client.get_at(&target, feed.request_kind(), &Validators::default()).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let hints = Hints { url: Some(answer.url.as_str()), content_type: answer.content_type.as_deref(), now: None };
        if !feed.is_page() {
            return Ok(feed::parse(&answer.body, &hints).map_err(|error| error.to_string())?.entries.len());
        }
        let select = feed.select.as_ref().map(|select| select.compile()).transpose();
        let select = select.map_err(|error| error.to_string())?;
        let listing = article::read_listing(&answer.body, &hints, select.as_ref());
        Ok(listing.map_err(|error| error.to_string())?.entries.len())
    };
    (feed, read.await)
}
