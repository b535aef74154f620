//! Reads the headers that say what may be done with a document.

use reqwest::header::{HeaderMap, HeaderValue};

use super::ReservationHeaders;

/// The maximum number of `X-Robots-Tag` headers read, and the length of each value in bytes.
const MAX_HEADERS: usize = 10;
const MAX_BYTES: usize = 2_000;

/// Reads the headers.
pub(super) fn headers(headers: &HeaderMap) -> ReservationHeaders {
    let text = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]).into_owned()
    };
    ReservationHeaders {
        robots: headers.get_all("x-robots-tag").iter().take(MAX_HEADERS).map(text).collect(),
        tdm: headers.get("tdm-reservation").map(text),
        policy: headers.get("tdm-policy").map(text),
    }
}
