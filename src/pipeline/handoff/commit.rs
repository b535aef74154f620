//! The state of handed over entries, and the messages that hand them over.

use std::sync::Arc;

use uuid::Uuid;

use super::{HandoffMessage, HandoffStep};
use crate::pipeline::commit::batch::BatchBuilder;
use crate::pipeline::message::{
    EntryHead, EntryResult, FeedHandle, ReceivedAt, ReceivedTask, RevisitOutcome, Trace, Work,
};
use crate::record::{DeadLetter, Stage};
use crate::state::store::StateStore;
use crate::state::{BlockedMark, EntryState, Key, OriginState};

/// The most sites along which an entry is forgotten in one batch.
const MAX_STEPS: u8 = 8;

/// The form of an entry whose article another instance withdraws; no entry has it.
pub(in crate::pipeline) const WITHDRAWN: u64 = 0;
/// The form of an entry about which keep and block rules decide again when its feed is read next; no entry has it.
pub(super) const UNDECIDED: u64 = 1;

impl BatchBuilder<'_> {
    /// Returns whether other instances may own sites.
    pub(in crate::pipeline) fn is_shared(&self) -> bool {
        self.routes.is_shared()
    }

    /// Returns whether state of the site may be committed here.
    pub(in crate::pipeline) fn may_commit(&self, site: &str) -> bool {
        self.routes.may_commit(site)
    }

    /// Adds a message to the owner of the site; one that is too large becomes a dead letter.
    pub(in crate::pipeline) fn hand_over(
        &mut self,
        feed: &FeedHandle,
        site: &str,
        message: HandoffMessage,
        trace: &Trace,
    ) {
        let source = match &message.step {
            HandoffStep::Entry(entry) => (entry.entry.link.clone(), entry.entry.guid.clone()),
            _ => (None, None),
        };
        match message.pack(site, self.policy.max_value) {
            Ok(handoff) => self.batch.handoffs.push(handoff),
            Err(size) => {
                let max = self.policy.max_value;
                let error = format!("an entry for the owner of {site} takes {size} bytes, {max} at most");
                let dead = DeadLetter::new(Stage::Commit, &feed.config.id, error, &[], self.now);
                let dead = DeadLetter { truncated: true, ..dead.with_source(source.0, source.1) };
                self.dead(feed, dead, trace);
            }
        }
    }

    /// Has the owner of the site withdraw the article of an entry, and notes that in the entry.
    pub(in crate::pipeline) fn withdraw(&mut self, feed: &FeedHandle, key: u128, site: &str, message: &HandoffMessage) {
        let id = &feed.config.id;
        let Some(entry) = self.store.entry(id, key) else { return };
        self.hand_over(feed, site, message.clone(), &Trace::start());
        let entry = EntryState { content_hash: WITHDRAWN, serial: message.serial, ..entry };
        self.state_of(&feed.site, &Key::Entry(id.clone(), key), Some(&entry));
        self.store.set_entry(id, key, Some(entry));
    }

    /// Notes in the state of the sites along its way what became of an entry.
    pub(in crate::pipeline) fn note_origin(
        &mut self,
        seen: &EntryHead,
        article: Option<Uuid>,
        handed_to: Option<&Arc<str>>,
        mark: Option<&BlockedMark>,
    ) {
        let (id, serial) = (&seen.feed.config.id, seen.serial);
        if let Some(at) = &seen.received {
            self.drop_blocked(seen, &at.site, mark);
        }
        if let Some(at) = &seen.received
            && (handed_to.is_some() || at.site != seen.home)
        {
            let article = self.store.origin(id, seen.key, &at.site).and_then(|origin| origin.article);
            let to = Some(handed_to.unwrap_or(&seen.home).to_string());
            // A page behind a redirect is on the way, but does not have the article.
            self.set_origin(&seen.feed, seen.key, &at.site, Some(OriginState { serial, article, to, blocked: false }));
        }
        if handed_to.is_some() {
            return;
        }
        let before = self.store.origin(id, seen.key, &seen.home);
        // The feed's own entries have the article of its own site, unless they were handed over once.
        if before.is_some() || seen.received.is_some() || seen.home != seen.feed.site {
            let before = before.unwrap_or_default();
            let article = article.or(before.article);
            // A blocked form goes no further, but the article of an earlier one is where it was.
            let to = before.to.filter(|_| mark.is_some());
            let blocked = seen.received.is_some() && mark.is_some_and(|mark| mark.whole);
            self.set_origin(&seen.feed, seen.key, &seen.home, Some(OriginState { serial, article, to, blocked }));
        }
    }

    /// Removes what is kept of an earlier form of an entry that was handed over to the site and blocked there, unless
    /// this form takes its place.
    fn drop_blocked(&mut self, seen: &EntryHead, site: &str, mark: Option<&BlockedMark>) {
        if mark.is_some_and(|mark| mark.whole) {
            return;
        }
        let before = self.store.origin(&seen.feed.config.id, seen.key, site);
        if before.is_some_and(|origin| origin.blocked) {
            self.unblock_at(&seen.feed, seen.key, site);
        }
    }

    pub(in crate::pipeline) fn set_origin(
        &mut self,
        feed: &FeedHandle,
        key: u128,
        site: &str,
        state: Option<OriginState>,
    ) {
        let id = &feed.config.id;
        self.state_of(site, &Key::Origin(id.clone(), key, site.to_owned()), state.as_ref());
        self.store.set_origin(id, key, site, state);
    }

    /// Forgets what the sites along its way have of an entry, and its article if that is kept under its feed. `known`
    /// is the article as far as it is known so far.
    pub(in crate::pipeline) fn forget_at(
        &mut self,
        feed: &FeedHandle,
        key: u128,
        site: &str,
        known: Option<Uuid>,
        route: Vec<String>,
    ) {
        let (mut site, mut known) = (site.to_owned(), known);
        for _ in 0..MAX_STEPS {
            if !self.may_commit(&site) {
                let serial = self.now.timestamp_millis();
                let message = HandoffMessage::new(&feed.config, key, serial, route, HandoffStep::Forget);
                self.hand_over(feed, &site, message, &Trace::start());
                return;
            }
            let origin = self.store.origin(&feed.config.id, key, &site);
            if let Some(origin) = &origin {
                if origin.blocked {
                    self.unblock_at(feed, key, &site);
                }
                self.set_origin(feed, key, &site, None);
            }
            let OriginState { article, to, .. } = origin.unwrap_or_default();
            known = article.or(known);
            match to {
                Some(to) => site = to,
                None => break,
            }
        }
        if let Some(article) = known {
            self.forget_article(feed, article);
        }
    }

    /// Does what a message asks for that makes no article.
    pub(in crate::pipeline) fn receive(
        &mut self,
        feed: &Arc<FeedHandle>,
        at: &ReceivedAt,
        task: &ReceivedTask,
        trace: &Trace,
    ) {
        self.batch.consumed = Some(at.place);
        let message = match task {
            ReceivedTask::Nothing => return,
            ReceivedTask::Message(message) => message,
            ReceivedTask::Unreadable(dead) => return self.dead(feed, dead.clone(), trace),
        };
        let (id, key) = (&feed.config.id, message.entry_key().unwrap_or_default());
        match &message.step {
            // Forms of entries go through the stages; the scheduler hears an answer when its consumption is committed.
            HandoffStep::Entry(_) | HandoffStep::Answer(_) => {}
            HandoffStep::Feed(moved) => self.take_in(feed, moved),
            HandoffStep::Ask(question) => self.answer(question, at),
            HandoffStep::Forget => {
                if message.route.len() < super::MAX_HOPS {
                    self.forget_at(feed, key, &at.site, None, at.route_from_here());
                }
            }
            HandoffStep::Withdraw(reason) => {
                let Some(origin) = self.store.origin(id, key, &at.site) else { return };
                if origin.blocked {
                    // Changed rules must not let in what its feed has deleted.
                    self.unblock_at(feed, key, &at.site);
                    self.set_origin(feed, key, &at.site, Some(OriginState { blocked: false, ..origin.clone() }));
                }
                if let Some(to) = origin.to.filter(|_| message.route.len() < super::MAX_HOPS) {
                    let passed_on = HandoffMessage { route: at.route_from_here(), ..message.clone() };
                    return self.hand_over(feed, &to, passed_on, trace);
                }
                let known = |article| Some((article, self.store.withdrawable(id, &feed.site, article)?));
                let Some((article, known)) = origin.article.and_then(known) else { return };
                if self.may_commit(&known.site) {
                    let mut found = RevisitOutcome::Withdrawn(reason.clone());
                    self.revisit(feed, article, known.state.revision, &mut found, None, trace);
                }
            }
        }
    }
}

