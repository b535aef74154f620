//! What a transaction has of blocked entries: the entry itself, the limits of how many are kept, and its removal.

use crate::feed::Feed;
use crate::health::RuleDecision;
use crate::pipeline::commit::batch::BatchBuilder;
use crate::pipeline::handoff::{HandoffFeed, HandoffMessage};
use crate::pipeline::message::{BlockedForm, EntryHead, FeedHandle, Trace};
use crate::state::published::{DecidedEntry, Published};
use crate::state::{BlockedEntry, BlockedMark, EntryState, HandedBlock, Key, OriginState};

/// The most blocked entries that one batch removes because newer ones are kept: each batch stays small.
const MAX_REMOVED: usize = 8;
/// The longest title and link of a blocked entry that are reported, in characters.
const MAX_REPORTED: usize = 300;

impl BatchBuilder<'_> {
    /// Keeps a blocked entry whole, if it is not too long, and reports the decision.
    pub(in crate::pipeline) fn block(&mut self, seen: &EntryHead, blocked: &BlockedForm) -> BlockedMark {
        let feed = &seen.feed;
        let site = seen.received.as_ref().map_or(&feed.site, |at| &at.site);
        let about = public(feed, &blocked.about);
        let mut whole = BlockedEntry::new(&about, &blocked.entry, blocked.naming);
        if let Some(entry) = &mut whole {
            entry.rule.clone_from(&blocked.rule);
            entry.at = self.now.timestamp();
            entry.site = site.to_string();
            (entry.content_hash, entry.fingerprint) = (seen.content_hash, seen.fingerprint);
            entry.handed = seen.received.as_ref().map(|_| Box::new(handed(feed, blocked)));
        }
        let whole = whole.filter(|_| self.policy.settings.rules.max_blocked > 0);
        if whole.is_some() {
            let at = seen.received.as_ref().map(|at| at.site.to_string());
            self.state_of(site, &Key::Blocked(feed.config.id.clone(), seen.key, at), whole.as_ref());
        }
        BlockedMark { rule: blocked.rule.clone(), whole: whole.is_some() }
    }

    /// Removes what is kept of a blocked entry of the feed from the state of this site, which is the feed's or was.
    pub(in crate::pipeline) fn unblock(&mut self, feed: &FeedHandle, key: u128, site: &str) {
        self.state_of::<BlockedEntry>(site, &Key::Blocked(feed.config.id.clone(), key, None), None);
    }

    /// Removes what is kept of an entry that was handed over to the site and blocked there.
    pub(in crate::pipeline) fn unblock_at(&mut self, feed: &FeedHandle, key: u128, site: &str) {
        let at = Some(site.to_owned());
        self.state_of::<BlockedEntry>(site, &Key::Blocked(feed.config.id.clone(), key, at), None);
    }

    /// Moves what is kept of a feed's blocked entries to its present site.
    pub(in crate::pipeline) fn move_blocked(&mut self, feed: &FeedHandle, from: &str) {
        for (key, mut entry) in self.store.blocked(&feed.config.id) {
            if entry.handed.is_some() || entry.site != from {
                continue;
            }
            // The order matters: a store without partitions keeps the second.
            if self.may_commit(from) {
                self.unblock(feed, key, from);
            }
            entry.site = feed.site.to_string();
            self.state_of(&feed.site, &Key::Blocked(feed.config.id.clone(), key, None), Some(&entry));
        }
    }

    /// Keeps only the newest blocked entries of a feed whole.
    pub(in crate::pipeline) fn limit_blocked(&mut self, feed: &FeedHandle) {
        let (id, most) = (&feed.config.id, self.policy.settings.rules.max_blocked);
        for _ in 0..MAX_REMOVED {
            let Some((key, entry)) = self.store.surplus_blocked(id, most) else { return };
            self.unblock(feed, key, &feed.site);
            let blocked = entry.blocked.map(|mark| BlockedMark { whole: false, ..mark });
            let entry = EntryState { blocked, ..entry };
            self.state_of(&feed.site, &Key::Entry(id.clone(), key), Some(&entry));
            self.store.set_entry(id, key, Some(entry));
        }
    }

    /// Keeps only the newest entries of a feed whole that were handed over to a site and blocked there.
    pub(in crate::pipeline) fn limit_blocked_at(&mut self, feed: &FeedHandle, site: &str) {
        let id = &feed.config.id;
        let kept =
            self.store.blocked(id).into_iter().filter(|(_, entry)| entry.handed.is_some() && entry.site == *site);
        let kept: Vec<u128> = kept.map(|(key, _)| key).collect();
        // The one of this batch is not committed yet.
        let surplus = (kept.len() + 1).saturating_sub(self.policy.settings.rules.max_blocked);
        for key in kept.iter().take(surplus.min(MAX_REMOVED)) {
            self.unblock_at(feed, *key, site);
            if let Some(origin) = self.store.origin(id, *key, site) {
                self.set_origin(feed, *key, site, Some(OriginState { blocked: false, ..origin }));
            }
        }
    }

    /// Has an entry that was handed over and blocked dealt with again: hands it over once more, to the same site.
    pub(in crate::pipeline) fn readmit(&mut self, feed: &FeedHandle, key: u128, site: &str, message: &HandoffMessage) {
        let is_current = |origin: &OriginState| origin.blocked && origin.serial + 1 == message.serial;
        let Some(origin) = self.store.origin(&feed.config.id, key, site).filter(is_current) else { return };
        self.hand_over(feed, site, message.clone(), &Trace::start());
        self.unblock_at(feed, key, site);
        self.set_origin(feed, key, site, Some(OriginState { blocked: false, ..origin }));
    }

    /// Reports the decision of a rule about an entry.
    pub(in crate::pipeline) fn decided(
        &mut self,
        feed: &FeedHandle,
        decision: RuleDecision,
        blocked: Option<&BlockedForm>,
    ) {
        let text = |text: Option<&String>| text.map(|text| text.chars().take(MAX_REPORTED).collect());
        self.published.push(Published::Decided(Box::new(DecidedEntry {
            feed: feed.config.id.clone(),
            decision,
            at: self.now,
            title: text(blocked.and_then(|blocked| blocked.entry.title.as_ref())),
            link: text(blocked.and_then(|blocked| blocked.entry.link.as_ref())),
        })));
    }
}

/// Returns what a feed says of itself without what may be secret.
fn public(feed: &FeedHandle, about: &Feed) -> Feed {
    let credentials = &feed.config.credentials;
    if credentials.is_empty() {
        return about.clone();
    }
    Feed {
        title: about.title.clone(),
        link: about.link.as_deref().map(|link| credentials.link(link).into_owned()),
        language: about.language.clone(),
        authors: about.authors.clone(),
        ..Feed::default()
    }
}

fn handed(feed: &FeedHandle, blocked: &BlockedForm) -> HandedBlock {
    HandedBlock {
        feed: serde_json::to_value(HandoffFeed::of(&feed.config)).unwrap_or_default(),
        pages: blocked.pages,
        asked: blocked.asked.clone(),
        article: blocked.article,
    }
}
