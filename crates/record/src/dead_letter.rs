//! What could not be processed.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most raw input a dead letter carries, in bytes.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// Input that a stage could not process, as published on `dateline.dead-letters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// The feed it came from.
    pub feed_id: String,
    /// Where it failed.
    pub stage: Stage,
    /// What went wrong.
    pub error: String,
    /// The URL of the document, where there is one.
    pub url: Option<String>,
    /// The entry's guid, where there is one.
    pub guid: Option<String>,
    /// The input as text (invalid UTF-8 replaced), at most [`MAX_RAW_BYTES`].
    pub raw: String,
    /// Whether `raw` was cut.
    pub truncated: bool,
    /// When (UTC).
    pub time: DateTime<Utc>,
}

impl DeadLetter {
    /// Bounds `raw` and records whether it was cut.
    pub fn bound_raw(raw: &[u8]) -> (String, bool) {
        let mut text = String::from_utf8_lossy(&raw[..raw.len().min(MAX_RAW_BYTES)]).into_owned();
        let mut cut = raw.len() > MAX_RAW_BYTES;
        while text.len() > MAX_RAW_BYTES {
            text.pop(); // replacement characters are wider than what they replace
            cut = true;
        }
        (text, cut)
    }
}

/// The stages of the pipeline, as dead letters, logs and metrics name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum Stage {
    Fetch,
    Feed,
    Article,
    Entity,
    Quote,
    Commit,
}

impl Stage {
    /// The name as it stands in records and logs.
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
    fn raw_input_is_bounded_even_when_replacement_characters_widen_it() {
        let (text, cut) = DeadLetter::bound_raw(&vec![0xff; MAX_RAW_BYTES]);
        assert!(text.len() <= MAX_RAW_BYTES && cut);
        let (text, cut) = DeadLetter::bound_raw(b"short");
        assert_eq!((text.as_str(), cut), ("short", false));
    }
}
