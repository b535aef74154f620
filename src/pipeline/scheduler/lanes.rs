//! A lane for each site: the feeds of one site are polled few at a time, in the order in which they were due.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::pipeline::message::FeedHandle;

/// The lanes of all sites that have a feed to poll.
#[derive(Debug)]
pub(super) struct Lanes {
    /// The most feeds of one site that are ready or polled at once.
    per_site: usize,
    lanes: HashMap<Arc<str>, Lane>,
    ready: VecDeque<Arc<FeedHandle>>,
}

#[derive(Debug, Default)]
struct Lane {
    active: usize,
    waiting: VecDeque<Arc<FeedHandle>>,
}

impl Lanes {
    /// Creates empty lanes; a limit of 0 counts as 1.
    pub(super) fn new(per_site: usize) -> Self {
        Self { per_site: per_site.max(1), lanes: HashMap::new(), ready: VecDeque::new() }
    }

    /// Changes the limit. Feeds of a site that has more of them than the new limit finish first.
    pub(super) fn set_per_site(&mut self, per_site: usize) {
        self.per_site = per_site.max(1);
        for lane in self.lanes.values_mut() {
            while lane.active < self.per_site
                && let Some(next) = lane.waiting.pop_front()
            {
                lane.active += 1;
                self.ready.push_back(next);
            }
        }
    }

    /// Makes a feed ready if its site has room; otherwise the feed waits in its lane.
    pub(super) fn enter(&mut self, feed: Arc<FeedHandle>) {
        let lane = self.lanes.entry(Arc::clone(&feed.site)).or_default();
        if lane.active < self.per_site {
            lane.active += 1;
            self.ready.push_back(feed);
        } else {
            lane.waiting.push_back(feed);
        }
    }

    /// Returns the feed that has been ready for longest. Its place in the lane is taken until [`Lanes::leave`].
    pub(super) fn next_ready(&mut self) -> Option<Arc<FeedHandle>> {
        self.ready.pop_front()
    }

    /// Gives a place in the site's lane to the feed that waits next.
    pub(super) fn leave(&mut self, site: &str) {
        let Some(lane) = self.lanes.get_mut(site) else { return };
        let next = if lane.active > self.per_site { None } else { lane.waiting.pop_front() };
        match next {
            Some(next) => self.ready.push_back(next),
            None => lane.active -= 1,
        }
        if lane.active == 0 {
            self.lanes.remove(site);
        }
    }

    /// Returns whether no feed is ready.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FeedConfig;

    #[test]
    fn a_site_has_few_feeds_ready_and_the_next_follows_when_one_leaves() {
        let feed = |url: &str| Arc::new(FeedHandle::new(FeedConfig { url: url.into(), ..FeedConfig::default() }));
        let mut lanes = Lanes::new(1);
        for url in ["https://a.example/1", "https://a.example/2", "https://b.example/1"] {
            lanes.enter(feed(url));
        }
        let mut ready =
            || std::iter::from_fn(|| lanes.next_ready()).map(|feed| feed.config.url.clone()).collect::<Vec<_>>();
        assert_eq!(ready(), ["https://a.example/1", "https://b.example/1"]);
        lanes.leave("b.example");
        lanes.leave("a.example");
        assert_eq!(lanes.next_ready().map(|feed| feed.config.url.clone()).as_deref(), Some("https://a.example/2"));
        lanes.leave("a.example");
        assert!(lanes.is_empty() && lanes.lanes.is_empty());
    }

    #[test]
    fn a_changed_limit_counts_for_what_waits() {
        let feed = |n: usize| {
            let url = format!("https://a.example/{n}");
            Arc::new(FeedHandle::new(FeedConfig { url, ..FeedConfig::default() }))
        };
        let mut lanes = Lanes::new(1);
        (0..5).for_each(|n| lanes.enter(feed(n)));
        let ready = |lanes: &mut Lanes| std::iter::from_fn(|| lanes.next_ready()).count();
        assert_eq!(ready(&mut lanes), 1);
        lanes.set_per_site(3);
        assert_eq!(ready(&mut lanes), 2);
        lanes.set_per_site(1);
        for (left, started) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 0)] {
            lanes.leave("a.example");
            assert_eq!(ready(&mut lanes), started, "after {left} have left");
        }
        assert!(lanes.lanes.is_empty());
    }
}
