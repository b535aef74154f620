//! Ids and URLs of feeds.

use std::collections::HashMap;

use url::Url;

use crate::address::without_user_info;

/// The maximum length of an id, in bytes.
const MAX_BYTES: usize = 200;

/// Why a feed cannot have an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It is too long, or has control characters.
    #[error("an id must be at most {MAX_BYTES} bytes without control characters")]
    Invalid,
    /// Replays use such ids.
    #[error("ids that begin with `/replay/` are reserved; choose another")]
    Reserved,
}

/// Checks an id that a list or a user gives.
pub(super) fn check(id: &str) -> Result<(), IdError> {
    if id.len() > MAX_BYTES || id.chars().any(char::is_control) {
        return Err(IdError::Invalid);
    }
    if id.starts_with("/replay/") { Err(IdError::Reserved) } else { Ok(()) }
}

/// Why the URL of a feed cannot be used. Its user, password and private query are not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Its scheme is not supported.
    #[error("`{url}` has a scheme that is not supported; write a URL with http or https, not {scheme}")]
    Scheme {
        /// The public part of the URL.
        url: String,
        /// The scheme.
        scheme: String,
    },
    /// It is not a URL.
    #[error("`{url}` is not a URL ({source}); write one such as `https://example.org/feed.xml`")]
    Invalid {
        /// The public part of the text.
        url: String,
        /// Why.
        source: url::ParseError,
    },
}

/// Parses the URL of a feed as it is written in a list.
pub fn feed_url(text: &str, private: bool) -> Result<Url, UrlError> {
    let public = || {
        let text = if private { text.split(['?', '#']).next().unwrap_or_default() } else { text };
        without_user_info(text).into_owned()
    };
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(url),
        // The config decides whether files are read.
        Ok(url) if url.scheme() == "file" && url.to_file_path().is_ok() => Ok(url),
        Ok(url) => Err(UrlError::Scheme { url: public(), scheme: url.scheme().to_owned() }),
        Err(source) => Err(UrlError::Invalid { url: public(), source }),
    }
}

/// Returns a short, readable id derived from the public part of a URL, and different from all that are taken.
pub fn fresh_id(url: &str, taken: impl Fn(&str) -> bool) -> String {
    let id = slug(url);
    let mut numbered = (2..).map(|n| format!("{id}-{n}"));
    if taken(&id) { numbered.find(|id| !taken(id)).unwrap_or(id) } else { id }
}

/// Returns what [`fresh_id`] does, when ids are only added between calls: `numbers` remembers the last number of each
/// id, so that many feeds with one id do not make a long search.
pub(super) fn numbered_id(url: &str, numbers: &mut HashMap<String, usize>, taken: impl Fn(&str) -> bool) -> String {
    let id = slug(url);
    if !taken(&id) {
        return id;
    }
    let last = numbers.entry(id.clone()).or_insert(1);
    loop {
        *last += 1;
        let numbered = format!("{id}-{last}");
        if !taken(&numbered) {
            return numbered;
        }
    }
}

/// Returns host and path of a URL in letters, digits and hyphens.
pub fn slug(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let mut id = String::new();
    for c in rest.chars().take(80) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '.' => id.push(c.to_ascii_lowercase()),
            _ if id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_matches(['-', '.']).to_owned();
    [".xml", ".rss", ".atom", ".json"].iter().find_map(|end| id.strip_suffix(end)).unwrap_or(&id).to_owned()
}
