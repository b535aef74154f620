//! The secrets of requests, removed from everything that a server answers.
//!
//! No honest server repeats them. A careless one does: in an error page, in the target of a redirect, in links. They are
//! removed where the answer arrives, so that nothing behind the client can pass them on.

use std::collections::BTreeSet;

use url::{Url, form_urlencoded};

use super::options::Requests;
use crate::fetch::{Answer, Links};
use crate::options::SecretString;

/// Shorter values are not searched for: they would match ordinary words.
const SHORTEST: usize = 6;
/// The same within a document, of which every match is changed.
const SHORTEST_IN_DOCUMENT: usize = 8;
/// Replaces a secret.
const MASK: &str = "\u{2026}";
/// Headers whose values are not secret.
const PUBLIC: [&str; 9] = [
    "accept",
    "accept-language",
    "cache-control",
    "dnt",
    "origin",
    "pragma",
    "priority",
    "referer",
    "x-requested-with",
];

/// The secrets of one or several tables, in each form in which they may occur.
#[derive(Clone, Default)]
pub(in crate::fetch) struct Secrets(BTreeSet<String>);

impl Requests {
    /// Returns the secrets that no log line may contain.
    pub fn secrets(&self) -> Vec<String> {
        Secrets::of(self).0.into_iter().collect()
    }

    /// Returns a text without the secrets.
    pub fn mask(&self, text: &str) -> String {
        Secrets::of(self).mask(text)
    }
}

impl Secrets {
    fn of(requests: &Requests) -> Self {
        let mut secrets = Self::default();
        secrets.add(requests);
        secrets
    }

    pub(super) fn add(&mut self, requests: &Requests) {
        let is_public = |name: &str| PUBLIC.contains(&name) || name.starts_with("sec-");
        let headers = requests.headers.iter().filter(|(name, _)| !is_public(&name.to_ascii_lowercase()));
        for (_, SecretString(value)) in headers.chain(&requests.cookies.0) {
            self.add_forms(value);
            // `Token abc`: the scheme is not the secret.
            self.add_forms(value.split_once(' ').map_or("", |(_, value)| value));
        }
        if let Some(login) = &requests.basic {
            self.add_forms(&login.password.0);
            self.add_forms(login.header().trim_start_matches("Basic "));
        }
        self.add_forms(requests.bearer.as_ref().map_or("", |token| token.0.as_str()));
        let proxy = requests.proxy.as_ref().and_then(|SecretString(proxy)| Url::parse(proxy).ok());
        self.add_forms(proxy.as_ref().and_then(Url::password).unwrap_or_default());
        let key = requests.client_key.as_ref().or(requests.client_certificate.as_ref());
        let mut is_key = false;
        for line in key.map_or("", |pem| pem.0.as_str()).lines().map(str::trim) {
            is_key = if line.starts_with("-----") { line.contains("BEGIN") && line.contains("KEY") } else { is_key };
            if is_key && !line.starts_with("-----") {
                self.add_forms(line);
            }
        }
    }

    fn add_forms(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.chars().count() >= SHORTEST {
            self.0.insert(secret.to_owned());
            self.0.insert(form_urlencoded::byte_serialize(secret.as_bytes()).collect());
            let decoded = form_urlencoded::parse(format!("x={}", secret.replace('+', "%2B")).as_bytes())
                .map(|(_, value)| value.into_owned())
                .next();
            self.0.extend(decoded.filter(|secret| secret.chars().count() >= SHORTEST));
        }
    }

