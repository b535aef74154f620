//! Growing on a real Kafka, through the library: what the new state topic holds, and who may commit to which.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dateline::journal::kafka::{
    GrowthPlan, KafkaJournal, KafkaReader, KafkaSettings, describe_topics, ensure_topics, grow, layout, partition,
};
use dateline::journal::{Batch, Journal, JournalError, Reader, StartOffset, StateChange};
use dateline::record::Topic;
use dateline::state::site;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use test_support::kafka;

use crate::{client, prefix};

const OLD: i32 = 3;

fn plan(partitions: i32) -> GrowthPlan {
    GrowthPlan {
        partitions,
        place: Box::new(site::place),
        hint: Box::new(site::place_of_article),
        listed: Box::new(|_| None),
    }
}

async fn grow_to(options: &KafkaSettings, plan: GrowthPlan) -> Result<(), JournalError> {
    grow(options, plan, Box::new(|step| eprintln!("{step}"))).await.map(drop)
}

fn change(key: &str, value: Option<&str>, site: &str) -> StateChange {
    StateChange { key: key.into(), value: value.map(|v| v.as_bytes().to_vec()), site: site.into() }
}

fn feed_value(site: &str) -> String {
    format!("{{\"url\":\"https://www.{site}/rss\",\"polled\":null,\"due\":\"2025-06-03T10:00:00Z\"}}")
}

/// Returns 40 feeds with their entries, each in a batch of its own; some entries are removed again.
fn feeds() -> Vec<Batch> {
    let of = |feed: usize| {
        let site = format!("site-{feed}.example");
        let entry = |n: usize| change(&format!("feed-{feed}/e/{n:032x}"), Some(&format!("{feed}-{n}")), &site);
        let mut state: Vec<StateChange> = (0..5).map(entry).collect();
        state.push(change(&format!("feed-{feed}"), Some(&feed_value(&site)), &site));
        state.push(change(&format!("feed-{feed}/e/{:032x}", 4), None, &site));
        state
    };
    (0..40).map(|feed| Batch { state: of(feed), ..Batch::default() }).collect()
}

fn sorted(mut state: Vec<(String, Vec<u8>)>) -> BTreeMap<String, String> {
    state.drain(..).map(|(key, value)| (key, String::from_utf8_lossy(&value).into_owned())).collect()
}

