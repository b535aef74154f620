//! What a feed says of itself.

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
