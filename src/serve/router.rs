//! The routes of the HTTP server: pages, live events, admin API, probes, metrics, and the endpoint for hubs.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::access::Access;
use super::activity::RecentActivity;
use super::app::App;
use super::feeds::LiveFeedList;
use super::limits::{ANSWER_WITHIN, in_time};
use super::{api, connections, events, pages, probes, websub};
use crate::config::Settings;
use crate::fetch::Client;
use crate::filter::EntryFilter;
use crate::options::Live;
use crate::websub::PushInbox;

/// The state that the server works on.
pub struct Served {
    /// The recent activity, which the pages show.
    pub activity: Arc<RecentActivity>,
    /// The feed list.
    pub feed_list: Arc<LiveFeedList>,
    /// The HTTP client for feed discovery on sites that a person names, which may lie in private networks. No other client may.
    pub discovery: Live<Client>,
    /// The settings.
    pub settings: Live<Settings>,
    /// The current keep and block rules.
    pub filter: Live<EntryFilter>,
    /// Where pushes from hubs are delivered.
    pub push_inbox: Arc<PushInbox>,
    /// The maximum number of open connections.
    pub max_connections: usize,
}

/// Serves until stopped.
pub async fn serve(listener: TcpListener, served: Served, stop: CancellationToken) -> std::io::Result<()> {
    let access = Arc::new(Access::new(served.settings.clone(), listener.local_addr()?));
    let app = App {
        activity: served.activity,
        feed_list: served.feed_list,
        access,
        discovery: Arc::new(Mutex::new(served.discovery)),
        followers: Arc::default(),
        filter: served.filter,
        stop: stop.clone(),
    };
    let sampled = tokio::spawn(sample(app.clone()));
    let health = probes::router(Arc::clone(&app.activity.stats), stop.clone());
    let hubs = websub::router(served.push_inbox, served.settings);
    let router = router(app, health, hubs);
    connections::serve(listener, router, served.max_connections, stop).await;
    sampled.abort();
    Ok(())
}

fn router(app: App, health: Router, hubs: Router) -> Router {
    let named = Router::new()
        .route("/", get(pages::live))
        .route("/story/{id}", get(pages::story))
        .route("/quotes", get(pages::quotes))
        .route("/feeds", get(pages::feeds))
        .route("/feeds/{id}", get(pages::feed))
        .route("/rules", get(pages::rules))
        .route("/pipeline", get(pages::pipeline))
        .route("/events", get(events::live))
        .route("/events/pipeline", get(events::pipeline))
        .route("/static/{file}", get(file))
        .layer(in_time(ANSWER_WITHIN))
        .merge(api::router())
        .fallback(|State(app): State<App>| async move { pages::not_found(&app) })
        // Without this, a page of another site could read it under a host name that resolves to this machine.
        .layer(middleware::from_fn_with_state(app.clone(), under_its_name));
    let router = named.with_state(app).merge(health).merge(hubs);
    guarded(router.layer(CompressionLayer::new()))
}

/// Takes a sample of the pipeline every second.
async fn sample(app: App) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        app.activity.throughput.sample(&app.activity.stats);
    }
}

async fn under_its_name(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.access.host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => (refusal.status(), format!("{refusal}\n")).into_response(),
    }
}

/// Adds security headers to every answer: no inline scripts, no external resources, no framing.
fn guarded(router: Router) -> Router {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                  base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ]
    .into_iter()
    .fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)))
    })
}

/// Serves the static files of the pages.
async fn file(axum::extract::Path(name): axum::extract::Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", include_str!("static/style.css")),
        "icon.svg" => ("image/svg+xml", include_str!("static/icon.svg")),
        "follow.js" => (SCRIPT, include_str!("static/follow.js")),
        "live.js" => (SCRIPT, include_str!("static/live.js")),
        "admin.js" => (SCRIPT, include_str!("static/admin.js")),
        "rules.js" => (SCRIPT, include_str!("static/rules.js")),
        "feeds.js" => (SCRIPT, include_str!("static/feeds.js")),
        "reload.js" => (SCRIPT, include_str!("static/reload.js")),
        "pipeline.js" => (SCRIPT, include_str!("static/pipeline.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
