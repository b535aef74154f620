//! What travels through the channels between the stages.

use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::entry_counts::EntryOutcome;
use super::identity::{ArticleName, Marks, Naming};
use super::packed::Packed;
use super::state::{FeedState, Visit};
use super::websub::Subscription;
use crate::article::duplicates::Sketch;
use crate::article::{Learned, ReadAs};
use crate::config::{FeedEntry, Pages};
use crate::feed::{Entry, Feed};
use crate::fetch::{self, Validators};
use crate::record::{Article, Changes, DeadLetter, Entity, FeedEvent, Quotation};
pub use crate::telemetry::Trace;

/// One configured feed, shared by all that works for it.
#[derive(Debug)]
pub struct FeedHandle {
    /// As configured.
    pub config: FeedEntry,
    /// Its registrable domain: politeness and state stay together by it.
    pub shard: String,
}

impl FeedHandle {
    /// A feed as configured; one whose URL has no host is a shard of its own.
    pub fn new(config: FeedEntry) -> Self {
        let shard = url::Url::parse(&config.url).map_or_else(|_| config.id.clone(), |url| fetch::registrable(&url));
        Self { config, shard }
    }
}

/// Resolves when the work is committed; fails where it was not.
pub type Committed = oneshot::Receiver<Landed>;

/// What is known of work that is committed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Landed {
    /// What became of the entry that it was for, if any.
    pub outcome: Option<EntryOutcome>,
    /// What the entry's page showed of its site, if one was read.
    pub observed: Option<Observed>,
}

/// What a story's page showed of its site.
#[derive(Debug, PartialEq, Eq)]
pub struct Observed {
    /// Whether it gave the story's text.
    pub gave_text: bool,
    /// The blocks that may repeat in others.
    pub blocks: Vec<u64>,
}

/// A promise to the poll that its story is committed, and what became of its entry; dropping it says that it was not.
#[derive(Debug)]
pub struct Ticket {
    sender: oneshot::Sender<Landed>,
    observed: Option<Observed>,
}

impl Ticket {
    /// A ticket, and what the poll waits for.
    pub fn new() -> (Self, Committed) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, observed: None }, receiver)
    }

    /// Notes what the entry's page showed.
    pub fn observe(&mut self, observed: Option<Observed>) {
        self.observed = observed;
    }

    /// The work is committed; with the outcome of the entry that it was for, if any.
    pub fn committed(self, outcome: Option<EntryOutcome>) {
        let Self { sender, observed } = self;
        // The poll may have been given up in the meantime.
        let _ = sender.send(Landed { outcome, observed });
    }
}

/// A new or changed entry on its way to becoming a story.
#[derive(Debug)]
pub struct Story {
    /// Its feed.
    pub feed: Arc<FeedHandle>,
    /// What the feed says of itself.
    pub about: Arc<Feed>,
    /// The entry.
    pub entry: Entry,
    /// Its identity within the feed.
    pub key: u128,
    /// The form in which it was seen.
    pub form: u64,
    /// What else it is known by.
    pub marks: Marks,
    /// What its article is called, if it is a new one.
    pub naming: Naming,
    /// The article that an earlier form of the entry became.
    pub article: Option<Uuid>,
    /// When its page is fetched.
    pub pages: Pages,
    /// What repeats in the feed's articles.
    pub learned: Arc<Learned>,
    /// Its trace.
    pub trace: Trace,
    /// The poll's receipt.
    pub ticket: Ticket,
}

/// A story with its page, where one was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The story.
    pub story: Story,
    /// The page that was asked for.
    pub asked: Option<url::Url>,
    /// The page, where it was there.
    pub page: Option<Page>,
}

/// A story's page as it was served.
#[derive(Debug)]
pub struct Page {
    /// After redirects.
    pub url: url::Url,
    /// Decompressed.
    pub body: Vec<u8>,
    /// As the server says.
    pub content_type: Option<String>,
    /// For the next look.
    pub validators: Validators,
}

/// The head of a story that is on its way to the journal.
#[derive(Debug)]
pub struct Seen {
    /// Its feed.
    pub feed: Arc<FeedHandle>,
    /// The entry's identity.
    pub key: u128,
    /// Its form.
    pub form: u64,
    /// What else it is known by.
    pub marks: Marks,
    /// Trace context.
    pub trace: Trace,
    /// The poll's receipt.
    pub ticket: Ticket,
}

