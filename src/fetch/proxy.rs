//! Decides which requests go through a proxy, and through which one.

use url::Url;

use super::Options;
use super::host_list::{HostList, HostListError};
use super::proxy_url::{ProxyUrlError, proxy_url};
use super::requests::ProxyChoice;
use crate::options::SecretString;

/// Why a proxy cannot be used. Its URL, which may hold a password, is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// `fetch.proxy` is invalid.
    #[error("`fetch.proxy` {0}")]
    Option(#[source] ProxyUrlError),
    /// An environment variable is invalid.
    #[error("the environment variable {0} {1}")]
    Variable(&'static str, #[source] ProxyUrlError),
    /// `fetch.no_proxy` is invalid.
    #[error("`fetch.no_proxy`: {0}")]
    NoProxy(#[source] HostListError),
}

/// The proxies from the options and the environment.
#[derive(Clone, Default)]
pub struct Proxies {
    /// For `http:` URLs.
    http: Option<Url>,
    /// For `https:` URLs.
    https: Option<Url>,
    /// Hosts that are requested without a proxy.
    direct: HostList,
}

impl Proxies {
    /// Reads the options, and the environment for what they do not set. `proxy` replaces `HTTP_PROXY`, `HTTPS_PROXY` and
    /// `ALL_PROXY`; `no_proxy` replaces `NO_PROXY`. The variables may be in lower case.
    pub fn new(options: &Options, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let variable = |name: &str| {
            let set = environment(name).or_else(|| environment(&name.to_ascii_lowercase()));
            set.filter(|value| !value.trim().is_empty())
        };
        let from_environment = |name: &'static str| {
            let url = variable(name).map(|value| proxy_url(&value));
            url.transpose().map_err(|error| ProxyError::Variable(name, error))
        };
        let (http, https) = if let Some(SecretString(proxy)) = &options.proxy {
            let url = proxy_url(proxy).map_err(ProxyError::Option)?;
            (Some(url.clone()), Some(url))
        } else {
            let all = from_environment("ALL_PROXY")?;
            (from_environment("HTTP_PROXY")?.or_else(|| all.clone()), from_environment("HTTPS_PROXY")?.or(all))
        };
        let direct = match &options.no_proxy {
            Some(hosts) => HostList::parse(hosts.iter().map(String::as_str)).map_err(ProxyError::NoProxy)?,
            None => variable("NO_PROXY").map(|hosts| HostList::from_variable(&hosts)).unwrap_or_default(),
        };
        Ok(Self { http, https, direct })
    }

    /// Returns the proxy for this URL; `None` if it is requested directly.
    pub fn of(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        };
        proxy.filter(|_| !self.direct.has(url))
    }

    /// Returns the proxy for this URL where another one may be chosen than the configured one.
    pub(super) fn chosen<'a>(&'a self, url: &Url, choice: Option<&'a ProxyChoice>) -> Option<&'a Url> {
        match choice {
            None => self.of(url),
            Some(ProxyChoice::Direct) => None,
            Some(ProxyChoice::Through(proxy)) => Some(proxy),
        }
    }

    /// Returns the proxies for `http:` and `https:` URLs, without user and password.
    pub fn shown(&self) -> (Option<String>, Option<String>) {
        (self.http.as_ref().map(shown), self.https.as_ref().map(shown))
    }

    /// Returns the passwords in the proxies' URLs, which must not appear in logs.
    pub fn passwords(&self) -> impl Iterator<Item = &str> {
        self.http.iter().chain(&self.https).filter_map(Url::password)
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (http, https) = self.shown();
        f.debug_struct("Proxies").field("http", &http).field("https", &https).field("direct", &self.direct).finish()
    }
}

/// Returns the public parts of a proxy's URL: scheme, host and port.
pub(super) fn shown(proxy: &Url) -> String {
    let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", proxy.scheme(), proxy.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(
        proxy: Option<&str>,
        no_proxy: Option<&[&str]>,
        environment: &[(&str, &str)],
    ) -> Result<Proxies, ProxyError> {
        let options = Options {
            proxy: proxy.map(|url| SecretString(url.to_owned())),
            no_proxy: no_proxy.map(|hosts| hosts.iter().map(ToString::to_string).collect()),
            ..Options::default()
        };
        let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Proxies::new(&options, variable)
    }

    fn of(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&Url::parse(url).unwrap()).map(shown)
    }

    #[test]
    fn each_scheme_has_its_proxy_and_the_config_wins() {
        let both: &[(&str, &str)] = &[("HTTP_PROXY", "http://localhost:18080"), ("https_proxy", "proxy.corp:3128")];
        let all: &[(&str, &str)] = &[("ALL_PROXY", "socks5://10.0.0.1:1080"), ("HTTP_PROXY", "http://a:1")];
        for (proxy, no_proxy, environment, url, through) in [
            (None, None, both, "http://news.example/", Some("http://localhost:18080")),
            (None, None, both, "https://news.example/", Some("http://proxy.corp:3128")),
            (None, None, all, "http://news.example/", Some("http://a:1")),
            (None, None, all, "https://news.example/", Some("socks5h://10.0.0.1:1080")),
            (None, None, &[("HTTP_PROXY", " ")], "http://news.example/", None),
            (None, None, &[], "http://news.example/", None),
            (Some("http://b:2"), None, both, "http://news.example/", Some("http://b:2")),
            (Some("http://b:2"), None, both, "https://news.example/", Some("http://b:2")),
            (Some("http://b:2"), None, &[("NO_PROXY", "news.example")], "http://news.example/", None),
            (Some("http://b:2"), Some(&[][..]), &[("NO_PROXY", "*")], "http://news.example/", Some("http://b:2")),
            (None, Some(&["*"][..]), both, "http://news.example/", None),
            (None, Some(&["news.example"][..]), both, "http://www.news.example/", None),
            (None, Some(&["10.0.0.0/8"][..]), both, "http://10.9.8.7/", None),
        ] {
            let found = of(&proxies(proxy, no_proxy, environment).unwrap(), url);
            assert_eq!(found.as_deref(), through, "{proxy:?} {no_proxy:?} {environment:?} {url}");
        }
    }

    #[test]
    fn an_invalid_proxy_is_reported_by_its_place_without_its_value() {
        for (proxy, variable, part) in [
            (Some("ftp://me:secret@proxy/"), ("", ""), "`fetch.proxy` has a scheme"),
            (Some("http://me:secret@"), ("", ""), "`fetch.proxy` is not the URL"),
            (Some("http://me:secret@proxy:port"), ("", ""), "`fetch.proxy` is not the URL"),
            (None, ("HTTPS_PROXY", "socks9://me:secret@proxy"), "variable HTTPS_PROXY has a scheme"),
            (None, ("ALL_PROXY", "http://me:secret@:99999"), "variable ALL_PROXY is not the URL"),
        ] {
            let error = proxies(proxy, None, &[variable]).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("secret"), "{error}");
        }
        let error = proxies(None, Some(&["a b"]), &[]).unwrap_err().to_string();
        assert!(error.contains("`fetch.no_proxy`: `a b` is not a host"), "{error}");
    }

    #[test]
    fn passwords_are_not_shown() {
        let proxies = proxies(Some("http://reader:p%40ss+1@proxy.corp:3128"), None, &[]).unwrap();
        assert_eq!(proxies.shown().0.as_deref(), Some("http://proxy.corp:3128"));
        assert_eq!(proxies.passwords().collect::<Vec<_>>(), ["p%40ss+1"; 2]);
        let debug = format!("{proxies:?}");
        assert!(!debug.contains("ss+1") && !debug.contains("reader"), "{debug}");
    }
}
