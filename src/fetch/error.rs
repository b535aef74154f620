//! Why a document could not be had.

use std::error::Error;
use std::time::Duration;

use url::Url;

use super::{proxy, resolver, tls};

/// Why a document could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The URL is none, or its scheme is not http or https.
    #[error("{0}")]
    Url(String),
    /// The address lies in a private network and no feed is listed there, or it is denied.
    #[error("{0}")]
    Refused(String),
    /// The host name has no address.
    #[error("no address for {0}")]
    Dns(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection is not secure.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// It took too long.
    #[error("{0}")]
    Timeout(String),
    /// The server answered with an error.
    #[error("HTTP status {status}{}", if *.blocked { " (the server refuses us)" } else { "" })]
    Status {
        /// The status.
        status: u16,
        /// `Retry-After`, from now.
        retry_after: Option<Duration>,
        /// 401, 403, 429 or a challenge.
        blocked: bool,
    },
    /// The host's robots.txt forbids it, or cannot be had.
    #[error("{0}")]
    Disallowed(String),
    /// Redirects that lead nowhere.
    #[error("{0}")]
    Redirect(String),
    /// More than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// The answer is no HTTP, or was cut off, or its coding is broken.
    #[error("{0}")]
    Protocol(String),
}

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Class {
    Url,
    Refused,
    Dns,
    Connect,
    Tls,
    Timeout,
    Status,
    Blocked,
    Disallowed,
    Redirect,
    TooLarge,
    Protocol,
}

impl FetchError {
    /// The way it failed.
    pub fn class(&self) -> Class {
        match self {
            Self::Url(_) => Class::Url,
            Self::Refused(_) => Class::Refused,
            Self::Dns(_) => Class::Dns,
            Self::Connect(_) => Class::Connect,
            Self::Tls(_) => Class::Tls,
            Self::Timeout(_) => Class::Timeout,
            Self::Status { blocked: true, .. } => Class::Blocked,
            Self::Status { .. } => Class::Status,
            Self::Disallowed(_) => Class::Disallowed,
            Self::Redirect(_) => Class::Redirect,
            Self::TooLarge(_) => Class::TooLarge,
            Self::Protocol(_) => Class::Protocol,
        }
    }

    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The same error in other words.
    pub(super) fn told(self, words: impl Fn(String) -> String) -> Self {
        match self {
            Self::Url(of) => Self::Url(words(of)),
            Self::Refused(of) => Self::Refused(words(of)),
            Self::Dns(of) => Self::Dns(words(of)),
            Self::Connect(of) => Self::Connect(words(of)),
            Self::Tls(of) => Self::Tls(words(of)),
            Self::Timeout(of) => Self::Timeout(words(of)),
            Self::Disallowed(of) => Self::Disallowed(words(of)),
            Self::Redirect(of) => Self::Redirect(words(of)),
            Self::TooLarge(of) => Self::TooLarge(words(of)),
            Self::Protocol(of) => Self::Protocol(words(of)),
            status @ Self::Status { .. } => status,
        }
    }

    /// Sorts an error of the HTTP client.
    pub(super) fn sort(error: &reqwest::Error, route: &Route) -> Self {
        let Route { host, proxy } = route;
        let mut words = error.to_string();
        for inner in causes(error) {
            if inner.is::<resolver::Private>() {
                return private(host);
            }
            if inner.is::<resolver::Unknown>() {
                return match proxy {
                    // It is the proxy's name that we look up.
                    Some(_) => Self::Connect(format!("{route}: its name has no address; look whether it is right")),
                    None => Self::Dns((*host).to_owned()),
                };
            }
            if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                return Self::Tls(tls::explain(error, host));
            }
            words = inner.to_string();
        }
        if error.is_timeout() {
            Self::Timeout(format!("{route} took too long to answer"))
        } else if words.contains("proxy authorization required") {
            route.wants_password()
        } else if words.starts_with("tunnel error") {
            Self::Connect(format!("{route} opens no way to {host} ({words})"))
        } else if words == "tls handshake eof" {
            Self::Tls(format!(
                "{host} ends the TLS handshake without a word, as servers do that speak only old versions"
            ))
        } else if error.is_connect() {
            let secure = words.contains("certificate") || words.contains("TLS") || words.contains("tls");
            if secure { Self::Tls(format!("{host}: {words}")) } else { Self::Connect(format!("{route}: {words}")) }
        } else {
            Self::Protocol(format!("{route}: {words}"))
        }
    }
}

/// How a request goes to its host.
pub(super) struct Route<'a> {
    /// The host of its URL.
    pub host: &'a str,
    /// The proxy that leads there.
    pub proxy: Option<&'a Url>,
}

impl Route<'_> {
    /// The proxy asks who we are.
    pub fn wants_password(&self) -> FetchError {
        FetchError::Connect(format!(
            "{self} asks for another user and password; write them into its URL, as in \"http://USER:PASSWORD@HOST:PORT\""
        ))
    }
}

impl std::fmt::Display for Route<'_> {
    /// What we connect to.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.proxy {
            Some(proxy) => write!(f, "the proxy {}", proxy::shown(proxy)),
            None => f.write_str(self.host),
        }
    }
}

/// The host lies in a private network.
pub(super) fn private(host: &str) -> FetchError {
    FetchError::Refused(format!(
        "{host} is in a private network or denied; name it in `fetch.allow_private` to allow it"
    ))
}

/// Whether the system or the process had no file descriptor left for a connection.
pub(super) fn is_out_of_descriptors(error: &reqwest::Error) -> bool {
    // EMFILE and ENFILE, which have no `ErrorKind` of their own.
    let code = |cause: &(dyn Error + 'static)| cause.downcast_ref::<std::io::Error>()?.raw_os_error();
    causes(error).any(|cause| matches!(code(cause), Some(24 | 23)))
}

/// What caused an error, the nearest cause first. An I/O error that wraps another one passes over it in `source`.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(error.source(), |error| next(*error))
}
