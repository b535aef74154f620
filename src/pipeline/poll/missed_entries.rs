//! Fills a gap: when a reading shares no entry with the one before, the feed's older pages show what was missed between
//! them (RFC 5005: `prev-archive` of an archived feed, `next` of a paged one).

use std::collections::HashSet;

use tracing::{info, warn};
use url::Url;

use super::listed::identify_entries;
use super::parse::parse;
use super::recovered_entries::RecoveredEntries;
use crate::feed::{self, Link};
use crate::fetch::{self, Validators};
use crate::pipeline::context::Context;
use crate::pipeline::message::FeedHandle;
use crate::state::identity::{Memory, Trust};

/// The most older pages fetched for one gap.
const MAX_PAGES: usize = 10;

/// Reads the feed's older pages until one shows a known entry. A page that fails ends the search, and the gap is
/// still reported.
pub(in crate::pipeline) async fn from_older_pages(
    cx: &Context,
    feed: &FeedHandle,
    about: &feed::Feed,
    trust: Trust,
    shown: &[u128],
) -> RecoveredEntries {
    let mut older = RecoveredEntries { from: "older pages", ..RecoveredEntries::default() };
    let mut shown: HashSet<u128> = shown.iter().copied().collect();
    let mut asked: HashSet<Url> = HashSet::new();
    let Ok(target) = feed.config.target() else { return older };
    let mut next = older_page(&about.links);
    while let Some(url) = next.take() {
        // A page on another site does not belong to this feed, and a page that was already fetched leads nowhere
        // new.
        if fetch::registrable(&url) != *feed.site || older.pages == MAX_PAGES || !asked.insert(url.clone()) {
            break;
        }
        let (target, none) = (target.at(&url), Validators::default());
        let client = cx.client.get();
        let answer = tokio::select! {
            () = cx.stop.cancelled() => break,
            answer = client.get_at(&target, feed.config.request_kind(), &none) => answer,
        };
        let read = match answer {
            Ok(answer) => parse(cx, feed, &answer).await,
            Err(error) => Err(error.to_string()),
        };
        let document = match read {
            Ok(document) => document,
            Err(reason) => {
                let url = target.place().told(&url);
                warn!(feed = feed.config.id, %url, reason, "older page of the feed cannot be read; entries stay missing");
                break;
            }
        };
        older.pages += 1;
        let record = cx.open(feed).await;
        let room = cx.settings.get().pipeline.max_entries.saturating_sub(older.entries.len());
        let (found, closed) = {
            let memory = cx.store.memory(&record);
            let found = identify_entries(&feed.config, document.entries, trust, &memory).entries;
            let closed = found.iter().any(|entry| memory.entry(entry.key).is_some());
            (found, closed)
        };
        older.entries.extend(found.into_iter().filter(|entry| shown.insert(entry.key)).take(room));
        older.closed = closed;
        if closed || room == 0 {
            break;
        }
        next = older_page(&document.feed.links);
    }
    if older.pages > 0 {
        let (entries, pages, closed) = (older.entries.len(), older.pages, older.closed);
        info!(feed = feed.config.id, entries, pages, closed, "missed entries recovered from older pages of the feed");
    }
    older
}

/// Returns the page that precedes this one in time, as the feed names it.
fn older_page(links: &[Link]) -> Option<Url> {
    let named = |wanted: &str| links.iter().find(|link| link.rel.as_deref() == Some(wanted));
    let link = named("prev-archive").or_else(|| named("next"))?;
    Url::parse(&link.href).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_goes_before_a_page() {
        let link = |rel: &str, href: &str| Link { rel: Some(rel.into()), href: href.into(), ..Link::default() };
        let links = [link("self", "https://a.example/"), link("next", "https://a.example/?page=2")];
        assert_eq!(older_page(&links).unwrap().as_str(), "https://a.example/?page=2");
        let links = [links[1].clone(), link("prev-archive", "https://a.example/2025")];
        assert_eq!(older_page(&links).unwrap().as_str(), "https://a.example/2025");
        assert_eq!(older_page(&links[..0]), None);
    }
}
