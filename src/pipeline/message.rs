//! The messages in the channels between the stages.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

pub(super) use super::fetched::FetchedPage;
use super::handoff::{FeedQuestion, HandoffMessage};
use super::upstream::{Upstream, UpstreamWork};
use crate::article::duplicates::Sketch;
use crate::article::{EntryText, Learned, ReadAs};
use crate::config::Pages;
pub(super) use crate::config::{ById, FeedHandle};
use crate::feed::{Entry, Feed};
use crate::fetch::Validators;
use crate::health::{EntryOutcome, RuleDecision};
use crate::journal::{HandoffPlace, StatePartition};
use crate::record::{Article, Changes, DeadLetter, Entity, ExtractorInfo, FeedEvent, Quotation};
use crate::state::identity::{ArticleName, EntryFingerprint, Naming};
use crate::state::packed::Packed;
use crate::state::{FeedState, PlannedRevisit};
pub(super) use crate::telemetry::Trace;
use crate::websub::Subscription;

/// Resolves when the work is committed; fails if it was not.
pub(super) type AckReceiver = oneshot::Receiver<Acknowledged>;

/// What is known of committed work.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// The outcome of the entry that the work was for, if any.
    pub outcome: Option<EntryOutcome>,
    /// What the entry's page showed of its site, if a page was read.
    pub observed: Option<SiteObservation>,
    /// What a keep or block rule decided about the entry.
    pub decision: Option<RuleDecision>,
}

/// What an article's page showed of its site.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SiteObservation {
    /// Whether it gave the article's text.
    pub gave_text: bool,
    /// The blocks that may repeat on other pages.
    pub blocks: Vec<u64>,
}

/// Tells the poll that its entry is committed, and the outcome; a dropped acknowledgement says that it was not committed.
#[derive(Debug)]
pub(super) struct CommitAck {
    sender: oneshot::Sender<Acknowledged>,
    observed: Option<SiteObservation>,
    /// Counts the work until it arrives at the last stage.
    upstream: Option<UpstreamWork>,
}

impl CommitAck {
    /// Returns an acknowledgement, and the receiver that the poll waits on.
    pub(super) fn new() -> (Self, AckReceiver) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, observed: None, upstream: None }, receiver)
    }

    /// Returns the same for work that a group may wait for.
    pub(super) fn counted(upstream: &Arc<Upstream>) -> (Self, AckReceiver) {
        let (ack, receiver) = Self::new();
        (Self { upstream: Some(upstream.enter()), ..ack }, receiver)
    }

    /// Notes that the work has arrived at the last stage.
    pub(super) fn arrived(&mut self) {
        self.upstream = None;
    }

    /// Notes what the entry's page showed.
    pub(super) fn observe(&mut self, observed: Option<SiteObservation>) {
        self.observed = observed;
    }

    /// Reports that the work is committed, with the outcome of the entry that it was for, if any, and what a rule decided
    /// about it.
    pub(super) fn acknowledge(self, outcome: Option<EntryOutcome>, decision: Option<RuleDecision>) {
        let Self { sender, observed, .. } = self;
        // The poll may have been given up in the meantime.
        let _ = sender.send(Acknowledged { outcome, observed, decision });
    }
}

/// A new or changed entry on its way to becoming an article.
#[derive(Debug)]
pub(super) struct PendingEntry {
    /// Its feed.
    pub feed: Arc<FeedHandle>,
    /// What the feed says of itself.
    pub about: Arc<Feed>,
    /// The entry.
    pub entry: Entry,
    /// Its identity within the feed.
    pub key: u128,
    /// The form in which it was seen.
    pub content_hash: u64,
    /// The other fields by which it is recognised.
    pub fingerprint: EntryFingerprint,
    /// How its article is named, if it is new.
    pub naming: Naming,
    /// The article made from an earlier form of the entry.
    pub article: Option<Uuid>,
    /// When its page is fetched.
    pub pages: Pages,
    /// What is known of its way to the site of its article.
    pub way: EntryWay,
    /// The blocks that repeat in the feed's articles.
    pub learned: Arc<Learned>,
    /// Its trace.
    pub trace: Trace,
    /// The poll's acknowledgement.
    pub ack: CommitAck,
}

/// The way of an entry to the site of its article.
#[derive(Debug, Default)]
pub(super) struct EntryWay {
    /// Orders the forms of the entry.
    pub serial: i64,
    /// The site that has its article, or may know which one has, if it was dealt with before.
    pub home: Option<Arc<str>>,
    /// The URL of its page, if it is not the entry's link.
    pub asked: Option<Url>,
    /// Whether its page was fetched by another instance, or none is needed.
    pub is_read: bool,
    /// That page.
    pub page: Option<FetchedPage>,
    /// Where it came from, if it was handed over.
    pub received: Option<ReceivedAt>,
    /// What keep and block rules say of it so far.
    pub verdict: RuleVerdict,
}

