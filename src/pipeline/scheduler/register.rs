//! Registers this instance's feeds with the registry of feed health.

use std::collections::HashSet;
use std::sync::Arc;

use super::Scheduler;
use crate::filter::NamedRule;

impl Scheduler {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions. Those that
    /// are new to the registry, or paused, get their reports afterwards.
    pub(super) fn register(&self) {
        let ours = self.list.iter().filter(|feed| self.assignment.owns(&feed.site));
        let feeds = ours.map(|feed| (feed.id.as_str(), feed.paused));
        self.cx.stats.feeds.update(feeds, |_| None, self.now());
        self.cx.stats.rules.set_applied(self.applied_rules());
    }

    /// Returns the rules that apply to a feed that is polled here, if other instances poll others: of the rules for their
    /// feeds, nothing is known here.
    fn applied_rules(&self) -> Option<HashSet<Arc<str>>> {
        let filter = self.cx.filter.get();
        let is_scoped = filter.rules().iter().any(NamedRule::is_scoped);
        if !is_scoped || !self.cx.routes.is_shared() {
            return None;
        }
        let general = filter.rules().iter().filter(|rule| !rule.is_scoped());
        let mut applied: HashSet<Arc<str>> = general.map(|rule| Arc::clone(&rule.name)).collect();
        for feed in self.list.iter().filter(|feed| self.assignment.owns(&feed.site)) {
            feed.with_scope(|scope| {
                applied.extend(filter.scoped_rules_for(scope).map(|rule| Arc::clone(&rule.name)));
            });
        }
        Some(applied)
    }
}
