use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::config::{FeedConfig, Settings};
use crate::journal::disk::MemoryState;
use crate::journal::{CommittedState, StatePartition};
use crate::pipeline::message::{AckReceiver, Acknowledged, FeedHandle};
use crate::pipeline::upstream::UpstreamWork;

/// A journal of four owned partitions that commits one group for each permit and keeps the keys of each group.
struct Gate {
    permits: Semaphore,
    /// Refuses this many attempts first.
    faults: Mutex<usize>,
    /// Refuses every group of more batches than this.
    most: usize,
    tried: Notify,
    groups: Mutex<Vec<Vec<String>>>,
}

impl Gate {
    fn new(faults: usize) -> Arc<Self> {
        Self::narrow(faults, usize::MAX)
    }

    fn narrow(faults: usize, most: usize) -> Arc<Self> {
        let (permits, faults) = (Semaphore::new(0), Mutex::new(faults));
        Arc::new(Self { permits, faults, most, tried: Notify::new(), groups: Mutex::default() })
    }
}

#[async_trait]
impl Journal for Gate {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        Ok(MemoryState::new().unwrap().committed())
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        self.tried.notify_one();
        self.permits.acquire().await.expect("open").forget();
        let mut faults = self.faults.lock().unwrap();
        if *faults > 0 {
            *faults -= 1;
            return Err(JournalError::Retriable("away".into()));
        }
        if group.len() > self.most {
            return Err(JournalError::Retriable("too slow".into()));
        }
        let keys = group.iter().flat_map(|batch| &batch.state).map(|change| change.key.clone());
        self.groups.lock().unwrap().push(keys.collect());
        Ok(())
    }

    fn max_value_bytes(&self) -> usize {
        1 << 20
    }

    /// Puts `1.example` in partition 1.
    fn partition(&self, site: &str) -> StatePartition {
        site[..1].parse().unwrap()
    }

    fn partition_count(&self) -> usize {
        4
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        (0..4).collect()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

struct Stage {
    store: Arc<StateStore>,
    work: mpsc::Sender<Work>,
    /// Work that never arrives, so that groups linger.
    open: Option<UpstreamWork>,
    ended: tokio::task::JoinHandle<Result<(), JournalError>>,
}

impl Stage {
    fn start(journal: &Arc<Gate>, settings: config::Commit) -> Self {
        let store = Arc::new(StateStore::new(MemoryState::new().unwrap().committed()));
        let (work, works) = mpsc::channel(16);
        let upstream = Arc::new(Upstream::default());
        let open = Some(upstream.enter());
        let committer = Committer {
            journal: Arc::clone(journal) as Arc<dyn Journal>,
            store: Arc::clone(&store),
            routes: Arc::new(Routes::new(Arc::clone(journal) as Arc<dyn Journal>)),
            settings: Live::new(Settings { commit: settings, ..Settings::default() }),
            clock: Clock::System,
            stats: Arc::default(),
            upstream,
            observer: Arc::new(|_| {}),
            abandon: CancellationToken::new(),
        };
        Self { store, work, open, ended: tokio::spawn(committer.run(works)) }
    }

    /// Sends something to commit: the end of a subscription that never existed.
    async fn send(&self, host: &str) -> AckReceiver {
        let (ack, receipt) = CommitAck::new();
        let config = FeedConfig { id: host.into(), url: format!("http://{host}/rss"), ..FeedConfig::default() };
        let work = Work::Subscription { feed: Arc::new(FeedHandle::new(config)), state: None, ack };
        self.work.send(work).await.expect("it runs");
        receipt
    }

    async fn end(self) -> Result<(), JournalError> {
        drop(self.work);
        self.ended.await.expect("no panic")
    }
}

fn at_once() -> config::Commit {
    config::Commit { linger: Duration::ZERO, ..config::Commit::default() }
}

fn key(host: &str) -> String {
    crate::state::Key::Subscription(host.into()).encode()
}

#[tokio::test(start_paused = true)]
async fn batches_made_before_a_partition_was_revoked_are_left_out() {
    let journal = Gate::new(1);
    let stage = Stage::start(&journal, at_once());
    let mut stays = stage.send("1.example").await;
    journal.tried.notified().await;
    journal.permits.add_permits(1);
    let (goes, comes) = (stage.send("2.example").await, stage.send("3.example").await);
    // While the group waits for its retry, its partition is revoked and assigned again, and the restored state makes
    // new work.
    tokio::time::sleep(RETRY.0 / 2).await;
    stage.store.forget(&BTreeSet::from([2]), |site| site[..1].parse().unwrap());
    let again = stage.send("2.example").await;
    journal.permits.add_permits(8);
    tokio::time::sleep(RETRY.1).await;
    assert_eq!(stays.try_recv(), Ok(Acknowledged::default()));
    assert!(goes.await.is_err(), "its poll hears that it was not committed");
    assert_eq!((comes.await, again.await), (Ok(Acknowledged::default()), Ok(Acknowledged::default())));
    assert!(stage.end().await.is_ok());
    let committed = journal.groups.lock().unwrap().concat();
    assert_eq!(committed, ["1.example", "3.example", "2.example"].map(key));
}

#[tokio::test(start_paused = true)]
async fn the_next_group_gathers_while_one_is_committed() {
    let journal = Gate::new(0);
    let stage = Stage::start(&journal, at_once());
    let first = stage.send("1.example").await;
    journal.tried.notified().await;
    for _ in 0..3 {
        stage.send("2.example").await;
    }
    tokio::time::sleep(RETRY.0).await;
    journal.permits.add_permits(2);
    assert!(first.await.is_ok());
    assert!(stage.end().await.is_ok());
    let sizes: Vec<usize> = journal.groups.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_full_group_takes_no_more_and_does_not_linger() {
    let journal = Gate::new(0);
    let hour = Duration::from_secs(3600);
    let stage = Stage::start(&journal, config::Commit { linger: hour, max_records: 2, ..config::Commit::default() });
    let begun = tokio::time::Instant::now();
    for _ in 0..5 {
        stage.send("1.example").await;
    }
    journal.permits.add_permits(3);
    assert!(stage.end().await.is_ok());
    assert!(begun.elapsed() < hour);
    let sizes: Vec<usize> = journal.groups.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_too_large_for_its_time_is_committed_in_parts() {
    let journal = Gate::narrow(0, 3);
    let stage = Stage::start(&journal, at_once());
    let first = stage.send("1.example").await;
    journal.tried.notified().await;
    let mut receipts = vec![first];
    for host in ["2.example", "3.example", "1.example", "2.example", "3.example", "1.example", "2.example", "3.example"]
    {
        receipts.push(stage.send(host).await);
    }
    tokio::time::sleep(RETRY.0).await;
    journal.permits.add_permits(100);
    assert!(stage.end().await.is_ok());
    for receipt in receipts {
        assert!(receipt.await.is_ok(), "each is committed");
    }
    let groups = journal.groups.lock().unwrap();
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    // Eight, then four were too many; the number doubles after each success.
    assert_eq!(sizes, [1, 2, 2, 2, 2]);
    let hosts = ["1.example", "2.example", "3.example"];
    assert!(groups.concat().iter().eq(hosts.iter().cycle().take(9).map(|host| key(host)).collect::<Vec<_>>().iter()));
}

#[tokio::test(start_paused = true)]
async fn a_group_lingers_unless_all_other_work_waits_for_it() {
    let journal = Gate::new(0);
    journal.permits.add_permits(10);
    let linger = Duration::from_secs(60);
    let mut stage = Stage::start(&journal, config::Commit { linger, ..config::Commit::default() });
    let begun = Instant::now();
    stage.send("1.example").await.await.expect("committed");
    assert_eq!(begun.elapsed(), linger, "other work is open");
    let (begun, receipt) = (Instant::now(), stage.send("2.example").await);
    stage.open = None;
    receipt.await.expect("committed");
    assert!(begun.elapsed() < linger / 2, "{:?}", begun.elapsed());
    stage.end().await.expect("all committed");
}
