//! Withdraws the articles of entries that the feed says were deleted (RFC 6721).

use std::sync::Arc;

use super::identity;
use super::poller::Poller;
use super::work::{FeedHandle, Found, Ticket, Trace, Work};
use crate::feed::Deleted;

impl Poller {
    /// Cancels the articles whose entries the feed says were deleted, and waits for the commit. Returns false if some
    /// were not committed. An entry that is still shown is not deleted.
    pub(super) async fn withdraw(
        &self,
        feed: &Arc<FeedHandle>,
        deleted: &[Deleted],
        shown: &[u128],
        trace: &Trace,
    ) -> bool {
        let id = &feed.config.id;
        for deleted in deleted.iter().take(self.settings.pipeline.max_entries) {
            let story = {
                let book = self.book();
                let keys = identity::guid_keys(&deleted.guid);
                let entry = keys.iter().filter(|key| !shown.contains(key)).find_map(|key| book.entry(id, *key));
                let article = entry.and_then(|entry| entry.article);
                // A feed cannot withdraw an article that another feed showed first.
                article.and_then(|article| {
                    let known = book.article(article).filter(|known| *known.feed == **id && !known.state.canceled)?;
                    Some((article, known.state.revision))
                })
            };
            let Some((article, revision)) = story else { continue };
            let comment = deleted.comment.as_deref().map(|comment| format!(" ({comment})")).unwrap_or_default();
            let found = Found::Gone(format!("the feed says that it was deleted{comment}"));
            let (ticket, committed) = Ticket::new();
            let (feed, trace) = (Arc::clone(feed), trace.cause("look", id));
            let work = Work::Look { feed, id: article, revision, found, visit: None, trace, ticket };
            if self.work.send(work).await.is_err() || committed.await.is_err() {
                return false;
            }
        }
        true
    }
}
