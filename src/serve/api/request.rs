//! What handlers take from a request, and where they run.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};

use super::error::ApiError;
use crate::serve::access::{Changes, Refusal};
use crate::serve::app::App;

/// A request that may change something; others are rejected.
pub(super) struct Permit {
    /// Who sent it: the address, and whether with the token.
    pub who: String,
}

impl axum::extract::FromRequestParts<App> for Permit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Without a known peer, nothing is allowed.
        let peer = peer.ok_or(Refusal::Off)?;
        match app.access.change(peer, &parts.headers) {
            Ok(()) => {
                tracing::info!(%peer, method = %parts.method, path = parts.uri.path(), "change requested");
                let by = if app.access.changes() == Changes::Token { "token from " } else { "" };
                Ok(Self { who: format!("{by}{peer}") })
            }
            Err(refusal) => {
                tracing::warn!(%peer, path = parts.uri.path(), %refusal, "change refused");
                if refusal == Refusal::Token {
                    // Slows down guessing.
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                }
                Err(refusal.into())
            }
        }
    }
}

/// Runs reads of the archive or of long lists off the async threads.
pub(super) async fn off<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// The shared state, as handlers take it.
pub(super) type Shared = State<App>;
