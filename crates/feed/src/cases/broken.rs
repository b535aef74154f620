//! Documents that strict parsers reject.

use super::{documents, read, read_bytes};
use crate::FeedError;

const HEAD: &str = "<rss version='2.0'><channel><title>T</title>";

#[test]
fn markup() {
    documents(&[
        ("<rss><channel><title>a &nbsp;&eacute;</title></channel></rss>", "/feed/title", r#""a é""#),
        ("<rss><channel><title>A & B &c; D&amp;E</title></channel></rss>", "/feed/title", r#""A & B &c; D&E""#),
        ("<rss><channel><title>1 < 2 <3 and a <b</title></channel></rss>", "/feed/title", r#""1 < 2 <3 and a <b""#),
        ("<rss><channel><title>&#8217 s</title></channel></rss>", "/feed/title", r#""’ s""#),
        ("<rss><channel><title>x?a=1&copy=2</title></channel></rss>", "/feed/title", r#""x?a=1&copy=2""#),
        (
            "<rss><channel><title>T<link>https://a.example/</link></channel></rss>",
            "/feed/link",
            r#""https://a.example/""#,
        ),
        ("<rss><channel><title>T<link>https://a.example/</link></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><title>T</title></link></channel></rss>", "/feed/repairs/0", r#""stray end tag""#),
        ("<RSS VERSION='2.0'><CHANNEL><TITLE>T</TITLE></CHANNEL></RSS>", "/feed/title", r#""T""#),
        ("<rss><channel><title>T</TITLE><link>https://a.example/</link></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><title>T</title ></channel ></rss >", "/feed/title", r#""T""#),
        ("<rss version=2.0><channel><title>T</title></channel></rss>", "/feed/format", r#""rss 2.0""#),
        ("<rss version='2.0' version='0.9'><channel/></rss>", "/feed/format", r#""rss 2.0""#),
        ("<rss version = \"2.0\" ><channel><title type = 'x'>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss version=\"2.0><channel><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><title a b=\"1\"c='2'>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><!-- <title>no</title> --><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><!-- never closed ><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><?php echo ?><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss><channel><title><![CDATA[a]]><![CDATA[b]]></title></channel></rss>", "/feed/title", r#""ab""#),
        ("<rss><channel><title><![cdata[a & b]]></title></channel></rss>", "/feed/title", r#""a & b""#),
        ("<rss><channel><title><![CDATA[<![CDATA[a]]>]]></title></channel></rss>", "/feed/title", r#""a""#),
        (
            "<rss><channel><title><![CDATA[a</title><link>https://a.example/</link></channel></rss>",
            "/feed/title",
            r#""a""#,
        ),
        (
            "<rss><channel><title><![CDATA[a</title><link>https://a.example/</link></channel></rss>",
            "/feed/link",
            r#""https://a.example/""#,
        ),
        ("<rss><channel><title><![CDATA[a]]</title></channel></rss>", "/feed/title", r#""a""#),
    ]);
}

#[test]
fn around_the_document() {
    documents(&[
        ("  \n<?xml version='1.0'?><rss><channel><title>T</title></channel></rss>", "/feed/repairs", "[]"),
        ("Warning: x\n<?xml version='1.0'?><rss><channel><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        (
            "<br /><b>Warning</b>: x <rss><channel><title>T</title></channel></rss>",
            "/feed/repairs/0",
            r#""junk before the document""#,
        ),
        (
            "<rss><channel><title>T</title></channel></rss><script>x</script>",
            "/feed/repairs/0",
            r#""junk after the document""#,
        ),
        ("<rss><channel><title>T</title></channel></rss>\0\0", "/feed/repairs", "[]"),
        ("<!-- <rss> --><rss version='0.91'><channel/></rss>", "/feed/format", r#""rss 0.91""#),
        (
            "<!DOCTYPE html><html><body><feed xmlns='http://www.w3.org/2005/Atom'><title>T</title></feed></body></html>",
            "/feed/title",
            r#""T""#,
        ),
        ("<x:feed xmlns:x='http://www.w3.org/2005/Atom'><x:title>T</x:title></x:feed>", "/feed/title", r#""T""#),
        (
            "<!DOCTYPE rss [<!ENTITY co 'Isles &amp; Co'>]><rss><channel><title>&co;</title></channel></rss>",
            "/feed/title",
            r#""Isles & Co""#,
        ),
        (
            "<!DOCTYPE rss [<!ENTITY a \"x]\"> ] ><rss><channel><title>&a;</title></channel></rss>",
            "/feed/title",
            r#""x]""#,
        ),
        ("<!DOCTYPE rss SYSTEM 'rss.dtd'><rss><channel><title>&b;</title></channel></rss>", "/feed/title", r#""&b;""#),
        (
            "<!DOCTYPE rss [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><rss><channel><title>&f;</title></channel></rss>",
            "/feed/title",
            r#""&f;""#,
        ),
    ]);
    for page in ["<html><body>no</body></html>", "<!DOCTYPE HTML><p>no</p>"] {
        assert_eq!(read_bytes(page.as_bytes(), None), Err(FeedError::Html));
    }
    assert_eq!(read_bytes(b"  \n", None), Err(FeedError::Empty));
    assert_eq!(read_bytes(b"hello", None), Err(FeedError::NotAFeed));
    assert_eq!(read_bytes(b"<opml></opml>", None), Err(FeedError::UnknownRoot("opml".into())));
}

#[test]
fn entities_do_not_grow() {
    use std::fmt::Write as _;
    let mut subset = String::from("<!ENTITY a0 'aaaaaaaaaaaaaaaa'>");
    for n in 1..12 {
        let value = format!("&a{};", n - 1).repeat(10);
        write!(subset, "<!ENTITY a{n} '{value}'>").unwrap();
    }
    let bomb = format!("<!DOCTYPE rss [{subset}]><rss><channel><title>&a11;</title></channel></rss>");
    assert!(read(&bomb)["feed"]["title"].as_str().unwrap().len() < 10_000);
}

#[test]
fn complete_entries_of_a_cut_document_are_kept() {
    let whole = format!("{HEAD}<item><title>A</title></item><item><title>B</title></item></channel></rss>");
    for end in HEAD.len()..whole.len() {
        let got = read(&whole[..end]);
        let complete = whole[..end].matches("</item>").count();
        assert_eq!(got["count"], complete, "{}", &whole[..end]);
        let cut = got["feed"]["repairs"].to_string().contains("truncated");
        assert!(cut, "{}", &whole[..end]);
    }
}

#[test]
fn namespaces() {
    documents(&[
        ("<rss><channel><dc:title>T</dc:title></channel></rss>", "/feed/title", r#""T""#),
        (
            "<rss xmlns:x='http://purl.org/dc/elements/1.1/'><channel><x:title>T</x:title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss xmlns:x='HTTP://PURL.ORG/DC/ELEMENTS/1.1'><channel><x:title>T</x:title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss xmlns:dc='http://wrong.example/dc'><channel><dc:title>T</dc:title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss xmlns='http://backend.userland.com/RSS2'><channel><title>T</title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        ("<rss xmlns='http://wrong.example/'><channel><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        (
            "<rss xmlns:x='http://other.example/'><channel><title>T</title><x:title>no</x:title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss xmlns:content='http://purl.org/rss/1.0/modules/content'><channel><item><content:encoded>C</content:encoded></item></channel></rss>",
            "/entries/0/content",
            r#""C""#,
        ),
        (
            "<rss xmlns:media='https://search.yahoo.com/mrss'><channel><item><media:content url='/a.jpg'/></item></channel></rss>",
            "/entries/0/media/0/url",
            r#""https://isles.example/a.jpg""#,
        ),
        (
            "<rss><channel><item><title xmlns='http://www.w3.org/2005/Atom'>T</title></item></channel></rss>",
            "/entries/0/title",
            r#""T""#,
        ),
        (
            "<rss xmlns:a='http://www.w3.org/2005/Atom' xmlns:A='http://other.example/'><channel><a:link rel='self' href='/f'/></channel></rss>",
            "/feed/self",
            r#""https://isles.example/f""#,
        ),
    ]);
}

#[test]
fn entries_in_odd_places() {
    documents(&[
        ("<rss><channel><item><title>A</title><item><title>B</title></item></item></channel></rss>", "/count", "2"),
        (
            "<rss><channel><item><title>A</title><item><title>B</title></item></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        ("<rss><channel><title>T</title></channel><item><title>A</title></item></rss>", "/entries/0/title", r#""A""#),
        ("<rss><item><title>A</title></item></rss>", "/entries/0/title", r#""A""#),
        ("<channel><title>T</title><item><title>A</title></item></channel>", "/entries/0/title", r#""A""#),
        ("<item><title>A</title></item>", "/entries/0/title", r#""A""#),
        ("<rss><channel><items><item><title>A</title></item></items></channel></rss>", "/entries/0/title", r#""A""#),
        ("<rss><channel><item></item></channel></rss>", "/count", "1"),
        ("<rss><channel><entry><title>A</title></entry></channel></rss>", "/entries/0/title", r#""A""#),
        ("<entry xmlns='http://www.w3.org/2005/Atom'><title>A</title></entry>", "/entries/0/title", r#""A""#),
        ("<feed><title>T</title><entry><title>A</title></entry></feed>", "/entries/0/title", r#""A""#),
    ]);
}

#[test]
fn deep_and_long() {
    let deep = format!(
        "{HEAD}<item><description>{}x</description><title>A</title></item></channel></rss>",
        "<p>".repeat(3000)
    );
    let got = read(&deep);
    assert_eq!((&got["count"], &got["entries"][0]["title"]), (&1.into(), &"A".into()));
    let many = format!("{HEAD}{}</channel></rss>", "<item/>".repeat(10_050));
    assert_eq!(read(&many)["count"], 10_000);
}

#[test]
fn gzip() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(format!("{HEAD}<item><title>A</title></item></channel></rss>").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(read_bytes(&packed, None).unwrap()["entries"][0]["title"], "A");
    assert!(matches!(read_bytes(&[0x1f, 0x8b, 1, 2], None), Err(FeedError::Unreadable(_))));
}
