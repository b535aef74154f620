//! The hubs that a feed offers.

use serde::{Deserialize, Serialize};
use url::Url;

use super::endpoint::Endpoint;
use crate::feed::Feed;
use crate::fetch::Answer;

/// The most hubs kept of a feed, and the longest URL that is accepted, in bytes.
const MAX_HUBS: usize = 4;
const MAX_URL_BYTES: usize = 2_048;

/// A feed's hubs, and the URL under which they know it. Without a hub the feed is not pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubLinks {
    /// The hubs in the feed's order.
    pub hubs: Vec<Endpoint>,
    /// The feed's own URL (`rel=self`).
    pub topic: Endpoint,
    /// Whether the queries of both are kept only in memory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

impl HubLinks {
    /// Returns what an answer with its document offers; the header takes precedence over the document.
    pub fn read(answer: &Answer, feed: &Feed, private: bool) -> Self {
        let links = feed.links.iter().filter(|link| link.rel.as_deref() == Some("hub")).map(|link| link.href.as_str());
        let in_feed = || feed.hub.as_deref().into_iter().chain(links).filter_map(web).collect();
        let hubs: Vec<Url> = if answer.links.hubs.is_empty() { in_feed() } else { answer.links.hubs.clone() };
        let own = answer.links.own.clone().or_else(|| web(feed.self_link.as_deref()?));
        Self::new(&hubs, &own.unwrap_or_else(|| answer.url.clone()), private)
    }

    /// Returns what the header alone offers, if there is no document: "not changed" says nothing about hubs in the
    /// feed.
    pub fn of_header(answer: &Answer, private: bool) -> Option<Self> {
        let own = answer.links.own.clone().filter(|_| !answer.links.hubs.is_empty())?;
        Some(Self::new(&answer.links.hubs, &own, private))
    }

    fn new(found: &[Url], topic: &Url, private: bool) -> Self {
        let mut hubs: Vec<Endpoint> = Vec::new();
        for hub in found.iter().filter(|hub| hub.as_str().len() <= MAX_URL_BYTES) {
            let hub = Endpoint::new(hub.as_str(), private);
            if hubs.len() < MAX_HUBS && !hubs.contains(&hub) {
                hubs.push(hub);
            }
        }
        if topic.as_str().len() > MAX_URL_BYTES {
            hubs.clear();
        }
        Self { hubs, topic: Endpoint::new(topic.as_str(), private), private }
    }
}

fn web(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}
