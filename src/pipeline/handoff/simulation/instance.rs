//! An instance of the cluster, and what is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::PARTITIONS;
use crate::journal::disk::MemoryState;
use crate::journal::kafka::partition;
use crate::journal::{Batch, CommittedState, Handoff, HandoffPlace, Journal, JournalError, StatePartition};
use crate::pipeline::handoff::{Rounds, Routes};
use crate::pipeline::message::{AckReceiver, CommitAck, FeedHandle, Work};
use crate::pipeline::scheduler::Command;
use crate::record::Article;
use crate::state::store::StateStore;

/// Says which partitions an instance owns.
#[derive(Default)]
pub(super) struct Owner(pub(super) Mutex<BTreeSet<StatePartition>>);

#[async_trait]
impl Journal for Owner {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        unreachable!("the simulation restores by itself")
    }

    async fn commit(&self, _: &[Batch]) -> Result<(), JournalError> {
        unreachable!("the simulation commits by itself")
    }

    fn max_value_bytes(&self) -> usize {
        1 << 20
    }

    fn partition(&self, site: &str) -> StatePartition {
        partition(site, PARTITIONS)
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        self.0.lock().unwrap().clone()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// What is committed: the state topic, the messages, and the articles.
#[derive(Default)]
pub(super) struct Log {
    pub(super) state: BTreeMap<StatePartition, BTreeMap<String, Vec<u8>>>,
    pub(super) messages: BTreeMap<StatePartition, Vec<Handoff>>,
    pub(super) consumed: BTreeSet<HandoffPlace>,
    pub(super) articles: Vec<Article>,
    /// The feeds that were polled as new ones.
    pub(super) born: BTreeSet<String>,
}

/// A poll in progress.
pub(super) struct Poll {
    pub(super) feed: Arc<FeedHandle>,
    pub(super) acks: Vec<AckReceiver>,
    pub(super) state: crate::state::FeedState,
}

/// An instance: what it has in memory.
pub(super) struct Instance {
    pub(super) owner: Arc<Owner>,
    pub(super) disk: MemoryState,
    pub(super) store: Arc<StateStore>,
    pub(super) routes: Routes,
    pub(super) polls: Vec<Poll>,
    /// What is analysed and not in a group yet.
    pub(super) works: Vec<Work>,
    /// The group that is not committed yet.
    pub(super) group: Vec<Batch>,
    pub(super) acks: Vec<CommitAck>,
    /// The messages that are being dealt with, with what the scheduler must know then.
    pub(super) open: HashMap<HandoffPlace, (AckReceiver, Option<Command>)>,
    /// The number of the feed list that it has read.
    pub(super) list: usize,
    /// The number of the rules that it has.
    pub(super) filter: usize,
    /// The polls whose end is not committed yet.
    pub(super) ending: Vec<(Arc<FeedHandle>, AckReceiver)>,
    /// The questions that are not answered yet.
    pub(super) rounds: Rounds,
}

impl Instance {
    pub(super) fn is_polling(&self, feed: &str) -> bool {
        self.polls.iter().map(|poll| &poll.feed).chain(self.ending.iter().map(|(feed, _)| feed)).any(|of| of.id == feed)
    }

    pub(super) fn new(owned: &BTreeSet<StatePartition>, log: &Log) -> Self {
        let owner = Arc::new(Owner(Mutex::new(owned.clone())));
        let disk = MemoryState::new().unwrap();
        disk.committed().remove(&[0].into());
        for partition in owned {
            copy(&disk, *partition, log);
        }
        disk.committed().add(owned);
        let store = Arc::new(StateStore::new(disk.committed()));
        let routes = Routes::new(Arc::clone(&owner) as Arc<dyn Journal>);
        let (polls, works, group, acks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (open, ending, rounds) = (HashMap::new(), Vec::new(), Rounds::default());
        Self { owner, disk, store, routes, polls, works, group, acks, open, list: 0, filter: 0, ending, rounds }
    }
}

pub(super) fn copy(disk: &MemoryState, partition: StatePartition, log: &Log) {
    disk.forget(partition);
    for (key, value) in log.state.get(&partition).into_iter().flatten() {
        disk.write_in(partition, key, Some(value)).unwrap();
    }
}
