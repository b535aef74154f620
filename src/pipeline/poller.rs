//! The shared parts for polls, page revisits and pushes.

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
use crate::extract::Extractor;
use crate::fetch::Client;

/// The shared parts that a poll uses.
#[derive(Clone)]
pub struct Poller {
    /// The HTTP client.
    pub client: Arc<Client>,
    /// Runs parsing.
    pub cpu: Cpu,
    /// The book.
    pub book: Arc<Mutex<Book>>,
    /// Holds what hubs push, and how far they are trusted.
    pub desk: Arc<Desk>,
    /// Finds names.
    pub extractor: Arc<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Answers shared by feeds with the same URL.
    pub shared: Arc<Shared>,
    /// Sends entries to the next stage.
    pub stories: mpsc::Sender<Story>,
    /// Sends work to the last stage.
    pub work: mpsc::Sender<Work>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

impl Poller {
    /// Returns the clock (UTC).
    pub fn clock(&self) -> &Clock {
        self.client.clock()
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
