//! Which site a value of the state belongs to, and so which partition of the state topic: decided here alone, for tools that
//! move state from one partition to another.

use url::Url;

use super::article::RecentState;
use super::feed::FeedState;
use super::moved_away::MovedAway;
use super::packed::Packed;
use crate::fetch::registrable;
use crate::journal::Key;
use crate::journal::kafka::Place;

/// Returns what a key and its value say of the site that they belong to.
pub fn place(key: &str, value: &[u8]) -> Place {
    match Key::decode(key) {
        Key::Feed(feed) => {
            let site = FeedState::read(value).ok().and_then(|state| site_of(&state.url));
            Place::Feed(feed, site)
        }
        Key::Article(feed, _) | Key::Recent(feed, _) | Key::Revisit(feed, _) | Key::Blocked(feed, _, _) => {
            serde_json::from_slice(value).ok().and_then(|Named { site }| site).map_or(Place::OfFeed(feed), Place::Site)
        }
        Key::Entry(feed, _) | Key::Subscription(feed) | Key::Learned(feed) => Place::OfFeed(feed),
        Key::Origin(_, _, site) => Place::Site(site),
        Key::MovedAway(feed) => serde_json::from_slice(value)
            .map_or(Place::OfFeed(feed), |MovedAway { from, .. }| Place::Site(from.to_string())),
        // These are their own sites.
        Key::Replay(_) | Key::Incarnation | Key::HandoffPosition => Place::Site(key.to_owned()),
    }
}

/// What a value of an article says of its site.
#[derive(serde::Deserialize)]
struct Named {
    site: Option<String>,
}

/// Returns the site of the feed that an article's value names, for feeds whose own value is not known: they were being polled for
/// the first time. Unpacks the article, which takes a while.
pub fn place_of_article(key: &str, value: &[u8]) -> Option<String> {
    // An earlier version wrote the last revision into the article's own value.
    let (Key::Article(..) | Key::Recent(..)) = Key::decode(key) else { return None };
    let state: RecentState = serde_json::from_slice(value).ok()?;
    site_of(&state.last.as_ref().and_then(Packed::article)?.feed?.url)
}

/// Returns the site of a URL.
fn site_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| registrable(&url))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::article::from_entry;
    use crate::feed::{Entry, Feed};
    use crate::record::FeedRef;

    #[test]
    fn values_belong_to_the_site_of_their_feed() {
        let feed =
            serde_json::json!({ "url": "https://news.a.example/rss", "polled": null, "due": "2025-06-03T10:00:00Z" });
        let site = Some("a.example".to_owned());
        assert_eq!(place("f", feed.to_string().as_bytes()), Place::Feed("f".into(), site.clone()));
        assert_eq!(place("f", b"unreadable"), Place::Feed("f".into(), None));
        let mut article = from_entry(&Entry::default(), &Feed::default(), "f");
        article.feed = Some(FeedRef {
            id: "f".into(),
            url: "https://news.a.example/rss".into(),
            title: None,
            leads_to: None,
            labels: Vec::new(),
        });
        let state = serde_json::json!({ "hash": 1, "revision": 1, "first_seen": 9, "last": Packed::new(&article) });
        let key = Key::Article("f".into(), Uuid::from_u128(5)).encode();
        assert_eq!(place(&key, state.to_string().as_bytes()), Place::OfFeed("f".into()));
        assert_eq!(place_of_article(&key, state.to_string().as_bytes()), site);
        assert_eq!(place_of_article(&key, b"{}"), None);
        let entry = Key::Entry("f".into(), 7).encode();
        assert_eq!((place(&entry, b"{}"), place_of_article(&entry, b"{}")), (Place::OfFeed("f".into()), None));
        assert_eq!(place("/replay/x", b"{}"), Place::Site("/replay/x".into()));
    }
}
