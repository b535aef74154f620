//! Page or entry to article.
