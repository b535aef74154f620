//! What is kept of an entry.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::EntryFingerprint;

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
