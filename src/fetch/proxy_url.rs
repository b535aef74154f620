//! The URLs of proxies.

use url::Url;

/// The schemes of proxies. A SOCKS proxy always resolves names itself, so its targets never reach the local resolver.
const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// Why a text is not the URL of a proxy; reads on from what holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// It is not a URL with a host.
    #[error("is not the URL of a proxy; write one such as \"http://proxy.example.org:3128\"")]
    Url,
    /// Its scheme is not supported.
    #[error("has a scheme that is not supported; write a URL with http, https or socks5")]
    Scheme,
}

/// Parses a proxy's URL; the default scheme is `http://`, as in other programs.
pub(super) fn proxy_url(text: &str) -> Result<Url, ProxyUrlError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&with_scheme).map_err(|_| ProxyUrlError::Url)?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(ProxyUrlError::Scheme);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(ProxyUrlError::Url);
    }
    if url.scheme() == "socks5" {
        let _ = url.set_scheme("socks5h"); // neither is special, so this cannot fail
    }
    Ok(url)
}
