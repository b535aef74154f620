//! How a connection is made: through another proxy, or with a client certificate.

use url::Url;

use super::options::Requests;
use crate::fetch::proxy_url::proxy_url;
use crate::options::SecretString;

/// Stands for no proxy.
pub(super) const DIRECT: &str = "direct";

/// Which proxy is used instead of the configured one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::fetch) enum ProxyChoice {
    Direct,
    Through(Url),
}

/// How a connection is made. The default is that of `[fetch]`.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::fetch) struct Transport {
    pub proxy: Option<ProxyChoice>,
    /// Certificate and key, in PEM.
    pub identity: Option<SecretString>,
}

impl Transport {
    /// Adds what a table sets; a certificate is for its own origin alone.
    pub(in crate::fetch) fn add(&mut self, requests: &Requests, is_home: bool) {
        let proxy = requests.proxy.as_ref().and_then(|SecretString(proxy)| match proxy.as_str() {
            DIRECT => Some(ProxyChoice::Direct),
            // The config was checked.
            url => proxy_url(url).ok().map(ProxyChoice::Through),
        });
        self.proxy = proxy.or(self.proxy.take());
        if let Some(SecretString(certificate)) = requests.client_certificate.as_ref().filter(|_| is_home) {
            let key = requests.client_key.as_ref().map_or("", |key| key.0.as_str());
            self.identity = Some(SecretString(format!("{certificate}\n{key}\n")));
        }
    }

    /// Returns whether it is made as `[fetch]` says.
    pub(in crate::fetch) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
