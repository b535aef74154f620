//! The feed list: what the config's files declare, and changes to it.
//!
//! A change edits the text of one TOML file, so comments and order stay. The CLI and the admin API make the same changes.

mod distinct;
mod edit;
mod id;
mod listed;
pub mod opml;
mod opml_quotes;
mod parts;
mod read;
mod toml;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use id::numbered_id;
pub use id::{IdError, UrlError, feed_url, fresh_id, slug};
pub(super) use read::read;
pub use read::{Opml, parse_opml, read_lists, read_opml};

use super::feed::FeedConfig;
use super::rules::{RuleTable, set_written, written_in_config};
use super::shared_feeds::{FeedHandle, SharedFeeds};
use crate::address::without_user_info;

/// Only in lists of at most this many feeds is the id searched that is nearest to an unknown one.
const MAX_COMPARED: usize = 20_000;

/// Why the feed list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FeedListError {
    /// No feed has the id.
    #[error("no feed has the id `{}`{}", without_user_info(.id), did_you_mean(.nearest.as_deref()))]
    Unknown {
        /// What was given as the id.
        id: String,
        /// The nearest id in the list.
        nearest: Option<String>,
    },
    /// The feed is listed already.
    #[error("{url} is listed already, as `{id}`")]
    Listed {
        /// The public part of its URL.
        url: String,
        /// Its id.
        id: String,
    },
    /// Another feed has the id.
    #[error("the id `{0}` is taken; choose another")]
    IdTaken(String),
    /// The id is invalid.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The URL is invalid.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The keys of a page contradict each other.
    #[error("{0}")]
    Page(&'static str),
    /// No rule has the id.
    #[error("no rule has the id `{0}`")]
    UnknownRule(String),
    /// There is no config file that could hold a rule.
    #[error("there is no config file to write rules to; name one with `--config FILE`")]
    NoConfig,
    /// A file has other rules by now than those that were read.
    #[error("{} has errors, or was changed since it was read; correct what `dateline check` reports, and reload", .0.display())]
    Changed(PathBuf),
    /// Only OPML lists are configured.
    #[error("the config has no TOML feed list; write `files = [\"feeds.toml\"]` under [feeds]")]
    NoTomlList,
    /// An OPML list declares the feed.
    #[error(
        "`{id}` is declared in an OPML list, which dateline does not edit; edit the outline with xmlUrl=\"{url}\" in the file"
    )]
    InOpml {
        /// The feed's id.
        id: String,
        /// The public part of its URL.
        url: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is read-only.
    #[error("cannot change {}: it is read-only; edit its original and reload", .0.display())]
    ReadOnly(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}: {source}; edit its original and reload", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn did_you_mean(id: Option<&str>) -> String {
    id.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default()
}

/// Returns a TOML list of these feeds.
pub fn to_toml<'a>(feeds: impl IntoIterator<Item = &'a FeedConfig>) -> String {
    edit::add("", feeds)
}

/// The feeds of the config's lists.
#[derive(Debug, Clone, Default)]
pub struct FeedList {
    /// The config file, which holds the rules for all feeds.
    config: Option<PathBuf>,
    files: Vec<PathBuf>,
    feeds: SharedFeeds,
}

