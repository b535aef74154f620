//! Regression cases: further contents of items, entries and documents that are read correctly.

use super::{atom_entries, documents, rss_items};

#[test]
fn titles() {
    rss_items(&[
        ("<title>50% off &amp;lt;today&amp;gt;</title>", "/title", r#""50% off <today>""#),
        ("<title>C&lt;/title&gt;</title>", "/title", r#""C</title>""#),
        ("<title>Tom&#039;s</title>", "/title", r#""Tom's""#),
        ("<title>Tom&amp;#039;s</title>", "/title", r#""Tom's""#),
        ("<title>Tom&amp;apos;s &amp;nbsp;x</title>", "/title", r#""Tom's x""#),
        ("<title>&amp;eacute;t&amp;eacute</title>", "/title", r#""ét&eacute""#),
        ("<title>A&lt;!-- c --&gt;B</title>", "/title", r#""AB""#),
        ("<title>&lt;img src='x' alt='Wheel'/&gt;</title>", "/title", "null"),
        ("<title>&lt;strong&gt;A&lt;/strong&gt;: B</title>", "/title", r#""A: B""#),
        ("<title>A &lt;a href='x'&gt;link&lt;/a&gt;</title>", "/title", r#""A link""#),
        ("<title>A &#x1F1EB;&#x1F1F7;</title>", "/title", r#""A 🇫🇷""#),
    ]);
    atom_entries(&[(
        "<media:group xmlns:media='http://search.yahoo.com/mrss/'><media:title>V</media:title><media:content url='/v' type='application/x-shockwave-flash'/><media:thumbnail url='/t.jpg'/><media:description>D</media:description></media:group><title>T</title>",
        "/title",
        r#""T""#,
    )]);
}

#[test]
fn links_and_ids() {
    rss_items(&[
        ("<link>\u{feff}https://a.example/1</link>", "/link", r#""https://a.example/1""#),
        ("<link>\u{a0}https://a.example/1\u{a0}</link>", "/link", r#""https://a.example/1""#),
        ("<link>https://a.example/ä</link>", "/link", r#""https://a.example/ä""#),
        ("<link>javascript:alert(1)</link>", "/link", r#""javascript:alert(1)""#),
        ("<link>http://https://a.example/1</link>", "/link", r#""http://https://a.example/1""#),
        ("<link>#frag</link>", "/link", r#""https://isles.example/feeds/news.xml#frag""#),
        ("<link>?p=1</link>", "/link", r#""https://isles.example/feeds/news.xml?p=1""#),
        ("<link>..</link>", "/link", r#""https://isles.example/""#),
        ("<guid isPermaLink='1'>https://a.example/g</guid>", "/link", r#""https://a.example/g""#),
        ("<guid ispermalink=true>https://a.example/g</guid>", "/link", r#""https://a.example/g""#),
        ("<guid isPermaLink='true'>tag:a.example,2024:1</guid>", "/link", "null"),
        ("<guid>HTTP://A.example/g</guid>", "/link", r#""HTTP://A.example/g""#),
        ("<guid>www.a.example/g</guid>", "/link", "null"),
        ("<guid>1</guid><guid>2</guid>", "/guid", r#""1""#),
        ("<guid> a  b </guid>", "/guid", r#""a  b""#),
    ]);
    atom_entries(&[
        ("<content src='https://a.example/c.html'/>", "/links/0/href", r#""https://a.example/c.html""#),
        (
            "<link rel='via' href='https://v.example/'/><link href='https://a.example/'/>",
            "/link",
            r#""https://a.example/""#,
        ),
        (
            "<link rel='alternate' type='text/html' href=''/><link rel='alternate' href='/b'/>",
            "/link",
            r#""https://isles.example/b""#,
        ),
    ]);
}

#[test]
fn texts() {
    rss_items(&[
        ("<description>&lt;script&gt;x&lt;/script&gt;</description>", "/summary", r#""<script>x</script>""#),
        ("<description>\n\n</description><content:encoded> x </content:encoded>", "/content", r#""x""#),
        ("<description>a</description><content:encoded>a</content:encoded>", "/summary", r#""a""#),
        ("<content:encoded>A</content:encoded><content:encoded>B</content:encoded>", "/content", r#""A""#),
        ("<description type='html'>&lt;b&gt;a&lt;/b&gt;</description>", "/summary", r#""<b>a</b>""#),
        ("<description>a]]></description>", "/summary", r#""a]]>""#),
        ("<description><![CDATA[a]]>b<![CDATA[c]]></description>", "/summary", r#""abc""#),
        ("<description>&lt;p&gt;a&lt;/p&gt;<![CDATA[<p>b</p>]]></description>", "/summary", r#""<p>a</p><p>b</p>""#),
        ("<description><p>a</p><![CDATA[<p>b</p>]]></description>", "/summary", r#""<p>a</p><p>b</p>""#),
        ("<description>a<br>b<hr>c</description>", "/summary", r#""a<br/>b<hr/>c""#),
    ]);
    atom_entries(&[
        ("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'/></content>", "/content", "null"),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a &amp;lt; b</div></content>",
            "/content",
            r#""a &amp;lt; b""#,
        ),
        ("<content type='html'>a</content><content type='text'>b</content>", "/content", r#""a""#),
        ("<summary>a</summary><summary>b</summary>", "/summary", r#""a""#),
    ]);
}

#[test]
fn people() {
    rss_items(&[
        ("<author>By Ann Lee</author>", "/authors/0/name", r#""By Ann Lee""#),
        ("<author>ann@isles.example (Ann Lee, Isles)</author>", "/authors/0/name", r#""Ann Lee, Isles""#),
        ("<author>&lt;a href='mailto:ann@isles.example'&gt;Ann&lt;/a&gt;</author>", "/authors/0/name", r#""Ann""#),
        ("<author>Ann Lee &amp;lt;ann@isles.example&amp;gt;</author>", "/authors/0/email", r#""ann@isles.example""#),
        ("<author>ann at isles.example (Ann)</author>", "/authors/0/name", r#""ann at isles.example (Ann)""#),
        ("<media:credit role='author'>Ann</media:credit>", "/authors", "[]"),
        (
            "<podcast:person xmlns:podcast='https://podcastindex.org/namespace/1.0'>Ann</podcast:person>",
            "/authors",
            "[]",
        ),
    ]);
    atom_entries(&[
        (
            "<author><name>Ann</name><email>mailto:ann@isles.example</email></author>",
            "/authors/0/email",
            r#""ann@isles.example""#,
        ),
        ("<author><name>Ann</name></author><author><name>Ann</name></author>", "/authors/1", "null"),
        ("<author>Ann Lee (ann@isles.example)</author>", "/authors/0/email", r#""ann@isles.example""#),
        ("<author><uri>https://a.example/</uri></author>", "/authors/0/url", r#""https://a.example/""#),
        ("<author><url>https://a.example/</url><name>A</name></author>", "/authors/0/url", r#""https://a.example/""#),
    ]);
}

#[test]
fn categories() {
    rss_items(&[
        ("<category>a,b</category>", "/categories", r#"["a,b"]"#),
        ("<category domain='x'><![CDATA[&amp;]]></category>", "/categories", r#"["&"]"#),
        ("<category>  </category>", "/categories", "[]"),
        ("<itunes:keywords>, a ,, b,</itunes:keywords>", "/categories", r#"["a", "b"]"#),
        ("<dc:subject>a; b</dc:subject>", "/categories", r#"["a; b"]"#),
    ]);
    atom_entries(&[
        ("<category scheme='s'/>", "/categories", "[]"),
        ("<category term='a&amp;amp;b'/>", "/categories", r#"["a&b"]"#),
    ]);
}

#[test]
fn media() {
    rss_items(&[
        (
            "<enclosure url='http://a.example/x.mp3' length='' type=''/>",
            "/media/0",
            r#"{"url": "http://a.example/x.mp3", "type": null, "length": null, "title": null, "credit": null}"#,
        ),
        ("<enclosure url='a.mp3' type='AUDIO/MPEG'/>", "/media/0/type", r#""AUDIO/MPEG""#),
        ("<media:content url='/a.mp4' type='video/mp4' fileSize='12' duration='3'/>", "/media/0/length", "12"),
        (
            "<media:content medium='image' url='/a.jpg'><media:thumbnail url='/t.jpg'/></media:content>",
            "/image",
            r#""https://isles.example/t.jpg""#,
        ),
        (
            "<media:content url='/v.mp4'/><media:content url='/a.jpg' medium='image'/>",
            "/image",
            r#""https://isles.example/a.jpg""#,
        ),
        (
            "<media:group><media:content url='/a.mp3' type='audio/mpeg'/></media:group><enclosure url='/a.mp3' length='5'/>",
            "/media/0/length",
            "5",
        ),
        (
            "<media:content url='/a.jpg' medium='image'><media:credit>Ann</media:credit></media:content><media:content url='/b.jpg' medium='image'><media:credit>Bo</media:credit></media:content>",
            "/media/1/credit",
            r#""Bo""#,
        ),
        ("<media:thumbnail url=''/><media:thumbnail url='/t.jpg'/>", "/image", r#""https://isles.example/t.jpg""#),
        ("<image url='/i.jpg'/>", "/image", r#""https://isles.example/i.jpg""#),
        (
            r#"<content:encoded><![CDATA[<p><img src="//a.example/i.jpg"></p>]]></content:encoded>"#,
            "/image",
            r#""https://a.example/i.jpg""#,
        ),
        (
            r#"<content:encoded><![CDATA[<img src="https://a.example/i.jpg?a=1&amp;b=2">]]></content:encoded>"#,
            "/image",
            r#""https://a.example/i.jpg?a=1&b=2""#,
        ),
        (
            "<description>&lt;img alt='x &gt; y' src='/i.png'&gt;</description>",
            "/image",
            r#""https://isles.example/i.png""#,
        ),
    ]);
    atom_entries(&[(
        "<link rel='enclosure' href='/a.jpg' type='image/jpeg'/>",
        "/image",
        r#""https://isles.example/a.jpg""#,
    )]);
}

#[test]
fn the_rest() {
    rss_items(&[
        ("<description xml:lang='de'>a</description>", "/language", "null"),
        ("<source url='s.xml'>A &amp;amp; B</source>", "/source/title", r#""A & B""#),
        (
            "<source><title>S</title><link>https://s.example/</link></source>",
            "/source",
            r#"{"title": "S", "url": "https://s.example/"}"#,
        ),
    ]);
    atom_entries(&[
        (
            "<source><link rel='self' href='https://s.example/f'/><title type='html'>A &amp;amp; B</title></source>",
            "/source",
            r#"{"title": "A & B", "url": "https://s.example/f"}"#,
        ),
        (
            "<updated>2024-06-03T10:20:30Z</updated><published>2024-06-04T10:20:30Z</published>",
            "/updated",
            r#""2024-06-03T10:20:30Z""#,
        ),
        ("<updated></updated>", "/updated_raw", "null"),
        ("<updated>2024-06-03T10:20:30.123456+02:00</updated>", "/updated", r#""2024-06-03T08:20:30.123456Z""#),
        ("<content type='html' xml:base='https://b.example/x/'>c</content>", "/base", r#""https://b.example/x/""#),
        ("<rights>© A</rights>", "/rights", r#""© A""#),
        ("<link rel='alternate' href='https://a.example/' hreflang='en'/>", "/language", "null"),
    ]);
}

#[test]
fn documents_taken_as_they_are() {
    documents(&[
        (
            "<rss version='2.0'><channel><item><title>A</title><pubDate>2024-06-03</pubDate></item></channel></rss>",
            "/feed/updated",
            "null",
        ),
        ("<rss version='2.0'><channel><title>T</title><title>U</title></channel></rss>", "/feed/title", r#""T""#),
        (
            "<rss version='2.0'><channel><link>a.example</link><item><link>/x</link></item></channel></rss>",
            "/entries/0/link",
            r#""https://isles.example/x""#,
        ),
        (
            "<rss version='2.0'><channel><atom:link xmlns:atom='http://www.w3.org/2005/Atom' href='/f' rel='self' type='application/rss+xml'/></channel></rss>",
            "/feed/link",
            "null",
        ),
        (
            "<rss version='0.92'><channel><item><description>only words</description></item></channel></rss>",
            "/entries/0/title",
            "null",
        ),
        (
            "<rss version='2.0'><channel><item><title>A</title></item></channel></rss>\n<?php die ?>",
            "/feed/repairs/0",
            r#""junk after the document""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:os='http://a9.com/-/spec/opensearch/1.1/'><os:totalResults>3</os:totalResults><entry><title>A</title></entry></feed>",
            "/count",
            "1",
        ),
        (r#"<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title></entry></feed"#, "/count", "1"),
        (
            "<?xml version='1.0'?>\n<!DOCTYPE feed>\n<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title></feed>",
            "/feed/title",
            r#""T""#,
        ),
        (
            "<rss version='2.0'><channel><title>T</title><item><title>A &copy; B</title></item></channel></rss>",
            "/entries/0/title",
            r#""A © B""#,
        ),
        (
            "<rss version='2.0'><channel><item><title>x</title><description><div><item>no</item></div></description></item></channel></rss>",
            "/count",
            "1",
        ),
        (
            "<rss version='2.0'><channel><item><title>x</title><table><tr><td>t</td></tr></table></item></channel></rss>",
            "/count",
            "1",
        ),
        (
            "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><channel><title>T</title></channel><item><title>A</title></item></RDF>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss version='2.0'><channel><title>A</title>\n<!-- <channel> -->\n<link>https://a.example/</link></channel></rss>",
            "/feed/link",
            r#""https://a.example/""#,
        ),
        (
            "<rss version='2.0'><channel><title>T</title><items><item><title>A</title></item></items><item><title>B</title></item></channel></rss>",
            "/count",
            "2",
        ),
        (
            "<rss version='2.0'><channel><item><title>A</title><media:content xmlns:media='http://search.yahoo.com/mrss/' url='/a.jpg'></item><item><title>B</title></item></channel></rss>",
            "/count",
            "2",
        ),
        (
            "<rss version='2.0'><channel><item><title>A</title><description>unclosed <b>bold</description></item><item><title>B</title></item></channel></rss>",
            "/entries/1/title",
            r#""B""#,
        ),
        (
            "<rss version='2.0'><channel><item><title>A</title><description>x</description></item><item><title>B</title><link>https://a.example/",
            "/count",
            "1",
        ),
        (
            "<rss version='2.0'><channel><item><title>A & B <C></title><link>https://a.example/</link></item></channel></rss>",
            "/entries/0/link",
            r#""https://a.example/""#,
        ),
        (
            r#"<rss version='2.0'><channel><item><title>A</title><description>He said "5 > 4" & left</description></item></channel></rss>"#,
            "/entries/0/summary",
            "\"He said \\\"5 > 4\\\" & left\"",
        ),
        (
            r#"<rss version="2.0"><channel><item><title>A</title><enclosure url="/a.mp3" length="1" type="audio/mpeg"></item><item><title>B</title></item></channel></rss>"#,
            "/count",
            "2",
        ),
        (
            r#"<rss version="2.0"><channel><item><title>A</title><enclosure url="/a?x="y"" type="audio/mpeg"/><link>https://a.example/</link></item></channel></rss>"#,
            "/entries/0/link",
            r#""https://a.example/""#,
        ),
        ("\0<rss version='2.0'><channel><title>T</title></channel></rss>", "/feed/title", r#""T""#),
        ("<rss version='2.0'>\n<channel>\n<title>T</title>\n</channel>\n", "/feed/title", r#""T""#),
    ]);
}
