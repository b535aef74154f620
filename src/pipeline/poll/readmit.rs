//! Has the blocked entries of a feed that are kept whole decided again, with the present rules.
//!
//! It takes the place of a poll, so no other form of the entries is on its way. An entry that is no longer blocked goes
//! through the stages like a new one: the transaction that has its records also removes what is kept of it.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tracing::info;

use crate::filter::Decision;
use crate::health::EntryOutcome;
use crate::pipeline::context::Context;
use crate::pipeline::filter::{decide, seen_at};
use crate::pipeline::message::{Acknowledged, CommitAck, EntryWay, FeedHandle, PendingEntry, RuleVerdict, Trace};
use crate::state::{BlockedEntry, EntryState};

/// Lets in the entries that the rules no longer block, and waits for their commits.
pub(in crate::pipeline) async fn readmit(cx: &Context, feed: Arc<FeedHandle>) {
    let _running = cx.upstream.enter();
    let record = cx.open(&feed).await;
    let learned = record.learned();
    let (store, id) = (Arc::clone(&cx.store), feed.config.id.clone());
    let kept = tokio::task::spawn_blocking(move || store.blocked(&id)).await.unwrap_or_default();
    let mut open = FuturesUnordered::new();
    let mut readmitted = 0;
    let mut landed = |ended: Result<Acknowledged, _>| {
        let is_in = ended.is_ok_and(|ack| ack.outcome.is_some_and(|outcome| outcome != EntryOutcome::Blocked));
        readmitted += u64::from(is_in);
    };
    for (key, blocked) in kept.into_iter().filter(|(_, blocked)| blocked.handed.is_none()) {
        // The entry itself says whether it is still blocked in this form.
        let Some(entry) = cx.store.entry(&feed.config.id, key).filter(|entry| is_of(entry, &blocked)) else { continue };
        let Some((about, content)) = blocked.content() else { continue };
        let serial = (entry.serial + 1).max(cx.clock().now().timestamp_millis());
        let (content, decision) = decide(cx, &feed, content, seen_at(blocked.at * 1_000)).await;
        let verdict = match decision {
            Decision::Blocked(_) => continue,
            Decision::Kept(rule) => RuleVerdict::Kept(rule),
            Decision::Undecided => RuleVerdict::Undecided,
        };
        while open.len() >= cx.settings.pipeline.stories_per_feed.max(1) {
            let _waiting = cx.upstream.wait();
            open.next().await.into_iter().for_each(&mut landed);
        }
        if cx.stop.is_cancelled() {
            break;
        }
        let (ack, committed) = CommitAck::counted(&cx.upstream);
        let pending = PendingEntry {
            about: Arc::new(about),
            pages: feed.config.pages.unwrap_or(cx.settings.pipeline.pages),
            learned: Arc::clone(&learned),
            entry: content,
            key,
            content_hash: blocked.content_hash,
            fingerprint: blocked.fingerprint,
            naming: blocked.naming,
            article: entry.article,
            way: EntryWay { serial, home: entry.article_site(), verdict, ..EntryWay::default() },
            trace: Trace::current().story(&feed.config.id),
            feed: Arc::clone(&feed),
            ack,
        };
        if cx.to_page.send(pending).await.is_err() {
            break;
        }
        open.push(committed);
    }
    let waiting = cx.upstream.wait();
    while let Some(ended) = open.next().await {
        landed(ended);
    }
    drop(waiting);
    cx.stats.readmitted.inc_by(readmitted);
    info!(feed = feed.config.id, entries = readmitted, "blocked entries let in by changed rules");
}

fn is_of(entry: &EntryState, blocked: &BlockedEntry) -> bool {
    entry.blocked.is_some() && entry.content_hash == blocked.content_hash
}
