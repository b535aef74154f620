//! Renders the sample sites as feeds and pages, with the boilerplate of real pages.

use std::fmt::Write;

use chrono::SecondsFormat;
use html_escape::encode_double_quoted_attribute as attribute;
use html_escape::encode_text as text;

use super::sites::{Form, Part, Site, Story, Wording};

/// Returns the feed document and its content type.
pub(super) fn feed(site: &Site, edition: u32, base: &str) -> (&'static str, String) {
    let stories = site.stories(edition);
    match site.form {
        Form::Rss => ("application/rss+xml", rss(site, &stories, base)),
        Form::Atom => ("application/atom+xml", atom(site, &stories, base)),
        Form::Json => ("application/feed+json", json(site, &stories, base)),
        Form::Sitemap => ("application/xml", sitemap(site, &stories, base)),
        Form::Broken => (
            "application/rss+xml",
            "<!DOCTYPE html><html><head><title>Moved</title></head><body><h1>We have a new website!</h1></body></html>"
                .into(),
        ),
    }
}

fn url(story: &Story, base: &str) -> String {
    format!("{base}/{}/{}", story.section.to_lowercase(), story.id)
}

fn summary(story: &Story) -> &str {
    match &story.parts[0] {
        Part::Paragraph(words) | Part::Caption(words, _) => words,
    }
}

fn rss(site: &Site, stories: &[Story], base: &str) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <title>{}</title><link>{base}/</link><description>{}</description><language>{}</language>\n",
        site.name, site.wording.description, site.wording.language
    );
    for story in stories.iter().rev() {
        let _ = writeln!(
            xml,
            "<item><title>{}</title><link>{}?utm_source=rss&amp;utm_medium=feed</link><guid isPermaLink=\"false\">{}-{}</guid>\
             <pubDate>{}</pubDate><dc:creator>{}</dc:creator><category>{}</category><description>{}</description></item>",
            text(&story.headline),
            url(story, base),
            site.id,
            story.id,
            story.modified.to_rfc2822(),
            text(&story.author),
            text(&story.section),
            text(summary(story)),
        );
    }
    xml + "</channel></rss>\n"
}

fn atom(site: &Site, stories: &[Story], base: &str) -> String {
    let time = |story: &Story| story.modified.to_rfc3339_opts(SecondsFormat::Secs, true);
    let updated = stories.iter().map(time).max().unwrap_or_default();
    let mut xml = format!(
        "<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\"><title>{}</title><id>{base}/</id>\
         <link href=\"{base}/\"/><updated>{updated}</updated>\n",
        site.wording.language, site.name
    );
    for story in stories.iter().rev() {
        let _ = writeln!(
            xml,
            "<entry><title>{}</title><id>tag:north-ledger.example,2025:{}</id><link href=\"{}\"/><published>{}</published>\
             <updated>{}</updated><author><name>{}</name></author><category term=\"{}\"/><content type=\"html\">{}</content></entry>",
            text(&story.headline),
            story.id,
            url(story, base),
            story.published.to_rfc3339_opts(SecondsFormat::Secs, true),
            time(story),
            text(&story.author),
            attribute(&story.section),
            text(&body(story)),
        );
    }
    xml + "</feed>\n"
}

fn json(site: &Site, stories: &[Story], base: &str) -> String {
    let items: Vec<serde_json::Value> = stories
        .iter()
        .rev()
        .map(|story| {
            serde_json::json!({
                "id": story.id, "url": url(story, base), "title": story.headline, "content_html": body(story),
                "date_published": story.published, "date_modified": story.modified,
                "authors": [{ "name": story.author }], "tags": [story.section], "language": site.wording.language,
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "title": site.name, "home_page_url": format!("{base}/"), "language": site.wording.language,
        "items": items,
    })
    .to_string()
}

fn sitemap(site: &Site, stories: &[Story], base: &str) -> String {
    let mut xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
                   xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n"
            .to_owned();
    for story in stories.iter().rev() {
        let _ = writeln!(
            xml,
            "<url><loc>{}</loc><news:news><news:publication><news:name>{}</news:name><news:language>{}</news:language>\
             </news:publication><news:publication_date>{}</news:publication_date><news:title>{}</news:title></news:news></url>",
            url(story, base),
            site.name,
            site.wording.language,
            story.published.to_rfc3339_opts(SecondsFormat::Secs, true),
            text(&story.headline),
        );
    }
    xml + "</urlset>\n"
}

fn body(story: &Story) -> String {
    let mut html = String::new();
    for (number, part) in story.parts.iter().enumerate() {
        let _ = match part {
            Part::Paragraph(words) => writeln!(html, "<p>{}</p>", text(words)),
            Part::Caption(caption, credit) => writeln!(
                html,
                "<figure><img src=\"/images/{}-{number}.jpg\" alt=\"\"><figcaption>{} \u{2013} {}</figcaption></figure>",
                story.id,
                text(caption),
                text(credit)
            ),
        };
    }
    html
}

/// Returns the page of an article; `None` if it has none.
pub(super) fn page(site: &Site, edition: u32, base: &str, id: &str) -> Option<String> {
    let stories = site.stories(edition);
    let story = stories.iter().find(|story| story.id == id)?;
    let time = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let data = serde_json::json!({
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": story.headline, "articleSection": story.section,
        "datePublished": time(story.published), "dateModified": time(story.modified),
        "author": [{ "@type": "Person", "name": story.author }], "publisher": { "@type": "Organization", "name": site.name },
    });
    let related: String = stories
        .iter()
        .filter(|other| other.id != story.id)
        .map(|other| format!("<li><a href=\"{}\">{}</a></li>", url(other, base), text(&other.headline)))
        .collect();
    let name = text(site.name);
    let Wording { language, by, menu, cookies, share, newsletter, more, rights, .. } = site.wording;
    Some(format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{headline} | {name}</title>\
         <link rel=\"canonical\" href=\"{link}\"><meta property=\"og:site_name\" content=\"{name}\">\
         <script type=\"application/ld+json\">{data}</script></head>\n<body><header><nav><a href=\"/\">{}</a> <a href=\"/region\">{}</a> \
         <a href=\"/sport\">{}</a></nav></header>\n<div class=\"cookie-banner\"><p>{}</p>\
         <button>{}</button></div>\n<main><article><h1>{headline}</h1><p class=\"byline\">{by} {author}</p>\
         <ul class=\"share\"><li>{}</li><li>{}</li></ul>\n{body}</article>\n\
         <aside class=\"newsletter\"><p>{newsletter}</p></aside>\n\
         <section class=\"related\"><h3>{more}</h3><ul>{related}</ul></section></main>\n\
         <footer><p>\u{a9} 2025 {name}. {rights}</p></footer></body></html>\n",
        menu[0],
        menu[1],
        menu[2],
        cookies[0],
        cookies[1],
        share[0],
        share[1],
        headline = text(&story.headline),
        link = attribute(&url(story, base)),
        author = text(&story.author),
        body = body(story),
    ))
}
