//! Reads the headers that say when to poll again: `Retry-After`, `Cache-Control`, `Expires`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, RETRY_AFTER};

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// Parses a date in any of the three forms of RFC 9110, section 5.6.7, or with an offset, as PHP's `date('r')` writes it.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let strict = httpdate::parse_http_date(text).ok().map(DateTime::from);
    strict.or_else(|| Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc()))
}

/// Parses seconds written as digits; a number too large to fit becomes a very long time.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Returns the time until a date that the server named, by the server's own clock if it sends its date.
fn until(date: DateTime<Utc>, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let now = text(headers, DATE).and_then(http_date).unwrap_or(now);
    (date - now).to_std().ok()
}

/// Reads `Retry-After` in both its forms (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    seconds(value).or_else(|| until(http_date(value)?, headers, now))
}

/// Returns how long the answer stays fresh (RFC 9111, section 4.2). `None` for `no-cache` and `no-store`, which say
/// nothing about the poll interval, and for an answer that is already stale.
pub(super) fn fresh(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let directives: Vec<String> = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    if directives.iter().any(|directive| directive.starts_with("no-cache") || directive == "no-store") {
        return None;
    }
    let directive = |name: &str| {
        let of = |directive: &String| directive.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        seconds(directives.iter().find_map(of)?.trim_matches('"'))
    };
    let age = text(headers, AGE).and_then(seconds).unwrap_or_default();
    let lifetime = match directive("max-age").or_else(|| directive("s-maxage")) {
        Some(lifetime) => lifetime,
        None => until(http_date(text(headers, EXPIRES)?)?, headers, now)?,
    };
    Some(lifetime.saturating_sub(age)).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2025-06-03T10:00:00Z").unwrap().to_utc()
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        for (value, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Tue, 03 Jun 2025 10:05:00 GMT", Some(300)),
            ("Tuesday, 03-Jun-25 10:05:00 GMT", Some(300)),
            ("Tue Jun  3 10:05:00 2025", Some(300)),
            ("Tue, 03 Jun 2025 12:05:00 +0200", Some(300)),
            ("Tue, 3 Jun 2025 10:05:00 GMT", Some(300)),
            ("Tue, 03 Jun 2025 09:00:00 GMT", None),
            ("-5", None),
            ("soon", None),
        ] {
            let found = retry_after(&headers(&[("retry-after", value)]), now());
            assert_eq!(found.map(|wait| wait.as_secs()), seconds, "{value}");
        }
        // The server's clock is an hour ahead.
        let ahead = [("retry-after", "Tue, 03 Jun 2025 11:05:00 GMT"), ("date", "Tue, 03 Jun 2025 11:00:00 GMT")];
        assert_eq!(retry_after(&headers(&ahead), now()), Some(Duration::from_secs(300)));
    }

    #[test]
    fn freshness_is_the_remaining_lifetime() {
        for (pairs, seconds) in [
            (&[("cache-control", "public, max-age=3600")][..], Some(3_600)),
            (&[("cache-control", "max-age=3600, s-maxage=60"), ("age", "600")], Some(3_000)),
            (&[("cache-control", "S-MaxAge=\"60\"")], Some(60)),
            (&[("cache-control", "max-age=60"), ("age", "600")], None),
            (&[("cache-control", "max-age=0, must-revalidate")], None),
            (&[("cache-control", "no-cache, max-age=3600")], None),
            (&[("cache-control", "no-store"), ("expires", "Tue, 03 Jun 2025 11:00:00 GMT")], None),
            (&[("cache-control", "private"), ("cache-control", "max-age=5")], Some(5)),
            (&[("expires", "Tue, 03 Jun 2025 11:00:00 GMT")], Some(3_600)),
            (&[("expires", "Tue, 03 Jun 2025 11:00:00 GMT"), ("date", "Tue, 03 Jun 2025 10:30:00 GMT")], Some(1_800)),
            (&[("expires", "Tue, 03 Jun 2025 11:00:00 GMT"), ("cache-control", "max-age=60")], Some(60)),
            (&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")], None),
            (&[("expires", "0")], None),
            (&[], None),
        ] {
            assert_eq!(fresh(&headers(pairs), now()).map(|left| left.as_secs()), seconds, "{pairs:?}");
        }
    }
}