/// What keep and block rules say of an entry so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum RuleVerdict {
    /// They depend on the article's text.
    #[default]
    Undecided,
    /// It is kept, by this rule if a keep rule was needed.
    Kept(Option<Arc<str>>),
}

/// The handed over message that an entry came with.
#[derive(Debug, Clone)]
pub(super) struct ReceivedAt {
    /// Where the message stands.
    pub place: HandoffPlace,
    /// The site that it was handed to.
    pub site: Arc<str>,
    /// The sites that it was handed to before, in order.
    pub route: Vec<String>,
}

impl ReceivedAt {
    /// Returns whether it was handed to this site before: then it stays here, because the sites on its route believe that
    /// the next one has the article.
    pub(super) fn is_back(&self) -> bool {
        self.route.iter().any(|site| **site == *self.site)
    }

    /// Returns whether a form was dealt with, where the state of the site has `known` as its last one.
    pub(super) fn is_done(&self, known: i64, serial: i64) -> bool {
        known > serial || known == serial && !self.is_back()
    }

    /// Returns the route to the next site.
    pub(super) fn route_from_here(&self) -> Vec<String> {
        self.route.iter().cloned().chain([self.site.to_string()]).collect()
    }
}

/// An entry with its page, if one was fetched.
#[derive(Debug)]
pub(super) struct FetchedEntry {
    /// The entry.
    pub pending: PendingEntry,
    /// The URL of the page that was requested.
    pub asked: Option<Url>,
    /// The page, if it could be fetched.
    pub page: Option<FetchedPage>,
    /// The entry's own text, if it was read to decide whether its page is needed.
    pub text: Option<EntryText>,
    /// The URL of its page, if another instance must fetch it.
    pub elsewhere: Option<Url>,
}

/// The head of an entry that is on its way to the journal.
#[derive(Debug)]
pub(super) struct EntryHead {
    /// Its feed.
    pub feed: Arc<FeedHandle>,
    /// The entry's identity.
    pub key: u128,
    /// Its form.
    pub content_hash: u64,
    /// The other fields by which it is recognised.
    pub fingerprint: EntryFingerprint,
    /// The site of its article.
    pub home: Arc<str>,
    /// Orders the forms of the entry.
    pub serial: i64,
    /// The last form that the state of that site had when this one was compared with it.
    pub basis: i64,
    /// Where it came from, if it was handed over.
    pub received: Option<ReceivedAt>,
    /// The keep rule that it needed.
    pub kept_by: Option<Arc<str>>,
    /// The trace context.
    pub trace: Trace,
    /// The poll's acknowledgement.
    pub ack: CommitAck,
}

/// The result of processing an entry.
#[derive(Debug)]
pub(super) enum EntryResult {
    /// An article, and what was found in it.
    Article(Box<Extracted>),
    /// The article of this entry is already published in this form.
    Unchanged(Uuid),
    /// The same, but it is read differently from how it was published.
    Reread(Box<Reread>),
    /// It is an article that another entry or feed showed first.
    SameAs(Uuid),
    /// Keep and block rules leave it out.
    Blocked(Box<BlockedForm>),
    /// It could not be processed.
    DeadLetter(Box<DeadLetter>),
    /// The owner of this site deals with it.
    HandedOver(Arc<str>, Box<HandoffMessage>),
}

/// A form of an entry that keep and block rules leave out, with what is needed to deal with it later.
#[derive(Debug)]
pub(super) struct BlockedForm {
    /// The rule; `None` if no keep rule matched.
    pub rule: Option<Arc<str>>,
    /// What the feed says of itself.
    pub about: Arc<Feed>,
    /// The entry.
    pub entry: Entry,
    /// How its article is named, if it is new.
    pub naming: Naming,
    /// When its page is fetched.
    pub pages: Pages,
    /// The URL of its page, if it is not the entry's link.
    pub asked: Option<Url>,
    /// The article made from an earlier form of the entry.
    pub article: Option<Uuid>,
}

/// An article with everything that was found in it; the revision is not yet known.
#[derive(Debug, Clone)]
pub(super) struct Extracted {
    /// The article.
    pub article: Article,
    /// The ids that a new article may have; `None` for a known one.
    pub name: Option<ArticleName>,
    /// Hash of the content; a different hash makes a revision.
    pub hash: u64,
    /// How it was read.
    pub read_as: ReadAs,
    /// Its entities.
    pub entities: Vec<Entity>,
    /// The model that found the entities.
    pub entities_by: Option<ExtractorInfo>,
    /// Its quotations.
    pub quotes: Vec<Quotation>,
    /// The faults on the way that did not stop the article.
    pub faults: Vec<DeadLetter>,
    /// The sketch by which its text is compared with others.
    pub sketch: Option<Sketch>,
    /// The article, packed.
    pub packed: Option<Packed>,
    /// The revision of a known article with which it was compared.
    pub compared_with: Option<u32>,
    /// Its changes against a revision, and the number of that revision.
    pub changes: Option<(u32, Changes)>,
    /// The page visit that it came from, if revisits are planned.
    pub page_visit: Option<PageVisit>,
}

