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
use crate::pipeline::filter::{self, Next};
use crate::pipeline::message::{Acknowledged, CommitAck, FeedHandle};

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
        let Some(entry) = cx.store.entry(&feed.config.id, key).filter(|now| blocked.is_of(now)) else { continue };
        let article = entry.article.and_then(|id| cx.store.article(id));
        // An article that was withdrawn since an earlier form became it is not brought back.
        if article.is_some_and(|article| article.state.canceled) {
            continue;
        }
        let Some((about, content)) = blocked.content() else { continue };
        let (content, decision) = filter::decide(cx, &feed, content, filter::seen_at(blocked.at * 1_000)).await;
        if matches!(decision, Decision::Blocked(_)) {
            continue;
        }
        let settings = cx.settings.get();
        while open.len() >= settings.pipeline.stories_per_feed.max(1) {
            let _waiting = cx.upstream.wait();
            open.next().await.into_iter().for_each(&mut landed);
        }
        if cx.stop.is_cancelled() {
            break;
        }
        let (ack, committed) = CommitAck::counted(&cx.upstream);
        let how = (feed.config.pages.unwrap_or(settings.pipeline.pages), &learned);
        let pending = filter::readmit::pending(&feed, (key, &blocked), (about, content), &entry, how, ack);
        let Next::Page(pending) = filter::next(pending, decision) else { continue };
        if cx.to_page.send(*pending).await.is_err() {
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
