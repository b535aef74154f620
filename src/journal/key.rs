//! The keys of the state topic: `FEED` for the feed itself, `FEED/e/KEY` for an entry, `FEED/a/UUID` for an article that
//! the feed showed first, `FEED/r/UUID` for its sketch and last revision while it is recent, `FEED/v/UUID` for the next
//! revisit of its page, `FEED/s/websub` for its subscription at a hub, `FEED/l/repeats` for the blocks that repeat in its
//! articles, `FEED/b/KEY` for an entry that a rule blocked (`FEED/b/KEY/SITE` where it was handed over),
//! `FEED/o/KEY/SITE` for an entry whose article another instance's site has or had, `FEED/m/away` for where the feed's
//! state went that was here, `/replay/NAME` for the progress of a replay, `/incarnation` for what distinguishes a partition, and `/handoff` for how far it was consumed.
//!
//! Each key holds one small value, so a commit is as small as the article that it carries, however long the feed.

use uuid::Uuid;

/// A key of the state topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The feed itself.
    Feed(String),
    /// An entry of the feed, by its identity (`pipeline::identity`).
    Entry(String, u128),
    /// An article that the feed showed first.
    Article(String, Uuid),
    /// What is remembered of that article while it is recent.
    Recent(String, Uuid),
    /// The feed's subscription at its hub.
    Subscription(String),
    /// The blocks that repeat in the feed's articles.
    Learned(String),
    /// The next visit to that article's page.
    Revisit(String, Uuid),
    /// An entry of the feed that keep and block rules left out; with a site, if it was handed over to that one.
    Blocked(String, u128, Option<String>),
    /// An entry of the feed that was handed over to this site.
    Origin(String, u128, String),
    /// Where the state of a feed went that was in this partition.
    MovedAway(String),
    /// The progress of the replay of this name.
    Replay(String),
    /// What distinguishes a partition from one of another topic of the same name.
    Incarnation,
    /// The offset up to which the partition's handed over messages were consumed.
    HandoffPosition,
}

/// The end of a subscription's key.
const SUBSCRIPTION: &str = "/s/websub";
/// The end of the key of repeating blocks.
const LEARNED: &str = "/l/repeats";
/// The end of the key of a feed that moved to another partition.
const MOVED_AWAY: &str = "/m/away";
/// The key of a partition's incarnation.
const INCARNATION: &str = "/incarnation";
/// The key of the position in the handed over messages.
const HANDOFF_POSITION: &str = "/handoff";
/// The beginning of a replay's key.
const REPLAY: &str = "/replay/";

impl Key {
    /// Returns the key as written in the topic.
    pub fn encode(&self) -> String {
        match self {
            Self::Feed(feed) => feed.clone(),
            Self::Entry(feed, key) => format!("{feed}/e/{key:032x}"),
            Self::Article(feed, id) => format!("{feed}/a/{id}"),
            Self::Recent(feed, id) => format!("{feed}/r/{id}"),
            Self::Subscription(feed) => format!("{feed}{SUBSCRIPTION}"),
            Self::Learned(feed) => format!("{feed}{LEARNED}"),
            Self::Revisit(feed, id) => format!("{feed}/v/{id}"),
            Self::Blocked(feed, key, None) => format!("{feed}/b/{key:032x}"),
            Self::Blocked(feed, key, Some(site)) => format!("{feed}/b/{key:032x}/{site}"),
            Self::Origin(feed, key, site) => format!("{feed}/o/{key:032x}/{site}"),
            Self::MovedAway(feed) => format!("{feed}{MOVED_AWAY}"),
            Self::Replay(name) => format!("{REPLAY}{name}"),
            Self::Incarnation => INCARNATION.to_owned(),
            Self::HandoffPosition => HANDOFF_POSITION.to_owned(),
        }
    }

    /// Returns the feed that the key belongs to, if it belongs to one.
    pub fn feed(&self) -> Option<&str> {
        match self {
            Self::Feed(feed)
            | Self::Entry(feed, _)
            | Self::Article(feed, _)
            | Self::Recent(feed, _)
            | Self::Subscription(feed)
            | Self::Learned(feed)
            | Self::Blocked(feed, _, _)
            | Self::Origin(feed, _, _)
            | Self::MovedAway(feed)
            | Self::Revisit(feed, _) => Some(feed),
            Self::Replay(_) | Self::Incarnation | Self::HandoffPosition => None,
        }
    }

