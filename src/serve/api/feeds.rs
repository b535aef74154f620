//! The feed list, read and changed.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, ErrorBody};
use super::extract::{Json, Query};
use super::request::{Permit, Shared, off};
use crate::config::{FeedEntry, duration};
use crate::serve::feeds::{Row, View, row};

/// A page of the feed list.
#[derive(Serialize, ToSchema)]
#[schema(as = Feeds)]
pub(super) struct List {
    feeds: Vec<Row>,
    found: usize,
    page: usize,
    pages: usize,
}

/// One of the feeds.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Named {
    /// The feed's id; a slash in it is written %2F.
    id: String,
}

/// A page of the feed list with each feed's health
#[utoipa::path(
    get,
    path = "/feeds",
    params(View),
    responses((status = 200, description = "The page.", body = List), ApiError)
)]
pub(super) async fn list(State(app): Shared, Query(view): Query<View>) -> Result<Json<List>, ApiError> {
    let page = off(move || {
        let listed = app.roster.feeds();
        app.activity.stats.feeds.read(|known| crate::serve::feeds::list(&listed, known, &view, Utc::now()))
    })
    .await?;
    Ok(Json(List { feeds: page.rows, found: page.found, page: page.page, pages: page.pages }))
}

/// One feed and its health
#[utoipa::path(
    get,
    path = "/feeds/{id}",
    params(Named),
    responses((status = 200, description = "The feed.", body = Row), ApiError)
)]
pub(super) async fn one(State(app): Shared, Path(Named { id }): Path<Named>) -> Result<Json<Row>, ApiError> {
    let feed = app.roster.find(&id)?;
    Ok(Json(app.activity.stats.feeds.read(|known| row(&feed, known.get(&id), Utc::now()))))
}

/// A feed that is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFeed)]
pub(super) struct New {
    url: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    publisher: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    folder: Option<String>,
    /// `5m`
    #[serde(default)]
    interval: Option<String>,
    /// Whether the query of the URL is a secret.
    #[serde(default)]
    private: bool,
}

/// Adds a feed to the first TOML list
#[utoipa::path(
    post,
    path = "/feeds",
    responses(
        (status = 201, description = "The feed as it is listed.", body = Row),
        (status = 409, response = ErrorBody),
        ApiError
    ),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn add(
    _: Permit,
    State(app): Shared,
    Json(new): Json<New>,
) -> Result<(StatusCode, Json<Row>), ApiError> {
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let interval: Option<Duration> = match filled(new.interval) {
        Some(interval) => {
            Some(duration::parse(&interval).map_err(|error| ApiError::Invalid(format!("interval: {error}")))?)
        }
        None => None,
    };
    let feed = FeedEntry {
        id: filled(new.id).unwrap_or_default(),
        url: new.url,
        title: filled(new.title),
        publisher: filled(new.publisher),
        language: filled(new.language),
        folder: filled(new.folder),
        interval,
        private: new.private,
        ..FeedEntry::default()
    };
    let feed = app.roster.add(feed).await?;
    Ok((StatusCode::CREATED, Json(row(&feed, None, Utc::now()))))
}

/// Takes a feed off its list; what was published of it stays
#[utoipa::path(
    delete,
    path = "/feeds/{id}",
    params(Named),
    responses((status = 204, description = "It is off the list."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn remove(
    _: Permit,
    State(app): Shared,
    Path(Named { id }): Path<Named>,
) -> Result<StatusCode, ApiError> {
    app.roster.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses a feed
#[utoipa::path(
    post,
    path = "/feeds/{id}/pause",
    params(Named),
    responses((status = 204, description = "It is paused."), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn pause(
    _: Permit,
    State(app): Shared,
    Path(Named { id }): Path<Named>,
) -> Result<StatusCode, ApiError> {
    app.roster.pause(&id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a paused feed polled again
#[utoipa::path(
    post,
    path = "/feeds/{id}/resume",
    params(Named),
    responses((status = 204, description = "It is polled again."), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn resume(
    _: Permit,
    State(app): Shared,
    Path(Named { id }): Path<Named>,
) -> Result<StatusCode, ApiError> {
    app.roster.pause(&id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// When a feed is polled next.
#[derive(Serialize, ToSchema)]
pub(super) struct Due {
    due: DateTime<Utc>,
}

/// Puts a feed's next poll forward, as far as its server allows
#[utoipa::path(
    post,
    path = "/feeds/{id}/poll",
    params(Named),
    responses((status = 200, description = "When it is polled.", body = Due), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn poll(
    _: Permit,
    State(app): Shared,
    Path(Named { id }): Path<Named>,
) -> Result<Json<Due>, ApiError> {
    Ok(Json(Due { due: app.roster.poll(&id).await? }))
}
