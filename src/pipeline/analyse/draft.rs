//! The input of the stage.

use std::sync::Arc;

use url::Url;
use uuid::Uuid;

use crate::article::{EntryText, Learned, SiteRules};
use crate::config::{FeedHandle, Pages};
use crate::feed::{Entry, Feed};
use crate::filter::EntryFilter;
use crate::pipeline::message::{
    BlockedForm, EntryHead, EntryWay, FetchedEntry, FetchedPage, PendingEntry, RuleVerdict,
};
use crate::record::WithheldPart;
use crate::state::identity::Naming;

/// The input from which an article is built.
pub(in crate::pipeline) struct Draft {
    pub feed: Arc<FeedHandle>,
    pub about: Arc<Feed>,
    pub entry: Entry,
    pub key: u128,
    pub naming: Naming,
    pub article: Option<Uuid>,
    pub asked: Option<Url>,
    pub page: Option<FetchedPage>,
    /// The entry's own text, if it was read before.
    pub text: Option<EntryText>,
    /// Hand-written rules for the page.
    pub rules: Option<Arc<SiteRules>>,
    /// What is left out of an article that its publisher reserves.
    pub withheld: Option<WithheldPart>,
    /// The keep and block rules, if they have not decided yet.
    pub filter: Option<Arc<EntryFilter>>,
    /// Blocks that repeat in the feed's articles.
    pub learned: Arc<Learned>,
    pub pages: Pages,
    pub way: EntryWay,
    /// The URL of the page, if another instance must fetch it.
    pub elsewhere: Option<Url>,
}

impl Draft {
    /// Splits an entry into the input for its article and its head, which names the feed's own site until the article's
    /// is known.
    pub(in crate::pipeline) fn split(fetched: FetchedEntry) -> (Self, EntryHead) {
        let FetchedEntry { pending, asked, page, text, elsewhere } = fetched;
        let PendingEntry {
            feed,
            about,
            entry,
            key,
            content_hash,
            fingerprint,
            naming,
            article,
            pages,
            way,
            learned,
            trace,
            ack,
        } = pending;
        let kept_by = match &way.verdict {
            RuleVerdict::Kept(rule) => rule.clone(),
            RuleVerdict::Undecided => None,
        };
        let head = EntryHead {
            feed: Arc::clone(&feed),
            key,
            content_hash,
            fingerprint,
            home: Arc::clone(&feed.site),
            serial: way.serial,
            basis: 0,
            received: way.received.clone(),
            kept_by,
            trace,
            ack,
        };
        let (rules, filter, withheld) = (None, None, None);
        let draft = Self {
            feed,
            about,
            entry,
            key,
            naming,
            article,
            asked,
            page,
            text,
            rules,
            withheld,
            filter,
            learned,
            pages,
            way,
            elsewhere,
        };
        (draft, head)
    }

    /// Returns the entry as one that this rule blocks.
    pub(in crate::pipeline) fn blocked(&self, rule: Option<Arc<str>>) -> BlockedForm {
        BlockedForm {
            rule,
            about: Arc::clone(&self.about),
            entry: self.entry.clone(),
            naming: self.naming,
            pages: self.pages,
            asked: self.asked.clone(),
            article: self.article,
        }
    }
}
