//! The feed's own fields.

use super::documents;

fn channels(rows: &[(&str, &str, &str)]) {
    let wrapped: Vec<(String, &str, &str)> = rows
        .iter()
        .map(|(inside, place, value)| (format!("<rss version='2.0'><channel>{inside}</channel></rss>"), *place, *value))
        .collect();
    documents(&wrapped.iter().map(|(document, place, value)| (document.as_str(), *place, *value)).collect::<Vec<_>>());
}

#[test]
fn names_and_links() {
    channels(&[
        ("<title>T</title><image><title>I</title><url>/i.png</url><link>/l</link></image>", "/feed/title", r#""T""#),
        ("<image><title>I</title><url>/i.png</url></image>", "/feed/title", "null"),
        ("<image><title>I</title><url>/i.png</url></image>", "/feed/image/url", r#""https://isles.example/i.png""#),
        ("<textInput><title>I</title><link>/l</link></textInput>", "/feed/link", "null"),
        (
            "<atom:link rel='self' href='/f'/><atom:link rel='hub' href='https://hub.example/'/><link>/</link>",
            "/feed/self",
            r#""https://isles.example/f""#,
        ),
        (
            "<atom:link rel='self' href='/f'/><atom:link rel='hub' href='https://hub.example/'/><link>/</link>",
            "/feed/hub",
            r#""https://hub.example/""#,
        ),
        (
            "<atom:link rel='self' href='/f'/><atom:link rel='hub' href='https://hub.example/'/><link>/</link>",
            "/feed/link",
            r#""https://isles.example/""#,
        ),
        ("<description>&lt;b&gt;D&lt;/b&gt; &amp;amp; E</description>", "/feed/description", r#""D & E""#),
        ("<itunes:summary>S</itunes:summary>", "/feed/description", r#""S""#),
        ("<language>en-us</language>", "/feed/language", r#""en-us""#),
        ("<language>pt_BR</language>", "/feed/language", r#""pt-BR""#),
        ("<dc:language>de</dc:language>", "/feed/language", r#""de""#),
        ("<copyright>C</copyright>", "/feed/copyright", r#""C""#),
        ("<dc:rights>C</dc:rights>", "/feed/copyright", r#""C""#),
        ("<generator>G</generator>", "/feed/generator", r#""G""#),
        (
            "<admin:generatorAgent rdf:resource='https://g.example/?v=1'/>",
            "/feed/generator",
            r#""https://g.example/?v=1""#,
        ),
        (
            "<managingEditor>ann@isles.example (Ann)</managingEditor><webMaster>w@isles.example</webMaster>",
            "/feed/authors/0/name",
            r#""Ann""#,
        ),
        (
            "<managingEditor>ann@isles.example (Ann)</managingEditor><webMaster>w@isles.example</webMaster>",
            "/feed/authors/1",
            "null",
        ),
        ("<webMaster>w@isles.example</webMaster>", "/feed/authors/0/email", r#""w@isles.example""#),
        ("<itunes:owner><itunes:name>Ann</itunes:name></itunes:owner>", "/feed/authors/0/name", r#""Ann""#),
        ("<itunes:image href='/i.png'/>", "/feed/image/url", r#""https://isles.example/i.png""#),
        ("<itunes:category text='A'><itunes:category text='B'/></itunes:category>", "/feed/categories", r#"["A","B"]"#),
        (
            "<pubDate>2024-06-03</pubDate><lastBuildDate>2024-06-04</lastBuildDate>",
            "/feed/published",
            r#""2024-06-03T00:00:00Z""#,
        ),
        (
            "<pubDate>2024-06-03</pubDate><lastBuildDate>2024-06-04</lastBuildDate>",
            "/feed/updated",
            r#""2024-06-04T00:00:00Z""#,
        ),
        ("<item><title>I</title><language>xx</language></item><title>T</title>", "/feed/title", r#""T""#),
    ]);
}

#[test]
fn pace() {
    channels(&[
        ("<ttl>60</ttl>", "/feed/ttl", "60"),
        ("<ttl> 60 minutes</ttl>", "/feed/ttl", "60"),
        ("<ttl>-5</ttl>", "/feed/ttl", "null"),
        ("<ttl>99999999999999999999</ttl>", "/feed/ttl", "null"),
        (
            "<skipHours><hour>0</hour><hour>23</hour><hour>24</hour><hour>25</hour></skipHours>",
            "/feed/skip_hours",
            "[0,23]",
        ),
        ("<skipHours><hour>24</hour><hour>1</hour></skipHours>", "/feed/skip_hours", "[0,1]"),
        ("<skiphours>1,2</skiphours>", "/feed/skip_hours", "[1,2]"),
        ("<skipDays><day>sunday</day><day>Sun</day><day>Blursday</day></skipDays>", "/feed/skip_days", r#"["Sunday"]"#),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            "/feed/update_period",
            "1800",
        ),
        ("<sy:updateFrequency>2</sy:updateFrequency>", "/feed/update_period", "43200"),
        ("<sy:updatePeriod> Weekly </sy:updatePeriod>", "/feed/update_period", "604800"),
        ("<sy:updateFrequency>0</sy:updateFrequency>", "/feed/update_period", "86400"),
        ("<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>", "/feed/update_base", r#""2000-01-01T12:00:00Z""#),
        ("<atom:link rel='prev-archive' href='/2'/><fh:archive/>", "/feed/archive", "true"),
        ("<atom:link rel='prev-archive' href='/2'/><fh:complete/>", "/feed/links/0/rel", r#""prev-archive""#),
    ]);
}

#[test]
fn odd_channels() {
    channels(&[
        ("<link/><atom:link href='https://a.example/' rel='alternate'/>", "/feed/link", r#""https://a.example/""#),
        ("<link/>https://a.example/<description/>", "/feed/link", r#""https://a.example/""#),
        ("<title>News &amp;amp; Views</title>", "/feed/title", r#""News & Views""#),
        ("<title><![CDATA[News &gt; Isles]]></title>", "/feed/title", r#""News > Isles""#),
        ("<image><url/></image><itunes:image href='/i.png'/>", "/feed/image/url", r#""https://isles.example/i.png""#),
        ("<image url='/i.png'/>", "/feed/image/url", r#""https://isles.example/i.png""#),
        ("<image>/i.png</image>", "/feed/image/url", r#""https://isles.example/i.png""#),
        (
            "<webfeeds:icon xmlns:webfeeds='http://webfeeds.org/rss/1.0'>https://a.example/i.svg</webfeeds:icon>",
            "/feed/image/url",
            r#""https://a.example/i.svg""#,
        ),
        (
            "<webfeeds:cover xmlns:webfeeds='http://webfeeds.org/rss/1.0' image='https://a.example/c.jpg'/>",
            "/feed/image/url",
            r#""https://a.example/c.jpg""#,
        ),
        ("<description><![CDATA[<p>A</p><p>B</p>]]></description>", "/feed/description", r#""A B""#),
        ("<language> en_GB </language>", "/feed/language", r#""en-GB""#),
        ("<language></language><dc:language>de</dc:language>", "/feed/language", r#""de""#),
        ("<ttl>60.0</ttl>", "/feed/ttl", "60"),
        ("<ttl>0</ttl>", "/feed/ttl", "0"),
        ("<skipHours>\n<hour> 01 </hour><hour>1</hour></skipHours>", "/feed/skip_hours", "[1]"),
        ("<skipDays><day>Mittwoch</day><day>Saturday </day></skipDays>", "/feed/skip_days", r#"["Saturday"]"#),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>",
            "/feed/update_period",
            "3600",
        ),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>abc</sy:updateFrequency>",
            "/feed/update_period",
            "3600",
        ),
        (
            "<managingEditor>()</managingEditor><webMaster>w@isles.example (W)</webMaster>",
            "/feed/authors/0/name",
            r#""W""#,
        ),
        ("<dc:publisher>Isles Press</dc:publisher>", "/feed/authors/0/name", r#""Isles Press""#),
        (
            "<dc:creator>Ann</dc:creator><itunes:author>I</itunes:author>",
            "/feed/authors",
            r#"[{"name": "Ann", "email": null, "url": null}]"#,
        ),
        ("<pubDate>x</pubDate><dc:date>2024-06-03</dc:date>", "/feed/updated", r#""2024-06-03T00:00:00Z""#),
        ("<dc:date>2024-06-03</dc:date>", "/feed/updated", r#""2024-06-03T00:00:00Z""#),
        ("<copyright>&amp;copy; 2024 Isles</copyright>", "/feed/copyright", r#""© 2024 Isles""#),
        ("<generator><![CDATA[<a href='x'>Gen</a>]]></generator>", "/feed/generator", r#""Gen""#),
        (
            "<category><![CDATA[Sea]]></category><itunes:category text='Arts &amp; Sea'/>",
            "/feed/categories",
            r#"["Sea", "Arts & Sea"]"#,
        ),
        ("<cloud domain='x' port='80'/><title>T</title>", "/feed/title", r#""T""#),
        (
            "<textInput><title>Search</title><description>D</description></textInput><description>Real</description>",
            "/feed/description",
            r#""Real""#,
        ),
        ("<image><title>I</title><url>/i.png</url><description>ID</description></image>", "/feed/description", "null"),
        (
            "<atom10:link xmlns:atom10='http://www.w3.org/2005/Atom' rel='hub' href='https://hub.example/'/>",
            "/feed/hub",
            r#""https://hub.example/""#,
        ),
        ("<link rel='self' href='/f'/>", "/feed/self", r#""https://isles.example/f""#),
        ("<itunes:new-feed-url>https://b.example/f</itunes:new-feed-url>", "/feed/self", "null"),
    ]);
    documents(&[
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><subtitle type='html'>&lt;i&gt;S&lt;/i&gt; &amp;amp; T</subtitle></feed>",
            "/feed/description",
            r#""S & T""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><logo>/l.png</logo><icon>/i.ico</icon></feed>",
            "/feed/image/url",
            r#""https://isles.example/l.png""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><icon>/i.ico</icon></feed>",
            "/feed/image/url",
            r#""https://isles.example/i.ico""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><generator uri='https://g.example/' version='1'>Gen</generator></feed>",
            "/feed/generator",
            r#""Gen""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><generator uri='https://g.example/'/></feed>",
            "/feed/generator",
            r#""https://g.example/""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='alternate' type='application/atom+xml' href='/f'/><link rel='alternate' type='text/html' href='/h'/></feed>",
            "/feed/link",
            r#""https://isles.example/h""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='http://schemas.google.com/g/2005#feed' href='/f'/><link href='/h'/></feed>",
            "/feed/link",
            r#""https://isles.example/h""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en-us'><title xml:lang='fr'>T</title></feed>",
            "/feed/language",
            r#""en-us""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><rights type='html'>&amp;copy; I</rights></feed>",
            "/feed/copyright",
            r#""© I""#,
        ),
    ]);
}
