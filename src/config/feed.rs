//! The configuration of a feed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::labels::{Labels, MAX_LABEL_BYTES};
use super::page_feed::{FeedKind, PageSelectors};
use super::section::Pages;
use crate::address::{Credentials, Place};
use crate::fetch::{self, Requests, Target};
use crate::filter::{Rule, Scope};
use crate::record::is_same_label;

/// The separator between two folders of a path.
pub(super) const BETWEEN_FOLDERS: &str = " / ";
/// The maximum folder depth; deeper folders count as the last of these.
pub(super) const MAX_FOLDERS: usize = 16;

/// One feed of the feed list (`[[feed]]` in TOML, an outline in OPML).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Unique; derived from the URL's host and path if the list gives none.
    #[serde(default)]
    pub id: String,
    /// The public part of its URL. User and password are in `credentials`, and so is a private feed's query.
    pub url: String,
    /// What is at its URL.
    #[serde(default)]
    pub kind: FeedKind,
    /// Which links of a page are its entries, instead of those that are found by themselves.
    #[serde(default)]
    pub select: Option<Box<PageSelectors>>,
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
    /// Its labels; the names of its folders are labels too.
    #[serde(default)]
    pub labels: Labels,
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
    /// How its requests are made; shared where equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Arc<Requests>>,
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

    /// Returns whether it is a section page.
    pub fn is_page(&self) -> bool {
        self.kind == FeedKind::Page
    }

    /// Returns the kind of document to request.
    pub fn request_kind(&self) -> fetch::Kind {
        // Files are read only for feeds.
        if self.is_page() && !self.url.starts_with("file:") { fetch::Kind::Page } else { fetch::Kind::Feed }
    }

    /// Returns what is wrong with the keys of a page, and what to write instead.
    pub fn page_fault(&self) -> Option<&'static str> {
        let select = self.select.as_ref()?;
        if !self.is_page() {
            return Some("`select` names the links of a page; add `kind = \"page\"`, or remove `select`");
        }
        select
            .links
            .as_str()
            .trim()
            .is_empty()
            .then_some("`select` needs `links`; write `select = { links = \"ul.news a\" }`")
    }

    /// Returns the document of the feed, to request it.
    pub fn target(&self) -> Result<Target, ParseError> {
        self.target_at(&self.url)
    }

    /// Returns the document of a feed that moved to another URL.
    pub fn target_at(&self, url: &str) -> Result<Target, ParseError> {
        let place = Place::of_feed(&self.credentials, &self.url, url)?;
        Ok(Target::new(place, self.requests.as_ref(), &self.url))
    }

    /// Returns a page of one of its articles, to request it. The login in the feed's URL is not for pages.
    pub fn page(&self, url: &Url) -> Target {
        Target::new(Place::of(url), self.requests.as_ref(), &self.url)
    }

    /// Returns a text without the secrets of its requests.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.requests.as_ref().map_or(Cow::Borrowed(text), |requests| requests.mask(text).into())
    }

    /// Returns the feed as far as rules refer to it, and passes it on.
    pub fn with_scope<T>(&self, f: impl FnOnce(Scope<'_>) -> T) -> T {
        f(Scope { feed: &self.id, labels: &self.all_labels() })
    }

    /// Frees the memory that it does not need, and shares the texts that many feeds have.
    pub(super) fn shrink(&mut self, known: &mut Shared) {
        self.id.shrink_to_fit();
        self.url.shrink_to_fit();
        for text in [&mut self.publisher, &mut self.language, &mut self.folder] {
            *text = text.take().map(|text| shared(&mut known.texts, text));
        }
        match known.labels.get(&self.labels) {
            Some(labels) => self.labels = labels.clone(),
            None => drop(known.labels.insert(self.labels.clone())),
        }
    }

    /// Returns the names of its folders, outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let names = self.folder.as_deref().into_iter().flat_map(|folder| folder.split(BETWEEN_FOLDERS));
        names.map(str::trim).filter(|name| !name.is_empty()).take(MAX_FOLDERS)
    }

    /// Returns the names of its folders that can be labels.
    fn folder_labels(&self) -> impl Iterator<Item = &str> {
        self.folders().filter(|name| name.len() <= MAX_LABEL_BYTES && !name.chars().any(char::is_control))
    }

    /// Returns its labels: those that its list gives it, then the names of its folders.
    pub fn all_labels(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.labels.iter().collect();
        for name in self.folder_labels() {
            if !all.iter().any(|known| is_same_label(known, name)) {
                all.push(name);
            }
        }
        all
    }

    /// Returns whether it has this label, in any case; the names of its folders are labels too.
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.has(label) || self.folder_labels().any(|name| is_same_label(name, label))
    }

    /// Returns its labels as its records have them.
    pub fn record_labels(&self) -> Vec<String> {
        self.all_labels().into_iter().map(str::to_owned).collect()
    }

    /// Shares the requests with every feed that has equal ones.
    pub(super) fn share_requests(&mut self, known: &mut HashSet<Arc<Requests>>) {
        self.requests = self.requests.take().filter(|requests| !requests.is_empty()).map(|requests| {
            let same = known.get(&requests).cloned();
            same.unwrap_or_else(|| {
                known.insert(Arc::clone(&requests));
                requests
            })
        });
    }

    /// Returns whether both feeds have the same URL and are requested with the same credentials.
    pub fn is_at_same_place(&self, other: &Self) -> bool {
        self.url == other.url && self.credentials == other.credentials
    }

    /// Returns whether both feeds are requested in the same way.
    pub fn is_requested_alike(&self, other: &Self) -> bool {
        self.is_at_same_place(other) && self.requests == other.requests
    }
}

/// What the feeds of a list share.
#[derive(Default)]
pub(super) struct Shared {
    pub texts: HashSet<Arc<str>>,
    labels: HashSet<Labels>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_labels_too() {
        let mut feed = FeedConfig { folder: Some("World / Europe / europe /  / de".into()), ..FeedConfig::default() };
        feed.labels = Labels::new(["politics", "DE"]).unwrap();
        assert_eq!(feed.all_labels(), ["politics", "DE", "World", "Europe"]);
        assert!(feed.has_label("EUROPE") && feed.has_label("Politics") && !feed.has_label("World / Europe"));
        let long = FeedConfig { folder: Some("x".repeat(101).into()), ..FeedConfig::default() };
        assert!(long.all_labels().is_empty() && !long.has_label(&"x".repeat(101)));
    }
}
