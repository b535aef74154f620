//! Revisits of published articles: changed, corrected, cosmetic, missing, deleted by their feed; and copies of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use test_support::daemon::Daemon;
use test_support::server::Server;

/// What a site serves now, by path, and how often it was requested.
#[derive(Default)]
struct Pages {
    now: HashMap<String, (StatusCode, String, Option<String>)>,
    /// Path, and whether the request had validators.
    asked: Vec<(String, bool)>,
}

struct Site {
    server: Server,
    pages: Arc<Mutex<Pages>>,
}

impl Site {
    fn start() -> Self {
        let pages = Arc::<Mutex<Pages>>::default();
        let state = Arc::clone(&pages);
        let server = Server::start(|_| Router::new().route("/{*path}", get(answer)).with_state(state));
        Self { server, pages }
    }

    /// Sets a page without validators.
    fn set(&self, path: &str, status: StatusCode, body: &str) {
        self.pages.lock().unwrap().now.insert(path.to_owned(), (status, body.to_owned(), None));
    }

    /// Sets a page with an ETag.
    fn set_tagged(&self, path: &str, body: &str, tag: &str) {
        let page = (StatusCode::OK, body.to_owned(), Some(tag.to_owned()));
        self.pages.lock().unwrap().now.insert(path.to_owned(), page);
    }

    /// Sets the feed with these items and additional elements of its channel.
    fn set_feed(&self, guids: &[&str], extra: &str) {
        let item = |guid: &&str| {
            format!(
                "<item><title>Fire in a mill kills 4 people</title><link>{}/{guid}</link><guid isPermaLink=\"false\">{guid}</guid>\
                 <description>A mill burned down on Tuesday.</description></item>",
                self.server.base
            )
        };
        let items: String = guids.iter().map(item).collect();
        let feed = format!(
            "<rss version=\"2.0\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><channel><title>Mill News</title>\
             <link>{}</link>{extra}{items}</channel></rss>",
            self.server.base
        );
        self.set("feed.xml", StatusCode::OK, &feed);
    }

    /// Returns a daemon that revisits an article every three seconds of its life, without a pause between two revisits.
    fn daemon(&self) -> Daemon {
        let feeds = format!("[[feed]]\nid = \"mill\"\nurl = \"{}/feed.xml\"\n", self.server.base);
        let ages: Vec<String> = (1..=16).map(|n| format!("\"{}s\"", n * 3)).collect();
        let settings = format!("[articles]\nrevisit = [{}]\nrevisit_gap = \"0ms\"\n", ages.join(", "));
        Daemon::new(&feeds, &settings)
    }

    fn asked(&self, path: &str) -> Vec<bool> {
        let pages = self.pages.lock().unwrap();
        pages.asked.iter().filter(|(own, _)| own == path).map(|(_, conditional)| *conditional).collect()
    }
}

async fn answer(State(pages): State<Arc<Mutex<Pages>>>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let mut pages = pages.lock().unwrap();
    let known = headers.get(header::IF_NONE_MATCH).map(|tag| String::from_utf8_lossy(tag.as_bytes()).into_owned());
    pages.asked.push((path.clone(), known.is_some()));
    let Some((status, body, tag)) = pages.now.get(&path).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    if tag.is_some() && known == tag {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = if path.contains("xml") { "application/rss+xml" } else { "text/html; charset=utf-8" };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag.parse().unwrap());
    }
    response
}

const FIRST: &str = "A fire in an old mill by the river killed 4 people on Tuesday night, the police said, and the road \
                     through the valley stayed closed until the morning.";
const SECOND: &str = "The mayor, Anna Lindqvist, told reporters that the town had warned the owner of the mill in May, and \
                      that nobody had lived in the building for more than ten years before the fire.";
const THIRD: &str = "\u{201c}We saw the flames from the bridge, and there was nothing that we could do,\u{201d} said Peter Novak, who \
                     lives across the river and called the fire brigade shortly after midnight.";

fn page(paragraphs: &[&str], furniture: &str) -> String {
    let paragraphs: String = paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Fire in a mill kills 4 people | Mill News</title></head><body><nav><a \
         href=\"/\">Home</a></nav><article><h1>Fire in a mill kills 4 people</h1>{paragraphs}</article>{furniture}</body></html>"
    )
}

/// Waits until the next revisit of a page is due, and runs the daemon once. Returns false if none is planned.
fn look(daemon: &Daemon) -> bool {
    let state = daemon.tail("feed-state");
    let due =
        state.iter().filter(|r| r["key"].as_str().unwrap().contains("/v/")).filter_map(|r| r["value"]["due"].as_i64());
    let Some(due) = due.max() else { return false };
    let now = chrono::Utc::now().timestamp_millis();
    std::thread::sleep(Duration::from_millis(u64::try_from(due - now).unwrap_or(0) + 20));
    daemon.once();
    true
}

