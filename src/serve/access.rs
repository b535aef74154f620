//! Access rules: allowed host names, cross-site requests, and the token for changes.
//!
//! The browser stores nothing that it would send by itself, so a page of another site has no credentials to misuse. Such a page
//! is stopped by the browser's headers about a request's origin, and by a header that it may not send.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, StatusCode, header};
use ring::hmac;
use url::{Host, Url};

use crate::config::{SecretString, Settings};
use crate::options::Live;

/// The header that a request without a token must have, with any value: a page of another site may not send it.
pub(super) const CHANGE: &str = "x-dateline";

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("this server does not serve that host name; if the name is yours, add it to `hosts` in [serve]")]
    Host,
    #[error("requests from pages of other sites are refused")]
    Foreign,
    #[error("the header `X-Dateline: 1` is missing; it shows that the request was intended")]
    Unmarked,
    #[error("a token is required: send `Authorization: Bearer TOKEN` with the value of `token` in [serve]")]
    Token,
    #[error(
        "changes require a token on this server: set `token` in [serve], and send it as `Authorization: Bearer TOKEN`"
    )]
    Off,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::Foreign | Self::Unmarked | Self::Off => StatusCode::FORBIDDEN,
        }
    }
}

/// The access rules of a server.
#[derive(Debug)]
pub(super) struct Access {
    /// Whether the server listens on loopback; it then answers only to loopback's names and to `hosts`.
    loopback: bool,
    settings: Live<Settings>,
    key: hmac::Key,
}

/// What a page needs in order to send changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    /// Changes are accepted without a token.
    Open,
    /// Changes need the token.
    Token,
    /// Changes are refused.
    Off,
}

impl Access {
    pub(super) fn new(settings: Live<Settings>, listening: SocketAddr) -> Self {
        // Compares keyed hashes of the tokens, so the time of a comparison reveals nothing.
        let key = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
        Self { loopback: listening.ip().is_loopback(), settings, key: hmac::Key::new(hmac::HMAC_SHA256, &key) }
    }

    /// Returns whether the server answers to this host name. Any other name for loopback may be a DNS rebinding attack.
    pub(super) fn host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(url) = host(headers) else { return Err(Refusal::Host) };
        let settings = self.settings.get();
        let hosts = &settings.serve.hosts;
        let known = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => {
                name == "localhost" || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
            }
            None => false,
        };
        if known || !self.loopback { Ok(()) } else { Err(Refusal::Host) }
    }

    /// Returns what changes need on this server.
    pub(super) fn changes(&self) -> Changes {
        let settings = self.settings.get();
        // A proxy may forward requests from outside.
        let is_proxied = settings.websub.callback.is_some() || !settings.serve.hosts.is_empty();
        match (&settings.serve.token, self.loopback && !is_proxied) {
            (Some(_), _) => Changes::Token,
            (None, true) => Changes::Open,
            (None, false) => Changes::Off,
        }
    }

    /// Returns whether the request may change something.
    pub(super) fn change(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), Refusal> {
        self.host(headers)?;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if headers.contains_key("sec-fetch-site") && !matches!(text("sec-fetch-site"), Some("same-origin" | "none")) {
            return Err(Refusal::Foreign);
        }
        if headers.contains_key(header::ORIGIN) {
            let origin = text("origin").and_then(|origin| Url::parse(origin).ok());
            let same = |origin: &Url, host: &Url| origin.host() == host.host() && origin.port() == host.port();
            // A proxy may speak HTTPS outside, where the default port differs.
            if !origin.zip(host(headers)).is_some_and(|(origin, host)| same(&origin, &host)) {
                return Err(Refusal::Foreign);
            }
        }
        match self.changes() {
            Changes::Token => {
                let given = text("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("");
                if self.is_token(given.trim()) { Ok(()) } else { Err(Refusal::Token) }
            }
            Changes::Off => Err(Refusal::Off),
            Changes::Open => {
                let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
                if !peer.to_canonical().is_loopback() || forwarded.iter().any(|name| headers.contains_key(*name)) {
                    return Err(Refusal::Off);
                }
                if headers.contains_key(CHANGE) { Ok(()) } else { Err(Refusal::Unmarked) }
            }
        }
    }

    fn is_token(&self, given: &str) -> bool {
        let settings = self.settings.get();
        let Some(SecretString(token)) = &settings.serve.token else { return false };
        let right = hmac::sign(&self.key, token.as_bytes());
        hmac::verify(&self.key, given.as_bytes(), right.as_ref()).is_ok()
    }
}

