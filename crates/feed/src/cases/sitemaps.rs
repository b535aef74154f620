//! Sitemaps: news, images, films, indexes.

use super::documents;

/// Rows of what stands in a sitemap's `<url>`.
fn pages(rows: &[(&str, &str, &str)]) {
    let head = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' \
        xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' \
        xmlns:image='http://www.google.com/schemas/sitemap-image/1.1' \
        xmlns:video='http://www.google.com/schemas/sitemap-video/1.1' xmlns:xhtml='http://www.w3.org/1999/xhtml'><url>";
    let wrapped: Vec<(String, String, &str)> = rows
        .iter()
        .map(|(inside, place, value)| (format!("{head}{inside}</url></urlset>"), format!("/entries/0{place}"), *value))
        .collect();
    documents(
        &wrapped.iter().map(|(document, place, value)| (document.as_str(), place.as_str(), *value)).collect::<Vec<_>>(),
    );
}

#[test]
fn what_a_page_says() {
    pages(&[
        (
            "<loc>https://a.example/1</loc><news:news><news:title><![CDATA[A &amp; B]]></news:title></news:news>",
            "/title",
            r#""A & B""#,
        ),
        (
            "<loc>https://a.example/1</loc><lastmod>2015-10-08T07:18:53.846344Z 2015-06-15T15:33:55.288302Z</lastmod>",
            "/updated",
            r#""2015-10-08T07:18:53.846344Z""#,
        ),
        ("<loc>\n https://a.example/1 \n</loc>", "/link", r#""https://a.example/1""#),
        ("<loc><![CDATA[https://a.example/?a=1&b=2]]></loc>", "/link", r#""https://a.example/?a=1&b=2""#),
        ("<loc>/a</loc>", "/link", r#""https://isles.example/a""#),
        (
            "<loc>https://a.example/1</loc><news:news><news:publication><news:language>pt_BR</news:language></news:publication></news:news>",
            "/language",
            r#""pt-BR""#,
        ),
        (
            "<loc>https://a.example/1</loc><news:news><news:publication_date>2024-06-03T10:20+02:00</news:publication_date></news:news>",
            "/published",
            r#""2024-06-03T08:20:00Z""#,
        ),
        (
            "<loc>https://a.example/1</loc><image:image><image:loc>/i.jpg</image:loc><image:title>Wheel</image:title></image:image>",
            "/title",
            "null",
        ),
        (
            "<loc>https://a.example/1</loc><video:video><video:thumbnail_loc>/t.jpg</video:thumbnail_loc><video:title>V</video:title><video:description>D</video:description><video:content_loc>/v.mp4</video:content_loc><video:publication_date>2024-06-03</video:publication_date></video:video>",
            "/image",
            r#""https://isles.example/t.jpg""#,
        ),
        (
            "<loc>https://a.example/1</loc><video:video><video:title>V</video:title><video:content_loc>/v.mp4</video:content_loc></video:video>",
            "/media/0/url",
            r#""https://isles.example/v.mp4""#,
        ),
        ("<loc>https://a.example/1</loc><video:video><video:title>V</video:title></video:video>", "/title", r#""V""#),
        (
            "<loc>https://a.example/1</loc><video:video><video:description>D</video:description></video:video>",
            "/summary",
            r#""D""#,
        ),
        (
            "<loc>https://a.example/1</loc><xhtml:link rel='alternate' hreflang='de' href='https://a.example/de/1'/>",
            "/link",
            r#""https://a.example/1""#,
        ),
    ]);
}

#[test]
fn documents_of_any_make() {
    documents(&[
        (
            "<urlset><url><loc>https://a.example/1</loc><news:news><news:title>A</news:title></news:news></url></urlset>",
            "/entries/0/title",
            r#""A""#,
        ),
        (
            "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/0.9'><url><loc>/1</loc><image:image><image:loc>/i.jpg</image:loc></image:image></url></urlset>",
            "/entries/0/image",
            r#""https://isles.example/i.jpg""#,
        ),
        (
            "<urlset xmlns='http://wrong.example/'><url><loc>/1</loc></url></urlset>",
            "/entries/0/link",
            r#""https://isles.example/1""#,
        ),
        ("<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</lo", "/count", "1"),
        ("<urlset/>", "/count", "0"),
        (
            "<sitemapindex><sitemap><loc>/1.xml</loc></sitemap><sitemap><loc>/2.xml</loc><lastmod>2024-06-03</lastmod></sitemap></sitemapindex>",
            "/count",
            "2",
        ),
        (
            "<SITEMAPINDEX><SITEMAP><LOC>/1.xml</LOC></SITEMAP></SITEMAPINDEX>",
            "/entries/0/link",
            r#""https://isles.example/1.xml""#,
        ),
        (
            "<urlset><url><loc>/1</loc><priority>0.5</priority><changefreq>daily</changefreq><lastmod>not yet</lastmod></url></urlset>",
            "/entries/0/updated_raw",
            r#""not yet""#,
        ),
    ]);
}