fn kinds(daemon: &Daemon) -> Vec<String> {
    let kind = |record: &Value| record["headers"]["ce_type"].as_str().unwrap().replace("dateline.article.", "");
    daemon.tail("articles").iter().map(kind).collect()
}

#[test]
fn only_a_changed_page_is_a_revision() {
    let site = Site::start();
    site.set_feed(&["one"], "");
    site.set_tagged("one", &page(&[FIRST, SECOND, THIRD], ""), "\"a\"");
    let daemon = site.daemon();
    daemon.once();
    assert_eq!(kinds(&daemon), ["created"]);
    // Not modified.
    assert!(look(&daemon));
    assert_eq!((kinds(&daemon).len(), site.asked("one")), (1, vec![false, true]));
    // Cosmetic changes: a relative time, a counter, an advertisement.
    let furniture = "<div class=\"comments\">340 comments</div><footer>Seen 12 times</footer>";
    site.set_tagged("one", &page(&[FIRST, SECOND, THIRD, "Updated 3 minutes ago"], furniture), "\"b\"");
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon).len(), 1);
    // A changed number.
    let first = FIRST.replace("killed 4", "killed 5");
    site.set_tagged("one", &page(&[&first, SECOND, THIRD], ""), "\"c\"");
    assert!(look(&daemon));
    // A correction; the daemon restarts between any two revisits.
    let notice = "Correction: The number of dead in an earlier version of this article was wrong.";
    site.set_tagged("one", &page(&[&first, SECOND, THIRD, notice], ""), "\"d\"");
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon), ["created", "updated", "corrected"]);
    let articles = daemon.tail("articles");
    let changes = |n: usize| articles[n]["value"]["changes"].clone();
    assert_eq!(changes(0), Value::Null);
    assert_eq!((&changes(1)["grade"], &changes(1)["what"]), (&"substance".into(), &serde_json::json!(["text"])));
    assert_eq!((&changes(2)["grade"], &changes(2)["notice"]), (&"correction".into(), &notice.into()));
    let value = &articles[2]["value"];
    assert_eq!(
        (&value["revision"], &value["guid"], &value["feed"]["title"]),
        (&3.into(), &"one".into(), &"Mill News".into())
    );
    assert_eq!(value["first_seen"], articles[0]["value"]["first_seen"]);
}

#[test]
fn a_page_missing_twice_is_withdrawn_once() {
    let site = Site::start();
    site.set_feed(&["one"], "");
    site.set("one", StatusCode::OK, &page(&[FIRST, SECOND, THIRD], ""));
    let daemon = site.daemon();
    daemon.once();
    let quotes = daemon.tail("quotes").len();
    assert!(quotes > 0);
    // A temporary error, or a single missing page, proves nothing.
    site.set("one", StatusCode::SERVICE_UNAVAILABLE, "");
    assert!(look(&daemon));
    site.set("one", StatusCode::GONE, "");
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon), ["created"]);
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon), ["created", "canceled"]);
    let articles = daemon.tail("articles");
    let value = &articles[1]["value"];
    assert_eq!((&value["pubstatus"], &value["revision"], &value["text"]), (&"canceled".into(), &2.into(), &"".into()));
    assert_eq!(value["headline"], articles[0]["value"]["headline"]);
    let tombstones = daemon.tail("quotes").iter().filter(|record| record["value"].is_null()).count();
    assert_eq!(tombstones, quotes);
    assert_eq!(daemon.tail("entities")[1]["value"]["entities"], serde_json::json!([]));
    assert!(!look(&daemon), "it is not looked at any more");
    daemon.once();
    assert_eq!(kinds(&daemon).len(), 2);
}

