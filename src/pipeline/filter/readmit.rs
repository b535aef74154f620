//! Blocked entries that changed rules let in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seen_at;
use crate::article::Learned;
use crate::config::{Pages, SharedFeeds};
use crate::feed::{Entry, Feed};
use crate::filter::{Decision, EntryFilter, Subject};
use crate::pipeline::handoff::{HandedEntry, HandoffFeed, HandoffMessage, HandoffStep};
use crate::pipeline::message::{CommitAck, EntryWay, FeedHandle, PendingEntry, Trace, Work};
use crate::state::store::StateStore;
use crate::state::{BlockedEntry, EntryState};

/// What the rules let in of the blocked entries that are kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Readmissible {
    /// The blocked entries that are kept here.
    pub blocked: usize,
    /// The feeds whose own entries are let in, and how many of each.
    pub own: BTreeMap<String, usize>,
    /// The feeds, keys and sites of the entries that are let in and were handed over to this instance.
    pub handed: Vec<(String, u128, String)>,
}

/// Finds the blocked entries that the rules let in, or that they block only by a text that is not known yet. Reads the
/// disk.
pub(in crate::pipeline) fn find(store: &StateStore, filter: &EntryFilter, list: &SharedFeeds) -> Readmissible {
    let mut found = Readmissible::default();
    store.each_blocked(|feed, key, entry| {
        let is_current = if entry.handed.is_none() {
            store.entry(&feed, key).is_some_and(|now| entry.is_of(&now))
        } else {
            store.origin(&feed, key, &entry.site).is_some_and(|origin| origin.blocked)
        };
        let Some((_, content)) = entry.content().filter(|_| is_current) else { return };
        let handed = entry.handed.as_deref();
        // Of a feed that is not listed here, the rules know what the message said.
        let named = || handed.and_then(|handed| HandoffFeed::read(&handed.feed)).map(|feed| Arc::new(feed.handle()));
        let Some(handle) = list.get(&feed).cloned().or_else(named) else { return };
        found.blocked += 1;
        if matches!(decide(filter, &handle, &entry, &content), Decision::Blocked(_)) {
            return;
        }
        match handed {
            Some(_) => found.handed.push((feed, key, entry.site)),
            None => *found.own.entry(feed).or_default() += 1,
        }
    });
    found
}

/// Decides again about a blocked entry, which is as old as it was when it was blocked.
pub(in crate::pipeline) fn decide(
    filter: &EntryFilter,
    feed: &FeedHandle,
    blocked: &BlockedEntry,
    content: &Entry,
) -> Decision {
    let subject = Subject::entry(content, seen_at(blocked.at * 1_000));
    feed.with_scope(|scope| filter.decide(scope, &subject))
}

/// Returns a blocked entry of a feed as a form that is dealt with after all earlier ones.
pub(in crate::pipeline) fn pending(
    feed: &Arc<FeedHandle>,
    (key, blocked): (u128, &BlockedEntry),
    (about, entry): (Feed, Entry),
    known: &EntryState,
    (pages, learned): (Pages, &Arc<Learned>),
    ack: CommitAck,
) -> PendingEntry {
    // It is as old as it was when it was blocked.
    let serial = (known.serial + 1).max(blocked.at * 1_000);
    PendingEntry {
        feed: Arc::clone(feed),
        about: Arc::new(about),
        entry,
        key,
        content_hash: blocked.content_hash,
        fingerprint: blocked.fingerprint,
        naming: blocked.naming,
        article: known.article,
        pages,
        way: EntryWay { serial, home: known.article_site(), ..EntryWay::default() },
        learned: Arc::clone(learned),
        trace: Trace::current().story(&feed.config.id),
        ack,
    }
}

/// Returns the work that hands an entry that was handed over to this instance, and blocked here, over to its site once
/// more; `None` if it is no longer kept.
pub(in crate::pipeline) fn hand_over_again(
    store: &StateStore,
    feed: &str,
    key: u128,
    site: &str,
    ack: CommitAck,
) -> Option<Work> {
    let blocked = store.blocked_at(feed, key, site)?;
    let (about, entry) = blocked.content()?;
    let handed = blocked.handed?;
    let handle = Arc::new(HandoffFeed::read(&handed.feed)?.handle());
    let step = HandoffStep::Entry(Box::new(HandedEntry {
        about,
        entry,
        naming: blocked.naming,
        pages: handed.pages,
        article: handed.article,
        home: None,
        asked: handed.asked,
        is_read: false,
        page: None,
        is_decided: false,
    }));
    // The next form of the entry has a higher serial, so this one does not replace it.
    let serial = store.origin(feed, key, site)?.serial + 1;
    let message = Box::new(HandoffMessage::new(&handle.config, key, serial, Vec::new(), step));
    Some(Work::Readmit { feed: handle, key, site: Arc::from(site), message, ack })
}
