//! Counts the work that can still reach the commit stage by itself. When there is none, a group has nothing to wait for: all that
//! is open waits for the group.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use tokio::sync::Notify;

/// The work before the commit stage: polls, and entries on their way. Work that is not counted (revisits, subscriptions) joins
/// the next group if it comes late.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    count: AtomicIsize,
    idle: Notify,
}

impl Upstream {
    /// Counts a piece of work for as long as the guard lives.
    pub(super) fn enter(self: &Arc<Self>) -> UpstreamWork {
        self.count.fetch_add(1, Ordering::AcqRel);
        UpstreamWork(Arc::clone(self))
    }

    /// Does not count the caller's own piece of work for as long as the guard lives, because it waits for a commit.
    pub(super) fn wait(&self) -> CommitWait<'_> {
        self.leave();
        CommitWait(self)
    }

    /// Waits until nothing is counted.
    pub(super) async fn is_idle(&self) {
        while self.count.load(Ordering::Acquire) > 0 {
            self.idle.notified().await;
        }
    }

    /// Returns whether nothing is counted now.
    pub(super) fn is_idle_now(&self) -> bool {
        self.count.load(Ordering::Acquire) <= 0
    }

    fn leave(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) <= 1 {
            // A permit is stored, so an idle moment between the check and the wait is noticed.
            self.idle.notify_one();
        }
    }
}

/// A piece of work that can still reach the commit stage.
#[derive(Debug)]
pub(super) struct UpstreamWork(Arc<Upstream>);

impl Drop for UpstreamWork {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A wait for a commit.
pub(super) struct CommitWait<'a>(&'a Upstream);

impl Drop for CommitWait<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn work_that_waits_for_a_commit_does_not_count() {
        let upstream = Arc::new(Upstream::default());
        let is_idle = || upstream.is_idle().now_or_never().is_some();
        assert!(is_idle());
        let poll = upstream.enter();
        let entry = upstream.enter();
        assert!(!is_idle());
        let waiting = upstream.wait();
        assert!(!is_idle(), "the entry is on its way");
        drop(entry);
        assert!(is_idle());
        drop(waiting);
        assert!(!is_idle());
        drop(poll);
        assert!(is_idle());
    }
}
