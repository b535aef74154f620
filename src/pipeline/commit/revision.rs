//! The revisions of an article: created, updated, corrected, canceled, with their records and state.

use std::mem::take;
use std::sync::Arc;

use chrono::DateTime;
use serde::Serialize;
use uuid::Uuid;

use super::batch::{BatchBuilder, RecordTarget};
use crate::health::EntryOutcome;
use crate::journal::{SharedSketch, StateChange};
use crate::pipeline::handoff::shared_sketch;
use crate::pipeline::message::{EntryHead, Extracted, FeedHandle, PageVisit, Reread, RevisitOutcome, Trace};
use crate::pipeline::revisit::ages;
use crate::record::{Article, ContentSource, DeadLetter, EntitySet, FeedRef, PubStatus, Quotation, Stage, Topic, What};
use crate::state::packed::Packed;
use crate::state::placement::{Placement, place};
use crate::state::published::Published;
use crate::state::store::KnownArticle;
use crate::state::{ArticleState, Key, PlannedRevisit, RecentState};

/// How much raw input is kept of a record that is too large.
const HEAD_BYTES: usize = 4 * 1024;
/// A page with a longer URL is not revisited.
const MAX_URL_BYTES: usize = 2_048;

impl BatchBuilder<'_> {
    /// Publishes the article if it is new or changed; returns its id and the outcome of its entry.
    pub(in crate::pipeline) fn story(&mut self, seen: &EntryHead, extracted: &mut Extracted) -> (Uuid, EntryOutcome) {
        for fault in take(&mut extracted.faults) {
            self.dead(&seen.feed, fault, &seen.trace);
        }
        let (known, outcome) = if let Some(name) = &extracted.name {
            // Another entry may have been published under that id meanwhile.
            let known = |id| self.store.on_record(&seen.feed.config.id, seen.key, id);
            match place(name, &extracted.article, known) {
                // The same article through a second entry is on record and is not published again.
                Placement::SameAs(id) => return (id, EntryOutcome::SameAs),
                Placement::New(id) if id == extracted.article.id => {}
                Placement::New(id) => {
                    extracted.article.id = id;
                    extracted.packed = Packed::new(&extracted.article);
                }
            }
            (None, EntryOutcome::New)
        } else {
            let id = extracted.article.id;
            match self.store.article(id) {
                Some(known) if known.state.hash == extracted.hash => return (id, EntryOutcome::Unchanged),
                Some(known) => (Some(known), EntryOutcome::Changed),
                // The feed that published it is in another instance's partition, so its next revision is published
                // there.
                None => return (id, EntryOutcome::SameAs),
            }
        };
        let (id, look) = (extracted.article.id, extracted.page_visit.take());
        let is_published = self.publish(&seen.feed, &seen.trace, known.as_deref(), extracted);
        if let Some(look) = look {
            self.plan(&seen.feed, id, known.is_none_or(|known| known.state.canceled), look);
        }
        (id, if is_published { outcome } else { EntryOutcome::Refused })
    }

    /// Applies the result of a revisit, unless the article was published again or withdrawn meanwhile.
    pub(in crate::pipeline) fn revisit(
        &mut self,
        feed: &FeedHandle,
        id: Uuid,
        revision: u32,
        found: &mut RevisitOutcome,
        visit: Option<&PlannedRevisit>,
        trace: &Trace,
    ) {
        let Some(known) = self.store.article(id) else { return };
        if known.state.revision != revision || known.state.canceled {
            self.store.recent(|recent| recent.give_back(id));
            return;
        }
        match found {
            RevisitOutcome::Unchanged => {}
            RevisitOutcome::Reread(reread) => self.reread(feed, reread),
            RevisitOutcome::Revision(extracted) => {
                for fault in take(&mut extracted.faults) {
                    self.dead(feed, fault, trace);
                }
                self.publish(feed, trace, Some(&known), extracted);
            }
            RevisitOutcome::Withdrawn(reason) => {
                tracing::info!(article = %id, feed = feed.config.id, reason, "article withdrawn");
                self.cancel(feed, id, &known, trace);
            }
        }
        self.set_revisit(&known, feed, id, visit);
    }

    /// Publishes a revision and remembers it. Returns false if it became a dead letter.
    fn publish(
        &mut self,
        feed: &FeedHandle,
        trace: &Trace,
        known: Option<&KnownArticle>,
        extracted: &mut Extracted,
    ) -> bool {
        let Extracted { article, hash, read_as, entities, entities_by, quotes, sketch, packed, changes, .. } =
            extracted;
        let before = known.map(|known| &known.state);
        article.revision = before.map_or(1, |state| state.revision + 1);
        let first_seen = before.and_then(|state| DateTime::from_timestamp_millis(state.first_seen)).unwrap_or(self.now);
        article.first_seen = Some(DateTime::from_timestamp_millis(first_seen.timestamp_millis()).unwrap_or(first_seen));
        article.changes = take(changes)
            .filter(|(revision, _)| before.is_some_and(|state| state.revision == *revision))
            .map(|(_, changes)| changes);
        let earlier = before.map(|state| (state.duplicate_of.as_ref(), state.first_seen));
        let (id, limits) = (article.id, &self.policy.limits);
        article.duplicate_of =
            self.store.recent(|recent| recent.duplicate(id, sketch.as_ref(), earlier, limits, self.now));
        for quote in quotes.iter_mut() {
            quote.article_id = Some(article.id);
            quote.revision = Some(article.revision);
            quote.feed = article.feed_labels();
        }
        let gone: Vec<String> = before
            .map(|state| state.quotes.iter().filter(|id| quotes.iter().all(|q| q.id != **id)).cloned().collect())
            .unwrap_or_default();
        let state = ArticleState {
            hash: *hash,
            revision: article.revision,
            first_seen: first_seen.timestamp_millis(),
            quotes: quotes.iter().map(|quote| quote.id.clone()).collect(),
            duplicate_of: article.duplicate_of.clone(),
            canceled: false,
            reading: read_as.reading,
            shown: read_as.shown,
            site: None,
            routes: self.routes_of(before.map_or(&[][..], |state| &state.routes), article),
        };
        self.publish_in(&state.routes);
        if self.is_shared()
            && let Some(sketch) = &*sketch
        {
            self.batch.sketches.push(shared_sketch::write(article.id, state.first_seen, sketch));
        }
        let recent = RecentState { first_seen: state.first_seen, sketch: take(sketch), last: take(packed), site: None };
        let set = EntitySet {
            article_id: article.id,
            revision: article.revision,
            entities: take(entities),
            extractor: take(entities_by),
            feed: article.feed_labels(),
        };
        let is_published = self.records(feed, trace, article, &set, quotes, &gone);
        if is_published {
            self.published.push(Published::Article {
                article: Box::new(article.clone()),
                entities: set,
                quotes: take(quotes),
            });
        }
        self.remember(known, feed, article.id, state, Some(recent));
        is_published
    }

    /// Returns the routes of an article: those in which it was published before, and those that its feed's labels select
    /// now.
    pub(in crate::pipeline) fn routes_of(&self, before: &[Arc<str>], article: &Article) -> Vec<Arc<str>> {
        let mut routes = before.to_vec();
        let labels = article.feed.as_ref().map_or(&[][..], |feed| &feed.labels);
        for route in self.policy.settings.topics.route.iter().filter(|route| route.takes(labels)) {
            if !routes.contains(&route.prefix) {
                routes.push(Arc::clone(&route.prefix));
            }
        }
        routes
    }

    /// Publishes the batch's records in these topics too, unless their route is no longer configured.
    pub(in crate::pipeline) fn publish_in(&mut self, routes: &[Arc<str>]) {
        let configured = &self.policy.settings.topics.route;
        let is_configured = |prefix: &&Arc<str>| configured.iter().any(|route| route.prefix == **prefix);
        self.batch.routes = routes.iter().filter(is_configured).cloned().collect();
    }

    /// Remembers how an article is read now; what is published of it stays.
    pub(in crate::pipeline) fn reread(&mut self, feed: &FeedHandle, reread: &Reread) {
        let Reread { id, revision, hash, sketch, packed, read_as } = reread.clone();
        let Some(known) = self.store.article(id).filter(|known| known.state.revision == revision) else {
            return;
        };
        // An article that has left the window is not added again.
        let is_recent = self.store.recent(|recent| recent.get(id).is_some_and(|recent| recent.size > 0));
        let recent =
            is_recent.then_some(RecentState { first_seen: known.state.first_seen, sketch, last: packed, site: None });
        let (reading, shown) = (read_as.reading, read_as.shown);
        let state = ArticleState { hash, reading, shown, ..known.state.clone() };
        self.remember(Some(&known), feed, id, state, recent);
    }

    /// Publishes that an article was withdrawn: only what names it, because its words must no longer be used. Its
    /// entities are emptied, and its quotations are retracted.
    fn cancel(&mut self, feed: &FeedHandle, id: Uuid, known: &KnownArticle, trace: &Trace) {
        let last = self.store.packed(id).as_ref().and_then(Packed::article);
        let mut article = Article {
            revision: known.state.revision + 1,
            pubstatus: PubStatus::Canceled,
            first_seen: DateTime::from_timestamp_millis(known.state.first_seen),
            ..last.map_or_else(|| unknown(feed, id), without_words)
        };
        article.sources.remove("summary");
        if let Some(its) = article.feed.as_mut().filter(|its| its.id == feed.config.id) {
            its.labels = feed.config.record_labels();
        }
        let set = EntitySet {
            article_id: id,
            revision: article.revision,
            entities: Vec::new(),
            extractor: None,
            feed: article.feed_labels(),
        };
        self.publish_in(&known.state.routes);
        if self.records(feed, trace, &article, &set, &[], &known.state.quotes) {
            let article = Box::new(article.clone());
            self.published.push(Published::Article { article, entities: set, quotes: Vec::new() });
        }
        let state = ArticleState {
            // No form has this hash, so the article is published again if it is shown again.
            hash: 0,
            revision: article.revision,
            first_seen: known.state.first_seen,
            quotes: Vec::new(),
            duplicate_of: None,
            canceled: true,
            reading: known.state.reading,
            shown: None,
            site: None,
            routes: known.state.routes.clone(),
        };
        if self.is_shared() {
            self.batch.sketches.push(SharedSketch { article: id, value: None });
        }
        let nothing = RecentState { first_seen: known.state.first_seen, ..RecentState::default() };
        self.remember(Some(known), feed, id, state, Some(nothing));
    }

    /// Remembers an article under the feed that showed it first; what is remembered of it while it is recent stays
    /// unless `recent` replaces it.
    pub(in crate::pipeline) fn remember(
        &mut self,
        known: Option<&KnownArticle>,
        feed: &FeedHandle,
        id: Uuid,
        mut state: ArticleState,
        recent: Option<RecentState>,
    ) {
        let owner = known.map_or_else(|| Arc::from(feed.config.id.as_str()), |known| Arc::clone(&known.feed));
        let site = known.map(|known| &known.site).filter(|site| !site.is_empty());
        let of_new = || self.home.as_ref().unwrap_or(&feed.site);
        let site = Arc::clone(site.unwrap_or_else(of_new));
        // A replay keeps what the state says.
        if self.is_shared() {
            state.site = Some(Arc::clone(&site));
        }
        self.state_of(&site, &Key::Article(owner.to_string(), id), Some(&state));
        if let Some(mut recent) = recent {
            recent.site.clone_from(&state.site);
            let value = Some(&recent).filter(|recent| !recent.is_empty());
            let value = value.map(|recent| serde_json::to_vec(recent).expect("state is plain data"));
            if self.store.set_recent(id, &owner, &site, recent) {
                let key = Key::Recent(owner.to_string(), id).encode();
                self.batch.state.push(StateChange { key, value, site: site.to_string() });
            }
        }
        self.store.set_article(id, KnownArticle { state, feed: owner, site });
    }

    /// Plans the next revisit of an article's page: by the schedule for a new article; a known one keeps its schedule.
    fn plan(&mut self, feed: &FeedHandle, id: Uuid, is_new: bool, look: PageVisit) {
        let Some(known) = self.store.article(id) else { return };
        let (planned, has_text) =
            self.store.recent(|recent| (recent.revisit_due(id), recent.get(id).is_some_and(|recent| recent.size > 0)));
        let first_seen =
            if is_new { self.now } else { DateTime::from_timestamp_millis(known.state.first_seen).unwrap_or(self.now) };
        let due = match planned {
            Some(due) => Some(due),
            None if is_new => ages::next(&self.policy.settings.articles.revisit, id, first_seen, self.now)
                .map(|due| due.timestamp_millis()),
            None => None,
        };
        let fits = look.url.len() <= MAX_URL_BYTES && has_text;
        let visit = due.filter(|_| fits).map(|due| PlannedRevisit {
            url: look.url,
            validators: look.validators,
            due,
            read: look.read,
            missing: false,
            doubted: None,
            site: None,
        });
        self.set_revisit(&known, feed, id, visit.as_ref());
    }

    fn set_revisit(&mut self, known: &KnownArticle, feed: &FeedHandle, id: Uuid, visit: Option<&PlannedRevisit>) {
        let site = Some(&known.site).filter(|site| !site.is_empty());
        let site = site.map_or_else(|| Arc::clone(&feed.site), Arc::clone);
        let key = Key::Revisit(known.feed.to_string(), id);
        let of = Some(Arc::clone(&site)).filter(|_| self.is_shared());
        let visit = visit.map(|visit| PlannedRevisit { site: of, ..visit.clone() });
        if self.store.set_revisit(id, &site, visit.clone()) {
            self.state_of(&site, &key, visit.as_ref());
        }
    }

    /// Adds the records of a revision; one that is too large becomes a dead letter. Returns whether the article itself
    /// was published.
    fn records(
        &mut self,
        feed: &FeedHandle,
        trace: &Trace,
        article: &Article,
        entities: &EntitySet,
        quotes: &[Quotation],
        gone: &[String],
    ) -> bool {
        let (id, event_id) = (article.id.to_string(), event_id(article, ""));
        let (key, by) = (id.clone(), id);
        let place =
            RecordTarget { topic: Topic::Articles, key, schema: "article/1", kind: kind(article), event_id, by };
        if !self.record(feed, trace, place, Some(article)) {
            return false;
        }
        self.entity_record(feed, trace, article, entities, "");
        self.quote_records(feed, trace, article, quotes, gone, "");
        true
    }

    /// Adds the record of an article's entities. `round` distinguishes its event ids from those of an earlier time.
    pub(in crate::pipeline) fn entity_record(
        &mut self,
        feed: &FeedHandle,
        trace: &Trace,
        article: &Article,
        entities: &EntitySet,
        round: &str,
    ) {
        let (id, event_id) = (article.id.to_string(), event_id(article, &format!("/entities{round}")));
        let (key, by) = (id.clone(), id);
        let place =
            RecordTarget { topic: Topic::Entities, key, schema: "entities/1", kind: "dateline.entities", event_id, by };
        self.record(feed, trace, place, Some(entities));
    }

    /// Adds the records of an article's quotations, and tombstones for those that were removed.
    pub(in crate::pipeline) fn quote_records(
        &mut self,
        feed: &FeedHandle,
        trace: &Trace,
        article: &Article,
        quotes: &[Quotation],
        gone: &[String],
        round: &str,
    ) {
        let place = |quote: &str| RecordTarget {
            topic: Topic::Quotes,
            key: format!("{}/{quote}", article.id),
            schema: "quote/1",
            kind: "dateline.quote",
            event_id: event_id(article, &format!("/{quote}{round}")),
            by: article.id.to_string(),
        };
        for quote in quotes {
            self.record(feed, trace, place(&quote.id), Some(quote));
        }
        for quote in gone {
            self.record::<Quotation>(feed, trace, place(quote), None);
        }
    }

    fn record<T: Serialize>(
        &mut self,
        feed: &FeedHandle,
        trace: &Trace,
        place: RecordTarget,
        value: Option<&T>,
    ) -> bool {
        let value = value.map(|value| serde_json::to_vec(value).expect("records are plain data"));
        let max_value = self.policy.max_value;
        if let Some(large) = value.as_deref().filter(|value| value.len() > max_value) {
            let error = format!("a record of {} bytes, {max_value} at most", large.len());
            let head = &large[..HEAD_BYTES.min(large.len())];
            let dead = DeadLetter::new(Stage::Commit, &feed.config.id, error, head, self.now);
            let dead = DeadLetter { truncated: true, ..dead.with_source(None, Some(place.key)) };
            self.dead(feed, dead, trace);
            return false;
        }
        self.push(feed, place, value, trace);
        true
    }
}

