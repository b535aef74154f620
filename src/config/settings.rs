//! The typed settings with their defaults: the only definition behind the config file, the environment and the faults.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::kafka::Kafka;
use super::site::{self, Site};
use super::telemetry::Telemetry;
use crate::address::{Credentials, Place};
use crate::article::Rules;
use crate::options::SecretString;

/// All settings of `config/dateline.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Feed lists: TOML or OPML files, relative to the config file.
    pub feeds: FeedFiles,
    /// Topic names and sizes.
    pub topics: Topics,
    /// The HTTP client.
    pub fetch: Fetch,
    /// When feeds are polled.
    pub schedule: Schedule,
    /// Stages, channels and workers.
    pub pipeline: Pipeline,
    /// Articles after they were published.
    pub articles: Articles,
    /// Near-duplicates.
    pub duplicates: Duplicates,
    /// Group commit.
    pub commit: Commit,
    /// The embedded store; used where there is no `[kafka]`.
    pub store: Store,
    /// Kafka; the embedded store is used where it is absent.
    pub kafka: Option<Kafka>,
    /// Entities and quotations.
    pub extract: Extract,
    /// Health, metrics and pages.
    pub serve: Serve,
    /// Feeds that are pushed.
    pub websub: Websub,
    /// Traces.
    pub telemetry: Telemetry,
    /// Logs.
    pub log: Log,
    /// Rules by hand for the pages of some sites.
    pub site: Vec<Site>,
}

impl Settings {
    /// Returns the custom rules, compiled.
    pub fn site_rules(&self) -> Rules {
        site::rules(&self.site)
    }
}

/// The models that `extract.entities` and `extract.quotes` may name.
pub(super) const TAGGERS: [&str; 2] = ["fast", "accurate"];

/// Entities and quotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extract {
    /// What finds the names.
    pub entities: String,
    /// What finds the quotations.
    pub quotes: String,
    /// What entities are linked to: a table made by `dateline knowledge`; what the program carries when left out.
    pub knowledge: Option<PathBuf>,
}

impl Default for Extract {
    fn default() -> Self {
        Self { entities: "fast".into(), quotes: "fast".into(), knowledge: None }
    }
}

/// Health, metrics and pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Whether they are served.
    pub enabled: bool,
    /// Where: address and port.
    pub listen: std::net::SocketAddr,
    /// Names of hosts under which a server on loopback may be asked, beside loopback's own.
    pub hosts: Vec<String>,
    /// What changes must bring. Without it only requests from this machine to a server on loopback may change anything.
    pub token: Option<SecretString>,
    /// Stories kept for the pages and the search in them, the newest.
    pub stories: u64,
}

impl Default for Serve {
    fn default() -> Self {
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { enabled: false, listen, hosts: Vec::new(), token: None, stories: 50_000 }
    }
}

/// Feeds that are pushed by a hub (WebSub).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Websub {
    /// Where hubs reach what `serve` serves; nothing is subscribed to without it.
    pub callback: Option<String>,
    /// How long a subscription is asked for before it is renewed; the hub decides.
    #[serde(with = "crate::options::duration")]
    pub lease: Duration,
}

impl Default for Websub {
    fn default() -> Self {
        Self { callback: None, lease: Duration::from_secs(10 * 86_400) }
    }
}

/// Feed list files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedFiles {
    /// Paths relative to the config file: `.toml` or `.opml`.
    pub files: Vec<PathBuf>,
}

impl Default for FeedFiles {
    fn default() -> Self {
        Self { files: vec![PathBuf::from("feeds.toml")] }
    }
}

/// Topic names and sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// Before the dot of every topic name.
    pub prefix: String,
    /// Partitions of each topic (Kafka only).
    pub partitions: i32,
    /// Copies of each partition (Kafka only); 0 takes the broker's default.
    pub replication: i32,
    /// How long the record topics keep their records (Kafka only).
    #[serde(with = "crate::options::duration")]
    pub retention: Duration,
    /// How values are written.
    pub format: ValueFormat,
}

/// How the values of records are written. The daemon's own state is always JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFormat {
    /// JSON text.
    #[default]
    Json,
    /// Avro, with the schemas in a registry (Kafka only).
    Avro,
}

impl Default for Topics {
    fn default() -> Self {
        let (format, retention) = (ValueFormat::default(), Duration::from_secs(30 * 86_400));
        Self { prefix: "dateline".into(), partitions: 6, replication: 0, retention, format }
    }
}

