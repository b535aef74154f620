//! Read access to stories, quotations and the figures of the pipeline.

use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::error::ApiError;
use super::extract::{Json, Query};
use super::request::{Shared, off};
use crate::record::{Article, EntitySet, Quotation};
use crate::serve::archive::{FoundQuotation, QuoteQuery, StorySummary};
use crate::serve::label_filter::LabelFilter;
use crate::serve::throughput::ThroughputSummary;

/// The maximum number of stories or quotations in one response.
const MAX_ITEMS: usize = 200;
const NO_ARCHIVE: &str = "this server keeps no stories for search; see its log";

/// Which stories to return.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct StoryQuery {
    /// Only stories of the feed with this id.
    feed: Option<String>,
    /// Only stories with these labels, separated by commas.
    label: String,
    /// Only stories before the one with this number.
    before: u64,
    /// The maximum number of stories: 50 by default, at most 200.
    limit: usize,
}

impl Default for StoryQuery {
    fn default() -> Self {
        Self { feed: None, label: String::new(), before: u64::MAX, limit: 50 }
    }
}

/// An item with its publication time.
#[derive(Serialize, ToSchema)]
pub(super) struct Timed<T> {
    #[serde(flatten)]
    item: T,
    published: DateTime<Utc>,
}

fn timed<T>(item: T, at: i64) -> Timed<T> {
    Timed { item, published: DateTime::from_timestamp(at, 0).unwrap_or_default() }
}

/// Summaries of stories.
#[derive(Serialize, ToSchema)]
pub(super) struct Stories {
    stories: Vec<Timed<StorySummary>>,
}

/// The newest stories
#[utoipa::path(
    get,
    path = "/stories",
    params(StoryQuery),
    responses((status = 200, description = "Summaries of the stories, the newest first.", body = Stories), ApiError)
)]
pub(super) async fn stories(State(app): Shared, Query(query): Query<StoryQuery>) -> Result<Json<Stories>, ApiError> {
    let StoryQuery { feed, label, before, limit } = query;
    let labels = LabelFilter::new(&label);
    let heads = off(move || {
        let archive = app.activity.archive.as_ref()?;
        Some(archive.heads(feed.as_deref(), &labels, before, limit.clamp(1, MAX_ITEMS)))
    });
    let heads = heads.await?.ok_or(ApiError::NotFound(NO_ARCHIVE))?;
    let stories = heads.into_iter().map(|head| {
        let at = head.at;
        timed(head, at)
    });
    Ok(Json(Stories { stories: stories.collect() }))
}

/// A story, as in its records.
#[derive(Serialize, ToSchema)]
pub(super) struct Story {
    /// The article record; `dateline schema article` prints its schema.
    #[schema(value_type = Object)]
    article: Box<Article>,
    /// The entities record; `dateline schema entities` prints its schema.
    #[schema(value_type = Object)]
    entities: EntitySet,
    /// The quote records; `dateline schema quote` prints their schema.
    #[schema(value_type = Vec<Object>)]
    quotes: Vec<Quotation>,
    /// The numbers of the revisions that are kept, the newest first.
    revisions: Vec<u32>,
}

/// Which story to return.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct StoryId {
    /// The article's id.
    #[param(format = "uuid")]
    id: String,
}

/// Which revision to return.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RevisionQuery {
    /// The number of the revision; the newest by default.
    revision: Option<u32>,
}

/// One story, as in its records
#[utoipa::path(
    get,
    path = "/stories/{id}",
    params(StoryId, RevisionQuery),
    responses(
        (status = 200, description = "The article, its entities and its quotations.", body = Story),
        ApiError
    )
)]
pub(super) async fn story(
    State(app): Shared,
    Path(StoryId { id }): Path<StoryId>,
    Query(RevisionQuery { revision }): Query<RevisionQuery>,
) -> Result<Json<Story>, ApiError> {
    let found = off(move || {
        let archive = app.activity.archive.as_ref()?;
        let heads = archive.revisions(id.parse::<Uuid>().ok()?);
        let head = heads.iter().find(|head| revision.is_none_or(|wanted| head.revision == wanted))?;
        let story = archive.story(head.number)?;
        let revisions = heads.iter().map(|head| head.revision).collect();
        Some(Story { article: story.article, entities: story.entities, quotes: story.quotes, revisions })
    });
    found.await?.map(Json).ok_or(ApiError::NotFound("no such story; it may be older than the stories that are kept"))
}

/// Quotations that match a query.
#[derive(Serialize, ToSchema)]
pub(super) struct Quotes {
    quotes: Vec<Timed<FoundQuotation>>,
}

/// Search for quotations
#[utoipa::path(
    get,
    path = "/quotes",
    params(QuoteQuery),
    responses((status = 200, description = "At most 200 quotations, the newest first.", body = Quotes), ApiError)
)]
pub(super) async fn quotes(State(app): Shared, Query(query): Query<QuoteQuery>) -> Result<Json<Quotes>, ApiError> {
    let hits = off(move || Some(app.activity.archive.as_ref()?.search(&query, MAX_ITEMS))).await?;
    let quotes = hits.ok_or(ApiError::NotFound(NO_ARCHIVE))?.into_iter().map(|hit| {
        let at = hit.at;
        timed(hit, at)
    });
    Ok(Json(Quotes { quotes: quotes.collect() }))
}

/// The figures of the pipeline.
#[derive(Serialize, ToSchema)]
pub(super) struct Pipeline {
    #[serde(flatten)]
    summary: ThroughputSummary,
    /// Feeds that have been due for 15 minutes or more without a poll.
    overdue_feeds: usize,
    /// The number of stories that can be searched.
    stories_kept: u64,
    /// The maximum number of stories that can be searched.
    stories_kept_at_most: u64,
    /// The number of stories left out of the search because they came too fast.
    stories_left_out: u64,
}

/// The figures of the pipeline
#[utoipa::path(
    get,
    path = "/pipeline",
    responses((status = 200, description = "Stages, rates and times of the last minute.", body = Pipeline), ApiError)
)]
pub(super) async fn pipeline(State(app): Shared) -> Result<Json<Pipeline>, ApiError> {
    let made = off(move || {
        let archive = app.activity.archive.as_ref();
        Pipeline {
            summary: app.activity.throughput.summary(),
            overdue_feeds: app.activity.stats.feeds.counts(Utc::now()).overdue,
            stories_kept: archive.map_or(0, crate::serve::Archive::len),
            stories_kept_at_most: archive.map_or(0, crate::serve::Archive::window),
            stories_left_out: archive.map_or(0, crate::serve::Archive::missed),
        }
    });
    Ok(Json(made.await?))
}
