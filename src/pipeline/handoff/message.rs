//! The messages of the topic `handoff`.

use std::io::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::article::Reservations;
use crate::config::{FeedConfig, FeedHandle, Labels, Pages};
use crate::feed::{Entry, Feed};
use crate::fetch::Validators;
use crate::journal::{Handoff, StatePartition};
use crate::pipeline::fetched::FetchedPage;
use crate::state::identity::Naming;
use crate::state::{EntryState, FeedState};

/// The most sites that an entry is handed to; a page behind more redirects is not fetched.
pub(in crate::pipeline) const MAX_HOPS: usize = 6;
/// A message that is longer when unpacked is refused.
const MAX_UNPACKED: u64 = 64 << 20;
/// Fast, and HTML shrinks to a fifth.
const LEVEL: i32 = 3;

/// Something that the owner of a site must do for an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct HandoffMessage {
    /// The feed that shows the entry.
    pub feed: HandoffFeed,
    /// The entry's identity within its feed, in hexadecimal digits.
    pub key: String,
    /// Orders what is handed over of one entry.
    pub serial: i64,
    /// The sites that it was handed to before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<String>,
    /// What to do.
    pub step: HandoffStep,
}

/// What to do for an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::pipeline) enum HandoffStep {
    /// Make an article of its present form.
    Entry(Box<HandedEntry>),
    /// Forget it, because its feed has not shown it for long.
    Forget,
    /// Withdraw its article, for this reason.
    Withdraw(String),
    /// Take over what is remembered of the feed, whose URL moved to the site, or a part of it.
    Feed(Box<HandedFeed>),
    /// Say what the partition has of feeds.
    Ask(Box<FeedQuestion>),
    /// Hear what another partition has of feeds.
    Answer(Box<FeedAnswer>),
}

/// What is remembered of a feed, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct HandedFeed {
    /// How it was last read.
    pub state: Option<FeedState>,
    /// Entries with their keys in hexadecimal digits.
    pub entries: Vec<(String, EntryState)>,
}

/// Asks the owner of the message's partition for the state of feeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct FeedQuestion {
    /// The round, which the answer names.
    pub round: Uuid,
    /// A name in the partition that gets the answer.
    pub reply_to: String,
    /// The ids and URLs of the feeds.
    pub feeds: Vec<(String, String)>,
}

/// What a partition has of the feeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct FeedAnswer {
    /// The round in which it was asked.
    pub round: Uuid,
    /// The partition.
    pub partition: StatePartition,
    /// The feeds whose state stays, and those that are claimed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// The feeds whose state was there, with the mark of its last move away, which may be the answer to this question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<(String, Uuid)>,
}

/// What an article's records say of its feed, without secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct HandoffFeed {
    /// Its id.
    pub id: String,
    /// Its URL.
    pub url: String,
    /// The title that the feed list gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<str>>,
    /// The publisher that the feed list gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Arc<str>>,
    /// The language that the feed list gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Arc<str>>,
    /// The labels that the feed list gives it.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Its folders, whose names are labels too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Arc<str>>,
}

/// The present form of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct HandedEntry {
    /// What the feed says of itself.
    pub about: Feed,
    /// The entry.
    pub entry: Entry,
    /// How its article is named, if it is new.
    pub naming: Naming,
    /// When its page is fetched.
    pub pages: Pages,
    /// The article that it became earlier, as far as the sender knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Uuid>,
    /// The site that has the article, as far as the sender knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// The URL of its page, if it is not the entry's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Url>,
    /// Whether its page was fetched, or none is needed.
    #[serde(default)]
    pub is_read: bool,
    /// The page, if it was fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<HandedPage>,
    /// Whether keep and block rules have let it pass.
    #[serde(default)]
    pub is_decided: bool,
}

/// A page that was fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::pipeline) struct HandedPage {
    /// Its URL, after redirects.
    pub url: Url,
    /// Its HTML, decoded.
    pub html: String,
    /// The validators for the next visit.
    pub validators: Validators,
    /// What its server said about its use.
    #[serde(default, skip_serializing_if = "Reservations::is_empty")]
    pub reserved: Reservations,
}

impl HandoffFeed {
    pub(in crate::pipeline) fn of(feed: &FeedConfig) -> Self {
        Self {
            id: feed.id.clone(),
            url: feed.url.clone(),
            title: feed.title.clone(),
            publisher: feed.publisher.clone(),
            language: feed.language.clone(),
            labels: feed.labels.clone(),
            folder: feed.folder.clone(),
        }
    }