/// The HTTP client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fetch {
    /// A page that tells publishers who reads their feeds and how to reach them; part of the User-Agent.
    pub contact: String,
    /// Time to connect, TLS included.
    #[serde(with = "crate::options::duration")]
    pub connect_timeout: Duration,
    /// The longest silence within a response.
    #[serde(with = "crate::options::duration")]
    pub read_timeout: Duration,
    /// The longest time for one request, redirects and body included.
    #[serde(with = "crate::options::duration")]
    pub total_timeout: Duration,
    /// Largest body as sent, in bytes.
    pub max_body_bytes: u64,
    /// Largest body after decompression, in bytes.
    pub max_decoded_bytes: u64,
    /// Requests at once to one host (registrable domain).
    pub per_host: usize,
    /// Least time between the starts of two requests to one host.
    #[serde(with = "crate::options::duration")]
    pub host_delay: Duration,
    /// Requests at once in all.
    pub concurrency: usize,
    /// Most redirects followed.
    pub max_redirects: usize,
    /// Hosts or addresses inside private networks that may be fetched although no feed is listed there.
    pub allow_private: Vec<String>,
    /// Domains, addresses and networks that links and redirects never lead to.
    pub deny: Vec<String>,
    /// The proxy for all requests, instead of the one that the environment names. Its URL may hold a password.
    pub proxy: Option<SecretString>,
    /// Hosts that are asked without a proxy, instead of those that the environment names.
    pub no_proxy: Option<Vec<String>>,
    /// Certificates in PEM that are trusted beside the system's, as for a proxy of one's own.
    pub ca_file: Option<PathBuf>,
    /// Whether `file:` URLs may be listed as feeds.
    pub files: bool,
    /// Whether story pages are fetched as their host's robots.txt allows; feeds always are, since the user asked for them.
    pub robots: bool,
    /// The longest `Crawl-delay` of a robots.txt that is kept to.
    #[serde(with = "crate::options::duration")]
    pub max_crawl_delay: Duration,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            contact: "https://github.com/dateline-news/dateline".into(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(60),
            max_body_bytes: 10 << 20,
            max_decoded_bytes: 40 << 20,
            per_host: 2,
            host_delay: Duration::ZERO,
            concurrency: 64,
            max_redirects: 5,
            allow_private: Vec::new(),
            deny: Vec::new(),
            proxy: None,
            no_proxy: None,
            ca_file: None,
            files: false,
            robots: true,
            max_crawl_delay: Duration::from_secs(30),
        }
    }
}

/// When feeds are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Between two polls of a feed that says nothing of its own.
    #[serde(with = "crate::options::duration")]
    pub interval: Duration,
    /// Never more often than this.
    #[serde(with = "crate::options::duration")]
    pub min_interval: Duration,
    /// Never less often than this, back-off included.
    #[serde(with = "crate::options::duration")]
    pub max_interval: Duration,
    /// Share of an interval by which polls are spread, 0–0.5.
    pub jitter: f64,
    /// Whether a feed without an interval of its own is polled by the rhythm of its entries.
    pub rhythm: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(600),
            min_interval: Duration::from_secs(60),
            max_interval: Duration::from_secs(86_400),
            jitter: 0.1,
            rhythm: true,
        }
    }
}

/// When a story's page is fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pages {
    /// When the feed does not carry the full text.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: the feed's own text is taken.
    Never,
}

/// Stages, channels and workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pipeline {
    /// When story pages are fetched.
    pub pages: Pages,
    /// Feeds that are being read at once.
    pub open_polls: usize,
    /// Stories of one feed in flight at once.
    pub stories_per_feed: usize,
    /// Room of each channel between two stages.
    pub channel: usize,
    /// Threads for parsing and extraction; 0 is one for each core.
    pub cpu_threads: usize,
    /// Entries taken from one reading of a feed.
    pub max_entries: usize,
    /// How long a stop may take before what is in flight is given up (it is read again at the next start).
    #[serde(with = "crate::options::duration")]
    pub drain_timeout: Duration,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            pages: Pages::Auto,
            open_polls: 128,
            stories_per_feed: 4,
            channel: 64,
            cpu_threads: 0,
            max_entries: 2_000,
            drain_timeout: Duration::from_secs(20),
        }
    }
}

