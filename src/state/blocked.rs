//! A blocked entry that is kept whole, so that changed rules can be applied to it after its feed no longer shows it.

use std::io::Read;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::entry::EntryState;
use super::identity::{EntryFingerprint, Naming};
use crate::config::Pages;
use crate::feed::{Entry, Feed};

/// A longer entry is not kept: the size when packed and when unpacked, in bytes.
const MAX_PACKED: usize = 64 << 10;
const MAX_UNPACKED: u64 = 4 << 20;
/// Fast.
const LEVEL: i32 = 3;

/// An entry that keep and block rules left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockedEntry {
    /// The rule; `None` if no keep rule matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Arc<str>>,
    /// When it was blocked (seconds since 1970, UTC).
    pub at: i64,
    /// The site whose state has it.
    pub site: String,
    /// Hash of the form that was blocked.
    #[serde(rename = "form")]
    pub content_hash: u64,
    /// The other fields by which it is recognised.
    #[serde(flatten)]
    pub fingerprint: EntryFingerprint,
    /// How its article is named.
    pub naming: Naming,
    /// What was known of it, if another instance handed it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Box<HandedBlock>>,
    /// What its feed says of itself, and the entry: JSON in a zstd frame, in base64.
    packed: String,
}

/// What is known of a blocked entry that was handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandedBlock {
    /// Its feed, as the message named it.
    pub feed: serde_json::Value,
    /// When its page is fetched.
    pub pages: Pages,
    /// The URL of its page, if it is not the entry's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Url>,
    /// The article that an earlier form became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct Content<F, E> {
    about: F,
    entry: E,
}

impl BlockedEntry {
    /// Packs an entry; `None` if it is too long to be kept. The fields beside the rule are those of the state.
    pub fn new(about: &Feed, entry: &Entry, naming: Naming) -> Option<Self> {
        let json = serde_json::to_vec(&Content { about, entry }).ok()?;
        let packed = zstd::bulk::compress(&json, LEVEL).ok()?;
        let fits = packed.len() <= MAX_PACKED && json.len() as u64 <= MAX_UNPACKED;
        fits.then(|| Self {
            rule: None,
            at: 0,
            site: String::new(),
            content_hash: 0,
            fingerprint: EntryFingerprint::default(),
            naming,
            handed: None,
            packed: STANDARD_NO_PAD.encode(packed),
        })
    }

    /// Returns whether an entry of the feed is still blocked in this form.
    pub fn is_of(&self, now: &EntryState) -> bool {
        now.blocked.is_some() && now.content_hash == self.content_hash
    }

    /// Returns what the feed said of itself, and the entry; `None` if that cannot be read.
    pub fn content(&self) -> Option<(Feed, Entry)> {
        let packed = STANDARD_NO_PAD.decode(&self.packed).ok()?;
        let mut json = Vec::new();
        zstd::Decoder::new(packed.as_slice()).ok()?.take(MAX_UNPACKED).read_to_end(&mut json).ok()?;
        let Content { about, entry } = serde_json::from_slice(&json).ok()?;
        Some((about, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_kept_as_it_was() {
        let entry = Entry { title: Some("Ferry waits".into()), ..Entry::default() };
        let about = Feed { title: Some("Isles".into()), ..Feed::default() };
        let kept = BlockedEntry::new(&about, &entry, Naming::default()).unwrap();
        let read: BlockedEntry = serde_json::from_slice(&serde_json::to_vec(&kept).unwrap()).unwrap();
        assert_eq!(read, kept);
        assert_eq!(read.content(), Some((about.clone(), entry.clone())));
        let noise = |n: u32| uuid::Uuid::new_v5(&uuid::Uuid::nil(), &n.to_le_bytes()).to_string();
        let long = Entry { content: Some((0..9_000).map(noise).collect()), ..entry };
        assert_eq!(BlockedEntry::new(&about, &long, Naming::default()), None);
    }
}
