//! The connections of the client: to public addresses only, or to any address and through proxies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Certificate;
use reqwest::header::{HeaderValue, InvalidHeaderValue};

use super::Options;
use super::host_list::{HostList, HostListError};
use super::proxy::{Proxies, ProxyError};
use super::resolver::Resolver;
use super::sockets::{KEPT, LOOKUPS_PER_REQUEST, SocketBudget};

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

impl Connections {
    /// Creates the connections to public addresses that are not denied, and those to any address, through the proxies.
    pub(super) fn both(
        options: &Options,
        proxies: &Proxies,
        denied: &Arc<HostList>,
        budget: SocketBudget,
    ) -> Result<(Self, Self), ClientError> {
        // Another part of the process may already have installed a provider; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let agent = format!("dateline/{} (+{})", env!("CARGO_PKG_VERSION"), options.contact);
        let agent = HeaderValue::from_str(&agent)
            .map_err(|source| ClientError::Contact { contact: options.contact.clone(), source })?;
        let trusted = options.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let builder = || {
            reqwest::Client::builder()
                .user_agent(agent.clone())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(options.connect_timeout)
                .pool_idle_timeout(KEPT)
                .tls_certs_merge(trusted.clone())
                .no_proxy() // ignores the environment, which `Proxies` has read
        };
        let connections = |with: &dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder| {
            let build = |most_idle| with(builder()).pool_max_idle_per_host(most_idle).build().map_err(ClientError::Tls);
            Ok::<_, ClientError>(Self { kept: build(options.per_host.max(1))?, single: build(0)? })
        };
        let any = Resolver::any(budget.requests * LOOKUPS_PER_REQUEST);
        let public_only = any.public_only(Arc::clone(denied));
        let proxies = proxies.clone();
        let proxy = reqwest::Proxy::custom(move |url| proxies.of(url).cloned());
        Ok((
            connections(&|builder| builder.dns_resolver(Arc::new(public_only.clone())))?,
            connections(&|builder| builder.dns_resolver(Arc::new(any.clone())).proxy(proxy.clone()))?,
        ))
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
