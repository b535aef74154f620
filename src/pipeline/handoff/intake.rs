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
use crate::pipeline::message::{CommitAck, EntryWay, FeedHandle, PendingEntry, ReceivedAt, ReceivedTask, Trace, Work};
use crate::pipeline::upstream::Upstream;
use crate::record::{DeadLetter, Stage};
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
    pub upstream: Arc<Upstream>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

/// A message with its place, read.
#[derive(Clone)]
struct Message {
    at: ReceivedAt,
    content: Arc<Result<HandoffMessage, DeadLetter>>,
}

/// The feed and the key of an entry.
type Name = (String, String);

impl Message {
    fn read(received: Received) -> Self {
        let Received { place, handoff } = received;
        let site = Arc::from(handoff.site.as_str());
        let content = HandoffMessage::unpack(&handoff.value).map_err(|error| {
            error!(site = handoff.site, offset = place.offset, error, "handed over message cannot be read");
            let error = format!("a handed over message cannot be read: {error}");
            DeadLetter::new(Stage::Commit, &handoff.site, error, &handoff.value, chrono::Utc::now())
        });
        let hops = content.as_ref().map_or(0, |message| message.hops);
        Self { at: ReceivedAt { place, site, hops }, content: Arc::new(content) }
    }

    fn name(&self) -> Name {
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
            if !self.send(&message, ack).await || committed.await.is_ok() {
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
        let Message { at, content } = message.clone();
        let (feed, task) = match &*content {
            Ok(HandoffMessage { feed, step: HandoffStep::Entry(_), .. }) => (Arc::new(feed.handle()), None),
            Ok(message) => (Arc::new(message.feed.handle()), Some(ReceivedTask::Message(message.clone()))),
            Err(dead) => (Arc::new(bare(&at.site)), Some(ReceivedTask::Unreadable(dead.clone()))),
        };
        let trace = Trace::start();
        if let Some(task) = task {
            let work = Work::Received { feed, at, task: Box::new(task), trace, ack };
            return self.to_commit.send(work).await.is_ok();
        }
        let Ok(HandoffMessage { key: _, serial, step: HandoffStep::Entry(entry), .. }) = &*content else { return true };
        let key = (*content).as_ref().ok().and_then(HandoffMessage::entry_key).unwrap_or_default();
        let (store, id, site) = (Arc::clone(&self.store), feed.config.id.clone(), Arc::clone(&at.site));
        let read = tokio::task::spawn_blocking(move || (store.origin(&id, key, &site), store.learned(&id))).await;
        let (origin, learned) = read.unwrap_or_default();
        if origin.as_ref().is_some_and(|origin| origin.serial >= *serial) {
            let work = Work::Received { feed, at, task: Box::new(ReceivedTask::Nothing), trace, ack };
            return self.to_commit.send(work).await.is_ok();
        }
        let entry = (**entry).clone();
        // A later hop knows better than this one where the article is.
        let passed_on = origin.as_ref().and_then(|origin| origin.to.clone());
        let has_article = origin.as_ref().is_some_and(|origin| origin.article.is_some() && origin.to.is_none());
        let here = || has_article.then(|| at.site.to_string());
        let home = passed_on.or_else(here).or(entry.home);
        let pending = PendingEntry {
            trace: trace.story(&feed.config.id),
            feed,
            about: Arc::new(entry.about),
            entry: entry.entry,
            key,
            content_hash: 0,
            fingerprint: EntryFingerprint::default(),
            naming: entry.naming,
            article: entry.article,
            pages: entry.pages,
            way: EntryWay {
                serial: *serial,
                home: home.map(Arc::from),
                asked: entry.asked,
                is_read: entry.is_read,
                page: entry.page.map(super::HandedPage::fetched),
                received: Some(at),
            },
            learned,
            ack,
        };
        self.to_page.send(pending).await.is_ok()
    }
}

/// Returns a feed that is known by a name only.
fn bare(name: &str) -> FeedHandle {
    FeedHandle::new(crate::config::FeedConfig { id: name.to_owned(), ..crate::config::FeedConfig::default() })
}
