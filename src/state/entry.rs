//! What is kept of an entry: by the instance that polls its feed, and by the owner of its article's site.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::EntryFingerprint;

/// An entry that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The site of its article if that is known, otherwise the first site on the way there; `None` if that is the feed's
    /// own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Arc<str>>,
    /// Orders its forms where another site than the feed's has its article; see [`OriginState::serial`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub serial: i64,
    /// That this form was blocked by a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<BlockedMark>,
}

/// The mark of an entry that keep and block rules left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedMark {
    /// The rule; `None` if no keep rule matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Arc<str>>,
    /// Whether the entry is kept whole ([`super::BlockedEntry`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

impl EntryState {
    /// Returns the site of its article, if that is known and not the feed's own.
    pub fn article_site(&self) -> Option<Arc<str>> {
        self.article.and(self.home.clone())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What is kept of an entry with the state of another site than its feed's: the site of its article, or one on the way
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginState {
    /// The last form that was dealt with. Each form of an entry has a higher number than the one before, so a form that
    /// arrives late, or twice, is recognised.
    pub serial: i64,
    /// The article that the entry became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Uuid>,
    /// The site that has the article, if this one passed the entry on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the last form was blocked by a rule, and is kept whole ([`super::BlockedEntry`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
}
