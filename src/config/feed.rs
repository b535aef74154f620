//! The configuration of a feed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::section::Pages;
use crate::address::{Credentials, Place};
use crate::filter::{Rule, Scope};

/// One feed of the feed list (`[[feed]]` in TOML, an outline in OPML).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Unique; derived from the URL's host and path if the list gives none.
    #[serde(default)]
    pub id: String,
    /// The public part of its URL. User and password are in `credentials`, and so is a private feed's query.
    pub url: String,
    /// The secret parts of its URL, sent only to its server.
    #[serde(skip)]
    pub credentials: Credentials,
    /// The id in the list, if that contains a secret and was replaced.
    #[serde(skip)]
    pub former_id: Option<Box<str>>,
    /// The title, instead of the feed's own.
    #[serde(default)]
    pub title: Option<Box<str>>,
    /// The publisher, instead of the one that the feed and its pages name.
    #[serde(default)]
    pub publisher: Option<Arc<str>>,
    /// The language tag, if neither the feed nor its pages give one.
    #[serde(default)]
    pub language: Option<Arc<str>>,
    /// The path of its folder, outermost first, separated by ` / `; exports nest by it.
    #[serde(default)]
    pub folder: Option<Arc<str>>,
    /// The time between two polls, instead of `schedule.interval`.
    #[serde(default, with = "crate::options::duration::optional")]
    pub interval: Option<Duration>,
    /// When its article pages are fetched, instead of `pipeline.pages`.
    #[serde(default)]
    pub pages: Option<Pages>,
    /// Whether it is not polled.
    #[serde(default)]
    pub paused: bool,
    /// Whether it is fetched in full at every poll, for a server that wrongly answers "not modified".
    #[serde(default)]
    pub full_fetch: bool,
    /// Whether the query of its URL is a secret too.
    #[serde(default)]
    pub private: bool,
    /// Its own keep and block rules.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Arc<[Rule]>>,
}

impl FeedConfig {
    /// Splits the URL as it was written into its public part and its credentials.
    pub fn set_url(&mut self, written: Url) {
        let (url, credentials) = Credentials::split(written, self.private);
        (self.url, self.credentials) = (url.into(), credentials);
    }

    /// Returns the URL as it is written in a list. Must not be shown.
    pub fn written_url(&self) -> String {
        if self.credentials.is_empty() {
            return self.url.clone();
        }
        self.credentials.join(&self.url).map_or_else(|_| self.url.clone(), String::from)
    }

    /// Returns the place from which to request the feed.
    pub fn place(&self) -> Result<Place, ParseError> {
        self.place_at(&self.url)
    }

    /// Returns the place of a feed that moved to another URL.
    pub fn place_at(&self, url: &str) -> Result<Place, ParseError> {
        Place::of_feed(&self.credentials, &self.url, url)
    }

    /// Returns the feed as far as rules refer to it, and passes it on.
    pub fn with_scope<T>(&self, f: impl FnOnce(Scope<'_>) -> T) -> T {
        f(Scope { feed: &self.id, labels: &[] })
    }

    /// Frees the memory that it does not need, and shares the texts that many feeds have.
    pub(super) fn shrink(&mut self, texts: &mut HashSet<Arc<str>>) {
        self.id.shrink_to_fit();
        self.url.shrink_to_fit();
        for text in [&mut self.publisher, &mut self.language, &mut self.folder] {
            *text = text.take().map(|text| shared(texts, text));
        }
    }

    /// Returns whether both feeds have the same URL and are requested with the same credentials.
    pub fn is_at_same_place(&self, other: &Self) -> bool {
        self.url == other.url && self.credentials == other.credentials
    }
}

/// Returns the text shared with everything equal to it.
pub(super) fn shared(texts: &mut HashSet<Arc<str>>, text: impl AsRef<str> + Into<Arc<str>>) -> Arc<str> {
    if let Some(known) = texts.get(text.as_ref()) {
        return Arc::clone(known);
    }
    let text: Arc<str> = text.into();
    texts.insert(Arc::clone(&text));
    text
}
