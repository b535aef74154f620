//! What is remembered of the articles of the last days: the sketches by which their texts are compared, their last
//! revisions, and when their pages are revisited. Limited in time, articles and bytes; the oldest articles are dropped
//! first.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::article::{PlannedRevisit, RecentState};
use super::packed::Packed;
use crate::article::duplicates::{Match, Sketch, Window};
use crate::config;
use crate::record::Duplicate;

/// Limits in time and amount.
#[derive(Debug, Clone, Copy)]
pub struct MemoryLimits {
    /// How long an article is kept after it was first seen.
    pub window: TimeDelta,
    /// The most articles.
    pub articles: usize,
    /// The most bytes of packed articles.
    pub bytes: usize,
}

impl MemoryLimits {
    /// Returns the configured limits.
    pub fn new(settings: &config::Settings) -> Self {
        Self {
            window: TimeDelta::from_std(settings.duplicates.window).unwrap_or(TimeDelta::MAX),
            articles: settings.duplicates.max_articles,
            bytes: settings.articles.max_bytes,
        }
    }
}

/// What is kept in memory of a recent article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentArticle {
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// The feed under which it is stored.
    pub feed: Arc<str>,
    /// The partition key of its state.
    pub site: Arc<str>,
    /// The size of its packed last revision in bytes; 0 if there is none.
    pub size: usize,
    /// Whether an earlier version wrote it into the article's own value.
    pub inline: bool,
}

/// A value that is not committed yet, and the number of its changes that are not.
#[derive(Debug)]
struct Uncommitted<T> {
    value: Option<T>,
    changes: usize,
    /// The partition key of its state.
    site: Arc<str>,
}

impl<T> Uncommitted<T> {
    fn change(map: &mut HashMap<Uuid, Self>, id: Uuid, site: &Arc<str>, value: Option<T>) {
        let changes = map.get(&id).map_or(0, |known| known.changes) + 1;
        map.insert(id, Self { value, changes, site: Arc::clone(site) });
    }

    fn committed(map: &mut HashMap<Uuid, Self>, id: Uuid) {
        let Some(known) = map.get_mut(&id) else { return };
        known.changes -= 1;
        if known.changes == 0 {
            map.remove(&id);
        }
    }
}

/// The articles of the last days: sketches and times in memory, last revisions and visits on disk.
#[derive(Debug, Default)]
pub struct RecentArticles {
    articles: HashMap<Uuid, RecentArticle>,
    window: Window,
    bytes: usize,
    /// When the articles were first seen (milliseconds since 1970, UTC).
    order: BTreeSet<(i64, Uuid)>,
    /// The articles of other instances, of which only the sketches are known, and when they were first seen.
    foreign: HashMap<Uuid, i64>,
    foreign_order: BTreeSet<(i64, Uuid)>,
    /// When the pages are revisited (milliseconds since 1970, UTC).
    visits: HashMap<Uuid, i64>,
    /// The same in order; a visit in progress is not included.
    due: BTreeSet<(i64, Uuid)>,
    /// Last revisions and visits that are not committed.
    new_revisions: HashMap<Uuid, Uncommitted<Packed>>,
    new_visits: HashMap<Uuid, Uncommitted<PlannedRevisit>>,
}

impl RecentArticles {
    /// Adds an article that is stored.
    pub fn add_stored(&mut self, id: Uuid, article: RecentArticle, sketch: Option<Sketch>, due: Option<i64>) {
        self.index(id, article, sketch);
        if let Some(due) = due {
            self.visits.insert(id, due);
            self.due.insert((due, id));
        }
    }

    fn index(&mut self, id: Uuid, article: RecentArticle, sketch: Option<Sketch>) {
        self.unindex(id);
        self.drop_foreign(id);
        self.order.insert((article.first_seen, id));
        self.bytes += article.size;
        if let Some(sketch) = sketch {
            self.window.put(id, article.first_seen, sketch);
        }
        self.articles.insert(id, article);
    }

