//! Runs CPU work off the async threads, limited in number, and catches panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::limit::Limit;

/// A pool for parsing and extraction.
#[derive(Debug, Clone)]
pub(super) struct Cpu {
    limit: Arc<Limit>,
}

impl Cpu {
    /// Creates a pool that uses `threads` threads at once; 0 means one for each core.
    pub(super) fn new(threads: usize) -> Self {
        Self { limit: Limit::new(count(threads)) }
    }

    /// Changes how many threads the pool uses at once.
    pub(super) fn set_threads(&self, threads: usize) {
        self.limit.set(count(threads));
    }

    /// Waits for a free thread and runs the work on it. A panic is an `Err` with its message.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
        let permit = self.limit.acquire().await;
        let task = tokio::task::spawn_blocking(move || {
            let done = guarded(work);
            drop(permit);
            done
        });
        task.await.unwrap_or_else(|error| Err(format!("the work was ended: {error}")))
    }
}

/// Returns the number of threads; 0 means one for each core.
fn count(threads: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if threads == 0 { cores() } else { threads }
}

/// Runs the work; a panic is an `Err` with its message.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("panicked: {}", message.unwrap_or_else(|| "no message".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_reported_and_the_pool_goes_on() {
        let cpu = Cpu::new(1);
        assert_eq!(cpu.run(|| panic!("no {}", "good")).await.map(|(): ()| ()), Err("panicked: no good".into()));
        assert_eq!(cpu.run(|| 7).await, Ok(7));
    }
}
