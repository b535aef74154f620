//! Why a request failed, and how that is answered.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{self, RefOr};
use utoipa::{IntoResponses, ToResponse, ToSchema};

use crate::serve::access::Refusal;
use crate::serve::feeds::ChangeError;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Refused(Refusal),
    #[error("{0}")]
    Change(#[from] ChangeError),
    #[error("{0}")]
    Missing(&'static str),
    #[error("{0}")]
    Wrong(String),
    #[error("{0}")]
    Busy(&'static str),
    #[error("{0}")]
    Outside(String),
}

/// What is answered instead of what was asked for.
#[derive(Serialize, ToSchema, ToResponse)]
#[response(description = "What went wrong, and what to do.")]
pub(super) struct ErrorBody {
    error: String,
}

impl IntoResponses for Fault {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        [("default".to_owned(), openapi::Ref::from_response_name("ErrorBody").into())].into()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Refused(refusal) => refusal.status(),
            Self::Change(ChangeError::Unknown(_)) | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Change(ChangeError::Taken(_) | ChangeError::Fixed(_)) => StatusCode::CONFLICT,
            Self::Change(ChangeError::Wrong(_)) | Self::Wrong(_) => StatusCode::BAD_REQUEST,
            Self::Change(ChangeError::Failed(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Outside(_) => StatusCode::BAD_GATEWAY,
        };
        (status, Json(ErrorBody { error: self.to_string() })).into_response()
    }
}
