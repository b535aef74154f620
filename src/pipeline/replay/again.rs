//! What a replay found in a published article, and the batch that publishes it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::index::{Candidate, entities_hash};
use super::range::Stages;
use crate::config::{self, FeedConfig};
use crate::extract::{Extraction, Extractor};
use crate::journal::Batch;
use crate::pipeline::analyse;
use crate::pipeline::commit::batch::{BatchBuilder, BatchPolicy};
use crate::pipeline::cpu::Cpu;
use crate::pipeline::handoff::Routes;
use crate::pipeline::message::{FeedHandle, Trace};
use crate::record::{Article, DeadLetter, EntitySet, FeedRef, Quotation, Stage};
use crate::state::ArticleState;
use crate::state::store::StateStore;

/// The result of extraction on an article, or why it failed.
pub(super) type Found = Result<Extraction, Box<DeadLetter>>;

/// Runs extraction on an article.
pub(super) async fn find(candidate: Candidate, cpu: &Cpu, extractor: Arc<Extractor>) -> (Candidate, Found) {
    let article = candidate.article.clone();
    let ran = cpu
        .run(move || {
            let mut faults = Vec::new();
            let found =
                analyse::found_in(&article, &extractor, &mut faults, &|stage, error| dead(&article, stage, error));
            faults.pop().map_or(Ok(found), |fault| Err(Box::new(fault)))
        })
        .await;
    let found = ran.unwrap_or_else(|error| Err(Box::new(dead(&candidate.article, Stage::Entity, error))));
    (candidate, found)
}

fn dead(article: &Article, stage: Stage, error: String) -> DeadLetter {
    let feed_id = article.feed.as_ref().map(|feed| feed.id.clone()).unwrap_or_default();
    let dead = DeadLetter::new(stage, feed_id, error, article.text.as_bytes(), Utc::now());
    dead.with_source(article.url.clone(), article.guid.clone())
}

/// What a replay publishes of an article.
#[derive(Debug)]
pub(in crate::pipeline) struct Again {
    feed: FeedHandle,
    article: Article,
    found: Result<Renewed, Box<DeadLetter>>,
    /// The ids of the quotations that are published now.
    before: Vec<String>,
    trace: Trace,
    /// The suffix of its event ids.
    round: String,
}

/// What is published again.
#[derive(Debug)]
struct Renewed {
    entities: Option<EntitySet>,
    quotes: Option<Vec<Quotation>>,
}

impl Again {
    /// Returns `None` for an article without a feed: the daemon did not publish it.
    pub(super) fn new(candidate: Candidate, found: Found, stages: Stages, trace: Trace, round: &str) -> Option<Self> {
        let Candidate { article, quotes: before, entities: published, .. } = candidate;
        let FeedRef { id, url, title, .. } = article.feed.clone()?;
        let mut feed = FeedConfig { id, url, title: title.map(Into::into), ..FeedConfig::default() };
        if let Ok(url) = Url::parse(&feed.url) {
            feed.set_url(url);
        }
        // Records of earlier versions may have a secret in the id.
        if feed.credentials.is_in(&feed.id, &feed.url, config::slug) {
            feed.id = config::slug(&feed.url);
        }
        let feed = FeedHandle::new(feed);
        let found = found.map(|Extraction { entities, entities_by, quotations: mut quotes }| {
            // Quotations name their speakers by entity ids, so both are published if the entities changed.
            let changed = published != Some(entities_hash(&entities));
            for quote in &mut quotes {
                (quote.article_id, quote.revision) = (Some(article.id), Some(article.revision));
                quote.feed = article.feed_labels();
            }
            let (article_id, revision) = (article.id, article.revision);
            let set = EntitySet { article_id, revision, entities, extractor: entities_by, feed: article.feed_labels() };
            Renewed {
                entities: (stages.entities || changed).then_some(set),
                quotes: (stages.quotes || changed).then_some(quotes),
            }
        });
        Some(Self { feed, article, found, before, trace, round: round.to_owned() })
    }
}

/// Makes the batch of what a replay found in an article.
pub(in crate::pipeline) fn make_again(
    store: &StateStore,
    again: Again,
    terms: &BatchPolicy,
    now: DateTime<Utc>,
) -> Batch {
    // A replay owns all partitions.
    let routes = Routes::unshared();
    let mut maker = BatchBuilder {
        store,
        policy: terms,
        routes: &routes.hold(),
        home: None,
        now,
        batch: Batch::default(),
        published: Vec::new(),
    };
    maker.again(again);
    maker.batch
}

impl BatchBuilder<'_> {
    /// Publishes what was found, retracts what was not found again, and remembers the result. If extraction failed,
    /// what is published stays.
    pub(in crate::pipeline) fn again(&mut self, again: Again) {
        let Again { feed, article, found, before, trace, round } = again;
        let Renewed { entities, quotes } = match found {
            Ok(renewed) => renewed,
            Err(dead) => return self.dead(&feed, *dead, &trace),
        };
        // What the daemon has forgotten of an article, its feed's labels say.
        let known = self.store.article(article.id);
        let routes = known.map_or_else(|| self.routes_of(&[], &article), |known| known.state.routes.clone());
        self.publish_in(&routes);
        if let Some(set) = entities {
            self.entity_record(&feed, &trace, &article, &set, &round);
        }
        let Some(quotes) = quotes else { return };
        let gone: Vec<String> = before.into_iter().filter(|id| quotes.iter().all(|quote| quote.id != *id)).collect();
        self.quote_records(&feed, &trace, &article, &quotes, &gone, &round);
        // An article that the daemon has forgotten is not remembered again; the topic has it.
        let Some(known) = self.store.article(article.id) else { return };
        let quotes = quotes.into_iter().map(|quote| quote.id).collect();
        let state = ArticleState { quotes, ..known.state.clone() };
        self.remember(Some(&known), &feed, article.id, state, None);
    }
}
