//! Reads a push like a poll that shows only the new entries. It changes nothing that belongs to polls, so the next poll
//! finds whatever the push lost.

use std::sync::Arc;

use chrono::TimeDelta;
use tracing::{info, warn};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::entries::read_entries;
use super::outcome;
use super::parse::{dead_letter, parse};
use super::result::PollResult;
use crate::fetch::{Answer, Links, ReservationHeaders, Validators};
use crate::health::log_events;
use crate::pipeline::context::Context;
use crate::pipeline::message::{CommitAck, FeedHandle, Trace, Work};
use crate::websub::PushedDocument;

/// Reads a push and commits what is new in it. Returns false if not all was committed, and the feed must be polled.
pub(in crate::pipeline) async fn read_pushed(cx: &Context, feed: Arc<FeedHandle>, delivery: PushedDocument) -> bool {
    let _running = cx.upstream.enter();
    let trace = Trace::current();
    let record = cx.open(&feed).await;
    let known = record.state().map(|state| state.at(&feed.config.url));
    let place = known.as_ref().and_then(|state| Url::parse(state.target()).ok());
    let (Some(known), Some(url)) = (known, place) else {
        warn!(feed = feed.config.id, "push for a feed not polled yet; polling it instead");
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
        reserved: ReservationHeaders::default(),
    };
    let withdrawn = known.withdrawn;
    let mut result = PollResult::new(known);
    let mut dead = None;
    match parse(cx, &feed, &answer).await {
        Ok(document) => {
            let entries = document.entries.len();
            let none = TimeDelta::zero();
            if !read_entries(cx, &feed, document, &mut result, answer.partial, none, &trace).await {
                return false;
            }
            info!(feed = feed.config.id, entries, new = result.fresh, "push received");
        }
        Err(error) => {
            let body = xxh3_64(&answer.body);
            warn!(feed = feed.config.id, error, "push cannot be parsed");
            if result.state.dead_body != Some(body) {
                result.state.dead_body = Some(body);
                dead = Some(Box::new(dead_letter(&feed, &answer, &error, delivery.at)));
            }
        }
    }
    let events = outcome::feed_events(&feed.config, std::mem::take(&mut result.events), cx.clock().now());
    log_events(&events, None);
    let (learned, mut state) = (result.learned, result.state);
    state.withdrawn = withdrawn;
    let (ack, committed) = CommitAck::new();
    let (state, forget) = (Box::new(state), result.forget);
    let work = Work::Feed { feed, state, events, dead, forget, learned, trace, ack };
    cx.to_commit.send(work).await.is_ok() && committed.await.is_ok()
}
