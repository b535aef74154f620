//! What those who watch may see of the pipeline: what waits between the stages, how long the stages take, and what was known at
//! the start.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::mpsc;

use super::batches::Published;
use super::book::Book;
use super::commit::Observer;

/// How often something was done, and how long it took in all.
#[derive(Debug, Default)]
pub struct Timing {
    count: AtomicU64,
    micros: AtomicU64,
}

impl Timing {
    /// Something was done that took so long.
    pub fn add(&self, took: Duration) {
        self.count.fetch_add(1, Relaxed);
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// How often, and microseconds in all.
    pub fn get(&self) -> (u64, u64) {
        (self.count.load(Relaxed), self.micros.load(Relaxed))
    }
}

/// What waits before a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Pieces of work that wait.
    pub waiting: usize,
    /// How many may.
    pub room: usize,
}

/// What waits before pages are fetched, before stories are analysed, and before the commit.
#[derive(Default)]
pub struct Queues(Mutex<Option<[Probe; 3]>>);

type Probe = Box<dyn Fn() -> Depth + Send>;

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Queues").field(&self.depths()).finish()
    }
}

impl Queues {
    /// From now on these channels are looked at. They close as if they were not.
    pub(super) fn watch<A, B, C>(&self, pages: &mpsc::Sender<A>, analyse: &mpsc::Sender<B>, commit: &mpsc::Sender<C>)
    where
        A: Send + 'static,
        B: Send + 'static,
        C: Send + 'static,
    {
        *self.lock() = Some([probe(pages), probe(analyse), probe(commit)]);
    }

    /// What waits now, in the order of the stages.
    pub fn depths(&self) -> [Depth; 3] {
        self.lock().as_ref().map_or_else(Default::default, |probes| [probes[0](), probes[1](), probes[2]()])
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<[Probe; 3]>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn probe<T: Send + 'static>(channel: &mpsc::Sender<T>) -> Probe {
    let channel = channel.downgrade();
    Box::new(move || {
        channel.upgrade().map_or_else(Depth::default, |channel| {
            let room = channel.max_capacity();
            Depth { waiting: room - channel.capacity(), room }
        })
    })
}

/// Tells what is known of the feeds.
pub(super) fn tell_restored(book: &Book, observer: &Observer) {
    for (id, state) in book.feeds().filter(|(_, state)| !state.removed) {
        observer(&Published::Restored(id.to_owned(), Box::new(state.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_that_is_looked_at_closes_with_its_last_sender() {
        let queues = Queues::default();
        assert_eq!(queues.depths(), [Depth::default(); 3]);
        let (sender, mut receiver) = mpsc::channel(4);
        sender.send(1).await.unwrap();
        queues.watch(&sender, &sender, &sender);
        assert_eq!(queues.depths()[1], Depth { waiting: 1, room: 4 });
        drop(sender);
        assert_eq!((receiver.recv().await, receiver.recv().await), (Some(1), None));
        assert_eq!(queues.depths()[1], Depth::default());
    }
}
