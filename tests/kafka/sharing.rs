//! Several instances on a real Kafka: which may commit what, and what a successor reads. `docs/exactly-once.md` says why.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dateline::journal::kafka::{KafkaJournal, KafkaSettings, ensure_topics, partition};
use dateline::journal::{Batch, Change, Journal, JournalError, StateChange, StatePartition};
use dateline::record::Topic;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use test_support::kafka;
use test_support::wait::DEADLINE;

use crate::{client, commit_patiently, prefix, restored};

type StateEntry = (String, Vec<u8>);

const PARTITIONS: i32 = 4;

fn options(brokers: &str) -> KafkaSettings {
    let mut options = crate::options(brokers, &prefix());
    options.topics.partitions = PARTITIONS;
    options.kafka.transaction_timeout = Duration::from_secs(5);
    options.kafka.static_membership = false;
    options
}

fn named(options: &KafkaSettings, instance: &str) -> KafkaSettings {
    let mut options = options.clone();
    options.kafka.instance = instance.into();
    options
}

/// Returns a site of the partition.
fn site(wanted: StatePartition) -> String {
    (0..10_000)
        .map(|i| format!("site-{i}.example"))
        .find(|site| partition(site, PARTITIONS) == wanted)
        .expect("there is one")
}

/// Returns a batch with one state value for each partition.
fn marks(partitions: &BTreeSet<StatePartition>, value: &str) -> Vec<Batch> {
    let mark = |partition: &StatePartition| StateChange {
        key: format!("mark-{partition}"),
        value: Some(value.as_bytes().to_vec()),
        site: site(*partition),
    };
    partitions.iter().map(|partition| Batch { state: vec![mark(partition)], ..Batch::default() }).collect()
}

