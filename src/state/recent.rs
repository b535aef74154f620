//! What is remembered of the articles of the last days: the sketches by which their texts are compared, their last
//! revisions, and when their pages are revisited. Limited in time, articles and bytes; the oldest articles are dropped
//! first.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::article::PlannedRevisit;
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

/// The articles of the last days.
#[derive(Debug, Default)]
pub struct RecentArticles {
    window: Window,
    packed: HashMap<Uuid, Packed>,
    bytes: usize,
    /// When the articles were first seen (milliseconds since 1970, UTC).
    order: BTreeSet<(i64, Uuid)>,
    visits: HashMap<Uuid, PlannedRevisit>,
    /// When the pages are revisited; a visit in progress is not included.
    due: BTreeSet<(i64, Uuid)>,
}

impl RecentArticles {
    /// Remembers an article as it is now.
    pub fn put(&mut self, id: Uuid, first_seen: i64, sketch: Option<Sketch>, packed: Option<Packed>) {
        self.drop_text(id, first_seen);
        if sketch.is_none() && packed.is_none() {
            return;
        }
        self.order.insert((first_seen, id));
        if let Some(sketch) = sketch {
            self.window.put(id, first_seen, sketch);
        }
        if let Some(packed) = packed {
            self.bytes += packed.size();
            self.packed.insert(id, packed);
        }
    }

    /// Forgets an article. Returns whether a planned visit was removed with it.
    pub fn remove(&mut self, id: Uuid, first_seen: i64) -> bool {
        self.drop_text(id, first_seen);
        self.set_revisit(id, None)
    }

    fn drop_text(&mut self, id: Uuid, first_seen: i64) {
        self.order.remove(&(first_seen, id));
        self.window.remove(id);
        self.bytes -= self.packed.remove(&id).map_or(0, |packed| packed.size());
    }

    /// Returns the oldest article, if it is too old or there are too many.
    pub fn surplus(&self, limits: &MemoryLimits, now: DateTime<Utc>) -> Option<Uuid> {
        let (first_seen, id) = *self.order.first()?;
        let over = self.order.len() > limits.articles || self.bytes > limits.bytes;
        (over || first_seen < since(limits, now)).then_some(id)
    }

    /// Returns the sketch by which an article's text is compared.
    pub fn sketch(&self, id: Uuid) -> Option<&Sketch> {
        self.window.get(id)
    }

    /// Returns the last revision of an article.
    pub fn packed(&self, id: Uuid) -> Option<&Packed> {
        self.packed.get(&id)
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

    /// Returns the next visit to an article's page.
    pub fn revisit(&self, id: Uuid) -> Option<&PlannedRevisit> {
        self.visits.get(&id)
    }

    /// Sets the next visit to its page. Returns whether one was planned before.
    pub fn set_revisit(&mut self, id: Uuid, visit: Option<PlannedRevisit>) -> bool {
        let due = visit.as_ref().map(|visit| visit.due);
        let before = match visit {
            Some(visit) => self.visits.insert(id, visit),
            None => self.visits.remove(&id),
        };
        if let Some(before) = &before {
            self.due.remove(&(before.due, id));
        }
        if let Some(due) = due {
            self.due.insert((due, id));
        }
        before.is_some()
    }

    /// Takes the visit that is due next, if it is due by `until`. From then on it is in progress.
    pub fn take_due(&mut self, until: DateTime<Utc>) -> Option<(Uuid, &PlannedRevisit)> {
        let first = *self.due.first().filter(|(due, _)| *due <= until.timestamp_millis())?;
        self.due.remove(&first);
        Some((first.1, self.visits.get(&first.1)?))
    }

    /// Makes a visit that came to nothing due as before.
    pub fn give_back(&mut self, id: Uuid) {
        if let Some(visit) = self.visits.get(&id) {
            self.due.insert((visit.due, id));
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
        }
    }

    #[test]
    fn the_oldest_go_first_by_time_number_and_bytes() {
        let text = |n: i64| Entry { content: Some(format!("Story {n}.")), ..Entry::default() };
        let packed = |n: i64| Packed::new(&from_entry(&text(n), &Feed::default(), "f"));
        let id = |n: i64| Uuid::from_u128(u128::from(n.unsigned_abs()));
        let mut recent = RecentArticles::default();
        for n in 0..3 {
            recent.put(id(n), at(n).timestamp_millis(), None, packed(n));
        }
        assert_eq!(recent.surplus(&LIMITS, at(72)), None);
        assert_eq!(recent.surplus(&LIMITS, at(73)), Some(id(0)));
        assert_eq!(recent.surplus(&MemoryLimits { articles: 2, ..LIMITS }, at(3)), Some(id(0)));
        assert_eq!(recent.surplus(&MemoryLimits { bytes: 10, ..LIMITS }, at(3)), Some(id(0)));
        // An article that is put again is as old as before and counted once.
        recent.put(id(0), at(0).timestamp_millis(), None, packed(0));
        for n in 0..3 {
            recent.remove(id(n), at(n).timestamp_millis());
        }
        assert_eq!((recent.bytes, recent.surplus(&LIMITS, at(1_000))), (0, None));
    }

    #[test]
    fn a_visit_is_taken_once_and_given_back() {
        let mut recent = RecentArticles::default();
        let id = Uuid::from_u128(1);
        assert!(!recent.set_revisit(id, Some(visit(5_000))));
        assert_eq!(recent.next_due(), DateTime::from_timestamp(5, 0));
        assert!(recent.take_due(DateTime::from_timestamp(4, 0).unwrap()).is_none());
        let later = DateTime::from_timestamp(6, 0).unwrap();
        assert_eq!(recent.take_due(later).map(|(id, visit)| (id, visit.due)), Some((id, 5_000)));
        assert!(recent.take_due(later).is_none() && recent.next_due().is_none());
        recent.give_back(id);
        assert!(recent.take_due(later).is_some());
        assert!(recent.set_revisit(id, None) && recent.due.is_empty());
        recent.give_back(id);
        assert!(recent.due.is_empty());
    }
}
