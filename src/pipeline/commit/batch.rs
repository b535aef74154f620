//! Turns the outcome of an entry or a poll into the batch to commit: revisions, records, headers, state.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::config::Settings;
use crate::health::{EntryOutcome, RuleDecision};
use crate::journal::{Batch, Record, StateChange};
use crate::pipeline::handoff::RoutesGuard;
use crate::pipeline::message::{EntryHead, EntryResult, FeedHandle, Trace, Work};
use crate::record::{DeadLetter, FeedEvent, FeedLabels, Topic, cloud_event};
use crate::state::published::Published;
use crate::state::recent::MemoryLimits;
use crate::state::recent::RecentArticle;
use crate::state::redact;
use crate::state::store::{KnownArticle, StateStore};
use crate::state::{ArticleState, EntryState, FeedState, Key, PlannedRevisit, RecentState};

/// Articles that leave the window with one batch. The limit keeps each batch small even after a long pause.
const EXPIRED: usize = 8;

/// The result of a piece of work.
#[derive(Debug)]
pub(crate) struct BuiltBatch {
    /// The batch of the work itself.
    pub batch: Batch,
    /// Batches that expire state of other feeds; each may be committed without the others.
    pub expired: Vec<Batch>,
    /// What the batch publishes.
    pub published: Vec<Published>,
    /// The outcome of the entry that the work is for.
    pub outcome: Option<EntryOutcome>,
    /// What a keep or block rule decided about that entry.
    pub decision: Option<RuleDecision>,
}

/// Makes the batch of a piece of work and applies it to the state store.
pub(in crate::pipeline) fn build(
    store: &StateStore,
    work: &mut Work,
    terms: &BatchPolicy,
    routes: &RoutesGuard<'_>,
    now: DateTime<Utc>,
) -> BuiltBatch {
    let mut maker =
        BatchBuilder { store, policy: terms, routes, home: None, now, batch: Batch::default(), published: Vec::new() };
    if let Some(feed) = polled_feed(work) {
        maker.move_to_site(&Arc::clone(feed));
    }
    let mut entry_outcome = None;
    match work {
        Work::Entry(seen, outcome) => entry_outcome = Some(maker.entry(seen, outcome)),
        Work::Withdraw { feed, key, site, message, .. } => maker.withdraw(feed, *key, site, message),
        Work::Readmit { feed, key, site, message, .. } => maker.readmit(feed, *key, site, message),
        Work::MoveFeed { feed, .. } => maker.move_away(feed),
        Work::Received { feed, at, task, trace, .. } => maker.receive(feed, at, task, trace),
        Work::Ask { question, partitions, .. } => maker.ask(question, partitions),
        Work::Barrier(_) => {}
        Work::Revisit { feed, id, revision, found, visit, trace, .. } => {
            maker.revisit(feed, *id, *revision, found, visit.as_deref(), trace);
        }
        Work::Feed { feed, state, events, dead, forget, learned, trace, .. } => {
            state.cut(&feed.config.credentials);
            for event in events.drain(..) {
                maker.event(feed, redact::event(event, &feed.config.credentials), trace);
            }
            if let Some(dead) = dead.take() {
                maker.dead(feed, *dead, trace);
            }
            for key in forget.drain(..) {
                maker.forget(feed, key);
            }
            if let Some(learned) = learned.take() {
                maker.state(feed, &Key::Learned(feed.config.id.clone()), Some(&*learned));
                maker.store.set_learned(&feed.config.id, learned);
            }
            maker.feed_state(feed, state);
        }
        Work::Subscription { feed, state, .. } => {
            let id = &feed.config.id;
            maker.state(feed, &Key::Subscription(id.clone()), state.as_deref());
            maker.store.set_subscription(id, state.take().map(|state| *state));
        }
    }
    let batch = std::mem::take(&mut maker.batch);
    let expired = maker.expire();
    let decision = maker.published.iter().find_map(|published| match published {
        Published::Decided(decided) => Some(decided.decision.clone()),
        _ => None,
    });
    BuiltBatch { batch, expired, published: maker.published, outcome: entry_outcome, decision }
}

/// Returns the feed of the work, if that belongs to a poll of the feed and so to its own partition.
pub(in crate::pipeline) fn polled_feed(work: &Work) -> Option<&Arc<FeedHandle>> {
    match work {
        Work::Entry(EntryHead { feed, received: None, .. }, _)
        | Work::Feed { feed, .. }
        | Work::Withdraw { feed, .. }
        | Work::Subscription { feed, .. } => Some(feed),
        _ => None,
    }
}