/// Keys of a feed's table with their new values; a key without a value is removed.
pub type FeedKeys = Vec<(&'static str, Option<toml_edit::Value>)>;

/// A change of one list file, prepared but not written.
#[derive(Debug)]
#[must_use]
pub struct Change {
    path: PathBuf,
    old: String,
    new: String,
}

impl FeedList {
    /// Creates the list of these feeds, as read from these files.
    pub fn new(files: Vec<PathBuf>, feeds: impl Into<SharedFeeds>) -> Self {
        Self { config: None, files, feeds: feeds.into() }
    }

    /// Names the config file, so that rules can be changed in it.
    #[must_use]
    pub fn with_config(self, config: Option<PathBuf>) -> Self {
        Self { config, ..self }
    }

    /// Returns the feeds in their order.
    pub fn feeds(&self) -> &SharedFeeds {
        &self.feeds
    }

    /// Returns the list with the feeds as they were read again, from these files or from the same ones. It shares those
    /// that did not change.
    #[must_use]
    pub fn with_feeds(&self, feeds: SharedFeeds, files: Option<Vec<PathBuf>>) -> Self {
        let files = files.unwrap_or_else(|| self.files.clone());
        Self { config: self.config.clone(), files, feeds: feeds.reusing(&self.feeds) }
    }

    /// Returns the feed with this id.
    pub fn get(&self, id: &str) -> Result<&Arc<FeedHandle>, FeedListError> {
        self.feeds.get(id).ok_or_else(|| self.unknown(id))
    }

    /// Returns the feed with this id, former id or URL.
    pub fn find(&self, name: &str) -> Result<&FeedConfig, FeedListError> {
        let is_named =
            |feed: &&FeedConfig| feed.id == name || feed.url == name || feed.former_id.as_deref() == Some(name);
        self.feeds.configs().find(is_named).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, id: &str) -> FeedListError {
        let similarity = |other: &&String| strsim::jaro_winkler(other, id);
        let ids = self.feeds.iter().filter(|_| self.feeds.len() <= MAX_COMPARED).map(|feed| &feed.id);
        let nearest = ids.max_by(|a, b| similarity(a).total_cmp(&similarity(b))).cloned();
        FeedListError::Unknown { id: id.to_owned(), nearest }
    }

    /// Adds a feed, with its URL as a list declares it, to the first TOML file. A feed without an id gets one derived from its
    /// URL. Returns the feed as listed.
    pub fn add(&self, mut feed: FeedConfig) -> Result<(FeedConfig, Change), FeedListError> {
        let url = feed_url(&feed.url, feed.private)?;
        feed.set_url(url);
        if let Some(fault) = feed.page_fault() {
            return Err(FeedListError::Page(fault));
        }
        if let Some(known) = self.feeds.configs().find(|known| known.is_at_same_place(&feed)) {
            return Err(FeedListError::Listed { url: feed.url, id: known.id.clone() });
        }
        let is_taken = |id: &str| self.feeds.get(id).is_some();
        if feed.id.is_empty() {
            feed.id = fresh_id(&feed.url, is_taken);
        } else if is_taken(&feed.id) {
            return Err(FeedListError::IdTaken(feed.id));
        }
        id::check(&feed.id)?;
        let change = self.append(std::slice::from_ref(&feed))?;
        Ok((feed, change))
    }

    /// Adds those of the feeds that are not listed yet to the first TOML file. Returns their number and the change; `None` if
    /// all are listed.
    pub fn import(&self, feeds: Vec<FeedConfig>) -> Result<Option<(usize, Change)>, FeedListError> {
        let listed: HashSet<String> = self.feeds.configs().map(FeedConfig::written_url).collect();
        let mut taken: HashSet<String> = self.feeds.iter().map(|feed| feed.id.clone()).collect();
        let mut numbers = HashMap::new();
        let mut new: Vec<_> = feeds.into_iter().filter(|feed| !listed.contains(&feed.written_url())).collect();
        for feed in &mut new {
            feed.id = numbered_id(&feed.url, &mut numbers, |id| taken.contains(id));
            taken.insert(feed.id.clone());
        }
        if new.is_empty() {
            return Ok(None);
        }
        Ok(Some((new.len(), self.append(&new)?)))
    }

    fn append(&self, feeds: &[FeedConfig]) -> Result<Change, FeedListError> {
        let path = self.toml_files().next().ok_or(FeedListError::NoTomlList)?;
        let old = read_file(path)?;
        Ok(Change { path: path.to_owned(), new: edit::add(&old, feeds), old })
    }

    /// Removes a feed from its file.
    pub fn remove(&self, feed: &FeedConfig) -> Result<Change, FeedListError> {
        self.edit(feed, |text| edit::remove_keeping_ids(text, feed, self.feeds.configs()))
    }

    /// Pauses or resumes a feed in its file.
    pub fn pause(&self, feed: &FeedConfig, paused: bool) -> Result<Change, FeedListError> {
        self.edit(feed, |text| edit::pause(text, feed, paused))
    }

    /// Sets keys of a feed in its file; a key without a value is removed. A feed whose URL changes keeps its id.
    pub fn set(&self, feed: &FeedConfig, keys: &FeedKeys) -> Result<Change, FeedListError> {
        if let Some((_, Some(url))) = keys.iter().find(|(key, _)| *key == "url") {
            let url = url.as_str().unwrap_or_default();
            let moved = feed_url(url, feed.private)?;
            let is_there = |other: &&FeedConfig| other.id != feed.id && other.written_url() == moved.as_str();
            if let Some(known) = self.feeds.configs().find(is_there) {
                return Err(FeedListError::Listed { url: known.url.clone(), id: known.id.clone() });
            }
        }
        self.edit(feed, |text| edit::set(text, feed, keys))
    }

    /// Sets a rule in the config file, or removes it.
    pub fn set_rule(&self, id: &str, rule: Option<&RuleTable>) -> Result<Change, FeedListError> {
        let path = self.config.as_deref().ok_or(FeedListError::NoConfig)?;
        let old = read_file(path)?;
        let written = written_in_config(&old).ok_or_else(|| FeedListError::Changed(path.to_owned()))?;
        let new = set_written(&old, &written, old.len(), "[[rule]]", id, rule);
        let new = new.ok_or_else(|| FeedListError::UnknownRule(id.to_owned()))?;
        Ok(Change { path: path.to_owned(), old, new })
    }

    /// Sets a rule of a feed's own in its file, or removes it.
    pub fn set_feed_rule(
        &self,
        feed: &FeedConfig,
        id: &str,
        rule: Option<&RuleTable>,
    ) -> Result<Change, FeedListError> {
        if rule.is_none() && !feed.rules.as_deref().unwrap_or_default().iter().any(|known| &*known.id == id) {
            return Err(FeedListError::UnknownRule(format!("{}/{id}", feed.id)));
        }
        self.edit(feed, |text| edit::set_rule(text, feed, id, rule))
    }

    /// Edits the file that declares the feed.
    fn edit(&self, feed: &FeedConfig, edit: impl Fn(&str) -> Option<String>) -> Result<Change, FeedListError> {
        for path in self.toml_files() {
            let old = read_file(path)?;
            if let Some(new) = edit(&old) {
                return Ok(Change { path: path.to_owned(), old, new });
            }
        }
        Err(FeedListError::InOpml { id: feed.id.clone(), url: feed.url.clone() })
    }

    fn toml_files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path).filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
    }
}

