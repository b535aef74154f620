//! Shares out the sockets that the client may open: so many for requests under way, the others for connections that are kept.
//!
//! A connection that is kept saves a handshake when its host is asked again soon: robots.txt, then pages, then the next page. With
//! tens of thousands of hosts most connections are never used again, and the pool of the HTTP library bounds them for each host
//! alone. So every request that may leave a connection behind takes a permit, which it gives back when that connection has
//! been closed at the latest. Where no permit is left, the request uses a connection of its own, which ends with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection is kept unused.
pub(super) const KEPT: Duration = Duration::from_secs(5);
/// The pool looks for expired connections once in each [`KEPT`]; a moment is added for closing them.
const CLOSED_AFTER: Duration = Duration::from_secs(2 * KEPT.as_secs() + 1);
/// Sockets of one request: two while IPv6 and IPv4 are tried side by side, and four for name lookups, of which some may still be
/// going on for requests that were given up.
const PER_REQUEST: usize = 6;
/// Lookups at once for each request.
pub(super) const LOOKUPS_PER_REQUEST: usize = 2;
/// The most connections that are kept, however many sockets there may be.
const MOST_KEPT: usize = 8_192;

/// How many sockets are for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketBudget {
    /// Requests at once.
    pub requests: usize,
    /// Connections that may be kept open for a next request.
    pub kept: usize,
}

impl SocketBudget {
    /// Shares out `sockets` among at most `concurrency` requests and what is kept; half of them are kept at least. One request
    /// is always possible.
    pub fn new(sockets: usize, concurrency: usize) -> Self {
        let requests = concurrency.min(sockets / 2 / PER_REQUEST).max(1);
        Self { requests, kept: sockets.saturating_sub(requests * PER_REQUEST).min(MOST_KEPT) }
    }

    /// The least sockets by which `concurrency` requests can run at once.
    pub fn needed(concurrency: usize) -> usize {
        concurrency.saturating_mul(2 * PER_REQUEST)
    }
}

/// The connections that may be kept.
pub(super) struct Kept(Arc<Semaphore>);

impl Kept {
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Permits a request to leave its connection behind; `None` where enough are kept.
    pub fn permit(&self) -> Option<KeptPermit> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(|permit| KeptPermit(Some(permit)))
    }
}

/// Held by a request that may leave its connection behind. Dropped when the request ends, it is given back when that connection
/// has expired.
pub(super) struct KeptPermit(Option<OwnedSemaphorePermit>);

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
    fn sockets_are_shared_out_within_what_there_are() {
        for (sockets, concurrency, requests, kept) in [
            (3_840, 64, 64, 3_456),
            (768, 64, 64, 384),
            (768, 500, 64, 384),
            (128, 64, 10, 68),
            (24, 64, 2, 12),
            (5, 64, 1, 0),
            (1_000_000, 64, 64, MOST_KEPT),
            (1_000_000, 10_000, 10_000, MOST_KEPT),
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