/// Returns the current state by partition.
async fn by_partition(options: &KafkaSettings) -> BTreeMap<(String, i32), String> {
    let mut reader = KafkaReader::open(options, Topic::FeedState, StartOffset::Earliest, false).expect("it is there");
    let mut all = BTreeMap::new();
    while let Some(stored) = reader.next().await.expect("brokers answer") {
        let value = String::from_utf8_lossy(&stored.value.unwrap_or_default()).into_owned();
        all.insert((stored.key, stored.partition), value);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn growing_carries_the_whole_state_over() {
    let cluster = kafka::broker(1);
    let options = crate::options(&cluster.brokers, &prefix());
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&feeds()).await.expect("committed");
    let orphan = "orphan.example";
    let more = vec![
        // A feed that was being polled for the first time: nothing says what its site is.
        change(&format!("orphan/e/{:032x}", 1), Some("seen"), orphan),
        change("/replay/all", Some("half"), "/replay/all"),
    ];
    journal.commit(&[Batch { state: more, ..Batch::default() }]).await.expect("committed");
    // A feed that moved to another partition, whose owner did not know the old one.
    let (here, there) = (
        "site-1.example",
        (2..1_000)
            .map(|n| format!("site-{n}.example"))
            .find(|site| partition(site, OLD) != partition("site-1.example", OLD))
            .unwrap(),
    );
    for (site, value) in [(here, "old"), (there.as_str(), "new")] {
        let state = vec![
            change("moved", Some(&feed_value(site)), site),
            change(&format!("moved/e/{:032x}", 1), Some(value), site),
        ];
        journal.commit(&[Batch { state, ..Batch::default() }]).await.expect("committed");
    }

    for (grown, (from, to)) in [(OLD, 7), (7, 14)].into_iter().enumerate() {
        let name = describe_topics(&options)
            .await
            .expect("topics")
            .iter()
            .find(|t| t.topic == Topic::FeedState)
            .unwrap()
            .name
            .clone();
        grow_to(&options, plan(to)).await.expect("grown");
        // The instance from before commits nothing more to the old topic.
        let late = [Batch { state: vec![change("late", Some("late"), here)], ..Batch::default() }];
        let until = Instant::now() + test_support::wait::DEADLINE;
        let refused = loop {
            // It may first find out that it was fenced.
            match journal.commit(&late).await {
                Err(JournalError::Retriable(_)) if Instant::now() < until => {}
                outcome => break outcome,
            }
        };
        assert!(matches!(refused, Err(JournalError::Reset(_))), "{refused:?}");
        let restored = sorted(crate::restored(&journal).await.expect("restored"));
        assert_eq!(journal.partition_count(), usize::try_from(to).expect("positive"));
        assert_eq!(journal.owned(), (0..to).collect::<BTreeSet<_>>());
        assert_eq!(restored.get("/replay/all").map(String::as_str), Some("half"));
        assert_eq!(restored.get(&format!("orphan/e/{:032x}", 1)).map(String::as_str), Some("seen"));
        assert_eq!(restored.get(&format!("moved/e/{:032x}", 1)).map(String::as_str), Some("new"));
        assert!(!restored.contains_key("late") || grown > 0);
        for feed in 0..40 {
            assert_eq!(restored.get(&format!("feed-{feed}")), Some(&feed_value(&format!("site-{feed}.example"))));
            for n in 0..4 {
                assert_eq!(
                    restored.get(&format!("feed-{feed}/e/{n:032x}")),
                    Some(&format!("{feed}-{n}")),
                    "{feed} {n}"
                );
            }
            assert!(!restored.contains_key(&format!("feed-{feed}/e/{:032x}", 4)));
        }
        let stored = by_partition(&options).await;
        for (key, at) in stored.keys() {
            if let Some(feed) = key.strip_prefix("feed-") {
                let feed = feed.split('/').next().unwrap();
                assert_eq!(*at, partition(&format!("site-{feed}.example"), to), "{key}");
            }
        }
        let orphans: Vec<i32> = stored.keys().filter(|(key, _)| key.starts_with("orphan")).map(|(_, at)| *at).collect();
        assert!(orphans.contains(&partition(orphan, to)), "{orphans:?}");
        // Versions that know no layouts refuse to start on the old topic.
        let admin: AdminClient<DefaultClientContext> = client(&cluster.brokers).create().expect("valid");
        let described =
            admin.describe_configs([&ResourceSpecifier::Topic(&name)], &AdminOptions::new()).await.expect("described");
        let policy =
            described[0].as_ref().expect("allowed").get("cleanup.policy").and_then(|entry| entry.value.clone());
        assert_eq!(policy.as_deref(), Some("compact,delete"), "{name} from {from}");
        // The records go to as many partitions.
        for topic in describe_topics(&options).await.expect("topics") {
            let is_grown = matches!(topic.topic, Topic::Articles | Topic::Entities | Topic::Quotes | Topic::FeedState);
            assert_eq!(topic.partitions, if is_grown { to } else { OLD }, "{}", topic.name);
        }
        // What is committed now is restored by others.
        journal.commit(&late).await.expect("committed to the new topic");
    }
    journal.close().await;
    let mut other = options.clone();
    other.kafka.instance = "2".into();
    let other = KafkaJournal::new(other).expect("valid");
    assert!(sorted(crate::restored(&other).await.expect("restored")).contains_key("late"));
    other.close().await;
    for (to, said) in [(14, "already"), (7, "cannot be removed")] {
        let refused = grow_to(&options, plan(to)).await.expect_err("nothing to grow");
        assert!(refused.to_string().contains(said), "{refused}");
    }
    assert_eq!(layout(&options).await.expect("readable").growth, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn messages_that_were_not_consumed_are_carried_over() {
    let cluster = kafka::broker(1);
    let options = crate::options(&cluster.brokers, &prefix());
    ensure_topics(&options).await.expect("created");
    let name = options.internal_topic("handoff");
    let producer: BaseProducer = client(&cluster.brokers).create().expect("valid");
    let sites: Vec<String> = (0..30).map(|n| format!("site-{n}.example")).collect();
    for site in &sites {
        let record = BaseRecord::to(&name).key(site).payload("a message").partition(partition(site, OLD));
        producer.send(record).map_err(|(error, _)| error).expect("room");
    }
    producer.flush(Duration::from_secs(10)).expect("delivered");
    // In partition 1, three of the first four messages were consumed.
    let position = r#"{"next":2,"done":[3]}"#;
    let state_topic = options.topic(Topic::FeedState);
    let state = BaseRecord::to(&state_topic).key("/handoff").payload(position).partition(1);
    producer.send(state).map_err(|(error, _)| error).expect("room");
    producer.flush(Duration::from_secs(10)).expect("delivered");
    let of_one = sites.iter().filter(|site| partition(site, OLD) == 1);
    let left: BTreeSet<&String> =
        sites.iter().filter(|site| ![0, 1, 3].iter().any(|n| of_one.clone().nth(*n) == Some(*site))).collect();

    grow_to(&options, plan(8)).await.expect("grown");
    let consumer: BaseConsumer = client(&cluster.brokers)
        .set("group.id", "none")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .create()
        .expect("valid");
    let mut all = TopicPartitionList::new();
    for partition in 0..8 {
        all.add_partition_offset(&format!("{name}.2"), partition, Offset::Beginning).expect("valid");
    }
    consumer.assign(&all).expect("assigned");
    let (mut carried, mut ended) = (Vec::new(), 0);
    let started = Instant::now();
    while ended < 8 {
        assert!(started.elapsed() < test_support::wait::DEADLINE);
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                use rdkafka::Message;
                let site = String::from_utf8_lossy(message.key().unwrap()).into_owned();
                assert_eq!(message.partition(), partition(&site, 8));
                carried.push(site);
            }
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            _ => {}
        }
    }
    assert_eq!(carried.len(), left.len());
    assert_eq!(carried.iter().collect::<BTreeSet<_>>(), left);
}

/// Prints how long growing takes with a million values: `cargo test --release --test kafka measure_growth -- --ignored
/// --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure_growth() {
    const FEEDS: usize = 50_000;
    let cluster = kafka::broker(3);
    let mut options = crate::options(&cluster.brokers, &prefix());
    options.topics.partitions = 6;
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let value = "x".repeat(150);
    for feeds in (0..FEEDS).collect::<Vec<_>>().chunks(500) {
        let batch = |feed: &usize| {
            let site = format!("site-{feed}.example");
            let mut state = vec![change(&format!("feed-{feed}"), Some(&feed_value(&site)), &site)];
            state.extend((0..19).map(|n| change(&format!("feed-{feed}/e/{n:032x}"), Some(&value), &site)));
            Batch { state, ..Batch::default() }
        };
        journal.commit(&feeds.iter().map(batch).collect::<Vec<_>>()).await.expect("committed");
    }
    let started = Instant::now();
    grow_to(&options, plan(24)).await.expect("grown");
    println!("{} values carried over to 24 partitions in {:?}", FEEDS * 20, started.elapsed());
    let _ = journal.commit(&[Batch { state: vec![change("a", Some("b"), "c")], ..Batch::default() }]).await;
    let started = Instant::now();
    let state = journal.restore().await.expect("restored");
    println!("{} values restored in {:?}; memory {}", crate::values(&state).len(), started.elapsed(), memory());
    journal.close().await;
}