    /// Returns whether the article was recent.
    fn unindex(&mut self, id: Uuid) -> Option<RecentArticle> {
        let article = self.articles.remove(&id)?;
        self.order.remove(&(article.first_seen, id));
        self.window.remove(id);
        self.bytes -= article.size;
        Some(article)
    }

    /// Remembers an article as it is now, or forgets it if there is nothing to remember. The change is not
    /// committed yet. Returns whether there is a change.
    pub fn put(&mut self, id: Uuid, feed: &Arc<str>, site: &Arc<str>, state: RecentState) -> bool {
        let was_recent = self.unindex(id).is_some();
        let is_empty = state.is_empty();
        if is_empty && !was_recent {
            return false;
        }
        let RecentState { first_seen, sketch, last, .. } = state;
        if !is_empty {
            let size = last.as_ref().map_or(0, Packed::size);
            let (feed, site) = (Arc::clone(feed), Arc::clone(site));
            self.index(id, RecentArticle { first_seen, feed, site, size, inline: false }, sketch);
        }
        Uncommitted::change(&mut self.new_revisions, id, site, last);
        true
    }

    /// Forgets an article. The changes are not committed yet. Returns what was known, and whether a visit was planned.
    pub fn remove(&mut self, id: Uuid) -> (Option<RecentArticle>, bool) {
        let Some(article) = self.unindex(id) else { return (None, false) };
        let site = Arc::clone(&article.site);
        Uncommitted::change(&mut self.new_revisions, id, &site, None);
        (Some(article), self.set_revisit(id, &site, None))
    }

    /// Notes that a change of what is remembered of an article was committed.
    pub fn committed(&mut self, id: Uuid) {
        Uncommitted::committed(&mut self.new_revisions, id);
    }

    /// Notes that a change of its next visit was committed.
    pub fn committed_visit(&mut self, id: Uuid) {
        Uncommitted::committed(&mut self.new_visits, id);
    }

