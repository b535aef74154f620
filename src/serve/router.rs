//! The HTTP server: pages, live events, health, metrics.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::{health, page, websub};
use crate::pipeline::Desk;

/// Pages that follow live at once; more are asked to come back later.
const MAX_FOLLOWERS: usize = 64;
/// How often the figures are sent.
const STATS_EVERY: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct App {
    board: Arc<Board>,
    followers: Arc<AtomicUsize>,
    stop: CancellationToken,
}

/// Serves until stopped. Hubs bring to the desk what they push, in bodies of `max_push` bytes at most.
pub async fn serve(
    listener: TcpListener,
    board: Arc<Board>,
    (desk, max_push): (Arc<Desk>, usize),
    stop: CancellationToken,
) -> std::io::Result<()> {
    let stats = Arc::clone(&board.stats);
    let app = App { board, followers: Arc::default(), stop: stop.clone() };
    let router = Router::new()
        .route("/", get(|State(app): State<App>| async move { Html(page::whole(&app.board)) }))
        .route("/events", get(events))
        .route("/static/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], page::STYLE) }))
        .route("/static/live.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], page::SCRIPT) }))
        .with_state(app)
        .merge(health::router(stats, stop.clone()))
        .merge(websub::router(desk, max_push))
        .layer(middleware::from_fn(guarded));
    axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

/// No inline script, nothing from elsewhere, no framing.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Counts a follower for as long as it follows.
struct Follower(Arc<AtomicUsize>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a page that follows begins: after the stories that it has.
#[derive(serde::Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn events(State(app): State<App>, Query(After { after }): Query<After>, headers: HeaderMap) -> Response {
    // A page that lost its connection says what it saw last.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last.unwrap_or(after);
    let follower = Follower(Arc::clone(&app.followers));
    if app.followers.fetch_add(1, Ordering::Relaxed) >= MAX_FOLLOWERS {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], "too many pages follow")
            .into_response();
    }
    Sse::new(follow(app, after, follower)).keep_alive(KeepAlive::default()).into_response()
}

/// First what is there, then what comes; a follower that is slow misses stories rather than holding anything up.
fn follow(app: App, after: u64, follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    let newest = app.board.follow();
    let stop = app.stop.clone();
    stream::unfold((app, newest, after, false, follower), |(app, mut newest, seen, begun, follower)| async move {
        if begun {
            tokio::select! {
                changed = newest.changed() => changed.ok()?,
                () = tokio::time::sleep(STATS_EVERY) => {}
            }
        }
        let fresh = app.board.stories_after(seen);
        let seen = fresh.first().map_or(seen, |story| story.number);
        let mut events: Vec<Event> =
            fresh.iter().rev().map(|shown| event("story", &page::story(shown)).id(shown.number.to_string())).collect();
        events.push(event("notices", &page::notices(&app.board.notices())));
        events.push(event("stats", &app.board.stats.line()));
        Some((stream::iter(events), (app, newest, seen, true, follower)))
    })
    .flatten()
    .map(Ok)
    .take_until(async move { stop.cancelled().await })
}

/// Data as JSON: one line, whatever is in it.
fn event(name: &str, data: &str) -> Event {
    Event::default().event(name).data(serde_json::Value::from(data).to_string())
}
