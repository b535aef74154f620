//! The keep and block rules: what they decided, changes of them, and their application to blocked entries.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, ErrorBody};
use super::extract::Json;
use super::request::{Permit, Shared, off};
use crate::config::RuleTable;
use crate::pipeline::Readmission;
use crate::serve::rules::{RuleRow, all};

/// A keep or block rule, and what it decided.
#[derive(Serialize, ToSchema)]
pub(super) struct Rule {
    /// Its name.
    rule: String,
    /// `keep` or `block`; `null` for the entries that no keep rule matched.
    action: Option<&'static str>,
    /// The feeds that it is for, in words.
    scope: String,
    /// Its conditions, in words.
    conditions: Option<String>,
    /// The keys of its table.
    #[schema(value_type = Option<Object>)]
    definition: Option<crate::filter::Rule>,
    /// Entries kept since the start.
    kept: u64,
    /// Entries blocked since the start.
    blocked: u64,
    /// When it last decided about an entry, earlier runs included.
    last: Option<DateTime<Utc>>,
    /// Whether it has not decided about any entry for longer than `rules.unmatched_after`.
    unmatched: bool,
}

impl From<RuleRow> for Rule {
    fn from(row: RuleRow) -> Self {
        let RuleRow { name, action, scope, conditions, definition, kept, blocked, last, unmatched } = row;
        Self { rule: name, action, scope, conditions, definition, kept, blocked, last, unmatched }
    }
}

/// All rules.
#[derive(Serialize, ToSchema)]
pub(super) struct Rules {
    rules: Vec<Rule>,
}

/// All keep and block rules, and what they decided
#[utoipa::path(
    get,
    path = "/rules",
    responses((status = 200, description = "The rules, in their order.", body = Rules), ApiError)
)]
pub(super) async fn list(State(app): Shared) -> Result<Json<Rules>, ApiError> {
    let rows = off(move || all(&app)).await?;
    Ok(Json(Rules { rules: rows.into_iter().map(Rule::from).collect() }))
}

/// Applies the present rules to the blocked entries that are kept: those that are no longer blocked are published
#[utoipa::path(
    post,
    path = "/rules/apply",
    responses((status = 200, description = "What was begun.", body = Readmission), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn apply(permit: Permit, State(app): Shared) -> Result<Json<Readmission>, ApiError> {
    Ok(Json(app.feed_list.apply_rules(&permit.who).await?))
}

/// Which rule.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RuleId {
    /// The id of the rule, without the name of a feed.
    id: String,
}

/// Which rule of which feed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct FeedRuleId {
    /// The id of the feed; encode a slash in it as `%2F`.
    id: String,
    /// The id of the rule, without the name of the feed.
    rule: String,
}

/// A rule: the keys of a `[[rule]]` table of the config, such as `{"action": "block", "title": ["horoscope"]}`
#[derive(Deserialize, ToSchema)]
#[schema(as = NewRule, value_type = Object)]
pub(super) struct Keys(Map<String, serde_json::Value>);

impl Keys {
    fn table(&self, id: &str, of_feed: bool) -> Result<RuleTable, ApiError> {
        RuleTable::from_json(id, &self.0, of_feed).map_err(|error| ApiError::Invalid(error.to_string()))
    }
}

/// Adds or replaces a rule in the config file
#[utoipa::path(
    put,
    path = "/rules/{id}",
    params(RuleId),
    responses((status = 204, description = "The rule applies."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn set(
    permit: Permit,
    State(app): Shared,
    Path(RuleId { id }): Path<RuleId>,
    Json(keys): Json<Keys>,
) -> Result<StatusCode, ApiError> {
    let table = keys.table(&id, false)?;
    app.feed_list.set_rule(&permit.who, None, id, Some(table)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a rule from the config file
#[utoipa::path(
    delete,
    path = "/rules/{id}",
    params(RuleId),
    responses((status = 204, description = "The rule was removed."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn remove(
    permit: Permit,
    State(app): Shared,
    Path(RuleId { id }): Path<RuleId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.set_rule(&permit.who, None, id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds or replaces a rule of a feed's own in its list
#[utoipa::path(
    put,
    path = "/feeds/{id}/rules/{rule}",
    params(FeedRuleId),
    responses((status = 204, description = "The rule applies."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn set_of_feed(
    permit: Permit,
    State(app): Shared,
    Path(FeedRuleId { id, rule }): Path<FeedRuleId>,
    Json(keys): Json<Keys>,
) -> Result<StatusCode, ApiError> {
    let table = keys.table(&rule, true)?;
    app.feed_list.set_rule(&permit.who, Some(id), rule, Some(table)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a rule of a feed's own from its list
#[utoipa::path(
    delete,
    path = "/feeds/{id}/rules/{rule}",
    params(FeedRuleId),
    responses((status = 204, description = "The rule was removed."), (status = 409, response = ErrorBody), ApiError),
    security(("token" = []), ("local" = []))
)]
pub(super) async fn remove_of_feed(
    permit: Permit,
    State(app): Shared,
    Path(FeedRuleId { id, rule }): Path<FeedRuleId>,
) -> Result<StatusCode, ApiError> {
    app.feed_list.set_rule(&permit.who, Some(id), rule, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
