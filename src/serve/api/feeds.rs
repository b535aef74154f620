//! The feed list, read and changed.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Fault, Permit, Shared, off};
use crate::config::{FeedEntry, duration};
use crate::serve::feeds::{Row, View, row};

#[derive(Serialize)]
pub(super) struct List {
    feeds: Vec<Row>,
    found: usize,
    page: usize,
    pages: usize,
}

pub(super) async fn list(State(app): Shared, view: Result<Query<View>, QueryRejection>) -> Result<Json<List>, Fault> {
    let Query(view) = view?;
    let page = off(move || {
        let listed = app.roster.feeds();
        app.board.watch.look(|known| crate::serve::feeds::list(&listed, known, &view))
    })
    .await?;
    Ok(Json(List { feeds: page.rows, found: page.found, page: page.page, pages: page.pages }))
}

pub(super) async fn one(State(app): Shared, Path(id): Path<String>) -> Result<Json<Row>, Fault> {
    let feed = app.roster.find(&id)?;
    Ok(Json(app.board.watch.look(|known| row(&feed, known.get(&id)))))
}

/// A feed that is to be added.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(default)]
    interval: Option<String>,
    #[serde(default)]
    private: bool,
}

pub(super) async fn add(
    _: Permit,
    State(app): Shared,
    new: Result<Json<New>, JsonRejection>,
) -> Result<(StatusCode, Json<Row>), Fault> {
    let Json(new) = new?;
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let interval: Option<Duration> = match filled(new.interval) {
        Some(interval) => Some(duration::parse(&interval).map_err(|error| Fault::Wrong(format!("interval: {error}")))?),
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
    Ok((StatusCode::CREATED, Json(row(&feed, None))))
}

pub(super) async fn remove(_: Permit, State(app): Shared, Path(id): Path<String>) -> Result<StatusCode, Fault> {
    app.roster.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn pause(_: Permit, State(app): Shared, Path(id): Path<String>) -> Result<StatusCode, Fault> {
    app.roster.pause(&id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn resume(_: Permit, State(app): Shared, Path(id): Path<String>) -> Result<StatusCode, Fault> {
    app.roster.pause(&id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub(super) struct Due {
    due: DateTime<Utc>,
}

pub(super) async fn poll(_: Permit, State(app): Shared, Path(id): Path<String>) -> Result<Json<Due>, Fault> {
    Ok(Json(Due { due: app.roster.poll(&id).await? }))
}
