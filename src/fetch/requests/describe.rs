//! What is set for requests, in words.

use super::options::Requests;
use super::transport::DIRECT;
use crate::fetch::proxy;
use crate::fetch::proxy_url::proxy_url;
use crate::options::{SecretString, duration};

impl Requests {
    /// Describes what is set, in words, without secrets: names of headers and cookies, the place of the proxy.
    pub fn describe(&self) -> Vec<String> {
        let mut words: Vec<String> = self.headers.keys().map(|name| format!("header {name}")).collect();
        words.extend(self.cookies.names().map(|name| format!("cookie {name}")));
        words.extend(self.basic.iter().map(|_| "basic authentication".to_owned()));
        words.extend(self.bearer.iter().map(|_| "bearer token".to_owned()));
        words.extend(self.user_agent.iter().map(|agent| format!("user agent {agent}")));
        words.extend(self.proxy.iter().map(|SecretString(url)| match proxy_url(url) {
            _ if url == DIRECT => "no proxy".to_owned(),
            Ok(url) => format!("proxy {}", proxy::shown(&url)),
            Err(_) => "proxy".to_owned(),
        }));
        words.extend(self.client_certificate.iter().map(|_| "client certificate".to_owned()));
        words.extend(self.timeout.map(|timeout| format!("timeout {}", duration::format(timeout))));
        words
    }
}
