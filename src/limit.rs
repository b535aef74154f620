//! A limit on how much runs at once, which can be changed while it is in use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit.
#[derive(Debug)]
pub struct Limit {
    permits: Arc<Semaphore>,
    size: Mutex<Size>,
}

#[derive(Debug, Clone, Copy)]
struct Size {
    wanted: usize,
    /// The permits that there are, held ones included.
    actual: usize,
}

/// Permits one to run until it is dropped.
#[derive(Debug)]
pub struct LimitPermit {
    limit: Arc<Limit>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Limit {
    /// Creates a limit.
    pub fn new(size: usize) -> Arc<Self> {
        let (permits, size) = (Arc::new(Semaphore::new(size)), Size { wanted: size, actual: size });
        Arc::new(Self { permits, size: Mutex::new(size) })
    }

    /// Changes the limit. What runs beyond a smaller one finishes first.
    pub fn set(&self, wanted: usize) {
        let mut size = self.size();
        size.wanted = wanted;
        if wanted > size.actual {
            self.permits.add_permits(wanted - size.actual);
            size.actual = wanted;
        } else {
            size.actual -= self.permits.forget_permits(size.actual - wanted);
        }
    }

    /// Waits until one more may run.
    pub async fn acquire(self: &Arc<Self>) -> LimitPermit {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        LimitPermit { limit: Arc::clone(self), permit }
    }

    /// Permits one more to run; `None` if as many run as may.
    pub fn try_acquire(self: &Arc<Self>) -> Option<LimitPermit> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(LimitPermit { limit: Arc::clone(self), permit: Some(permit) })
    }

    /// Returns whether nothing runs.
    pub fn is_idle(&self) -> bool {
        self.permits.available_permits() >= self.size().actual
    }

    fn size(&self) -> MutexGuard<'_, Size> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LimitPermit {
    fn drop(&mut self) {
        let mut size = self.limit.size();
        let Some(permit) = self.permit.take() else { return };
        if size.actual > size.wanted {
            size.actual -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_limit_grows_at_once_and_shrinks_as_permits_return() {
        let limit = Limit::new(2);
        let (first, second) = (limit.acquire().await, limit.acquire().await);
        assert!(limit.try_acquire().is_none() && !limit.is_idle());
        limit.set(3);
        let third = limit.try_acquire().unwrap();
        assert!(limit.try_acquire().is_none());
        limit.set(1);
        drop(first);
        assert!(limit.try_acquire().is_none(), "two still run");
        drop(second);
        assert!(limit.try_acquire().is_none(), "one still runs");
        drop(third);
        assert!(limit.is_idle());
        let only = limit.try_acquire().unwrap();
        assert!(limit.try_acquire().is_none());
        drop(only);
        limit.set(0);
        assert!(limit.try_acquire().is_none());
    }
}