#[test]
fn a_page_that_was_down_is_read_later() {
    let site = Site::start();
    site.set_feed(&["one"], "");
    site.set("one", StatusCode::INTERNAL_SERVER_ERROR, "");
    let daemon = site.daemon();
    daemon.once();
    site.set("one", StatusCode::NOT_FOUND, "");
    assert!(look(&daemon) && look(&daemon));
    assert_eq!(kinds(&daemon), ["created"], "a page that never gave the story takes nothing back");
    site.set("one", StatusCode::OK, &page(&[FIRST, SECOND, THIRD], ""));
    assert!(look(&daemon));
    let articles = daemon.tail("articles");
    let sources: Vec<_> = articles.iter().map(|record| record["value"]["content_source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["feed", "page"]);
    assert_eq!(articles[1]["value"]["changes"]["what"][1], "source");
    assert_eq!(articles[0]["key"], articles[1]["key"]);
}

#[test]
fn an_entry_deleted_by_the_feed_is_withdrawn_once() {
    let site = Site::start();
    site.set_feed(&["one", "two"], "");
    site.set("one", StatusCode::OK, &page(&[FIRST, SECOND, THIRD], ""));
    site.set("two", StatusCode::OK, &page(&[SECOND, THIRD, FIRST], ""));
    let daemon = site.daemon();
    daemon.once();
    let deleted = "<at:deleted-entry ref=\"one\" when=\"2025-06-04T10:00:00Z\"/>";
    site.set_feed(&["two"], deleted);
    daemon.once();
    site.set_feed(&["two"], &format!("{deleted} "));
    daemon.once();
    assert_eq!(kinds(&daemon), ["created", "created", "canceled"]);
    assert_eq!(daemon.tail("articles")[2]["value"]["guid"], "one");
}

#[test]
fn a_copy_names_the_first_across_feeds_and_restarts() {
    let site = Site::start();
    site.set_feed(&["one"], "");
    let more = "The fire brigade of the next town came with three engines and forty people, and by four in the morning the fire \
                was out, but the roof of the mill had fallen in and the walls are not safe to stand beside any more.";
    site.set("one", StatusCode::OK, &page(&[FIRST, SECOND, THIRD, more], ""));
    let daemon = site.daemon();
    daemon.once();
    // The wire copy: shortened, with straight quotation marks, under another headline, on a separate page.
    let cut = THIRD.replace(['\u{201c}', '\u{201d}'], "\"");
    let copy = page(&[FIRST, SECOND, &cut], "").replace("Fire in a mill kills 4 people", "Four dead in mill fire");
    site.set("other/copy", StatusCode::OK, &copy);
    let other = site.pages.lock().unwrap().now["feed.xml"].1.clone();
    let other = other.replace(&format!("{}/one", site.server.base), &format!("{}/other/copy", site.server.base));
    site.set("other.xml", StatusCode::OK, &other.replace(">one<", ">copy<"));
    let list = format!(
        "[[feed]]\nid = \"mill\"\nurl = \"{0}/feed.xml\"\n\n[[feed]]\nid = \"other\"\nurl = \"{0}/other.xml\"\n",
        site.server.base
    );
    std::fs::write(daemon.folder.path().join("feeds.toml"), list).unwrap();
    daemon.once();
    let articles = daemon.tail("articles");
    assert_eq!(articles.len(), 2);
    assert_eq!(articles[0]["value"]["duplicate_of"], Value::Null);
    let named = &articles[1]["value"]["duplicate_of"];
    assert_eq!(named["id"], articles[0]["key"]);
    assert!(named["similarity"].as_f64().unwrap() > 0.9, "{named}");
}

#[test]
fn a_change_of_extraction_alone_is_not_a_revision() {
    let site = Site::start();
    site.set_feed(&["one"], "");
    let letter = "The Mill News has been printed in the valley since 1890, and belongs to the families who read it each morning.";
    let with = |first: &str, aside: &str| {
        let page = page(&[first, SECOND, THIRD, letter], &format!("<footer>{aside}</footer>"));
        page.replace(&format!("<p>{letter}"), &format!("<p class=\"letter\">{letter}"))
    };
    site.set("one", StatusCode::OK, &with(FIRST, "Seen 12 times"));
    let daemon = site.daemon();
    daemon.once();
    assert!(daemon.tail("articles")[0]["value"]["text"].as_str().unwrap().contains(letter));
    // Another reading, simulated by a site rule; the page changes only outside the article.
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    let rule = "\n[[site]]\nhost = \"127.0.0.1\"\ndrop = [\".letter\"]\n";
    std::fs::write(daemon.config(), config + rule).unwrap();
    let state = || {
        let records = daemon.tail("feed-state");
        let mut of_article = records.into_iter().filter(|record| record["key"].as_str().unwrap().contains("/a/"));
        of_article.next_back().unwrap()["value"].clone()
    };
    let before = state();
    site.set("one", StatusCode::OK, &with(FIRST, "Seen 340 times"));
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon), ["created"]);
    let after = state();
    assert_ne!((&before["reading"], &before["hash"]), (&after["reading"], &after["hash"]));
    assert_eq!((&before["quotes"], &before["revision"]), (&after["quotes"], &after["revision"]));
    // A replay finds the entities and quotations of the published text again, and forgets none of it.
    assert!(daemon.output(&["replay"]).status.success());
    assert_eq!((kinds(&daemon).len(), state()), (1, after));
    // The publisher's change is classified as what it is.
    site.set("one", StatusCode::OK, &with(&FIRST.replace("killed 4", "killed 5"), "Seen 341 times"));
    assert!(look(&daemon));
    assert_eq!(kinds(&daemon), ["created", "updated"]);
    let changed = &daemon.tail("articles")[1]["value"];
    assert_eq!(
        (&changed["changes"]["grade"], &changed["changes"]["what"]),
        (&"substance".into(), &serde_json::json!(["text"]))
    );
    assert!(!changed["text"].as_str().unwrap().contains(letter));
}
