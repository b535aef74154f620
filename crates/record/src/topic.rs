//! The topics and their names.

/// A topic. Its name is the configured prefix, a dot and [`Topic::suffix`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// One record per article revision.
    Articles,
    /// The entities of each revision.
    Entities,
    /// One record per quotation.
    Quotes,
    /// Input that could not be processed.
    DeadLetters,
    /// Events of feeds.
    FeedEvents,
    /// The compacted topic of the daemon's own state.
    FeedState,
}

impl Topic {
    /// All topics, in display order.
    pub const ALL: [Topic; 6] =
        [Topic::Articles, Topic::Entities, Topic::Quotes, Topic::DeadLetters, Topic::FeedEvents, Topic::FeedState];

    /// The topics of articles and of what was found in them; a route has topics of its own for these.
    pub const OF_ARTICLES: [Topic; 3] = [Topic::Articles, Topic::Entities, Topic::Quotes];

    /// Returns whether its records belong to an article.
    pub fn is_of_articles(self) -> bool {
        Self::OF_ARTICLES.contains(&self)
    }

    /// Returns the name without the prefix: `articles`, `dead-letters`, …
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

    /// Returns the full name, such as `dateline.articles` for the prefix `dateline`.
    pub fn name(self, prefix: &str) -> String {
        format!("{prefix}.{}", self.suffix())
    }

    /// Returns the topic with this name, with or without the prefix.
    pub fn parse(name: &str, prefix: &str) -> Option<Topic> {
        Self::ALL.into_iter().find(|t| name == t.suffix() || name == t.name(prefix))
    }

    /// Returns the name of the schema of its records; `None` for the daemon's own state.
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

    /// Returns whether only the last value of a key is kept.
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
