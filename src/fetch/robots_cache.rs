//! The robots.txt files of the hosts whose pages are fetched: each fetched once a day, a bounded number cached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::FetchError;
use super::robots::Robots;

/// Files cached; expired ones are dropped first.
const REMEMBERED: usize = 2_000;
/// The shortest and the longest time that a file is cached (RFC 9309, section 2.4).
const BELIEVED: (Duration, Duration) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
/// How long a host whose file could not be fetched stays closed before the next attempt.
const CLOSED: Duration = Duration::from_secs(30 * 60);

/// The rules of one host's file.
pub(super) struct Door {
    robots: Robots,
    /// The file is fetched again after this.
    until: DateTime<Utc>,
    /// Why the file could not be fetched.
    fault: Option<String>,
}

impl Door {
    /// Builds the rules from the answer for a robots.txt: its body and freshness, or its error. `before` holds the
    /// previous rules.
    pub fn new(
        answer: Result<(Vec<u8>, Option<Duration>), FetchError>,
        before: Option<Self>,
        now: DateTime<Utc>,
    ) -> Self {
        let until = |pause: Duration| now + TimeDelta::from_std(pause).unwrap_or_default();
        let open = |robots| Self { robots, until: until(BELIEVED.1), fault: None };
        match answer {
            Ok((body, fresh)) => {
                let believed = fresh.unwrap_or(BELIEVED.1).clamp(BELIEVED.0, BELIEVED.1);
                Self { robots: Robots::parse(&body), until: until(believed), fault: None }
            }
            // There is no file, so everything is allowed. A redirect loop counts as a missing file.
            Err(FetchError::Status { status: 400..=428 | 430..=499, .. } | FetchError::Redirect(_)) => {
                open(Robots::default())
            }
            Err(error) => {
                let fault = error.to_string();
                // The previous rules still apply.
                let robots = before.map_or_else(Robots::closed, |before| before.robots);
                Self { robots, until: until(CLOSED), fault: Some(fault) }
            }
        }
    }

    /// Returns whether the file must be fetched again.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.until <= now
    }

    /// Returns the sitemaps that the file names.
    pub fn sitemaps(&self) -> &[Url] {
        &self.robots.sitemaps
    }

    /// Checks that the page may be fetched, and returns the pause to keep between two requests.
    pub fn pass(&self, url: &Url) -> Result<Duration, FetchError> {
        if self.robots.allows(url) {
            return Ok(self.robots.crawl_delay.unwrap_or_default());
        }
        Err(FetchError::Disallowed(match &self.fault {
            Some(fault) => format!("robots.txt cannot be had, so that nothing is fetched there for now: {fault}"),
            None => format!("robots.txt does not allow {url}"),
        }))
    }
}

/// The rules of one host; locked while its file is fetched, so it is fetched only once.
pub(super) type Lock = Arc<AsyncMutex<Option<Door>>>;

/// The rules of all hosts.
#[derive(Default)]
pub(super) struct Gate {
    doors: Mutex<HashMap<String, Lock>>,
}

impl Gate {
    /// Returns the entry for the URL's scheme, host and port.
    pub fn door(&self, url: &Url, now: DateTime<Utc>) -> Lock {
        let mut doors = self.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if doors.len() >= REMEMBERED {
            let over =
                |door: &Lock| door.try_lock().is_ok_and(|door| door.as_ref().is_none_or(|door| door.is_over(now)));
            doors.retain(|_, door| Arc::strong_count(door) > 1 || !over(door));
            if doors.len() >= REMEMBERED {
                doors.retain(|_, door| Arc::strong_count(door) > 1);
            }
        }
        Arc::clone(doors.entry(url.origin().ascii_serialization()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_closes_the_door_and_what_is_not_there_opens_it() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let url = Url::parse("https://example.org/private/x").unwrap();
        let status = |status| Err(FetchError::Status { status, retry_after: None, blocked: false });
        let rules = || Ok((b"User-agent: *\nDisallow: /private".to_vec(), Some(Duration::from_secs(9_999_999))));
        let door = Door::new(rules(), None, now);
        assert!(door.pass(&url).is_err() && door.pass(&url.join("/open").unwrap()).is_ok());
        assert!(door.is_over(now + TimeDelta::days(1)), "a day at most");
        let after = Door::new(status(500), Some(door), now);
        assert!(after.pass(&url).is_err() && after.pass(&url.join("/open").unwrap()).is_ok(), "what it said counts");
        assert!(Door::new(status(404), Some(after), now).pass(&url).is_ok());
        for closed in [status(503), status(429), Err(FetchError::Dns("example.org".into()))] {
            let door = Door::new(closed, None, now);
            assert!(door.pass(&url).unwrap_err().to_string().contains("cannot be had"));
            assert!(door.is_over(now + TimeDelta::hours(1)));
        }
    }
}
