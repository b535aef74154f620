//! Checks of the values of `requests`. No message contains a value, because it may be a secret.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};

use super::cookies::Cookies;
use super::options::Requests;
use super::transport::DIRECT;
use crate::fetch::proxy_url::proxy_url;
use crate::options::{Checks, InvalidOption, SecretString};

/// The maximum numbers of headers and of cookies, and the size of each value in bytes.
const MAX_HEADERS: usize = 32;
const MAX_COOKIES: usize = 64;
const MAX_BYTES: usize = 8 * 1024;
/// The limits of `timeout`.
const TIMEOUT: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
const PEM: &str =
    "write client_certificate = { file = \"reader.pem\" }, with the certificate and its chain in PEM form";

impl Requests {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        self.check_headers(&mut checks);
        check_cookies(&self.cookies, &mut checks);
        self.check_login(&mut checks);
        if let Some(agent) = &self.user_agent {
            let is_fine = !agent.trim().is_empty() && agent.is_ascii() && is_value(agent);
            checks.require(is_fine, "user_agent", "must be a line of plain ASCII; write \"our-reader/1.0\"");
        }
        if let Some(SecretString(proxy)) = self.proxy.as_ref().filter(|SecretString(proxy)| proxy != DIRECT)
            && let Err(error) = proxy_url(proxy)
        {
            checks.require(false, "proxy", format!("{error}; or \"direct\" for no proxy"));
        }
        checks.require(
            self.timeout.is_none_or(|timeout| TIMEOUT.contains(&timeout)),
            "timeout",
            "must be from 1 s to 10 min; write \"30s\"",
        );
        self.check_certificate(&mut checks);
        checks.finish()
    }

    fn check_headers(&self, checks: &mut Checks) {
        checks.require(
            self.headers.len() <= MAX_HEADERS,
            "headers",
            format!("has more than {MAX_HEADERS} headers, the maximum"),
        );
        let mut names = std::collections::HashSet::new();
        for (name, SecretString(value)) in &self.headers {
            let key = format!("headers.{name}");
            let Ok(parsed) = HeaderName::try_from(name) else {
                checks.require(
                    false,
                    &key,
                    "is not the name of a header; write letters, digits and hyphens, such as \"X-Api-Key\"",
                );
                continue;
            };
            if let Some(advice) = reserved(parsed.as_str()) {
                checks.require(false, &key, advice);
            }
            checks.require(names.insert(parsed), &key, "repeats a header; names of headers ignore case");
            checks.require(
                !value.trim().is_empty() && is_value(value),
                &key,
                format!(
                    "must be a line of text of at most {MAX_BYTES} bytes; remove line breaks and control characters"
                ),
            );
        }
    }

    fn check_login(&self, checks: &mut Checks) {
        if let Some(login) = &self.basic {
            let (user, password) = (&login.user.0, &login.password.0);
            let is_named = !user.is_empty() && !user.contains(':') && !user.contains(char::is_control);
            checks.require(
                is_named && !password.contains(char::is_control),
                "basic",
                "needs a user without a colon, and a password; write { user = \"mina\", password = { file = \"password\" } }",
            );
        }
        if let Some(SecretString(token)) = &self.bearer {
            let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
            checks.require(
                is_token && is_value(token),
                "bearer",
                "must be a token without spaces; write the token alone, without \"Bearer\"",
            );
        }
        let header = self.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
        let logins = [self.basic.is_some(), self.bearer.is_some(), header].into_iter().filter(|set| *set).count();
        let key = if self.bearer.is_some() { "bearer" } else { "basic" };
        checks.require(
            logins <= 1,
            key,
            "is a second login; keep one of `basic`, `bearer` and the header Authorization",
        );
    }

    fn check_certificate(&self, checks: &mut Checks) {
        let Some(SecretString(pem)) = &self.client_certificate else {
            checks.require(self.client_key.is_none(), "client_key", format!("needs a certificate; {PEM}"));
            return;
        };
        let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
        let Some(chain) = chain.ok().filter(|chain| !chain.is_empty()) else {
            checks.require(false, "client_certificate", format!("is not a certificate; {PEM}"));
            return;
        };
        let (name, key) = match &self.client_key {
            Some(SecretString(key)) => ("client_key", key),
            None => ("client_certificate", pem),
        };
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).ok().and_then(|key| any_supported_type(&key).ok());
        let Some(key) = key else {
            let advice = "write client_key = { file = \"reader.key\" }, a private key in PEM form without a passphrase";
            checks.require(false, name, format!("has no private key that can be used; {advice}"));
            return;
        };
        match CertifiedKey::new(chain, key).keys_match() {
            // Not every kind of key can tell.
            Ok(()) | Err(TlsError::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(TlsError::InconsistentKeys(_)) => {
                let advice = "is not the key of the certificate; write the key that the certificate was issued for";
                checks.require(false, name, advice);
            }
            Err(error) => {
                let advice = "ask its issuer for a certificate of X.509 version 3";
                checks.require(false, "client_certificate", format!("cannot be used ({error}); {advice}"));
            }
        }
    }
}

