//! What rules are applied to: an entry as its feed shows it, and its article as soon as that is read.

use std::cell::OnceCell;

use chrono::{DateTime, TimeDelta, Utc};
use dateline_article::EntryText;
use dateline_feed::Entry;
use dateline_record::Article;

/// An entry, and its article if that is known.
pub struct Subject<'a> {
    entry: Option<&'a Entry>,
    article: Option<&'a Article>,
    /// The time since it was published; `None` if no date is known.
    pub(crate) age: Option<TimeDelta>,
    /// The entry's own text, read when it is needed first.
    own_text: OnceCell<String>,
}

impl<'a> Subject<'a> {
    /// Returns an entry whose article is not known yet.
    pub fn entry(entry: &'a Entry, now: DateTime<Utc>) -> Self {
        let age = entry.published.or(entry.updated).map(|at| now - at);
        Self { entry: Some(entry), article: None, age, own_text: OnceCell::new() }
    }

    /// Returns an entry and the article that was made of it.
    pub fn with_article(entry: &'a Entry, article: &'a Article, now: DateTime<Utc>) -> Self {
        Self { article: Some(article), ..Self::entry(entry, now) }
    }

    /// Returns a published article, as old as it was when it was first seen.
    pub fn on_record(article: &'a Article) -> Self {
        let age = article.published.or(article.modified).zip(article.first_seen).map(|(at, seen)| seen - at);
        Self { entry: None, article: Some(article), age, own_text: OnceCell::new() }
    }

    /// Returns whether the article's text is known.
    pub(crate) fn is_read(&self) -> bool {
        self.article.is_some()
    }

    pub(crate) fn title(&self) -> Option<&str> {
        match self.entry {
            Some(entry) => entry.title.as_deref(),
            None => self.article?.headline.as_deref(),
        }
    }

    pub(crate) fn url(&self) -> Option<&str> {
        match self.entry {
            Some(entry) => entry.link.as_deref(),
            None => self.article.and_then(|article| article.link.as_deref().or(article.url.as_deref())),
        }
    }

    pub(crate) fn authors(&self) -> Vec<&str> {
        match (self.entry, self.article) {
            (Some(entry), _) => entry
                .authors
                .iter()
                .flat_map(|author| [&author.name, &author.email])
                .flatten()
                .map(String::as_str)
                .collect(),
            (None, Some(article)) => article.authors.iter().map(|author| author.name.as_str()).collect(),
            (None, None) => Vec::new(),
        }
    }

    pub(crate) fn categories(&self) -> Vec<&str> {
        match (self.entry, self.article) {
            (Some(entry), _) => entry.categories.iter().map(String::as_str).collect(),
            (None, Some(article)) => article.keywords.iter().chain(&article.section).map(String::as_str).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// Returns the texts that are known: the title, the entry's own text, the article's text.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let own = self.entry.map(|entry| self.own_text.get_or_init(|| EntryText::read(entry).plain()).as_str());
        let article = self.article.map(|article| article.text.as_str());
        self.title().into_iter().chain(own).chain(article).collect()
    }

    /// Returns the language that the entry states, else the article's; `None` if it is not known yet, or never will be.
    pub(crate) fn language(&self) -> Option<&str> {
        let stated = self.entry.and_then(|entry| entry.language.as_deref());
        stated.or_else(|| self.article?.language.as_deref())
    }

    pub(crate) fn words(&self) -> Option<u32> {
        self.article.map(|article| article.word_count)
    }
}
