//! Divides the sockets that the client may open between requests in flight and idle connections.
//!
//! An idle connection saves a handshake when its host is requested again soon: robots.txt, then pages, then the next
//! page. With tens of thousands of hosts most connections are never used again, and the pool of the HTTP library limits
//! them only per host. So every request that may leave a connection open takes a permit, which it returns at the latest
//! when that connection has been closed. If no permit is left, the request uses a separate connection, which closes
//! with it.

use std::sync::Arc;
use std::time::Duration;

use crate::limit::{Limit, LimitPermit};

/// How long an idle connection is kept.
pub(super) const KEPT: Duration = Duration::from_secs(5);
/// The pool looks for expired connections once in each [`KEPT`]; one second is added for closing them.
const CLOSED_AFTER: Duration = Duration::from_secs(2 * KEPT.as_secs() + 1);
/// Sockets of one request: two while IPv6 and IPv4 are tried side by side, and four for name lookups, some of which may still
/// run for abandoned requests.
const PER_REQUEST: usize = 6;
/// Concurrent lookups per request.
pub(super) const LOOKUPS_PER_REQUEST: usize = 2;
/// The maximum number of idle connections, however many sockets there are.
const MAX_KEPT: usize = 8_192;

/// The division of the sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketBudget {
    /// Concurrent requests.
    pub requests: usize,
    /// Connections that may stay open for a next request.
    pub kept: usize,
}

impl SocketBudget {
    /// Divides `sockets` between at most `concurrency` requests and idle connections, which get at least half. One request
    /// is always possible.
    pub fn new(sockets: usize, concurrency: usize) -> Self {
        let requests = concurrency.min(sockets / 2 / PER_REQUEST).max(1);
        Self { requests, kept: sockets.saturating_sub(requests * PER_REQUEST).min(MAX_KEPT) }
    }

    /// Returns the minimum number of sockets with which `concurrency` requests can run at once.
    pub fn needed(concurrency: usize) -> usize {
        concurrency.saturating_mul(2 * PER_REQUEST)
    }
}

/// The permits for idle connections.
pub(super) struct Kept(Arc<Limit>);

impl Kept {
    pub(super) fn new(max: usize) -> Self {
        Self(Limit::new(max))
    }

    /// Changes how many there are.
    pub(super) fn set(&self, max: usize) {
        self.0.set(max);
    }

    /// Permits a request to leave its connection open; `None` if enough are open.
    pub(super) fn permit(&self) -> Option<KeptPermit> {
        self.0.try_acquire().map(|permit| KeptPermit(Some(permit)))
    }
}

/// Held by a request that may leave its connection open. Dropped when the request ends, the permit is returned when
/// that connection has expired.
pub(super) struct KeptPermit(Option<LimitPermit>);

impl Drop for KeptPermit {
    fn drop(&mut self) {
        let permit = self.0.take();
        // Outside a runtime there are no connections either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(CLOSED_AFTER).await;
                drop(permit);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_divided_within_the_limit() {
        for (sockets, concurrency, requests, kept) in [
            (3_840, 64, 64, 3_456),
            (768, 64, 64, 384),
            (768, 500, 64, 384),
            (128, 64, 10, 68),
            (24, 64, 2, 12),
            (5, 64, 1, 0),
            (1_000_000, 64, 64, MAX_KEPT),
            (1_000_000, 10_000, 10_000, MAX_KEPT),
        ] {
            let budget = SocketBudget::new(sockets, concurrency);
            assert_eq!(budget, SocketBudget { requests, kept }, "{sockets} for {concurrency}");
            assert!(budget.requests * PER_REQUEST + budget.kept <= sockets.max(PER_REQUEST));
            assert_eq!(SocketBudget::new(SocketBudget::needed(concurrency), concurrency).requests, concurrency);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_permit_comes_back_when_the_connection_has_expired() {
        let kept = Kept::new(2);
        let (first, second) = (kept.permit(), kept.permit());
        assert!(first.is_some() && second.is_some() && kept.permit().is_none());
        drop(first);
        tokio::time::sleep(2 * KEPT).await;
        assert!(kept.permit().is_none(), "the connection may still be open");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(kept.permit().is_some());
    }
}