fn check_cookies(cookies: &Cookies, checks: &mut Checks) {
    checks.require(
        cookies.0.len() <= MAX_COOKIES,
        "cookies",
        format!("has more than {MAX_COOKIES} cookies, the maximum"),
    );
    for (name, SecretString(value)) in &cookies.0 {
        if name.is_empty() {
            checks.require(false, "cookies", "has a value without a name; write \"name=value; name=value\"");
            continue;
        }
        let key = format!("cookies.{name}");
        let is_name = HeaderName::try_from(name).is_ok();
        checks.require(is_name, &key, "is not the name of a cookie; write letters, digits, hyphens and underscores");
        let is_fine = is_value(value) && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        checks.require(is_fine, &key, "must be a value without spaces and semicolons, as browsers show it");
    }
}

fn is_value(value: &str) -> bool {
    value.len() <= MAX_BYTES && HeaderValue::from_str(value).is_ok()
}

/// Returns what to write instead of a header that is not the user's to set; `None` for any other.
fn reserved(name: &str) -> Option<&'static str> {
    Some(match name {
        "host" => "follows from the URL; remove it",
        "cookie" => "is set by `cookies`; write cookies = { name = \"value\" }",
        "user-agent" => "is set by `user_agent`; write user_agent = \"our-reader/1.0\"",
        "a-im" | "if-none-match" | "if-modified-since" | "if-match" | "if-range" | "if-unmodified-since" | "range" => {
            "is sent by dateline itself, with the validators of the feed; remove it"
        }
        "accept-encoding" => "is sent by dateline itself, with the codings that it reads; remove it",
        "proxy-authorization" | "proxy-authenticate" | "proxy-connection" => {
            "is for the proxy; write user and password into `proxy`: \"http://USER:PASSWORD@HOST:PORT\""
        }
        "connection" | "content-length" | "content-type" | "expect" | "http2-settings" | "keep-alive" | "te"
        | "trailer" | "transfer-encoding" | "upgrade" => "belongs to the connection; remove it",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(value: serde_json::Value) -> Vec<String> {
        let requests: Requests = serde_json::from_value(value).unwrap();
        requests.check().into_iter().map(|fault| format!("{} {}", fault.key, fault.message)).collect()
    }

    #[test]
    fn every_fault_says_what_to_write_and_no_message_has_the_value() {
        use serde_json::json;
        let pem = |file: &str| {
            let path = format!("{}/tests/fixtures/tls/{file}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap()
        };
        for (value, part) in [
            (json!({ "headers": { "X Key": "s3cret" } }), "headers.X Key is not the name of a header; write"),
            (json!({ "headers": { "Host": "s3cret" } }), "headers.Host follows from the URL; remove it"),
            (json!({ "headers": { "If-None-Match": "s3cret" } }), "headers.If-None-Match is sent by dateline itself"),
            (json!({ "headers": { "cookie": "s3cret" } }), "headers.cookie is set by `cookies`; write"),
            (json!({ "headers": { "X-Key": "s3cret\n" } }), "headers.X-Key must be a line of text"),
            (json!({ "headers": { "X-Key": "s3cret", "x-key": "s3cret" } }), "repeats a header"),
            (json!({ "cookies": "s3cret" }), "cookies has a value without a name; write"),
            (json!({ "cookies": { "a b": "s3cret" } }), "cookies.a b is not the name of a cookie"),
            (json!({ "cookies": { "a": "s3cret;x" } }), "cookies.a must be a value without spaces"),
            (json!({ "basic": { "user": "a:b", "password": "s3cret" } }), "basic needs a user without a colon"),
            (json!({ "bearer": "Bearer s3cret" }), "bearer must be a token without spaces; write the token alone"),
            (json!({ "bearer": "s3cret", "basic": { "user": "a" } }), "bearer is a second login; keep one of"),
            (json!({ "user_agent": "s3cret\u{e4}" }), "user_agent must be a line of plain ASCII; write"),
            (json!({ "proxy": "ftp://s3cret" }), "proxy has a scheme that is not supported; write a URL with http"),
            (json!({ "timeout": "20m" }), "timeout must be from 1 s to 10 min; write \"30s\""),
            (json!({ "client_key": "s3cret" }), "client_key needs a certificate; write client_certificate"),
            (json!({ "client_certificate": "s3cret.pem" }), "client_certificate is not a certificate; write"),
            (json!({ "client_certificate": pem("reader.pem") }), "client_certificate has no private key that can be"),
            (
                json!({ "client_certificate": pem("client.pem"), "client_key": pem("client.key") }),
                "ask its issuer for a certificate of X.509 version 3",
            ),
            (
                json!({ "client_certificate": pem("reader.pem"), "client_key": pem("bad/server.key") }),
                "client_key is not the key of the certificate",
            ),
        ] {
            let found = faults(value.clone());
            assert!(
                found.len() == 1 && found[0].starts_with(part) || found.concat().contains(part),
                "{value}: {found:?}"
            );
            assert!(!found.concat().contains("s3cret"), "{found:?}");
        }
        let fine = json!({
            "headers": { "X-Api-Key": "k", "Accept": "application/atom+xml" }, "cookies": "a=1; b=2", "bearer": "t",
            "user_agent": "reader/1", "proxy": "direct", "timeout": "30s",
            "client_certificate": format!("{}{}", pem("reader.pem"), pem("reader.key")),
        });
        assert_eq!(faults(fine), Vec::<String>::new());
    }
}
