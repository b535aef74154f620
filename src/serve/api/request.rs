//! What handlers take of a request, and where they work.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};

use super::error::Fault;
use crate::serve::access::Refusal;
use crate::serve::app::App;

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

/// Runs what reads the archive or long lists off the async threads.
pub(super) async fn off<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Wrong(error.to_string()))
}

/// What a shared state gives to its handlers.
pub(super) type Shared = State<App>;
