//! The sample sites on loopback: one listener each, with validators and a second edition.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use xxhash_rust::xxh3::xxh3_64;

use super::render;
use super::sites::{SITES, Site};
use crate::config::FeedConfig;

/// The running sites.
pub struct Newsroom {
    edition: Arc<AtomicU32>,
    bases: Vec<String>,
}

#[derive(Clone)]
struct App {
    site: &'static Site,
    edition: Arc<AtomicU32>,
    base: Arc<str>,
}

impl Newsroom {
    /// Starts all sites on free loopback ports. They serve until the process ends.
    pub async fn start() -> std::io::Result<Self> {
        let edition = Arc::new(AtomicU32::new(1));
        let mut bases = Vec::new();
        for site in &SITES {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let base = format!("http://{}", listener.local_addr()?);
            let app = App { site, edition: Arc::clone(&edition), base: base.as_str().into() };
            let router = Router::new().route("/feed", get(feed)).route("/{section}/{story}", get(page)).with_state(app);
            tokio::spawn(async move { axum::serve(listener, router).await });
            bases.push(base);
        }
        Ok(Self { edition, bases })
    }

    /// Returns the feed list of the newsroom.
    pub fn feeds(&self) -> Vec<FeedConfig> {
        let feed = |(site, base): (&Site, &String)| FeedConfig {
            id: site.id.to_owned(),
            url: format!("{base}/feed"),
            title: Some(site.name.into()),
            publisher: Some(site.name.into()),
            ..FeedConfig::default()
        };
        SITES.iter().zip(&self.bases).map(feed).collect()
    }

    /// Switches the sites to their second edition, with one article corrected and one added.
    pub fn publish_second_edition(&self) {
        self.edition.store(2, Ordering::Relaxed);
    }
}

async fn feed(State(app): State<App>, headers: HeaderMap) -> Response {
    let (kind, body) = render::feed(app.site, app.edition.load(Ordering::Relaxed), &app.base);
    let etag = format!("\"{:016x}\"", xxh3_64(body.as_bytes()));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    ([(header::ETAG, etag), (header::CONTENT_TYPE, kind.to_owned())], body).into_response()
}

async fn page(State(app): State<App>, Path((_, story)): Path<(String, String)>) -> Response {
    match render::page(app.site, app.edition.load(Ordering::Relaxed), &app.base, &story) {
        Some(html) => Html(html).into_response(),
        None => (StatusCode::NOT_FOUND, "no such story").into_response(),
    }
}
