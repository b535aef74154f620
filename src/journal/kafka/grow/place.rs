//! Where each value goes: to the partition of its site.

use std::collections::HashMap;

use super::GrowthPlan;
use crate::journal::StatePartition;
use crate::journal::kafka::partition::partition;

/// What a key and its value say of their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The value belongs to this site.
    Site(String),
    /// The value is that of this feed, whose URL names the site.
    Feed(String, Option<String>),
    /// The value belongs to this feed, and so to the feed's site.
    OfFeed(String),
}

/// The sites of all feeds, and the partition counts.
pub(super) struct Places<'a> {
    plan: &'a GrowthPlan,
    /// The partitions that the state has and gets.
    counts: (i32, i32),
    /// The sites of feeds, by feed and the partition in which the feed's value is.
    feeds: HashMap<(String, StatePartition), String>,
}

impl<'a> Places<'a> {
    pub(super) fn new(plan: &'a GrowthPlan, count: i32) -> Self {
        Self { plan, counts: (count, plan.partitions), feeds: HashMap::new() }
    }

    /// Notes the site of a feed. Later values of its partition replace earlier ones.
    pub(super) fn note(&mut self, key: &str, value: &[u8], from: StatePartition) {
        if let Place::Feed(feed, Some(site)) = (self.plan.place)(key, value) {
            self.feeds.insert((feed, from), site);
        }
    }

    /// Returns the site of a value that was in partition `from`. A site is believed only if it hashes to that partition.
    fn site(&self, key: &str, value: &[u8], from: StatePartition) -> Option<String> {
        let (old, _) = self.counts;
        let is_from = |site: &String| partition(site, old) == from;
        let (feed, said) = match (self.plan.place)(key, value) {
            Place::Site(site) => (None, Some(site)),
            Place::Feed(feed, site) => (Some(feed), site),
            Place::OfFeed(feed) => (Some(feed), None),
        };
        let of_feed = || {
            let feed = feed?;
            let known = self.feeds.get(&(feed.clone(), from)).cloned().filter(is_from);
            known.or_else(|| (self.plan.listed)(&feed).filter(is_from))
        };
        let said = said.filter(is_from);
        said.or_else(of_feed).or_else(|| (self.plan.hint)(key, value).filter(is_from))
    }

    /// Returns the new partitions of a value that was in partition `from`. If its site is not known, the value goes to every
    /// partition to which a site of `from` can go: an instance finds it in one of them, and nobody asks for it in the others.
    pub(super) fn of(&self, key: &str, value: &[u8], from: StatePartition) -> Vec<StatePartition> {
        let (old, new) = self.counts;
        match self.site(key, value, from) {
            Some(site) => vec![partition(&site, new)],
            None => {
                let step = greatest_common_divisor(old, new);
                (0..new).filter(|to| to % step == from % step).collect()
            }
        }
    }

    /// Returns the new partitions of a value in partition `from` whose key has a newer value in another partition. It counts only
    /// if the site is not known in either: an earlier growth may have copied both. Where both can go, the newer one goes.
    pub(super) fn of_older(
        &self,
        key: &str,
        value: &[u8],
        from: StatePartition,
        newer: StatePartition,
    ) -> Vec<StatePartition> {
        let is_known = |partition| self.site(key, value, partition).is_some();
        if is_known(from) || is_known(newer) {
            return Vec::new();
        }
        let taken = self.of(key, value, newer);
        self.of(key, value, from).into_iter().filter(|to| !taken.contains(to)).collect()
    }
}

fn greatest_common_divisor(a: i32, b: i32) -> i32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan for keys `FEED` and `FEED/…`, whose values are sites or empty; `listed` is in the feed list.
    fn plan(partitions: i32) -> GrowthPlan {
        GrowthPlan {
            partitions,
            place: Box::new(|key, value| {
                let site = (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned());
                match key.split_once('/') {
                    Some((feed, _)) => Place::OfFeed(feed.to_owned()),
                    None => Place::Feed(key.to_owned(), site),
                }
            }),
            hint: Box::new(|_, value| (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())),
            listed: Box::new(|feed| (feed == "listed").then(|| "listed.example".to_owned())),
        }
    }

    #[test]
    fn values_follow_the_site_of_their_feed() {
        let plan = plan(24);
        let mut places = Places::new(&plan, 6);
        let from = partition("a.example", 6);
        places.note("a", b"a.example", from);
        let to = vec![partition("a.example", 24)];
        assert_eq!(places.of("a", b"a.example", from), to);
        assert_eq!(places.of("a/e/1", b"", from), to);
        let listed = partition("listed.example", 6);
        assert_eq!(places.of("listed/e/1", b"", listed), [partition("listed.example", 24)]);
        let said = partition("said.example", 6);
        assert_eq!(places.of("b/a/1", b"said.example", said), [partition("said.example", 24)]);
    }

    /// Whatever else hashes to the value's partition by chance is not its site.
    #[test]
    fn values_without_a_site_go_wherever_their_site_can_be() {
        for (old, new) in [(6, 24), (6, 9), (4, 7)] {
            let plan = plan(new);
            let places = Places::new(&plan, old);
            for n in 0..200 {
                let site = format!("site-{n}.example");
                let from = partition(&site, old);
                // A site that hashes to another partition is not believed.
                let other = (0..100).map(|n| format!("x{n}")).find(|site| partition(site, old) != from).unwrap();
                let to = places.of(&format!("feed-{n}/e/1"), other.as_bytes(), from);
                assert!(to.contains(&partition(&site, new)), "{old} {new} {site}");
                assert!(to.len() < usize::try_from(new).unwrap() || old % 2 != new % 2, "{old} {new}: {to:?}");
            }
        }
    }
}
