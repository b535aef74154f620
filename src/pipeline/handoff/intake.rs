//! Receives what other instances hand over and passes it to the stages, the forms of one entry one after the other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::{HandoffMessage, HandoffStep, Routes};
use crate::journal::{Journal, Received};
use crate::pipeline::message::{
    CommitAck, EntryWay, FeedHandle, PendingEntry, ReceivedAt, ReceivedTask, RuleVerdict, Trace, Work,
};
use crate::pipeline::scheduler::Command;
use crate::pipeline::upstream::Upstream;
use crate::record::{DeadLetter, Stage};
use crate::state::OriginState;
use crate::state::identity::EntryFingerprint;
use crate::state::store::StateStore;

/// The pause before a message is tried again whose result could not be committed.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What the intake uses.
#[derive(Clone)]
pub(in crate::pipeline) struct Intake {
    pub journal: Arc<dyn Journal>,
    pub store: Arc<StateStore>,
    pub routes: Arc<Routes>,
    pub to_page: mpsc::Sender<PendingEntry>,
    pub to_commit: mpsc::Sender<Work>,
    /// Tells the scheduler of feeds that arrived.
    pub orders: mpsc::Sender<Command>,
    pub upstream: Arc<Upstream>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

/// A message with its place, read.
#[derive(Clone)]
pub(in crate::pipeline) struct Message {
    at: ReceivedAt,
    content: Arc<Result<HandoffMessage, DeadLetter>>,
}

/// The feed and the key of an entry.
pub(in crate::pipeline) type Name = (String, String);

impl Message {
    pub(in crate::pipeline) fn read(received: Received) -> Self {
        let Received { place, handoff } = received;
        let site = Arc::from(handoff.site.as_str());
        let content = HandoffMessage::unpack(&handoff.value).map_err(|error| {
            error!(site = handoff.site, offset = place.offset, error, "handed over message cannot be read");
            let error = format!("a handed over message cannot be read: {error}");
            DeadLetter::new(Stage::Commit, &handoff.site, error, &handoff.value, chrono::Utc::now())
        });
        let route = content.as_ref().map_or_else(|_| Vec::new(), |message| message.route.clone());
        Self { at: ReceivedAt { place, site, route }, content: Arc::new(content) }
    }

    pub(in crate::pipeline) fn name(&self) -> Name {
        match &*self.content {
            Ok(message) => (message.feed.id.clone(), message.key.clone()),
            Err(_) => (String::new(), self.at.place.offset.to_string()),
        }
    }
}

impl Intake {
    /// Runs until it is stopped, or the journal has no more messages.
    pub(in crate::pipeline) async fn run(self) {
        // The messages of each entry that is being dealt with; the first one is.
        let mut waiting: HashMap<Name, VecDeque<Message>> = HashMap::new();
        let mut open: JoinSet<Name> = JoinSet::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                Some(ended) = open.join_next() => {
                    let Ok(name) = ended.inspect_err(|error| error!(%error, "intake task panicked")) else { continue };
                    let Some(messages) = waiting.get_mut(&name) else { continue };
                    messages.pop_front();
                    match messages.front().cloned() {
                        Some(next) => self.start(&mut open, name, next),
                        None => drop(waiting.remove(&name)),
                    }
                }
                received = self.journal.receive() => match received {
                    Ok(received) => {
                        let message = Message::read(received);
                        let name = message.name();
                        let messages = waiting.entry(name.clone()).or_default();
                        messages.push_back(message.clone());
                        if messages.len() == 1 {
                            self.start(&mut open, name, message);
                        }
                    }
                    Err(error) => {
                        warn!(error = format!("{error:#}"), "receiving handed over entries failed; trying again");
                        tokio::time::sleep(AGAIN_AFTER).await;
                    }
                },
            }
        }
    }

    fn start(&self, open: &mut JoinSet<Name>, name: Name, message: Message) {
        let intake = self.clone();
        open.spawn(async move {
            intake.until_committed(message).await;
            name
        });
    }

    /// Has a message dealt with until its result is committed, or its site is no longer dealt with here: its next owner
    /// receives it again.
    async fn until_committed(&self, message: Message) {
        while self.routes.is_here(&message.at.site) {
            let (ack, committed) = CommitAck::counted(&self.upstream);
            if !self.send(&message, ack).await {
                return;
            }
            if committed.await.is_ok() {
                if let Ok(HandoffMessage { feed, step: HandoffStep::Feed(_), .. }) = &*message.content {
                    // A scheduler that is stopping takes no more feeds.
                    let _ = self.orders.send(Command::Arrived(feed.id.clone())).await;
                }
                return;
            }
            debug!(site = %message.at.site, "handed over entry was not committed; trying again");
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN_AFTER) => {}
            }
        }
    }

    /// Passes a message on to the stages. Returns false if they have ended.
    async fn send(&self, message: &Message, ack: CommitAck) -> bool {
        let (store, message) = (Arc::clone(&self.store), message.clone());
        let next = tokio::task::spawn_blocking(move || message.next(&store, &Trace::start(), ack)).await;
        match next {
            Ok(Next::Page(pending)) => self.to_page.send(*pending).await.is_ok(),
            Ok(Next::Commit(work)) => self.to_commit.send(*work).await.is_ok(),
            // The runtime is shutting down, or reading panicked: the message is received again.
            Err(_) => true,
        }
    }
}

