//! The stages of the pipeline, and what waits before each.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

/// The stages of the pipeline, as logs, metrics, traces, health checks and pages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageName {
    /// Schedules and downloads feeds.
    Poll,
    /// Downloads the pages of articles.
    Page,
    /// Builds articles and extracts entities and quotations.
    Analyse,
    /// Commits records and state.
    Commit,
}

impl StageName {
    /// All stages, in the order in which an entry passes them.
    pub const ALL: [Self; 4] = [Self::Poll, Self::Page, Self::Analyse, Self::Commit];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Page => "page",
            Self::Analyse => "analyse",
            Self::Commit => "commit",
        }
    }
}

/// What waits before a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// The number of items that wait.
    pub waiting: usize,
    /// The number of items that may wait.
    pub capacity: usize,
}

/// The queues before the stages.
#[derive(Default)]
pub struct Queues(Mutex<Vec<Queue>>);

struct Queue {
    stage: StageName,
    depth: Box<dyn Fn() -> QueueDepth + Send + Sync>,
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.depths()).finish()
    }
}

impl Queues {
    /// Observes the channel to this stage, in place of an earlier channel to it.
    pub fn observe<T: Send + 'static>(&self, stage: StageName, channel: &mpsc::Sender<T>) {
        let channel = channel.downgrade();
        // A closed channel holds nothing.
        let depth = move || {
            channel.upgrade().map_or_else(QueueDepth::default, |channel| {
                let capacity = channel.max_capacity();
                QueueDepth { waiting: capacity - channel.capacity(), capacity }
            })
        };
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| queue.stage != stage);
        queues.push(Queue { stage, depth: Box::new(depth) });
    }

    /// Returns the observed stages, and what waits before each.
    pub fn depths(&self) -> Vec<(StageName, QueueDepth)> {
        let queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.iter().map(|queue| (queue.stage, (queue.depth)())).collect()
    }

    /// Returns what waits before this stage.
    pub fn depth(&self, stage: StageName) -> QueueDepth {
        self.depths().into_iter().find(|(name, _)| *name == stage).map(|(_, depth)| depth).unwrap_or_default()
    }
}