fn values(state: &[StateEntry]) -> BTreeSet<String> {
    state.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

/// Applies changes until it owns exactly this many partitions.
async fn until_it_owns(journal: &KafkaJournal, count: usize) {
    let deadline = Instant::now() + DEADLINE;
    while journal.owned().len() != count {
        let wait = deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(wait, journal.change()).await.expect("in time").expect("no fault") {
            Change::Revoked(partitions) => journal.release(&partitions).await.expect("released"),
            Change::Assigned(_) | Change::Lost(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_partition_that_one_instance_releases_continues_on_another() {
    let cluster = kafka::broker(1);
    // So long that nobody waits for its end.
    let mut options = options(&cluster.brokers);
    options.kafka.session_timeout = DEADLINE;
    let all: BTreeSet<StatePartition> = (0..PARTITIONS).collect();
    let first = Arc::new(KafkaJournal::new(options.clone()).expect("valid"));
    let kept = first.restore().await.expect("restored");
    assert_eq!(first.owned(), all);
    first.commit(&marks(&all, "by the first")).await.expect("committed");

    let second = Arc::new(KafkaJournal::new(named(&options, "2")).expect("valid"));
    let gained = tokio::spawn({
        let second = Arc::clone(&second);
        async move {
            let state = second.restore().await.expect("joined");
            until_it_owns(&second, 2).await;
            crate::values(&state)
        }
    });
    until_it_owns(&first, 2).await;
    let gained = gained.await.expect("no panic");
    assert_eq!((gained.len(), values(&gained)), (2, ["by the first".to_owned()].into()));
    assert_eq!(first.owned().union(&second.owned()).copied().collect::<BTreeSet<_>>(), all);
    assert!(first.owned().is_disjoint(&second.owned()));

    let theirs = marks(&second.owned(), "by the second");
    assert!(matches!(first.commit(&theirs).await, Err(JournalError::Disowned)));
    second.commit(&theirs).await.expect("its own");
    first.commit(&marks(&first.owned(), "again by the first")).await.expect("what it kept, in the new generation");

    // The second leaves cleanly: the first takes over everything, and does not wait for the end of the session.
    let started = Instant::now();
    second.close().await;
    until_it_owns(&first, 4).await;
    let back = values(&crate::values(&kept));
    assert_eq!(back, ["again by the first".to_owned(), "by the second".to_owned()].into());
    assert!(started.elapsed() < options.kafka.session_timeout / 2, "{:?}", started.elapsed());
    first.close().await;
}

/// A transaction that a dead instance left open: state at the broker, and perhaps the partition's offset too.
struct Dead {
    producer: BaseProducer,
    consumer: BaseConsumer,
    topic: String,
    /// When its transaction began.
    begun: Instant,
}

impl Dead {
    fn new(options: &KafkaSettings, timeout: Duration) -> Self {
        let producer: BaseProducer = client(&options.kafka.brokers)
            .set("transactional.id", options.transactional_id())
            .set("transaction.timeout.ms", timeout.as_millis().to_string())
            .create()
            .expect("valid settings");
        producer.init_transactions(Duration::from_secs(20)).expect("brokers answer");
        let consumer: BaseConsumer =
            client(&options.kafka.brokers).set("group.id", options.group()).create().expect("valid settings");
        Self { producer, consumer, topic: Topic::FeedState.name(&options.topics.prefix), begun: Instant::now() }
    }

    fn offsets(&self, lease: &str) -> TopicPartitionList {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(&self.topic, 1, Offset::Offset(0)).expect("valid");
        offsets.find_partition(&self.topic, 1).expect("added").set_metadata(lease);
        offsets
    }

    /// Makes it the partition's owner.
    fn holds(self, options: &KafkaSettings) -> Self {
        self.consumer.commit(&self.offsets(&options.transactional_id()), CommitMode::Sync).expect("committed");
        self
    }

    fn writes(mut self) -> Self {
        self.begun = Instant::now();
        self.producer.begin_transaction().expect("initialised");
        let record = BaseRecord::to(&self.topic).key("mark-1").payload("never committed").partition(1);
        self.producer.send(record).map_err(|(e, _)| e).expect("room");
        self.producer.flush(Duration::from_secs(10)).expect("delivered");
        self
    }

    /// Also adds its offset, as just before a commit.
    fn was_about_to_commit(self) -> Self {
        let generation = self.consumer.group_metadata().expect("a consumer");
        let offsets = self.offsets("");
        self.producer.send_offsets_to_transaction(&offsets, &generation, Duration::from_secs(10)).expect("taken");
        self
    }
}

/// Returns the state that a new instance restores, and when it had it.
async fn succeed(options: &KafkaSettings) -> (Vec<StateEntry>, Instant) {
    let journal = KafkaJournal::new(named(options, "2")).expect("valid");
    let state = restored(&journal).await.expect("restored");
    let done = Instant::now();
    journal.commit(&marks(&journal.owned(), "by the successor")).await.expect("committed");
    journal.close().await;
    (state, done)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_dead_owner_is_fenced_without_waiting() {
    let cluster = kafka::broker(1);
    for about_to_commit in [false, true] {
        let options = options(&cluster.brokers);
        ensure_topics(&options).await.expect("created");
        // Unless somebody ends the transaction, it stays open for this long.
        let timeout = Duration::from_secs(600);
        let dead = Dead::new(&options, timeout).holds(&options).writes();
        let dead = if about_to_commit { dead.was_about_to_commit() } else { dead };
        let (state, restored) = succeed(&options).await;
        assert!(state.is_empty() && restored < dead.begun + timeout / 2, "{state:?}");
        let late = dead.producer.commit_transaction(Duration::from_secs(10));
        assert!(late.is_err(), "a holder that was thought dead has committed behind its successor's back");
    }
}

/// A member of the group, alive until it is dropped, that does nothing but send heartbeats and release what is revoked.
struct Living {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Living {
    fn join(options: &KafkaSettings) -> Self {
        let consumer: BaseConsumer = client(&options.kafka.brokers)
            .set("group.id", options.group())
            .set("client.id", options.transactional_id())
            .set("partition.assignment.strategy", "cooperative-sticky")
            .create()
            .expect("valid settings");
        consumer.subscribe(&[&Topic::FeedState.name(&options.topics.prefix)]).expect("valid");
        let until = Instant::now() + DEADLINE;
        while consumer.assignment().expect("a consumer").count() == 0 {
            assert!(Instant::now() < until, "nothing was assigned");
            drop(consumer.poll(Duration::from_millis(100)));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                drop(consumer.poll(Duration::from_millis(100)));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn an_owner_that_is_alive_is_not_fenced_until_it_is_dead() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    ensure_topics(&options).await.expect("created");
    let other = named(&options, "2");
    let alive = tokio::task::spawn_blocking({
        let other = other.clone();
        move || Living::join(&other)
    });
    let alive = alive.await.expect("no panic");
    // Its leases stay when it gives partitions up, as if it had lost its session.
    let owner = Dead::new(&other, Duration::from_secs(60));
    let mut leases = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        leases.add_partition_offset(&owner.topic, partition, Offset::Offset(0)).expect("valid");
        leases.find_partition(&owner.topic, partition).expect("added").set_metadata(other.transactional_id());
    }
    let offsets: BaseConsumer =
        client(&options.kafka.brokers).set("group.id", options.group()).create().expect("valid settings");
    // Only a group without members takes offsets from others outside a transaction.
    owner.producer.begin_transaction().expect("initialised");
    let generation = offsets.group_metadata().expect("a consumer");
    owner.producer.send_offsets_to_transaction(&leases, &generation, Duration::from_secs(10)).expect("taken");
    owner.producer.commit_transaction(Duration::from_secs(10)).expect("committed");

    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    until_it_owns(&journal, 2).await;
    owner.producer.begin_transaction().expect("it was left alone");
    let record = BaseRecord::to(&owner.topic).key("mark").payload("of the living").partition(not_owned_by(&journal));
    owner.producer.send(record).map_err(|(e, _)| e).expect("room");
    owner.producer.commit_transaction(Duration::from_secs(10)).expect("it was left alone");

    owner.producer.begin_transaction().expect("its last one");
    let record = BaseRecord::to(&owner.topic).key("mark").payload("never committed").partition(not_owned_by(&journal));
    owner.producer.send(record).map_err(|(e, _)| e).expect("room");
    tokio::task::spawn_blocking(move || drop(alive)).await.expect("no panic");
    until_it_owns(&journal, 4).await;
    assert!(owner.begun.elapsed() < Duration::from_secs(50), "it was waited for");
    assert!(owner.producer.commit_transaction(Duration::from_secs(10)).is_err(), "it was not fenced");
    journal.close().await;
}

/// Returns a partition that the journal does not own.
fn not_owned_by(journal: &KafkaJournal) -> StatePartition {
    (0..PARTITIONS).find(|partition| !journal.owned().contains(partition)).expect("there is one")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_fenced_instance_continues_unless_another_took_over() {
    let cluster = kafka::broker(1);
    let mut options = options(&cluster.brokers);
    options.kafka.static_membership = true;
    let all: BTreeSet<StatePartition> = (0..PARTITIONS).collect();
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    let state = journal.restore().await.expect("restored");
    commit_patiently(&journal, &marks(&all, "before")).await.expect("committed");
    // As the brokers do after a transaction has timed out.
    drop(Dead::new(&options, Duration::from_secs(60)));
    commit_patiently(&journal, &marks(&all, "after")).await.expect("committed with a new producer");
    assert_eq!(values(&crate::values(&state)), ["after".to_owned()].into());

    let successor = Dead::new(&options, Duration::from_secs(60));
    successor.producer.begin_transaction().expect("initialised");
    let (lease, generation) = (successor.offsets("another"), successor.consumer.group_metadata().expect("a consumer"));
    successor.producer.send_offsets_to_transaction(&lease, &generation, Duration::from_secs(10)).expect("taken");
    successor.producer.commit_transaction(Duration::from_secs(10)).expect("committed");
    let refused = commit_patiently(&journal, &marks(&all, "too late")).await;
    assert!(matches!(refused, Err(JournalError::Reset(_))), "{refused:?}");
    assert_eq!(values(&restored(&journal).await.expect("restored")), ["after".to_owned()].into());
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_restore_waits_for_an_open_transaction_without_a_lease() {
    let cluster = kafka::broker(1);
    for about_to_commit in [false, true] {
        let options = options(&cluster.brokers);
        ensure_topics(&options).await.expect("created");
        let timeout = Duration::from_secs(4);
        let dead = Dead::new(&options, timeout).writes();
        let dead = if about_to_commit { dead.was_about_to_commit() } else { dead };
        let (state, restored) = succeed(&options).await;
        assert!(state.is_empty() && restored > dead.begun + timeout, "{state:?}");
        assert!(dead.producer.commit_transaction(Duration::from_secs(10)).is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn the_last_commit_is_restored_completely() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let all: BTreeSet<StatePartition> = (0..PARTITIONS).collect();
    for round in 0..5 {
        let journal = KafkaJournal::new(named(&options, &round.to_string())).expect("valid");
        let state = restored(&journal).await.expect("restored");
        if round > 0 {
            // The markers of the last transaction may not be written yet when its commit is answered.
            assert_eq!(values(&state), [format!("round {}", round - 1)].into());
            assert_eq!(state.len(), all.len());
        }
        journal.commit(&marks(&all, "before")).await.expect("committed");
        journal.commit(&marks(&all, &format!("round {round}"))).await.expect("committed");
        journal.close().await;
    }
}

/// Prints how long restoring the state of 10,000 feeds takes: `cargo test --release --test kafka measure --
/// --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure_restore() {
    let cluster = kafka::broker(3);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let value = "x".repeat(150);
    for feeds in (0..10_000).collect::<Vec<u32>>().chunks(100) {
        let batch = |feed: &u32| {
            let entry = |n: u32| StateChange {
                key: format!("feed-{feed}/e/{n}"),
                value: Some(value.clone().into_bytes()),
                site: format!("site-{feed}.example"),
            };
            Batch { state: (0..21).map(entry).collect(), ..Batch::default() }
        };
        journal.commit(&feeds.iter().map(batch).collect::<Vec<_>>()).await.expect("committed");
    }
    journal.close().await;
    // The instance of before has its local copy, another one has none.
    for (options, from) in [(options.clone(), "the local copy"), (named(&options, "2"), "the topic")] {
        let next = KafkaJournal::new(options).expect("valid");
        let started = Instant::now();
        let state = next.restore().await.expect("restored");
        let took = started.elapsed();
        let values = crate::values(&state).len();
        println!("{values} values of 10,000 feeds restored from {from} in {took:?}, joining the group included");
        next.close().await;
    }
}
