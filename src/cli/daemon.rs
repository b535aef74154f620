//! Builds the parts of a daemon from its settings, for all commands that use the journal or the network.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::descriptors::{Descriptors, FOR_DISCOVERY};
use super::{Failure, logs};
use crate::article::Rules;
use crate::config::{self, Loaded, Settings, Token, ValueFormat};
use crate::entity::knowledge::{self, KnowledgeBase};
use crate::extract::Extractor;
use crate::fetch::{self, Client, Proxies};
use crate::journal::avro::{Access, AvroJournal, AvroReader, Registry};
use crate::journal::kafka::{self, KafkaJournal, KafkaReader};
use crate::journal::sqlite::{Newest, Retention, SqliteJournal, SqliteReader};
use crate::journal::{From, Journal, JournalError, Reader};
use crate::pipeline::{Observer, Parts, Published, Stats};
use crate::record::Topic;
use crate::serve::{self, Archive, Board, Earlier, Roster, Served};
use crate::telemetry::{self, Traces};

/// A daemon that is ready to run.
pub struct Daemon {
    /// The parts of its pipeline.
    pub parts: Parts,
    /// What its pages show.
    pub board: Arc<Board>,
    /// Replaces the site rules.
    pub rules: watch::Sender<Arc<Rules>>,
}

impl Daemon {
    /// Opens the journal and creates the client. `watch` observes each commit, after the pages.
    pub async fn build(loaded: &Loaded, watch: Observer) -> Result<Self, Failure> {
        let settings = &loaded.settings;
        let stats = Arc::<Stats>::default();
        hide_secrets(settings);
        let descriptors = Descriptors::now();
        descriptors.log(&settings.fetch);
        log_proxies(&proxies(&settings.fetch)?);
        let journal = open_journal(settings).await?;
        let (archive, next) = archive(settings);
        let board = Board::new(Arc::clone(&stats), archive, next);
        let observer: Observer = {
            let board = Arc::clone(&board);
            Arc::new(move |published: &Published| {
                board.show(published);
                watch(published);
            })
        };
        let (rules_in, rules) = watch::channel(Arc::new(settings.site_rules()));
        let parts = Parts {
            settings: Arc::new(settings.clone()),
            client: Arc::new(client(&settings.fetch, descriptors.for_requests())?),
            journal,
            extractor: extractor(settings)?,
            rules,
            observer,
            stats,
            desk: Arc::default(),
        };
        Ok(Self { parts, board, rules: rules_in })
    }

    /// Serves health, metrics and pages if the settings enable it.
    pub async fn serve(&self, roster: &Arc<Roster>, stop: &CancellationToken) -> Result<(), Failure> {
        let serve = &self.parts.settings.serve;
        if !serve.enabled {
            return Ok(());
        }
        let listener = TcpListener::bind(serve.listen).await.map_err(|error| {
            Failure::Work(format!("cannot listen on {}: {error}; set `serve.listen` to a free port", serve.listen))
        })?;
        self.serve_on(listener, roster, stop)
    }

    /// Serves them on this listener until stopped.
    pub fn serve_on(
        &self,
        listener: TcpListener,
        roster: &Arc<Roster>,
        stop: &CancellationToken,
    ) -> Result<(), Failure> {
        let settings = &self.parts.settings;
        let max_push = usize::try_from(settings.fetch.max_body_bytes).unwrap_or(usize::MAX);
        if let Ok(address) = listener.local_addr() {
            info!("pages on http://{address}/");
        }
        let served = Served {
            board: Arc::clone(&self.board),
            roster: Arc::clone(roster),
            scout: Arc::new(client(&settings.fetch, FOR_DISCOVERY)?),
            max_connections: Descriptors::now().for_server(),
            settings: Arc::clone(settings),
            desk: (Arc::clone(&self.parts.desk), max_push),
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            if let Err(error) = serve::serve(listener, served, stop).await {
                error!(%error, "the pages are served no more");
            }
        });
        Ok(())
    }
}

