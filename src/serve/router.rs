//! The HTTP server: pages, live events, admin API, health, metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::board::Board;
use super::feeds::Roster;
use super::listener::BoundedListener;
use super::{api, events, health, pages, websub};
use crate::config::Settings;
use crate::fetch::Client;
use crate::pipeline::Desk;

/// What is served.
pub struct Served {
    /// What the pages show.
    pub board: Arc<Board>,
    /// The feed list.
    pub roster: Arc<Roster>,
    /// Looks at sites that a person names, which may lie in private networks: no other client.
    pub scout: Arc<Client>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Where hubs lay down what they push, and how much they may.
    pub desk: (Arc<Desk>, usize),
    /// Connections that may be open at once.
    pub max_connections: usize,
}

#[derive(Clone)]
pub(super) struct App {
    pub board: Arc<Board>,
    pub roster: Arc<Roster>,
    pub access: Arc<Access>,
    pub scout: Arc<api::Scout>,
    pub followers: Arc<AtomicUsize>,
    pub stop: CancellationToken,
}

/// Serves until stopped.
pub async fn serve(listener: TcpListener, served: Served, stop: CancellationToken) -> std::io::Result<()> {
    let access = Arc::new(Access::new(&served.settings, listener.local_addr()?));
    let (desk, max_push) = served.desk;
    let app = App {
        board: served.board,
        roster: served.roster,
        access,
        scout: Arc::new(api::Scout::new(served.scout)),
        followers: Arc::default(),
        stop: stop.clone(),
    };
    let sampled = tokio::spawn(sample(app.clone()));
    let health = health::router(Arc::clone(&app.board.stats), stop.clone());
    let router = router(app, health, websub::router(desk, max_push));
    // `tap_io` makes the address of the peer known to handlers, as for a plain listener.
    let listener = BoundedListener::new(listener, served.max_connections).tap_io(|_| {});
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let ended = axum::serve(listener, service).with_graceful_shutdown(async move { stop.cancelled().await }).await;
    sampled.abort();
    ended
}

fn router(app: App, health: Router, hubs: Router) -> Router {
    let named = Router::new()
        .route("/", get(pages::live))
        .route("/story/{id}", get(pages::story))
        .route("/quotes", get(pages::quotes))
        .route("/feeds", get(pages::feeds))
        .route("/pipeline", get(pages::pipeline))
        .route("/events", get(events::live))
        .route("/events/pipeline", get(events::pipeline))
        .route("/static/{file}", get(file))
        .merge(api::router())
        .fallback(|State(app): State<App>| async move { pages::not_found(&app) })
        // What a page of another site could read under a name that it gave to this machine.
        .layer(middleware::from_fn_with_state(app.clone(), under_its_name));
    Router::new().merge(named).with_state(app).merge(health).merge(hubs).layer(middleware::from_fn(guarded))
}

/// A sample of the pipeline a second.
async fn sample(app: App) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        app.board.flow.sample(&app.board.stats);
    }
}

async fn under_its_name(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.access.host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => (refusal.status(), format!("{refusal}\n")).into_response(),
    }
}

/// No inline script, nothing from elsewhere, no framing.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                  base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The files of the pages.
async fn file(axum::extract::Path(name): axum::extract::Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", include_str!("static/style.css")),
        "icon.svg" => ("image/svg+xml", include_str!("static/icon.svg")),
        "follow.js" => (SCRIPT, include_str!("static/follow.js")),
        "live.js" => (SCRIPT, include_str!("static/live.js")),
        "feeds.js" => (SCRIPT, include_str!("static/feeds.js")),
        "pipeline.js" => (SCRIPT, include_str!("static/pipeline.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