    /// Adds those of a later request.
    pub(in crate::fetch) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns whether the text contains one.
    pub(in crate::fetch) fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.as_str()))
    }

    /// Returns a message without them.
    pub(in crate::fetch) fn mask(&self, text: &str) -> String {
        // The longest first: one may be part of another.
        let mut secrets: Vec<&String> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }

    /// Removes them from an answer.
    pub(in crate::fetch) fn cut(&self, answer: &mut Answer) {
        if self.0.is_empty() {
            return;
        }
        let Answer { url, moved, body, content_type, validators, links, reserved, .. } = answer;
        let cut_url = |url: &mut Url| {
            if self.are_in(url.as_str())
                && let Ok(clean) = Url::parse(&self.mask(url.as_str()))
            {
                *url = clean;
            }
        };
        let Links { hubs, own } = links;
        [url].into_iter().chain(moved).chain(hubs).chain(own).for_each(cut_url);
        reserved.robots.retain(|text| !self.are_in(text));
        let said = [&mut reserved.tdm, &mut reserved.policy, content_type];
        for text in said.into_iter().chain([&mut validators.etag, &mut validators.last_modified]) {
            *text = text.take().filter(|text| !self.are_in(text));
        }
        if let Some(url) = validators.url.as_mut().filter(|url| self.are_in(url)) {
            *url = self.mask(url);
        }
        for secret in self.0.iter().filter(|secret| is_found_in_documents(secret)) {
            replace(body, secret.as_bytes());
        }
    }
}

/// Returns whether a secret is replaced in documents: not if it could be an ordinary word, a date or a number there.
fn is_found_in_documents(secret: &str) -> bool {
    secret.len() >= SHORTEST_IN_DOCUMENT
        && secret.chars().any(char::is_alphabetic)
        && secret.chars().any(|c| c.is_ascii_digit())
}

/// Replaces every occurrence in bytes of any encoding that includes ASCII.
fn replace(body: &mut Vec<u8>, secret: &[u8]) {
    let mut from = 0;
    let mut clean: Option<Vec<u8>> = None;
    let mut at = 0;
    while at + secret.len() <= body.len() {
        if body[at] == secret[0] && body[at..].starts_with(secret) {
            let clean = clean.get_or_insert_default();
            clean.extend_from_slice(&body[from..at]);
            clean.extend_from_slice(b"...");
            at += secret.len();
            from = at;
        } else {
            at += 1;
        }
    }
    if let Some(mut clean) = clean {
        clean.extend_from_slice(&body[from..]);
        *body = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(toml: serde_json::Value) -> Secrets {
        Secrets::of(&serde_json::from_value(toml).unwrap())
    }

    #[test]
    fn every_form_of_a_secret_is_masked_and_no_word() {
        let secrets = secrets(serde_json::json!({
            "headers": { "X-Key": "k3y+/val=ue", "Accept": "application/atom+xml", "Authorization": "Token t0ken-9876" },
            "cookies": { "session": "s3ss10n%21x", "consent": "yes" },
            "basic": { "user": "mina", "password": "hunter2+" },
            "proxy": "http://me:pr0xy-pass@proxy.example:3128",
        }));
        for (text, clean) in [
            ("sent k3y+/val=ue and k3y%2B%2Fval%3Due", "sent … and …"),
            ("it is t0ken-9876", "it is …"),
            ("s3ss10n%21x or s3ss10n!x", "… or …"),
            ("bWluYTpodW50ZXIyKw== says hunter2+", "… says …"),
            ("through pr0xy-pass", "through …"),
            ("yes, application/atom+xml", "yes, application/atom+xml"),
        ] {
            assert_eq!(secrets.mask(text), clean);
        }
        let mut body = b"a k3y+/val=ue b hunter2+ c".to_vec();
        secrets.0.iter().filter(|secret| is_found_in_documents(secret)).for_each(|s| replace(&mut body, s.as_bytes()));
        assert_eq!(body, b"a ... b ... c");
        assert!(!is_found_in_documents("2022-11-28") && !is_found_in_documents("harbourside"));
    }

    #[test]
    fn the_lines_of_a_key_are_secret_and_those_of_a_certificate_are_not() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIBcertificate0\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nMIIBkeykeykey00\n-----END PRIVATE KEY-----";
        let secrets = secrets(serde_json::json!({ "client_certificate": pem }));
        assert!(secrets.are_in("MIIBkeykeykey00") && !secrets.are_in("MIIBcertificate0"));
    }
}
