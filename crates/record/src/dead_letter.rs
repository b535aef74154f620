//! Input that could not be processed.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::article::FeedLabels;

/// The maximum size of the raw input in a dead letter, in bytes.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// Input that a stage could not process, as published on `dateline.dead-letters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// The id of the feed that the input came from.
    pub feed_id: String,
    /// The stage that failed.
    pub stage: Stage,
    /// The error.
    pub error: String,
    /// The URL of the document, if there is one.
    pub url: Option<String>,
    /// The guid of the feed entry, if there is one.
    pub guid: Option<String>,
    /// The input as text of at most 64 KiB, with invalid UTF-8 replaced.
    pub raw: String,
    /// Whether `raw` was cut.
    pub truncated: bool,
    /// The time of the failure (UTC).
    pub time: DateTime<Utc>,
    /// The feed and its labels; omitted if the feed has no labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedLabels>,
}

impl DeadLetter {
    /// Creates a dead letter. `raw` is the input, of which at most [`MAX_RAW_BYTES`] are kept.
    pub fn new(
        stage: Stage,
        feed_id: impl Into<String>,
        error: impl Into<String>,
        raw: &[u8],
        time: DateTime<Utc>,
    ) -> Self {
        let (raw, truncated) = Self::bound_raw(raw);
        Self {
            feed_id: feed_id.into(),
            stage,
            error: error.into(),
            url: None,
            guid: None,
            raw,
            truncated,
            time,
            feed: None,
        }
    }

    /// Adds the URL and the guid of the input, as far as they are known.
    #[must_use]
    pub fn with_source(self, url: Option<String>, guid: Option<String>) -> Self {
        Self { url, guid, ..self }
    }

    /// Returns `raw` as text of at most [`MAX_RAW_BYTES`], and whether it was cut.
    pub fn bound_raw(raw: &[u8]) -> (String, bool) {
        let mut text = String::from_utf8_lossy(&raw[..raw.len().min(MAX_RAW_BYTES)]).into_owned();
        let mut is_cut = raw.len() > MAX_RAW_BYTES;
        while text.len() > MAX_RAW_BYTES {
            text.pop(); // a replacement character is wider than the byte it replaces
            is_cut = true;
        }
        (text, is_cut)
    }
}

/// The processing stage that failed. `fetch` is reserved: failed downloads are retried and reported as feed events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are self-explanatory")]
pub enum Stage {
    Fetch,
    Feed,
    Article,
    Entity,
    Quote,
    Commit,
}

impl Stage {
    /// Returns the name in records and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Feed => "feed",
            Self::Article => "article",
            Self::Entity => "entity",
            Self::Quote => "quote",
            Self::Commit => "commit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_input_is_bounded_even_if_replacement_characters_make_it_longer() {
        let letter = |raw: &[u8]| DeadLetter::new(Stage::Feed, "feed", "broken", raw, DateTime::UNIX_EPOCH);
        let long = letter(&vec![0xff; MAX_RAW_BYTES]);
        assert!(long.raw.len() <= MAX_RAW_BYTES && long.truncated);
        let short = letter(b"short");
        assert_eq!((short.raw.as_str(), short.truncated), ("short", false));
    }
}
