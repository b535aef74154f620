//! Parses a feed's answer, and keeps what cannot be parsed.

use chrono::{DateTime, Utc};
use tracing::debug;

use crate::article::{self, ListingError};
use crate::feed::{self, Document, Hints};
use crate::fetch::Answer;
use crate::pipeline::context::Context;
use crate::pipeline::message::FeedHandle;
use crate::pipeline::page;
use crate::record::{DeadLetter, Stage, TdmReservation};

/// Parses the feed's document on the CPU pool. An error says why it is not a feed. The document of a section page without
/// a list of links has no entries.
pub(super) async fn parse(cx: &Context, feed: &FeedHandle, answer: &Answer) -> Result<Document, String> {
    if !feed.config.is_page() {
        return parse_feed(cx, feed, answer).await;
    }
    let select = feed.config.select.as_ref().map(|select| select.compile()).transpose();
    let select = select.map_err(|error| error.to_string())?;
    let read = move |body: &[u8], hints: &Hints| match article::read_listing(body, hints, select.as_ref()) {
        // The page may have become a feed.
        Err(ListingError::NoLinks) => Ok(feed::parse(body, hints).unwrap_or_default()),
        Err(ListingError::NotSelected) => Ok(Document::default()),
        read => read.map_err(|error| error.to_string()),
    };
    parse_with(cx, feed, answer, read).await
}

/// Parses a feed document, whatever the feed's own document is.
pub(super) async fn parse_feed(cx: &Context, feed: &FeedHandle, answer: &Answer) -> Result<Document, String> {
    let read = |body: &[u8], hints: &Hints| feed::parse(body, hints).map_err(|error| error.to_string());
    parse_with(cx, feed, answer, read).await
}

async fn parse_with(
    cx: &Context,
    feed: &FeedHandle,
    answer: &Answer,
    read: impl FnOnce(&[u8], &Hints) -> Result<Document, String> + Send + 'static,
) -> Result<Document, String> {
    let (body, content_type) = (answer.body.clone(), answer.content_type.clone());
    let (url, now) = (answer.url.to_string(), cx.clock().now());
    let parsed = cx
        .cpu
        .run(move || read(&body, &Hints { url: Some(&url), content_type: content_type.as_deref(), now: Some(now) }));
    let mut document = parsed.await??;
    for repair in &document.feed.repairs {
        debug!(feed = feed.config.id, repair, "document repaired");
    }
    document.feed.tdm = reservation(cx, feed, answer).await;
    Ok(document)
}

/// Returns whether text and data mining of the document is reserved, as far as its server says so.
async fn reservation(cx: &Context, feed: &FeedHandle, answer: &Answer) -> Option<TdmReservation> {
    let reserved = page::reservations(&answer.reserved, &answer.url);
    if reserved.tdm.is_some() {
        return reserved.tdm;
    }
    let rule = cx.client.get().tdm_rule(&feed.config.target().ok()?, &answer.url).await?;
    reserved.with_file(rule.reserved, rule.policy.as_deref(), Some(&answer.url)).tdm
}

/// Returns the dead letter of an answer that could not be parsed.
pub(super) fn dead_letter(feed: &FeedHandle, answer: &Answer, error: &str, now: DateTime<Utc>) -> DeadLetter {
    let url = feed.config.credentials.told(&answer.url).into();
    DeadLetter::new(Stage::Feed, &feed.config.id, error, &answer.body, now).with_source(Some(url), None)
}
