//! Why a request failed, and the response to it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::task::JoinError;
use utoipa::openapi::{self, RefOr};
use utoipa::{IntoResponses, ToResponse, ToSchema};

use crate::config::ConfigErrors;
use crate::discovery::DiscoveryError;
use crate::serve::access::Refusal;
use crate::serve::feeds::ChangeError;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// The request may not change anything.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The feed list was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The config has errors and was not reloaded.
    #[error("nothing was changed, because the config has errors:\n{0}")]
    Config(#[source] ConfigErrors),
    /// The resource does not exist.
    #[error("{0}")]
    NotFound(&'static str),
    /// A value is invalid.
    #[error("{0}")]
    Invalid(String),
    /// The query cannot be read.
    #[error("{}", .0.body_text())]
    Query(#[source] QueryRejection),
    /// The body cannot be read.
    #[error("{}", .0.body_text())]
    Body(#[source] JsonRejection),
    /// Another site is being searched for feeds.
    #[error("another site is being searched for feeds; try again in a moment")]
    Busy,
    /// The site could not be searched for feeds.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The search for feeds took too long.
    #[error("{url}: the search for feeds took longer than {seconds} s")]
    DiscoveryTimeout { url: String, seconds: u64 },
    /// The site has no feed.
    #[error("{0}: no feed was found on this site")]
    NoFeed(String),
    /// The handler failed.
    #[error("the request could not be processed; see the log")]
    Internal(#[from] JoinError),
}

/// The body of every response with an error.
#[derive(Serialize, ToSchema, ToResponse)]
#[response(description = "What went wrong, and what to do.")]
pub(super) struct ErrorBody {
    error: String,
}

impl IntoResponses for ApiError {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        [("default".to_owned(), openapi::Ref::from_response_name("ErrorBody").into())].into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Refused(refusal) => refusal.status(),
            Self::Change(ChangeError::Unknown(_)) | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Change(ChangeError::Taken(_) | ChangeError::Fixed(_)) => StatusCode::CONFLICT,
            Self::Change(ChangeError::Wrong(_) | ChangeError::Paused(_))
            | Self::Invalid(_)
            | Self::Query(_)
            | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Config(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Change(ChangeError::Failed(_) | ChangeError::Invalid(_) | ChangeError::NotReverted { .. })
            | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Change(ChangeError::Stopping) | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Discovery(_) | Self::DiscoveryTimeout { .. } | Self::NoFeed(_) => StatusCode::BAD_GATEWAY,
        };
        if let Self::Internal(error) = &self {
            tracing::error!(%error, "request handler failed");
        }
        (status, Json(ErrorBody { error: self.to_string() })).into_response()
    }
}
