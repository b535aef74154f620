//! What the daemon learns of a site from its article pages: their repeated parts, and that they no longer contain text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use test_support::daemon::Daemon;
use test_support::server::Server;

/// A site whose feed shows its latest articles.
struct Site {
    server: Server,
    pages: Arc<Mutex<HashMap<String, String>>>,
    stories: usize,
}

impl Site {
    fn start() -> Self {
        let pages = Arc::<Mutex<HashMap<String, String>>>::default();
        let state = Arc::clone(&pages);
        let server = Server::start(|_| Router::new().route("/{*path}", get(answer)).with_state(state));
        Self { server, pages, stories: 0 }
    }

    fn daemon(&self) -> Daemon {
        Daemon::new(&format!("[[feed]]\nid = \"isles\"\nurl = \"{}/feed.xml\"\n", self.server.base), "")
    }

    /// Publishes this many articles with these pages.
    fn publish(&mut self, stories: usize, page: impl Fn(usize) -> String) {
        let mut pages = self.pages.lock().unwrap();
        let shown: Vec<usize> = (self.stories..self.stories + stories).collect();
        pages.extend(shown.iter().map(|n| (format!("s{n}"), page(*n))));
        let item = |n: &usize| {
            format!(
                "<item><title>Ferry {n} stays in harbour</title><link>{}/s{n}</link><guid isPermaLink=\"false\">{n}</guid>\
                 <description>The ferry {n} did not sail.</description></item>",
                self.server.base
            )
        };
        let items: String = shown.iter().rev().map(item).collect();
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>Isles</title><link>{}</link>{items}</channel></rss>",
            self.server.base
        );
        pages.insert("feed.xml".into(), feed);
        self.stories += stories;
    }
}

async fn answer(State(pages): State<Arc<Mutex<HashMap<String, String>>>>, Path(path): Path<String>) -> Response {
    let Some(body) = pages.lock().unwrap().get(&path).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    let kind = if path.contains("xml") { "application/rss+xml" } else { "text/html; charset=utf-8" };
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

/// Returns the page of an article.
fn page(n: usize) -> String {
    let paragraph = |what: &str| {
        format!(
            "<p>The {what} of the ferry number {n} said on Tuesday that it stays in harbour until a part of its engine is replaced.</p>"
        )
    };
    let paragraphs: String = ["captain", "owner", "engineer", "cook"].map(paragraph).concat();
    format!(
        "<html lang=en><head><title>Ferry {n} stays in harbour</title></head><body><h1>Ferry {n} stays in harbour</h1><article>{paragraphs}</article></body></html>"
    )
}

/// Returns a page of a site that builds its content with scripts.
fn shell(_: usize) -> String {
    "<html><head><title>Isles</title></head><body><div id=app></div><script src=/app.js></script></body></html>".into()
}

fn events(daemon: &Daemon) -> Vec<String> {
    let event = |record: &Value| record["value"]["event"].as_str().unwrap().to_owned();
    daemon.tail("feed-events").iter().map(event).filter(|event| event != "gap").collect()
}

#[test]
fn a_site_without_text_is_reported_once_and_its_recovery_too() {
    let mut site = Site::start();
    let daemon = site.daemon();
    for (stories, is_shell, wanted) in [
        (20, false, &["added"][..]),
        (5, true, &["added"]),
        (4, true, &["added", "degraded"]),
        (9, true, &["added", "degraded"]),
        (9, false, &["added", "degraded", "recovered"]),
    ] {
        site.publish(stories, if is_shell { shell } else { page });
        daemon.once();
        assert_eq!(events(&daemon), wanted);
    }
    let articles = daemon.tail("articles");
    let stopgaps = articles.iter().filter(|record| record["value"]["content_source"] == "feed");
    assert!(stopgaps.clone().all(|record| record["value"]["truncated"] == true));
    assert_eq!((articles.len(), stopgaps.count()), (47, 18));
    let event = daemon.tail("feed-events").into_iter().find(|record| record["value"]["event"] == "degraded").unwrap();
    assert_eq!(event["headers"]["ce_type"], "dateline.feed.degraded");
    let reason = event["value"]["reason"].as_str().unwrap();
    assert!(reason.contains("of the last 8 pages gave no text"), "{reason}");
    let explained = String::from_utf8(daemon.output(&["feeds", "explain", "isles"]).stdout).unwrap();
    assert!(explained.contains("without text: 18 of the last 32"), "{explained}");
}

#[test]
fn repeated_page_parts_are_removed_even_after_a_restart() {
    let mut site = Site::start();
    let daemon = site.daemon();
    let note = "Isles News is run by its readers. If you would like to help, write to the editors of the isles.";
    let with_note = |n: usize| page(n).replace("</article>", &format!("<p>{note}</p></article>"));
    // Each article is read with what was committed before its poll; each poll is a separate daemon run.
    for (stories, is_there) in [(1, true), (1, true), (1, true), (1, false), (5, false)] {
        site.publish(stories, with_note);
        daemon.once();
        let articles = daemon.tail("articles");
        for record in &articles[articles.len() - stories..] {
            let text = record["value"]["text"].as_str().unwrap();
            assert_eq!(text.contains(note), is_there, "{text}");
            assert!(text.contains("The cook of the ferry"));
        }
    }
    let learned = || {
        let records = daemon.tail("feed-state");
        let mut of_feed = records.into_iter().filter(|record| record["key"] == "isles/l/repeats");
        of_feed.next_back().unwrap()["value"].clone()
    };
    let before = learned();
    assert_eq!(before["articles"], 9);
    // A poll without new articles, and a replay, teach nothing.
    daemon.once();
    assert!(daemon.output(&["replay"]).status.success());
    assert_eq!((learned(), daemon.tail("articles").len()), (before, 9));
}