/// A published article that is read differently although it did not change: later forms are compared with this reading.
#[derive(Debug, Clone)]
pub(super) struct Reread {
    /// The article.
    pub id: Uuid,
    /// The revision with which it was compared.
    pub revision: u32,
    /// Hash of the content; a different hash makes a revision.
    pub hash: u64,
    /// The sketch by which its text is compared with others.
    pub sketch: Option<Sketch>,
    /// The article, packed.
    pub packed: Option<Packed>,
    /// How it was read.
    pub read_as: ReadAs,
}

/// A visit to an article's page.
#[derive(Debug, Clone)]
pub(super) struct PageVisit {
    /// The URL of the page that was requested.
    pub url: String,
    /// The validators for the next visit.
    pub validators: Validators,
    /// Whether the page gave the article.
    pub read: bool,
}

/// The result of a revisit.
#[derive(Debug)]
pub(super) enum RevisitOutcome {
    /// Nothing new.
    Unchanged,
    /// The article is unchanged but read differently.
    Reread(Box<Reread>),
    /// Another form of the article.
    Revision(Box<Extracted>),
    /// The article was withdrawn, and how that is known.
    Withdrawn(String),
}

/// What the last stage commits.
#[derive(Debug)]
pub(super) enum Work {
    /// An entry's outcome.
    Entry(EntryHead, EntryResult),
    /// The end of a poll, or a feed's removal: its state, the events to report, and the entries to forget.
    Feed {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// Its new state.
        state: Box<FeedState>,
        /// Its events.
        events: Vec<FeedEvent>,
        /// What could not be read.
        dead: Option<Box<DeadLetter>>,
        /// Entries to forget.
        forget: Vec<u128>,
        /// The blocks that repeat in its articles, if more is known of them now.
        learned: Option<Arc<Learned>>,
        /// The trace context.
        trace: Trace,
        /// The poll's acknowledgement.
        ack: CommitAck,
    },
    /// The current subscription of a feed; `None` ends it.
    Subscription {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// Its subscription.
        state: Option<Box<Subscription>>,
        /// The subscriber's acknowledgement.
        ack: CommitAck,
    },
    /// The withdrawal of an entry whose article the owner of another site has.
    Withdraw {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// The entry that it is about.
        key: u128,
        /// The site.
        site: Arc<str>,
        /// What to do.
        message: Box<HandoffMessage>,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
    /// An entry that was handed over to this site and blocked, which changed rules let in.
    Readmit {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// The entry.
        key: u128,
        /// The site.
        site: Arc<str>,
        /// What to do.
        message: Box<HandoffMessage>,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
    /// The state of a feed whose URL moved to another instance's site.
    MoveFeed {
        /// The feed as it is listed now.
        feed: Arc<FeedHandle>,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
    /// A question for the state of feeds that are new here.
    Ask {
        /// The question.
        question: Box<FeedQuestion>,
        /// Who is asked.
        partitions: BTreeSet<StatePartition>,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
    /// A handed over message that makes no article.
    Received {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// Where it came from.
        at: ReceivedAt,
        /// What to do.
        task: Box<ReceivedTask>,
        /// The epoch of the state store since which it is being dealt with.
        epoch: u64,
        /// The trace context.
        trace: Trace,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
    /// Nothing; its acknowledgement reports that everything before it is committed or dropped.
    Barrier(CommitAck),
    /// A revisit of a published article's page.
    Revisit {
        /// The feed that showed it first.
        feed: Arc<FeedHandle>,
        /// The article.
        id: Uuid,
        /// The revision that was revisited.
        revision: u32,
        /// The result.
        found: RevisitOutcome,
        /// The next visit, if one is planned.
        visit: Option<Box<PlannedRevisit>>,
        /// The trace context.
        trace: Trace,
        /// The acknowledgement that reports the commit.
        ack: CommitAck,
    },
}

/// What a handed over message asks for, if it makes no article.
#[derive(Debug)]
pub(super) enum ReceivedTask {
    /// Nothing: a later form of the entry was dealt with.
    Nothing,
    /// Something other than an article.
    Message(HandoffMessage),
    /// It cannot be read.
    Unreadable(DeadLetter),
}

impl Work {
    /// Returns the acknowledgement that reports its commit.
    pub(super) fn into_ack(self) -> CommitAck {
        match self {
            Self::Entry(EntryHead { ack, .. }, _)
            | Self::Feed { ack, .. }
            | Self::Revisit { ack, .. }
            | Self::Withdraw { ack, .. }
            | Self::Readmit { ack, .. }
            | Self::MoveFeed { ack, .. }
            | Self::Ask { ack, .. }
            | Self::Received { ack, .. }
            | Self::Subscription { ack, .. }
            | Self::Barrier(ack) => ack,
        }
    }
}
