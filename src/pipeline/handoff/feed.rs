//! Moves what is remembered of a feed to the instance that owns the site of its new URL.

use std::sync::Arc;

use uuid::Uuid;

use super::commit::UNDECIDED;
use super::{HandedFeed, HandoffMessage, HandoffStep};
use crate::pipeline::commit::batch::BatchBuilder;
use crate::pipeline::message::{FeedHandle, Trace};
use crate::state::{ArticleState, EntryState, FeedState, Key, MovedAway};

/// Entries in one message.
const ENTRIES: usize = 1_000;

impl BatchBuilder<'_> {
    /// Hands the feed over to the owner of its site. Its articles stay with their sites.
    pub(in crate::pipeline) fn move_away(&mut self, feed: &Arc<FeedHandle>) {
        let id = &feed.config.id;
        let Some(from) = self.store.site(id).filter(|from| **from != *feed.site && self.may_commit(from)) else {
            return;
        };
        let routes = self.routes;
        let mut claims = routes.claims().lock();
        // It may be polled here again since.
        if claims.may_leave(id, routes.partition(&feed.site), |site| routes.partition(site)) {
            claims.end(id);
            self.hand_over_feed(feed, &from);
        }
    }

    /// Hands what is remembered of a feed over from its present site, and notes there where it went. Returns the mark of
    /// the note.
    pub(super) fn hand_over_feed(&mut self, feed: &Arc<FeedHandle>, from: &Arc<str>) -> Uuid {
        let id = &feed.config.id;
        self.store.readdress(id, |state| state.at(&feed.config.url));
        let (mut state, mut entries) = (None, Vec::new());
        for (key, value, _) in self.store.rewritten(id, from, true) {
            match &key {
                Key::Feed(_) => state = serde_json::from_slice::<FeedState>(&value).ok(),
                Key::Entry(_, entry) => {
                    if let Ok(mut value) = serde_json::from_slice::<EntryState>(&value) {
                        if value.blocked.take_if(|mark| mark.whole).is_some() {
                            // What is kept of it stays behind: the rules decide again where it is shown next.
                            value.content_hash = UNDECIDED;
                            self.unblock(feed, *entry, from);
                        }
                        let home = value.home.clone().or_else(|| value.article.and(Some(Arc::clone(from))));
                        entries.push((format!("{entry:032x}"), EntryState { home, ..value }));
                    }
                }
                // An article from before articles belonged to sites: it belongs to this one from now on.
                Key::Article(_, article) => {
                    if let Ok(state) = serde_json::from_slice::<ArticleState>(&value) {
                        let state = ArticleState { site: Some(Arc::clone(from)), ..state };
                        self.state_of(from, &key, Some(&state));
                        self.store.settle_article(*article, state);
                    }
                    continue;
                }
                Key::Recent(..) | Key::Revisit(..) => {
                    let value: Option<serde_json::Value> = serde_json::from_slice(&value).ok();
                    self.state_of(from, &key, value.as_ref());
                    continue;
                }
                _ => {}
            }
            self.state_of::<FeedState>(from, &key, None);
        }
        self.store.leave(id);
        let mark = self.note_move(id, from, &feed.site);
        let mut parts = entries.chunks(ENTRIES).map(<[_]>::to_vec);
        let mut next = Some(parts.next().unwrap_or_default());
        while let Some(entries) = next {
            let step = HandoffStep::Feed(Box::new(HandedFeed { state: state.take(), entries }));
            let message = HandoffMessage::new(&feed.config, 0, self.now.timestamp_millis(), Vec::new(), step);
            self.hand_over(feed, &feed.site, message, &Trace::start());
            next = parts.next();
        }
        tracing::info!(feed = id, from = %from, to = %feed.site, "feed moved to another instance's site; its state is handed over");
        mark
    }

    /// Notes in the partition of a site that the state of a feed left it. Returns the mark of the note.
    pub(in crate::pipeline) fn note_move(&mut self, id: &str, from: &Arc<str>, to: &Arc<str>) -> Uuid {
        let moved = MovedAway::new(from, to);
        let mark = moved.mark;
        self.state_of(from, &Key::MovedAway(id.to_owned()), Some(&moved));
        self.store.set_moved_away(id, moved);
        mark
    }

    /// Takes over what is remembered of a feed. What is known of it here is newer.
    pub(in crate::pipeline) fn take_in(&mut self, feed: &Arc<FeedHandle>, moved: &HandedFeed) {
        let id = &feed.config.id;
        self.store.set_site(id, &feed.site);
        if let Some(state) = &moved.state
            && self.store.feed(id).is_none()
        {
            self.state_of(&feed.site, &Key::Feed(id.clone()), Some(state));
            self.store.set_feed(id, state.clone());
        }
        for (key, entry) in &moved.entries {
            let Ok(key) = u128::from_str_radix(key, 16) else { continue };
            if self.store.entry(id, key).is_none() {
                self.state_of(&feed.site, &Key::Entry(id.clone(), key), Some(entry));
                self.store.set_entry(id, key, Some(entry.clone()));
            }
        }
    }
}
