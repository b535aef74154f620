//! Rules as the config has them.

use std::fmt::{self, Write};
use std::time::Duration;

use serde::{Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

use crate::pattern::{self, Pattern};

/// What happens to the entries that a rule matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They are kept, and those that no keep rule matches are blocked.
    Keep,
    /// They are blocked.
    #[default]
    Block,
}

impl Action {
    /// Returns the name that config, commands and pages use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Block => "block",
        }
    }
}

/// A keep or block rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name, unique; if the config gives none, it is derived from the rest.
    pub id: Box<str>,
    /// What happens to the entries that it matches.
    pub action: Action,
    /// The feeds that it is for; with `labels` empty too, all feeds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<Box<str>>,
    /// It is for the feeds with one of these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Box<str>>,
    /// All of them must hold.
    #[serde(flatten)]
    pub conditions: Conditions,
    /// None of them may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Conditions>>,
}

/// Conditions on an entry. Of the values of one condition, any may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// The title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub title: Vec<Pattern>,
    /// The link.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub url: Vec<Pattern>,
    /// An author's name or mail address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub author: Vec<Pattern>,
    /// A category.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<Pattern>,
    /// The title, the entry's own text, or the article's text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<Pattern>,
    /// The language; `de` also stands for `de-AT`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language: Vec<Box<str>>,
    /// It was published longer ago than this.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub older_than: Option<Duration>,
    /// It was published within this time, or is dated in the future.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub newer_than: Option<Duration>,
    /// The article has at least this many words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_words: Option<u32>,
    /// The article has at most this many words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_words: Option<u32>,
}

#[expect(clippy::ref_option, reason = "serde gives a reference")]
fn as_text<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(pattern::duration).serialize(serializer)
}

impl Conditions {
    /// Returns whether there is no condition.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the conditions on texts, with the name of each.
    pub(crate) fn texts(&self) -> [(&'static str, &[Pattern]); 5] {
        [
            ("title", &self.title),
            ("url", &self.url),
            ("author", &self.author),
            ("category", &self.category),
            ("text", &self.text),
        ]
    }
}

impl Rule {
    /// Returns a name for a rule without one: it stays the same as long as the rule does.
    pub fn derived_id(&self) -> Box<str> {
        let rule = Self { id: Box::default(), ..self.clone() };
        let condition = rule.conditions.texts().into_iter().find(|(_, values)| !values.is_empty());
        let what = condition.map_or("entries", |(name, _)| name);
        format!("{}-{what}-{:08x}", self.action.name(), rule.hash() >> 32).into()
    }

    /// Returns a hash of the rule.
    pub fn hash(&self) -> u64 {
        xxh3_64(&self.json())
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("rules are plain data")
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut next = |f: &mut fmt::Formatter<'_>| f.write_str(std::mem::replace(&mut separator, "; "));
        for (name, values) in self.texts().into_iter().filter(|(_, values)| !values.is_empty()) {
            next(f)?;
            write!(f, "{name}: {}", listed(values))?;
        }
        if !self.language.is_empty() {
            next(f)?;
            write!(f, "language: {}", listed(&self.language))?;
        }
        for (name, value) in [("older than", self.older_than), ("newer than", self.newer_than)] {
            if let Some(value) = value {
                next(f)?;
                write!(f, "{name} {}", pattern::duration(value))?;
            }
        }
        for (name, value) in [("at least", self.min_words), ("at most", self.max_words)] {
            if let Some(value) = value {
                next(f)?;
                write!(f, "{name} {value} words")?;
            }
        }
        Ok(())
    }
}

/// The most values that are shown of a condition.
const SHOWN: usize = 4;

fn listed<T: fmt::Display>(values: &[T]) -> String {
    let mut text = values.iter().take(SHOWN).map(T::to_string).collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN {
        // Writing to a string does not fail.
        let _ = write!(text, " and {} more", values.len() - SHOWN);
    }
    text
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.conditions.fmt(f)?;
        if let Some(not) = &self.not {
            let before = if self.conditions.is_empty() { "" } else { "; " };
            write!(f, "{before}not ({not})")?;
        }
        Ok(())
    }
}
