//! A polite HTTP client.
//!
//! It sends conditional requests with the validators exactly as received; bounds every size and time; limits the
//! requests to one host and pauses between them; respects robots.txt for pages; sends no cookies and no referrer; lets
//! no redirect or link reach private networks (see `guard`); and opens no more sockets than there are (see `sockets`).

mod body;
mod challenge;
mod client;
mod error;
mod file;
mod freshness;
mod guard;
mod host_list;
mod hosts;
mod link;
mod post;
mod proxy;
mod resolver;
mod robots;
mod robots_cache;
mod sockets;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

pub use client::Client;
pub use error::{Class, FetchError};
pub use host_list::HostList;
pub use hosts::registrable;
pub use proxy::{Proxies, proxy_url};
pub use sockets::SocketBudget;

/// Limits and politeness settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// A page or mail address that shows publishers who reads them; part of the User-Agent.
    pub contact: String,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// The longest silence within a response.
    pub read_timeout: Duration,
    /// The longest time for one request, including redirects and body but not the wait for the host's turn.
    pub total_timeout: Duration,
    /// Largest body as sent, in bytes.
    pub max_body_bytes: u64,
    /// Largest body after decompression, in bytes.
    pub max_decoded_bytes: u64,
    /// Concurrent requests to one registrable domain.
    pub per_host: usize,
    /// Least time between the starts of two requests to one registrable domain.
    pub host_delay: Duration,
    /// Concurrent requests in all.
    pub concurrency: usize,
    /// Most redirects followed.
    pub max_redirects: usize,
    /// Hosts (`news.internal`, `10.1.2.3`) inside private networks that may be fetched on any port.
    pub allow_private: Vec<String>,
    /// Domains, addresses and networks that links and redirects never lead to.
    pub deny: Vec<String>,
    /// The proxies.
    pub proxies: Proxies,
    /// Sockets that may be open at once. If they are too few for `concurrency`, fewer requests run at once.
    pub max_sockets: usize,
    /// A PEM file of certificates that are trusted in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether `file:` URLs of feeds are read.
    pub files: bool,
    /// Whether robots.txt is checked before a host's pages are fetched.
    pub robots: bool,
    /// The longest `Crawl-delay` that is respected.
    pub max_crawl_delay: Duration,
}

/// The kind of document requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A feed document.
    Feed,
    /// An article's page: only as the host's robots.txt allows.
    Page,
    /// A robots.txt.
    Robots,
}

impl Kind {
    fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
            }
            Self::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
            Self::Robots => "text/plain, */*;q=0.5",
        }
    }
}

/// A document's validators, byte for byte as the server sent them (RFC 9110, section 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, with quotes and `W/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The URL that sent them: they say nothing about any other URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Validators {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Returns whether another URL than this one sent them.
    pub fn are_of_another(&self, url: &Url) -> bool {
        !self.is_empty() && self.url.as_deref().is_some_and(|own| own != url.as_str())
    }
}

/// A document, or the answer that it has not changed.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status: 2xx or 304.
    pub status: u16,
    /// The document's URL after redirects.
    pub url: Url,
    /// The new URL if it moved: the target of the leading permanent redirects (301, 308).
    pub moved: Option<Url>,
    /// 304: the validators are still valid.
    pub not_modified: bool,
    /// 226: the body has only the new entries (RFC 3229).
    pub partial: bool,
    /// Decompressed; empty for 304.
    pub body: Vec<u8>,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// For the next request: those of this answer; on 304, the old ones unless the server sent new ones.
    pub validators: Validators,
    /// How long it stays fresh (`Cache-Control`, `Expires`).
    pub fresh: Option<Duration>,
    /// `Retry-After`, from now.
    pub retry_after: Option<Duration>,
    /// What its `Link` headers name.
    pub links: Links,
}

/// What `Link` headers name: a document's hubs and its canonical URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `rel=hub`.
    pub hubs: Vec<Url>,
    /// `rel=self`.
    pub own: Option<Url>,
}
