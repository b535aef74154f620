//! Keep and block rules on the way of an entry: they decide before its page is fetched, and again once its text is known
//! if they depend on it.

use std::sync::Arc;

use super::analyse::draft::Draft;
use super::commit::batch::BatchBuilder;
use super::context::Context;
use super::handoff::{HandoffFeed, HandoffMessage};
use super::message::{BlockedForm, EntryHead, EntryResult, FeedHandle, FetchedEntry, PendingEntry, Trace, Work};
use crate::feed::{Entry, Feed};
use crate::filter::{Decision, Subject};
use crate::health::RuleDecision;
use crate::state::published::{DecidedEntry, Published};
use crate::state::{BlockedEntry, BlockedMark, EntryState, HandedBlock, Key, OriginState};
use chrono::{DateTime, Utc};

/// Decides about an entry before its page is fetched.
pub(super) async fn decide(cx: &Context, feed: &Arc<FeedHandle>, entry: Entry, at: DateTime<Utc>) -> (Entry, Decision) {
    let filter = Arc::clone(&cx.filter.borrow());
    if !feed.with_scope(|scope| filter.applies_to(scope)) {
        return (entry, Decision::Kept(None));
    }
    let entry = Arc::new(entry);
    let decided = {
        let (feed, entry) = (Arc::clone(feed), Arc::clone(&entry));
        cx.cpu.run(move || feed.with_scope(|scope| filter.decide(scope, &Subject::entry(&entry, at))))
    };
    // An entry that cannot be read becomes a dead letter in a later stage.
    let decided = decided.await.unwrap_or(Decision::Undecided);
    (Arc::unwrap_or_clone(entry), decided)
}

/// Returns the time at which a form of an entry was seen: its age counts until then, in every stage and instance.
pub(super) fn seen_at(serial: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(serial).unwrap_or_default()
}

/// Returns the work for an entry that this rule blocks before its page is fetched.
pub(super) fn blocked(pending: PendingEntry, rule: Option<Arc<str>>) -> Work {
    let fetched = FetchedEntry { pending, asked: None, page: None, text: None, elsewhere: None };
    let (draft, head) = Draft::split(fetched);
    Work::Entry(head, EntryResult::Blocked(Box::new(draft.blocked(rule))))
}

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
        let whole = whole.filter(|_| self.policy.max_blocked > 0);
        if whole.is_some() {
            self.state_of(site, &Key::Blocked(feed.config.id.clone(), seen.key), whole.as_ref());
        }
        BlockedMark { rule: blocked.rule.clone(), whole: whole.is_some() }
    }

    /// Removes what is kept of a blocked entry from the state of a site.
    pub(in crate::pipeline) fn unblock(&mut self, feed: &FeedHandle, key: u128, site: &str) {
        self.state_of::<BlockedEntry>(site, &Key::Blocked(feed.config.id.clone(), key), None);
    }

    /// Keeps only the newest blocked entries of a feed whole.
    pub(in crate::pipeline) fn limit_blocked(&mut self, feed: &FeedHandle) {
        let id = &feed.config.id;
        let Some((key, entry)) = self.store.surplus_blocked(id, self.policy.max_blocked) else { return };
        self.unblock(feed, key, &feed.site);
        let blocked = entry.blocked.map(|mark| BlockedMark { whole: false, ..mark });
        let entry = EntryState { blocked, ..entry };
        self.state_of(&feed.site, &Key::Entry(id.clone(), key), Some(&entry));
        self.store.set_entry(id, key, Some(entry));
    }

    /// Keeps only the newest entries of a feed whole that were handed over to a site and blocked there.
    pub(in crate::pipeline) fn limit_blocked_at(&mut self, feed: &FeedHandle, site: &str) {
        let id = &feed.config.id;
        let kept =
            self.store.blocked(id).into_iter().filter(|(_, entry)| entry.handed.is_some() && entry.site == *site);
        let kept: Vec<u128> = kept.map(|(key, _)| key).collect();
        for key in kept.iter().take((kept.len() + 1).saturating_sub(self.policy.max_blocked)) {
            self.unblock(feed, *key, site);
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
        self.unblock(feed, key, site);
        self.set_origin(feed, key, site, Some(OriginState { blocked: false, ..origin }));
    }

    /// Reports the decision of a rule about an entry.
    pub(in crate::pipeline) fn decided(
        &mut self,
        feed: &FeedHandle,
        decision: RuleDecision,
        blocked: Option<&BlockedForm>,
    ) {
        let text = |text: Option<&String>| text.map(|text| text.chars().take(300).collect());
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
