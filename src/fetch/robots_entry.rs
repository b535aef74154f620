//! The rules of a host's robots.txt as long as they are valid: it is fetched at most once an hour and at least once a day.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::FetchError;
use super::origin_cache::Expires;
use super::robots::Robots;
use super::well_known::WellKnown;

/// The rules of one host's file.
pub(super) struct RobotsEntry {
    robots: Robots,
    /// The file is fetched again after this.
    until: DateTime<Utc>,
    /// Why the file could not be fetched.
    error: Option<String>,
}

impl Expires for RobotsEntry {
    fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.until <= now
    }
}

impl RobotsEntry {
    /// Builds the rules from the answer for a robots.txt: its body and freshness, or its error. `before` holds the
    /// previous rules.
    pub(super) fn new(
        answer: Result<(Vec<u8>, Option<Duration>), FetchError>,
        before: Option<Self>,
        now: DateTime<Utc>,
    ) -> Self {
        let (outcome, until) = WellKnown::of(answer, now);
        let (robots, error) = match outcome {
            WellKnown::File(body) => (Robots::parse(&body), None),
            // There is no file, so everything is allowed.
            WellKnown::Missing => (Robots::default(), None),
            // The previous rules still apply; without any, no page of the host is fetched for now.
            WellKnown::Failed(error) => {
                (before.map_or_else(Robots::disallow_all, |before| before.robots), Some(error.to_string()))
            }
        };
        Self { robots, until, error }
    }

    /// Returns the sitemaps that the file names.
    pub(super) fn sitemaps(&self) -> &[Url] {
        &self.robots.sitemaps
    }

    /// Checks that the page may be fetched, and returns the delay to keep between two requests.
    pub(super) fn check(&self, url: &Url) -> Result<Duration, FetchError> {
        if self.robots.allows(url) {
            return Ok(self.robots.crawl_delay.unwrap_or_default());
        }
        Err(FetchError::Disallowed(match &self.error {
            Some(error) => {
                format!("robots.txt could not be fetched, so no page of this host is fetched for now: {error}")
            }
            None => format!("robots.txt disallows {url}"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn an_error_disallows_all_and_a_missing_file_allows_all() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let url = Url::parse("https://example.org/private/x").unwrap();
        let status = |status| Err(FetchError::Status { status, retry_after: None, blocked: false });
        let rules = || Ok((b"User-agent: *\nDisallow: /private".to_vec(), Some(Duration::from_secs(9_999_999))));
        let entry = RobotsEntry::new(rules(), None, now);
        assert!(entry.check(&url).is_err() && entry.check(&url.join("/open").unwrap()).is_ok());
        assert!(entry.has_expired(now + TimeDelta::days(1)), "cached for at most a day");
        let after = RobotsEntry::new(status(500), Some(entry), now);
        assert!(
            after.check(&url).is_err() && after.check(&url.join("/open").unwrap()).is_ok(),
            "the previous rules still apply"
        );
        assert!(RobotsEntry::new(status(404), Some(after), now).check(&url).is_ok());
        for closed in [status(503), status(429), Err(FetchError::Dns("example.org".into()))] {
            let entry = RobotsEntry::new(closed, None, now);
            assert!(entry.check(&url).unwrap_err().to_string().contains("could not be fetched"));
            assert!(entry.has_expired(now + TimeDelta::hours(1)));
        }
    }
}
