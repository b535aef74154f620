//! The shared parts for polls, page revisits and pushes.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::cpu::Cpu;
use super::handoff::Routes;
use super::message::{FeedHandle, PendingEntry, Work};
use super::poll::shared_fetch::SharedFetches;
use super::upstream::Upstream;
use crate::article::Rules;
use crate::clock::Clock;
use crate::config::Settings;
use crate::extract::Extractor;
use crate::fetch::Client;
use crate::filter::EntryFilter;
use crate::health::Stats;
use crate::options::Live;
use crate::state::store::{FeedCell, StateStore};
use crate::websub::PushInbox;

/// The shared parts that a poll uses.
#[derive(Clone)]
pub(super) struct Context {
    /// The HTTP client.
    pub client: Live<Client>,
    /// The clock.
    pub clock: Clock,
    /// Runs parsing.
    pub cpu: Cpu,
    /// The state store.
    pub store: Arc<StateStore>,
    /// Which sites are dealt with here.
    pub routes: Arc<Routes>,
    /// Holds what hubs push, and how far they are trusted.
    pub push_inbox: Arc<PushInbox>,
    /// Finds names.
    pub extractor: Live<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: Live<Rules>,
    /// The current keep and block rules.
    pub filter: Live<EntryFilter>,
    /// Answers shared by feeds with the same URL.
    pub shared_fetches: Arc<SharedFetches>,
    /// Sends entries to the next stage.
    pub to_page: mpsc::Sender<PendingEntry>,
    /// Sends work to the last stage.
    pub to_commit: mpsc::Sender<Work>,
    /// Counts the work before the last stage.
    pub upstream: Arc<Upstream>,
    /// Counts what other instances handed over and is being dealt with.
    pub received: Arc<Upstream>,
    /// The settings.
    pub settings: Live<Settings>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

impl Context {
    /// Returns what is remembered of a feed. It stays in memory as long as it is held.
    pub(super) async fn open(&self, feed: &FeedHandle) -> Arc<FeedCell> {
        let (store, id, site) = (Arc::clone(&self.store), feed.config.id.clone(), feed.site.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let cell = store.open(&id);
            cell.place(&site);
            cell
        });
        match opened.await {
            Ok(cell) => cell,
            // The runtime is shutting down, or reading panicked: read it here.
            Err(_) => self.store.open(&feed.config.id),
        }
    }

    /// Returns the clock (UTC).
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}
