//! Keys of new entries in the state, and the names of their articles.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entry_set::EntrySet;
use super::fingerprint::{hash, variants, words};
use super::matching::Matched;
use super::{Basis, Identified, Memory, Trust};
use crate::feed::Entry;
use crate::record::{Article, ContentSource, Source, article_id, content_id};

/// What the link of a new entry says about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkRole {
    /// Nothing: there is no link, or several entries have it.
    #[default]
    None,
    /// It leads to the entry's page, but was another entry's link before.
    Reused,
    /// It leads to the entry's page, but changes from poll to poll.
    Unstable,
    /// It identifies the entry.
    Identifies,
}

/// What identifies the article of a new entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// What its link says about it.
    pub link: LinkRole,
    /// Whether its guid identifies it within its feed.
    pub by_guid: bool,
}

impl Naming {
    /// Returns whether the link leads to this entry alone, so its page may be fetched.
    pub fn has_page(self) -> bool {
        self.link != LinkRole::None
    }

    /// Returns whether the article's URL identifies it.
    pub fn has_url(self, article: &Article) -> bool {
        self.link == LinkRole::Identifies || self.link == LinkRole::Unstable && is_stated(article)
    }

    /// Returns the name of the entry's article, if it is new.
    pub fn name(self, feed: &str, entry: &Entry, article: &Article) -> ArticleName {
        let (is_stated, has_url) = (is_stated(article), self.has_url(article));
        let guid = entry.guid.as_deref().filter(|_| self.by_guid);
        let ids = match (article.url.as_deref().filter(|_| has_url), guid) {
            (Some(url), _) => variants(url).iter().map(|url| article_id(url)).collect(),
            (None, Some(guid)) => vec![content_id(feed, guid)],
            (None, None) => vec![content_id(feed, &words(entry))],
        };
        let words = words(entry);
        let in_feed = format!("{feed}\n{}", guid.unwrap_or(&words));
        let telling = match (&entry.title, entry.published) {
            (Some(title), Some(date)) => format!("{title}\n{}", date.to_rfc3339()),
            _ => words,
        };
        ArticleName { ids, is_stated: has_url && is_stated, telling, in_feed }
    }
}

/// Returns whether the page itself states the URL of the article.
fn is_stated(article: &Article) -> bool {
    let source = article.sources.get("url").filter(|_| article.content_source == ContentSource::Page);
    source.is_some_and(|source| matches!(source, Source::Meta | Source::OpenGraph | Source::JsonLd))
}

/// The ids of an article that a feed shows for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleName {
    /// The ids under which any feed may have published it already; the first is the id of a new article. The ids are
    /// UUIDv5 of the canonical URL (and of its forms with the other scheme, with or without `www.`) if the link
    /// identifies the entry or its page states one; otherwise of feed and guid; otherwise of feed, title, text and
    /// date.
    pub ids: Vec<Uuid>,
    /// Whether the first id is of a URL that the page states.
    pub is_stated: bool,
    /// Distinguishes it from another article of that id: title and date, which other feeds show too; otherwise all its
    /// words.
    telling: String,
    /// Distinguishes it from another article of the same feed: its guid, otherwise all its words.
    in_feed: String,
}

impl ArticleName {
    /// Returns the id of a further article under an id that another article has, of the same feed or not: UUIDv5, in
    /// the namespace of that id, of what distinguishes the article.
    pub fn further(&self, id: Uuid, is_of_feed: bool) -> Uuid {
        Uuid::new_v5(&id, if is_of_feed { &self.in_feed } else { &self.telling }.as_bytes())
    }
}

impl EntrySet {
    /// Returns the entries with their keys, and the keys of repetitions.
    pub(crate) fn name(self, matched: &Matched, trust: Trust, memory: &dyn Memory) -> (Vec<Identified>, Vec<u128>) {
        let mut used: HashSet<u128> = matched.keys.values().copied().collect();
        let mut keys = matched.keys.clone();
        for &i in matched.kept.iter().filter(|i| !matched.keys.contains_key(i)) {
            let names = self.key_candidates(i, matched, trust);
            let is_free = |key: &u128| !used.contains(key) && memory.entry(*key).is_none();
            let salted = (1..u32::MAX).map(|n| hash(&["content", &words(&self.shown[i].entry), &n.to_string()]));
            let key = names.into_iter().chain(salted).find(is_free).expect("hashes do not run out");
            used.insert(key);
            keys.insert(i, key);
        }
        let first: HashMap<_, _> = matched.kept.iter().map(|&i| (self.identifying(i, trust), keys[&i])).collect();
        let repeated = (0..self.shown.len())
            .filter(|i| !keys.contains_key(i))
            .filter_map(|i| first.get(&self.identifying(i, trust)).copied())
            .collect();
        let entries = self.shown.into_iter().enumerate().filter_map(|(i, shown)| {
            let key = *keys.get(&i)?;
            let remembered = memory.entry(key).map(|known| known.content_hash);
            let naming = matched.naming(i, trust);
            Some(Identified {
                content_hash: shown.form(remembered, trust),
                key,
                fingerprint: shown.marks,
                naming,
                entry: shown.entry,
            })
        });
        (entries.collect(), repeated)
    }

    /// Returns the keys that a new entry may get, the best first.
    fn key_candidates(&self, i: usize, matched: &Matched, trust: Trust) -> Vec<u128> {
        let shown = &self.shown[i];
        let naming = matched.naming(i, trust);
        let guid = shown.guid.as_deref().filter(|_| trust.basis == Basis::Guid);
        let by_guid = guid.filter(|_| naming.by_guid).map(|guid| hash(&["guid", guid]));
        let both = guid.filter(|_| trust.links()).and_then(|_| shown.both_key());
        let link =
            shown.link.as_deref().filter(|_| naming.link == LinkRole::Identifies).map(|link| hash(&["link", link]));
        [by_guid, both, link, Some(shown.content_key)].into_iter().flatten().collect()
    }
}

impl Matched {
    fn naming(&self, i: usize, trust: Trust) -> Naming {
        let link = match (self.own_link.contains(&i), self.foreign_link.contains(&i)) {
            (false, _) => LinkRole::None,
            (true, true) => LinkRole::Reused,
            (true, false) if trust.links() => LinkRole::Identifies,
            (true, false) => LinkRole::Unstable,
        };
        let by_guid = self.own_guid.contains(&i) && trust.guids() && !self.foreign_guid.contains(&i);
        Naming { link, by_guid }
    }
}
