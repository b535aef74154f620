//! The user's command to apply changed keep and block rules to the blocked entries that are kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tracing::{Instrument, error, info, info_span};
use utoipa::ToSchema;

use super::{Reading, Scheduler};
use crate::config::{FeedHandle, SharedFeeds};
use crate::filter::{Decision, EntryFilter, Subject};
use crate::pipeline::filter::seen_at;
use crate::pipeline::handoff::{HandedEntry, HandoffFeed, HandoffMessage, HandoffStep};
use crate::pipeline::message::{CommitAck, Work};
use crate::pipeline::poll::readmit;
use crate::state::BlockedEntry;
use crate::state::store::StateStore;

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

/// A blocked entry that was handed over to this instance, and is no longer blocked.
struct Handed {
    feed: HandoffFeed,
    key: u128,
    entry: BlockedEntry,
}

/// What was found among the blocked entries.
pub(super) struct Readmissible {
    all: Readmission,
    /// The feeds whose own entries are let in.
    feeds: BTreeSet<String>,
    handed: Vec<Handed>,
    answer: oneshot::Sender<Readmission>,
}

impl Scheduler {
    /// Begins to look for blocked entries that the present rules let in.
    pub(super) fn apply_rules(&mut self, answer: oneshot::Sender<Readmission>) {
        let (store, filter) = (Arc::clone(&self.cx.store), Arc::clone(&self.cx.filter.borrow()));
        let list = self.list.clone();
        self.applying.spawn_blocking(move || find(&store, &filter, &list, answer));
    }

    /// Lets in the entries that were found.
    pub(super) async fn let_in(&mut self, found: Result<Readmissible, JoinError>) {
        let Readmissible { all, mut feeds, handed, answer } = match found {
            Ok(found) => found,
            Err(error) => {
                error!(%error, "applying rules to blocked entries panicked");
                return;
            }
        };
        info!(
            blocked = all.blocked,
            readmitted = all.readmitted,
            feeds = all.feeds,
            "rules applied to blocked entries"
        );
        // A feed that is paused, or not polled here, is left out.
        feeds.retain(|feed| self.feeds.contains_key(feed.as_str()));
        self.readmissions.extend(feeds);
        for handed in handed {
            self.hand_over_again(handed).await;
        }
        // The caller may be gone.
        let _ = answer.send(all);
    }

    /// Hands an entry over to its site once more.
    async fn hand_over_again(&self, Handed { feed, key, entry }: Handed) {
        let Some(((about, content), handed)) = entry.content().zip(entry.handed) else { return };
        let step = HandoffStep::Entry(Box::new(HandedEntry {
            about,
            entry: content,
            naming: entry.naming,
            pages: handed.pages,
            article: handed.article,
            home: None,
            asked: handed.asked,
            is_read: false,
            page: None,
            is_decided: false,
        }));
        // The next form of the entry has a higher serial, so this one does not replace it.
        let serial = self.cx.store.origin(&feed.id, key, &entry.site).map_or(0, |origin| origin.serial) + 1;
        let handle: Arc<FeedHandle> = Arc::new(feed.handle());
        let message = Box::new(HandoffMessage::new(&handle.config, key, serial, Vec::new(), step));
        // Its commit is not waited for: until then, the entry stays blocked.
        let (ack, _) = CommitAck::new();
        let work = Work::Readmit { feed: handle, key, site: Arc::from(entry.site), message, ack };
        let _ = self.cx.to_commit.send(work).await;
    }

    /// Starts to let in blocked entries of feeds that are not being read.
    pub(super) fn start_readmissions(&mut self) {
        while self.polls.len() < self.cx.settings.pipeline.open_polls.max(1) {
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

/// Looks for blocked entries that the rules let in. Reads the disk.
fn find(
    store: &StateStore,
    filter: &EntryFilter,
    list: &SharedFeeds,
    answer: oneshot::Sender<Readmission>,
) -> Readmissible {
    let mut found = Readmissible { all: Readmission::default(), feeds: BTreeSet::new(), handed: Vec::new(), answer };
    let mut of = BTreeSet::new();
    store.each_blocked(|feed, key, entry| {
        // The entry itself says whether it is still blocked in this form.
        let is_current = if entry.handed.is_none() {
            let now = store.entry(&feed, key);
            now.is_some_and(|now| now.blocked.is_some() && now.content_hash == entry.content_hash)
        } else {
            store.origin(&feed, key, &entry.site).is_some_and(|origin| origin.blocked)
        };
        let Some((_, content)) = entry.content().filter(|_| is_current) else { return };
        let named = entry.handed.as_ref().and_then(|handed| HandoffFeed::read(&handed.feed));
        let listed = list.get(&feed).cloned();
        let Some(handle) = listed.or_else(|| Some(Arc::new(named.as_ref()?.handle()))) else { return };
        found.all.blocked += 1;
        let subject = Subject::entry(&content, seen_at(entry.at * 1_000));
        if matches!(handle.with_scope(|scope| filter.decide(scope, &subject)), Decision::Blocked(_)) {
            return;
        }
        found.all.readmitted += 1;
        of.insert(feed.clone());
        match named {
            Some(named) => found.handed.push(Handed { feed: named, key, entry }),
            None => {
                found.feeds.insert(feed);
            }
        }
    });
    found.all.feeds = of.len();
    found
}
