//! What the daemon remembers, as it is committed with the records: how a feed was last read, which entries were seen in
//! which form, and which articles came of them.
//!
//! Keys of the state topic: `FEED` for the feed itself, `FEED/e/KEY` for an entry, `FEED/a/UUID` for an article that the feed
//! showed first. Deltas keep a commit as small as the story that it carries, whatever the length of the feed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fetch::Validators;
use crate::schedule::Failure;

/// How a feed was last read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedState {
    /// The URL that was read; validators count only for it.
    pub url: String,
    /// The feed's own title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For the next conditional request.
    #[serde(default)]
    pub validators: Validators,
    /// Hash of the last body whose entries were all committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<u64>,
    /// Hash of the last body that was a dead letter, so that it is told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_body: Option<u64>,
    /// When it was last asked (UTC).
    pub polled: Option<DateTime<Utc>>,
    /// When it last answered well (UTC).
    pub succeeded: Option<DateTime<Utc>>,
    /// When it is asked next (UTC), and why then.
    pub due: DateTime<Utc>,
    /// Why then.
    #[serde(default)]
    pub reason: String,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// The way of the last failure, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Whether `failing`, `blocked`, `gone` or `throttled` was told and `recovered` not yet.
    #[serde(default)]
    pub told: bool,
    /// Whether it was taken off the feed list.
    #[serde(default)]
    pub removed: bool,
}

/// An entry that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryState {
    /// Hash of the form in which it was seen.
    pub form: u64,
    /// The article that came of it; `None` when it became a dead letter.
    pub article: Option<Uuid>,
    /// When it was last written (seconds since 1970, UTC); the oldest are forgotten first.
    pub seen: i64,
}

/// An article that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleState {
    /// Hash of what makes a revision.
    pub hash: u64,
    /// The last published revision.
    pub revision: u32,
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// Fingerprint of its body, where it is long enough to be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<u64>,
    /// The ids of its quotations, for tombstones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<String>,
}

/// A key of the state topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The feed itself.
    Feed(String),
    /// An entry of the feed, by its identity ([`super::identity`]).
    Entry(String, u128),
    /// An article that the feed showed first.
    Article(String, Uuid),
}

impl Key {
    /// As written in the topic.
    pub fn encode(&self) -> String {
        match self {
            Self::Feed(feed) => feed.clone(),
            Self::Entry(feed, key) => format!("{feed}/e/{key:032x}"),
            Self::Article(feed, id) => format!("{feed}/a/{id}"),
        }
    }

    /// Reads what [`Key::encode`] wrote. Feed ids may hold slashes of their own.
    pub fn decode(text: &str) -> Key {
        let tail = |marker: &str, length: usize| {
            let at = text.len().checked_sub(length + marker.len())?;
            (at > 0 && text.is_char_boundary(at) && text[at..].starts_with(marker))
                .then(|| (text[..at].to_owned(), &text[at + marker.len()..]))
        };
        if let Some((feed, hex)) = tail("/e/", 32)
            && let Ok(key) = u128::from_str_radix(hex, 16)
        {
            return Self::Entry(feed, key);
        }
        if let Some((feed, id)) = tail("/a/", 36)
            && let Ok(id) = id.parse()
        {
            return Self::Article(feed, id);
        }
        Self::Feed(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip() {
        let id = Uuid::from_u128(7);
        for key in [
            Key::Feed("a/e/b".into()),
            Key::Feed("ü".into()),
            Key::Feed(String::new()),
            Key::Entry("a/b".into(), u128::MAX),
            Key::Article("ü/e/".into(), id),
        ] {
            assert_eq!(Key::decode(&key.encode()), key);
        }
    }
}
