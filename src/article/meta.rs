//! What a page's head and markup state of the story: `<meta>`, `<link>`, `<time>`, JSON-LD.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use dom_query::Document;

use super::dom::{self, Edge, Element, attr};
use super::{clean, jsonld::Stated};

/// The most `<meta>` elements looked at.
const MAX_META: usize = 500;

/// The longest text of an element that is believed to be a statement, in bytes.
const MAX_TEXT: usize = 1000;

fn has_token(value: Option<&str>, token: &str) -> bool {
    value.is_some_and(|v| v.split_ascii_whitespace().any(|t| t.eq_ignore_ascii_case(token)))
}

/// Whether a name contains a word given in lower case.
fn contains(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

/// The statements of one page.
#[derive(Debug, Default)]
pub struct Statements {
    meta: HashMap<String, Vec<String>>,
    /// JSON-LD's story.
    pub stated: Stated,
    /// `link rel=canonical`.
    pub canonical: Option<String>,
    /// The address that relative ones are resolved against.
    pub base: Option<String>,
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
    pub fn read(page: &Document) -> Self {
        let mut said = Self::default();
        let mut scripts: Vec<String> = Vec::new();
        let (mut metas, mut in_crumbs) = (0, None);
        for edge in dom::edges(page.root()) {
            let id = match edge {
                Edge::Open(id) => id,
                Edge::Close(id) => {
                    in_crumbs = in_crumbs.filter(|&crumbs| crumbs != id);
                    continue;
                }
            };
            let Some(node) = page.tree.get(&id) else { continue };
            let Some(element) = node.element_ref() else { continue };
            let text = || clean::non_empty(&node.text()).filter(|t| t.len() <= MAX_TEXT);
            match &*element.name.local {
                "meta" => {
                    metas += 1;
                    if metas <= MAX_META {
                        said.add_meta(&element);
                    }
                }
                "link" if has_token(attr(&element, "rel"), "canonical") => {
                    said.canonical = said.canonical.take().or_else(|| attr(&element, "href").map(str::to_owned));
                }
                "base" => said.base = said.base.take().or_else(|| attr(&element, "href").map(str::to_owned)),
                "html" => said.language = attr(&element, "lang").map(str::to_owned),
                "title" if said.title.is_none() => said.title = text(),
                "script" => scripts.push(node.text().to_string()),
                "h1" if said.h1.len() < 4 => said.h1.extend(text()),
                "time" if said.times.len() < 8 => said.times.extend(attr(&element, "datetime").map(str::to_owned)),
                "a" if in_crumbs.is_some() && said.breadcrumbs.len() < 8 => said.breadcrumbs.extend(text()),
                _ => {}
            }
            let class = attr(&element, "class").unwrap_or_default();
            if in_crumbs.is_none()
                && (contains(class, "breadcrumb")
                    || attr(&element, "aria-label").is_some_and(|l| contains(l, "breadcrumb")))
            {
                in_crumbs = Some(id);
            }
            let is_author = has_token(attr(&element, "itemprop"), "author");
            if said.authors.len() < 8 && (has_token(attr(&element, "rel"), "author") || is_author) {
                said.authors.extend(text());
            }
            if said.byline.is_none()
                && (is_author || contains(class, "byline") || has_token(Some(class), "author-name"))
            {
                said.byline = text().filter(|t| t.len() < 200 && t.split(' ').count() > 1);
            }
        }
        said.stated = Stated::find(scripts.iter().map(String::as_str));
        said
    }

    fn add_meta(&mut self, element: &Element) {
        let name = ["property", "name", "itemprop"].into_iter().find_map(|key| attr(element, key));
        if let (Some(name), Some(value)) = (name, attr(element, "content").and_then(clean::non_empty)) {
            self.meta.entry(name.trim().to_ascii_lowercase()).or_default().push(value);
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