/// Articles after they were published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Articles {
    /// The ages of a story at which its page is looked at again; none: never.
    #[serde(with = "crate::options::duration::list")]
    pub revisit: Vec<Duration>,
    /// Least time between two such looks at one host (registrable domain).
    #[serde(with = "crate::options::duration")]
    pub revisit_gap: Duration,
    /// Bytes of packed last revisions, by which changes are told.
    pub max_bytes: usize,
}

impl Default for Articles {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            revisit: [15, 60, 6 * 60, 24 * 60].map(minutes).to_vec(),
            revisit_gap: Duration::from_secs(5),
            max_bytes: 128 << 20,
        }
    }
}

/// Near-duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Duplicates {
    /// How long an article is compared with later ones.
    #[serde(with = "crate::options::duration")]
    pub window: Duration,
    /// Articles that are compared, the newest.
    pub max_articles: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { window: Duration::from_secs(72 * 3_600), max_articles: 100_000 }
    }
}

/// Group commit: the first limit reached closes a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Commit {
    /// After the first batch of a group.
    #[serde(with = "crate::options::duration")]
    pub linger: Duration,
    /// Records in a group.
    pub max_records: usize,
    /// Bytes in a group.
    pub max_bytes: usize,
}

impl Default for Commit {
    fn default() -> Self {
        Self { linger: Duration::from_millis(100), max_records: 10_000, max_bytes: 16 << 20 }
    }
}

/// The embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The SQLite file, relative to the config file.
    pub path: PathBuf,
    /// Records older than this are removed; none are without it.
    #[serde(with = "crate::options::duration::optional")]
    pub retention: Option<Duration>,
    /// Beyond so many bytes of the file the oldest records are removed.
    pub max_bytes: Option<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self { path: PathBuf::from("data/dateline.db"), retention: None, max_bytes: None }
    }
}

/// Logs, on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter like `info,dateline::fetch=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".into() }
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one JSON object a line.
    Json,
}

/// One feed of the feed list (`[[feed]]` in TOML, an outline in OPML).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Unique; made from the URL's host and path where the list gives none.
    #[serde(default)]
    pub id: String,
    /// Where it is: what may be told of it. User and password stay in `credentials`, and so does a private feed's query.
    pub url: String,
    /// What its server wants to see, and nobody else may.
    #[serde(skip)]
    pub credentials: Credentials,
    /// The id that the list gives it, where that holds a secret, so that it has another one here.
    #[serde(skip)]
    pub former_id: Option<String>,
    /// A name for people.
    #[serde(default)]
    pub title: Option<String>,
    /// Who publishes it, where the feed does not tell.
    #[serde(default)]
    pub publisher: Option<String>,
    /// Language tag, where the feed does not tell.
    #[serde(default)]
    pub language: Option<String>,
    /// Where it stands among the user's folders, outermost first, parted by ` / `; exports nest by it.
    #[serde(default)]
    pub folder: Option<String>,
    /// Between two polls, instead of `schedule.interval`.
    #[serde(default, with = "crate::options::duration::optional")]
    pub interval: Option<Duration>,
    /// When its pages are fetched, instead of `pipeline.pages`.
    #[serde(default)]
    pub pages: Option<Pages>,
    /// Not polled while true.
    #[serde(default)]
    pub paused: bool,
    /// Read in full at every poll, for a server that says "not changed" when it has.
    #[serde(default)]
    pub full_fetch: bool,
    /// Whether the query of its URL is a secret too.
    #[serde(default)]
    pub private: bool,
}

impl FeedConfig {
    /// Splits the URL as it was written into its public part and its credentials.
    pub fn set_url(&mut self, written: Url) {
        let (url, credentials) = Credentials::split(written, self.private);
        (self.url, self.credentials) = (url.into(), credentials);
    }

    /// Returns the URL as it is written in a list. Must not be shown.
    pub fn written_url(&self) -> String {
        self.credentials.join(&self.url).map_or_else(|_| self.url.clone(), String::from)
    }

    /// Returns the place from which to request the feed.
    pub fn place(&self) -> Result<Place, ParseError> {
        self.place_at(&self.url)
    }

    /// Returns the place of a feed that moved to another URL.
    pub fn place_at(&self, url: &str) -> Result<Place, ParseError> {
        Place::of_feed(&self.credentials, &self.url, url)
    }

    /// Returns whether both feeds have the same URL and are requested with the same credentials.
    pub fn is_at_same_place(&self, other: &Self) -> bool {
        self.url == other.url && self.credentials == other.credentials
    }
}
