//! The scheduler's part in pushed feeds: starts the reading of pushes, and returns feeds to normal polling when pushes
//! end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::{Instrument, info_span};

use super::feed_list::bare;
use super::subscriber::Subscriber;
use super::{RESTART_WINDOW, Reading, Scheduler};
use crate::pipeline::message::FeedHandle;
use crate::pipeline::poll::{outcome, read_pushed};
use crate::schedule;
use crate::state::FeedState;

impl Scheduler {
    /// Starts reading the pushes of feeds that are not being read.
    pub(super) fn start_pushed(&mut self) {
        while self.polls.len() < self.cx.settings.get().pipeline.open_polls.max(1) {
            let idle = |feed: &str| self.feeds.get(feed).is_none_or(|listed| !listed.busy);
            let Some(delivery) = self.cx.push_inbox.take(idle) else { break };
            // It was taken off the list, so its hub's pushes are ignored.
            let Some(listed) = self.feeds.get_mut(delivery.feed.as_str()) else { continue };
            listed.busy = true;
            let handle = Arc::clone(&listed.handle);
            let given_up = self.assignment.opened(&handle);
            let cx = self.cx.clone();
            let span = info_span!("push", feed.id = handle.config.id);
            let reading = async move {
                let read = tokio::select! {
                    read = read_pushed(&cx, Arc::clone(&handle), delivery) => read,
                    () = given_up.cancelled() => false,
                };
                (handle, Reading::Pushed(read))
            };
            self.polls.spawn(reading.instrument(span));
        }
    }

    /// Sends the hub requests that are due; feeds that are no longer pushed return to normal polling.
    pub(super) async fn drive_subscriptions(&mut self) {
        let Some(subscriber) = &mut self.subscriber else { return };
        let (feeds, cx) = (&self.feeds, &self.cx);
        let handle = |id: &str| {
            let listed = feeds.get(id).map(|listed| Arc::clone(&listed.handle));
            listed.unwrap_or_else(|| {
                let state = cx.store.feed(id);
                Arc::new(FeedHandle::new(bare(id, state.as_ref().map_or("", |state| &state.url))))
            })
        };
        for id in subscriber.step(handle).await {
            let state = self.cx.store.feed(&id);
            let slowed = state.filter(|state| state.source == schedule::Source::Pushed);
            let (Some(state), Some(listed)) = (slowed, self.feeds.get(id.as_str())) else { continue };
            let handle = Arc::clone(&listed.handle);
            let now = self.now();
            let interval = handle.config.interval.unwrap_or(self.cx.settings.get().schedule.interval);
            let window = RESTART_WINDOW.min(interval / 4);
            let due = schedule::after_restart(&id, self.unpushed(&handle, &state), now, window);
            let due = self.out_of_skips(Some(&state), due);
            let Some(listed) = self.feeds.get_mut(id.as_str()).filter(|listed| due < listed.due) else { continue };
            listed.due = due;
            if !listed.busy {
                self.enqueue(&handle, due);
            }
        }
    }

    /// Returns when the feed is due if no hub pushes it.
    pub(super) fn unpushed(&self, handle: &FeedHandle, state: &FeedState) -> DateTime<Utc> {
        let usual = outcome::unpushed(&handle.config, state, &self.cx.settings.get().schedule);
        usual.max(state.not_before.unwrap_or(usual)).min(state.due)
    }

    /// Returns whether the feed is listed with the URL at which it was last read.
    pub(super) fn is_as_read(&self, id: &str) -> bool {
        let Some(listed) = self.feeds.get(id) else { return false };
        let url = &listed.handle.config.url;
        self.cx.store.feed(id).is_some_and(|state| state.url == *url || state.target() == url)
    }
}

/// Waits for a hub's answer to a request.
pub(super) async fn answered(subscriber: &mut Option<Subscriber>) {
    match subscriber {
        Some(subscriber) => subscriber.answered().await,
        None => std::future::pending().await,
    }
}
