//! The feed list: reads and changes.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, ErrorBody};
use super::extract::{Json, Query};
use super::request::{Permit, Shared, off};
use crate::config::{FeedConfig, FeedKind, PageSelectors, duration};
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

/// Which feed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct FeedId {
    /// The id of the feed; encode a slash in it as `%2F`.
    id: String,
}

/// A page of the feed list, with the health of each feed
#[utoipa::path(
    get,
    path = "/feeds",
    params(View),
    responses((status = 200, description = "The page of the list.", body = List), ApiError)
)]
pub(super) async fn list(State(app): Shared, Query(view): Query<View>) -> Result<Json<List>, ApiError> {
    let page = off(move || {
        let listed = app.feed_list.feeds();
        app.activity.stats.feeds.read(|known| crate::serve::feeds::list(&listed, known, &view, Utc::now()))
    })
    .await?;
    Ok(Json(List { feeds: page.rows, found: page.found, page: page.page, pages: page.pages }))
}

/// One feed and its health
#[utoipa::path(
    get,
    path = "/feeds/{id}",
    params(FeedId),
    responses((status = 200, description = "The feed.", body = Row), ApiError)
)]
pub(super) async fn one(State(app): Shared, Path(FeedId { id }): Path<FeedId>) -> Result<Json<Row>, ApiError> {
    let feed = app.feed_list.find(&id)?;
    Ok(Json(app.activity.stats.feeds.read(|known| row(&feed, known.get(&id), Utc::now()))))
}

/// A feed to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFeed)]
pub(super) struct NewFeed {
    url: String,
    /// What is at the URL.
    #[serde(default)]
    kind: FeedKind,
    /// The selectors of a page's links.
    #[serde(default)]
    select: Option<PageSelectors>,
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
    /// The poll interval, such as `5m`.
    #[serde(default)]
    interval: Option<String>,
    /// Whether the query of the URL is secret.
    #[serde(default)]
    private: bool,
}

/// Adds a feed to the first TOML list
#[utoipa::path(
    post,
    path = "/feeds",
    responses(
        (status = 201, description = "The feed as listed.", body = Row),
        (status = 409, response = ErrorBody),
        ApiError
    ),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn add(
    _: Permit,
    State(app): Shared,
    Json(new): Json<NewFeed>,
) -> Result<(StatusCode, Json<Row>), ApiError> {
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let interval: Option<Duration> = match filled(new.interval) {
        Some(interval) => {
            Some(duration::parse(&interval).map_err(|error| ApiError::Invalid(format!("interval: {error}")))?)
        }
        None => None,
    };
    let feed = FeedConfig {
        id: filled(new.id).unwrap_or_default(),
        url: new.url,
        kind: new.kind,
        select: new.select.map(Box::new),
        title: filled(new.title).map(Into::into),
        publisher: filled(new.publisher).map(Into::into),
        language: filled(new.language).map(Into::into),
        folder: filled(new.folder).map(Into::into),
        interval,
        private: new.private,
        ..FeedConfig::default()
    };
    let feed = app.feed_list.add(feed).await?;
    Ok((StatusCode::CREATED, Json(row(&feed, None, Utc::now()))))
}

/// Removes a feed from its list; its published records stay
#[utoipa::path(
    delete,
    path = "/feeds/{id}",
    params(FeedId),
    responses((status = 204, description = "The feed was removed."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn remove(
    _: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses a feed
#[utoipa::path(
    post,
    path = "/feeds/{id}/pause",
    params(FeedId),
    responses((status = 204, description = "The feed is paused."), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn pause(
    _: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.pause(&id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resumes a paused feed
#[utoipa::path(
    post,
    path = "/feeds/{id}/resume",
    params(FeedId),
    responses((status = 204, description = "The feed is no longer paused."), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn resume(
    _: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.pause(&id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The time of a feed's next poll.
#[derive(Serialize, ToSchema)]
pub(super) struct NextPoll {
    due: DateTime<Utc>,
}

/// Polls a feed as soon as its server allows
#[utoipa::path(
    post,
    path = "/feeds/{id}/poll",
    params(FeedId),
    responses((status = 200, description = "The time of the poll.", body = NextPoll), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn poll(
    _: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<Json<NextPoll>, ApiError> {
    Ok(Json(NextPoll { due: app.feed_list.poll(&id).await? }))
}
