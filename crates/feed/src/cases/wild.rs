//! Odd items and entries from the issues of other parsers and from the specifications.

use super::{atom_entries, documents, rss_items};

#[test]
fn titles() {
    rss_items(&[
        ("<title>&lt;![CDATA[Tide mill]]&gt;</title>", "/title", r#""Tide mill""#),
        ("<title><a href='/mill' hreflang='en'>Tide mill</a></title>", "/title", r#""Tide mill""#),
        ("<title>Tide<br/>mill</title>", "/title", r#""Tide mill""#),
        ("<title>Tide&lt;br&gt;mill</title>", "/title", r#""Tide mill""#),
        ("<title>&lt;p&gt;Tide&lt;/p&gt;&lt;p&gt;mill&lt;/p&gt;</title>", "/title", r#""Tide mill""#),
        ("<title>Ti&lt;b&gt;de&lt;/b&gt;s</title>", "/title", r#""Tides""#),
        ("<title><![CDATA[It&#8217;s &quot;late&quot;]]></title>", "/title", "\"It’s \\\"late\\\"\""),
        ("<title><![CDATA[]]></title>", "/title", "null"),
        ("<title> <![CDATA[ A ]]> </title>", "/title", r#""A""#),
        ("<title>A<!-- c -->B</title>", "/title", r#""AB""#),
        ("<title>A <![CDATA[& B]]> &amp; C</title>", "/title", r#""A & B & C""#),
        ("<title><![CDATA[a]]]]><![CDATA[>b]]></title>", "/title", r#""a]]>b""#),
        ("<title>&#55357;&#56832; ahoy</title>", "/title", r#""😀 ahoy""#),
        ("<title>&#xD83D;&#xDE00;</title>", "/title", r#""😀""#),
        ("<title>&#xD83D; lone</title>", "/title", r#""lone""#),
        ("<title>R&amp;amp;amp;D</title>", "/title", r#""R&amp;D""#),
        ("<title>&amp;#8220;Quoted&amp;#8221;</title>", "/title", r#""“Quoted”""#),
        ("<title>x &lt;y@z.example&gt; wrote</title>", "/title", r#""x <y@z.example> wrote""#),
        ("<title>Array&lt;String&gt; in a &lt;div&gt;</title>", "/title", r#""Array<String> in a""#),
        ("<title>A</title><title>B</title>", "/title", r#""A""#),
        ("<title xml:space='preserve'>\n A\tB\n</title>", "/title", r#""A B""#),
        ("<title>A &NBSP; &AMP; B</title>", "/title", r#""A &NBSP; & B""#),
        (
            "<media:content url='/a.jpg' type='image/jpeg'><media:title>Wheel</media:title></media:content>",
            "/title",
            "null",
        ),
    ]);
    atom_entries(&[
        ("<title type='html'>&lt;![CDATA[Tide mill]]&gt;</title>", "/title", r#""Tide mill""#),
        ("<title type='TEXT/HTML'>A &amp;amp; B</title>", "/title", r#""A & B""#),
        ("<title type='xhtml'>A <em>b</em></title>", "/title", r#""A b""#),
        ("<title type='html'><![CDATA[A &amp; <i>B</i>]]></title>", "/title", r#""A & B""#),
        ("<title type='text'><![CDATA[A &amp; B]]></title>", "/title", r#""A &amp; B""#),
    ]);
    documents(&[
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a</p><title>no</title></div></content><title>A</title></entry></feed>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<rss><channel><item><description><title>no</title><link>https://no.example/</link></description><title>A</title></item></channel></rss>",
            "/entries/0/title",
            r#""A""#,
        ),
        ("<rss><channel><item><title>A</title><!CDATA[x]]></item></channel></rss>", "/entries/0/title", r#""A""#),
    ]);
}

#[test]
fn links_and_ids() {
    rss_items(&[
        ("<link/>https://a.example/1<title>t</title>", "/link", r#""https://a.example/1""#),
        ("<link>https://a.example/1\n?b=2</link>", "/link", r#""https://a.example/1?b=2""#),
        ("<link>https://a.example/a b</link>", "/link", r#""https://a.example/a%20b""#),
        ("<link><![CDATA[https://a.example/?a=1&b=2]]></link>", "/link", r#""https://a.example/?a=1&b=2""#),
        ("<link>https://a.example/?a=1&amp;amp;b=2</link>", "/link", r#""https://a.example/?a=1&b=2""#),
        ("<link><a href='https://a.example/1'>https://a.example/1</a></link>", "/link", r#""https://a.example/1""#),
        ("<link>HTTPS://A.example/X</link>", "/link", r#""HTTPS://A.example/X""#),
        ("<url>https://a.example/u</url>", "/link", r#""https://a.example/u""#),
        ("<atom:link href='https://a.example/1'/>", "/link", r#""https://a.example/1""#),
        ("<atom:link rel='alternate' href='https://a.example/1'/><link/>", "/link", r#""https://a.example/1""#),
        ("<guid isPermaLink=' TRUE '>https://a.example/g</guid>", "/link", r#""https://a.example/g""#),
        ("<guid>\n https://a.example/g \n</guid>", "/guid", r#""https://a.example/g""#),
        ("<guid><![CDATA[https://a.example/?a=1&b=2]]></guid>", "/link", r#""https://a.example/?a=1&b=2""#),
        ("<guid isPermaLink='false'>x</guid><link>https://a.example/1</link>", "/link", r#""https://a.example/1""#),
        (
            "<comments>https://a.example/1#c</comments><slash:comments xmlns:slash='http://purl.org/rss/1.0/modules/slash/'>5</slash:comments>",
            "/comments",
            r#""https://a.example/1#c""#,
        ),
        (
            "<wfw:commentRss xmlns:wfw='http://wellformedweb.org/CommentAPI/'>https://a.example/c</wfw:commentRss>",
            "/comments",
            "null",
        ),
    ]);
    atom_entries(&[
        (
            "<link href='https://a.example/self' rel='self'/><link href='https://a.example/edit' rel='edit'/><link href='https://a.example/p' rel='alternate' type='text/html'/>",
            "/link",
            r#""https://a.example/p""#,
        ),
        (
            "<link rel='related' href='https://b.example/'/><link rel='alternate' href='https://a.example/'/>",
            "/link",
            r#""https://a.example/""#,
        ),
        ("<link rel='' href='https://a.example/'/>", "/link", r#""https://a.example/""#),
        ("<link>https://a.example/text</link>", "/link", r#""https://a.example/text""#),
        (
            "<link rel='replies' type='application/atom+xml' href='/c.xml'/><link rel='replies' type='text/html' href='/c'/>",
            "/comments",
            r#""https://isles.example/c""#,
        ),
        (
            "<link rel='alternate' hreflang='de' href='/de'/><link rel='alternate' hreflang='en' href='/en'/>",
            "/link",
            r#""https://isles.example/de""#,
        ),
        ("<id>1</id>", "/guid", r#""1""#),
    ]);
    documents(&[
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><item rdf:about='https://r.example/a'><title>A</title></item></rdf:RDF>",
            "/entries/0/link",
            r#""https://r.example/a""#,
        ),
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><item rdf:about='urn:x'><title>A</title></item></rdf:RDF>",
            "/entries/0/link",
            "null",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/x/'><entry><id>1</id></entry></feed>",
            "/entries/0/guid",
            r#""https://b.example/x/1""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/x/'><entry><id>tag:a,1:2</id></entry></feed>",
            "/entries/0/guid",
            r#""tag:a,1:2""#,
        ),
    ]);
}

#[test]
fn texts() {
    rss_items(&[
        ("<content:encoded><![CDATA[]]></content:encoded><description>d</description>", "/content", "null"),
        ("<content:encoded/><description>d</description>", "/summary", r#""d""#),
        ("<description>&amp;lt;p&amp;gt;a&amp;lt;/p&amp;gt;</description>", "/summary", r#""&lt;p&gt;a&lt;/p&gt;""#),
        ("<description><![CDATA[&lt;p&gt;a&lt;/p&gt;]]></description>", "/summary", r#""&lt;p&gt;a&lt;/p&gt;""#),
        (
            "<media:content url='/a.jpg' medium='image'><media:description>The wheel</media:description></media:content>",
            "/summary",
            "null",
        ),
        (
            "<media:group><media:title>Video</media:title><media:content url='/v.mp4' type='video/mp4'/><media:description>Long</media:description></media:group>",
            "/summary",
            r#""Long""#,
        ),
        (
            "<yandex:full-text xmlns:yandex='http://news.yandex.ru'>Whole</yandex:full-text><description>d</description>",
            "/content",
            r#""Whole""#,
        ),
        (
            "<turbo:content xmlns:turbo='http://turbo.yandex.ru'><![CDATA[<p>Whole</p>]]></turbo:content>",
            "/content",
            r#""<p>Whole</p>""#,
        ),
        ("<description>a</description><summary>b</summary>", "/summary", r#""a""#),
        ("<content>c</content><description>d</description>", "/content", r#""c""#),
        ("<atom:summary>s</atom:summary>", "/summary", r#""s""#),
        ("<atom:content type='html'>&lt;p&gt;c&lt;/p&gt;</atom:content>", "/content", r#""<p>c</p>""#),
        ("<description>line one\n\nline two</description>", "/summary", "\"line one\\n\\nline two\""),
        ("<description>Tom &amp; Ann &lt;b&gt;x&lt;/b&gt;</description>", "/summary", r#""Tom & Ann <b>x</b>""#),
        ("<description>5 &lt; 6</description>", "/summary", r#""5 < 6""#),
        (
            "<excerpt:encoded xmlns:excerpt='http://wordpress.org/export/1.2/excerpt/'>E</excerpt:encoded><content:encoded>C</content:encoded>",
            "/content",
            r#""C""#,
        ),
    ]);
    atom_entries(&[
        ("<content type='CDATA'><![CDATA[<p>a</p>]]></content>", "/content_type", r#""text/html""#),
        ("<content type='image/png'>iVBORw0KGgo=</content>", "/content", "null"),
        ("<content type='video/mp4'>SXNsZXM=</content>", "/content", r#""Isles""#),
        ("<content type='text/x-markdown'>*a*</content>", "/content", r#""*a*""#),
        (r#"<content type='application/json'>{"a":1}</content>"#, "/content", "\"{\\\"a\\\":1}\""),
        ("<content type='html'>&lt;p&gt;a &amp;amp; b&lt;/p&gt;</content>", "/content", r#""<p>a &amp; b</p>""#),
        ("<content type='html'><p>a</p></content>", "/content", r#""<p>a</p>""#),
        (
            "<content type='text/html' mode='xml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a</p></div></content>",
            "/content_type",
            r#""text/html""#,
        ),
        ("<summary type='html'/>", "/summary", "null"),
        ("<content/><summary>s</summary>", "/content", "null"),
    ]);
    documents(&[
        (
            "<rss><channel><item><description><!CDATA[x]]></description></item></channel></rss>",
            "/entries/0/summary",
            r#""x""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:h='http://www.w3.org/1999/xhtml'><entry><summary type='xhtml'><h:div>a <h:b>b</h:b></h:div></summary></entry></feed>",
            "/entries/0/summary",
            r#""a <b>b</b>""#,
        ),
    ]);
}

#[test]
fn people() {
    rss_items(&[
        ("<author>nobody@isles.example (Ann &amp; Bo)</author>", "/authors/0/name", r#""Ann & Bo""#),
        ("<dc:creator><![CDATA[ Ann  Lee ]]></dc:creator>", "/authors/0/name", r#""Ann Lee""#),
        ("<dc:creator>@annlee</dc:creator>", "/authors/0/name", r#""@annlee""#),
        (
            "<dc:creator><foaf:Person xmlns:foaf='http://xmlns.com/foaf/0.1/'><foaf:name>Ann</foaf:name></foaf:Person></dc:creator>",
            "/authors/0/name",
            r#""Ann""#,
        ),
        ("<author>()</author>", "/authors", "[]"),
        (
            "<author>ann@isles.example ()</author>",
            "/authors/0",
            r#"{"name": null, "email": "ann@isles.example", "url": null}"#,
        ),
        ("<dc:creator/><itunes:author>I</itunes:author>", "/authors/0/name", r#""I""#),
        ("<author>Ann\n Lee</author>", "/authors/0/name", r#""Ann Lee""#),
    ]);
    atom_entries(&[
        ("<source><author><name>Ann</name></author></source>", "/authors/0/name", r#""Ann""#),
        ("<author><name>Bo</name></author><source><author><name>Ann</name></author></source>", "/authors/1", "null"),
        ("<author><name/></author>", "/authors", "[]"),
        ("<author><name>Ann</name></author><author><name>Bo</name></author>", "/authors/1/name", r#""Bo""#),
        ("<author><name>Ann &amp;amp; Bo</name></author>", "/authors/0/name", r#""Ann & Bo""#),
    ]);
}

#[test]
fn categories() {
    rss_items(&[
        ("<category><![CDATA[ A & B ]]></category>", "/categories", r#"["A & B"]"#),
        ("<media:category label='Sea'>/x/y</media:category>", "/categories", r#"["Sea"]"#),
        ("<category>A &gt; B</category>", "/categories", r#"["A > B"]"#),
        ("<dc:subject>A</dc:subject><category>A</category><dc:subject>B</dc:subject>", "/categories", r#"["A", "B"]"#),
    ]);
    atom_entries(&[
        ("<category term='' label='L'/>", "/categories", r#"["L"]"#),
        ("<category>text</category>", "/categories", r#"["text"]"#),
        ("<category term='a'/><category term='A'/>", "/categories", r#"["a", "A"]"#),
    ]);
}

#[test]
fn media() {
    rss_items(&[
        ("<media:content url='/a.jpg'/>", "/image", r#""https://isles.example/a.jpg""#),
        ("<enclosure url='/a.png?w=1'/>", "/image", r#""https://isles.example/a.png?w=1""#),
        ("<enclosure url='/a.mp3'/>", "/image", "null"),
        ("<enclosure url='/a.jpg' type='image'/>", "/image", r#""https://isles.example/a.jpg""#),
        (
            "<description>&lt;img src='data:image/gif;base64,R0' data-src='/a.jpg'&gt;</description>",
            "/image",
            r#""https://isles.example/a.jpg""#,
        ),
        ("<description>&lt;IMG SRC=/a.jpg&gt;</description>", "/image", r#""https://isles.example/a.jpg""#),
        ("<enclosure url='/a b.mp3'/>", "/media/0/url", r#""https://isles.example/a%20b.mp3""#),
        ("<enclosure url='/a.mp3' length='1,234'/>", "/media/0/length", "null"),
        ("<enclosure url='/a.mp3' length=' 12 '/>", "/media/0/length", "12"),
        ("<enclosure url='/a.mp3' length='-1'/>", "/media/0/length", "null"),
        ("<enclosure>https://a.example/x.mp3</enclosure>", "/media/0/url", r#""https://a.example/x.mp3""#),
        (
            "<enclosure url='/a.mp3'></enclosure><enclosure url='/a.mp3' type='audio/mpeg'/>",
            "/media/0/type",
            r#""audio/mpeg""#,
        ),
        (
            "<media:group><media:content url='/l.mp4'/><media:content url='/h.mp4' isDefault='true'/></media:group>",
            "/media/1/url",
            r#""https://isles.example/h.mp4""#,
        ),
        (
            "<media:thumbnail url='/s.jpg' width='70'/><media:thumbnail url='/l.jpg' width='700'/>",
            "/image",
            r#""https://isles.example/s.jpg""#,
        ),
        ("<itunes:image><url>/i.png</url></itunes:image>", "/image", r#""https://isles.example/i.png""#),
        (
            "<media:content url='/a.jpg' medium='image'/><media:credit>Ann</media:credit><enclosure url='/b.mp3'/>",
            "/media/0/credit",
            r#""Ann""#,
        ),
    ]);
    atom_entries(&[("<link rel='enclosure' type='audio/mpeg' href='a.mp3' title='T'/>", "/media/0/title", r#""T""#)]);
}

#[test]
fn the_rest() {
    rss_items(&[
        ("<source url='/s.xml'/>", "/source/url", r#""https://isles.example/s.xml""#),
        ("<source>Isles</source>", "/source/title", r#""Isles""#),
        ("<dc:source>https://a.example/</dc:source>", "/source/url", r#""https://a.example/""#),
        ("<dc:source>Isles</dc:source>", "/source/title", r#""Isles""#),
        ("<dc:rights>&amp;copy; Isles</dc:rights>", "/rights", r#""© Isles""#),
        ("<title xml:lang='en-GB'>A</title>", "/language", r#""en-GB""#),
        ("<pubDate>x</pubDate><pubDate>2024-06-03</pubDate>", "/published", r#""2024-06-03T00:00:00Z""#),
        (
            "<dcterms:issued>2024-06-03</dcterms:issued><dcterms:modified>2024-06-04</dcterms:modified>",
            "/updated",
            r#""2024-06-04T00:00:00Z""#,
        ),
    ]);
    atom_entries(&[
        ("<published>Mon, 03 Jun 2024 10:20:30 GMT</published>", "/published", r#""2024-06-03T10:20:30Z""#),
        ("<published/><issued>2024-06-03</issued>", "/published", r#""2024-06-03T00:00:00Z""#),
        ("<updated>2024-06-03T10:20:30</updated>", "/updated", r#""2024-06-03T10:20:30Z""#),
    ]);
}
