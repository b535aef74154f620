//! Follows one article from its feed to the committed records, compared with what a reader would write down.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::Value;
use test_support::daemon::Daemon;
use test_support::server::Server;

const PAGE: &str = r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Minister opens dam in Kenya | Rift Daily</title>
<link rel="canonical" href="BASE/africa/dam-opens"><meta property="og:site_name" content="Rift Daily">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Minister opens dam in Kenya","datePublished":"2025-03-02T08:00:00+03:00","articleSection":"Africa","author":{"@type":"Person","name":"Amina Otieno"}}</script></head>
<body><nav><a href="/">Home</a> <a href="/africa">Africa</a></nav><div class="cookie-banner">We use cookies. <button>Accept</button></div>
<article><h1>Minister opens dam in Kenya</h1><ul class="share"><li>Share on X</li></ul>
<p>Kenya opened its largest dam on Sunday, a project that has taken eleven years and cost twice what was planned.</p>
<figure><img src="/dam.jpg" alt=""><figcaption>Water leaves the dam for the first time, watched by crowds in Turkana. – Reuters</figcaption></figure>
<p>"This water will light a million homes," said Energy Minister Grace Wanjiru.</p>
<p>"And it will not ask who voted for whom."</p>
<p>Wanjiru told reporters that the second dam would be built without foreign loans.</p>
<p>Environmental groups warned that Lake Turkana could fall by "more than two metres" within ten years.</p>
<aside class="related"><h3>Read more</h3><a href="/x">"Never again," farmers say</a></aside>
<p>The World Bank said it had not been asked for money.</p>
<div class="newsletter">Sign up for our newsletter.</div></article><footer>© 2025 Rift Daily. All rights reserved.</footer></body></html>"#;

fn serve() -> Server {
    Server::start(|base| {
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>Rift Daily</title><link>{base}</link><item><title>Minister opens dam in Kenya</title>\
             <link>{base}/africa/dam-opens?utm_source=rss</link><guid isPermaLink=\"false\">rd-1</guid><category>Energy</category>\
             <description>Kenya opened its largest dam on Sunday.</description></item></channel></rss>"
        );
        let page = PAGE.replace("BASE", base);
        Router::new()
            .route("/feed.xml", get(|| async move { ([(header::CONTENT_TYPE, "application/rss+xml")], feed) }))
            .route("/africa/dam-opens", get(|| async move { ([(header::CONTENT_TYPE, "text/html")], page) }))
    })
}

#[test]
fn one_article_becomes_the_expected_records() {
    let server = serve();
    let base = &server.base;
    let daemon = Daemon::new(&format!("[[feed]]\nid = \"rift\"\nurl = \"{base}/feed.xml\"\n"), "");
    daemon.once();
    let articles = daemon.tail("articles");
    assert_eq!(articles.len(), 1);
    let article = &articles[0]["value"];
    let text: Vec<char> = article["text"].as_str().unwrap().chars().collect();
    let slice = |span: &Value| -> String {
        text[span["start"].as_u64().unwrap() as usize..span["end"].as_u64().unwrap() as usize].iter().collect()
    };
    for (key, want) in [
        ("headline", "Minister opens dam in Kenya"),
        ("section", "Africa"),
        ("published", "2025-03-02T05:00:00Z"),
        ("language", "en"),
        ("publisher", "Rift Daily"),
        ("content_source", "page"),
        ("guid", "rd-1"),
        ("pubstatus", "usable"),
    ] {
        assert_eq!(article[key], want, "{key}");
    }
    assert_eq!(article["url"], format!("{base}/africa/dam-opens"));
    assert_eq!(article["authors"][0]["name"], "Amina Otieno");
    let of_kind =
        |kind: &str| article["blocks"].as_array().unwrap().iter().filter(|b| b["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of_kind("paragraph").len(), 6);
    let caption = of_kind("caption")[0];
    assert_eq!(slice(caption), "Water leaves the dam for the first time, watched by crowds in Turkana.");
    assert_eq!(caption["credit"], "Reuters");
    for furniture in ["cookies", "Share on X", "Never again", "newsletter", "All rights reserved", "Home"] {
        assert!(!article["text"].as_str().unwrap().contains(furniture), "{furniture}");
    }
    let entities = daemon.tail("entities");
    let entities = entities[0]["value"]["entities"].as_array().unwrap();
    for mention in entities.iter().flat_map(|entity| entity["mentions"].as_array().unwrap()) {
        assert_eq!(mention["text"], slice(mention));
    }
    for (name, kind) in
        [("Grace Wanjiru", "person"), ("World Bank", "organisation"), ("Kenya", "place"), ("Lake Turkana", "place")]
    {
        assert!(entities.iter().any(|e| e["name"] == name && e["type"] == kind), "{kind} {name} in {entities:#?}");
    }
    let quotes = daemon.tail("quotes");
    let shown: Vec<(String, String, String)> = quotes
        .iter()
        .map(|record| {
            let quote = &record["value"];
            let words = |key: &str| quote[key].as_str().unwrap_or_default().to_owned();
            (
                words("type"),
                quote["speaker"]["name"].as_str().or(quote["speaker"]["text"].as_str()).unwrap_or("").to_owned(),
                words("text"),
            )
        })
        .collect();
    let want = [
        ("direct", "Grace Wanjiru", "This water will light a million homes,"),
        ("direct", "Grace Wanjiru", "And it will not ask who voted for whom."),
        ("indirect", "Grace Wanjiru", "that the second dam would be built without foreign loans"),
        ("mixed", "Environmental groups", "that Lake Turkana could fall by \"more than two metres\" within ten years"),
        ("indirect", "World Bank", "it had not been asked for money"),
    ];
    let want: Vec<_> = want.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(shown, want);
    let headers = &quotes[0]["headers"];
    assert_eq!((&headers["ce_type"], &headers["ce_source"]), (&"dateline.quote".into(), &"rift".into()));
    assert!(headers["traceparent"].as_str().unwrap().starts_with("00-"));
}