/// Returns the id of an event of this revision.
fn event_id(article: &Article, part: &str) -> String {
    format!("{}/{}{part}", article.id, article.revision)
}

/// Returns the value of the header `ce_type` for a revision.
fn kind(article: &Article) -> &'static str {
    let corrects = article.changes.as_ref().is_some_and(|changes| changes.what.contains(&What::Correction));
    match (article.pubstatus, article.revision) {
        (PubStatus::Canceled, _) => "dateline.article.canceled",
        (PubStatus::Usable, 1) => "dateline.article.created",
        (PubStatus::Usable, _) if corrects => "dateline.article.corrected",
        (PubStatus::Usable, _) => "dateline.article.updated",
    }
}

/// Returns the article without its words.
fn without_words(article: Article) -> Article {
    Article {
        summary: None,
        text: String::new(),
        blocks: Vec::new(),
        media: Vec::new(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        changes: None,
        ..article
    }
}

/// Returns an article of which only the publication is remembered.
fn unknown(feed: &FeedHandle, id: Uuid) -> Article {
    let config = &feed.config;
    Article {
        id,
        revision: 1,
        pubstatus: PubStatus::Canceled,
        feed: Some(FeedRef {
            id: config.id.clone(),
            url: config.url.clone(),
            title: config.title.as_deref().map(str::to_owned),
            leads_to: None,
            labels: config.record_labels(),
        }),
        publisher: config.publisher.as_deref().map(str::to_owned),
        guid: None,
        url: None,
        link: None,
        headline: None,
        summary: None,
        byline: None,
        agency: None,
        authors: Vec::new(),
        section: None,
        keywords: Vec::new(),
        language: None,
        dateline: None,
        published: None,
        modified: None,
        first_seen: None,
        genre: None,
        content_source: ContentSource::Feed,
        truncated: false,
        text: String::new(),
        blocks: Vec::new(),
        media: Vec::new(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        changes: None,
        rights: None,
        sources: std::collections::BTreeMap::new(),
    }
}
