//! The admin API: JSON under `/api/v1`, described by `openapi.json` there. Whoever may see the pages may read; changes are
//! guarded by [`super::access`].

mod feeds;
mod read;
mod scout;

use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Serialize;

pub(super) use scout::Scout;

use super::access::Refusal;
use super::feeds::ChangeError;
use super::router::App;

/// Where the API begins.
const BASE: &str = "/api/v1";
/// The description of the API.
const DESCRIPTION: &str = include_str!("openapi.json");
/// The largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Every route below the base; a test compares them with the description.
fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/feeds", get(feeds::list).post(feeds::add)),
        ("/feeds/{id}", get(feeds::one).delete(feeds::remove)),
        ("/feeds/{id}/pause", post(feeds::pause)),
        ("/feeds/{id}/resume", post(feeds::resume)),
        ("/feeds/{id}/poll", post(feeds::poll)),
        ("/discover", post(scout::discover)),
        ("/stories", get(read::stories)),
        ("/stories/{id}", get(read::story)),
        ("/quotes", get(read::quotes)),
        ("/pipeline", get(read::pipeline)),
        ("/openapi.json", get(|| async { ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION) })),
    ]
}

/// The routes, guarded.
pub(super) fn router() -> Router<App> {
    let router = routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(&format!("{BASE}{path}"), methods));
    router.layer(DefaultBodyLimit::max(MAX_BODY))
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

impl From<JsonRejection> for Fault {
    fn from(error: JsonRejection) -> Self {
        Self::Wrong(error.body_text())
    }
}

impl From<QueryRejection> for Fault {
    fn from(error: QueryRejection) -> Self {
        Self::Wrong(error.body_text())
    }
}

#[derive(Serialize)]
struct Told {
    error: String,
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
        (status, Json(Told { error: self.to_string() })).into_response()
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
    use std::collections::BTreeSet;

    use axum::http::Method;

    use super::*;

    /// The methods that a route takes, as its debug form tells.
    #[allow(clippy::needless_pass_by_value)] // shown by its Debug alone
    fn methods(path: &str, route: MethodRouter<App>) -> BTreeSet<(String, String)> {
        let allowed = format!("{route:?}");
        let of = |method: Method| {
            let name = method.as_str().to_lowercase();
            // The debug form lists each method with its handler, or `None`.
            allowed.contains(&format!("{name}: BoxedHandler")).then(|| (path.to_owned(), name))
        };
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].into_iter().filter_map(of).collect()
    }

    #[test]
    fn the_description_names_every_route_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut described = BTreeSet::new();
        for (path, of) in description["paths"].as_object().unwrap() {
            for method in of.as_object().unwrap().keys().filter(|key| *key != "parameters") {
                described.insert((path.clone(), method.clone()));
                assert!(of[method]["responses"].is_object() && of[method]["summary"].is_string(), "{path} {method}");
            }
        }
        let mut served = BTreeSet::new();
        for (path, route) in routes() {
            served.extend(methods(path, route));
        }
        assert_eq!(described, served);
        // Every reference leads somewhere.
        for part in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
