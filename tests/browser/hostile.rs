//! Articles by an attacker: they are shown and do nothing.

use std::fmt::Write;

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use test_support::browser::Browser;
use test_support::http::ask;
use test_support::server::Server;
use test_support::wait::wait_until;

use crate::demo::Demo;

/// Each attack would set `owned`, or send a request to a foreign server, if it were more than text.
const ATTACKS: [&str; 6] = [
    "<script>window.owned = 1</script>",
    "<img src=\"http://192.0.2.1/x.png\" onerror=\"window.owned = 2\">",
    "\"><svg onload=window.owned=3>",
    "' autofocus onfocus='window.owned=4' x='",
    "</bdi></mark></p><iframe src=\"javascript:parent.owned=5\"></iframe>",
    "{{ owned }}${owned}\u{202e}\u{2066}\u{0}",
];

fn escaped(text: &str) -> String {
    text.replace('\u{0}', "").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns a feed whose every field is an attack.
fn feed() -> String {
    let mut items = String::new();
    for (at, attack) in ATTACKS.iter().enumerate() {
        let text = escaped(attack);
        // As HTML within the feed's HTML, which decodes to the attack as text.
        let body = escaped(&format!(
            "<p>{text} The mayor of Springfield spoke on Tuesday about the plans of the council for the harbour and the old mill.</p>\
             <p>\u{201c}{text} is what we will build before the summer,\u{201d} said {text} Maria Keller, who leads the council.</p>\
             <p>More than a hundred residents came to the town hall to listen to the debate about roads and the library.</p>"
        ));
        let _ = write!(
            items,
            "<item><title>{text} {at}</title><link>javascript:window.owned=6</link><guid isPermaLink=\"false\">{at}</guid>\
             <author>{text}</author><category>{text}</category><description>{body}</description></item>"
        );
    }
    let endless = "\u{202e}Endless ".repeat(130_000);
    let _ = write!(
        items,
        "<item><title>{endless}</title><guid isPermaLink=\"false\">long</guid><description>Text.</description></item>"
    );
    let title = escaped(ATTACKS[0]);
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{title}</title><link>http://127.0.0.1/</link>{items}</channel></rss>"
    )
}

fn publisher() -> Server {
    let page = "<link rel=alternate type=application/rss+xml href=/evil title='<script>owned=7</script>'>";
    Server::start(|_| {
        Router::new()
            .route("/evil", get(|| async { ([(header::CONTENT_TYPE, "application/rss+xml")], feed()) }))
            .route("/", get(move || async move { Html(page) }))
    })
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn hostile_articles_do_nothing() {
    let demo = Demo::start();
    let publisher = publisher();
    let browser = Browser::start(1360, 900);
    let harmless = |page: &str| {
        let owned = browser.run("return typeof window.owned");
        assert_eq!(owned, json!("undefined"), "{page}");
        let foreign = "return [...document.querySelectorAll('iframe, object, embed, img, base, [onerror], [onload], [onfocus], \
                       [autofocus], a[href^=\"javascript\" i], script:not([src^=\"/static/\"])')].map((one) => one.outerHTML)";
        assert_eq!(browser.run(foreign), json!([]), "{page}");
        let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, json!(0), "{page} runs over");
        let turned =
            browser.run("return /[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.textContent)");
        assert_eq!(turned, json!(false), "{page} is turned");
        demo.check(&browser);
    };
    browser.open(&demo.url("/feeds"));
    browser.click("#add summary");
    browser.type_into("#find input[name=url]", &format!("{}/", publisher.base));
    browser.click("#find button");
    browser.until("document.querySelector('.find button')");
    harmless("the preview");
    browser.click(".find button");
    browser.until("document.getElementById('message').textContent.includes('was added')");

    let stories =
        || ask(&demo.server, "GET", "/api/v1/stories?limit=200", &[], "").json()["stories"].as_array().unwrap().clone();
    let evil =
        || stories().into_iter().filter(|story| story["feed"].as_str().unwrap().ends_with("evil")).collect::<Vec<_>>();
    wait_until("the hostile stories", || evil().len() == ATTACKS.len() + 1);
    browser.open(&demo.url("/"));
    browser.until("document.body.innerText.includes('window.owned = 1')");
    browser.until("document.body.innerText.includes('Endless')");
    browser.shoot("hostile");
    harmless("live");
    for story in evil() {
        let path = format!("/story/{}", story["id"].as_str().unwrap());
        browser.open(&demo.url(&path));
        harmless(&path);
        assert!(ask(&demo.server, "GET", &path, &[], "").body.len() < 200_000, "{path}");
    }
    for path in [
        "/quotes",
        "/quotes?q=summer",
        "/feeds",
        "/pipeline",
        "/quotes?q=%22%3E%3Cscript%3Eowned%3D8%3C/script%3E",
        "/feeds?q=%3Cimg+src%3Dx+onerror%3Downed%3D9%3E",
    ] {
        browser.open(&demo.url(path));
        browser.until("document.readyState === 'complete'");
        harmless(path);
        let page = ask(&demo.server, "GET", path, &[], "").body;
        assert!(page.len() < 200_000 && !page.contains("<script>") && !page.contains("<img"), "{path}");
    }
}
