//! The admin API: JSON under `/api/v1`, described by `openapi.json` there. Whoever may see the pages may read; changes are
//! guarded by [`super::access`].
//!
//! The description is made of the handlers and their types: a parameter or a field is described where it is declared.

mod extract;
mod feeds;
mod read;
mod scout;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, RefOr};
use utoipa::{IntoResponses, Modify, OpenApi, ToResponse, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub(super) use scout::Scout;

use self::extract::Json;
use super::access::Refusal;
use super::feeds::ChangeError;
use super::router::{ANSWER_WITHIN, App, in_time};

/// Where the API begins.
const BASE: &str = "/api/v1";
/// The largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The description of the API.
static DESCRIPTION: LazyLock<String> =
    LazyLock::new(|| api().into_openapi().to_pretty_json().expect("the description is JSON"));

/// What the description holds beside routes and types.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "dateline admin API",
        version = "1",
        description = "What the pages show, and changes of the feed list. Whoever reaches the server may read. Changes need \
            the token of the config, or come from the same machine to a server on loopback with the header `X-Dateline: 1`; \
            they go to the feed list file and survive a restart. A fault is `{\"error\": \"…\"}`."
    ),
    servers((url = "/api/v1")),
    components(responses(ErrorBody)),
    modifiers(&Security)
)]
struct Frame;

/// Adds what allows a change.
struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("`serve.token` of the config."));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let local = "Any value; from the same machine to a server on loopback that has no token.";
        let local = ApiKey::Header(ApiKeyValue::with_description("X-Dateline", local));
        components.add_security_scheme("local", SecurityScheme::ApiKey(local));
    }
}

/// The routes below the base, with their description.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(feeds::list, feeds::add))
        .routes(routes!(feeds::one, feeds::remove))
        .routes(routes!(feeds::pause))
        .routes(routes!(feeds::resume))
        .routes(routes!(feeds::poll))
        .routes(routes!(read::stories))
        .routes(routes!(read::story))
        .routes(routes!(read::quotes))
        .routes(routes!(read::pipeline))
        .routes(routes!(description))
        .layer(in_time(ANSWER_WITHIN))
        .routes(routes!(scout::discover).layer(in_time(ANSWER_WITHIN + scout::WITHIN)))
}

/// This description
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1.")))]
async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION.as_str())
}

/// The routes, guarded.
pub(super) fn router() -> Router<App> {
    Router::new().nest(BASE, api().into()).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// A request that may change something; others do not come this far.
pub(super) struct Permit;

impl axum::extract::FromRequestParts<App> for Permit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, Fault> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Without a peer it is nobody's.
        let peer = peer.ok_or(Fault::Refused(Refusal::Off))?;
        match app.access.change(peer, &parts.headers) {
            Ok(()) => {
                tracing::info!(%peer, method = %parts.method, path = parts.uri.path(), "a change is asked for");
                Ok(Self)
            }
            Err(refusal) => {
                tracing::warn!(%peer, path = parts.uri.path(), %refusal, "a change was refused");
                if refusal == Refusal::Token {
                    // Guessing takes time.
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                }
                Err(Fault::Refused(refusal))
            }
        }
    }
}

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
struct ErrorBody {
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

/// Runs what reads the archive or long lists off the async threads.
async fn off<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Wrong(error.to_string()))
}

/// What a shared state gives to its handlers.
type Shared = State<App>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::access::CHANGE;

    #[test]
    fn every_operation_is_described() {
        let description: serde_json::Value = serde_json::from_str(&DESCRIPTION).unwrap();
        let operations = description["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        });
        let mut changes = 0;
        for (path, method, operation) in operations {
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{path} {method}");
            assert!(path == "/openapi.json" || operation["responses"]["default"].is_object(), "{path} {method}");
            let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
            assert!(parameters >= path.matches('{').count(), "{path} {method}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path} {method}: {parameter}");
            }
            assert_eq!(operation["security"].is_array(), method != "get", "{path} {method}: whether it needs a permit");
            changes += usize::from(method != "get");
        }
        assert_eq!(changes, 6);
        // Every reference leads somewhere.
        for part in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
        let header = &description["components"]["securitySchemes"]["local"]["name"];
        assert!(header.as_str().unwrap().eq_ignore_ascii_case(CHANGE));
    }
}
