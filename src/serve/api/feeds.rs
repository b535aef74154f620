//! The feed list: reads and changes.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, ErrorBody};
use super::extract::{Json, Query};
use super::request::{Permit, Shared, off};
use crate::config::{FeedConfig, FeedKeys, FeedKind, Labels, PageSelectors, Pages, duration};
use crate::serve::audit::AUDIT;
use crate::serve::feeds::{ReloadReport, Row, View, row};
use crate::serve::plain;
use crate::serve::rules::{RuleRow, of_feed};

/// The maximum number of labels in one response.
const MAX_LABELS: usize = 1_000;

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

/// A keep or block rule that applies to a feed, and what it decided.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedRule {
    /// Its name.
    rule: String,
    /// `keep` or `block`; `null` if it no longer applies to the feed.
    action: Option<&'static str>,
    /// Its conditions, in words.
    conditions: Option<String>,
    /// The keys of its table.
    #[schema(value_type = Option<Object>)]
    definition: Option<crate::filter::Rule>,
    /// Entries of the feed kept.
    kept: u64,
    /// Entries of the feed blocked.
    blocked: u64,
    /// When it last decided about an entry of the feed.
    last: Option<DateTime<Utc>>,
}

impl From<RuleRow> for FeedRule {
    fn from(row: RuleRow) -> Self {
        let RuleRow { name, action, conditions, definition, kept, blocked, last, .. } = row;
        Self { rule: name, action, conditions, definition, kept, blocked, last }
    }
}

/// The rules of a feed.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedRules {
    rules: Vec<FeedRule>,
}

/// The keep and block rules that apply to a feed, and what they decided about its entries
#[utoipa::path(
    get,
    path = "/feeds/{id}/rules",
    params(FeedId),
    responses((status = 200, description = "The rules.", body = FeedRules), ApiError)
)]
pub(super) async fn rules(State(app): Shared, Path(FeedId { id }): Path<FeedId>) -> Result<Json<FeedRules>, ApiError> {
    let feed = app.feed_list.find(&id)?;
    let rules = off(move || of_feed(&app, &feed)).await?;
    Ok(Json(FeedRules { rules: rules.into_iter().map(FeedRule::from).collect() }))
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
    #[serde(default)]
    labels: Vec<String>,
    /// The poll interval, such as `5m`.
    #[serde(default)]
    interval: Option<String>,
    /// When its article pages are fetched: `auto`, `always` or `never`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pages: Option<Pages>,
    /// Whether it is not polled.
    #[serde(default)]
    paused: bool,
    /// Whether it is fetched in full at every poll, for a server that wrongly answers "not modified".
    #[serde(default)]
    full_fetch: bool,
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
    permit: Permit,
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
        labels: Labels::new(new.labels).map_err(|error| ApiError::Invalid(format!("labels: {error}")))?,
        interval,
        pages: new.pages,
        paused: new.paused,
        full_fetch: new.full_fetch,
        private: new.private,
        ..FeedConfig::default()
    };
    let feed = app.feed_list.add(&permit.who, feed).await?;
    Ok((StatusCode::CREATED, Json(row(&feed, None, Utc::now()))))
}

/// A change of a feed. Keys that are left out stay; `null` removes a key from the list, so that its default applies.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = FeedChange)]
pub(super) struct FeedChange {
    /// The new URL; the feed keeps its id and what is known of it.
    #[schema(value_type = Option<String>)]
    url: Option<String>,
    /// What is at the URL.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<FeedKind>)]
    kind: Given<FeedKind>,
    /// The selectors of a page's links, all of them.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<PageSelectors>)]
    select: Given<PageSelectors>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    title: Given<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    publisher: Given<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Given<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    folder: Given<String>,
    /// All labels of the feed, without the names of its folders.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    labels: Given<Vec<String>>,
    /// The poll interval, such as `5m`.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    interval: Given<String>,
    /// When its article pages are fetched: `auto`, `always` or `never`.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pages: Given<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    paused: Given<bool>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    full_fetch: Given<bool>,
    /// Whether the query of the URL is secret.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    private: Given<bool>,
}

/// A key: left out, `null`, or with a value.
type Given<T> = Option<Option<T>>;

fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Given<T>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl FeedChange {
    /// Returns what would be wrong with the kind and the selectors of the feed.
    fn page_fault(&self, feed: &FeedConfig) -> Option<&'static str> {
        let kind = self.kind.map_or(feed.kind, Option::unwrap_or_default);
        let select = self.select.clone().map_or_else(|| feed.select.clone(), |select| select.map(Box::new));
        FeedConfig { kind, select, ..FeedConfig::default() }.page_fault()
    }

    /// Returns the keys to set, checked as far as they can be without the list.
    fn keys(self) -> Result<FeedKeys, ApiError> {
        let mut keys = FeedKeys::new();
        if let Some(url) = self.url {
            keys.push(("url", Some(url.trim().into())));
        }
        if let Some(kind) = self.kind {
            keys.push(("kind", kind.filter(|kind| *kind == FeedKind::Page).map(|_| "page".into())));
        }
        if let Some(select) = self.select {
            let table = |select: PageSelectors| select.named().collect::<toml_edit::InlineTable>().into();
            keys.push(("select", select.map(table)));
        }
        let texts = [
            ("title", self.title),
            ("publisher", self.publisher),
            ("language", self.language),
            ("folder", self.folder),
            ("interval", self.interval),
            ("pages", self.pages),
        ];
        for (key, text) in texts {
            let Some(text) = text else { continue };
            let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            let invalid = |error: &dyn std::fmt::Display| ApiError::Invalid(format!("{key}: {error}"));
            match (key, text.as_deref()) {
                ("interval", Some(text)) => {
                    duration::parse(text).map_err(|error| invalid(&error))?;
                }
                ("pages", Some(text)) => {
                    serde_json::from_value::<Pages>(text.into()).map_err(|error| invalid(&error))?;
                }
                _ => {}
            }
            keys.push((key, text.map(Into::into)));
        }
        for (key, flag) in [("paused", self.paused), ("full_fetch", self.full_fetch), ("private", self.private)] {
            keys.extend(flag.map(|flag| (key, flag.filter(|flag| *flag).map(Into::into))));
        }
        if let Some(labels) = self.labels {
            let labels = Labels::new(labels.unwrap_or_default());
            let labels = labels.map_err(|error| ApiError::Invalid(format!("labels: {error}")))?;
            let list = || labels.iter().collect::<toml_edit::Array>().into();
            keys.push(("labels", (!labels.is_empty()).then(list)));
        }
        if keys.is_empty() {
            return Err(ApiError::Invalid("the body names no key to change; send {\"labels\": [\"politics\"]}".into()));
        }
        Ok(keys)
    }
}

/// Changes keys of a feed in its list
#[utoipa::path(
    patch,
    path = "/feeds/{id}",
    params(FeedId),
    responses((status = 200, description = "The feed as listed.", body = Row), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn change(
    permit: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
    Json(change): Json<FeedChange>,
) -> Result<Json<Row>, ApiError> {
    let feed = app.feed_list.find(&id)?;
    if let Some(fault) = change.page_fault(&feed) {
        return Err(ApiError::Invalid(fault.into()));
    }
    app.feed_list.set(&permit.who, &id, change.keys()?).await?;
    let feed = app.feed_list.find(&id)?;
    Ok(Json(app.activity.stats.feeds.read(|known| row(&feed, known.get(&id), Utc::now()))))
}

/// The labels of the list.
#[derive(Serialize, ToSchema)]
#[schema(as = Labels)]
pub(super) struct LabelList {
    /// The labels, those of most feeds first; the names of folders are labels too.
    labels: Vec<LabelCount>,
}

/// A label, and how many feeds have it.
#[derive(Serialize, ToSchema)]
struct LabelCount {
    label: String,
    feeds: usize,
}

/// The labels of the feeds
#[utoipa::path(
    get,
    path = "/labels",
    responses((status = 200, description = "At most 1,000 labels.", body = LabelList), ApiError)
)]
pub(super) async fn labels(State(app): Shared) -> Result<Json<LabelList>, ApiError> {
    let made = off(move || {
        let listed = app.feed_list.feeds();
        let counts = listed.labels().iter().take(MAX_LABELS);
        counts.map(|(label, feeds)| LabelCount { label: plain::text(label, 120), feeds: *feeds }).collect()
    });
    Ok(Json(LabelList { labels: made.await? }))
}

/// Reads the config and the feed lists again
///
/// The answer names the keys that changed, those whose new values apply after a restart, and the feeds that changed. A
/// faulty config changes nothing.
#[utoipa::path(
    post,
    path = "/reload",
    responses((status = 200, description = "What changed.", body = ReloadReport), (status = 422, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn reload(permit: Permit, State(app): Shared) -> Result<Json<ReloadReport>, ApiError> {
    tracing::info!(target: AUDIT, who = permit.who, "reload requested");
    Ok(Json(app.feed_list.reload().await.map_err(ApiError::Config)?))
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
    permit: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.remove(&permit.who, &id).await?;
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
    permit: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.pause(&permit.who, &id, true).await?;
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
    permit: Permit,
    State(app): Shared,
    Path(FeedId { id }): Path<FeedId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.pause(&permit.who, &id, false).await?;
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
