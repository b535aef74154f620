//! Keep and block rules on the way of an entry: they decide before its page is fetched, and again once its text is known
//! if they depend on it.

mod commit;
pub(super) mod readmit;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::analyse::draft::Draft;
use super::context::Context;
use super::message::{EntryResult, FeedHandle, FetchedEntry, PendingEntry, RuleVerdict, Work};
use crate::feed::Entry;
use crate::filter::{Decision, Subject};

/// Decides about an entry before its page is fetched.
pub(super) async fn decide(cx: &Context, feed: &Arc<FeedHandle>, entry: Entry, at: DateTime<Utc>) -> (Entry, Decision) {
    let filter = cx.filter.get();
    if !feed.with_scope(|scope| filter.applies_to(scope)) {
        return (entry, Decision::Kept(None));
    }
    let entry = Arc::new(entry);
    let decided = {
        let (feed, entry) = (Arc::clone(feed), Arc::clone(&entry));
        cx.cpu.run(move || feed.with_scope(|scope| filter.decide(scope, &Subject::entry(&entry, at))))
    };
    // An entry that cannot be read becomes a dead letter in a later stage.
    let decided = decided.await.unwrap_or(Decision::Undecided);
    (Arc::unwrap_or_clone(entry), decided)
}

/// Returns the time at which a form of an entry was seen: its age counts until then, in every stage and instance.
pub(super) fn seen_at(serial: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(serial).unwrap_or_default()
}

/// The stage that an entry goes to.
pub(super) enum Next {
    /// Its page may be needed.
    Page(Box<PendingEntry>),
    /// It is blocked.
    Commit(Box<Work>),
}

/// Returns where an entry goes after this decision, which is the first one about it.
pub(super) fn next(mut pending: PendingEntry, decision: Decision) -> Next {
    match decision {
        Decision::Kept(rule) => pending.way.verdict = RuleVerdict::Kept(rule),
        Decision::Undecided => pending.way.verdict = RuleVerdict::Undecided,
        Decision::Blocked(rule) => {
            let fetched = FetchedEntry { pending, asked: None, page: None, text: None, elsewhere: None };
            let (draft, head) = Draft::split(fetched);
            return Next::Commit(Box::new(Work::Entry(head, EntryResult::Blocked(Box::new(draft.blocked(rule))))));
        }
    }
    Next::Page(Box::new(pending))
}
