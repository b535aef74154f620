//! A site without a feed: a section page that lists its articles, and their pages.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::server::Server;

/// The number of articles on one page of the section.
pub const SHOWN: usize = 12;

/// What the section page looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A card for each article.
    Cards,
    /// A page that a script fills.
    Empty,
    /// One card, and what surrounds every page.
    One,
    /// A feed document with other articles, instead of the page.
    Feed,
}

struct Site {
    /// The number of articles published so far.
    articles: usize,
    layout: Layout,
    /// The word at the end of every summary.
    mood: String,
    robots: String,
    /// The day before the site started, on which all articles were published.
    day: String,
    /// The requests for the section page, and how many of them were answered with 304.
    polls: usize,
    not_modified: usize,
}

/// The running site.
pub struct SectionPage {
    pub server: Server,
    site: Arc<Mutex<Site>>,
}

impl SectionPage {
    /// Starts a site that has published this many articles.
    pub fn start(articles: usize) -> Self {
        let (layout, mood, robots) = (Layout::Cards, "calm".to_owned(), String::new());
        let day = (chrono::Utc::now() - chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string();
        let site = Arc::new(Mutex::new(Site { articles, layout, mood, robots, day, polls: 0, not_modified: 0 }));
        let state = Arc::clone(&site);
        let server = Server::start(|_| {
            Router::new()
                .route("/robots.txt", get(robots_txt))
                .route("/isles", get(section))
                .route("/", get(section))
                .route("/isles/{*path}", get(article))
                .with_state(state)
        });
        Self { server, site }
    }

    /// Returns the address of the section page.
    pub fn url(&self) -> String {
        format!("{}/isles", self.server.base)
    }

    /// Returns the day on which the articles were published, as `YYYY-MM-DD`.
    pub fn day(&self) -> String {
        self.site.lock().unwrap().day.clone()
    }

    /// Publishes further articles.
    pub fn publish(&self, articles: usize) {
        self.site.lock().unwrap().articles += articles;
    }

    /// Changes what the section page looks like.
    pub fn lay_out(&self, layout: Layout) {
        self.site.lock().unwrap().layout = layout;
    }

    /// Rewrites the summaries on the section page.
    pub fn rewrite(&self, mood: &str) {
        mood.clone_into(&mut self.site.lock().unwrap().mood);
    }

    /// Sets the robots.txt.
    pub fn forbid(&self, robots: &str) {
        robots.clone_into(&mut self.site.lock().unwrap().robots);
    }

    /// Returns the number of requests for the section page, and how many were answered with 304.
    pub fn polls(&self) -> (usize, usize) {
        let site = self.site.lock().unwrap();
        (site.polls, site.not_modified)
    }
}

type Shared = State<Arc<Mutex<Site>>>;

async fn robots_txt(State(site): Shared) -> String {
    site.lock().unwrap().robots.clone()
}

fn path(n: usize) -> String {
    format!("/isles/2026/05/ferry-{n}-stays-in-harbour-for-repairs")
}

fn card(n: usize, Site { mood, day, .. }: &Site) -> String {
    let path = path(n);
    format!(
        "<article class=\"card card--story\"><a class=\"card__media\" href=\"{path}\"><img src=\"/{n}.jpg\" alt=\"\"></a>\
         <h3><a href=\"{path}\">Ferry {n} stays in harbour for repairs</a></h3>\
         <p class=\"card__text\">The owner of ferry {n} waits for a part of its engine and stays {mood}.</p>\
         <time datetime=\"{day}T{:02}:{:02}:00Z\">yesterday</time> <a href=\"{path}#comments\">{n} comments</a></article>",
        n / 60 % 24,
        n % 60
    )
}

/// Answers with a page of the section, the newest articles first.
async fn section(State(site): Shared, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    let mut site = site.lock().unwrap();
    let page = query.iter().find(|(name, _)| name == "page").and_then(|(_, page)| page.parse().ok()).unwrap_or(1_usize);
    let last = site.articles.saturating_sub((page - 1) * SHOWN);
    let shown = match site.layout {
        Layout::Cards => SHOWN,
        Layout::Empty => 0,
        Layout::One => 1,
        Layout::Feed => return feed(&mut site),
    };
    let cards: String = (last.saturating_sub(shown)..last).rev().map(|n| card(n, &site)).collect();
    let next = format!("/isles?page={}", page + 1);
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Isles - The Harbour Gazette</title></head><body>\
         <header><nav><a href=\"/\">Home</a> <a href=\"/politics\">Politics</a> <a href=\"/business/fishing-industry\">Fishing industry</a></nav></header>\
         <main><h1>Isles</h1><div class=\"grid\">{cards}</div><a rel=\"next\" href=\"{next}\">Older articles</a></main>\
         <aside><h2>Most read</h2><ol><li><a href=\"/life/2025/01/why-gulls-steal-only-from-tourists\">Why gulls steal only from tourists</a></li>\
         <li><a href=\"/life/2025/02/man-rows-to-norway-by-mistake\">Man rows to Norway by mistake</a></li></ol></aside>\
         <footer><a href=\"/about\">About the Gazette and its trust</a></footer></body></html>"
    );
    site.polls += 1;
    let tag =
        format!("\"{:x}\"", body.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        site.not_modified += 1;
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::ETAG, tag), (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned())], body).into_response()
}

/// Answers with a feed of as many notes as a page has articles.
fn feed(site: &mut Site) -> Response {
    site.polls += 1;
    let item = |n: usize| {
        let n = site.articles + n;
        format!("<item><title>Quay {n} is painted</title><link>/isles/notes/quay-{n}-is-painted</link></item>")
    };
    let items: String = (0..SHOWN).map(item).collect();
    let body = format!("<rss version=\"2.0\"><channel><title>Notes</title>{items}</channel></rss>");
    ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

async fn article(uri: Uri) -> Response {
    let Some(n) = uri.path().split('-').nth(1).and_then(|n| n.parse::<usize>().ok()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let title = format!("Ferry {n} stays in harbour for repairs");
    let paragraph = |who: &str| {
        format!(
            "<p>The {who} of the ferry number {n} said on Tuesday that it stays in harbour until a part of its engine is replaced.</p>"
        )
    };
    let text: String = ["captain", "owner", "engineer", "cook"].map(paragraph).concat();
    let body = format!(
        "<html lang=en><head><title>{title}</title></head><body><h1>{title}</h1><article>{text}</article></body></html>"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}
