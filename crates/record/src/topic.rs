//! The topics and their names.

/// A topic; its name is the configured prefix, a dot and [`Topic::suffix`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// One record per article revision.
    Articles,
    /// The entities of each revision.
    Entities,
    /// One record per quotation.
    Quotes,
    /// What could not be processed.
    DeadLetters,
    /// What happened to feeds.
    FeedEvents,
    /// Compacted; the daemon's own.
    FeedState,
}

impl Topic {
    /// All topics, in the order in which they are shown.
    pub const ALL: [Topic; 6] =
        [Topic::Articles, Topic::Entities, Topic::Quotes, Topic::DeadLetters, Topic::FeedEvents, Topic::FeedState];

    /// The name after the prefix: `articles`, `dead-letters`, …
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Entities => "entities",
            Self::Quotes => "quotes",
            Self::DeadLetters => "dead-letters",
            Self::FeedEvents => "feed-events",
            Self::FeedState => "feed-state",
        }
    }

    /// The full name: `dateline.articles` for the prefix `dateline`.
    pub fn name(self, prefix: &str) -> String {
        format!("{prefix}.{}", self.suffix())
    }

    /// The topic meant by `articles` or by `dateline.articles`, for the given prefix.
    pub fn parse(name: &str, prefix: &str) -> Option<Topic> {
        Self::ALL.into_iter().find(|t| name == t.suffix() || name == t.name(prefix))
    }

    /// The name by which its records' schema is known; `None` for the daemon's own.
    pub fn schema(self) -> Option<&'static str> {
        match self {
            Self::Articles => Some("article"),
            Self::Entities => Some("entities"),
            Self::Quotes => Some("quote"),
            Self::DeadLetters => Some("dead-letter"),
            Self::FeedEvents => Some("feed-event"),
            Self::FeedState => None,
        }
    }

    /// Whether only the last value of a key is kept.
    pub fn is_compacted(self) -> bool {
        self == Self::FeedState
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_by_short_and_full_name() {
        assert_eq!(Topic::parse("dead-letters", "dateline"), Some(Topic::DeadLetters));
        assert_eq!(Topic::parse("news.quotes", "news"), Some(Topic::Quotes));
        assert_eq!(Topic::parse("other.quotes", "news"), None);
    }
}
