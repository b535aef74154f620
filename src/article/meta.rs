//! What a page's head and markup state of the story: `<meta>`, `<link>`, `<time>`, JSON-LD.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use scraper::{Html, Selector};

use super::{clean, jsonld::Stated};

/// The most `<meta>` elements looked at.
const MAX_META: usize = 500;

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a fixed selector")
}

/// The statements of one page.
#[derive(Debug, Default)]
pub struct Statements {
    meta: HashMap<String, Vec<String>>,
    /// JSON-LD's story.
    pub stated: Stated,
    /// `link rel=canonical`.
    pub canonical: Option<String>,
    /// The language of `<html>`.
    pub language: Option<String>,
    /// The document's title.
    pub title: Option<String>,
    /// Text of the first-level headings.
    pub h1: Vec<String>,
    /// Times that the page marks up, in order.
    pub times: Vec<String>,
    /// Names that the page links as its authors.
    pub authors: Vec<String>,
    /// A printed line that starts with "By".
    pub byline: Option<String>,
    /// Texts of the breadcrumb trail.
    pub breadcrumbs: Vec<String>,
}

impl Statements {
    /// Reads them off a page.
    pub fn read(html: &Html) -> Self {
        static META: LazyLock<Selector> = LazyLock::new(|| selector("meta[content]"));
        static LD: LazyLock<Selector> = LazyLock::new(|| selector("script"));
        static CANONICAL: LazyLock<Selector> = LazyLock::new(|| selector("link[rel~=canonical][href]"));
        static TITLE: LazyLock<Selector> = LazyLock::new(|| selector("title"));
        static H1: LazyLock<Selector> = LazyLock::new(|| selector("h1"));
        static TIME: LazyLock<Selector> = LazyLock::new(|| selector("time[datetime]"));
        static AUTHOR: LazyLock<Selector> =
            LazyLock::new(|| selector("[rel~=author], [itemprop=author] [itemprop=name]"));
        static BYLINE: LazyLock<Selector> = LazyLock::new(|| {
            selector(".byline, .article-byline, .story-byline, .author-name, [class*=byline], [itemprop=author]")
        });
        static CRUMBS: LazyLock<Selector> =
            LazyLock::new(|| selector("[class*=breadcrumb] a, [aria-label=breadcrumb] a"));

        let mut meta: HashMap<String, Vec<String>> = HashMap::new();
        for element in html.select(&META).take(MAX_META) {
            let element = element.value();
            let name = element.attr("property").or_else(|| element.attr("name")).or_else(|| element.attr("itemprop"));
            if let (Some(name), Some(value)) = (name, element.attr("content").and_then(clean::non_empty)) {
                meta.entry(name.trim().to_ascii_lowercase()).or_default().push(value);
            }
        }
        let texts = |selector: &Selector, most: usize| -> Vec<String> {
            html.select(selector).take(most).filter_map(|e| clean::non_empty(&e.text().collect::<String>())).collect()
        };
        let scripts: Vec<String> = html.select(&LD).map(|e| e.text().collect()).collect();
        Self {
            meta,
            stated: Stated::find(scripts.iter().map(String::as_str)),
            canonical: html.select(&CANONICAL).next().and_then(|e| e.value().attr("href")).map(str::to_owned),
            language: html.root_element().value().attr("lang").map(str::to_owned),
            title: texts(&TITLE, 1).pop(),
            h1: texts(&H1, 4),
            times: html.select(&TIME).take(8).filter_map(|e| e.value().attr("datetime")).map(str::to_owned).collect(),
            authors: texts(&AUTHOR, 8),
            byline: texts(&BYLINE, 4).into_iter().find(|t| t.len() < 200 && t.split(' ').count() > 1),
            breadcrumbs: texts(&CRUMBS, 8),
        }
    }

    /// The first value of the first of these `<meta>` names that there is.
    pub fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.meta.get(*n)).and_then(|v| v.first()).map(String::as_str)
    }

    /// All values of a `<meta>` name.
    pub fn all(&self, name: &str) -> &[String] {
        self.meta.get(name).map_or(&[], Vec::as_slice)
    }

    /// A clean text from JSON-LD; character references in it are decoded.
    pub fn stated_text(&self, key: &str) -> Option<String> {
        self.stated.text(key).and_then(decoded)
    }
}

/// Clean text of a value that may hold character references or tags.
pub fn decoded(value: &str) -> Option<String> {
    clean::non_empty(&html_escape::decode_html_entities(value))
}

/// An instant as pages write them (RFC 3339 and its neighbours); without an offset it is taken as UTC, a bare date as its midnight.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let parse = |format| DateTime::parse_from_str(text, format).ok().map(|t| t.to_utc());
    let naive = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|t| t.and_utc());
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|t| t.to_utc())
        .ok()
        .or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S %#z"]
                .into_iter()
                .find_map(parse)
        })
        .or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
                .into_iter()
                .find_map(naive)
        })
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|d| d.and_hms_opt(0, 0, 0)).map(|t| t.and_utc())
        })
        .filter(|t| (1990..2100).contains(&chrono::Datelike::year(t)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_to_utc() {
        for (text, utc) in [
            ("2025-04-25T13:05:00Z", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05:00+02:00", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05:00+0200", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25T15:05+0200", Some("2025-04-25T13:05:00+00:00")),
            ("Fri, 25 Apr 2025 13:05:00 GMT", Some("2025-04-25T13:05:00+00:00")),
            ("2025-04-25 13:05:00", Some("2025-04-25T13:05:00+00:00")),
            ("0001-01-01T00:00:00Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(instant(text).map(|t| t.to_rfc3339()).as_deref(), utc, "{text}");
        }
    }
}
