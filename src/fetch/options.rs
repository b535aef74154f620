//! The section `[fetch]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::host_list::HostList;
use super::proxy_url::proxy_url;
use crate::options::{Checks, InvalidOption, SecretString};

/// The limits and the politeness of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// A web page or mail address that tells publishers who reads their feeds; part of the User-Agent.
    pub contact: String,
    /// Time to connect, TLS included.
    #[serde(with = "crate::options::duration")]
    pub connect_timeout: Duration,
    /// The longest silence within a response.
    #[serde(with = "crate::options::duration")]
    pub read_timeout: Duration,
    /// The longest time for one request, including redirects and body but not the wait for the host's turn.
    #[serde(with = "crate::options::duration")]
    pub total_timeout: Duration,
    /// Largest body as sent, in bytes.
    pub max_body_bytes: u64,
    /// Largest body after decompression, in bytes.
    pub max_decoded_bytes: u64,
    /// Concurrent requests to one registrable domain.
    pub per_host: usize,
    /// Minimum time between the starts of two requests to one registrable domain.
    #[serde(with = "crate::options::duration")]
    pub host_delay: Duration,
    /// Concurrent requests in all.
    pub concurrency: usize,
    /// The maximum number of redirects followed.
    pub max_redirects: usize,
    /// Domains, addresses and networks (`news.internal`, `10.1.2.0/24`) in private networks from which pages may be fetched. The
    /// hosts of listed feeds are always allowed.
    pub allow_private: Vec<String>,
    /// Domains, addresses and networks that links and redirects must not lead to.
    pub deny: Vec<String>,
    /// The proxy for all requests, instead of the environment's. Its URL may hold a password.
    pub proxy: Option<SecretString>,
    /// Hosts that are reached without the proxy, instead of the environment's.
    pub no_proxy: Option<Vec<String>>,
    /// A PEM file of certificates that are trusted in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether `file:` URLs may be listed as feeds.
    pub files: bool,
    /// Whether article pages are fetched only as their host's robots.txt allows. Feeds are exempt: the user asked for them.
    pub robots: bool,
    /// Whether the reservations in the tdmrep.json of each origin are read.
    pub tdmrep: bool,
    /// The longest `Crawl-delay` that is respected.
    #[serde(with = "crate::options::duration")]
    pub max_crawl_delay: Duration,
}

impl Default for Options {
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
            tdmrep: true,
            max_crawl_delay: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// Returns the defaults with every optional key set, to tell all keys and their types.
    pub fn with_every_key() -> Self {
        Self { proxy: Some(SecretString::default()), no_proxy: Some(Vec::new()), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let has_scheme = ["http://", "https://", "mailto:"].iter().any(|scheme| self.contact.starts_with(scheme));
        checks.require(
            has_scheme,
            "contact",
            "must be a web page or mail address; write \"https://example.org/our-bot\" or \"mailto:bot@example.org\"",
        );
        checks.require(self.contact.is_ascii(), "contact", "must be plain ASCII, since it is sent in a header");
        checks.positive([("per_host", self.per_host), ("concurrency", self.concurrency)]);
        for (key, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            checks.require(!timeout.is_zero(), key, "must not be zero; write \"20s\"");
        }
        if let Some(Err(error)) = self.proxy.as_ref().map(|SecretString(url)| proxy_url(url)) {
            checks.require(false, "proxy", error.to_string());
        }
        for (key, hosts) in [("no_proxy", self.no_proxy.as_deref().unwrap_or_default()), ("deny", &self.deny)] {
            if let Err(error) = HostList::parse(hosts.iter().map(String::as_str)) {
                checks.require(false, key, format!("has an invalid entry: {error}"));
            }
        }
        checks.require(self.max_body_bytes > 0, "max_body_bytes", "must be at least 1");
        checks.require(
            self.max_decoded_bytes >= self.max_body_bytes,
            "max_decoded_bytes",
            "must not be below `max_body_bytes`",
        );
        checks.finish()
    }
}