/// Returns the sites whose state a piece of work changes, as far as they are not its feed's own.
pub(in crate::pipeline) fn further_sites(store: &StateStore, work: &Work) -> Vec<Arc<str>> {
    match work {
        Work::Entry(head, result) => {
            let received = head.received.iter().map(|at| Arc::clone(&at.site));
            let (home, article) = match result {
                EntryResult::HandedOver(..) => (None, None),
                EntryResult::DeadLetter(_) | EntryResult::Blocked(_) => (Some(&head.home), None),
                EntryResult::Article(extracted) => (Some(&head.home), Some(extracted.article.id)),
                EntryResult::Reread(reread) => (Some(&head.home), Some(reread.id)),
                EntryResult::Unchanged(id) | EntryResult::SameAs(id) => (Some(&head.home), Some(*id)),
            };
            let known = article.and_then(|id| store.article(id)).map(|known| Arc::clone(&known.site));
            received.chain(home.cloned()).chain(known.filter(|site| !site.is_empty())).collect()
        }
        Work::Received { at, .. } => vec![Arc::clone(&at.site)],
        Work::Readmit { site, .. } => vec![Arc::clone(site)],
        Work::Revisit { feed, id, .. } => {
            let known = store.article(*id).map(|known| Arc::clone(&known.site)).filter(|site| !site.is_empty());
            vec![known.unwrap_or_else(|| Arc::clone(&feed.site))]
        }
        Work::MoveFeed { feed, .. } => store.site(&feed.config.id).into_iter().collect(),
        Work::Feed { .. } | Work::Subscription { .. } | Work::Withdraw { .. } | Work::Ask { .. } | Work::Barrier(_) => {
            Vec::new()
        }
    }
}

/// How a form of an entry stands to what the state of its site has by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Currency {
    /// Nothing has changed since they were compared.
    Current,
    /// They must be compared again.
    Outdated,
    /// This form, or a later one, was dealt with: the message says nothing new.
    Done,
}

/// Compares a form of an entry with what the state of its site has by now.
pub(in crate::pipeline) fn currency(store: &StateStore, head: &EntryHead, result: &EntryResult) -> Currency {
    let serial = |site: &str| store.origin(&head.feed.config.id, head.key, site).map_or(0, |origin| origin.serial);
    if let Some(at) = &head.received
        && at.is_done(serial(&at.site), head.serial)
    {
        return Currency::Done;
    }
    let was_compared =
        !matches!(result, EntryResult::HandedOver(..) | EntryResult::DeadLetter(_) | EntryResult::Blocked(_));
    if !was_compared || serial(&head.home) == head.basis { Currency::Current } else { Currency::Outdated }
}