    /// Reads what the state kept of it.
    pub(in crate::pipeline) fn read(value: &serde_json::Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// Returns the feed as far as it is known here.
    pub(in crate::pipeline) fn handle(&self) -> FeedHandle {
        let Self { id, url, title, publisher, language, labels, folder } = self.clone();
        let known = FeedConfig { id, url, title, publisher, language, folder, labels, ..FeedConfig::default() };
        FeedHandle::new(known)
    }
}

impl HandedPage {
    pub(in crate::pipeline) fn of(page: &FetchedPage) -> Self {
        let html = crate::article::decode_page(&page.body, page.content_type.as_deref());
        Self { url: page.url.clone(), html, validators: page.validators.clone(), reserved: page.reserved.clone() }
    }

    pub(in crate::pipeline) fn fetched(self) -> FetchedPage {
        let content_type = Some("text/html; charset=utf-8".to_owned());
        let (body, validators) = (self.html.into_bytes(), self.validators);
        FetchedPage { url: self.url, body, content_type, validators, reserved: self.reserved }
    }
}

impl HandoffMessage {
    /// Returns the message with its step for an entry.
    pub(in crate::pipeline) fn new(
        feed: &FeedConfig,
        key: u128,
        serial: i64,
        route: Vec<String>,
        step: HandoffStep,
    ) -> Self {
        Self { feed: HandoffFeed::of(feed), key: format!("{key:032x}"), serial, route, step }
    }

    /// Returns the entry's identity within its feed.
    pub(in crate::pipeline) fn entry_key(&self) -> Option<u128> {
        u128::from_str_radix(&self.key, 16).ok()
    }

    /// Packs the message for the owner of this site: JSON in a zstd frame. A page that makes it longer than `max_bytes`
    /// is left out, and the owner uses the feed's own text. Returns the size of a message that is too long even so.
    pub(in crate::pipeline) fn pack(mut self, site: &str, max_bytes: usize) -> Result<Handoff, usize> {
        let mut value = packed(&self);
        if value.len() > max_bytes
            && let HandoffStep::Entry(entry) = &mut self.step
            && entry.page.take().is_some()
        {
            value = packed(&self);
        }
        if value.len() > max_bytes { Err(value.len()) } else { Ok(Handoff { site: site.to_owned(), value }) }
    }

    /// Reads what [`Self::pack`] wrote; the error says in words what is wrong with it.
    pub(in crate::pipeline) fn unpack(value: &[u8]) -> Result<Self, String> {
        let decoder = zstd::Decoder::new(value).map_err(|error| error.to_string())?;
        let bounded = std::io::Read::take(decoder, MAX_UNPACKED);
        let message: Self =
            serde_json::from_reader(std::io::BufReader::new(bounded)).map_err(|error| error.to_string())?;
        if message.entry_key().is_none() {
            Err(format!("`{}` is not a key of an entry", message.key))
        } else {
            Ok(message)
        }
    }
}

fn packed(message: &HandoffMessage) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).expect("the level is valid");
    let json = serde_json::to_vec(message).expect("messages are plain data");
    encoder.write_all(&json).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(page: Option<HandedPage>) -> HandoffMessage {
        let entry = Entry { title: Some("Ferry waits".into()), ..Entry::default() };
        let step = HandoffStep::Entry(Box::new(HandedEntry {
            about: Feed::default(),
            entry,
            naming: Naming::default(),
            pages: Pages::Auto,
            article: None,
            home: None,
            asked: None,
            is_read: true,
            page,
            is_decided: true,
        }));
        let feed = FeedConfig { id: "f".into(), url: "https://a.example/feed".into(), ..FeedConfig::default() };
        HandoffMessage::new(&feed, u128::MAX - 1, 7, vec!["s.example".into()], step)
    }

    fn page(html: String) -> HandedPage {
        HandedPage {
            url: Url::parse("https://n.example/1").unwrap(),
            html,
            validators: Validators::default(),
            reserved: Reservations::of_headers(["noai"], (None, None), None),
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_packed() {
        let message = message(Some(page("<p>Gäste</p>".into())));
        let packed = message.clone().pack("n.example", 10_000).unwrap();
        assert_eq!(packed.site, "n.example");
        assert_eq!(HandoffMessage::unpack(&packed.value), Ok(message));
        assert!(HandoffMessage::unpack(b"{}").is_err());
    }

    #[test]
    fn a_page_that_is_too_long_is_left_out() {
        // Digits of hashes do not compress well.
        let noise: String =
            (0..5_000_u32).map(|n| uuid::Uuid::new_v5(&Uuid::nil(), &n.to_le_bytes()).to_string()).collect();
        let packed = message(Some(page(noise))).pack("n.example", 10_000).unwrap();
        assert_eq!(HandoffMessage::unpack(&packed.value), Ok(message(None)));
        assert!(message(None).pack("n.example", 10).is_err());
    }
}
