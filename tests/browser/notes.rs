//! What is set for the requests of a feed and what a publisher reserves, as the pages show them.

use axum::Router;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use serde_json::json;
use test_support::browser::Browser;
use test_support::daemon::Daemon;
use test_support::free_port;
use test_support::http::ask;
use test_support::server::Server;

const SECRET: &str = "k3y-of-the-gazette";

fn publisher() -> Server {
    Server::start(|base| {
        let base = base.to_owned();
        Router::new().fallback(move |uri: Uri| {
            let item = format!("<item><title>Bridge to close</title><link>{base}/bridge</link><description>Short.</description></item>");
            let reply = match uri.path() {
                "/feed.xml" => format!("<rss version=\"2.0\"><channel><title>Gazette</title>{item}</channel></rss>").into_response(),
                _ => (
                    [("x-robots-tag", "noai"), (header::CONTENT_TYPE.as_str(), "text/html")],
                    "<html lang=en><head><title>Bridge to close</title></head><body><article><h1>Bridge to close</h1><p>The harbour \
                     board voted on Tuesday night to close the old swing bridge for six weeks.</p></article></body></html>",
                )
                    .into_response(),
            };
            async move { reply }
        })
    })
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn requests_and_reservations_are_shown_without_secrets() {
    let (publisher, port) = (publisher(), free_port());
    let list = format!(
        "[[feed]]\nid = \"gazette\"\nurl = \"{}/feed.xml\"\npages = \"always\"\n\n[feed.requests]\n\
         headers = {{ \"X-Api-Key\" = \"{SECRET}\" }}\nproxy = \"direct\"\n",
        publisher.base
    );
    let config =
        format!("[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[articles]\nreservations = \"skip_text\"\n");
    let daemon = Daemon::new(&list, &config);
    let running = daemon.start(&[]);
    let stories = || ask(&format!("127.0.0.1:{port}"), "GET", "/api/v1/stories", &[], "").json()["stories"].clone();
    daemon.wait_until("the article", || daemon.try_tail("articles").is_ok_and(|articles| articles.len() == 1));
    daemon.wait_until("its page", || stories().as_array().is_some_and(|stories| stories.len() == 1));
    let browser = Browser::start(1360, 900);
    for (path, has) in [
        ("/feeds".to_owned(), "requested with header X-Api-Key, no proxy"),
        (
            format!("/story/{}", stories()[0]["id"].as_str().unwrap()),
            "Its text is left out, because the publisher reserves it: noai.",
        ),
    ] {
        browser.open(&format!("http://127.0.0.1:{port}{path}"));
        browser.until(&format!("document.body.innerText.includes({})", json!(has)));
        let html = browser.run("return document.documentElement.outerHTML");
        assert!(!html.to_string().contains(SECRET), "{path}");
        let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, json!(0), "{path} is wider than its window");
        assert_eq!(browser.complaints(), [""; 0], "{path}");
    }
    running.stop();
}
