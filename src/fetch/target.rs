//! What a request is for: the place of a document, and how requests for its feed are made.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::requests::Requests;
use crate::address::Place;

/// A document to request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    place: Place,
    own: Option<Own>,
}

/// The requests of a feed, and the origin that they are for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Own {
    requests: Arc<Requests>,
    home: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl From<Place> for Target {
    fn from(place: Place) -> Self {
        Self { place, own: None }
    }
}

impl From<&Url> for Target {
    fn from(url: &Url) -> Self {
        Place::of(url).into()
    }
}

impl Target {
    /// Returns a document that is requested for the feed listed at `home`, with the feed's requests.
    pub fn new(place: Place, requests: Option<&Arc<Requests>>, home: &str) -> Self {
        let home = requests.and_then(|_| Some(Url::parse(home).ok()?.origin().ascii_serialization()));
        let own = requests.zip(home).map(|(requests, home)| Own { requests: Arc::clone(requests), home });
        Self { place, own }
    }

    /// Returns another document of the same feed.
    #[must_use]
    pub fn at(&self, url: &Url) -> Self {
        Self { place: self.place.at(url), own: self.own.clone() }
    }

    /// Returns a public file of a host, requested in the same way but without any login.
    pub(super) fn public(&self, url: &Url) -> Self {
        Self { place: Place::of(url), own: self.own.clone() }
    }

    /// Returns the place.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the feed's requests, and whether the URL is of the origin that they are for.
    pub(super) fn own(&self, url: &Url) -> Option<(&Requests, bool)> {
        let Own { requests, home } = self.own.as_ref()?;
        Some((&**requests, url.origin().ascii_serialization() == *home))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_bound_to_the_origin_where_the_feed_is_listed() {
        let url = |text: &str| Url::parse(text).unwrap();
        let requests = Arc::new(Requests { user_agent: Some("a".into()), ..Requests::default() });
        // The feed has moved, and the page is somewhere else again.
        let moved = Place::of(&url("https://b.example/feed"));
        let target = Target::new(moved, Some(&requests), "https://a.example/feed");
        for (to, is_home) in [
            ("https://a.example/page", true),
            ("https://A.example:443/", true),
            ("https://b.example/feed", false),
            ("http://a.example/", false),
            ("https://a.example:8443/", false),
            ("https://www.a.example/", false),
        ] {
            assert_eq!(target.own(&url(to)).unwrap().1, is_home, "{to}");
        }
        assert!(Target::new(Place::of(&url("https://a.example/")), None, "https://a.example/").own.is_none());
        assert!(!format!("{target:?}").contains("Own"));
    }
}
