//! What publishers reserve, from every place where they say so, on both journals: carried in the record, and left out where the
//! config says so. The config is the example of `docs/rights.md`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use test_support::daemon::Daemon;
use test_support::http::ask;
use test_support::server::Server;
use test_support::{free_port, kafka, repository};

use crate::secrets::{KEPT, on_kafka};

const NAMES: [&str; 7] = ["free", "header", "meta", "file", "noai", "noarchive", "own"];

/// Returns the page of an article with further elements in its head.
fn page(name: &str, head: &str) -> String {
    format!(
        "<html lang=en><head><title>The board of {name}</title>{head}</head><body><article><h1>The board of {name}</h1>\
         <p>The harbour board of {name} voted on Tuesday night to close the old swing bridge for six weeks.</p>\
         <p>\u{201c}We will reopen the bridge of {name} before the summer,\u{201d} said Maria Keller, who leads the board.</p>\
         <p>Lorries will be sent over the northern ring road, and the ferry will run every twenty minutes until then.</p>\
         </article></body></html>"
    )
}

fn feed(base: &str) -> String {
    let item = |name: &&str| {
        format!(
            "<item><title>The board of {name}</title><link>{base}/{name}</link><guid>{name}</guid>\
             <description>The board voted.</description></item>"
        )
    };
    let items: String = NAMES.iter().map(item).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Gazette</title><link>{base}/</link><copyright>\u{a9} 2026 Gazette</copyright>{items}</channel></rss>"
    )
}

/// Starts a site that reserves each article in another way. Returns the paths that were requested.
fn site() -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    let server = Server::start(|base| {
        let base = base.to_owned();
        Router::new().fallback(move |uri: Uri| {
            log.lock().unwrap().push(uri.path().to_owned());
            let html =
                |head: &str| ([(header::CONTENT_TYPE, "text/html")], page(&uri.path()[1..], head)).into_response();
            let with = |name: &'static str, value: &'static str, mut reply: Response| {
                reply.headers_mut().append(name, value.parse().unwrap());
                reply
            };
            let reply = match uri.path() {
                // The header of the feed's own document is not about its articles.
                "/feed.xml" => with("x-robots-tag", "noindex, follow", feed(&base).into_response()),
                // All of this text is in the feed.
                "/own.xml" => with("tdm-reservation", "1", own(&base).into_response()),
                "/free" | "/file" => html(""),
                "/header" => with("tdm-policy", "/policy.json", with("tdm-reservation", "1", html(""))),
                "/meta" => with("tdm-reservation", "0", html("<meta name=\"tdm-reservation\" content=\"1\">")),
                "/noai" => with("x-robots-tag", "googlebot: noindex", with("x-robots-tag", "noai", html(""))),
                "/noarchive" => html("<meta name=\"robots\" content=\"NoArchive, max-image-preview:large\">"),
                "/own" => {
                    html("<meta name=\"dateline\" content=\"nosnippet\"><meta name=\"robots\" content=\"index\">")
                }
                "/.well-known/tdmrep.json" => {
                    json!([{ "location": "/file", "tdm-reservation": 1, "tdm-policy": "https://policies.example/1" },
                           { "location": "/header", "tdm-reservation": 0 }])
                    .to_string()
                    .into_response()
                }
                _ => StatusCode::NOT_FOUND.into_response(),
            };
            async move { reply }
        })
    });
    (server, asked)
}

fn own(base: &str) -> String {
    let sentence = "The harbour board of whole voted on Tuesday night to close the old swing bridge for six weeks, said Maria Keller. ";
    format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Whole</title><item>\
         <title>The board of whole</title><link>{base}/whole</link><guid>whole</guid><content:encoded>{}</content:encoded></item></channel></rss>",
        format!("&lt;p&gt;{sentence}&lt;/p&gt;").repeat(8)
    )
}

