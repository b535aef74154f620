//! Detects challenge pages, which check for a browser or a person instead of returning the document. Whatever their status,
//! they mean that the server blocks us.

use reqwest::header::HeaderMap;

/// Challenge pages are short; longer pages are not searched.
const MAX_BYTES: usize = 64 * 1024;
/// Texts in the challenge pages of common bot protections, in lower case.
const MARKERS: [&str; 10] = [
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

/// Returns whether an HTML page is a challenge. A feed or an article may contain the markers too, but is longer.
pub(super) fn page(body: &[u8], content_type: Option<&str>) -> bool {
    let html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    if !html || body.len() > MAX_BYTES {
        return false;
    }
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    MARKERS.iter().any(|marker| text.contains(marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_distinguished_from_documents() {
        let html = Some("text/html; charset=UTF-8");
        let wall = b"<html><head><title>Just a moment...</title></head></html>";
        assert!(page(wall, html));
        assert!(page(b"<script src='https://geo.captcha-delivery.com/c.js'></script>", html));
        assert!(!page(wall, Some("application/rss+xml")), "a feed may contain the text");
        assert!(!page(b"<html><title>Just a moment in time</title></html>", html));
        let headers = |name: &'static str, value: &'static str| {
            [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect::<HeaderMap>()
        };
        assert!(header(&headers("cf-mitigated", "challenge")) && header(&headers("x-amzn-waf-action", "captcha")));
        assert!(!header(&headers("x-amzn-waf-action", "allow")));
    }
}