    /// Forgets all articles whose state has a partition key for which `is_gone` holds, as other instances own them.
    pub fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        let gone: Vec<Uuid> =
            self.articles.iter().filter(|(_, article)| is_gone(&article.site)).map(|(id, _)| *id).collect();
        for id in gone {
            let sketch = self.window.get(id).cloned();
            if let (Some(article), Some(sketch)) = (self.unindex(id), sketch) {
                self.add_foreign(id, article.first_seen, sketch);
            }
            if let Some(due) = self.visits.remove(&id) {
                self.due.remove(&(due, id));
            }
        }
        self.new_revisions.retain(|_, known| !is_gone(&known.site));
        self.new_visits.retain(|_, known| !is_gone(&known.site));
    }

    /// Adds the sketch of an article of another instance. Drops the oldest ones that are too old or too many.
    pub fn put_foreign(
        &mut self,
        id: Uuid,
        first_seen: i64,
        sketch: Sketch,
        limits: &MemoryLimits,
        now: DateTime<Utc>,
    ) {
        if self.articles.contains_key(&id) {
            return;
        }
        self.add_foreign(id, first_seen, sketch);
        while let Some((first_seen, id)) = self.foreign_order.first().copied()
            && (first_seen < since(limits, now) || self.foreign_order.len() > limits.articles)
        {
            self.drop_foreign(id);
        }
    }

    fn add_foreign(&mut self, id: Uuid, first_seen: i64, sketch: Sketch) {
        self.drop_foreign(id);
        self.window.put(id, first_seen, sketch);
        self.foreign.insert(id, first_seen);
        self.foreign_order.insert((first_seen, id));
    }

    /// Drops the sketch of an article of another instance, if it is one.
    pub fn drop_foreign(&mut self, id: Uuid) {
        if let Some(first_seen) = self.foreign.remove(&id) {
            self.foreign_order.remove(&(first_seen, id));
            self.window.remove(id);
        }
    }

    /// Returns the oldest article, if it is too old or there are too many.
    pub fn surplus(&self, limits: &MemoryLimits, now: DateTime<Utc>) -> Option<Uuid> {
        let (first_seen, id) = *self.order.first()?;
        let over = self.order.len() > limits.articles || self.bytes > limits.bytes;
        (over || first_seen < since(limits, now)).then_some(id)
    }

    /// Returns what is kept of an article, if it is recent.
    pub fn get(&self, id: Uuid) -> Option<&RecentArticle> {
        self.articles.get(&id)
    }

    /// Returns the articles that are stored under a feed.
    pub fn of_feed(&self, feed: &str) -> Vec<Uuid> {
        self.articles.iter().filter(|(_, article)| *article.feed == *feed).map(|(id, _)| *id).collect()
    }

    /// Moves a feed's articles to its other id.
    pub fn rename(&mut self, old: &str, new: &Arc<str>) {
        for article in self.articles.values_mut().filter(|article| *article.feed == *old) {
            article.feed = Arc::clone(new);
        }
    }

    /// Returns the sketch by which an article's text is compared.
    pub fn sketch(&self, id: Uuid) -> Option<&Sketch> {
        self.window.get(id)
    }

    /// Returns the last revision of an article if it is not committed; the outer `None` means that it is stored.
    pub fn new_revision(&self, id: Uuid) -> Option<Option<Packed>> {
        self.new_revisions.get(&id).map(|known| known.value.clone())
    }

    /// Returns the next visit to its page if that is not committed; the outer `None` means that it is stored.
    pub fn new_visit(&self, id: Uuid) -> Option<Option<PlannedRevisit>> {
        self.new_visits.get(&id).map(|known| known.value.clone())
    }

    /// Returns the first article that a text repeats. `known` is the duplicate found for the article's last revision,
    /// and when the article was first seen.
    pub fn duplicate(
        &self,
        id: Uuid,
        sketch: Option<&Sketch>,
        known: Option<(Option<&Duplicate>, i64)>,
        limits: &MemoryLimits,
        now: DateTime<Utc>,
    ) -> Option<Duplicate> {
        let sketch = sketch?;
        let kept = known.and_then(|(known, _)| {
            let known = known?;
            self.window.find_again(id, sketch, Match { id: known.id, similarity: known.similarity })
        });
        let first_seen = known.map(|(_, first_seen)| first_seen);
        let found = kept.or_else(|| self.window.find(id, sketch, first_seen, since(limits, now)))?;
        // Two decimals, because the estimate is not more exact.
        Some(Duplicate { id: found.id, similarity: (found.similarity * 100.0).round() / 100.0 })
    }

    /// Returns when the next visit to an article's page is planned (milliseconds since 1970, UTC).
    pub fn revisit_due(&self, id: Uuid) -> Option<i64> {
        self.visits.get(&id).copied()
    }

    /// Sets the next visit to its page; the change is not committed yet. Returns whether there is a change: one is
    /// planned, or was.
    pub fn set_revisit(&mut self, id: Uuid, site: &Arc<str>, visit: Option<PlannedRevisit>) -> bool {
        let due = visit.as_ref().map(|visit| visit.due);
        let before = match due {
            Some(due) => self.visits.insert(id, due),
            None => self.visits.remove(&id),
        };
        if let Some(before) = before {
            self.due.remove(&(before, id));
        }
        if let Some(due) = due {
            self.due.insert((due, id));
        }
        let is_change = due.is_some() || before.is_some();
        if is_change {
            Uncommitted::change(&mut self.new_visits, id, site, visit);
        }
        is_change
    }

    /// Takes the visit that is due next, if it is due by `until`. From then on it is in progress.
    pub fn take_due(&mut self, until: DateTime<Utc>) -> Option<Uuid> {
        let first = *self.due.first().filter(|(due, _)| *due <= until.timestamp_millis())?;
        self.due.remove(&first);
        Some(first.1)
    }

    /// Makes a visit that came to nothing due as before.
    pub fn give_back(&mut self, id: Uuid) {
        if let Some(due) = self.visits.get(&id) {
            self.due.insert((*due, id));
        }
    }

    /// Returns when the next visit is due.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.due.first()?.0)
    }
}

