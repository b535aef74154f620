//! Small pages, with the values that must be read from them and their sources.

use serde_json::Value;
use url::Url;

use super::{SiteContext, from_page};

const STORY: &str = "<p>The council of the harbour town voted on Monday to raise the sea wall by a metre, after two floods in one \
                     winter closed the shops on the quay for weeks.</p><p>Work will begin in spring, the mayor told the meeting, and \
                     it will take two years until the last stone is laid.</p>";

/// Returns the value of a field and its source, in a page with this head, and this between headline and article.
fn told(field: &str, head: &str, under: &str) -> (String, String) {
    let html = format!(
        "<html><head><title>Town raises its wall - World Wire</title><meta property=og:site_name content='World Wire'>{head}</head>\
         <body><nav><a href=/coast/>Coast</a> <a href=/about/>About</a></nav><article><h1>Town raises its wall</h1>{under}{STORY}\
         </article><div class=comments><p class=author>By Someone Else</p><time datetime=2020-01-01T00:00:00Z></time></div></body></html>"
    );
    let url = Url::parse("https://worldwire.example/coast/wall").unwrap();
    let article = serde_json::to_value(from_page(&html, Some(&url), None, None, &SiteContext::default())).unwrap();
    let value = match &article[field] {
        Value::Array(all) => {
            all.iter().map(|v| v["name"].as_str().or(v.as_str()).unwrap_or_default()).collect::<Vec<_>>().join("; ")
        }
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    (value, article["sources"][field].as_str().unwrap_or_default().to_owned())
}

fn json(story: &str) -> String {
    format!("<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",{story}}}</script>")
}

