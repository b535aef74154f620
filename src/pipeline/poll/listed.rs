//! Section pages: their entries are identified by link and title alone, and a lost list is reported.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::result::PollResult;
use crate::config::FeedConfig;
use crate::feed::Entry;
use crate::record::FeedEventKind;
use crate::state::ListChange;
use crate::state::identity::{Identity, Memory, Trust, identify};

/// What a teaser says besides its title.
struct Teaser {
    summary: Option<String>,
    published: Option<DateTime<Utc>>,
    published_raw: Option<String>,
}

/// Identifies entries like [`identify`]. The summary and the date that a section page shows depend on the place of the
/// teaser: an article that moves down the page loses both. So they do not make its entry a changed one.
pub(super) fn identify_entries(
    feed: &FeedConfig,
    mut entries: Vec<Entry>,
    trust: Trust,
    memory: &dyn Memory,
) -> Identity {
    if !feed.is_page() {
        return identify(entries, trust, memory);
    }
    let mut teasers: HashMap<String, Teaser> = HashMap::new();
    for entry in &mut entries {
        let teaser = Teaser {
            summary: entry.summary.take(),
            published: entry.published.take(),
            published_raw: entry.published_raw.take(),
        };
        if let Some(guid) = &entry.guid {
            teasers.entry(guid.clone()).or_insert(teaser);
        }
    }
    let mut identity = identify(entries, trust, memory);
    for entry in identity.entries.iter_mut().map(|identified| &mut identified.entry) {
        if let Some(teaser) = entry.guid.as_ref().and_then(|guid| teasers.remove(guid)) {
            (entry.summary, entry.published, entry.published_raw) =
                (teaser.summary, teaser.published, teaser.published_raw);
        }
    }
    identity
}

/// Remembers how many links the page showed. Returns false if it shows none and never showed any: then it is not a
/// section page that can be read.
pub(super) fn note_links(result: &mut PollResult, found: usize) -> bool {
    let links = &mut result.state.links;
    if found == 0 && links.is_empty() {
        return false;
    }
    match links.note(found) {
        Some(ListChange::Degraded(reason)) => result.events.push((FeedEventKind::Degraded, reason)),
        Some(ListChange::Recovered(reason)) => result.events.push((FeedEventKind::Recovered, reason)),
        None => {}
    }
    true
}
