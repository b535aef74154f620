//! The URL from which a document is requested, with its credentials.

use std::fmt;

use url::{ParseError, Url};

use super::Credentials;

/// A URL to request, with the credentials for its server. Prints only its public part.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Without user information.
    url: Url,
    credentials: Credentials,
    /// The origin that user and password belong to.
    home: String,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.told(&self.url))
    }
}

impl Place {
    /// Returns the place of a feed that is listed at one URL and moved to another.
    pub fn of_feed(credentials: &Credentials, listed: &str, told: &str) -> Result<Self, ParseError> {
        let home = Url::parse(listed)?.origin().ascii_serialization();
        Ok(Self { url: credentials.whole(told)?, credentials: credentials.clone(), home })
    }

    /// Returns the place of a URL that belongs to no feed.
    pub fn of(url: &Url) -> Self {
        let (url, credentials) = Credentials::split(url.clone(), false);
        let home = url.origin().ascii_serialization();
        Self { url, credentials, home }
    }

    /// Returns another place of the same feed.
    #[must_use]
    pub fn at(&self, url: &Url) -> Self {
        Self { url: Self::of(url).url, ..self.clone() }
    }

    /// Returns the URL to request, without user information.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the public part of a URL met on the way.
    pub fn told(&self, url: &Url) -> Url {
        self.credentials.told(url)
    }

    /// Returns a message without secret parts.
    pub fn clean(&self, message: &str) -> String {
        self.credentials.clean(message).into_owned()
    }

    /// Returns the value of `Authorization` for a URL on the way; `None` for any origin but the one it belongs to.
    pub fn authorization(&self, url: &Url) -> Option<String> {
        let is_home = url.origin().ascii_serialization() == self.home;
        self.credentials.authorization().filter(|_| is_home && matches!(url.scheme(), "http" | "https"))
    }

    /// Returns whether the public part of a redirect target suffices to request it again.
    pub fn can_remember(&self, to: &Url) -> bool {
        let has_login = !to.username().is_empty() || to.password().is_some();
        !has_login && (!self.credentials.is_private() || to.query() == self.credentials.query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_password_goes_to_its_own_origin_alone() {
        let place = Place::of(&url("https://me:pw@a.example/feed"));
        for (to, sent) in [
            ("https://a.example/other", true),
            ("https://A.example:443/", true),
            ("https://a.example:8443/", false),
            ("http://a.example/", false),
            ("https://www.a.example/", false),
            ("https://a.example.evil.example/", false),
        ] {
            assert_eq!(place.authorization(&url(to)).is_some(), sent, "{to}");
        }
        assert_eq!(place.at(&url("https://x:y@a.example/2")).url().as_str(), "https://a.example/2");
    }

    #[test]
    fn only_public_parts_are_printed_and_remembered() {
        let (_, credentials) = Credentials::split(url("https://a.example/feed?token=abcdef"), true);
        let place = Place::of_feed(&credentials, "https://a.example/feed", "https://b.example/feed").unwrap();
        assert_eq!(place.url().as_str(), "https://b.example/feed?token=abcdef");
        assert_eq!(format!("{place:?}"), "Place(https://b.example/feed)");
        for (to, can) in [
            ("https://c.example/?token=abcdef", true),
            ("https://c.example/?token=other", false),
            ("https://c.example/", false),
            ("https://u@c.example/?token=abcdef", false),
        ] {
            assert_eq!(place.can_remember(&url(to)), can, "{to}");
        }
        assert!(Place::of(&url("https://a.example/")).can_remember(&url("https://b.example/?x=1")));
    }
}