impl Change {
    /// Writes the new text.
    pub fn write(&self) -> Result<(), FeedListError> {
        if self.path.metadata().is_ok_and(|metadata| metadata.permissions().readonly()) {
            return Err(FeedListError::ReadOnly(self.path.clone()));
        }
        self.replace(&self.new)
    }

    /// Writes the old text again.
    pub fn revert(&self) -> Result<(), FeedListError> {
        self.replace(&self.old)
    }

    fn replace(&self, text: &str) -> Result<(), FeedListError> {
        edit::write(&self.path, text).map_err(|source| FeedListError::Write { path: self.path.clone(), source })
    }
}

/// Reads a list file. A missing file counts as empty.
fn read_file(path: &Path) -> Result<String, FeedListError> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|source| FeedListError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "# Ours.\n[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n";

    /// Returns a list with a feed in a TOML file and one in an OPML file.
    fn list(folder: &Path) -> FeedList {
        let files = vec![folder.join("feeds.opml"), folder.join("feeds.toml")];
        std::fs::write(&files[0], "<opml><body><outline xmlUrl=\"https://b.example/rss\"/></body></opml>").unwrap();
        std::fs::write(&files[1], TOML).unwrap();
        let feeds = read_lists(&files).unwrap();
        FeedList::new(files, feeds)
    }

    fn feed(id: &str, url: &str) -> FeedConfig {
        FeedConfig { id: id.into(), url: url.into(), ..FeedConfig::default() }
    }

    #[test]
    fn an_omitted_or_empty_id_is_derived_from_the_url() {
        let folder = tempfile::tempdir().unwrap();
        let list = list(folder.path());
        let (added, change) = list.add(feed("", "https://c.example/rss.xml")).unwrap();
        change.write().unwrap();
        assert_eq!(added.id, "c.example-rss");
        let text = std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap();
        assert_eq!(text, format!("{TOML}\n[[feed]]\nid = \"c.example-rss\"\nurl = \"https://c.example/rss.xml\"\n"));
        change.revert().unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap(), TOML);
    }

    #[test]
    fn invalid_changes_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let list = list(folder.path());
        for (added, message) in [
            (feed("", "https://a.example/rss"), "https://a.example/rss is listed already, as `a`"),
            (feed("a", "https://c.example/"), "the id `a` is taken; choose another"),
            (feed("/replay/x", "https://c.example/"), "ids that begin with `/replay/` are reserved"),
            (feed(&"x".repeat(201), "https://c.example/"), "an id must be at most 200 bytes"),
            (feed("", "c.example"), "`c.example` is not a URL"),
        ] {
            let error = list.add(added).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let in_opml = list.find("https://b.example/rss").unwrap();
        let error = list.remove(in_opml).unwrap_err().to_string();
        assert!(error.contains("declared in an OPML list") && error.contains("https://b.example/rss"), "{error}");
        let unknown = list.get("b.example-rs").unwrap_err().to_string();
        assert_eq!(unknown, "no feed has the id `b.example-rs`; did you mean `b.example-rss`?");
        let no_list =
            FeedList::new(vec!["feeds.opml".into()], SharedFeeds::default()).add(feed("", "https://c.example/"));
        assert!(matches!(no_list, Err(FeedListError::NoTomlList)));
    }

    #[test]
    fn an_import_adds_only_new_feeds() {
        let folder = tempfile::tempdir().unwrap();
        let list = list(folder.path());
        let imported = vec![feed("", "https://a.example/rss"), feed("", "https://c.example/rss")];
        let (added, change) = list.import(imported).unwrap().unwrap();
        change.write().unwrap();
        assert_eq!(added, 1);
        assert!(list.import(vec![feed("", "https://b.example/rss")]).unwrap().is_none());
    }
}
