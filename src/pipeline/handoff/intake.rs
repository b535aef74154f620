//! Receives what other instances hand over and passes it to the stages, the forms of one entry one after the other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::{HandoffMessage, HandoffStep, Routes};
use crate::journal::{HandoffPlace, Journal, Received, StatePartition};
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
    /// Tells the scheduler of feeds and answers that arrived.
    pub orders: mpsc::Sender<Command>,
    pub upstream: Arc<Upstream>,
    /// Counts the messages that are being dealt with.
    pub received: Arc<Upstream>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

/// A message with its place, read.
#[derive(Clone)]
pub(in crate::pipeline) struct Message {
    at: ReceivedAt,
    content: Arc<Result<HandoffMessage, DeadLetter>>,
}

/// Messages of one name are dealt with in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::pipeline) enum Name {
    /// Those of an entry, one after the other.
    Entry {
        /// The feed's id.
        feed: String,
        /// The entry's key.
        key: String,
    },
    /// The state of feeds, and questions for it, of a partition. Those that wait are committed together: a round of
    /// questions brings one from each partition.
    Feeds(StatePartition),
    /// One that cannot be read.
    Unreadable(HandoffPlace),
}

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
        let place = self.at.place;
        match &*self.content {
            Ok(HandoffMessage {
                step: HandoffStep::Feed(_) | HandoffStep::Ask(_) | HandoffStep::Answer(_), ..
            }) => Name::Feeds(place.partition),
            Ok(HandoffMessage { feed, key, .. }) => Name::Entry { feed: feed.id.clone(), key: key.clone() },
            Err(_) => Name::Unreadable(place),
        }
    }

    /// Returns what the scheduler must know once the message is consumed.
    pub(in crate::pipeline) fn sequel(&self) -> Option<Command> {
        match &(*self.content).as_ref().ok()?.step {
            HandoffStep::Feed(_) => Some(Command::Arrived((*self.content).as_ref().ok()?.feed.id.clone())),
            HandoffStep::Answer(answer) => Some(Command::Answered(answer.clone())),
            _ => None,
        }
    }
}

/// The messages of one name.
#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// How many of the first ones are being dealt with.
    busy: usize,
}

impl Queue {
    /// Takes the messages that can be dealt with now.
    fn next(&mut self, name: &Name) -> Vec<Message> {
        self.busy = if matches!(name, Name::Feeds(_)) { self.messages.len() } else { self.messages.len().min(1) };
        self.messages.iter().take(self.busy).cloned().collect()
    }
}

impl Intake {
    /// Runs until it is stopped, or the journal has no more messages.
    pub(in crate::pipeline) async fn run(self) {
        let mut waiting: HashMap<Name, Queue> = HashMap::new();
        let mut open: JoinSet<Name> = JoinSet::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                Some(ended) = open.join_next() => {
                    let Ok(name) = ended.inspect_err(|error| error!(%error, "intake task panicked")) else { continue };
                    let Some(queue) = waiting.get_mut(&name) else { continue };
                    queue.messages.drain(..queue.busy);
                    match queue.next(&name) {
                        next if next.is_empty() => drop(waiting.remove(&name)),
                        next => self.start(&mut open, name, next),
                    }
                }
                received = self.journal.receive() => match received {
                    Ok(received) => {
                        let message = Message::read(received);
                        let name = message.name();
                        let queue = waiting.entry(name.clone()).or_default();
                        // Its partition left and came back: the first receipt is still being dealt with.
                        if queue.messages.iter().any(|known| known.at.place == message.at.place) {
                            continue;
                        }
                        queue.messages.push_back(message);
                        if queue.busy == 0 {
                            let next = queue.next(&name);
                            self.start(&mut open, name, next);
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

    fn start(&self, open: &mut JoinSet<Name>, name: Name, messages: Vec<Message>) {
        let (intake, working) = (self.clone(), self.received.enter());
        open.spawn(async move {
            intake.until_committed(messages).await;
            drop(working);
            name
        });
    }

    /// Has messages dealt with in their order until the results are committed, or their site is no longer dealt with here:
    /// its next owner receives them again.
    async fn until_committed(&self, mut messages: Vec<Message>) {
        while messages.first().is_some_and(|message| self.routes.is_here(&message.at.site)) {
            // If the partition leaves and comes back meanwhile, none of them is accepted any more: not a later one
            // without an earlier one.
            let epoch = self.store.epoch();
            let mut sent = Vec::with_capacity(messages.len());
            for message in &messages {
                let (ack, committed) = CommitAck::counted(&self.upstream);
                if !self.send(message, epoch, ack).await {
                    return;
                }
                sent.push(committed);
            }
            let mut failed = Vec::new();
            for (message, committed) in messages.into_iter().zip(sent) {
                if committed.await.is_err() {
                    failed.push(message);
                } else if let Some(command) = message.sequel() {
                    // A scheduler that is stopping hears nothing more.
                    let _ = self.orders.send(command).await;
                }
            }
            messages = failed;
            let Some(first) = messages.first() else { return };
            debug!(site = %first.at.site, "handed over messages were not committed; trying again");
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN_AFTER) => {}
            }
        }
    }

    /// Passes a message on to the stages. Returns false if they have ended.
    async fn send(&self, message: &Message, epoch: u64, ack: CommitAck) -> bool {
        let (store, message) = (Arc::clone(&self.store), message.clone());
        let next = tokio::task::spawn_blocking(move || message.next(&store, epoch, &Trace::start(), ack)).await;
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
    pub(in crate::pipeline) fn next(&self, store: &StateStore, epoch: u64, trace: &Trace, ack: CommitAck) -> Next {
        let Self { at, content } = self.clone();
        let commit = |feed: FeedHandle, task, ack| {
            let (at, task) = (at.clone(), Box::new(task));
            Next::Commit(Box::new(Work::Received { feed: Arc::new(feed), at, task, epoch, trace: trace.clone(), ack }))
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