/// Returns the config in the docs.
fn example() -> String {
    let page = std::fs::read_to_string(repository("docs/rights.md")).unwrap();
    let block = page.split("```toml\n").nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

fn publish(extra: &str, journal: &str) -> (Server, Arc<Mutex<Vec<String>>>, Daemon) {
    let (server, asked) = site();
    let base = &server.base;
    let list = format!(
        "[[feed]]\nid = \"gazette\"\nurl = \"{base}/feed.xml\"\npages = \"always\"\n\n\
         [[feed]]\nid = \"whole\"\nurl = \"{base}/own.xml\"\npages = \"never\"\n"
    );
    let daemon = Daemon::new(&list, &format!("{extra}\n{journal}"));
    daemon.once();
    (server, asked, daemon)
}

/// Returns the article about this subject.
fn article(daemon: &Daemon, name: &str) -> Value {
    let title = format!("The board of {name}");
    let mut found = daemon.tail("articles").into_iter().map(|record| record["value"].clone());
    found.find(|article| article["headline"] == title.as_str()).unwrap_or_else(|| panic!("{name}\n{}", daemon.log()))
}

/// Returns the numbers of entities and quotations of an article.
fn found(daemon: &Daemon, article: &Value) -> (usize, usize) {
    let of = |topic: &str| {
        let records = daemon.tail(topic).into_iter().map(|record| record["value"].clone());
        records.filter(|value| value["article_id"] == article["id"]).collect::<Vec<_>>()
    };
    let sets = of("entities");
    assert_eq!(sets.len(), 1, "one set for each article, even if it is empty");
    (sets[0]["entities"].as_array().unwrap().len(), of("quotes").len())
}

fn are_carried_and_honoured(journal: &str) {
    let (server, asked, daemon) = publish("", journal);
    let notice = "\u{a9} 2026 Gazette";
    let policy = format!("{}/policy.json", server.base);
    for (name, robots, tdm) in [
        ("free", json!([]), json!(null)),
        ("header", json!([]), json!({ "reserved": true, "policy": policy, "source": "header" })),
        ("meta", json!([]), json!({ "reserved": true, "policy": null, "source": "meta" })),
        ("file", json!([]), json!({ "reserved": true, "policy": "https://policies.example/1", "source": "file" })),
        ("noai", json!(["noai"]), json!(null)),
        ("noarchive", json!(["noarchive", "max-image-preview:large"]), json!(null)),
        ("own", json!(["nosnippet"]), json!(null)),
    ] {
        let article = article(&daemon, name);
        assert_eq!(article["content_source"], "page", "{name}");
        let rights = json!({ "notice": notice, "robots": robots, "tdm": tdm, "withheld": null });
        assert_eq!(article["rights"], rights, "{name}");
        let (entities, quotes) = found(&daemon, &article);
        assert!(entities > 0 && quotes > 0, "{name}");
    }
    let whole = article(&daemon, "whole");
    assert_eq!(whole["rights"]["tdm"], json!({ "reserved": true, "policy": null, "source": "header" }));
    let files = asked.lock().unwrap().iter().filter(|path| path.contains("tdmrep")).count();
    assert_eq!(files, 1, "once for the whole site");
    drop(daemon);

    for (extra, part) in [("[articles]\nreservations = \"skip_extraction\"\n", "extraction"), (&*example(), "text")] {
        let journal = journal.replace("prefix = \"", &format!("prefix = \"{part}-"));
        let (_server, _, daemon) = publish(extra, &journal);
        for (name, because) in [
            ("free", json!(null)),
            ("header", json!(["tdm-reservation"])),
            ("meta", json!(["tdm-reservation"])),
            ("file", json!(["tdm-reservation"])),
            ("noai", json!(["noai"])),
            ("noarchive", if part == "text" { json!(["noarchive"]) } else { json!(null) }),
            ("own", json!(["nosnippet"])),
            ("whole", json!(["tdm-reservation"])),
        ] {
            let article = article(&daemon, name);
            let is_reserved = !because.is_null();
            let withheld = if is_reserved { json!({ "part": part, "because": because }) } else { json!(null) };
            assert_eq!(article["rights"]["withheld"], withheld, "{name}");
            let has_text = !article["text"].as_str().unwrap().is_empty();
            assert_eq!(has_text, !(is_reserved && part == "text"), "{name}");
            assert_eq!(article["blocks"].as_array().unwrap().is_empty(), !has_text, "{name}");
            let (entities, quotes) = found(&daemon, &article);
            assert_eq!(entities == 0 && quotes == 0, is_reserved, "{name}: {entities} entities, {quotes} quotations");
        }
        // Extracting again finds nothing more.
        if journal.is_empty() {
            assert!(daemon.output(&["replay"]).status.success());
            let articles = daemon.tail("articles").into_iter().map(|record| record["value"].clone());
            let reserved: Vec<Value> = articles.filter(|article| !article["rights"]["withheld"].is_null()).collect();
            let quotes = daemon.tail("quotes");
            let is_of = |article: &Value| quotes.iter().any(|record| record["value"]["article_id"] == article["id"]);
            assert!(!reserved.is_empty() && !reserved.iter().any(is_of));
        }
    }
}

#[test]
fn reservations_are_carried_and_honoured_in_the_store() {
    are_carried_and_honoured("");
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn reservations_are_carried_and_honoured_on_kafka() {
    let cluster = kafka::broker(1);
    are_carried_and_honoured(&on_kafka(&cluster, "rights"));
}

#[test]
fn the_pages_show_what_is_reserved_and_what_was_left_out() {
    let (server, _) = site();
    let port = free_port();
    let list = format!("[[feed]]\nid = \"gazette\"\nurl = \"{}/feed.xml\"\npages = \"always\"\n", server.base);
    let serve = format!("{KEPT}\n[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n{}", example());
    let daemon = Daemon::new(&list, &serve);
    let running = daemon.start(&[]);
    daemon
        .wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|articles| articles.len() == NAMES.len()));
    let address = format!("127.0.0.1:{port}");
    let shown = |name: &str| {
        let id = article(&daemon, name)["id"].as_str().unwrap().to_owned();
        ask(&address, "GET", &format!("/story/{id}"), &[], "").body
    };
    let header = shown("header");
    for part in [
        "Its text is left out, because the publisher reserves it: tdm-reservation.",
        "\u{a9} 2026 Gazette",
        "Text and data mining",
        &format!("{}/policy.json", server.base),
    ] {
        assert!(header.contains(part), "{part}\nis not in\n{header}");
    }
    assert!(!header.contains("northern ring road"));
    let free = shown("free");
    assert!(free.contains("northern ring road") && !free.contains("left out"), "{free}");
    assert!(shown("noarchive").contains("noarchive, max-image-preview:large"));
    running.stop();
}