/// Returns the host that a request names, if it names exactly one.
fn host(headers: &HeaderMap) -> Option<Url> {
    let mut all = headers.get_all(header::HOST).iter();
    let (one, None) = (all.next()?.to_str().ok()?, all.next()) else { return None };
    Url::parse(&format!("http://{one}/")).ok().filter(|url| url.username().is_empty() && url.path() == "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(listen: &str, change: impl FnOnce(&mut Settings)) -> Access {
        let mut settings = Settings::default();
        change(&mut settings);
        Access::new(Live::new(settings), listen.parse().unwrap())
    }

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:8080");
    const MARK: (&str, &str) = (CHANGE, "1");

    #[test]
    fn loopback_is_asked_under_its_own_names_alone() {
        let local = access("127.0.0.1:8080", |_| {});
        for (host, fine) in [
            ("127.0.0.1:8080", true),
            ("localhost", true),
            ("LOCALHOST:99", true),
            ("[::1]:8080", true),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1@evil.example", false),
            ("evil.example/@127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(local.host(&headers(&[("host", host)])).is_ok(), fine, "{host}");
        }
        assert!(local.host(&HeaderMap::new()).is_err());
        let named = access("127.0.0.1:8080", |settings| settings.serve.hosts = vec!["News.example".into()]);
        assert!(named.host(&headers(&[("host", "news.example")])).is_ok());
        assert!(access("0.0.0.0:80", |_| {}).host(&headers(&[("host", "news.example")])).is_ok());
    }

    #[test]
    fn without_a_token_only_this_machine_changes_anything() {
        let (near, far): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let local = access("127.0.0.1:8080", |_| {});
        let change = |list: &[(&'static str, &str)], peer| local.change(peer, &headers(list));
        assert_eq!(change(&[HOST, MARK], near), Ok(()));
        assert_eq!(change(&[HOST], near), Err(Refusal::Unmarked));
        assert_eq!(change(&[HOST, MARK], far), Err(Refusal::Off));
        assert_eq!(change(&[("host", "evil.example"), MARK], near), Err(Refusal::Host));
        assert_eq!(change(&[HOST, MARK, ("x-forwarded-for", "192.0.2.1")], near), Err(Refusal::Off));
        for origin in ["http://evil.example", "http://127.0.0.1:9999", "null"] {
            assert_eq!(change(&[HOST, MARK, ("origin", origin)], near), Err(Refusal::Foreign), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(change(&[HOST, MARK, ("sec-fetch-site", site)], near), Err(Refusal::Foreign), "{site}");
        }
        let own = [HOST, MARK, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")];
        assert_eq!(change(&own, near), Ok(()));
        for elsewhere in [
            access("0.0.0.0:8080", |_| {}),
            access("127.0.0.1:8080", |settings| settings.websub.callback = Some("https://news.example".into())),
            access("127.0.0.1:8080", |settings| settings.serve.hosts = vec!["news.example".into()]),
        ] {
            assert_eq!(elsewhere.change(near, &headers(&[HOST, MARK])), Err(Refusal::Off));
        }
    }

    #[test]
    fn with_a_token_nothing_else_counts() {
        let token = "a-long-enough-token";
        let guarded = access("0.0.0.0:8080", |settings| settings.serve.token = Some(SecretString(token.into())));
        let far: IpAddr = "192.0.2.1".parse().unwrap();
        let bearer =
            |token: &str| guarded.change(far, &headers(&[HOST, MARK, ("authorization", &format!("Bearer {token}"))]));
        assert_eq!(bearer(token), Ok(()));
        for wrong in ["", "a-long-enough-toke", "a-long-enough-tokenn", "A-long-enough-token"] {
            assert_eq!(bearer(wrong), Err(Refusal::Token), "{wrong}");
        }
        assert_eq!(guarded.change("127.0.0.1".parse().unwrap(), &headers(&[HOST, MARK])), Err(Refusal::Token));
        let foreign = [HOST, ("authorization", "Bearer a-long-enough-token"), ("origin", "https://evil.example")];
        assert_eq!(guarded.change(far, &headers(&foreign)), Err(Refusal::Foreign));
    }
}
