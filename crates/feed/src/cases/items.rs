//! The fields of an item or entry, in every form in which feeds write them.

use super::{atom_entries, documents, rss_items};

#[test]
fn titles() {
    rss_items(&[
        ("<title>A &amp;amp; B</title>", "/title", r#""A & B""#),
        ("<title>A &lt;b&gt;bold&lt;/b&gt; move</title>", "/title", r#""A bold move""#),
        ("<title><![CDATA[A <em>bold</em> move]]></title>", "/title", r#""A bold move""#),
        ("<title>A <b>bold</b> move</title>", "/title", r#""A bold move""#),
        ("<title>The &lt;canvas&gt; element</title>", "/title", r#""The <canvas> element""#),
        ("<title>1 &lt; 2</title>", "/title", r#""1 < 2""#),
        ("<title>\n  A\n  B </title>", "/title", r#""A B""#),
        ("<title/><dc:title>D</dc:title>", "/title", r#""D""#),
        ("<media:title>M</media:title><title>T</title>", "/title", r#""T""#),
        ("<media:group><media:title>M</media:title></media:group>", "/title", r#""M""#),
        ("<itunes:title>I</itunes:title>", "/title", r#""I""#),
        ("<image><title>I</title></image>", "/title", "null"),
        ("<title>A</title><source url='/s'><title>S</title></source>", "/title", r#""A""#),
    ]);
    atom_entries(&[
        ("<title>A &lt;b&gt; tag</title>", "/title", r#""A <b> tag""#),
        ("<title type='text'>A &amp;amp; B</title>", "/title", r#""A &amp; B""#),
        ("<title type='html'>A &lt;b&gt;bold&lt;/b&gt; &amp;amp; B</title>", "/title", r#""A bold & B""#),
        (
            "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A <b>bold</b> &lt; B</div></title>",
            "/title",
            r#""A bold < B""#,
        ),
        ("<title mode='base64'>SXNsZXM=</title>", "/title", r#""Isles""#),
        ("<title mode='escaped' type='text/html'>&lt;p&gt;A&lt;/p&gt;</title>", "/title", r#""A""#),
    ]);
}

#[test]
fn links() {
    rss_items(&[
        ("<link>https://a.example/1</link>", "/link", r#""https://a.example/1""#),
        ("<link>\n https://a.example/1 \n</link>", "/link", r#""https://a.example/1""#),
        ("<link>/news/1</link>", "/link", r#""https://isles.example/news/1""#),
        ("<link>//b.example/1</link>", "/link", r#""https://b.example/1""#),
        ("<link>www.b.example/1</link>", "/link", r#""http://www.b.example/1""#),
        ("<link>https://a.example/?a=1&b=2</link>", "/link", r#""https://a.example/?a=1&b=2""#),
        ("<link href='https://a.example/1'/>", "/link", r#""https://a.example/1""#),
        ("<link>https://a.example/1</link><link>https://a.example/2</link>", "/link", r#""https://a.example/2""#),
        ("<atom:link rel='self' href='/self'/><link>https://a.example/1</link>", "/link", r#""https://a.example/1""#),
        ("<guid>https://a.example/g</guid>", "/link", r#""https://a.example/g""#),
        ("<guid isPermaLink='true'>/g</guid>", "/link", r#""https://isles.example/g""#),
        ("<guid isPermaLink='false'>https://a.example/g</guid>", "/link", "null"),
        ("<guid>abc</guid>", "/link", "null"),
        ("<link/><guid>https://a.example/g</guid>", "/link", r#""https://a.example/g""#),
        ("<image><link>https://a.example/i</link></image>", "/link", "null"),
        (
            "<link>l</link><feedburner:origLink>https://a.example/o</feedburner:origLink>",
            "/links/1/rel",
            r#""canonical""#,
        ),
    ]);
    atom_entries(&[
        ("<link href='a'/>", "/link", r#""https://isles.example/feeds/a""#),
        ("<link rel='self' href='s'/><link rel='alternate' href='a'/>", "/link", r#""https://isles.example/feeds/a""#),
        (
            "<link rel='alternate' type='application/json' href='j'/><link rel='alternate' type='text/html' href='h'/>",
            "/link",
            r#""https://isles.example/feeds/h""#,
        ),
        ("<link rel='http://www.iana.org/assignments/relation/alternate' href='a'/>", "/links/0/rel", r#""alternate""#),
        ("<link rel='ALTERNATE' href='a'/>", "/link", r#""https://isles.example/feeds/a""#),
        ("<link rel='self' href='s'/>", "/link", "null"),
        ("<link href='a' xml:base='https://b.example/x/'/>", "/link", r#""https://b.example/x/a""#),
        ("<link href='a' title='T' type='text/html'/>", "/links/0/title", r#""T""#),
    ]);
    documents(&[
        (
            "<feed xml:base='https://b.example/x/'><entry xml:base='y/'><link href='a'/></entry></feed>",
            "/entries/0/link",
            r#""https://b.example/x/y/a""#,
        ),
        (
            "<feed xml:base='/x/'><entry><link href='a'/></entry></feed>",
            "/entries/0/link",
            r#""https://isles.example/x/a""#,
        ),
        (
            "<feed><entry xml:base='https://b.example/x/'><content type='html'>c</content></entry></feed>",
            "/entries/0/base",
            r#""https://b.example/x/""#,
        ),
        ("<feed><entry><content type='html'>c</content></entry></feed>", "/entries/0/base", "null"),
    ]);
}

#[test]
fn ids() {
    rss_items(&[
        ("<guid>abc</guid>", "/guid", r#""abc""#),
        ("<guid>abc</guid>", "/guid_is_permalink", "true"),
        ("<guid isPermaLink='false'>abc</guid>", "/guid_is_permalink", "false"),
        ("<guid ispermalink='FALSE'>abc</guid>", "/guid_is_permalink", "false"),
        ("<guid/>", "/guid_is_permalink", "null"),
        ("<title>T</title>", "/guid", "null"),
        ("<dc:identifier>d</dc:identifier>", "/guid", r#""d""#),
        ("<atom:id>a</atom:id>", "/guid", r#""a""#),
    ]);
    atom_entries(&[
        ("<id>tag:isles.example,2024:1</id>", "/guid", r#""tag:isles.example,2024:1""#),
        ("<id>tag:isles.example,2024:1</id>", "/guid_is_permalink", "null"),
        ("<id>https://a.example/1</id>", "/link", r#""https://a.example/1""#),
        ("<id>https://a.example/1</id>", "/guid_is_permalink", "null"),
        ("<id>HTTP://a.example/1</id><link rel='enclosure' href='/a.mp3'/>", "/link", r#""HTTP://a.example/1""#),
        ("<id>https://a.example/1</id><link rel='self' href='/self'/>", "/link", r#""https://a.example/1""#),
        ("<id>https://a.example/1</id><link href='/2'/>", "/link", r#""https://isles.example/2""#),
        ("<id>urn:uuid:1225c695</id>", "/link", "null"),
        ("<id>tag:a.example,2024:1</id>", "/link", "null"),
        ("<id>https: not an address</id>", "/link", "null"),
        ("<id>/1</id>", "/link", "null"),
    ]);
}

#[test]
fn dates() {
    rss_items(&[
        ("<pubDate>Mon, 03 Jun 2024 10:20:30 GMT</pubDate>", "/published", r#""2024-06-03T10:20:30Z""#),
        ("<pubDate>Mon, 03 Jun 2024 10:20:30 GMT</pubDate>", "/updated", "null"),
        ("<pubdate>2024-06-03</pubdate>", "/published", r#""2024-06-03T00:00:00Z""#),
        ("<dc:date>2024-06-03</dc:date>", "/published", r#""2024-06-03T00:00:00Z""#),
        ("<dc:date>2024-06-03</dc:date><pubDate>2024-06-04</pubDate>", "/published", r#""2024-06-04T00:00:00Z""#),
        ("<dcterms:modified>2024-06-03</dcterms:modified>", "/updated", r#""2024-06-03T00:00:00Z""#),
        ("<dcterms:created>2024-06-03</dcterms:created>", "/published", r#""2024-06-03T00:00:00Z""#),
        ("<atom:updated>2024-06-03T01:00:00Z</atom:updated>", "/updated", r#""2024-06-03T01:00:00Z""#),
        ("<pubDate>soon</pubDate>", "/published_raw", r#""soon""#),
        ("<pubDate>soon</pubDate><dc:date>2024-06-03</dc:date>", "/published", r#""2024-06-03T00:00:00Z""#),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", "/published", "null"),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", "/published_raw", r#""Thu, 01 Jan 1970 00:00:00 GMT""#),
        ("<pubDate>Thu, 01 Jan 2404 00:00:00 GMT</pubDate>", "/published", "null"),
        ("<pubDate/>", "/published_raw", "null"),
    ]);
    atom_entries(&[
        ("<updated>2024-06-03T01:00:00Z</updated>", "/published", "null"),
        (
            "<issued>2024-06-03T01:00:00Z</issued><modified>2024-06-04T01:00:00Z</modified>",
            "/published",
            r#""2024-06-03T01:00:00Z""#,
        ),
        (
            "<issued>2024-06-03T01:00:00Z</issued><modified>2024-06-04T01:00:00Z</modified>",
            "/updated",
            r#""2024-06-04T01:00:00Z""#,
        ),
        ("<created>2024-06-03T01:00:00Z</created>", "/published", r#""2024-06-03T01:00:00Z""#),
    ]);
}

#[test]
fn people() {
    rss_items(&[
        (
            "<author>ann@isles.example (Ann Lee)</author>",
            "/authors/0",
            r#"{"name":"Ann Lee","email":"ann@isles.example","url":null}"#,
        ),
        ("<author>Ann Lee &lt;ann@isles.example&gt;</author>", "/authors/0/name", r#""Ann Lee""#),
        ("<author>Ann Lee <ann@isles.example></author>", "/title", "null"),
        (
            "<author><name>Ann</name><email>ann@isles.example</email></author>",
            "/authors/0/email",
            r#""ann@isles.example""#,
        ),
        ("<dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator>", "/authors/1/name", r#""Bo""#),
        ("<author>ann@isles.example (Ann)</author><dc:creator>Ann</dc:creator>", "/authors/1", "null"),
        ("<dc:creator>Ann</dc:creator><itunes:author>The Isles</itunes:author>", "/authors/1", "null"),
        ("<itunes:author>The Isles</itunes:author>", "/authors/0/name", r#""The Isles""#),
        ("<atom:author><atom:name>Ann</atom:name></atom:author>", "/authors/0/name", r#""Ann""#),
        ("<author><![CDATA[<a href='/ann'>Ann</a>]]></author>", "/authors/0/name", r#""Ann""#),
        ("<author/>", "/authors", "[]"),
    ]);
    atom_entries(&[
        ("<author><name>Ann</name><uri>/ann</uri></author>", "/authors/0/url", r#""https://isles.example/ann""#),
        (
            "<author><name>Ann</name><homepage>/ann</homepage></author>",
            "/authors/0/url",
            r#""https://isles.example/ann""#,
        ),
        ("<contributor><name>Bo</name></contributor>", "/authors", "[]"),
        ("<contributor><name>Bo</name></contributor>", "/contributors/0/name", r#""Bo""#),
        ("<author>Ann</author>", "/authors/0/name", r#""Ann""#),
    ]);
}

#[test]
fn categories() {
    rss_items(&[
        (
            "<category>A</category><category domain='d'>B</category><category>A</category>",
            "/categories",
            r#"["A","B"]"#,
        ),
        ("<dc:subject>S</dc:subject>", "/categories", r#"["S"]"#),
        ("<media:keywords>a, b</media:keywords>", "/categories", r#"["a","b"]"#),
        ("<itunes:keywords>a,b</itunes:keywords>", "/categories", r#"["a","b"]"#),
        ("<itunes:category text='A'><itunes:category text='B'/></itunes:category>", "/categories", r#"["A","B"]"#),
        ("<category/>", "/categories", "[]"),
        ("<category>R&amp;amp;D</category>", "/categories", r#"["R&D"]"#),
    ]);
    atom_entries(&[
        ("<category term='t'/>", "/categories", r#"["t"]"#),
        ("<category term='t' label='L' scheme='s'/>", "/categories", r#"["L"]"#),
    ]);
}

#[test]
fn texts() {
    rss_items(&[
        ("<description>&lt;p&gt;A &amp;amp; B&lt;/p&gt;</description>", "/summary", r#""<p>A &amp; B</p>""#),
        ("<description><![CDATA[<p>A &amp; B</p>]]></description>", "/summary", r#""<p>A &amp; B</p>""#),
        ("<description><p>A &amp; <br/>B</p></description>", "/summary", r#""<p>A &amp; <br/>B</p>""#),
        ("<description>x <img src='a.png'> y</description>", "/summary", r#""x <img src=\"a.png\"/> y""#),
        ("<description>S</description><content:encoded>C</content:encoded>", "/content", r#""C""#),
        ("<description>S</description><content:encoded>C</content:encoded>", "/summary", r#""S""#),
        ("<content:encoded>C</content:encoded>", "/summary", "null"),
        ("<content:encoded>C</content:encoded>", "/content_type", r#""text/html""#),
        ("<encoded>C</encoded>", "/content", r#""C""#),
        ("<body xmlns='http://www.w3.org/1999/xhtml'><p>C</p></body>", "/content", r#""<p>C</p>""#),
        ("<description>S</description><description>Longer</description>", "/content", r#""Longer""#),
        ("<itunes:summary>I</itunes:summary><description>S</description>", "/summary", r#""S""#),
        ("<itunes:subtitle>I</itunes:subtitle>", "/summary", r#""I""#),
        ("<dc:description>D</dc:description>", "/summary", r#""D""#),
        ("<media:content url='/a'><media:description>M</media:description></media:content>", "/summary", r#""M""#),
        ("<description></description>", "/summary", "null"),
    ]);
    atom_entries(&[
        ("<content type='text'>a &lt; b</content>", "/content", r#""a < b""#),
        ("<content type='text'>a</content>", "/content_type", r#""text/plain""#),
        ("<content>a</content>", "/content_type", r#""text/plain""#),
        ("<content type='html'>&lt;p&gt;a&lt;/p&gt;</content>", "/content", r#""<p>a</p>""#),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a &lt; b</p></div></content>",
            "/content",
            r#""<p>a &lt; b</p>""#,
        ),
        (
            "<content type='xhtml'><x:div xmlns:x='http://www.w3.org/1999/xhtml'><x:p>a</x:p></x:div></content>",
            "/content",
            r#""<p>a</p>""#,
        ),
        ("<content type='xhtml'><div>a</div><div>b</div></content>", "/content", r#""<div>a</div><div>b</div>""#),
        ("<content type='xhtml'><div>a</div></content>", "/content_type", r#""application/xhtml+xml""#),
        ("<content type='application/octet-stream'>SXNsZXM=</content>", "/content", r#""Isles""#),
        ("<content type='application/xml'><a b='1'>c</a></content>", "/content", r#""<a b=\"1\">c</a>""#),
        ("<content type='audio/mpeg' src='/a.mp3'/>", "/media/0/url", r#""https://isles.example/a.mp3""#),
        ("<content type='text/html' src='/a.html'/>", "/content", "null"),
        (
            "<content type='multipart/alternative'><content type='text/plain'>t</content><content type='text/html' mode='escaped'>&lt;i&gt;h&lt;/i&gt;</content></content>",
            "/content",
            r#""<i>h</i>""#,
        ),
        ("<summary mode='escaped' type='text/html'>&lt;i&gt;h&lt;/i&gt;</summary>", "/summary", r#""<i>h</i>""#),
        ("<summary><p>naked</p></summary>", "/summary", r#""<p>naked</p>""#),
        ("<summary type='text'>a &amp; b</summary>", "/summary", r#""a & b""#),
        ("<rights type='html'>&amp;copy; Isles</rights>", "/rights", r#""© Isles""#),
        ("<content xml:lang='sv_SE'>a</content>", "/language", r#""sv-SE""#),
    ]);
    documents(&[
        ("<feed xml:lang='de'><entry><title>A</title></entry></feed>", "/entries/0/language", r#""de""#),
        ("<feed xml:lang='de'><entry xml:lang=''><title>A</title></entry></feed>", "/entries/0/language", "null"),
    ]);
}

#[test]
fn media() {
    rss_items(&[
        (
            "<enclosure url='/a.mp3' type='audio/mpeg' length='12'/>",
            "/media/0",
            r#"{"url":"https://isles.example/a.mp3","type":"audio/mpeg","length":12,"title":null,"credit":null}"#,
        ),
        (
            "<enclosure url='/a.mp3' length='unknown'/><enclosure url='/b.mp3'/>",
            "/media/1/url",
            r#""https://isles.example/b.mp3""#,
        ),
        ("<enclosure href='/a.mp3'/>", "/media/0/url", r#""https://isles.example/a.mp3""#),
        ("<enclosure url=''/>", "/media", "[]"),
        ("<media:content url='/a.jpg' type='image/jpeg' fileSize='9'/>", "/media/0/length", "9"),
        ("<media:content url='/a.jpg' medium='image'/>", "/image", r#""https://isles.example/a.jpg""#),
        (
            "<media:content url='/a.jpg'><media:credit role='photographer'>Ann</media:credit><media:title>T</media:title></media:content>",
            "/media/0/credit",
            r#""Ann""#,
        ),
        (
            "<media:group><media:content url='/a.jpg'/><media:content url='/b.jpg'/><media:credit>Ann</media:credit></media:group>",
            "/media/1/credit",
            r#""Ann""#,
        ),
        ("<media:content url='/a.jpg'/><media:credit>Ann</media:credit>", "/media/0/credit", r#""Ann""#),
        ("<media:group><media:thumbnail url='/t.jpg'/></media:group>", "/image", r#""https://isles.example/t.jpg""#),
        ("<media:thumbnail>/t.jpg</media:thumbnail>", "/image", r#""https://isles.example/t.jpg""#),
        (
            "<enclosure url='/a.jpg' type='image/jpeg'/><media:content url='/a.jpg'><media:title>T</media:title></media:content>",
            "/media/0/title",
            r#""T""#,
        ),
        ("<enclosure url='/a.jpg' type='image/jpeg'/><media:content url='/a.jpg'/>", "/media/1", "null"),
        ("<media:content><media:player url='/p'/></media:content>", "/media/0/url", r#""https://isles.example/p""#),
        ("<itunes:image href='/i.png'/>", "/image", r#""https://isles.example/i.png""#),
        ("<image><url>/i.png</url></image>", "/image", r#""https://isles.example/i.png""#),
        ("<image>/i.png</image>", "/image", r#""https://isles.example/i.png""#),
        ("<description>&lt;img src='/i.png'&gt;</description>", "/image", r#""https://isles.example/i.png""#),
        ("<description>&lt;img width='1' height='1' src='/pixel.gif'&gt;</description>", "/image", "null"),
        ("<enclosure url='/a.jpg' type='image/jpeg'/>", "/image", r#""https://isles.example/a.jpg""#),
    ]);
    atom_entries(&[
        ("<link rel='enclosure' href='/a.mp3' type='audio/mpeg' length='12'/>", "/media/0/length", "12"),
        ("<link rel='enclosure' href='/a.mp3'/><link href='/b'/>", "/link", r#""https://isles.example/b""#),
    ]);
}

#[test]
fn the_rest() {
    rss_items(&[
        ("<comments>/c</comments>", "/comments", r#""https://isles.example/c""#),
        ("<comments>12</comments>", "/comments", "null"),
        ("<source url='/s.xml'>Isles</source>", "/source", r#"{"title":"Isles","url":"https://isles.example/s.xml"}"#),
        ("<dc:rights>R</dc:rights>", "/rights", r#""R""#),
        ("<copyright>C</copyright>", "/rights", r#""C""#),
        ("<dc:language>de</dc:language>", "/language", r#""de""#),
    ]);
    atom_entries(&[
        (
            "<source><title>Isles</title><link href='https://isles.example/'/><id>x</id></source>",
            "/source",
            r#"{"title":"Isles","url":"https://isles.example/"}"#,
        ),
        ("<source><id>tag:x</id><updated>2001-01-01T00:00:00Z</updated></source>", "/updated", "null"),
        ("<link rel='replies' href='/c'/>", "/comments", r#""https://isles.example/c""#),
    ]);
}
