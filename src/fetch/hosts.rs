//! Limits requests per host: how many run at once, and the delay between their starts.
//!
//! Rate limiters such as `governor` use one quota for all keys; here each host has the delay that its
//! `robots.txt` asks for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::{Host, Url};

use crate::address::registrable_domain;
use crate::limit::{Limit, LimitPermit};

/// Above this number, idle hosts are dropped.
const MAX_HOSTS: usize = 10_000;

/// Returns the registrable domain of the URL's host (`news.example.co.uk` → `example.co.uk`), by the Public Suffix
/// List. An address or a name without a public suffix is returned as it is, with its port.
pub fn registrable(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') => registrable_domain(name).unwrap_or(name).to_owned(),
        _ => format!("{host}:{}", url.port_or_known_default().unwrap_or_default()),
    }
}

/// A permit to send one request to a host; dropping it frees the host for the next one.
pub(super) struct HostPermit(#[expect(dead_code, reason = "held, not read")] LimitPermit);

/// The hosts requested recently.
pub(super) struct Hosts {
    terms: Mutex<Terms>,
    hosts: Mutex<HashMap<String, Arc<HostState>>>,
}

/// What applies to every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Terms {
    at_once: usize,
    delay: Duration,
}

struct HostState {
    limit: Arc<Limit>,
    /// The earliest start of the next request.
    next: Mutex<Instant>,
}

impl Hosts {
    pub(super) fn new(at_once: usize, delay: Duration) -> Self {
        Self { terms: Mutex::new(Terms { at_once: at_once.max(1), delay }), hosts: Mutex::default() }
    }

    /// Changes what applies to every host. Requests in flight count.
    pub(super) fn set(&self, at_once: usize, delay: Duration) {
        let terms = Terms { at_once: at_once.max(1), delay };
        let before = std::mem::replace(&mut *self.terms.lock().unwrap_or_else(PoisonError::into_inner), terms);
        if before.at_once != terms.at_once {
            let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.values().for_each(|host| host.limit.set(terms.at_once));
        }
    }

    fn terms(&self) -> Terms {
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the host's turn, at least `delay` after the last one.
    pub(super) async fn acquire(&self, url: &Url, delay: Duration) -> HostPermit {
        let delay = delay.max(self.terms().delay);
        let host = self.host(registrable(url));
        let permit = host.limit.acquire().await;
        if !delay.is_zero() {
            let start = {
                let mut next = host.next.lock().unwrap_or_else(PoisonError::into_inner);
                let start = (*next).max(Instant::now());
                *next = start + delay;
                start
            };
            tokio::time::sleep_until(start).await;
        }
        HostPermit(permit)
    }

    fn host(&self, name: String) -> Arc<HostState> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MAX_HOSTS {
            let now = Instant::now();
            hosts.retain(|_, host| {
                let next = *host.next.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::strong_count(host) > 1 || !host.limit.is_idle() || next > now
            });
        }
        let new = || HostState { limit: Limit::new(self.terms().at_once), next: Mutex::new(Instant::now()) };
        Arc::clone(hosts.entry(name).or_insert_with(|| Arc::new(new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_distinguished_by_registrable_domain() {
        let of = |url: &str| registrable(&Url::parse(url).unwrap());
        assert_eq!(of("https://feeds.news.example.co.uk/rss"), "example.co.uk");
        assert_eq!(of("https://www.example.com:8443/"), "example.com");
        assert_eq!(of("http://127.0.0.1:8099/"), "127.0.0.1:8099");
        assert_eq!(of("http://localhost/"), "localhost:80");
        assert_ne!(of("https://a.github.io/"), of("https://b.github.io/"));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_one_host_are_few_and_spaced() {
        let hosts = Hosts::new(2, Duration::from_secs(1));
        let url = Url::parse("https://example.com/").unwrap();
        let start = Instant::now();
        let first = hosts.acquire(&url, Duration::ZERO).await;
        let _second = hosts.acquire(&url, Duration::ZERO).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1), "the second request waits a second");
        let third = tokio::time::timeout(Duration::from_secs(60), hosts.acquire(&url, Duration::ZERO)).await;
        assert!(third.is_err(), "no more than two at once");
        hosts.set(3, Duration::from_secs(1));
        drop(hosts.acquire(&url, Duration::ZERO).await);
        hosts.set(2, Duration::from_secs(1));
        drop(first);
        hosts.acquire(&url, Duration::ZERO).await;
        let other = Url::parse("https://example.org/").unwrap();
        let before = Instant::now();
        hosts.acquire(&other, Duration::ZERO).await;
        assert_eq!(before.elapsed(), Duration::ZERO, "requests to another host do not wait");
    }
}
