//! How a feed was last read.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::identity::Basis;
use super::listed_links::ListedLinks;
use super::page_texts::PageTexts;
use super::shown::ShownEntries;
use crate::fetch::Validators;
use crate::health::{EntryCounts, FeedReport, FeedRules};
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
    /// What keep and block rules decided about its entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Box<FeedRules>>,
    /// Which of its last pages gave no text.
    #[serde(default, skip_serializing_if = "PageTexts::is_empty")]
    pub pages: PageTexts,
    /// How many links it shows, if it is a section page.
    #[serde(default, skip_serializing_if = "ListedLinks::is_empty")]
    pub links: ListedLinks,
    /// In which way its document is read; zero for a feed document.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reading: u64,
    /// Whether that way is new, and no document was read in it completely: entries that the former way did not show are
    /// not missed ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reading_changed: bool,
    /// The last full fetch that checked the server's "not changed".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<NotModifiedCheck>,
    /// How many times entries were missed between two readings.
    #[serde(default)]
    pub gaps: u32,
    /// The entries of the last complete reading.
    #[serde(default, skip_serializing_if = "ShownEntries::is_empty")]
    pub shown: ShownEntries,
    /// Entries that had disappeared from the middle of the feed, in the last reading that could be compared with one
    /// before it.
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
            degraded: self.pages.is_degraded() || self.links.is_degraded(),
            pages: self.pages.any_without().then(|| self.pages.to_string()),
            links: self.links.is_degraded().then(|| self.links.to_string()),
            gaps: self.gaps,
            rules: self.rules.as_deref().filter(|rules| !rules.rules.is_empty()).cloned().map(Arc::new),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
