//! Reads a push like a poll that shows only the new entries. It changes nothing that belongs to polls, so the next poll
//! finds whatever the push lost.

use std::sync::Arc;

use chrono::TimeDelta;
use tracing::{info, warn};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::desk::Delivery;
use crate::fetch::{Answer, Links, Validators};
use crate::health::log_events;
use crate::pipeline::health;
use crate::pipeline::poll::dead_letter;
use crate::pipeline::poller::Poller;
use crate::pipeline::reading::Reading;
use crate::pipeline::work::{FeedHandle, Ticket, Trace, Work};

impl Poller {
    /// Reads a push and commits what is new in it. Returns false if not all was committed, and the feed must be polled.
    pub(in crate::pipeline) async fn read_pushed(&self, feed: Arc<FeedHandle>, delivery: Delivery) -> bool {
        let trace = Trace::current();
        let known = self.book().feed(&feed.config.id).cloned().map(|state| state.at(&feed.config.url));
        let place = known.as_ref().and_then(|state| Url::parse(state.target()).ok());
        let (Some(known), Some(url)) = (known, place) else {
            warn!(feed = feed.config.id, "something was pushed before the feed was ever polled; it is polled");
            return false;
        };
        let answer = Answer {
            status: 226,
            url,
            moved: None,
            not_modified: false,
            partial: true,
            body: delivery.body,
            content_type: delivery.content_type,
            validators: Validators::default(),
            fresh: None,
            retry_after: None,
            links: Links::default(),
        };
        let withdrawn = known.withdrawn;
        let mut reading = Reading::new(known);
        let mut dead = None;
        match self.parse(&feed, &answer).await {
            Ok(document) => {
                let entries = document.entries.len();
                let none = TimeDelta::zero();
                if !self.entries(&feed, document, &mut reading, answer.partial, none, &trace).await {
                    return false;
                }
                info!(feed = feed.config.id, entries, new = reading.fresh, "pushed by its hub");
            }
            Err(error) => {
                let body = xxh3_64(&answer.body);
                warn!(feed = feed.config.id, error, "what was pushed cannot be read");
                if reading.state.dead_body != Some(body) {
                    reading.state.dead_body = Some(body);
                    dead = Some(Box::new(dead_letter(&feed, &answer, &error, delivery.at)));
                }
            }
        }
        let events = health::told(&feed.config, std::mem::take(&mut reading.told), self.clock().now());
        log_events(&events, None);
        let (learned, mut state) = (reading.learned, reading.state);
        state.withdrawn = withdrawn;
        let (ticket, committed) = Ticket::new();
        let (state, forget) = (Box::new(state), reading.forget);
        let work = Work::Poll { feed, state, events, dead, forget, learned, trace, ticket };
        self.work.send(work).await.is_ok() && committed.await.is_ok()
    }
}
