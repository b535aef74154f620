//! The user's command to apply changed keep and block rules to the blocked entries that are kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tracing::{Instrument, error, info_span};
use utoipa::ToSchema;

use super::{Reading, Scheduler};
use crate::pipeline::filter::readmit::{Readmissible, find, hand_over_again};
use crate::pipeline::message::CommitAck;
use crate::pipeline::poll::readmit;

/// What applying changed rules to the blocked entries begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readmission {
    /// The blocked entries that are kept here.
    pub blocked: usize,
    /// Those of them that the present rules do not block, or only by a text that is not known yet.
    pub readmitted: usize,
    /// Their feeds.
    pub feeds: usize,
}

/// The result of a search for what is let in, and who asked for it.
pub(super) type Search = (Readmissible, oneshot::Sender<Readmission>);

impl Scheduler {
    /// Begins to look for blocked entries that the present rules let in.
    pub(super) fn apply_rules(&mut self, answer: oneshot::Sender<Readmission>) {
        let (store, filter, list) = (Arc::clone(&self.cx.store), self.cx.filter.get(), self.list.clone());
        self.applying.spawn_blocking(move || (find(&store, &filter, &list), answer));
    }

    /// Lets in the entries that were found.
    pub(super) async fn let_in(&mut self, found: Result<Search, JoinError>) {
        let (Readmissible { blocked, mut own, handed }, answer) = match found {
            Ok(found) => found,
            Err(error) => {
                error!(%error, "applying rules to blocked entries panicked");
                return;
            }
        };
        // A feed that is paused, or not polled here, is left out.
        own.retain(|feed, _| self.feeds.contains_key(feed.as_str()));
        let feeds: BTreeSet<&String> = own.keys().chain(handed.iter().map(|(feed, ..)| feed)).collect();
        let readmitted = own.values().sum::<usize>() + handed.len();
        let readmission = Readmission { blocked, readmitted, feeds: feeds.len() };
        self.readmissions.extend(own.into_keys());
        for (feed, key, site) in handed {
            // Its commit is not waited for: until then, the entry stays blocked.
            let (ack, _) = CommitAck::new();
            if let Some(work) = hand_over_again(&self.cx.store, &feed, key, &site, ack) {
                // The last stage is gone only at the end.
                let _ = self.cx.to_commit.send(work).await;
            }
        }
        // The caller may be gone.
        let _ = answer.send(readmission);
    }

    /// Starts to let in blocked entries of feeds that are not being read.
    pub(super) fn start_readmissions(&mut self) {
        while self.polls.len() < self.cx.settings.get().pipeline.open_polls.max(1) {
            let is_idle = |id: &&String| self.feeds.get(id.as_str()).is_none_or(|listed| !listed.busy);
            let Some(id) = self.readmissions.iter().find(is_idle).cloned() else { break };
            self.readmissions.remove(&id);
            // It was taken off the list.
            let Some(listed) = self.feeds.get_mut(id.as_str()) else { continue };
            listed.busy = true;
            let handle = Arc::clone(&listed.handle);
            let given_up = self.assignment.opened(&handle);
            let cx = self.cx.clone();
            let span = info_span!("readmit", feed.id = handle.config.id);
            let reading = async move {
                tokio::select! {
                    () = readmit(&cx, Arc::clone(&handle)) => {}
                    () = given_up.cancelled() => {}
                }
                (handle, Reading::Readmitted)
            };
            self.polls.spawn(reading.instrument(span));
        }
    }
}
