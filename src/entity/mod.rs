//! Mentions, and their resolution within the article.
