//! What the daemon remembers, committed together with the records: how a feed was last read, which entries were seen in
//! which form, and which articles were made from them.
//!
//! Keys of the state topic: `FEED` for the feed itself, `FEED/e/KEY` for an entry, `FEED/a/UUID` for an article that
//! the feed showed first, `FEED/v/UUID` for the next visit to its page, `FEED/s/websub` for its subscription at a hub,
//! `FEED/l/repeats` for the blocks that repeat in its articles, and `/replay/NAME` for the progress of a replay. Each
//! key holds one small change, so a commit is as small as the article that it carries, however long the feed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::{Basis, EntryFingerprint};
use super::packed::Packed;
use super::page_texts::PageTexts;
use crate::article::ReadAs;
use crate::article::duplicates::Sketch;
use crate::fetch::Validators;
use crate::health::{EntryCounts, FeedReport};
use crate::record::Duplicate;
use crate::schedule::{Failure, PollingHints, Source, UpdateFrequency};

/// How a feed was last read, and everything that decides when it is read next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the JSON that is committed")]
pub struct FeedState {
    /// The URL from the feed list that was read.
    pub url: String,
    /// The URL to which it moved permanently; polls use it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The URL to which it says it moved, not yet believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<PendingMove>,
    /// The feed's own title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The validators for the next conditional request.
    #[serde(default)]
    pub validators: Validators,
    /// Hash of the last body whose entries were all committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<u64>,
    /// Hash of the last body that was a dead letter, so each body is reported once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_body: Option<u64>,
    /// When it was last polled (UTC).
    pub polled: Option<DateTime<Utc>>,
    /// When a poll last succeeded (UTC).
    pub succeeded: Option<DateTime<Utc>>,
    /// When it last showed a new entry (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<DateTime<Utc>>,
    /// When it is polled next (UTC).
    pub due: DateTime<Utc>,
    /// The server and the feed ask not to be polled before this time (UTC), which a changed config does not override.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
    /// What decided `due`.
    #[serde(default)]
    pub source: Source,
    /// The reason for `due`, in words.
    #[serde(default)]
    pub reason: String,
    /// What the server and the feed ask for.
    #[serde(default)]
    #[serde(rename = "wishes")]
    pub hints: PollingHints,
    /// How often it shows new entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "rhythm")]
    pub frequency: Option<UpdateFrequency>,
    /// A pause in seconds that would not have missed entries, after some were missed or nearly so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "hurry")]
    pub catch_up_interval: Option<u64>,
    /// How often it was throttled lately, and when that last changed (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "strain")]
    pub throttle_backoff: Option<ThrottleBackoff>,
    /// What identifies its entries.
    #[serde(default)]
    pub basis: Basis,
    /// Whether links change from poll to poll and so identify nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unstable_links: bool,
    /// Why its guids, or its links, do not identify its entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis_reason: Option<String>,
    /// The outcomes of the entries of the last poll that showed any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<EntryCounts>,
    /// Which of its last pages gave no text.
    #[serde(default, skip_serializing_if = "PageTexts::is_empty")]
    pub pages: PageTexts,
    /// The last full fetch that checked the server's "not changed".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<NotModifiedCheck>,
    /// How many times entries were missed between two readings.
    #[serde(default)]
    pub gaps: u32,
    /// Entries that had disappeared from the middle of the feed, in the last reading that could be compared with one
    /// before it. The entries shown are not remembered over a restart.
    #[serde(default)]
    pub vanished: u32,
    /// Entries that the feed itself says were deleted (RFC 6721), in the last reading.
    #[serde(default)]
    pub withdrawn: u32,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// The kind of the last failure, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The last failure in words, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether `failing`, `blocked`, `gone` or `throttled` was reported and `recovered` not yet.
    #[serde(default, rename = "told")]
    pub problem_reported: bool,
    /// Whether `stale` was reported and nothing new has come yet.
    #[serde(default)]
    pub stale: bool,
    /// Whether it was removed from the feed list.
    #[serde(default)]
    pub removed: bool,
}

impl FeedState {
    /// Returns what the registry of feed health keeps of it; `None` for a feed that was removed.
    pub fn report(&self) -> Option<FeedReport> {
        (!self.removed).then(|| FeedReport {
            title: self.title.clone(),
            polled: self.polled,
            succeeded: self.succeeded,
            changed: self.changed,
            due: self.due,
            reason: self.reason.clone(),
            pushed: self.source == Source::Pushed,
            failure: self.failure,
            failures: self.failures,
            error: self.error.clone(),
            moved_to: self.moved_to.clone(),
            frequency: self.frequency,
            degraded: self.pages.is_degraded(),
            pages: self.pages.any_without().then(|| self.pages.to_string()),
            gaps: self.gaps,
        })
    }
}

/// A permanent redirect that is not yet believed, because portals and maintenance pages send false ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMove {
    /// The new URL.
    pub to: String,
    /// When it was first seen (UTC).
    pub first: DateTime<Utc>,
    /// How often it was seen.
    pub count: u32,
}

/// The doublings left by throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleBackoff {
    /// How many times the pauses are doubled.
    pub doublings: u32,
    /// When that last changed (UTC).
    pub since: DateTime<Utc>,
}