#[test]
fn authors_are_believed_in_the_order_of_trust() {
    for (head, under, authors, source) in [
        (
            json(r#""author":{"@type":"Person","name":"Ada Reyes"}"#),
            "<p class=byline>By Ada Reyes</p>",
            "Ada Reyes",
            "json_ld",
        ),
        (json(r#""author":[{"@type":"Person","name":"Regan"},"Jo Lind"]"#), "", "Regan; Jo Lind", "json_ld"),
        // One of two is stated.
        (
            json(r#""author":{"name":"Ada Reyes"}"#),
            "<p class=byline>By Ada Reyes and Jo Lind</p>",
            "Ada Reyes; Jo Lind",
            "heuristics",
        ),
        // Who filed the article is stated, who wrote it is printed.
        (json(r#""author":{"name":"Mo Adeyemi"}"#), "<p>By Ada Reyes</p>", "Ada Reyes", "heuristics"),
        // The site signs.
        (json(r#""author":{"@type":"Person","name":"WorldWire"}"#), "<p>By Ada Reyes</p>", "Ada Reyes", "heuristics"),
        (json(r#""author":{"@type":"Organization","name":"World Wire"}"#), "", "World Wire", "json_ld"),
        (
            json(r#""author":{"@type":"Organization","name":"World Wire"}"#),
            "<p class=byline>By Ada Reyes</p>",
            "Ada Reyes",
            "heuristics",
        ),
        (
            "<meta property=article:author content=https://social.example/ada><meta name=author content='Ada Reyes'>"
                .into(),
            "",
            "Ada Reyes",
            "meta",
        ),
        ("<meta property=article:author content='Ada Reyes'>".into(), "", "Ada Reyes", "open_graph"),
        (
            "<meta name=parsely-author content='Ada Reyes'><meta name=parsely-author content='Jo Lind'>".into(),
            "",
            "Ada Reyes; Jo Lind",
            "meta",
        ),
        ("<meta name=dc.creator content='Ada Reyes'>".into(), "", "Ada Reyes", "meta"),
        ("<meta name=sailthru.author content='By ADA REYES, AP Writer'>".into(), "", "ADA REYES", "meta"),
        (String::new(), "<span itemprop=author>Ada Reyes</span>", "Ada Reyes", "heuristics"),
        (String::new(), "<a rel=author href=/ada>Ada Reyes</a><span>12 March 2019</span>", "Ada Reyes", "heuristics"),
        (String::new(), "<div class='p-author h-card'>Ada Reyes</div>", "Ada Reyes", "heuristics"),
        (
            String::new(),
            "<div class=author><span>Ada Reyes</span><span>News reporter</span><a>@ada</a></div>",
            "Ada Reyes",
            "heuristics",
        ),
        (String::new(), "<h3>by Ada Reyes<br>Monday, March 11, 2019</h3>", "Ada Reyes", "heuristics"),
        (String::new(), "<p>Von Ada Reyes publiziert am 12. März 2019</p>", "Ada Reyes", "heuristics"),
        (
            String::new(),
            "<p>By <a>Ada Reyes</a> , <a>Jo Lind</a> on Monday, March 11th, 2019</p>",
            "Ada Reyes; Jo Lind",
            "heuristics",
        ),
        (String::new(), "<address>By Ada Reyes</address>", "Ada Reyes", "heuristics"),
        (String::new(), "<p class=author>World Wire Sport</p>", "", ""),
        (String::new(), "", "", ""),
    ] {
        assert_eq!(told("authors", &head, under), (authors.to_owned(), source.to_owned()), "{head} {under}");
    }
}

#[test]
fn times_are_believed_in_the_order_of_trust() {
    for (head, under, at, source) in [
        (json(r#""datePublished":"2019-03-12T10:30:00+01:00""#), "", "2019-03-12T09:30:00Z", "json_ld"),
        (
            json(r#""datePublished":"2019-03-12""#),
            "<time datetime=2019-03-12T09:30:00Z>",
            "2019-03-12T09:30:00Z",
            "heuristics",
        ),
        (
            json(r#""datePublished":"0001-01-01T00:00:00Z""#),
            "<p>Published 5:30 AM EDT Mar 12, 2019</p>",
            "2019-03-12T09:30:00Z",
            "heuristics",
        ),
        (
            "<meta property=article:published_time content='March 12, 2019, 05:30 AM EDT'>".into(),
            "",
            "2019-03-12T09:30:00Z",
            "open_graph",
        ),
        ("<meta name=citation_publication_date content=2019/03/12>".into(), "", "2019-03-12T00:00:00Z", "meta"),
        ("<meta itemprop=datePublished content=2019-03-12T09:30:00Z>".into(), "", "2019-03-12T09:30:00Z", "meta"),
        (String::new(), "<p>Posted on 12 March 2019</p>", "2019-03-12T00:00:00Z", "heuristics"),
        (String::new(), "<p>Опубликовано 12 марта 2019, 10:30</p>", "2019-03-12T10:30:00Z", "heuristics"),
        (String::new(), "<time class=dt-published>12 March 2019</time>", "2019-03-12T00:00:00Z", "heuristics"),
        (String::new(), "<p>Updated 13 March 2019</p><p>12 March 2019</p>", "2019-03-12T00:00:00Z", "heuristics"),
        (String::new(), "", "", ""),
    ] {
        assert_eq!(told("published", &head, under), (at.to_owned(), source.to_owned()), "{head} {under}");
    }
    assert_eq!(
        told("modified", &json(r#""datePublished":"2019-03-12T10:30:00Z","dateModified":"2019-03-11T10:30:00Z""#), "")
            .0,
        "",
        "nothing is modified before it is published"
    );
}

#[test]
fn sections_are_believed_in_the_order_of_trust() {
    for (head, under, section, source) in [
        (json(r#""articleSection":"Europe""#), "", "Europe", "json_ld"),
        (json(r#""articleSection":["Front Page","Europe"]"#), "", "Europe", "json_ld"),
        (
            json(r#""articleSection":"Home Page""#) + "<meta property=article:section content=Europe>",
            "",
            "Europe",
            "open_graph",
        ),
        ("<meta name=parsely-section content=europe>".into(), "", "europe", "meta"),
        (String::new(), "<nav class=breadcrumbs><a>Home</a><a>World</a><a>Europe</a></nav>", "Europe", "heuristics"),
        (String::new(), "<a class=kicker>Europe</a>", "Europe", "heuristics"),
        (String::new(), "<a rel='category tag'>Europe</a>", "Europe", "heuristics"),
        (String::new(), "<a itemprop=articleSection>Europe</a>", "Europe", "heuristics"),
        // The address' folder has a name on the page.
        (String::new(), "", "Coast", "heuristics"),
    ] {
        assert_eq!(told("section", &head, under), (section.to_owned(), source.to_owned()), "{head} {under}");
    }
}

#[test]
fn numbers_in_printed_dates_need_evidence() {
    let british = "<meta property=og:locale content=en_GB>";
    for (head, under, published) in [
        ("", "<p>Published 08/10/2019</p>", ""),
        ("", "<p>Published Tuesday 08/10/2019</p>", "2019-10-08T00:00:00Z"),
        ("", "<p>Published 23/10/2019</p>", "2019-10-23T00:00:00Z"),
        ("", "<p>Published 08.10.2019</p>", "2019-10-08T00:00:00Z"),
        (british, "<p>Published 08/10/2019 10:30</p>", "2019-10-08T10:30:00Z"),
        ("<meta property=og:locale content=en_US>", "<p>Published 08/10/2019</p>", "2019-08-10T00:00:00Z"),
        // Another date of the page is in no doubt.
        ("", "<p>Published 08/10/2019, updated 14/10/2019</p>", "2019-10-08T00:00:00Z"),
        (british, "<p>Published 08/10/2019, updated 08/14/2019</p>", "2019-08-10T00:00:00Z"),
        (
            "<meta property=article:modified_time content=2019-10-08T12:00:00Z>",
            "<p>Published 08/10/2019</p>",
            "2019-10-08T00:00:00Z",
        ),
    ] {
        assert_eq!(told("published", head, under).0, published, "{head} {under}");
    }
}

#[test]
fn a_date_and_a_name_in_one_line_stay_apart() {
    for (under, published, author) in [
        (
            "<p class=byline>Monday August 26, 2024 10:05 am PDT by Julia Clove</p>",
            "2024-08-26T17:05:00Z",
            "Julia Clove",
        ),
        ("<p>2024-08-26 10:05 by Mark Dunn</p>", "2024-08-26T10:05:00Z", "Mark Dunn"),
        ("<p>Posted on August 26, 2024 at 10:05 am by Martin Hale</p>", "2024-08-26T10:05:00Z", "Martin Hale"),
        ("<p class=post-meta>26.08.2024, 10:05 Uhr, Martin Hahn</p>", "2024-08-26T10:05:00Z", "Martin Hahn"),
        ("<p>26 August 2024 10:05 by Adam West</p>", "2024-08-26T10:05:00Z", "Adam West"),
        ("<p class=byline>May Chen, 26.08.2024</p>", "2024-08-26T00:00:00Z", "May Chen"),
        ("<p>By April Jones, March 5, 2024</p>", "2024-03-05T00:00:00Z", "April Jones"),
        ("<p class=byline>Theresa May 5 June 2024</p>", "2024-06-05T00:00:00Z", "Theresa May"),
        ("<p>lundi 26 août 2024 à 10h05, par Julie Avril</p>", "2024-08-26T10:05:00Z", "Julie Avril"),
        ("<p>26. srpna 2024 10:05 | Autor: Marek Dub</p>", "2024-08-26T10:05:00Z", "Marek Dub"),
        ("<p>By Dean Marsh | 26 Aug 2024 | updated 27 Aug 2024</p>", "2024-08-26T00:00:00Z", "Dean Marsh"),
    ] {
        assert_eq!(told("published", "", under).0, published, "{under}");
        assert_eq!(told("authors", "", under).0, author, "{under}");
    }
}

#[test]
fn headlines_publishers_and_keywords_are_clean() {
    for (field, head, value, source) in [
        ("headline", json(r#""headline":"Town raises its wall | World Wire""#), "Town raises its wall", "json_ld"),
        ("headline", json(r#""headline":"Town raises""#), "Town raises its wall", "heuristics"),
        (
            "headline",
            "<meta property=og:title content='Wall row: new wall'>".into(),
            "Wall row: new wall",
            "open_graph",
        ),
        ("headline", String::new(), "Town raises its wall", "heuristics"),
        ("publisher", json(r#""publisher":{"@type":"Organization","name":"Wire Group"}"#), "Wire Group", "json_ld"),
        ("publisher", json(r#""publisher":{"name":"https://worldwire.example"}"#), "World Wire", "open_graph"),
        (
            "keywords",
            json(r#""keywords":["Walls","Coast"]"#) + "<meta name=keywords content='coast, Floods;walls'>",
            "Walls; Coast; Floods",
            "json_ld",
        ),
        (
            "keywords",
            "<meta property=article:tag content=Walls><meta property=article:tag content=Coast>".into(),
            "Walls; Coast",
            "open_graph",
        ),
    ] {
        assert_eq!(told(field, &head, ""), (value.to_owned(), source.to_owned()), "{head}");
    }
    let stated = "<h1 itemprop=headline>Town raises its wall</h1>";
    let head = "<meta property=og:title content='Walls, floods: news and pictures 2019'>";
    assert_eq!(told("headline", head, stated), ("Town raises its wall".to_owned(), "meta".to_owned()));
}
