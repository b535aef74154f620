//! The connections of the client: to public addresses only, or to any address and through proxies.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderValue, InvalidHeaderValue};
use reqwest::{Certificate, Identity};

use super::Options;
use super::host_list::{HostList, HostListError};
use super::proxy::{Proxies, ProxyError};
use super::requests::Transport;
use super::resolver::Resolver;
use super::sockets::{KEPT, LOOKUPS_PER_REQUEST, SocketBudget};
use crate::options::SecretString;

/// Why the client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The contact cannot be part of the User-Agent.
    #[error("the contact `{contact}` cannot be sent in a header; write a web page or mail address")]
    Contact {
        /// The contact as configured.
        contact: String,
        /// What is wrong with it.
        source: InvalidHeaderValue,
    },
    /// A host list is invalid.
    #[error("`fetch.deny`: {0}")]
    Deny(#[source] HostListError),
    /// A list of allowed hosts is invalid.
    #[error("`fetch.allow_private`: {0}")]
    AllowPrivate(#[source] HostListError),
    /// A proxy is invalid.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The file of certificates cannot be read.
    #[error("cannot read the certificates in `{}`: {source}", file.display())]
    CertificateFile {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificates cannot be parsed.
    #[error("cannot parse the certificates in `{}`: {source}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// Why.
        source: reqwest::Error,
    },
    /// The file holds no certificate.
    #[error("no certificates in `{}`; name a PEM file with `-----BEGIN CERTIFICATE-----` in it", .0.display())]
    NoCertificates(PathBuf),
    /// The system's certificates or the TLS library cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[source] reqwest::Error),
}

/// Two HTTP clients that connect in the same way.
pub(super) struct Connections {
    /// Keeps connections open for the next request.
    pub kept: reqwest::Client,
    /// Uses each connection for one request.
    pub single: reqwest::Client,
}

/// Which addresses connections lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses and allowed networks only: for places that anyone may name.
    Public,
    /// Any address: for places that the user named, and for those behind a proxy.
    Any,
}

/// Creates connections.
pub(super) struct Factory {
    agent: HeaderValue,
    connect_timeout: Duration,
    per_host: usize,
    trusted: Vec<Certificate>,
    any: Resolver,
    public_only: Resolver,
    proxies: Proxies,
}

impl Factory {
    /// Reads what all connections have in common.
    pub(super) fn new(
        options: &Options,
        proxies: Proxies,
        (allowed, denied): (&Arc<HostList>, &Arc<HostList>),
        budget: SocketBudget,
    ) -> Result<Self, ClientError> {
        // Another part of the process may already have installed a provider; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let agent = format!("dateline/{} (+{})", env!("CARGO_PKG_VERSION"), options.contact);
        let agent = HeaderValue::from_str(&agent)
            .map_err(|source| ClientError::Contact { contact: options.contact.clone(), source })?;
        let trusted = options.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let any = Resolver::any(budget.requests * LOOKUPS_PER_REQUEST);
        let public_only = any.public_only(Arc::clone(allowed), Arc::clone(denied));
        let Options { connect_timeout, per_host, .. } = *options;
        Ok(Self { agent, connect_timeout, per_host, trusted, any, public_only, proxies })
    }

    /// Creates connections of this kind.
    pub(super) fn build(&self, transport: &Transport, reach: Reach) -> Result<Connections, ClientError> {
        let identity = transport.identity.as_ref().map(|SecretString(pem)| Identity::from_pem(pem.as_bytes()));
        let identity = identity.transpose().map_err(ClientError::Tls)?;
        let resolver = match reach {
            Reach::Public => &self.public_only,
            Reach::Any => &self.any,
        };
        let build = |most_idle| {
            let mut builder = reqwest::Client::builder()
                .user_agent(self.agent.clone())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(self.connect_timeout)
                .pool_idle_timeout(KEPT)
                .pool_max_idle_per_host(most_idle)
                .tls_certs_merge(self.trusted.clone())
                .dns_resolver(Arc::new(resolver.clone()))
                .no_proxy(); // ignores the environment, which `Proxies` has read
            if reach == Reach::Any {
                let (proxies, choice) = (self.proxies.clone(), transport.proxy.clone());
                builder =
                    builder.proxy(reqwest::Proxy::custom(move |url| proxies.chosen(url, choice.as_ref()).cloned()));
            }
            if let Some(identity) = identity.clone() {
                builder = builder.identity(identity);
            }
            builder.build().map_err(ClientError::Tls)
        };
        Ok(Connections { kept: build(self.per_host.max(1))?, single: build(0)? })
    }
}

/// Reads the certificates of a PEM file.
fn certificates(file: &Path) -> Result<Vec<Certificate>, ClientError> {
    let pem = std::fs::read(file).map_err(|source| ClientError::CertificateFile { file: file.to_owned(), source })?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|source| ClientError::Certificates { file: file.to_owned(), source })?;
    if certificates.is_empty() {
        return Err(ClientError::NoCertificates(file.to_owned()));
    }
    Ok(certificates)
}