/// The stage that a message goes to.
pub(in crate::pipeline) enum Next {
    /// The form of an entry, whose page may be needed.
    Page(Box<PendingEntry>),
    /// What makes no article.
    Commit(Box<Work>),
}

impl Message {
    /// Returns what must be done for the message. Reads the state.
    pub(in crate::pipeline) fn next(&self, store: &StateStore, trace: &Trace, ack: CommitAck) -> Next {
        let Self { at, content } = self.clone();
        let commit = |feed: FeedHandle, task, ack| {
            let (at, task) = (at.clone(), Box::new(task));
            Next::Commit(Box::new(Work::Received { feed: Arc::new(feed), at, task, trace: trace.clone(), ack }))
        };
        let message = match &*content {
            Ok(message) => message,
            Err(dead) => return commit(bare(&at.site), ReceivedTask::Unreadable(dead.clone()), ack),
        };
        let (feed, key) = (message.feed.handle(), message.entry_key().unwrap_or_default());
        let HandoffStep::Entry(entry) = &message.step else {
            return commit(feed, ReceivedTask::Message(message.clone()), ack);
        };
        let origin = store.origin(&feed.id, key, &at.site);
        if origin.as_ref().is_some_and(|origin| at.is_done(origin.serial, message.serial)) {
            return commit(feed, ReceivedTask::Nothing, ack);
        }
        let entry = (**entry).clone();
        let OriginState { article, to, .. } = origin.unwrap_or_default();
        // What this site passed on stays where it went, and what it has stays here.
        let home = to.or_else(|| article.map(|_| at.site.to_string())).or(entry.home);
        Next::Page(Box::new(PendingEntry {
            trace: trace.story(&feed.id),
            learned: store.learned(&feed.id),
            feed: Arc::new(feed),
            about: Arc::new(entry.about),
            entry: entry.entry,
            key,
            content_hash: 0,
            fingerprint: EntryFingerprint::default(),
            naming: entry.naming,
            article: entry.article,
            pages: entry.pages,
            way: EntryWay {
                serial: message.serial,
                home: home.map(Arc::from),
                asked: entry.asked,
                is_read: entry.is_read,
                page: entry.page.map(super::HandedPage::fetched),
                received: Some(at.clone()),
                // The rule was counted where it decided.
                verdict: if entry.is_decided { RuleVerdict::Kept(None) } else { RuleVerdict::Undecided },
            },
            ack,
        }))
    }
}

/// Returns a feed that is known by a name only.
fn bare(name: &str) -> FeedHandle {
    FeedHandle::new(crate::config::FeedConfig { id: name.to_owned(), ..crate::config::FeedConfig::default() })
}
