//! JSON Feed.

use super::{documents, read_bytes};
use crate::FeedError;

fn feeds(rows: &[(&str, &str, &str)]) {
    let wrapped: Vec<(String, &str, &str)> = rows
        .iter()
        .map(|(inside, place, value)| {
            (format!(r#"{{"version":"https://jsonfeed.org/version/1.1",{inside}}}"#), *place, *value)
        })
        .collect();
    documents(&wrapped.iter().map(|(document, place, value)| (document.as_str(), *place, *value)).collect::<Vec<_>>());
}

#[test]
fn fields() {
    feeds(&[
        (r#""title":"T""#, "/feed/title", r#""T""#),
        (r#""title":"T""#, "/feed/format", r#""json feed 1.1""#),
        (r#""home_page_url":"/","feed_url":"/f.json""#, "/feed/self", r#""https://isles.example/f.json""#),
        (r#""hubs":[{"type":"WebSub","url":"https://hub.example/"}]"#, "/feed/hub", r#""https://hub.example/""#),
        (r#""next_url":"/2.json""#, "/feed/links/0/rel", r#""next""#),
        (r#""favicon":"/f.ico""#, "/feed/image/url", r#""https://isles.example/f.ico""#),
        (r#""items":[{"id":12}]"#, "/entries/0/guid", r#""12""#),
        (r#""items":[{"id":1.5}]"#, "/entries/0/guid", r#""1.5""#),
        (r#""items":{"id":"a"}"#, "/entries/0/guid", r#""a""#),
        (r#""items":[null,3,{"id":"a"}]"#, "/count", "1"),
        (r#""items":[{"content_html":"<p>a</p>","content_text":"a"}]"#, "/entries/0/content", r#""<p>a</p>""#),
        (r#""items":[{"content_text":"a"}]"#, "/entries/0/content_type", r#""text/plain""#),
        (
            r#""items":[{"url":"/a","external_url":"https://b.example/"}]"#,
            "/entries/0/link",
            r#""https://isles.example/a""#,
        ),
        (r#""items":[{"external_url":"https://b.example/"}]"#, "/entries/0/link", r#""https://b.example/""#),
        (r#""items":[{"author":{"name":"Ann"}}]"#, "/entries/0/authors/0/name", r#""Ann""#),
        (r#""items":[{"author":[{"name":"Ann"}]}]"#, "/entries/0/authors/0/name", r#""Ann""#),
        (r#""items":[{"authors":{"name":"Ann"}}]"#, "/entries/0/authors/0/name", r#""Ann""#),
        (r#""items":[{"author":"Ann <ann@isles.example>"}]"#, "/entries/0/authors/0/email", r#""ann@isles.example""#),
        (r#""items":[{"authors":[{"name":"Ann"}],"author":{"name":"Ann"}}]"#, "/entries/0/authors/1", "null"),
        (r#""items":[{"tags":"a"}]"#, "/entries/0/categories", r#"["a"]"#),
        (r#""items":[{"tags":["a","b",3]}]"#, "/entries/0/categories", r#"["a","b"]"#),
        (
            r#""items":[{"date_published":"2024-06-03T10:00:00+02:00"}]"#,
            "/entries/0/published",
            r#""2024-06-03T08:00:00Z""#,
        ),
        (r#""items":[{"date_published":1717410030}]"#, "/entries/0/published", r#""2024-06-03T10:20:30Z""#),
        (r#""items":[{"date_modified":"soon"}]"#, "/entries/0/updated_raw", r#""soon""#),
        (
            r#""items":[{"attachments":[{"url":"/a.mp3","mime_type":"audio/mpeg","size_in_bytes":"12"}]}]"#,
            "/entries/0/media/0/length",
            "12",
        ),
        (r#""items":[{"banner_image":"/b.png"}]"#, "/entries/0/image", r#""https://isles.example/b.png""#),
        (r#""items":[{"language":"de","summary":"s"}]"#, "/entries/0/language", r#""de""#),
    ]);
    documents(&[
        (r#"{"version":"https://jsonfeed.org/version/1","items":[]}"#, "/feed/format", r#""json feed 1.0""#),
        (r#"{"items":[{"id":"a"}]}"#, "/feed/format", r#""json feed 1.0""#),
        ("{\"items\":[{\"title\":\"a\nb\"}]}", "/entries/0/title", r#""a b""#),
        ("\u{feff} {\"items\":[{\"id\":\"a\"}]}\0", "/count", "1"),
        ("{\"items\":[{\"id\":\"1\" /* first */},],}", "/entries/0/guid", r#""1""#),
        ("{\"items\":[{\"id\":\"1\"}\n{\"id\":\"2\"}]}", "/entries/1/guid", r#""2""#),
        (
            "{\"items\":[{\"title\":\"The \"old\", slow ferry\",\"id\":\"1\"}]}",
            "/entries/0/title",
            r#""The \"old\", slow ferry""#,
        ),
        (
            "{\"items\":[{\"id\":\"1\", // one\n\"title\":\"It\\'s\"\n\"summary\":\"s\"}]}",
            "/entries/0/title",
            r#""It's""#,
        ),
        (
            "{\"items\":[{\"id\":\"1\",\"url\":\"https://a.example/1\",}]}",
            "/entries/0/link",
            r#""https://a.example/1""#,
        ),
        ("{\"items\":[]} <!-- cached -->", "/feed/repairs/0", r#""junk after the document""#),
    ]);
    assert_eq!(read_bytes(b"{\"a\":1}", None), Err(FeedError::NotAFeed));
    assert_eq!(read_bytes(b"[1]", None), Err(FeedError::NotAFeed));
    assert!(matches!(read_bytes(b"{\"items\":[", None), Err(FeedError::Unreadable(_))));
}

#[test]
fn odd_feeds() {
    feeds(&[
        (r#""title":"A &amp; B""#, "/feed/title", r#""A & B""#),
        (r#""items":[{"id":"1","title":"It&#8217;s &lt;b&gt;"}]"#, "/entries/0/title", r#""It’s <b>""#),
        (r#""items":[{"id":"1","title":"<b>A</b>"}]"#, "/entries/0/title", r#""A""#),
        (r#""items":[{"id":"1","title":{"rendered":"A"}}]"#, "/entries/0/title", "null"),
        (r#""title":{"x":"A"},"items":[{"id":"1"}]"#, "/count", "1"),
        (r#""items":[{"id":"1"},{"id":"2"},]"#, "/count", "2"),
        (r#""items":[{"id":"1",}]"#, "/entries/0/guid", r#""1""#),
        (r#""items":[{"id":true}]"#, "/entries/0/guid", "null"),
        (r#""items":[{"id":12345678901234567890123}]"#, "/count", "1"),
        (
            r#""items":[{"id":"1","url":"/a","date_published":"2024-06-03 10:20:30"}]"#,
            "/entries/0/published",
            r#""2024-06-03T10:20:30Z""#,
        ),
        (r#""items":[{"id":"1","authors":["Ann","Bo"]}]"#, "/entries/0/authors/1/name", r#""Bo""#),
        (
            r#""items":[{"id":"1","authors":null,"author":{"name":"Ann","avatar":"/a.png"}}]"#,
            "/entries/0/authors/0/name",
            r#""Ann""#,
        ),
        (
            r#""items":[{"id":"1","attachments":{"url":"/a.mp3","mime_type":"audio/mpeg"}}]"#,
            "/entries/0/media/0/url",
            r#""https://isles.example/a.mp3""#,
        ),
        (
            r#""items":[{"id":"1","attachments":[{"url":"/a.jpg","mime_type":"image/jpeg"}]}]"#,
            "/entries/0/image",
            r#""https://isles.example/a.jpg""#,
        ),
        (
            r#""items":[{"id":"1","image":"","banner_image":"/b.png"}]"#,
            "/entries/0/image",
            r#""https://isles.example/b.png""#,
        ),
        (r#""items":[{"id":"1","image":{"url":"/b.png"}}]"#, "/entries/0/image", r#""https://isles.example/b.png""#),
        (r#""items":[{"id":"1","tags":"sea, mill"}]"#, "/entries/0/categories", r#"["sea", "mill"]"#),
        (r#""items":[{"id":"1","content_html":"","content_text":"a"}]"#, "/entries/0/content_type", r#""text/plain""#),
        (
            r#""items":[{"id":"1","content_html":"<p>a</p>"}],"_ext":{"about":"x"}"#,
            "/entries/0/content",
            r#""<p>a</p>""#,
        ),
        (r#""user_comment":"x","language":"en_US","items":[]"#, "/feed/language", r#""en-US""#),
        (r#""items":[{"id":"1","language":"pt_BR"}]"#, "/entries/0/language", r#""pt-BR""#),
        (r#""expired":true,"items":[{"id":"1"}]"#, "/count", "1"),
        (r#""hubs":{"url":"https://hub.example/"}"#, "/feed/hub", r#""https://hub.example/""#),
        (r#""items":[{"id":"1","url":["/a"]}]"#, "/entries/0/link", "null"),
        (r#""items":[{"id":"https://a.example/1"}]"#, "/entries/0/link", r#""https://a.example/1""#),
        (r#""items":[{"id":"tag:a.example,2024:1"}]"#, "/entries/0/link", "null"),
        (
            r#""items":[{"id":"https://a.example/1","external_url":"https://b.example/"}]"#,
            "/entries/0/link",
            r#""https://b.example/""#,
        ),
        (
            r#""title":"T","home_page_url":"https://a.example","feed_url":"https://a.example/f""#,
            "/feed/link",
            r#""https://a.example""#,
        ),
        (r#""icon":"/i.png","favicon":"/f.ico""#, "/feed/image/url", r#""https://isles.example/i.png""#),
        (
            r#""authors":[{"name":"Ann","url":"/ann","avatar":"/a.png"}]"#,
            "/feed/authors/0/url",
            r#""https://isles.example/ann""#,
        ),
        (r#""author":{"name":"Ann"},"items":[{"id":"1"}]"#, "/entries/0/authors", "[]"),
        ("\"items\":[{\"id\":\"1\",\"content_text\":\"a\\nb\"}]", "/entries/0/content", "\"a\\nb\""),
        (r#""items":[{"id":"1","summary":"<p>s</p>"}]"#, "/entries/0/summary", r#""<p>s</p>""#),
        (
            r#""items":[{"id":"1","date_published":"2024-06-03T10:20:30-07:00","date_modified":""}]"#,
            "/entries/0/updated",
            "null",
        ),
        (
            r#""items":[{"id":"1","attachments":[{"url":"/a.mp3","mime_type":"audio/mpeg","title":"T","size_in_bytes":12,"duration_in_seconds":3}]}]"#,
            "/entries/0/media/0",
            r#"{"url": "https://isles.example/a.mp3", "type": "audio/mpeg", "length": 12, "title": "T", "credit": null}"#,
        ),
        (r#""items":[{"id":"1","attachments":[{"mime_type":"audio/mpeg"}]}]"#, "/entries/0/media", "[]"),
        (r#""items":[{"id":"1","tags":[" a ","a",""]}]"#, "/entries/0/categories", r#"["a"]"#),
        (
            r#""items":[{"id":"1","url":"https://a.example/1","external_url":"https://b.example/"}]"#,
            "/entries/0/links/1/rel",
            r#""related""#,
        ),
        (r#""items":[{"id":null,"title":"A"}]"#, "/entries/0/guid", "null"),
        (r#""description":"D <b>x</b>""#, "/feed/description", r#""D x""#),
    ]);
}

#[test]
fn invalid_json_is_repaired() {
    documents(&[
        (
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1"},{"id":"2"},{"id":"3","ti"#,
            "/count",
            "2",
        ),
        (
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","x":{"a":[1]}},{"id":"2"}"#,
            "/count",
            "2",
        ),
        (r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1"}],"x":["#, "/count", "1"),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"title\":\"It\\'s\"}]}",
            "/entries/0/title",
            r#""It's""#,
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"title\":\"a\\xb\"}]}",
            "/count",
            "1",
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"title\":\"\\ud83d lone\"}]}",
            "/count",
            "1",
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"title\":\"\\ud83d\\ude00\"}]}",
            "/entries/0/title",
            r#""😀""#,
        ),
        (r#"{"version":1.1,"items":[{"id":"1"}]}"#, "/feed/format", r#""json feed 1.1""#),
        (r#"{"version":"https://jsonfeed.org/version/1.1/","items":[]}"#, "/feed/format", r#""json feed 1.1""#),
        (r#"{"version":"https://jsonfeed.org/version/1.1","items":null}"#, "/count", "0"),
        (r#"{"version":"http://jsonfeed.org/version/1","items":[{"id":"1"}]}"#, "/feed/format", r#""json feed 1.0""#),
    ]);
}
