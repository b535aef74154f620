//! The shared parts for polls, page revisits and pushes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::cpu::Cpu;
use super::message::{PendingEntry, Work};
use super::poll::shared_fetch::SharedFetches;
use super::upstream::Upstream;
use crate::article::Rules;
use crate::clock::Clock;
use crate::config::Settings;
use crate::extract::Extractor;
use crate::fetch::Client;
use crate::health::Stats;
use crate::state::store::StateStore;
use crate::websub::PushInbox;

/// The shared parts that a poll uses.
#[derive(Clone)]
pub(super) struct Context {
    /// The HTTP client.
    pub client: Arc<Client>,
    /// Runs parsing.
    pub cpu: Cpu,
    /// The state store.
    pub store: Arc<Mutex<StateStore>>,
    /// Holds what hubs push, and how far they are trusted.
    pub push_inbox: Arc<PushInbox>,
    /// Finds names.
    pub extractor: Arc<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Answers shared by feeds with the same URL.
    pub shared_fetches: Arc<SharedFetches>,
    /// Sends entries to the next stage.
    pub to_page: mpsc::Sender<PendingEntry>,
    /// Sends work to the last stage.
    pub to_commit: mpsc::Sender<Work>,
    /// Counts the work before the last stage.
    pub upstream: Arc<Upstream>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

impl Context {
    /// Returns the clock (UTC).
    pub(super) fn clock(&self) -> &Clock {
        self.client.clock()
    }

    pub(super) fn store(&self) -> MutexGuard<'_, StateStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
