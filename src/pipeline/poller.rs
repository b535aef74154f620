//! What polls, looks at pages and pushes work with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::cpu::Cpu;
use super::shared::Shared;
use super::stats::Stats;
use super::websub::Desk;
use super::work::{Story, Work};
use crate::article::Rules;
use crate::clock::Clock;
use crate::config::Settings;
use crate::entity::Finder;
use crate::fetch::Client;

/// What a poll works with.
#[derive(Clone)]
pub struct Poller {
    /// The HTTP client.
    pub client: Arc<Client>,
    /// For parsing.
    pub cpu: Cpu,
    /// What is known.
    pub book: Arc<Mutex<Book>>,
    /// What hubs push, and how far they are trusted.
    pub desk: Arc<Desk>,
    /// Finds names.
    pub finder: Arc<Finder>,
    /// Rules by hand for the pages of sites, as they are now.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Answers for feeds with the same URL.
    pub shared: Arc<Shared>,
    /// To the next stage.
    pub stories: mpsc::Sender<Story>,
    /// To the last stage.
    pub work: mpsc::Sender<Work>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

impl Poller {
    /// The time (UTC).
    pub fn clock(&self) -> &Clock {
        self.client.clock()
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
