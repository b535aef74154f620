//! Keys of new entries in the state, and what the articles of new entries are called.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::marks::{hash, variants, words};
use super::matching::Matched;
use super::reading::Reading;
use super::{Basis, Identified, Memory, Trust};
use crate::feed::Entry;
use crate::record::{Article, ContentSource, Source, article_id, content_id};

/// What a new entry's link says of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkRole {
    /// Nothing: there is none, or several entries have it.
    #[default]
    None,
    /// It leads to the entry's page, and was another entry's before.
    Reused,
    /// It leads to the entry's page, and changes from poll to poll.
    Unstable,
    /// It identifies the entry.
    Identifies,
}

/// What identifies a new entry's article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Naming {
    /// What its link says of it.
    pub link: LinkRole,
    /// Whether its guid identifies it within its feed.
    pub by_guid: bool,
}

impl Naming {
    /// Whether the link leads to this entry alone, so that its page may be fetched.
    pub fn has_page(self) -> bool {
        self.link != LinkRole::None
    }

    /// What the entry's article is called, if it is a new one.
    pub fn name(self, feed: &str, entry: &Entry, article: &Article) -> ArticleName {
        let is_stated = is_stated(article);
        let has_url = self.link == LinkRole::Identifies || self.link == LinkRole::Unstable && is_stated;
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

/// Whether the page itself states the URL of the article.
fn is_stated(article: &Article) -> bool {
    let source = article.sources.get("url").filter(|_| article.content_source == ContentSource::Page);
    source.is_some_and(|source| matches!(source, Source::Meta | Source::OpenGraph | Source::JsonLd))
}

/// The ids of an article that a feed shows for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleName {
    /// Those that it may be published under already, by any feed; the first is for a new article. UUIDv5 of the canonical URL
    /// (and of its forms with the other scheme, with or without `www.`) where the link identifies the entry or its page states
    /// one; else of feed and guid; else of feed, title, text and date.
    pub ids: Vec<Uuid>,
    /// Whether the first is of a URL that the page states.
    pub is_stated: bool,
    /// What tells it from another article of that id: title and date, which other feeds show too; else all its words.
    telling: String,
    /// What tells it from another article of the same feed: its guid, else all its words.
    in_feed: String,
}

impl ArticleName {
    /// The id of a further article under an id that another one has, of the same feed or not: UUIDv5, in the namespace of that
    /// id, of what tells it apart.
    pub fn further(&self, id: Uuid, is_of_feed: bool) -> Uuid {
        Uuid::new_v5(&id, if is_of_feed { &self.in_feed } else { &self.telling }.as_bytes())
    }
}

impl Reading {
    /// The entries with their keys, and the keys of those that are repetitions.
    pub(super) fn name(self, matched: &Matched, trust: Trust, memory: &dyn Memory) -> (Vec<Identified>, Vec<u128>) {
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
            let remembered = memory.entry(key).map(|known| known.form);
            let naming = matched.naming(i, trust);
            Some(Identified {
                form: shown.form(remembered, trust),
                key,
                marks: shown.marks,
                naming,
                entry: shown.entry,
            })
        });
        (entries.collect(), repeated)
    }

    /// The keys that a new entry may get, the best first.
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
