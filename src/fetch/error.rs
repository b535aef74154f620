//! Why a document could not be fetched.

use std::error::Error;
use std::time::Duration;

use url::Url;

use super::{proxy, resolver, tls};

/// Why a document could not be fetched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The URL is invalid, or its scheme is not http or https.
    #[error("{0}")]
    Url(String),
    /// The address is denied, or lies in a private network where no feed is listed.
    #[error("{0}")]
    Refused(String),
    /// The host name has no address.
    #[error("no address for {0}")]
    Dns(String),
    /// The connection failed.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The TLS connection failed.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// A time limit passed.
    #[error("{0}")]
    Timeout(String),
    /// The server answered with an error.
    #[error("HTTP status {status}{}", if *.blocked { " (blocked by the server)" } else { "" })]
    Status {
        /// The status.
        status: u16,
        /// `Retry-After`, from now.
        retry_after: Option<Duration>,
        /// The status is 401, 403 or 429, or the page is a challenge.
        blocked: bool,
    },
    /// The host's robots.txt forbids it, or could not be fetched.
    #[error("{0}")]
    Disallowed(String),
    /// The redirects are invalid, or too many.
    #[error("{0}")]
    Redirect(String),
    /// This URL, which was asked for or redirected to, belongs to another instance by now.
    #[error("{0} is a page of another instance's site")]
    Elsewhere(Box<Url>),
    /// The answer exceeds a size limit.
    #[error("{0}")]
    TooLarge(String),
    /// The answer is not HTTP, was cut off, or its coding is broken.
    #[error("{0}")]
    Protocol(String),
}

/// The kinds of failure.
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
    Elsewhere,
    TooLarge,
    Protocol,
}

impl FetchError {
    /// Returns the kind of failure.
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
            Self::Elsewhere(_) => Class::Elsewhere,
            Self::TooLarge(_) => Class::TooLarge,
            Self::Protocol(_) => Class::Protocol,
        }
    }

    /// Returns the HTTP status, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns how long the server asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns the same error with its message changed.
    pub(super) fn map_message(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Url(message) => Self::Url(change(message)),
            Self::Refused(message) => Self::Refused(change(message)),
            Self::Dns(message) => Self::Dns(change(message)),
            Self::Connect(message) => Self::Connect(change(message)),
            Self::Tls(message) => Self::Tls(change(message)),
            Self::Timeout(message) => Self::Timeout(change(message)),
            Self::Disallowed(message) => Self::Disallowed(change(message)),
            Self::Redirect(message) => Self::Redirect(change(message)),
            Self::Elsewhere(url) => Self::Elsewhere(url),
            Self::TooLarge(message) => Self::TooLarge(change(message)),
            Self::Protocol(message) => Self::Protocol(change(message)),
            status @ Self::Status { .. } => status,
        }
    }

    /// Classifies an error of the HTTP client.
    pub(super) fn classify(error: &reqwest::Error, route: &Route) -> Self {
        let Route { host, proxy } = route;
        let mut message = error.to_string();
        for inner in causes(error) {
            if inner.is::<resolver::PrivateAddress>() {
                return private(host);
            }
            if inner.is::<resolver::NoAddress>() {
                return match proxy {
                    // We resolve only the proxy's name.
                    Some(_) => Self::Connect(format!("{route} has no address; check its name in the proxy's URL")),
                    None => Self::Dns((*host).to_owned()),
                };
            }
            if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                return Self::Tls(tls::explain(error, host));
            }
            message = inner.to_string();
        }
        if error.is_timeout() {
            Self::Timeout(format!("{route} took too long to answer"))
        } else if message.contains("proxy authorization required") {
            route.requires_authentication()
        } else if message.starts_with("tunnel error") {
            Self::Connect(format!("{route} refused the connection to {host} ({message})"))
        } else if message == "tls handshake eof" {
            Self::Tls(format!(
                "{host} closed the connection during the TLS handshake, as servers do that support only old versions"
            ))
        } else if error.is_connect() {
            let secure = message.contains("certificate") || message.contains("TLS") || message.contains("tls");
            if secure { Self::Tls(format!("{host}: {message}")) } else { Self::Connect(format!("{route}: {message}")) }
        } else {
            Self::Protocol(format!("{route}: {message}"))
        }
    }
}

/// The route of a request to its host.
pub(super) struct Route<'a> {
    /// The host of the request's URL.
    pub host: &'a str,
    /// The proxy, if one is used.
    pub proxy: Option<&'a Url>,
}

impl Route<'_> {
    /// Returns the error for a proxy that requires authentication.
    pub(super) fn requires_authentication(&self) -> FetchError {
        FetchError::Connect(format!(
            "{self} requires another user and password; write them into its URL, as in \"http://USER:PASSWORD@HOST:PORT\""
        ))
    }
}

impl std::fmt::Display for Route<'_> {
    /// Names the host or proxy that we connect to.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.proxy {
            Some(proxy) => write!(f, "the proxy {}", proxy::shown(proxy)),
            None => f.write_str(self.host),
        }
    }
}

/// Returns the error for a host in a private network.
pub(super) fn private(host: &str) -> FetchError {
    FetchError::Refused(format!(
        "{host} is in a private network or denied; name it in `fetch.allow_private` to allow it"
    ))
}

/// Returns whether the system or the process had no file descriptor left for a connection.
pub(super) fn is_out_of_descriptors(error: &reqwest::Error) -> bool {
    // EMFILE and ENFILE, which have no `ErrorKind`.
    let code = |cause: &(dyn Error + 'static)| cause.downcast_ref::<std::io::Error>()?.raw_os_error();
    causes(error).any(|cause| matches!(code(cause), Some(24 | 23)))
}

/// Returns the causes of an error, nearest first. The `source` of an I/O error skips the error that it wraps.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(error.source(), |error| next(*error))
}
