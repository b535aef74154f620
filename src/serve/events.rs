//! Live updates: server-sent events for open pages.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};

use super::app::App;
use super::label_filter::LabelFilter;
use super::pages;

/// The maximum number of open event streams; further clients must retry later.
const MAX_FOLLOWERS: usize = 64;
/// The interval between two updates of the figures.
const FIGURES_EVERY: Duration = Duration::from_secs(2);

/// Counts a client while its stream is open.
struct Follower(Arc<AtomicUsize>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Follower {
    fn new(app: &App) -> Option<Self> {
        let follower = Self(Arc::clone(&app.followers));
        (app.followers.fetch_add(1, Ordering::Relaxed) < MAX_FOLLOWERS).then_some(follower)
    }
}

/// Where a client's stream begins: after the articles that it already has.
#[derive(serde::Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
    /// The labels that articles must have.
    #[serde(default)]
    label: String,
}

/// Streams articles and figures to the live page.
pub(super) async fn live(
    State(app): State<App>,
    Query(After { after, label }): Query<After>,
    headers: HeaderMap,
) -> Response {
    // A page that reconnects sends the last number that it saw.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let Some(follower) = Follower::new(&app) else { return full() };
    let labels = LabelFilter::new(&label);
    Sse::new(stories(app, last.unwrap_or(after), labels, follower)).keep_alive(KeepAlive::default()).into_response()
}

/// Streams the figures to the pipeline page.
pub(super) async fn pipeline(State(app): State<App>) -> Response {
    let Some(follower) = Follower::new(&app) else { return full() };
    let stop = app.stop.clone();
    let events = stream::unfold((app, follower), |(app, follower)| async move {
        tokio::time::sleep(FIGURES_EVERY).await;
        Some((Ok::<_, Infallible>(event("throughput", &pages::throughput(&app))), (app, follower)))
    });
    Sse::new(events.take_until(async move { stop.cancelled().await })).keep_alive(KeepAlive::default()).into_response()
}

fn full() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], "too many open event streams").into_response()
}

/// Sends the current content, then updates. A slow client misses articles and holds nothing up.
fn stories(
    app: App,
    after: u64,
    labels: LabelFilter,
    follower: Follower,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let newest = app.activity.follow();
    let stop = app.stop.clone();
    let begin = (app, newest, after, false, labels, follower);
    stream::unfold(begin, |(app, mut newest, seen, begun, labels, follower)| async move {
        if begun {
            tokio::select! {
                changed = newest.changed() => changed.ok()?,
                () = tokio::time::sleep(FIGURES_EVERY) => {}
            }
        }
        let fresh = app.activity.stories_after(seen);
        let seen = fresh.first().map_or(seen, |story| story.number);
        let wanted = fresh.iter().rev().filter(|story| story.has(&labels));
        let mut events: Vec<Event> =
            wanted.map(|shown| event("story", &pages::card(shown)).id(shown.number.to_string())).collect();
        events.push(event("notices", &pages::notices(&app.activity)));
        events.push(event("figures", &pages::figures(&app)));
        Some((stream::iter(events), (app, newest, seen, true, labels, follower)))
    })
    .flatten()
    .map(Ok)
    .take_until(async move { stop.cancelled().await })
}

/// Encodes data as JSON, always on one line.
fn event(name: &str, data: &str) -> Event {
    Event::default().event(name).data(serde_json::Value::from(data).to_string())
}
