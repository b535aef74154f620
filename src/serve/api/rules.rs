//! The keep and block rules: what they decided, and their application to blocked entries.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::Json;
use super::request::{Permit, Shared, off};
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
        let RuleRow { name, action, scope, conditions, kept, blocked, last, unmatched } = row;
        Self { rule: name, action, scope, conditions, kept, blocked, last, unmatched }
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
