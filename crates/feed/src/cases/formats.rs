//! Formats and their peculiarities.

use super::documents;
use crate::{Hints, parse};

const CDF: &str = "<?xml version='1.0'?><CHANNEL HREF='https://c.example/' LASTMOD='2024-06-03T10:00'><TITLE>T</TITLE>\
    <ABSTRACT>D</ABSTRACT><LOGO HREF='/l.gif' STYLE='IMAGE'/><ITEM HREF='/a' LASTMOD='2024-06-02'><TITLE>A</TITLE>\
    <ABSTRACT>S</ABSTRACT></ITEM><ITEM><A HREF='https://c.example/b'/></ITEM></CHANNEL>";
const RDF: &str = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
    <channel rdf:about='/f'><title>T</title><link>https://r.example/</link><image rdf:resource='/i.png'/><items><rdf:Seq>\
    <rdf:li rdf:resource='/a'/></rdf:Seq></items></channel><image><url>/i.png</url></image>\
    <item rdf:about='https://r.example/a'><title>A</title><link>https://r.example/a</link></item></rdf:RDF>";
const NEWS: &str = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>\
    <url><loc>https://s.example/a?x=1&amp;y=2</loc><n:news><n:publication><n:name>Isles</n:name><n:language>en</n:language>\
    </n:publication><n:publication_date>2024-06-03</n:publication_date><n:title>A &amp; B</n:title><n:keywords>a, b</n:keywords>\
    </n:news><image:image><image:loc>/i.jpg</image:loc></image:image></url><url><loc/></url></urlset>";
const INDEX: &str = "<sitemapindex><sitemap><loc>https://s.example/1.xml.gz</loc><lastmod>2024-06-03T10:00:00Z</lastmod></sitemap></sitemapindex>";

#[test]
fn names() {
    documents(&[
        ("<rss version='0.91'><channel/></rss>", "/feed/format", r#""rss 0.91""#),
        ("<rss version='0.92'><channel/></rss>", "/feed/format", r#""rss 0.92""#),
        ("<rss version=' 2.0 '><channel/></rss>", "/feed/format", r#""rss 2.0""#),
        ("<rss><channel/></rss>", "/feed/format", r#""rss""#),
        (
            "<rdf:RDF xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/></rdf:RDF>",
            "/feed/format",
            r#""rss 0.90""#,
        ),
        (
            "<rdf:RDF xmlns='http://channel.netscape.com/rdf/simple/0.9/'><channel/></rdf:RDF>",
            "/feed/format",
            r#""rss 0.90""#,
        ),
        (RDF, "/feed/format", r#""rss 1.0""#),
        ("<feed version='0.3' xmlns='http://purl.org/atom/ns#'/>", "/feed/format", r#""atom 0.3""#),
        ("<feed xmlns='http://purl.org/atom/ns#'/>", "/feed/format", r#""atom 0.3""#),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "/feed/format", r#""atom 1.0""#),
        (CDF, "/feed/format", r#""cdf""#),
        (NEWS, "/feed/format", r#""sitemap""#),
        (INDEX, "/feed/format", r#""sitemap index""#),
    ]);
}

#[test]
fn particulars() {
    documents(&[
        (RDF, "/feed/title", r#""T""#),
        (RDF, "/feed/link", r#""https://r.example/""#),
        (RDF, "/feed/image/url", r#""https://isles.example/i.png""#),
        (RDF, "/count", "1"),
        (RDF, "/entries/0/guid", r#""https://r.example/a""#),
        (CDF, "/feed/link", r#""https://c.example/""#),
        (CDF, "/feed/description", r#""D""#),
        (CDF, "/feed/image/url", r#""https://isles.example/l.gif""#),
        (CDF, "/feed/updated", r#""2024-06-03T10:00:00Z""#),
        (CDF, "/entries/0/link", r#""https://isles.example/a""#),
        (CDF, "/entries/0/summary", r#""S""#),
        (CDF, "/entries/0/updated", r#""2024-06-02T00:00:00Z""#),
        (CDF, "/entries/1/link", r#""https://c.example/b""#),
        (NEWS, "/count", "1"),
        (NEWS, "/entries/0/link", r#""https://s.example/a?x=1&y=2""#),
        (NEWS, "/entries/0/title", r#""A & B""#),
        (NEWS, "/entries/0/published", r#""2024-06-03T00:00:00Z""#),
        (NEWS, "/entries/0/source/title", r#""Isles""#),
        (NEWS, "/entries/0/language", r#""en""#),
        (NEWS, "/entries/0/categories", r#"["a","b"]"#),
        (NEWS, "/entries/0/image", r#""https://isles.example/i.jpg""#),
        (INDEX, "/entries/0/link", r#""https://s.example/1.xml.gz""#),
        (INDEX, "/entries/0/updated", r#""2024-06-03T10:00:00Z""#),
    ]);
}

#[test]
fn tombstones() {
    let feed = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>\
        <at:deleted-entry ref='tag:a' when='2024-06-03T10:00:00Z'><at:comment>moved</at:comment></at:deleted-entry></feed>";
    let read = parse(feed.as_bytes(), &Hints::default()).unwrap();
    assert_eq!((read.deleted.len(), read.entries.len()), (1, 0));
    assert_eq!((read.deleted[0].guid.as_str(), read.deleted[0].comment.as_deref()), ("tag:a", Some("moved")));
    assert!(read.deleted[0].when.is_some());
}

#[test]
fn a_relative_link_without_a_url_is_the_sites() {
    let feed = "<rss><channel><link>https://isles.example/news/</link><item><link>a</link></item></channel></rss>";
    let read = parse(feed.as_bytes(), &Hints::default()).unwrap();
    assert_eq!(read.entries[0].link.as_deref(), Some("https://isles.example/news/a"));
}

#[test]
fn a_date_ahead_of_the_present_is_kept_raw() {
    let feed = "<rss><channel><item><pubDate>2024-06-10</pubDate></item></channel></rss>";
    let now = Some("2024-06-03T00:00:00Z".parse().unwrap());
    let read = parse(feed.as_bytes(), &Hints { now, ..Hints::default() }).unwrap();
    assert_eq!((read.entries[0].published, read.entries[0].published_raw.as_deref()), (None, Some("2024-06-10")));
}
