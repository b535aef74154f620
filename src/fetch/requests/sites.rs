//! The requests of sites: which table applies to a URL.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use url::{Host, Url};

use super::options::Requests;

/// The requests of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SiteEntry {
    /// The origins that they are for; if empty, https on the standard port of the host and of all hosts below it.
    origins: Vec<String>,
    requests: Arc<Requests>,
}

/// The requests of all sites, by host. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct SiteRequests(Arc<RwLock<Arc<HashMap<String, SiteEntry>>>>);

impl SiteRequests {
    /// Creates them from hosts, their origins, and what is set for each.
    pub fn new(sites: impl IntoIterator<Item = (String, Vec<String>, Arc<Requests>)>) -> Self {
        let all = Self::default();
        all.replace(sites);
        all
    }

    /// Replaces them.
    pub fn replace(&self, sites: impl IntoIterator<Item = (String, Vec<String>, Arc<Requests>)>) {
        let entry = |(host, origins, requests)| (host, SiteEntry { origins, requests });
        let sites = Arc::new(sites.into_iter().map(entry).collect());
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = sites;
    }

    /// Returns what applies to the URL.
    pub(in crate::fetch) fn of(&self, url: &Url) -> Option<Arc<Requests>> {
        let sites = Arc::clone(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner));
        if sites.is_empty() {
            return None;
        }
        let host = url.host()?;
        let name = host.to_string();
        let entry = match host {
            Host::Domain(name) => parents(name.trim_end_matches('.')).find_map(|host| sites.get(host)),
            Host::Ipv4(_) | Host::Ipv6(_) => sites.get(&name),
        }?;
        let is_meant = if entry.origins.is_empty() {
            url.scheme() == "https" && url.port_or_known_default() == Some(443)
        } else {
            entry.origins.contains(&url.origin().ascii_serialization())
        };
        is_meant.then(|| Arc::clone(&entry.requests))
    }
}

/// Returns the name and those above it: `a.b.example`, `b.example`, `example`.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest))
}

/// Returns the host of a site as URLs write it; `None` if it is not a host.
pub fn site_key(written: &str) -> Option<String> {
    Host::parse(written.trim()).ok().map(|host| host.to_string())
}

/// Returns an origin as it is compared, or why it is not an origin of the site.
pub fn origin(written: &str, host: &str) -> Result<String, String> {
    let example = format!("write \"https://{host}:8443\"");
    let Ok(url) = Url::parse(written.trim()) else { return Err(format!("is not a URL; {example}")) };
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || !is_bare || url.password().is_some() {
        return Err(format!("must be scheme, host and port alone; {example}"));
    }
    let found = url.host_str().unwrap_or_default();
    if found != host && !found.ends_with(&format!(".{host}")) {
        return Err(format!("is not an origin of {host}; {example}, or name its host in a [[site]] of its own"));
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_site_applies_to_its_own_origins_alone() {
        let requests = |agent: &str| Arc::new(Requests { user_agent: Some(agent.into()), ..Requests::default() });
        let local = vec!["http://127.0.0.1:8099".to_owned()];
        let sites = SiteRequests::new([
            ("brack.example".to_owned(), Vec::new(), requests("a")),
            ("news.brack.example".to_owned(), Vec::new(), requests("b")),
            ("127.0.0.1".to_owned(), local, requests("c")),
        ]);
        for (url, agent) in [
            ("https://brack.example/x", Some("a")),
            ("https://www.brack.example./x", Some("a")),
            ("https://m.news.brack.example/x", Some("b")),
            ("https://brack.example:8443/", None),
            ("http://brack.example/", None),
            ("https://badbrack.example/", None),
            ("https://brack.example.evil.example/", None),
            ("http://127.0.0.1:8099/", Some("c")),
            ("http://127.0.0.1:8098/", None),
            ("http://[::1]:8099/", None),
        ] {
            let found = sites.of(&Url::parse(url).unwrap()).and_then(|requests| requests.user_agent.clone());
            assert_eq!(found.as_deref(), agent, "{url}");
        }
        sites.replace([]);
        assert!(sites.of(&Url::parse("https://brack.example/").unwrap()).is_none());
    }

    #[test]
    fn an_origin_is_one_of_its_site() {
        assert_eq!(origin("https://News.brack.example:443/", "brack.example").unwrap(), "https://news.brack.example");
        for (written, message) in [
            ("brack.example", "is not a URL; write \"https://brack.example:8443\""),
            ("https://brack.example/news", "must be scheme, host and port alone"),
            ("https://me:pw@brack.example", "must be scheme, host and port alone"),
            ("https://other.example", "is not an origin of brack.example"),
        ] {
            let error = origin(written, "brack.example").unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