fn since(limits: &MemoryLimits, now: DateTime<Utc>) -> i64 {
    now.timestamp_millis().saturating_sub(limits.window.num_milliseconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::from_entry;
    use crate::feed::{Entry, Feed};

    const LIMITS: MemoryLimits = MemoryLimits { window: TimeDelta::hours(72), articles: 3, bytes: 100_000 };

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(hours * 3_600, 0).unwrap()
    }

    fn visit(due: i64) -> PlannedRevisit {
        PlannedRevisit {
            url: "https://example.org/".into(),
            validators: crate::fetch::Validators::default(),
            due,
            read: true,
            missing: false,
            doubted: None,
            site: None,
        }
    }

    #[test]
    fn the_oldest_go_first_by_time_number_and_bytes() {
        let text = |n: i64| Entry { content: Some(format!("Story {n}.")), ..Entry::default() };
        let packed = |n: i64| Packed::new(&from_entry(&text(n), &Feed::default(), "f"));
        let id = |n: i64| Uuid::from_u128(u128::from(n.unsigned_abs()));
        let mut recent = RecentArticles::default();
        let name: Arc<str> = Arc::from("f");
        let put = |recent: &mut RecentArticles, n: i64| {
            let state = RecentState { first_seen: at(n).timestamp_millis(), last: packed(n), ..RecentState::default() };
            assert!(recent.put(id(n), &name, &name, state));
        };
        for n in 0..3 {
            put(&mut recent, n);
        }
        assert_eq!(recent.surplus(&LIMITS, at(72)), None);
        assert_eq!(recent.surplus(&LIMITS, at(73)), Some(id(0)));
        assert_eq!(recent.surplus(&MemoryLimits { articles: 2, ..LIMITS }, at(3)), Some(id(0)));
        assert_eq!(recent.surplus(&MemoryLimits { bytes: 10, ..LIMITS }, at(3)), Some(id(0)));
        // An article that is put again is as old as before and counted once.
        put(&mut recent, 0);
        assert_eq!(recent.new_revision(id(0)), Some(packed(0)));
        (0..2).for_each(|_| recent.committed(id(0)));
        assert_eq!(recent.new_revision(id(0)), None, "it is stored");
        for n in 0..3 {
            assert!(recent.remove(id(n)).0.is_some());
        }
        assert_eq!(recent.new_revision(id(0)), Some(None), "what is stored is void");
        assert_eq!((recent.bytes, recent.surplus(&LIMITS, at(1_000))), (0, None));
    }

    #[test]
    fn a_visit_is_taken_once_and_given_back() {
        let mut recent = RecentArticles::default();
        let id = Uuid::from_u128(1);
        let site: Arc<str> = Arc::from("example.org");
        assert!(!recent.set_revisit(id, &site, None), "nothing was planned");
        assert!(recent.set_revisit(id, &site, Some(visit(5_000))));
        assert_eq!(recent.next_due(), DateTime::from_timestamp(5, 0));
        assert!(recent.take_due(DateTime::from_timestamp(4, 0).unwrap()).is_none());
        let later = DateTime::from_timestamp(6, 0).unwrap();
        assert_eq!((recent.take_due(later), recent.revisit_due(id)), (Some(id), Some(5_000)));
        assert!(recent.take_due(later).is_none() && recent.next_due().is_none());
        recent.give_back(id);
        assert!(recent.take_due(later).is_some());
        assert!(recent.set_revisit(id, &site, None) && recent.due.is_empty());
        recent.give_back(id);
        assert!(recent.due.is_empty());
    }
}
