//! Builds the parts of a daemon from its settings, for all commands that use the journal or the network.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::descriptors::{Descriptors, FOR_DISCOVERY};
use super::{CliError, logs};
use crate::article::Rules;
use crate::config::{Loaded, Settings};
use crate::entity::knowledge::{self, KnowledgeBase};
use crate::extract::Extractor;
use crate::fetch::{self, Client, Proxies, SiteRequests, Standstill};
use crate::filter::EntryFilter;
use crate::health::Stats;
use crate::journal::avro::{AvroJournal, AvroReader, Registry};
use crate::journal::kafka::{KafkaJournal, KafkaReader, KafkaSettings};
use crate::journal::sqlite::{Newest, SqliteJournal, SqliteReader};
use crate::journal::{Journal, JournalError, Reader, Reason, StartOffset, ValueFormat};
use crate::options::{Live, SecretString};
use crate::pipeline::PipelineDeps;
use crate::record::Topic;
use crate::serve::{self, Archive, EarlierStories, LiveFeedList, RecentActivity, Served};
use crate::state::{Observer, Published};
use crate::telemetry::Traces;

/// A daemon that is ready to run.
pub struct Daemon {
    /// The parts of its pipeline.
    pub parts: PipelineDeps,
    /// The data of its pages.
    pub activity: Arc<RecentActivity>,
    /// The HTTP client for feed discovery.
    pub discovery: Live<Client>,
    /// The requests of sites.
    pub sites: SiteRequests,
}

/// The parts of a daemon that a reload replaces, and its journal.
#[derive(Clone)]
pub struct LiveParts {
    /// The settings that apply.
    pub settings: Live<Settings>,
    /// The HTTP client.
    pub client: Live<Client>,
    /// The HTTP client for feed discovery.
    pub discovery: Live<Client>,
    /// The requests of sites.
    pub sites: SiteRequests,
    /// Finds names and quotations.
    pub extractor: Live<Extractor>,
    /// The rules for the pages of sites.
    pub rules: Live<Rules>,
    /// The keep and block rules.
    pub filter: Live<EntryFilter>,
    /// The counters.
    pub stats: Arc<Stats>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
}

impl Daemon {
    /// Opens the journal and creates the client. `watch` observes each commit, after the pages.
    pub async fn build(loaded: &Loaded, watch: Observer) -> Result<Self, CliError> {
        let settings = &loaded.settings;
        let stats = Arc::<Stats>::default();
        stats.count_labels(&settings.telemetry.labels);
        hide_requests(loaded);
        hide_secrets(settings);
        let sites = SiteRequests::new(settings.site_requests());
        let descriptors = Descriptors::now();
        descriptors.log(&settings.fetch);
        log_proxies(&proxies(&settings.fetch)?);
        let journal = open_journal(settings).await?;
        let (archive, next) = archive(settings);
        let activity = RecentActivity::new(Arc::clone(&stats), archive, next);
        let observer: Observer = {
            // Without pages, nobody sees the copies that they need.
            let pages = settings.serve.enabled.then(|| Arc::clone(&activity));
            Arc::new(move |published: &Published| {
                if let Some(pages) = &pages {
                    pages.show(published);
                }
                watch(published);
            })
        };
        let filter = loaded.entry_filter();
        note_rules(&stats, &filter, settings);
        let client_of_sites = client(&settings.fetch, descriptors.for_requests())?.with_sites(sites.clone());
        let parts = PipelineDeps {
            settings: Live::new(settings.clone()),
            client: Live::new(client_of_sites.with_standstill(standstill(settings))),
            journal,
            extractor: Live::new(extractor(settings)?),
            rules: Live::new(settings.site_rules()),
            filter: Live::new(filter),
            observer,
            stats,
            push_inbox: Arc::default(),
        };
        let discovery = Live::new(client(&settings.fetch, FOR_DISCOVERY)?.with_sites(sites.clone()));
        Ok(Self { parts, activity, discovery, sites })
    }

    /// Returns what a reload replaces.
    pub fn live(&self) -> LiveParts {
        let PipelineDeps { settings, client, extractor, rules, filter, stats, journal, .. } = self.parts.clone();
        LiveParts {
            settings,
            client,
            discovery: self.discovery.clone(),
            sites: self.sites.clone(),
            extractor,
            rules,
            filter,
            stats,
            journal,
        }
    }

    /// Serves health, metrics and pages if the settings enable it.
    pub async fn serve(&self, list: &Arc<LiveFeedList>, stop: &CancellationToken) -> Result<(), CliError> {
        let settings = self.parts.settings.get();
        let serve = &settings.serve;
        if !serve.enabled {
            return Ok(());
        }
        let listener = TcpListener::bind(serve.listen).await.map_err(|error| {
            CliError::Work(format!("cannot listen on {}: {error}; set `serve.listen` to a free port", serve.listen))
        })?;
        self.serve_on(listener, list, stop);
        Ok(())
    }

