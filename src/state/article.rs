//! What is kept of a published article, and when its page is revisited.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use crate::article::ReadAs;
use crate::article::duplicates::Sketch;
use crate::fetch::Validators;
use crate::record::Duplicate;

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
    /// How it was read ([`ReadAs::reading`]).
    #[serde(default = "first_reading", skip_serializing_if = "is_first_reading")]
    pub reading: u32,
    /// What was shown then ([`ReadAs::shown`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<u64>,
    /// The site that it belongs to; `None` if that is its feed's, as in a store that is not shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
    /// The prefixes of the topics, beside those of all articles, in which it was published: later revisions and
    /// tombstones follow there, whatever labels its feed has then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Arc<str>>,
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

/// What is remembered of an article while it is recent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecentState {
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// The sketch by which its text is compared with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Sketch>,
    /// The last revision; in the form in which its page was last read, if the page is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Packed>,
    /// The same as [`ArticleState::site`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
}

impl RecentState {
    /// Returns whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.sketch.is_none() && self.last.is_none()
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
    /// The same as [`ArticleState::site`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
}
