//! Stories, quotations and the pipeline, read.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fault, Shared, off};
use crate::record::{Article, EntitySet, Quotation};
use crate::serve::archive::{Asked, Head, Hit};
use crate::serve::flow::Picture;

/// Stories or quotations in one answer.
const MOST: usize = 200;
const NO_ARCHIVE: &str = "no stories are kept here";

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Which {
    feed: Option<String>,
    before: u64,
    limit: usize,
}

impl Default for Which {
    fn default() -> Self {
        Self { feed: None, before: u64::MAX, limit: 50 }
    }
}

/// Something with the instant at which it was published.
#[derive(Serialize)]
pub(super) struct Timed<T> {
    #[serde(flatten)]
    what: T,
    published: DateTime<Utc>,
}

fn timed<T>(what: T, at: i64) -> Timed<T> {
    Timed { what, published: DateTime::from_timestamp(at, 0).unwrap_or_default() }
}

#[derive(Serialize)]
pub(super) struct Stories {
    stories: Vec<Timed<Head>>,
}

pub(super) async fn stories(
    State(app): Shared,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Stories>, Fault> {
    let Query(Which { feed, before, limit }) = which?;
    let heads = off(move || {
        let archive = app.board.archive.as_ref()?;
        Some(archive.heads(feed.as_deref(), before, limit.clamp(1, MOST)))
    });
    let heads = heads.await?.ok_or(Fault::Missing(NO_ARCHIVE))?;
    let stories = heads.into_iter().map(|head| {
        let at = head.at;
        timed(head, at)
    });
    Ok(Json(Stories { stories: stories.collect() }))
}

#[derive(Serialize)]
pub(super) struct Story {
    article: Box<Article>,
    entities: EntitySet,
    quotes: Vec<Quotation>,
    /// The revisions kept, the newest first.
    revisions: Vec<u32>,
}

#[derive(Deserialize)]
pub(super) struct Revision {
    revision: Option<u32>,
}

pub(super) async fn story(
    State(app): Shared,
    Path(id): Path<String>,
    which: Result<Query<Revision>, QueryRejection>,
) -> Result<Json<Story>, Fault> {
    let Query(Revision { revision }) = which?;
    let found = off(move || {
        let archive = app.board.archive.as_ref()?;
        let heads = archive.revisions(id.parse::<Uuid>().ok()?);
        let head = heads.iter().find(|head| revision.is_none_or(|wanted| head.revision == wanted))?;
        let shown = archive.story(head.number)?;
        let revisions = heads.iter().map(|head| head.revision).collect();
        Some(Story { article: shown.article, entities: shown.entities, quotes: shown.quotes, revisions })
    });
    found.await?.map(Json).ok_or(Fault::Missing("there is no such story, or it is older than those kept here"))
}

#[derive(Serialize)]
pub(super) struct Quotes {
    quotes: Vec<Timed<Hit>>,
}

pub(super) async fn quotes(
    State(app): Shared,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Quotes>, Fault> {
    let Query(asked) = asked?;
    let hits = off(move || Some(app.board.archive.as_ref()?.search(&asked, MOST))).await?;
    let quotes = hits.ok_or(Fault::Missing(NO_ARCHIVE))?.into_iter().map(|hit| {
        let at = hit.at;
        timed(hit, at)
    });
    Ok(Json(Quotes { quotes: quotes.collect() }))
}

#[derive(Serialize)]
pub(super) struct Pipeline {
    #[serde(flatten)]
    picture: Picture,
    late_feeds: usize,
    /// How far the search over stories reaches, and what it had to leave out.
    stories_kept: u64,
    stories_kept_at_most: u64,
    stories_left_out: u64,
}

pub(super) async fn pipeline(State(app): Shared) -> Result<Json<Pipeline>, Fault> {
    let made = off(move || {
        let archive = app.board.archive.as_ref();
        Pipeline {
            picture: app.board.flow.picture(),
            late_feeds: app.board.stats.roll.tally(Utc::now()).late,
            stories_kept: archive.map_or(0, crate::serve::Archive::len),
            stories_kept_at_most: archive.map_or(0, crate::serve::Archive::window),
            stories_left_out: archive.map_or(0, crate::serve::Archive::missed),
        }
    });
    Ok(Json(made.await?))
}