    /// Serves them on this listener until stopped.
    pub fn serve_on(&self, listener: TcpListener, list: &Arc<LiveFeedList>, stop: &CancellationToken) {
        if let Ok(address) = listener.local_addr() {
            info!("serving pages on http://{address}/");
        }
        let served = Served {
            activity: Arc::clone(&self.activity),
            feed_list: Arc::clone(list),
            discovery: self.discovery.clone(),
            max_connections: Descriptors::now().for_server(),
            settings: self.parts.settings.clone(),
            filter: self.parts.filter.clone(),
            push_inbox: Arc::clone(&self.parts.push_inbox),
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            if let Err(error) = serve::serve(listener, served, stop).await {
                error!(%error, "HTTP server stopped");
            }
        });
    }
}

/// Tells the metrics the names of the keep and block rules.
pub fn note_rules(stats: &Stats, filter: &EntryFilter, settings: &Settings) {
    let names = filter.rules().iter().map(|rule| Arc::clone(&rule.name));
    stats.rules.load(filter.hash(), names, settings.rules.unmatched_after, chrono::Utc::now());
}

/// Opens the archive for the pages, filled from the newest articles of the embedded store. Also returns the number of the next
/// article.
fn archive(settings: &Settings) -> (Option<Archive>, u64) {
    if !settings.serve.enabled {
        return (None, 1);
    }
    let stories = settings.serve.stories;
    let newest = settings.kafka.is_none().then(|| Newest::open(&settings.store.path, &settings.topics.prefix, stories));
    let newest = newest.and_then(|opened| {
        opened
            .inspect_err(|error| {
                warn!(error = format!("{error:#}"), "cannot read earlier articles; the pages show only new ones");
            })
            .ok()
    });
    let next = newest.as_ref().map_or(0, Newest::next_offset);
    let earlier = newest.map(|newest| Box::new(serve::stories(newest)) as EarlierStories);
    match Archive::open(stories, earlier) {
        Ok(archive) => (Some(archive), next),
        Err(error) => {
            warn!(%error, "search disabled: cannot create the temporary database (disk full?)");
            (None, next)
        }
    }
}

/// Starts the export of traces if the settings or the environment name a collector.
pub fn traces(settings: &Settings) -> Result<Option<Traces>, CliError> {
    let instance = settings.kafka.as_ref().map_or("1", |kafka| kafka.instance.as_str());
    Traces::start(&settings.telemetry, instance).map_err(|error| CliError::Usage(format!("[telemetry]: {error}")))
}

/// Hides the secrets of the config from the log.
pub(super) fn hide_secrets(settings: &Settings) {
    let properties = settings.kafka.iter().flat_map(|kafka| &kafka.properties);
    let markers = ["password", "passphrase", "secret", "key", "jaas", "token"];
    // The token endpoint is not secret, and errors name it.
    let secret = |name: &str| markers.iter().any(|marker| name.contains(marker)) && !name.ends_with("endpoint.url");
    let properties = properties.filter(|(name, _)| secret(name)).map(|(_, SecretString(value))| value);
    let registry = settings.kafka.iter().filter_map(|kafka| kafka.registry.as_ref());
    let registry = registry
        .flat_map(|registry| registry.password.iter().chain(&registry.token))
        .map(|SecretString(secret)| secret);
    let pages = settings.serve.token.iter().map(|SecretString(secret)| secret);
    let headers = settings.telemetry.otlp_headers.values().map(|SecretString(value)| value);
    logs::hide(properties.chain(registry).chain(pages).chain(headers).cloned());
    if let Ok(proxies) = proxies(&settings.fetch) {
        logs::hide(proxies.passwords().map(str::to_owned));
    }
}

/// Hides the secrets of the requests of feeds and sites from the log.
pub fn hide_requests(loaded: &Loaded) {
    let of_feeds = loaded.feeds.configs().filter_map(|feed| feed.requests.as_ref());
    let of_sites = loaded.settings.site.iter().filter_map(|site| site.requests.as_ref());
    // Most feeds that set something share it.
    let mut seen = HashSet::new();
    let distinct = of_feeds.chain(of_sites).filter(|requests| seen.insert(Arc::as_ptr(requests)));
    logs::hide(distinct.flat_map(|requests| requests.secrets()).collect::<Vec<_>>());
}

/// Returns the proxies from these options and the environment.
pub fn proxies(options: &fetch::Options) -> Result<Proxies, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    Proxies::new(options, environment).map_err(|error| CliError::Usage(error.to_string()))
}

/// Logs which proxies are used.
fn log_proxies(proxies: &Proxies) {
    match proxies.shown() {
        (None, None) => {}
        (http, https) if http == https => info!(proxy = http, "using a proxy"),
        (http, https) => info!(http, https, "using a proxy"),
    }
}