/// What became of an entry.
#[derive(Debug)]
pub enum Outcome {
    /// An article, and what was found in it.
    Story(Box<Extracted>),
    /// The article of this entry is already published in this form.
    Unchanged(Uuid),
    /// The same, and it is read differently from how it was published.
    Reread(Box<Reread>),
    /// It is an article that another entry or feed showed first.
    SameAs(Uuid),
    /// It could not be processed.
    Dead(Box<DeadLetter>),
}

/// An article with all that was found in it; the revision is not yet known.
#[derive(Debug, Clone)]
pub struct Extracted {
    /// The article.
    pub article: Article,
    /// The ids that a new article may have; `None` for one that is known.
    pub name: Option<ArticleName>,
    /// Hash of what makes a revision.
    pub hash: u64,
    /// How it was read.
    pub read_as: ReadAs,
    /// Its entities.
    pub entities: Vec<Entity>,
    /// Its quotations.
    pub quotes: Vec<Quotation>,
    /// What failed on the way although the article stands.
    pub faults: Vec<DeadLetter>,
    /// What its text is compared with others by.
    pub sketch: Option<Sketch>,
    /// The article, packed.
    pub packed: Option<Packed>,
    /// What it changed against a revision, and which that was.
    pub changes: Option<(u32, Changes)>,
    /// How its page was looked at, where that was wanted.
    pub look: Option<Look>,
}

/// A published article that is read differently although it did not change: later forms are compared with this one.
#[derive(Debug, Clone)]
pub struct Reread {
    /// The article.
    pub id: Uuid,
    /// The revision that it was compared with.
    pub revision: u32,
    /// Hash of what makes a revision.
    pub hash: u64,
    /// What its text is compared with others by.
    pub sketch: Option<Sketch>,
    /// The article, packed.
    pub packed: Option<Packed>,
    /// How it was read.
    pub read_as: ReadAs,
}

/// How a story's page was looked at.
#[derive(Debug, Clone)]
pub struct Look {
    /// The page as it was asked for.
    pub url: String,
    /// For the next look.
    pub validators: Validators,
    /// Whether it gave the story.
    pub read: bool,
}

/// What a later look at a story found.
#[derive(Debug)]
pub enum Found {
    /// Nothing new.
    Nothing,
    /// The story as it was, read differently.
    Reread(Box<Reread>),
    /// Another form of the story.
    Revision(Box<Extracted>),
    /// That it was withdrawn, and how that is known.
    Gone(String),
}

/// What the last stage commits.
#[derive(Debug)]
pub enum Work {
    /// An entry's outcome.
    Entry(Seen, Outcome),
    /// The end of a poll (or a feed's removal): its state, what is to be told, and the entries to forget.
    Poll {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// Its new state.
        state: Box<FeedState>,
        /// What happened to it.
        events: Vec<FeedEvent>,
        /// What could not be read.
        dead: Option<Box<DeadLetter>>,
        /// Entries to forget.
        forget: Vec<u128>,
        /// What repeats in its articles, where more is known of it now.
        learned: Option<Arc<Learned>>,
        /// Trace context.
        trace: Trace,
        /// The poll's receipt.
        ticket: Ticket,
    },
    /// How a feed's subscription stands; `None` ends it.
    Subscription {
        /// The feed.
        feed: Arc<FeedHandle>,
        /// Its subscription.
        state: Option<Box<Subscription>>,
        /// The subscriber's receipt.
        ticket: Ticket,
    },
    /// A later look at a published story.
    Look {
        /// The feed that showed it first.
        feed: Arc<FeedHandle>,
        /// The article.
        id: Uuid,
        /// The revision that was looked at.
        revision: u32,
        /// What was found.
        found: Found,
        /// The next look, if there is to be one.
        visit: Option<Box<Visit>>,
        /// Trace context.
        trace: Trace,
        /// Told when it is committed.
        ticket: Ticket,
    },
}

impl Work {
    /// The feed that it is for.
    pub fn feed(&self) -> &Arc<FeedHandle> {
        match self {
            Self::Entry(Seen { feed, .. }, _)
            | Self::Poll { feed, .. }
            | Self::Look { feed, .. }
            | Self::Subscription { feed, .. } => feed,
        }
    }

    /// The promise that it is committed.
    pub fn into_ticket(self) -> Ticket {
        match self {
            Self::Entry(Seen { ticket, .. }, _)
            | Self::Poll { ticket, .. }
            | Self::Look { ticket, .. }
            | Self::Subscription { ticket, .. } => ticket,
        }
    }
}
