//! `kind = "page"`: a section page that is read as a feed, and the selectors of its links.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::article::{ListingSelectors, SelectorError};

/// The longest selector, in bytes.
const MAX_SELECTOR_BYTES: usize = 500;

/// What is at the URL of a feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// A feed document: RSS, Atom, JSON Feed, a sitemap.
    #[default]
    Feed,
    /// A section page: its links to articles are the entries.
    Page,
}

/// The CSS selectors of a section page's links, and of what is read beside each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageSelectors {
    /// The links, or elements that each contain one.
    #[schema(value_type = String)]
    pub links: Selector,
    /// The title, within the part of the page that belongs to a link.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Selector>,
    /// The date.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Selector>,
    /// The summary.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Selector>,
}

/// A CSS selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector(Box<str>);

/// A text that cannot be used as a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSelector {
    /// It does not follow the syntax.
    #[error("{0}; write it as in a style sheet: \"ul.news > li a\"")]
    Syntax(#[from] SelectorError),
    /// It is too long.
    #[error("a selector of more than {MAX_SELECTOR_BYTES} bytes; write a shorter one")]
    TooLong,
}

impl Selector {
    /// Checks a selector.
    pub fn new(written: &str) -> Result<Self, InvalidSelector> {
        if written.len() > MAX_SELECTOR_BYTES {
            return Err(InvalidSelector::TooLong);
        }
        ListingSelectors::new(written, None, None, None)?;
        Ok(Self(written.into()))
    }

    /// Returns the selector as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Selector {
    type Error = InvalidSelector;

    fn try_from(written: String) -> Result<Self, InvalidSelector> {
        Self::new(&written)
    }
}

impl std::str::FromStr for Selector {
    type Err = InvalidSelector;

    fn from_str(written: &str) -> Result<Self, InvalidSelector> {
        Self::new(written)
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.0.into()
    }
}

impl std::fmt::Display for PageSelectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (key, selector)) in self.named().enumerate() {
            write!(f, "{}{key} `{selector}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl PageSelectors {
    /// Returns the selectors that are set, with their keys.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { links, title, date, summary } = self;
        let all =
            [("links", Some(links)), ("title", title.as_ref()), ("date", date.as_ref()), ("summary", summary.as_ref())];
        all.into_iter().filter_map(|(key, selector)| Some((key, selector?.as_str())))
    }

    /// Compiles the selectors.
    pub fn compile(&self) -> Result<ListingSelectors, SelectorError> {
        let Self { links, title, date, summary } = self;
        let [title, date, summary] = [title, date, summary].map(|selector| selector.as_ref().map(Selector::as_str));
        ListingSelectors::new(links.as_str(), title, date, summary)
    }
}
