//! The metadata in a page's head and markup: `<meta>`, `<link>`, `<time>`, JSON-LD.

use std::collections::HashMap;

use dom_query::Document;
use url::Url;

use super::jsonld::Stated;
use super::scan::Scan;
use super::visible_metadata::VisibleMetadata;
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, attr};

/// The maximum number of `<meta>` elements looked at.
const MAX_META: usize = 500;

/// The longest text of an element that is believed to be a statement, in bytes.
const MAX_TEXT: usize = 1000;

fn has_token(value: Option<&str>, token: &str) -> bool {
    value.is_some_and(|v| v.split_ascii_whitespace().any(|t| t.eq_ignore_ascii_case(token)))
}

/// The statements of one page.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    meta: HashMap<String, Vec<String>>,
    /// JSON-LD's article.
    pub stated: Stated,
    /// `link rel=canonical`.
    pub canonical: Option<String>,
    /// The address that relative ones are resolved against.
    pub base: Option<String>,
    /// The language of `<html>`.
    pub language: Option<String>,
    /// The document's title.
    pub title: Option<String>,
    /// The visible metadata around the headline.
    pub visible: VisibleMetadata,
}

impl Statements {
    /// Reads them off a page.
    pub(crate) fn read(page: &Document, url: Option<&Url>) -> Self {
        let mut said = Self::default();
        let mut scripts: Vec<String> = Vec::new();
        let mut scan = Scan::new(page, url);
        let mut metas = 0;
        for edge in dom::edges(page.root()) {
            scan.step(edge);
            let Edge::Open(id) = edge else { continue };
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
                _ => {}
            }
        }
        said.visible = scan.finish();
        said.stated = Stated::find(scripts.iter().map(String::as_str));
        said
    }

    fn add_meta(&mut self, element: &Element) {
        let name = ["property", "name", "itemprop"].into_iter().find_map(|key| attr(element, key));
        if let (Some(name), Some(value)) = (name, attr(element, "content").and_then(clean::non_empty)) {
            self.meta.entry(name.trim().to_ascii_lowercase()).or_default().push(value);
        }
    }

    /// Returns the first value of the first of these `<meta>` names that there is.
    pub(crate) fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.meta.get(*n)).and_then(|v| v.first()).map(String::as_str)
    }

    /// Returns all values of a `<meta>` name.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.meta.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the values of the labelled pairs for cards (`twitter:label1` "Written by", `twitter:data1` "Ada Reyes") whose label is wanted.
    pub(crate) fn labelled(&self, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        (1..=3).filter_map(move |n| {
            let label = self.meta(&[&format!("twitter:label{n}")])?;
            is_wanted(label).then(|| self.meta(&[&format!("twitter:data{n}")])).flatten()
        })
    }

    /// Returns a clean text from JSON-LD; character references in it are decoded.
    pub(crate) fn stated_text(&self, key: &str) -> Option<String> {
        self.stated.text(key).and_then(decoded)
    }
}

/// Clean text of a value that may hold character references or tags.
pub(crate) fn decoded(value: &str) -> Option<String> {
    clean::non_empty(&html_escape::decode_html_entities(value))
}
