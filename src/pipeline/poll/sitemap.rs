//! Fills a gap if the feed names no older pages: the site's news sitemap, if its robots.txt names one, shows what was
//! published between two readings.
//!
//! A feed may carry only part of its site. The sitemap is used only if the feed shows nearly all of the sitemap's
//! entries of the time that the feed covers; otherwise it would bring articles of other parts.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{debug, info};
use url::Url;

use super::parse::parse_feed;
use super::recovered_entries::RecoveredEntries;
use crate::article::canonical_url;
use crate::feed::{self, Entry};
use crate::fetch::{self, Kind, Validators};
use crate::pipeline::context::Context;
use crate::pipeline::message::FeedHandle;
use crate::state::identity::{Identified, Memory, Trust, identify};

/// The most sitemaps fetched for one gap, including an index.
const MAX_SITEMAPS: usize = 3;
/// An article may appear in the feed this long after it was published.
const LATE: TimeDelta = TimeDelta::hours(1);

/// What a reading covers: its entries' links and the time of the oldest.
pub(in crate::pipeline) struct CoveredPeriod {
    links: HashSet<String>,
    oldest: DateTime<Utc>,
}

impl CoveredPeriod {
    /// Returns `None` if no entry has a date.
    pub(super) fn by(entries: &[Identified]) -> Option<Self> {
        let oldest = entries.iter().filter_map(|entry| entry.entry.published).min()?;
        let links = entries.iter().filter_map(|entry| canonical_url(entry.entry.link.as_deref()?)).collect();
        Some(Self { links, oldest })
    }

    fn shows(&self, entry: &Entry) -> bool {
        entry.link.as_deref().and_then(canonical_url).is_some_and(|link| self.links.contains(&link))
    }

    /// Returns whether the feed shows at least four fifths of the sitemap's entries of its time.
    fn is_all_of(&self, sitemap: &[Entry]) -> bool {
        let same_time = sitemap.iter().filter(|entry| entry.published.is_some_and(|at| at >= self.oldest));
        let (shown, all) =
            same_time.fold((0, 0), |(shown, all), entry| (shown + usize::from(self.shows(entry)), all + 1));
        shown > 0 && shown * 5 >= all * 4
    }
}

/// Returns what the site's news sitemap shows of the time between the reading at `since` and what `covered` shows.
pub(in crate::pipeline) async fn from_sitemap(
    cx: &Context,
    feed: &FeedHandle,
    about: &feed::Feed,
    trust: Trust,
    covered: &CoveredPeriod,
    since: DateTime<Utc>,
) -> RecoveredEntries {
    let mut older = RecoveredEntries { from: "the site's news sitemap", ..RecoveredEntries::default() };
    let Some(site) = site(feed, about) else { return older };
    let of_site = |url: &Url| {
        let is_news = url[url::Position::BeforePath..].to_ascii_lowercase().contains("news");
        is_news && fetch::registrable(url) == *feed.site
    };
    let (client, place) = (cx.client.get(), feed.config.page(&site));
    let mut next: VecDeque<Url> = tokio::select! {
        () = cx.stop.cancelled() => return older,
        named = client.sitemaps(&place) => named.into_iter().filter(of_site).collect(),
    };
    let mut asked = HashSet::new();
    while let Some(url) = next.pop_front() {
        if asked.len() == MAX_SITEMAPS || cx.stop.is_cancelled() {
            break;
        }
        if !asked.insert(url.clone()) {
            continue;
        }
        let Ok(answer) = client.get_at(&feed.config.page(&url), Kind::Feed, &Validators::default()).await else {
            continue;
        };
        let Ok(document) = parse_feed(cx, feed, &answer).await else { continue };
        older.pages += 1;
        if document.feed.format == "sitemap index" {
            let links = document.entries.iter().filter_map(|entry| Url::parse(entry.link.as_deref()?).ok());
            next.extend(links.filter(of_site).take(MAX_SITEMAPS));
            continue;
        }
        if !covered.is_all_of(&document.entries) {
            debug!(feed = feed.config.id, %url, "sitemap covers more than the feed; not used");
            continue;
        }
        older.closed |= document.entries.iter().filter_map(|entry| entry.published).any(|at| at <= since);
        let between = document.entries.into_iter().filter(|entry| {
            entry.title.is_some() && entry.published.is_some_and(|at| at > since - LATE && at < covered.oldest)
        });
        let record = cx.open(feed).await;
        let memory = cx.store.memory(&record);
        let found = identify(between.collect(), trust, &memory).entries;
        let room = cx.settings.get().pipeline.max_entries.saturating_sub(older.entries.len());
        older.entries.extend(found.into_iter().filter(|entry| memory.entry(entry.key).is_none()).take(room));
    }
    let (entries, sitemaps) = (older.entries.len(), older.pages);
    info!(
        feed = feed.config.id,
        entries,
        sitemaps,
        closed = older.closed,
        "missed entries recovered from the site's sitemap"
    );
    older
}

/// Returns the site whose robots.txt is read: the one that the feed names, if it has the feed's own domain, otherwise
/// the feed's host.
fn site(feed: &FeedHandle, about: &feed::Feed) -> Option<Url> {
    let named = about.link.as_deref().and_then(|link| Url::parse(link).ok());
    named.filter(|site| fetch::registrable(site) == *feed.site).or_else(|| Url::parse(&feed.config.url).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, hour: i64) -> Entry {
        Entry {
            link: Some(format!("https://isles.example/{path}")),
            published: DateTime::from_timestamp(hour * 3_600, 0),
            ..Entry::default()
        }
    }

    #[test]
    fn a_feed_of_one_section_is_not_filled_with_the_others() {
        let identified = |entry: Entry| Identified {
            entry,
            key: 0,
            content_hash: 0,
            fingerprint: crate::state::identity::EntryFingerprint::default(),
            naming: crate::state::identity::Naming::default(),
        };
        let covered =
            CoveredPeriod::by(&[identified(entry("sea/1?utm_source=rss", 9)), identified(entry("sea/2", 8))]).unwrap();
        let whole = [entry("sea/1", 9), entry("sea/2", 8), entry("sea/3", 7), entry("land/1", 7)];
        assert!(covered.is_all_of(&whole), "what is older does not count");
        assert!(!covered.is_all_of(&[entry("sea/1", 9), entry("land/2", 8), entry("land/3", 8)]));
        assert!(!covered.is_all_of(&[]));
        assert!(CoveredPeriod::by(&[identified(Entry::default())]).is_none());
    }
}