/// The settings by which batches are made.
#[derive(Debug, Clone)]
pub(crate) struct BatchPolicy {
    /// The largest size of a record's value, in bytes.
    pub max_value: usize,
    /// The limits on what is remembered of articles.
    pub limits: MemoryLimits,
    /// The settings.
    pub settings: Arc<Settings>,
}

impl BatchPolicy {
    /// Creates the policy of these settings, for records of at most `max_value` bytes.
    pub(in crate::pipeline) fn new(settings: Arc<Settings>, max_value: usize) -> Self {
        Self { max_value, limits: MemoryLimits::new(&settings), settings }
    }
}

pub(in crate::pipeline) struct BatchBuilder<'a> {
    pub(in crate::pipeline) store: &'a StateStore,
    pub(in crate::pipeline) policy: &'a BatchPolicy,
    /// Which sites are dealt with here.
    pub(in crate::pipeline) routes: &'a RoutesGuard<'a>,
    /// The site of a new article, if it is not the feed's.
    pub(in crate::pipeline) home: Option<Arc<str>>,
    pub(in crate::pipeline) now: DateTime<Utc>,
    pub(in crate::pipeline) batch: Batch,
    pub(in crate::pipeline) published: Vec<Published>,
}

impl BatchBuilder<'_> {
    fn entry(&mut self, seen: &EntryHead, outcome: &mut EntryResult) -> EntryOutcome {
        self.home = Some(Arc::clone(&seen.home));
        let mut handed_to = None;
        let mut mark = None;
        let (article, outcome) = match outcome {
            EntryResult::Blocked(form) => {
                mark = Some(self.block(seen, form));
                let decision = RuleDecision { rule: form.rule.clone(), is_kept: false };
                self.decided(&seen.feed, decision, Some(form));
                (None, EntryOutcome::Blocked)
            }
            EntryResult::HandedOver(site, message) => {
                self.hand_over(&seen.feed, site, (**message).clone(), &seen.trace);
                handed_to = Some(&*site);
                (None, EntryOutcome::HandedOver)
            }
            EntryResult::Article(extracted) => {
                let (id, outcome) = self.story(seen, extracted);
                (Some(id), outcome)
            }
            EntryResult::Unchanged(id) => (Some(*id), EntryOutcome::Unchanged),
            EntryResult::Reread(reread) => {
                self.reread(&seen.feed, reread);
                (Some(reread.id), EntryOutcome::Unchanged)
            }
            EntryResult::SameAs(id) => (Some(*id), EntryOutcome::SameAs),
            EntryResult::DeadLetter(dead) => {
                self.dead(&seen.feed, (**dead).clone(), &seen.trace);
                (None, EntryOutcome::Refused)
            }
        };
        if mark.is_none() && seen.kept_by.is_some() {
            self.decided(&seen.feed, RuleDecision { rule: seen.kept_by.clone(), is_kept: true }, None);
        }
        if self.is_shared() {
            self.note_origin(seen, article, handed_to, mark.as_ref());
        }
        if let Some(at) = &seen.received {
            if mark.as_ref().is_some_and(|mark| mark.whole) {
                self.limit_blocked_at(&seen.feed, &Arc::clone(&at.site));
            }
            self.batch.consumed = seen.received.as_ref().map(|at| at.place);
            return outcome;
        }
        let before = self.store.entry(&seen.feed.config.id, seen.key);
        let was_whole = before.as_ref().and_then(|before| before.blocked.as_ref()).is_some_and(|mark| mark.whole);
        let is_whole = mark.as_ref().is_some_and(|mark| mark.whole);
        if was_whole && !is_whole {
            self.unblock(&seen.feed, seen.key, &seen.feed.site);
        }
        let former =
            before.as_ref().filter(|_| handed_to.is_some() || mark.is_some()).and_then(|before| before.article);
        let before = before.filter(|_| self.is_shared());
        let (home, serial) = match (handed_to, before) {
            _ if !self.is_shared() => (None, 0),
            (None, Some(before)) if mark.is_some() => (before.home, seen.serial),
            (Some(site), before) => {
                (before.and_then(|known| known.home).or_else(|| Some(Arc::clone(site))), seen.serial)
            }
            (None, _) if seen.home == seen.feed.site => (None, seen.serial),
            (None, _) => (Some(Arc::clone(&seen.home)), seen.serial),
        };
        // What an earlier form became stays.
        let article = article.or(former);
        let state = EntryState {
            content_hash: seen.content_hash,
            fingerprint: seen.fingerprint,
            article,
            seen: self.now.timestamp(),
            home,
            serial,
            blocked: mark,
        };
        self.state(&seen.feed, &Key::Entry(seen.feed.config.id.clone(), seen.key), Some(&state));
        self.store.set_entry(&seen.feed.config.id, seen.key, Some(state));
        if is_whole {
            self.limit_blocked(&seen.feed);
        }
        outcome
    }

    pub(in crate::pipeline) fn dead(&mut self, feed: &FeedHandle, dead: DeadLetter, trace: &Trace) {
        let mut dead = redact::dead_letter(dead, &feed.config);
        dead.feed = labels_of(feed);
        let place = RecordTarget {
            topic: Topic::DeadLetters,
            key: feed.config.id.clone(),
            schema: "dead-letter/1",
            kind: "dateline.dead-letter",
            event_id: Uuid::new_v4().to_string(),
            by: feed.config.id.clone(),
        };
        let value = serde_json::to_vec(&dead).expect("records are plain data");
        self.push(feed, place, Some(value), trace);
        self.published.push(Published::Dead(Box::new(dead)));
    }

    fn event(&mut self, feed: &FeedHandle, mut event: FeedEvent, trace: &Trace) {
        event.feed = labels_of(feed);
        let kind = format!("dateline.feed.{}", event.event.name());
        let place = RecordTarget {
            topic: Topic::FeedEvents,
            key: feed.config.id.clone(),
            schema: "feed-event/1",
            kind: &kind,
            event_id: Uuid::new_v4().to_string(),
            by: feed.config.id.clone(),
        };
        let value = serde_json::to_vec(&event).expect("records are plain data");
        self.push(feed, place, Some(value), trace);
        self.published.push(Published::Event(Box::new(event)));
    }

    pub(in crate::pipeline) fn push(
        &mut self,
        feed: &FeedHandle,
        place: RecordTarget,
        value: Option<Vec<u8>>,
        trace: &Trace,
    ) {
        let parent = trace.parent();
        let headers = cloud_event(place.schema, &place.event_id, place.kind, &feed.config.id, self.now, Some(&parent));
        let record = Record { topic: place.topic, key: place.key, value, headers, partition_by: place.by };
        self.batch.records.push(record);
    }

    fn feed_state(&mut self, feed: &FeedHandle, state: &FeedState) {
        self.state(feed, &Key::Feed(feed.config.id.clone()), Some(state));
        self.store.set_feed(&feed.config.id, state.clone());
        self.published.push(Published::Polled(feed.config.id.clone(), Box::new(state.clone())));
    }

    /// Forgets an entry, and its article if it is kept under this feed.
    fn forget(&mut self, feed: &FeedHandle, key: u128) {
        let id = &feed.config.id;
        let entry = self.store.entry(id, key);
        if entry.as_ref().and_then(|entry| entry.blocked.as_ref()).is_some_and(|mark| mark.whole) {
            self.unblock(feed, key, &feed.site);
        }
        match entry.as_ref().and_then(|entry| entry.home.clone()).filter(|_| self.is_shared()) {
            Some(home) => self.forget_at(feed, key, &home, entry.and_then(|entry| entry.article), Vec::new()),
            None => entry.and_then(|entry| entry.article).into_iter().for_each(|id| self.forget_article(feed, id)),
        }
        self.state::<EntryState>(feed, &Key::Entry(id.clone(), key), None);
        self.store.set_entry(id, key, None);
    }

    /// Forgets an article that is kept under this feed, if its site is dealt with here.
    pub(in crate::pipeline) fn forget_article(&mut self, feed: &FeedHandle, article: Uuid) {
        let id = &feed.config.id;
        let Some(known) = self.store.article(article).filter(|known| *known.feed == **id) else { return };
        let site = if known.site.is_empty() { Arc::clone(&feed.site) } else { Arc::clone(&known.site) };
        if !self.may_commit(&site) {
            return;
        }
        self.state_of::<ArticleState>(&site, &Key::Article(id.clone(), article), None);
        self.store.forget_article(article, &site);
        let (recent, had_visit) = self.store.forget_recent(article);
        if recent.is_some() {
            self.state_of::<RecentState>(&site, &Key::Recent(id.clone(), article), None);
        }
        if had_visit {
            self.state_of::<PlannedRevisit>(&site, &Key::Revisit(id.clone(), article), None);
        }
    }

    fn state<T: Serialize>(&mut self, feed: &FeedHandle, key: &Key, value: Option<&T>) {
        self.state_of(&feed.site, key, value);
    }

    /// Writes state of a feed that has this partition key.
    pub(in crate::pipeline) fn state_of<T: Serialize>(&mut self, site: &str, key: &Key, value: Option<&T>) {
        let value = value.map(|value| serde_json::to_vec(value).expect("state is plain data"));
        self.batch.state.push(StateChange { key: key.encode(), value, site: site.to_owned() });
    }

    /// Expires the texts of articles that are too old or too many. The articles themselves stay known.
    fn expire(&mut self) -> Vec<Batch> {
        let mut expired = Vec::new();
        for _ in 0..EXPIRED {
            let Some(id) = self.store.recent(|recent| recent.surplus(&self.policy.limits, self.now)) else { break };
            let (Some(recent), had_visit) = self.store.forget_recent(id) else { break };
            let RecentArticle { feed, site, inline, .. } = recent;
            // Without its partition key the old value stays; it is expired again after the next start.
            if site.is_empty() {
                continue;
            }
            self.state_of::<RecentState>(&site, &Key::Recent(feed.to_string(), id), None);
            if inline && let Some(known) = self.store.article(id) {
                self.state_of(&site, &Key::Article(feed.to_string(), id), Some(&known.state));
                self.store.set_article(id, KnownArticle::clone(&known));
            }
            if had_visit {
                self.state_of::<PlannedRevisit>(&site, &Key::Revisit(feed.to_string(), id), None);
            }
            expired.push(std::mem::take(&mut self.batch));
        }
        expired
    }

    /// Notes the feed's partition key. If the key changed, all state of the feed moves with it, because the key decides
    /// the partition. State that an earlier version wrote with a secret in it is rewritten without the secret, under
    /// the feed's present id.
    fn move_to_site(&mut self, feed: &FeedHandle) {
        let id = &feed.config.id;
        let before = self.store.set_site(id, &feed.site);
        let moved = before.filter(|before| **before != *feed.site);
        if moved.is_some() {
            // Its URL names its site: without the new one, it would be taken for a feed of the old site after a restart.
            self.store.readdress(id, |state| state.at(&feed.config.url));
        }
        let is_rewritten = moved.is_some() || self.store.is_renamed(id);
        let rewritten = is_rewritten.then(|| self.store.rewritten(id, &feed.site, moved.is_some()));
        let former = self.store.take_former(id);
        let Some(rewritten) = rewritten else { return };
        let from = moved.as_deref().unwrap_or(&feed.site).to_owned();
        let old_id = former.as_deref().filter(|former| *former != id.as_str());
        let change = |site: &str, key: &Key, value| StateChange { key: key.encode(), value, site: site.to_owned() };
        for (key, value, own) in rewritten {
            let (from, to) = own.as_deref().map_or((&*from, &*feed.site), |own| (own, own));
            // What another instance's partition still has of the feed, it keeps.
            let is_here = self.may_commit(from);
            let old = old_id.map_or_else(|| key.clone(), |id| key.of(id));
            // The order matters: a store without partitions keeps the second.
            if is_here && (moved.is_some() || old_id.is_some()) {
                self.batch.state.push(change(from, &old, None));
            }
            self.batch.state.push(change(to, &key, Some(value)));
        }
        if let Some(from) = &moved {
            self.move_blocked(feed, from);
        }
        if let Some(from) = moved.filter(|from| self.is_shared() && self.may_commit(from)) {
            self.note_move(id, &from, &feed.site);
        }
        for key in old_id.into_iter().flat_map(|old| self.store.loose_keys(id, old)) {
            self.batch.state.push(change(&from, &key, None));
        }
    }
}

/// Returns the feed and its labels as its dead letters and events have them.
fn labels_of(feed: &FeedHandle) -> Option<FeedLabels> {
    FeedLabels::new(&feed.config.id, feed.config.record_labels())
}

/// Where a record goes and what its headers say.
pub(in crate::pipeline) struct RecordTarget<'a> {
    pub topic: Topic,
    pub key: String,
    pub schema: &'a str,
    pub kind: &'a str,
    pub event_id: String,
    pub by: String,
}
