//! Stories, quotations and the pipeline, read.

use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::error::ApiError;
use super::extract::{Json, Query};
use super::request::{Shared, off};
use crate::record::{Article, EntitySet, Quotation};
use crate::serve::archive::{Asked, Head, Hit};
use crate::serve::throughput::ThroughputSummary;

/// Stories or quotations in one answer.
const MOST: usize = 200;
const NO_ARCHIVE: &str = "no stories are kept here";

/// Which stories are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Which {
    /// Of this feed only.
    feed: Option<String>,
    /// Before the story with this number.
    before: u64,
    /// At most so many; 50, and up to 200.
    limit: usize,
}

impl Default for Which {
    fn default() -> Self {
        Self { feed: None, before: u64::MAX, limit: 50 }
    }
}

/// Something with the instant at which it was published.
#[derive(Serialize, ToSchema)]
pub(super) struct Timed<T> {
    #[serde(flatten)]
    what: T,
    published: DateTime<Utc>,
}

fn timed<T>(what: T, at: i64) -> Timed<T> {
    Timed { what, published: DateTime::from_timestamp(at, 0).unwrap_or_default() }
}

/// The heads of stories.
#[derive(Serialize, ToSchema)]
pub(super) struct Stories {
    stories: Vec<Timed<Head>>,
}

/// The newest stories
#[utoipa::path(
    get,
    path = "/stories",
    params(Which),
    responses((status = 200, description = "Their heads, the newest first.", body = Stories), ApiError)
)]
pub(super) async fn stories(State(app): Shared, Query(which): Query<Which>) -> Result<Json<Stories>, ApiError> {
    let Which { feed, before, limit } = which;
    let heads = off(move || {
        let archive = app.activity.archive.as_ref()?;
        Some(archive.heads(feed.as_deref(), before, limit.clamp(1, MOST)))
    });
    let heads = heads.await?.ok_or(ApiError::NotFound(NO_ARCHIVE))?;
    let stories = heads.into_iter().map(|head| {
        let at = head.at;
        timed(head, at)
    });
    Ok(Json(Stories { stories: stories.collect() }))
}

/// One story, as its records have it.
#[derive(Serialize, ToSchema)]
pub(super) struct Story {
    /// `dateline schema article` describes it.
    #[schema(value_type = Object)]
    article: Box<Article>,
    /// `dateline schema entities` describes them.
    #[schema(value_type = Object)]
    entities: EntitySet,
    /// `dateline schema quote` describes each.
    #[schema(value_type = Vec<Object>)]
    quotes: Vec<Quotation>,
    /// The revisions kept, the newest first.
    revisions: Vec<u32>,
}

/// One of the stories.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Numbered {
    /// The article's id.
    #[param(format = "uuid")]
    id: String,
}

/// One of a story's revisions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Revision {
    /// The newest without it.
    revision: Option<u32>,
}

/// One story, as its records have it
#[utoipa::path(
    get,
    path = "/stories/{id}",
    params(Numbered, Revision),
    responses(
        (status = 200, description = "Article, entities and quotations; `dateline schema` describes them.", body = Story),
        ApiError
    )
)]
pub(super) async fn story(
    State(app): Shared,
    Path(Numbered { id }): Path<Numbered>,
    Query(Revision { revision }): Query<Revision>,
) -> Result<Json<Story>, ApiError> {
    let found = off(move || {
        let archive = app.activity.archive.as_ref()?;
        let heads = archive.revisions(id.parse::<Uuid>().ok()?);
        let head = heads.iter().find(|head| revision.is_none_or(|wanted| head.revision == wanted))?;
        let shown = archive.story(head.number)?;
        let revisions = heads.iter().map(|head| head.revision).collect();
        Some(Story { article: shown.article, entities: shown.entities, quotes: shown.quotes, revisions })
    });
    found.await?.map(Json).ok_or(ApiError::NotFound("there is no such story, or it is older than those kept here"))
}

/// Quotations.
#[derive(Serialize, ToSchema)]
pub(super) struct Quotes {
    quotes: Vec<Timed<Hit>>,
}

/// What was said
#[utoipa::path(
    get,
    path = "/quotes",
    params(Asked),
    responses((status = 200, description = "At most 200, the newest first.", body = Quotes), ApiError)
)]
pub(super) async fn quotes(State(app): Shared, Query(asked): Query<Asked>) -> Result<Json<Quotes>, ApiError> {
    let hits = off(move || Some(app.activity.archive.as_ref()?.search(&asked, MOST))).await?;
    let quotes = hits.ok_or(ApiError::NotFound(NO_ARCHIVE))?.into_iter().map(|hit| {
        let at = hit.at;
        timed(hit, at)
    });
    Ok(Json(Quotes { quotes: quotes.collect() }))
}

/// How the work goes.
#[derive(Serialize, ToSchema)]
pub(super) struct Pipeline {
    #[serde(flatten)]
    summary: ThroughputSummary,
    /// Feeds that have been due for 15 minutes or more without a poll.
    overdue_feeds: usize,
    /// How far the search over stories reaches, and what it had to leave out.
    stories_kept: u64,
    stories_kept_at_most: u64,
    stories_left_out: u64,
}

/// How the work goes
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
