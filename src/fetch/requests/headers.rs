//! The headers of one request.

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::options::Requests;
use super::secrets::Secrets;
use super::transport::Transport;
use crate::fetch::Kind;
use crate::options::SecretString;

impl Requests {
    /// Returns what is sent with a request. The public files that say what a robot may do need no login.
    fn headers(&self, kind: Kind) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str, is_secret: bool| {
            // The config was checked; a value that cannot be sent is not sent.
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(is_secret);
                headers.insert(name, value);
            }
        };
        if let Some(agent) = &self.user_agent {
            set(USER_AGENT, agent, false);
        }
        if kind.is_public() {
            return headers;
        }
        for (name, SecretString(value)) in &self.headers {
            if let Ok(name) = HeaderName::try_from(name) {
                set(name, value, true);
            }
        }
        if !self.cookies.is_empty() {
            set(COOKIE, &self.cookies.header(), true);
        }
        if let Some(login) = &self.basic {
            set(AUTHORIZATION, &login.header(), true);
        }
        if let Some(SecretString(token)) = &self.bearer {
            set(AUTHORIZATION, &format!("Bearer {token}"), true);
        }
        headers
    }
}

/// What applies to one request.
#[derive(Default)]
pub(in crate::fetch) struct Applied {
    /// The headers to send.
    pub headers: HeaderMap,
    /// The connection to use.
    pub transport: Transport,
    /// The secrets among them.
    pub secrets: Secrets,
}

impl Applied {
    /// Adds what a table sets; it replaces what was there. Only its own origin sees more than the connection's proxy.
    pub(in crate::fetch) fn add(&mut self, requests: &Requests, kind: Kind, is_home: bool) {
        self.transport.add(requests, is_home);
        if is_home {
            for (name, value) in &requests.headers(kind) {
                self.headers.insert(name, value.clone());
            }
        }
        self.secrets.add(requests);
    }

    /// Sets the login.
    pub(in crate::fetch) fn authorize(&mut self, authorization: Option<String>) {
        let value = authorization.and_then(|value| HeaderValue::from_str(&value).ok());
        if let Some(mut value) = value {
            value.set_sensitive(true);
            self.headers.insert(AUTHORIZATION, value);
        }
    }
}
