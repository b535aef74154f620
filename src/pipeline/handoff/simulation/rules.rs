//! Keep and block rules: each instance has others for a while, and lets in what its present ones do not block.

use std::sync::Arc;

use super::instance::Poll;
use super::{Cluster, Instance};
use crate::filter::{Action, Conditions, EntryFilter, Pattern, Rule, Subject};
use crate::pipeline::filter::readmit::{find, hand_over_again, pending};
use crate::pipeline::filter::{Next, next, seen_at};
use crate::pipeline::message::{CommitAck, PendingEntry};

/// Returns the sets of rules that an instance may have; the first blocks nothing.
pub(super) fn filters() -> Vec<Arc<EntryFilter>> {
    let words = |texts: &[&str]| texts.iter().map(|text| Pattern::Words((*text).into())).collect::<Vec<_>>();
    let rule = |action: Action, conditions: Conditions| Rule { id: "r".into(), action, conditions, ..Rule::default() };
    let none = Conditions::default;
    [
        vec![],
        // Decides before a page is fetched.
        vec![rule(Action::Block, Conditions { title: words(&["story 0x", "story 2x", "story 4x"]), ..none() })],
        // Decides once the article is built: no entry states its language.
        vec![rule(
            Action::Block,
            Conditions { title: words(&["story 1x", "story 2x", "story 5x"]), language: vec!["fi".into()], ..none() },
        )],
        // Lets some forms of an article pass.
        vec![rule(Action::Block, Conditions { text: words(&["v1x", "v3x"]), ..none() })],
        vec![rule(Action::Keep, Conditions { title: words(&["story 0x", "story 3x"]), ..none() })],
    ]
    .iter()
    .map(|rules| Arc::new(EntryFilter::new(rules, [])))
    .collect()
}

impl Cluster {
    /// Returns the rules that an instance has.
    pub(super) fn filter(&self, at: usize) -> Arc<EntryFilter> {
        Arc::clone(&self.filters[self.instances[at].filter])
    }

    /// Sends an entry on, as the rules decide.
    pub(super) fn send(&mut self, at: usize, pending: PendingEntry) {
        let subject = Subject::entry(&pending.entry, seen_at(pending.way.serial));
        let decision = pending.feed.with_scope(|scope| self.filter(at).decide(scope, &subject));
        match next(pending, decision) {
            Next::Page(pending) => self.analyse(at, *pending),
            Next::Commit(work) => self.instances[at].works.push(*work),
        }
    }

    /// Has an instance let in what its rules do not block.
    pub(super) fn apply_rules(&mut self, at: usize) {
        let Instance { store, list, .. } = &self.instances[at];
        let store = Arc::clone(store);
        let found = find(&store, &self.filter(at), &self.web.lists[*list]);
        for (feed, key, site) in found.handed {
            let (ack, _) = CommitAck::new();
            let work = hand_over_again(&store, &feed, key, &site, ack);
            self.instances[at].works.extend(work);
        }
        for feed in found.own.into_keys() {
            self.readmit(at, &feed);
        }
    }

    /// Lets in entries of a feed that is not being polled.
    fn readmit(&mut self, at: usize, feed: &str) {
        let instance = &self.instances[at];
        let Some(handle) = self.web.lists[instance.list].get(feed).cloned() else { return };
        if !instance.routes.is_here(&handle.site) || instance.is_polling(feed) {
            return;
        }
        let store = Arc::clone(&instance.store);
        let cell = store.open(feed);
        let Some(mut state) = cell.state() else { return };
        instance.routes.claims().lock().opened(feed);
        cell.place(&handle.site);
        state.url.clone_from(&handle.url);
        let mut acks = Vec::new();
        for (key, blocked) in store.blocked(feed).into_iter().filter(|(_, blocked)| blocked.handed.is_none()) {
            let Some(entry) = store.entry(feed, key).filter(|now| blocked.is_of(now)) else { continue };
            let (ack, receiver) = CommitAck::new();
            acks.push(receiver);
            let how = (handle.pages.unwrap_or_default(), &Arc::default());
            let content = blocked.content().expect("it is readable");
            self.send(at, pending(&handle, (key, &blocked), content, &entry, how, ack));
        }
        self.instances[at].polls.push(Poll { feed: handle, acks, state });
    }
}
