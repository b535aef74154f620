//! A polite HTTP client.
//!
//! It sends conditional requests with the validators exactly as received; bounds every size and time; limits the
//! concurrent requests to one host and spaces them; respects robots.txt for pages; keeps no cookies and sends no referrer;
//! follows no redirect or link into private networks (see `guard`); and opens no more sockets than the process may (see
//! `sockets`).

mod body;
mod challenge;
mod client;
mod connections;
mod error;
mod file;
mod freshness;
mod guard;
mod host_list;
mod hosts;
mod link;
mod options;
mod origin_cache;
mod post;
mod proxy;
mod proxy_url;
pub mod requests;
mod reserved;
mod resolver;
mod robots;
mod robots_entry;
mod route;
mod sockets;
mod standstill;
mod target;
mod tdm;
mod tdm_file;
mod tdm_files;
mod tls;
mod transports;
mod well_known;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

pub use client::Client;
pub use connections::ClientError;
pub use error::{Class, FetchError};
pub use guard::host_and_port;
pub use host_list::{HostList, HostListError};
pub use hosts::registrable;
pub use options::Options;
pub use proxy::{Proxies, ProxyError};
pub use proxy_url::ProxyUrlError;
pub use requests::{Requests, SiteRequests};
pub use sockets::SocketBudget;
pub use standstill::Standstill;
pub use target::Target;
pub use tdm_file::TdmRule;

/// The kind of document requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A feed document.
    Feed,
    /// An article's page: only as the host's robots.txt allows.
    Page,
    /// A robots.txt.
    Robots,
    /// A tdmrep.json.
    TdmFile,
}

impl Kind {
    /// Returns whether it is a file for robots, which needs no login.
    fn is_public(self) -> bool {
        matches!(self, Self::Robots | Self::TdmFile)
    }

    fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
            }
            Self::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
            Self::Robots => "text/plain, */*;q=0.5",
            Self::TdmFile => "application/json, */*;q=0.5",
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
    /// What its headers say about its use.
    pub reserved: ReservationHeaders,
}

/// The headers that say what may be done with a document, as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReservationHeaders {
    /// `X-Robots-Tag`.
    pub robots: Vec<String>,
    /// `tdm-reservation`.
    pub tdm: Option<String>,
    /// `tdm-policy`.
    pub policy: Option<String>,
}

/// What `Link` headers name: a document's hubs and its canonical URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `rel=hub`.
    pub hubs: Vec<Url>,
    /// `rel=self`.
    pub own: Option<Url>,
}
