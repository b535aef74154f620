//! Why a document could not be had.

use std::time::Duration;

/// Why a document could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The URL is none, or its scheme is not http or https.
    #[error("{0}")]
    Url(String),
    /// The address lies in a private network and no feed is listed there.
    #[error("{0} is in a private network; name it in `fetch.allow_private` to allow it")]
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

    /// Sorts an error of the HTTP client; the host is named in it.
    pub(super) fn sort(error: &reqwest::Error, host: &str) -> Self {
        let mut words = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            if inner.downcast_ref::<super::guard::Private>().is_some() {
                return Self::Refused(host.to_owned());
            }
            if inner.downcast_ref::<super::guard::Unknown>().is_some() {
                return Self::Dns(host.to_owned());
            }
            if inner.downcast_ref::<rustls::Error>().is_some() {
                return Self::Tls(inner.to_string());
            }
            words = inner.to_string();
            source = inner.source();
        }
        if error.is_timeout() {
            Self::Timeout(format!("{host} took too long to answer"))
        } else if error.is_connect() {
            let secure = words.contains("certificate") || words.contains("TLS") || words.contains("tls");
            if secure { Self::Tls(words) } else { Self::Connect(format!("{host}: {words}")) }
        } else {
            Self::Protocol(format!("{host}: {words}"))
        }
    }
}
