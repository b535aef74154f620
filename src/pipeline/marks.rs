//! What is remembered of an entry: hashes of what it is known by, and of the form in which it was seen.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use crate::article::canonical_url;
use crate::feed::Entry;

/// What an entry is known again by when its key is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Hash of its canonical link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<u64>,
    /// Hash of its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<u64>,
    /// When it was published (seconds since 1970, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<i64>,
}

impl Marks {
    /// Those of an entry, `link` being its canonical one.
    pub(super) fn of(entry: &Entry, link: Option<&str>) -> Self {
        let hash = |text: &str| xxh3_64(text.as_bytes());
        Self {
            link: link.map(hash),
            title: entry.title.as_deref().map(hash),
            published: entry.published.map(|date| date.timestamp()),
        }
    }

    /// Whether nothing that both have is the same: another story under the same guid.
    pub(super) fn is_another(&self, other: &Self) -> bool {
        let differ = |a: Option<u64>, b: Option<u64>| a.is_some() && b.is_some() && a != b;
        differ(self.link, other.link) && differ(self.title, other.title) && self.published != other.published
    }

    /// Whether title or date are the same: the same story under another guid.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.title.is_some() && self.title == other.title
            || self.published.is_some() && self.published == other.published
    }
}

/// A key of these parts.
pub(super) fn hash(parts: &[&str]) -> u128 {
    xxh3_128(parts.join("\n").as_bytes())
}

/// The key of an entry that only its words name.
pub(super) fn content_key(entry: &Entry) -> u128 {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let date = entry.published.map(|date| date.to_rfc3339()).unwrap_or_default();
    hash(&["content", &part(&entry.title), &part(&entry.summary), &part(&entry.content), &date])
}

/// Hash of what a change of makes the entry worth reading again.
pub(super) fn form(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    let link = entry.link.as_deref().and_then(canonical_url);
    for part in [&entry.title, &link, &entry.summary, &entry.content, &entry.updated_raw] {
        hasher.update(part.as_deref().unwrap_or_default().as_bytes());
        hasher.update(&[0]);
    }
    for date in [entry.published, entry.updated] {
        hasher.update(&date.map_or(0, |date| date.timestamp_millis()).to_le_bytes());
    }
    hasher.digest()
}