/// Creates the HTTP client from these options, with a limit on open sockets.
pub fn client(options: &fetch::Options, max_sockets: usize) -> Result<Client, CliError> {
    let client = Client::with_network(options.clone(), proxies(options)?, max_sockets);
    client.map_err(|error| CliError::Work(error.to_string()))
}

/// Has standstills noticed after which other instances may own the sites of this one.
fn standstill(settings: &Settings) -> Arc<Standstill> {
    let Some(kafka) = kafka_settings(settings) else { return Arc::default() };
    let session = kafka.kafka.session_timeout;
    // The last heartbeat lies before the standstill; the next one, which tells of the loss, comes right after it.
    let standstill = Arc::new(Standstill::new(session * 3 / 4, (session / 5).min(Duration::from_secs(5))));
    let watched = Arc::clone(&standstill);
    tokio::spawn(async move { watched.watch().await });
    standstill
}

/// Creates the extractor that these settings describe.
pub fn extractor(settings: &Settings) -> Result<Arc<Extractor>, CliError> {
    let knowledge = match &settings.extract.knowledge {
        Some(path) => {
            KnowledgeBase::load(path).map_err(|error| CliError::Usage(format!("extract.knowledge: {error}")))?
        }
        None => knowledge::default(),
    };
    let extractor = Extractor::named(&settings.extract.entities, &settings.extract.quotes, knowledge);
    extractor.map(Arc::new).map_err(|error| CliError::Usage(error.to_string()))
}

/// Opens Kafka if the settings name it, else the embedded store.
pub async fn open_journal(settings: &Settings) -> Result<Arc<dyn Journal>, CliError> {
    let failed = |error: JournalError| CliError::Work(format!("{error:#}"));
    if let Some(kafka) = kafka_settings(settings) {
        info!(brokers = kafka.kafka.brokers, "writing records to Kafka");
        let journal: Arc<dyn Journal> = Arc::new(KafkaJournal::new(kafka).map_err(failed)?);
        return match registry(settings).map_err(failed)? {
            Some(registry) if settings.topics.format == ValueFormat::Avro => {
                info!("encoding values in Avro");
                Ok(Arc::new(AvroJournal::new(journal, registry, settings.topics.clone())))
            }
            _ => Ok(journal),
        };
    }
    let (store, prefix) = (settings.store.clone(), settings.topics.prefix.clone());
    info!(path = %store.path.display(), "writing records to the embedded store");
    let opened = tokio::task::spawn_blocking(move || SqliteJournal::open(store, &prefix)).await;
    let opened = opened.map_err(|error| CliError::Work(error.to_string()))?;
    Ok(Arc::new(opened.map_err(failed)?))
}

/// Opens a reader of a topic, from Kafka or the embedded store.
pub async fn open_reader(
    loaded: &Loaded,
    topic: Topic,
    from: StartOffset,
    follow: bool,
) -> Result<Box<dyn Reader>, CliError> {
    let settings = Arc::new(loaded.settings.clone());
    reader(settings, topic, from, follow).await.map_err(|error| CliError::Work(format!("{error:#}")))
}

/// Opens a reader from the settings alone.
pub async fn reader(
    settings: Arc<Settings>,
    topic: Topic,
    from: StartOffset,
    follow: bool,
) -> Result<Box<dyn Reader>, JournalError> {
    let registry = registry(&settings)?;
    let opened = tokio::task::spawn_blocking(move || -> Result<Box<dyn Reader>, JournalError> {
        Ok(match kafka_settings(&settings) {
            Some(options) => Box::new(KafkaReader::open(&options, topic, from, follow)?),
            None => Box::new(SqliteReader::open(&settings.store.path, &settings.topics.prefix, topic, from, follow)?),
        })
    });
    let opened = opened.await;
    let opened =
        opened.map_err(|error| JournalError::Fatal(Reason::new("opening the reader ended unexpectedly", error)))??;
    // Needed also without `format = "avro"`: a topic may contain both formats.
    Ok(match registry {
        Some(registry) => Box::new(AvroReader::new(opened, registry)),
        None => opened,
    })
}

/// Creates the client of the schema registry, if the settings name one.
pub fn registry(settings: &Settings) -> Result<Option<Registry>, JournalError> {
    let registry = settings.kafka.as_ref().and_then(|kafka| kafka.registry.clone());
    registry.map(Registry::new).transpose()
}

/// Returns the settings of the Kafka journal; `None` without `[kafka]`.
pub fn kafka_settings(settings: &Settings) -> Option<KafkaSettings> {
    let (kafka, topics) = (settings.kafka.clone()?, settings.topics.clone());
    Some(KafkaSettings { kafka, topics, window: settings.duplicates.window, ..KafkaSettings::default() })
}