/// A full fetch of the feed although the server says that it has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotModifiedCheck {
    /// When it was made (UTC).
    pub last: DateTime<Utc>,
    /// Whether the feed had changed; since then it is fetched in full at every poll.
    pub caught: bool,
}

/// An entry that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryState {
    /// Hash of the form in which it was seen.
    #[serde(rename = "form")]
    pub content_hash: u64,
    /// The other fields by which it is recognised.
    #[serde(flatten)]
    pub fingerprint: EntryFingerprint,
    /// The article made from it; `None` if it became a dead letter.
    pub article: Option<Uuid>,
    /// When it was last written (seconds since 1970, UTC); the oldest entries are forgotten first.
    pub seen: i64,
}

/// An article that was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArticleState {
    /// Hash of the content; a different hash makes a revision.
    pub hash: u64,
    /// The last published revision.
    pub revision: u32,
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// The ids of its quotations, for tombstones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<String>,
    /// The earlier article that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Duplicate>,
    /// Whether it was withdrawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canceled: bool,
    /// The sketch by which its text is compared with others, while it is in the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Sketch>,
    /// The last revision, while it is in the window; in the form in which its page was last read, if the page is the
    /// same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Packed>,
    /// How it was read ([`ReadAs::reading`]).
    #[serde(default = "first_reading", skip_serializing_if = "is_first_reading")]
    pub reading: u32,
    /// What was shown then ([`ReadAs::shown`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<u64>,
}

/// The reading version of daemon versions that did not store it.
fn first_reading() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_first_reading(reading: &u32) -> bool {
    *reading == first_reading()
}

impl ArticleState {
    /// Returns how it was read.
    pub fn read_as(&self) -> ReadAs {
        ReadAs { reading: self.reading, shown: self.shown }
    }
}

/// The next visit to an article's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRevisit {
    /// The page's URL.
    pub url: String,
    /// The page's validators.
    #[serde(default)]
    pub validators: Validators,
    /// When it is due (milliseconds since 1970, UTC).
    pub due: i64,
    /// Whether the page ever gave the article.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// Whether the page was missing at the last visit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// Hash of a form that was not believed at the last visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<u64>,
}

/// A key of the state topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The feed itself.
    Feed(String),
    /// An entry of the feed, by its identity (`pipeline::identity`).
    Entry(String, u128),
    /// An article that the feed showed first.
    Article(String, Uuid),
    /// The feed's subscription at its hub.
    Subscription(String),
    /// The blocks that repeat in the feed's articles.
    Learned(String),
    /// The next visit to that article's page.
    Revisit(String, Uuid),
    /// The progress of the replay of this name.
    Replay(String),
}

/// The end of a subscription's key.
const SUBSCRIPTION: &str = "/s/websub";
/// The end of the key of repeating blocks.
const LEARNED: &str = "/l/repeats";
/// The beginning of a replay's key.
const REPLAY: &str = "/replay/";

impl Key {
    /// Returns the key as written in the topic.
    pub fn encode(&self) -> String {
        match self {
            Self::Feed(feed) => feed.clone(),
            Self::Entry(feed, key) => format!("{feed}/e/{key:032x}"),
            Self::Article(feed, id) => format!("{feed}/a/{id}"),
            Self::Subscription(feed) => format!("{feed}{SUBSCRIPTION}"),
            Self::Learned(feed) => format!("{feed}{LEARNED}"),
            Self::Revisit(feed, id) => format!("{feed}/v/{id}"),
            Self::Replay(name) => format!("{REPLAY}{name}"),
        }
    }

    /// Returns the same key for another feed.
    #[must_use]
    pub fn of(&self, feed: &str) -> Self {
        let feed = feed.to_owned();
        match self {
            Self::Feed(_) => Self::Feed(feed),
            Self::Entry(_, key) => Self::Entry(feed, *key),
            Self::Article(_, id) => Self::Article(feed, *id),
            Self::Subscription(_) => Self::Subscription(feed),
            Self::Learned(_) => Self::Learned(feed),
            Self::Revisit(_, id) => Self::Revisit(feed, *id),
            Self::Replay(name) => Self::Replay(name.clone()),
        }
    }

    /// Reads what [`Key::encode`] wrote. Feed ids may contain slashes.
    pub fn decode(text: &str) -> Key {
        if let Some(name) = text.strip_prefix(REPLAY) {
            return Self::Replay(name.to_owned());
        }
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
        if let Some((feed, id)) = tail("/v/", 36)
            && let Ok(id) = id.parse()
        {
            return Self::Revisit(feed, id);
        }
        let of = |suffix: &str| text.strip_suffix(suffix).filter(|feed| !feed.is_empty()).map(str::to_owned);
        let subscription = of(SUBSCRIPTION).map(Self::Subscription);
        subscription.or_else(|| of(LEARNED).map(Self::Learned)).unwrap_or_else(|| Self::Feed(text.to_owned()))
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
            Key::Subscription("a/s/b".into()),
            Key::Learned("a/l/b".into()),
            Key::Feed("/s/websub".into()),
            Key::Feed("/l/repeats".into()),
            Key::Revisit("a/v/b".into(), id),
            Key::Replay("a/e/b".into()),
        ] {
            assert_eq!(Key::decode(&key.encode()), key);
        }
    }
}
