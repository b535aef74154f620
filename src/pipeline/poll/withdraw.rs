//! Withdraws the articles of entries that the feed says were deleted (RFC 6721).

use std::sync::Arc;

use crate::feed::Deleted;
use crate::pipeline::context::Context;
use crate::pipeline::handoff::{HandoffMessage, HandoffStep, WITHDRAWN};
use crate::pipeline::message::{CommitAck, FeedHandle, RevisitOutcome, Trace, Work};
use crate::state::store::StateStore;
use crate::state::{EntryState, identity};

/// Returns the deleted entries that keep and block rules left out, to forget them: changed rules must not let them in.
pub(in crate::pipeline) fn deleted_blocked(cx: &Context, feed: &str, deleted: &[Deleted], shown: &[u128]) -> Vec<u128> {
    let deleted = deleted.iter().take(cx.settings.get().pipeline.max_entries);
    let entries = deleted.filter_map(|deleted| deleted_entry(&cx.store, feed, deleted, shown));
    // What has an article, or was handed over, is withdrawn instead.
    let is_blocked = |entry: &EntryState| entry.blocked.is_some() && entry.article.is_none() && entry.home.is_none();
    entries.filter(|(_, entry)| is_blocked(entry)).map(|(key, _)| key).collect()
}

/// Returns the key and the state of a deleted entry; `None` if it is still shown, or not known.
fn deleted_entry(store: &StateStore, feed: &str, deleted: &Deleted, shown: &[u128]) -> Option<(u128, EntryState)> {
    let keys = identity::guid_keys(&deleted.guid);
    keys.into_iter().filter(|key| !shown.contains(key)).find_map(|key| Some((key, store.entry(feed, key)?)))
}

/// Cancels the articles whose entries the feed says were deleted, and waits for the commit. Returns false if some
/// were not committed. An entry that is still shown is not deleted.
pub(in crate::pipeline) async fn withdraw(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    deleted: &[Deleted],
    shown: &[u128],
    trace: &Trace,
) -> bool {
    let id = &feed.config.id;
    for deleted in deleted.iter().take(cx.settings.get().pipeline.max_entries) {
        let comment = deleted.comment.as_deref().map(|comment| format!(" ({comment})")).unwrap_or_default();
        let reason = format!("the feed says that it was deleted{comment}");
        let entry = deleted_entry(&cx.store, id, deleted, shown);
        // What was handed over is withdrawn on the same way, after it has arrived.
        if let Some((key, EntryState { home: Some(home), serial, content_hash, article, .. })) = &entry
            && (article.is_none() || !cx.routes.is_here(home))
        {
            if *content_hash == WITHDRAWN {
                continue;
            }
            let serial = (serial + 1).max(cx.clock().now().timestamp_millis());
            let message = HandoffMessage::new(&feed.config, *key, serial, Vec::new(), HandoffStep::Withdraw(reason));
            let (ack, committed) = CommitAck::new();
            let (feed, site, message) = (Arc::clone(feed), Arc::clone(home), Box::new(message));
            let work = Work::Withdraw { feed, key: *key, site, message, ack };
            if cx.to_commit.send(work).await.is_err() || committed.await.is_err() {
                return false;
            }
            continue;
        }
        let story = {
            let store = &cx.store;
            let article = entry.and_then(|(_, entry)| entry.article);
            // A feed cannot withdraw an article of another site that another feed showed first.
            article.and_then(|id| Some((id, store.withdrawable(&feed.id, &feed.site, id)?.state.revision)))
        };
        let Some((article, revision)) = story else { continue };
        let found = RevisitOutcome::Withdrawn(reason);
        let (ack, committed) = CommitAck::new();
        let (feed, trace) = (Arc::clone(feed), trace.cause("revisit", id));
        let work = Work::Revisit { feed, id: article, revision, found, visit: None, trace, ack };
        if cx.to_commit.send(work).await.is_err() || committed.await.is_err() {
            return false;
        }
    }
    true
}
