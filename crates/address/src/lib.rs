//! URLs and the parts of them that only their server may see: user information, and the query of a private feed.
//!
//! A URL is split on input ([`Credentials::split`]). Only the public part is published, stored, logged or shown;
//! only [`Place`], which a client requests, has both parts.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod credentials;
mod domain;
mod place;

use std::borrow::Cow;

pub use credentials::Credentials;
pub use domain::{PublicSuffix, public_suffix, registrable_domain};
pub use place::Place;

/// Returns whether a character ends the authority of a URL, both in a bare URL and in running text.
fn ends_authority(c: char) -> bool {
    matches!(c, '/' | '?' | '#' | '\\' | '"' | '<' | '>') || c.is_whitespace()
}

/// Returns whether a character ends a URL in running text.
fn ends_url(c: char) -> bool {
    matches!(c, '"' | '<' | '>' | '`') || c.is_whitespace()
}

/// Returns the text without the user information of every URL in it: `https://me:pass@example.org/` becomes
/// `https://example.org/`.
pub fn without_user_info(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("//") {
        let (head, tail) = rest.split_at(at + 2);
        let authority = &tail[..tail.find(ends_authority).unwrap_or(tail.len())];
        let host = authority.rfind('@').map_or(0, |at| at + 1);
        clean.push_str(head);
        rest = &tail[host..];
    }
    if clean.len() + rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Returns the text without the query and fragment of every URL in it.
pub fn without_queries(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        let (url, behind) = tail.split_at(tail.find(ends_url).unwrap_or(tail.len()));
        clean.push_str(head);
        clean.push_str(url.split(['?', '#']).next().unwrap_or_default());
        rest = behind;
    }
    clean.push_str(rest);
    clean
}

/// Decodes percent-encoding.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_is_cut_from_every_url() {
        for (text, clean) in [
            ("https://me:pw@example.org/a?b", "https://example.org/a?b"),
            ("https://token@example.org", "https://example.org"),
            ("ftp://:pw@example.org/x", "ftp://example.org/x"),
            ("//me:pw@example.org/x", "//example.org/x"),
            ("https://me:p@w'(s)@example.org:81/", "https://example.org:81/"),
            ("https://me:pw@[2001:db8::1]/", "https://[2001:db8::1]/"),
            ("rtsp://me:pw@example.org?x", "rtsp://example.org?x"),
            ("https://web.example/2020/https://me:pw@example.org/", "https://web.example/2020/https://example.org/"),
            ("<a href=\"http://a:b@c/\">http://a:b@c</a>", "<a href=\"http://c/\">http://c</a>"),
            ("no answer from http://a:b@c: refused", "no answer from http://c: refused"),
        ] {
            assert_eq!(without_user_info(text), clean);
        }
        for same in [
            "https://example.org/@ann",
            "https://example.org?mail=a@b.example",
            "https://example.org#a@b",
            "mailto:ann@example.org",
            "tag:ann@example.org,2025:1",
            "// a comment of ann@example.org",
            "",
        ] {
            assert!(matches!(without_user_info(same), Cow::Borrowed(text) if text == same), "{same}");
        }
        let started = std::time::Instant::now();
        assert_eq!(without_user_info(&"//a@".repeat(500_000)).len(), 1_000_000);
        assert_eq!(without_user_info(&"//".repeat(1_000_000)).len(), 2_000_000);
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[test]
    fn queries_are_cut_from_every_url() {
        for (text, clean) in [
            ("https://a.example/f?token=x#y", "https://a.example/f"),
            (
                "from https://a.example/f?token=x to `http://b.example/?t=1`",
                "from https://a.example/f to `http://b.example/`",
            ),
            ("why? because", "why? because"),
        ] {
            assert_eq!(without_queries(text), clean);
        }
    }

    #[test]
    fn percent_encoding_is_undone_and_what_is_none_stays() {
        assert_eq!(decoded("a%2Bb+c%zz%4"), b"a+b+c%zz%4");
        assert_eq!(decoded("%C3%A4%"), "ä%".as_bytes());
        assert_eq!(decoded("%ä"), "%ä".as_bytes());
    }
}
