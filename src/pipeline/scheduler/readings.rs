//! Starts polls as far as there is room, and applies how they ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::JoinError;
use tracing::{Instrument, error, info_span};

use super::{AGAIN_AFTER, Mode, Reading, Scheduler};
use crate::pipeline::message::FeedHandle;
use crate::pipeline::poll::{self, PollEnd};

impl Scheduler {
    /// Moves due feeds to their lanes, and starts as many polls as there is room for.
    pub(super) fn start_due(&mut self) {
        let now = self.now();
        while let Some((queued, ticket)) = self.queue.pop_due(now) {
            let Some(feed) = self.feeds.get_mut(queued.id.as_str()).filter(|feed| feed.ticket == ticket && !feed.busy)
            else {
                continue;
            };
            feed.busy = true;
            self.lanes.enter(Arc::clone(&feed.handle));
        }
        while self.polls.len() < self.cx.settings.get().pipeline.open_polls.max(1) {
            let Some(handle) = self.lanes.next_ready() else { break };
            if !self.feeds.contains_key(handle.config.id.as_str()) {
                self.lanes.leave(&handle.site); // removed from the list while it waited
                continue;
            }
            let given_up = self.assignment.opened(&handle);
            let cx = self.cx.clone();
            let span = info_span!("poll", feed.id = handle.config.id);
            self.polls.spawn(
                async move {
                    let ended = tokio::select! {
                        ended = poll::poll(&cx, Arc::clone(&handle)) => ended,
                        () = given_up.cancelled() => None,
                    };
                    (handle, Reading::Polled(ended))
                }
                .instrument(span),
            );
        }
    }

    /// Applies the end of a reading and queues the feed again.
    pub(super) async fn on_reading_ended(&mut self, ended: Result<(Arc<FeedHandle>, Reading), JoinError>) {
        let (handle, done) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // The feed's place in the queue is lost with the task; a reload or restart restores it.
                error!(%error, "poll task panicked");
                self.summary.failed += 1;
                return;
            }
        };
        self.assignment.closed(&handle.config.id);
        if !self.feeds.contains_key(handle.config.id.as_str()) {
            self.report_if_removed(&handle.config.id).await;
        }
        let now = self.now();
        let again = now + AGAIN_AFTER;
        let was_given_up = matches!(done, Reading::Polled(None));
        let due = match done {
            Reading::Polled(ended) => self.on_polled(&handle, ended).unwrap_or(again),
            Reading::Pushed(all) => {
                let planned = self.planned_next(&handle, again);
                if all { planned } else { planned.min(again) }
            }
            Reading::Readmitted => self.planned_next(&handle, again),
        };
        if let Some(listed) = self.feeds.get_mut(handle.config.id.as_str()) {
            listed.busy = false;
            let current = Arc::clone(&listed.handle);
            let due = if current.config.is_requested_alike(&handle.config) { due } else { now };
            if was_given_up && self.must_claim(&current.config.id) {
                self.claim(current);
            } else if self.mode == Mode::Forever {
                self.enqueue(&current, due);
            }
        }
    }

    /// Returns when the feed is polled next, as planned before; `again` if it is not listed any more.
    fn planned_next(&self, handle: &FeedHandle, again: DateTime<Utc>) -> DateTime<Utc> {
        self.feeds.get(handle.config.id.as_str()).map_or(again, |listed| listed.due)
    }

    /// Applies the end of a poll; returns when the feed is due again, if known.
    fn on_polled(&mut self, handle: &FeedHandle, ended: Option<PollEnd>) -> Option<DateTime<Utc>> {
        self.lanes.leave(&handle.site);
        match &ended {
            Some(ended) if ended.well => self.summary.well += 1,
            _ => self.summary.failed += 1,
        }
        let PollEnd { due, hub_links: offer, .. } = ended?;
        let id = &handle.config.id;
        // Its state is committed, which says the same.
        self.cx.routes.claims().lock().end(id);
        if let (Some(subscriber), Some(offer)) =
            (&self.subscriber, offer.filter(|_| self.feeds.contains_key(id.as_str())))
        {
            subscriber.offered(id, offer);
        }
        Some(self.by_present_clock(id, due))
    }
}
