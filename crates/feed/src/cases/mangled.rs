//! Documents with common damage, and what must be kept of each.

use super::documents;

#[test]
fn mangled() {
    documents(&[
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><author><name>Ann</name></author><entry><title>E</title></entry></feed>",
            "/entries/0/authors",
            "[]",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><entry><title>E</title></entry></feed>",
            "/entries/0/guid",
            "null",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='x'><entry><title>E</title><source><title>S</title><updated>2024-06-03T00:00:00Z</updated><category term='no'/></source></entry></feed>",
            "/entries/0/categories",
            "[]",
        ),
        (
            "<rss version='2.0' xml:base='https://b.example/'><channel><item><link>x</link></item></channel></rss>",
            "/entries/0/link",
            r#""https://b.example/x""#,
        ),
        (
            "<rss version='2.0' xml:lang='sv'><channel><item><title>A</title></item></channel></rss>",
            "/entries/0/language",
            r#""sv""#,
        ),
        (
            "<rss version='2.0'><channel><atom:updated xmlns:atom='http://www.w3.org/2005/Atom'>2024-06-03T00:00:00Z</atom:updated></channel></rss>",
            "/feed/updated",
            r#""2024-06-03T00:00:00Z""#,
        ),
        (
            "<rss><channel><title>T</title><item><title>A<link>https://a.example/</link></item><item><title>B</title></item></channel></rss>",
            "/entries/0/link",
            r#""https://a.example/""#,
        ),
        (
            "<rss><channel><item><title>A</title><description><p>x<br>y<p>z</description><link>https://a.example/</link></item></channel></rss>",
            "/entries/0/link",
            r#""https://a.example/""#,
        ),
        (
            "<rss><channel><item><title>A</title><description>a < b && c > d</description></item></channel></rss>",
            "/entries/0/summary",
            r#""a < b && c > d""#,
        ),
        (
            "<rss><channel><item><title>A</title><description>x</descripton></item><item><title>B</title></item></channel></rss>",
            "/count",
            "2",
        ),
        (
            "<rss><channel><item><title>A</titel><link>https://a.example/</link></item></channel></rss>",
            "/entries/0/link",
            r#""https://a.example/""#,
        ),
        (
            r#"<rss><channel><item><description><a href="?a=1&b=2">x</a></description></item></channel></rss>"#,
            "/entries/0/summary",
            "\"<a href=\\\"?a=1&amp;b=2\\\">x</a>\"",
        ),
        ("<rss><channel><item><title>A</title></item></channel>", "/entries/0/title", r#""A""#),
        ("<rss><channel><item><title>A</title></item></rss>", "/entries/0/title", r#""A""#),
        ("<rss><channel></channel><title>T</title></rss>", "/feed/title", r#""T""#),
        ("\n\n\n<?xml version='1.0'?>\n<rss><channel><title>T</title></channel></rss>", "/feed/repairs", "[]"),
        ("<?xml version='1.0' ?>\u{feff}<rss><channel><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        (
            r#"<?xml version="1.0" encoding="UTF-8"><rss><channel><title>T</title></channel></rss>"#,
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss><channel><title>T</title><item><title>A</title></item></channel></rss><!-- 0.1s --><script>alert(1)</script>",
            "/count",
            "1",
        ),
        (
            "<html><head></head><body><rss version='2.0'><channel><title>T</title></channel></rss></body></html>",
            "/feed/title",
            r#""T""#,
        ),
        ("<pre><rss version='2.0'><channel><title>T</title></channel></rss></pre>", "/feed/title", r#""T""#),
        (
            "<rss><channel><item><title>A</title>\u{b}\u{1f}<description>d\0e</description></item></channel></rss>",
            "/entries/0/summary",
            r#""de""#,
        ),
        (
            "<rss><channel><item><content:encoded><![CDATA[a <![CDATA[b]]> c]]></content:encoded><title>A</title></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss><channel><item><description><![CDATA[a]]>]]></description><title>A</title></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss><channel><item><description><![CDATA[x]]></description><![CDATA[stray]]><title>A</title></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss><channel><item><description>&lt;p&gt;x</description></item></channel></rss>",
            "/entries/0/summary",
            r#""<p>x""#,
        ),
        (
            "<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://my.netscape.com/publish/formats/rss-0.91.dtd'><rss version='0.91'><channel><title>a&eacute;&mdash;b</title></channel></rss>",
            "/feed/title",
            r#""aé—b""#,
        ),
        (
            "<rss><channel><item><title>A &hellip; B &#8230; C &#x2026;</title></item></channel></rss>",
            "/entries/0/title",
            r#""A … B … C …""#,
        ),
        ("<rss><channel><item><title>Q&A; R&D</title></item></channel></rss>", "/entries/0/title", r#""Q&A; R&D""#),
        ("<rss><channel><item><title>a&#0;b&#11;c</title></item></channel></rss>", "/entries/0/title", r#""abc""#),
        (
            "<rss><channel><item><title>&#x1F600;&#99999999;</title></item></channel></rss>",
            "/entries/0/title",
            r#""😀""#,
        ),
        (
            "<rss xmlns:atom='http://www.w3.org/2005/Atom' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>T</title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss><channel><item><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>Ann</dc:creator></item></channel></rss>",
            "/entries/0/authors/0/name",
            r#""Ann""#,
        ),
        (
            "<ns0:rss xmlns:ns0='x'><ns0:channel><ns0:item><ns0:title>A</ns0:title></ns0:item></ns0:channel></ns0:rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss><channel><item><atom:title xmlns:atom='http://www.w3.org/2005/Atom'>A</atom:title></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>x<br/>y<img src='a.png'/></div></content></entry></feed>",
            "/entries/0/content",
            "\"x<br/>y<img src=\\\"a.png\\\"/>\"",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><pre>a\n  b</pre></div></content></entry></feed>",
            "/entries/0/content",
            "\"<pre>a\\n  b</pre>\"",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><svg xmlns='http://www.w3.org/2000/svg'><title>no</title></svg>y</div></content></entry></feed>",
            "/entries/0/title",
            "null",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title><link rel='alternate' href='a'/></entry><entry><title>B</title></entry><deleted-entry/></feed>",
            "/count",
            "2",
        ),
        (
            "<rss><channel><item><title>A</title></item><!-- <item><title>B</title></item> --></channel></rss>",
            "/count",
            "1",
        ),
        ("<rss><channel><item><title>A</title></item><item/><item></item></channel></rss>", "/count", "3"),
        (
            "<rss version='2.0'><channel><title>T</title><item><title>A</title><title/></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss version='2.0'><channel><item><link>https://a.example/1</link><link/></item></channel></rss>",
            "/entries/0/link",
            r#""https://a.example/1""#,
        ),
        (
            "<rss><channel><title>A</title><item><title>1</title></item></channel><channel><title>B</title><item><title>2</title></item></channel></rss>",
            "/count",
            "2",
        ),
        (
            "<rss><channel><title>A</title><item><title>1</title></item></channel><channel><title>B</title><item><title>2</title></item></channel></rss>",
            "/feed/title",
            r#""A""#,
        ),
        (
            "<rdf:RDF xmlns='http://purl.org/rss/1.0/'><item><title>1</title></item><channel><title>T</title></channel></rdf:RDF>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<?xml version='1.0'?><?xml version='1.0'?><rss><channel><title>T</title></channel></rss>",
            "/feed/title",
            r#""T""#,
        ),
        ("<?xml-stylesheet href='a.xsl'?><rss><channel><title>T</title></channel></rss>", "/feed/repairs", "[]"),
        (
            "<Channel xmlns='http://purl.org/net/rss1.1#'><title>T</title><items><item><title>A</title></item></items></Channel>",
            "/feed/format",
            r#""rss 1.1""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entries><entry><title>A</title></entry></entries></feed>",
            "/count",
            "1",
        ),
        (
            "<rss version='2.0'><channel><title>T</title><item><title>A</title></item></channel></rss><rss version='2.0'><channel><item/></channel></rss>",
            "/count",
            "1",
        ),
    ]);
}