    /// Returns the same key for another feed.
    #[must_use]
    pub fn of(&self, feed: &str) -> Self {
        let feed = feed.to_owned();
        match self {
            Self::Feed(_) => Self::Feed(feed),
            Self::Entry(_, key) => Self::Entry(feed, *key),
            Self::Article(_, id) => Self::Article(feed, *id),
            Self::Recent(_, id) => Self::Recent(feed, *id),
            Self::Subscription(_) => Self::Subscription(feed),
            Self::Learned(_) => Self::Learned(feed),
            Self::Revisit(_, id) => Self::Revisit(feed, *id),
            Self::Blocked(_, key, site) => Self::Blocked(feed, *key, site.clone()),
            Self::Origin(_, key, site) => Self::Origin(feed, *key, site.clone()),
            Self::MovedAway(_) => Self::MovedAway(feed),
            Self::Replay(_) | Self::Incarnation | Self::HandoffPosition => self.clone(),
        }
    }

    /// Reads what [`Key::encode`] wrote. Feed ids may contain slashes.
    pub fn decode(text: &str) -> Key {
        if let Some(name) = text.strip_prefix(REPLAY) {
            return Self::Replay(name.to_owned());
        }
        if text == INCARNATION {
            return Self::Incarnation;
        }
        if text == HANDOFF_POSITION {
            return Self::HandoffPosition;
        }
        let tail = |marker: &str, length: usize| {
            let at = text.len().checked_sub(length + marker.len())?;
            (at > 0 && text.is_char_boundary(at) && text[at..].starts_with(marker))
                .then(|| (text[..at].to_owned(), &text[at + marker.len()..]))
        };
        if let Some((feed, hex)) = tail("/e/", 32)
            && let Ok(key) = u128::from_str_radix(hex, 16)
        {
            return Self::Entry(feed, key);
        }
        if let Some((feed, hex)) = tail("/b/", 32)
            && let Ok(key) = u128::from_str_radix(hex, 16)
        {
            return Self::Blocked(feed, key, None);
        }
        if let Some((feed, id)) = tail("/a/", 36)
            && let Ok(id) = id.parse()
        {
            return Self::Article(feed, id);
        }
        if let Some((feed, id)) = tail("/r/", 36)
            && let Ok(id) = id.parse()
        {
            return Self::Recent(feed, id);
        }
        if let Some((feed, id)) = tail("/v/", 36)
            && let Ok(id) = id.parse()
        {
            return Self::Revisit(feed, id);
        }
        // A site has no slash.
        if let Some((head, site)) = text.rsplit_once('/')
            && let Some((feed, hex)) = head.rsplit_once('/')
            && hex.len() == 32
            && let Ok(key) = u128::from_str_radix(hex, 16)
        {
            let of = |suffix: &str| feed.strip_suffix(suffix).filter(|feed| !feed.is_empty()).map(str::to_owned);
            if let Some(feed) = of("/o") {
                return Self::Origin(feed, key, site.to_owned());
            }
            if let Some(feed) = of("/b") {
                return Self::Blocked(feed, key, Some(site.to_owned()));
            }
        }
        let of = |suffix: &str| text.strip_suffix(suffix).filter(|feed| !feed.is_empty()).map(str::to_owned);
        let subscription = of(SUBSCRIPTION).map(Self::Subscription);
        let other =
            subscription.or_else(|| of(LEARNED).map(Self::Learned)).or_else(|| of(MOVED_AWAY).map(Self::MovedAway));
        other.unwrap_or_else(|| Self::Feed(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip() {
        let id = Uuid::from_u128(7);
        for key in [
            Key::Feed("a/e/b".into()),
            Key::Feed("ü".into()),
            Key::Feed(String::new()),
            Key::Entry("a/b".into(), u128::MAX),
            Key::Article("ü/e/".into(), id),
            Key::Recent("a/r/b".into(), id),
            Key::Subscription("a/s/b".into()),
            Key::Learned("a/l/b".into()),
            Key::Feed("/s/websub".into()),
            Key::Feed("/l/repeats".into()),
            Key::Revisit("a/v/b".into(), id),
            Key::Blocked("a/b/b".into(), 7, None),
            Key::Blocked("a/o/b".into(), 7, Some("n.example".into())),
            Key::Origin("a/o/b".into(), u128::MAX, "n.example".into()),
            Key::Origin("ü/o/".into(), 0, "127.0.0.1:80".into()),
            Key::MovedAway("a/m/b".into()),
            Key::Feed("/m/away".into()),
            Key::Replay("a/e/b".into()),
            Key::HandoffPosition,
            Key::Incarnation,
        ] {
            assert_eq!(Key::decode(&key.encode()), key);
        }
    }
}
