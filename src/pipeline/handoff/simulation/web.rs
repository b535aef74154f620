//! The feeds, the lists of them, and the pages.

use std::collections::HashMap;

use chrono::DateTime;
use test_support::random::Random;

use crate::config::{FeedConfig, Pages, SharedFeeds};
use crate::feed::Entry;

/// A story on the web.
pub(super) struct Story {
    pub(super) url: String,
    pub(super) version: u32,
    pub(super) words: String,
}

/// The feeds and the pages.
pub(super) struct Web {
    /// The feed lists, the newest one last: feeds move from site to site.
    pub(super) lists: Vec<SharedFeeds>,
    pub(super) stories: Vec<Story>,
    /// The stories that each feed shows, with the link that it gives each.
    pub(super) shown: Vec<Vec<(usize, String)>>,
    /// The page of each link: a redirect, or a story's page.
    pub(super) pages: HashMap<String, Page>,
}

pub(super) enum Page {
    To(String),
    Of(usize),
}

pub(super) const WORDS: [&str; 12] = [
    "amber", "barley", "cinder", "dapple", "ember", "fathom", "gravel", "hollow", "juniper", "kestrel", "lantern",
    "meadow",
];

impl Web {
    pub(super) fn new(random: &mut Random) -> Self {
        let site = |n: u64| format!("s{n}.example");
        let feeds: Vec<FeedConfig> = (0..4_u64)
            .map(|n| {
                let url = format!("https://{}/feed", site(n));
                let pages = Some(if random.below(2) == 0 { Pages::Always } else { Pages::Never });
                FeedConfig { id: format!("f{n}"), url, pages, ..FeedConfig::default() }
            })
            .collect();
        let shown = feeds.iter().map(|_| Vec::new()).collect();
        let mut web = Self { lists: vec![feeds.into()], stories: Vec::new(), shown, pages: HashMap::new() };
        for _ in 0..3 {
            web.publish(random);
        }
        web
    }

    /// Publishes a story, and has some feeds show it.
    pub(super) fn publish(&mut self, random: &mut Random) {
        let (n, site) = (self.stories.len(), random.below(7));
        let url = format!("https://s{site}.example/{n}");
        let words: Vec<&str> = (0..30).map(|_| WORDS[random.below(12) as usize]).collect();
        self.stories.push(Story { url: url.clone(), version: 1, words: words.join(" ") });
        self.pages.insert(url.clone(), Page::Of(n));
        for feed in 0..self.shown.len() {
            if random.below(2) == 0 {
                continue;
            }
            let link = match (self.lists[0][feed].pages, random.below(4)) {
                // A link that counts clicks, on a site of its own.
                (Some(Pages::Always), 0) => {
                    let link = format!("https://s{}.example/to/{feed}/{n}", 7 + random.below(2));
                    self.pages.insert(link.clone(), Page::To(url.clone()));
                    link
                }
                // A copy on the same site, which states the URL of the original.
                (Some(Pages::Always), 1) => {
                    let link = format!("https://s{site}.example/copy/{feed}/{n}");
                    self.pages.insert(link.clone(), Page::Of(n));
                    link
                }
                _ => url.clone(),
            };
            self.shown[feed].push((n, link));
        }
    }

    /// Moves a feed to another site, in a new list.
    pub(super) fn move_feed(&mut self, random: &mut Random) {
        let mut feeds: Vec<FeedConfig> = self.lists[self.lists.len() - 1].configs().cloned().collect();
        let moved = random.below(feeds.len() as u64) as usize;
        feeds[moved].url = format!("https://s{}.example/feed", random.below(7));
        self.lists.push(feeds.into());
    }

    pub(super) fn text(&self, story: usize) -> String {
        let Story { words, version, .. } = &self.stories[story];
        format!("Story {story}x begins. {words}. The edition is v{version}x.")
    }

    pub(super) fn entries(&self, feed: usize) -> Vec<Entry> {
        let entry = |(story, link): &(usize, String)| Entry {
            guid: Some(format!("{feed}-{story}")),
            link: Some(link.clone()),
            title: Some(format!("Story {story}x of the day")),
            summary: Some(self.text(*story)),
            published: DateTime::from_timestamp(1_750_000_000 + story.cast_signed() as i64 * 60, 0),
            ..Entry::default()
        };
        self.shown[feed].iter().rev().map(entry).collect()
    }

    pub(super) fn html(&self, story: usize) -> String {
        let (url, text) = (&self.stories[story].url, self.text(story));
        format!(
            "<html lang=fi><head><title>Story {story}x of the day</title><link rel=canonical href=\"{url}\">\
             <meta property=\"og:type\" content=\"article\"></head><body><article><h1>Story {story}x of the day</h1>\
             <p>{text}</p></article></body></html>"
        )
    }
}