/// Prints how long a transaction takes that touches every partition: `cargo test --release --test kafka measure_partitions --
/// --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure_partitions() {
    let cluster = kafka::broker(3);
    for partitions in [6, 12, 24, 48, 96] {
        let mut options = crate::options(&cluster.brokers, &prefix());
        options.topics.partitions = partitions;
        let journal = KafkaJournal::new(options.clone()).expect("valid");
        let before = memory();
        let started = Instant::now();
        journal.restore().await.expect("restored");
        let joined = started.elapsed();
        for articles in [1, 5, 20, 200, 2_000] {
            let mut took = Vec::new();
            for round in 0..12 {
                let group: Vec<Batch> = (0..articles).map(|n| story(round * articles + n)).collect();
                let started = Instant::now();
                journal.commit(&group).await.expect("committed");
                took.push(started.elapsed());
            }
            took.sort();
            println!(
                "{partitions} partitions, {articles} articles: p50 {:?}, max {:?}",
                took[took.len() / 2],
                took[took.len() - 1]
            );
        }
        println!("{partitions} partitions: joined in {joined:?}; memory {before} before, {} after", memory());
        journal.close().await;
    }
}

/// Returns an article with its entities, its quotation and its state.
fn story(n: usize) -> Batch {
    let id = format!("article-{n}");
    let record = |topic| dateline::journal::Record {
        topic,
        key: id.clone(),
        value: Some("x".repeat(1_000).into_bytes()),
        headers: Vec::new(),
        partition_by: id.clone(),
    };
    Batch {
        records: [Topic::Articles, Topic::Entities, Topic::Quotes].map(record).to_vec(),
        state: vec![change(&id, Some("seen"), &format!("site-{n}.example"))],
        ..Batch::default()
    }
}

/// Returns the memory of this process.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim().to_owned()
}
