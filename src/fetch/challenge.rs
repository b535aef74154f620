//! Detects pages that check for a browser or a person instead of giving the document: a refusal, whatever their status.

use reqwest::header::HeaderMap;

/// Only the start of a page is searched.
const LOOKED_AT: usize = 64 * 1024;
/// Marks in the pages of common bot protections, in lower case.
const MARKS: [&str; 10] = [
    "/cdn-cgi/challenge-platform/",
    "<title>just a moment...</title>",
    "cf-browser-verification",
    "captcha-delivery.com",
    "_incapsula_resource",
    "px-captcha",
    "awswafcookiedomainlist",
    "token.awswaf.com",
    "sucuri_cloudproxy_js",
    "/.well-known/sgcaptcha",
];

/// Returns whether the headers mark this answer as a challenge.
pub(super) fn header(headers: &HeaderMap) -> bool {
    let challenged =
        |name: &str, value: &str| headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
    headers.contains_key("cf-mitigated")
        || challenged("x-amzn-waf-action", "challenge")
        || challenged("x-amzn-waf-action", "captcha")
}

/// Returns whether an HTML page is a challenge. A feed or an article may mention the marks, but a challenge page is short.
pub(super) fn page(body: &[u8], content_type: Option<&str>) -> bool {
    let html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    if !html || body.len() > LOOKED_AT {
        return false;
    }
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_told_from_documents() {
        let html = Some("text/html; charset=UTF-8");
        let wall = b"<html><head><title>Just a moment...</title></head></html>";
        assert!(page(wall, html));
        assert!(page(b"<script src='https://geo.captcha-delivery.com/c.js'></script>", html));
        assert!(!page(wall, Some("application/rss+xml")), "a feed may say what it likes");
        assert!(!page(b"<html><title>Just a moment in time</title></html>", html));
        let headers = |name: &'static str, value: &'static str| {
            [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect::<HeaderMap>()
        };
        assert!(header(&headers("cf-mitigated", "challenge")) && header(&headers("x-amzn-waf-action", "captcha")));
        assert!(!header(&headers("x-amzn-waf-action", "allow")));
    }
}