/// Opens the archive for the pages, filled from the newest articles of the embedded store. Also returns the number of the next
/// article.
fn archive(settings: &Settings) -> (Option<Archive>, u64) {
    if !settings.serve.enabled {
        return (None, 1);
    }
    let stories = settings.serve.stories;
    let newest = settings.kafka.is_none().then(|| Newest::open(&settings.store.path, &settings.topics.prefix, stories));
    let newest =
        newest.and_then(|opened| opened.inspect_err(|error| warn!(%error, "earlier stories are not shown")).ok());
    let next = newest.as_ref().map_or(0, Newest::next_offset);
    let earlier = newest.map(|newest| Box::new(serve::stories(newest)) as Earlier);
    match Archive::open(stories, earlier) {
        Ok(archive) => (Some(archive), next),
        Err(error) => {
            warn!(%error, "pages without search; is there room in the temporary folder?");
            (None, next)
        }
    }
}

/// Starts the export of traces if the settings or the environment name a collector.
pub fn traces(settings: &Settings) -> Result<Option<Traces>, Failure> {
    let config::Telemetry { otlp_endpoint: endpoint, otlp_headers: headers, service_name: service } =
        settings.telemetry.clone();
    let instance = settings.kafka.as_ref().map_or_else(|| "1".to_owned(), |kafka| kafka.instance.clone());
    let options = telemetry::Options { endpoint, headers, service, instance };
    Traces::start(&options).map_err(|error| Failure::Usage(format!("[telemetry]: {error}")))
}

/// Keeps the secrets of the config out of the log.
fn hide_secrets(settings: &Settings) {
    let properties = settings.kafka.iter().flat_map(|kafka| &kafka.properties);
    let words = ["password", "passphrase", "secret", "key", "jaas", "token"];
    // The token endpoint is not secret, and errors name it.
    let secret = |name: &str| words.iter().any(|word| name.contains(word)) && !name.ends_with("endpoint.url");
    let properties = properties.filter(|(name, _)| secret(name)).map(|(_, Token(value))| value);
    let registry = settings.kafka.iter().filter_map(|kafka| kafka.registry.as_ref());
    let registry =
        registry.flat_map(|registry| registry.password.iter().chain(&registry.token)).map(|Token(secret)| secret);
    let pages = settings.serve.token.iter().map(|Token(secret)| secret);
    logs::hide(properties.chain(registry).chain(pages).chain(settings.telemetry.otlp_headers.values()).cloned());
    if let Ok(proxies) = proxies(&settings.fetch) {
        logs::hide(proxies.passwords().map(str::to_owned));
    }
}

/// Returns the proxies from these settings and the environment.
pub fn proxies(settings: &config::Fetch) -> Result<Proxies, Failure> {
    let proxy = settings.proxy.as_ref().map(|Token(url)| url.as_str());
    let environment = |name: &str| std::env::var(name).ok();
    Proxies::new(proxy, settings.no_proxy.as_deref(), environment).map_err(Failure::Usage)
}

/// Logs which proxies are used.
fn log_proxies(proxies: &Proxies) {
    match proxies.shown() {
        (None, None) => {}
        (http, https) if http == https => info!(proxy = http, "requests go through a proxy"),
        (http, https) => info!(http, https, "requests go through a proxy"),
    }
}

/// Creates the HTTP client from these settings, with a limit on open sockets.
pub fn client(settings: &config::Fetch, max_sockets: usize) -> Result<Client, Failure> {
    let proxies = proxies(settings)?;
    let settings = settings.clone();
    Client::new(fetch::Options {
        contact: settings.contact,
        connect_timeout: settings.connect_timeout,
        read_timeout: settings.read_timeout,
        total_timeout: settings.total_timeout,
        max_body_bytes: settings.max_body_bytes,
        max_decoded_bytes: settings.max_decoded_bytes,
        per_host: settings.per_host,
        host_delay: settings.host_delay,
        concurrency: settings.concurrency,
        max_redirects: settings.max_redirects,
        allow_private: settings.allow_private,
        deny: settings.deny,
        proxies,
        max_sockets,
        ca_file: settings.ca_file,
        files: settings.files,
        robots: settings.robots,
        max_crawl_delay: settings.max_crawl_delay,
    })
    .map_err(|error| Failure::Work(error.to_string()))
}

/// Creates the extractor that these settings describe.
pub fn extractor(settings: &Settings) -> Result<Arc<Extractor>, Failure> {
    let knowledge = match &settings.extract.knowledge {
        Some(path) => {
            KnowledgeBase::load(path).map_err(|error| Failure::Usage(format!("extract.knowledge: {error}")))?
        }
        None => knowledge::default(),
    };
    let extractor = Extractor::named(&settings.extract.entities, &settings.extract.quotes, knowledge);
    extractor.map(Arc::new).map_err(|error| Failure::Usage(error.to_string()))
}

/// Opens Kafka if the settings name it, else the embedded store.
pub async fn open_journal(settings: &Settings) -> Result<Arc<dyn Journal>, Failure> {
    let failed = |error: JournalError| Failure::Work(error.to_string());
    if let Some(options) = kafka_options(settings) {
        info!(brokers = options.brokers, "records go to Kafka");
        let journal: Arc<dyn Journal> = Arc::new(KafkaJournal::new(options).map_err(failed)?);
        return match registry(settings).map_err(failed)? {
            Some(registry) if settings.topics.format == ValueFormat::Avro => {
                info!("values are written in Avro");
                Ok(Arc::new(AvroJournal::new(journal, registry, &settings.topics.prefix)))
            }
            _ => Ok(journal),
        };
    }
    let (path, prefix) = (settings.store.path.clone(), settings.topics.prefix.clone());
    let retention = Retention { age: settings.store.retention, bytes: settings.store.max_bytes };
    info!(path = %path.display(), "records go to the embedded store");
    let opened = tokio::task::spawn_blocking(move || SqliteJournal::open(&path, &prefix, retention)).await;
    let opened = opened.map_err(|error| Failure::Work(error.to_string()))?;
    Ok(Arc::new(opened.map_err(failed)?))
}

/// Opens a reader of a topic, from Kafka or the embedded store.
pub async fn open_reader(loaded: &Loaded, topic: Topic, from: From, follow: bool) -> Result<Box<dyn Reader>, Failure> {
    let settings = Arc::new(loaded.settings.clone());
    reader(settings, topic, from, follow).await.map_err(|error| Failure::Work(error.to_string()))
}

/// Opens a reader from the settings alone.
pub async fn reader(
    settings: Arc<Settings>,
    topic: Topic,
    from: From,
    follow: bool,
) -> Result<Box<dyn Reader>, JournalError> {
    let registry = registry(&settings)?;
    let opened = tokio::task::spawn_blocking(move || -> Result<Box<dyn Reader>, JournalError> {
        Ok(match kafka_options(&settings) {
            Some(options) => Box::new(KafkaReader::open(&options, topic, from, follow)?),
            None => Box::new(SqliteReader::open(&settings.store.path, &settings.topics.prefix, topic, from, follow)?),
        })
    });
    let opened = opened.await;
    let opened =
        opened.map_err(|error| JournalError::Fatal(format!("the reader's opening ended early: {error}")))??;
    // Needed also without `format = "avro"`: a topic may contain both formats.
    Ok(match registry {
        Some(registry) => Box::new(AvroReader::new(opened, registry)),
        None => opened,
    })
}

/// Creates the client of the schema registry, if the settings name one.
pub fn registry(settings: &Settings) -> Result<Option<Registry>, JournalError> {
    let Some(registry) = settings.kafka.as_ref().and_then(|kafka| kafka.registry.clone()) else { return Ok(None) };
    let config::Registry { url, user, password, token } = registry;
    let access = match (user, password, token) {
        (_, _, Some(Token(token))) => Access::Token(token),
        (Some(user), Some(Token(password)), None) => Access::Basic(user, password),
        _ => Access::Open,
    };
    Registry::new(&url, access).map(Some)
}

/// Returns the options of the Kafka journal; `None` without `[kafka]`.
pub fn kafka_options(settings: &Settings) -> Option<kafka::Options> {
    let config::Kafka {
        brokers, instance, transaction_timeout, session_timeout, static_membership, properties, ..
    } = settings.kafka.clone()?;
    let properties = properties.into_iter().map(|(key, Token(value))| (key, value)).collect();
    let config::Topics { prefix, partitions, replication, retention, .. } = settings.topics.clone();
    Some(kafka::Options {
        brokers,
        prefix,
        instance,
        partitions,
        replication,
        retention,
        transaction_timeout,
        session_timeout,
        static_membership,
        properties,
    })
}
