//! The journal on a real Kafka: its guarantees for commits, restores, readers and failures.

use std::time::{Duration, Instant};

use dateline::journal::kafka::{
    KafkaJournal, KafkaReader, KafkaSettings, describe_topics, ensure_topics, partition, ping,
};
use dateline::journal::{Batch, Change, Journal, JournalError, Reader, Record, StartOffset, StateChange, Stored};
use dateline::options::SecretString;
use dateline::record::Topic;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use test_support::kafka;
use test_support::wait::{DEADLINE, wait_until_async};

use crate::{client, commit_patiently, prefix, restored};

fn options(brokers: &str) -> KafkaSettings {
    crate::options(brokers, &prefix())
}

fn record(topic: Topic, key: &str, value: Option<&str>, by: &str) -> Record {
    Record {
        topic,
        key: key.into(),
        value: value.map(|v| v.as_bytes().to_vec()),
        headers: vec![("content-type".into(), "application/json".into()), ("ce_id".into(), key.into())],
        partition_by: by.into(),
    }
}

fn state(key: &str, value: Option<&str>) -> StateChange {
    StateChange { key: key.into(), value: value.map(|v| v.as_bytes().to_vec()), site: "example.org".into() }
}

/// Returns an article with its entities, a quotation and the mark that it was seen.
fn story(id: &str) -> Batch {
    Batch {
        records: vec![
            record(Topic::Articles, id, Some("{\"text\":\"One.\"}"), id),
            record(Topic::Entities, id, Some("{}"), id),
            record(Topic::Quotes, &format!("{id}/q1"), Some("{}"), id),
            record(Topic::Quotes, &format!("{id}/q2"), None, id),
        ],
        state: vec![state(&format!("feed/{id}"), Some("seen"))],
        ..Batch::default()
    }
}

async fn read(options: &KafkaSettings, topic: Topic) -> Vec<Stored> {
    let mut reader = KafkaReader::open(options, topic, StartOffset::Earliest, false).expect("the topic is there");
    let mut all = Vec::new();
    while let Some(stored) = reader.next().await.expect("brokers answer") {
        all.push(stored);
    }
    all
}

/// Commits the group, after waiting for and applying whatever comes first. Returns true if it was already committed.
async fn commit_at_last(journal: &KafkaJournal, group: &[Batch], mark: &str) -> bool {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let outcome = match journal.commit(group).await {
            Ok(()) => return false,
            Err(error) if Instant::now() > deadline => panic!("{error:?}"),
            // The brokers were unreachable for longer than the session timeout.
            Err(JournalError::Disowned) => match journal.change().await {
                Ok(Change::Assigned(_)) => restored(journal).await,
                Ok(_) => continue,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        // The outcome is in doubt: the broker ended the transaction, or a call did not return.
        let outcome = match outcome {
            Err(JournalError::Reset(_)) => restored(journal).await,
            outcome => outcome,
        };
        let state = match outcome {
            Ok(state) => state,
            Err(JournalError::Retriable(_) | JournalError::Reset(_)) => continue,
            Err(error) => panic!("{error:?}"),
        };
        if state.iter().any(|(key, _)| key == mark) {
            return true;
        }
    }
}

async fn keys(options: &KafkaSettings, topic: Topic) -> Vec<String> {
    let mut keys: Vec<String> = read(options, topic).await.into_iter().map(|s| s.key).collect();
    keys.sort();
    keys
}

/// Leaves a transaction of `options`' transactional id open, with its record already at the broker.
fn leave_open(options: &KafkaSettings, key: &str, timeout_ms: u32) -> BaseProducer {
    let producer: BaseProducer = client(&options.kafka.brokers)
        .set("transactional.id", options.transactional_id())
        .set("transaction.timeout.ms", timeout_ms.to_string())
        .create()
        .expect("valid settings");
    producer.init_transactions(Duration::from_secs(20)).expect("brokers answer");
    producer.begin_transaction().expect("initialised");
    let topic = Topic::Articles.name(&options.topics.prefix);
    producer.send(BaseRecord::to(&topic).key(key).payload("{}").partition(0)).map_err(|(e, _)| e).expect("room");
    producer.flush(Duration::from_secs(10)).expect("delivered");
    producer
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn readers_see_exactly_what_was_committed() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    assert!(restored(&journal).await.expect("restored").is_empty());
    let ids: Vec<String> = (0..20).map(|i| format!("article-{i:02}")).collect();
    let stories: Vec<Batch> = ids.iter().map(|id| story(id)).collect();
    journal.commit(&stories[..7]).await.expect("committed");
    journal.commit(&stories[7..]).await.expect("committed");

    let articles = read(&options, Topic::Articles).await;
    let entities = read(&options, Topic::Entities).await;
    let quotes = read(&options, Topic::Quotes).await;
    assert_eq!((articles.len(), entities.len(), quotes.len()), (20, 20, 40));
    for id in &ids {
        let expected = partition(id, 3);
        let of = |all: &[Stored]| all.iter().filter(|s| s.key.starts_with(id)).cloned().collect::<Vec<_>>();
        let quotes = of(&quotes);
        assert!([of(&articles), of(&entities), quotes.clone()].iter().flatten().all(|s| s.partition == expected));
        assert_eq!(quotes[0].value.as_deref(), Some(b"{}".as_slice()));
        assert_eq!((quotes[1].key.clone(), quotes[1].value.clone()), (format!("{id}/q2"), None));
        assert!(quotes[0].offset < quotes[1].offset);
    }
    assert!(ids.iter().any(|id| partition(id, 3) == 0) && ids.iter().any(|id| partition(id, 3) == 2));
    let first = &articles[0];
    assert_eq!(first.topic, Topic::Articles.name(&options.topics.prefix));
    assert_eq!(first.value.as_deref(), Some(b"{\"text\":\"One.\"}".as_slice()));
    assert_eq!(first.headers[1], ("ce_id".to_owned(), first.key.clone()));
    assert!((chrono::Utc::now() - first.time).num_seconds().abs() < 120);
    for partition in 0..3 {
        let order: Vec<&String> = articles.iter().filter(|s| s.partition == partition).map(|s| &s.key).collect();
        assert!(order.is_sorted(), "{order:?}");
    }
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn restored_state_omits_removed_keys() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let changes = |state| vec![Batch { state, ..Batch::default() }];
    journal
        .commit(&changes(vec![state("a", Some("1")), state("b", Some("1")), state("c", Some("1"))]))
        .await
        .expect("ok");
    journal.commit(&changes(vec![state("a", Some("2")), state("b", None)])).await.expect("committed");
    let expected = [("a".to_owned(), b"2".to_vec()), ("c".to_owned(), b"1".to_vec())];
    assert_eq!(restored(&journal).await.expect("restored"), expected);
    // And after a restart of the daemon, which continues to commit.
    let next = KafkaJournal::new(options.clone()).expect("valid");
    assert_eq!(restored(&next).await.expect("restored"), expected);
    next.commit(&changes(vec![state("c", None)])).await.expect("committed");
    assert_eq!(restored(&next).await.expect("restored"), expected[..1]);
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_failed_group_is_never_visible_and_the_next_one_is() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let mut bad = story("bad");
    let large = "x".repeat(2_000_000);
    bad.records.push(record(Topic::Articles, "bad-large", Some(&large), "bad"));
    let error = journal.commit(&[story("first"), bad]).await.expect_err("the record is larger than a message may be");
    assert!(matches!(error, JournalError::Fatal(_)), "{error:?}");
    assert_eq!(restored(&journal).await.expect("restored"), []);
    journal.commit(&[story("second")]).await.expect("committed");
    assert_eq!(keys(&options, Topic::Articles).await, ["second"]);
    assert_eq!(restored(&journal).await.expect("restored").len(), 1);
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn the_largest_allowed_value_is_accepted() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    // Nearly random, so compression cannot help.
    let noise: String =
        (0..journal.max_value_bytes() / 32).map(|_| uuid::Uuid::new_v4().simple().to_string()).collect();
    let batch = Batch { records: vec![record(Topic::Articles, "large", Some(&noise), "large")], ..Batch::default() };
    journal.commit(&[batch.clone(), batch]).await.expect("committed");
    assert_eq!(read(&options, Topic::Articles).await[1].value.as_deref(), Some(noise.as_bytes()));
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_second_instance_of_the_same_name_fences_the_first() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let first = KafkaJournal::new(options.clone()).expect("valid");
    first.restore().await.expect("restored");
    first.commit(&[story("one")]).await.expect("committed");
    let second = KafkaJournal::new(options.clone()).expect("valid");
    assert_eq!(restored(&second).await.expect("restored").len(), 1);
    // Whether its producer or its member learns of it first.
    for _ in 0..2 {
        let error = first.commit(&[story("two")]).await.expect_err("it was fenced");
        assert!(!matches!(error, JournalError::Fatal(_)), "{error:?}");
    }
    let error = loop {
        match tokio::time::timeout(DEADLINE, first.change()).await.expect("in time") {
            Ok(change) => assert!(matches!(change, Change::Lost(_)), "{change:?}"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, JournalError::Fatal(reason) if reason.to_string().contains("another instance")),
        "{error:?}"
    );
    // The first may have fenced its producer before it learned of the second.
    commit_patiently(&second, &[story("three")]).await.expect("committed");
    assert_eq!(keys(&options, Topic::Articles).await, ["one", "three"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_stale_join_does_not_end_an_instance() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&[story("one")]).await.expect("committed");
    let all = journal.owned();
    // The requests of an earlier process are recognised by the end of their session, those of this process at once.
    for (is_own, article) in [(false, "two"), (true, "three")] {
        let lost = take_place(&options, &journal, is_own).await;
        let until = Instant::now() + DEADLINE;
        while journal.owned() != all {
            let wait = until.saturating_duration_since(Instant::now());
            tokio::time::timeout(wait, journal.change()).await.expect("in time").expect("it joins again");
        }
        assert_eq!(lost.elapsed() < options.kafka.session_timeout / 2, is_own, "{:?}", lost.elapsed());
        journal.commit(&[story(article)]).await.expect("committed");
    }
    assert_eq!(keys(&options, Topic::Articles).await, ["one", "three", "two"]);
}

/// Simulates a join request that arrives when its sender, or an earlier process of its name, has long rejoined: it takes the
/// place, and nobody sends heartbeats. Returns when the journal had noticed.
async fn take_place(options: &KafkaSettings, journal: &KafkaJournal, is_own: bool) -> Instant {
    let group = options.group();
    let watcher: BaseConsumer =
        client(&options.kafka.brokers).set("group.id", &group).create().expect("valid settings");
    let listed = watcher.fetch_group_list(Some(&group), DEADLINE).expect("brokers answer");
    // A subscription ends with the rack, as which a process introduces itself.
    let joined = listed.groups()[0].members()[0].metadata().expect("the group is stable").to_owned();
    let own = String::from_utf8_lossy(&joined[joined.len() - 32..]).into_owned();
    let echo: BaseConsumer = client(&options.kafka.brokers)
        .set("group.id", &group)
        .set("client.rack", if is_own { &own } else { "earlier" })
        .set("group.instance.id", options.transactional_id())
        .set("session.timeout.ms", "6000")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .create()
        .expect("valid settings");
    echo.subscribe(&[&Topic::FeedState.name(&options.topics.prefix)]).expect("valid");
    let until = Instant::now() + DEADLINE;
    loop {
        tokio::task::block_in_place(|| drop(echo.poll(Duration::from_millis(100))));
        if let Ok(change) = tokio::time::timeout(Duration::from_millis(10), journal.change()).await {
            assert!(matches!(change, Ok(Change::Lost(_))), "{change:?}");
            return Instant::now();
        }
        assert!(Instant::now() < until, "the stale join was not noticed");
    }
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn commits_wait_for_a_full_queue() {
    let cluster = kafka::broker(1);
    let mut options = options(&cluster.brokers);
    options.kafka.properties.insert("queue.buffering.max.messages".into(), SecretString("20".into()));
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let ids: Vec<String> = (0..300).map(|i| format!("article-{i:03}")).collect();
    journal.commit(&ids.iter().map(|id| story(id)).collect::<Vec<_>>()).await.expect("committed");
    assert_eq!(keys(&options, Topic::Articles).await, ids);
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_restore_ends_the_open_transaction_of_a_dead_instance() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    ensure_topics(&options).await.expect("created");
    // Stays open for ten minutes unless somebody ends it.
    let abandoned = leave_open(&options, "left", 600_000);
    let started = Instant::now();
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&[story("next")]).await.expect("committed");
    assert_eq!(keys(&options, Topic::Articles).await, ["next"]);
    assert!(started.elapsed() < Duration::from_secs(300), "the open transaction was waited for");
    drop(abandoned);
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn an_abandoned_commit_requires_a_restore() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let group = [story("one")];
    let dropped = tokio::time::timeout(Duration::ZERO, journal.commit(&group)).await;
    assert!(dropped.is_err());
    assert!(matches!(journal.commit(&[story("two")]).await, Err(JournalError::Reset(_))));
    // Whatever the outcome, state and records agree.
    let seen = restored(&journal).await.expect("restored").len();
    assert_eq!(read(&options, Topic::Articles).await.len(), seen);
    journal.commit(&[story("two")]).await.expect("committed");
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_following_reader_sees_later_commits() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&[story("before")]).await.expect("committed");
    let mut ended = KafkaReader::open(&options, Topic::Articles, StartOffset::Latest, false).expect("there");
    assert_eq!(ended.next().await.expect("read"), None);
    let mut reader = KafkaReader::open(&options, Topic::Articles, StartOffset::Latest, true).expect("there");
    journal.commit(&[story("after")]).await.expect("committed");
    let next = tokio::time::timeout(DEADLINE, reader.next()).await.expect("in time").expect("read");
    assert_eq!(next.expect("no end").key, "after");
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn topics_are_created_once_with_the_right_settings() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    assert_eq!(describe_topics(&options).await.expect("described"), []);
    let missing = KafkaReader::open(&options, Topic::Articles, StartOffset::Earliest, false);
    assert!(matches!(missing, Err(JournalError::Fatal(_))));
    // Two calls at once, as from two instances.
    let (one, two) = tokio::join!(ensure_topics(&options), ensure_topics(&options));
    // The topics of the layout, of handed over entries and of sketches too.
    assert_eq!(one.expect("created").len() + two.expect("created").len(), Topic::ALL.len() + 3);
    assert!(ensure_topics(&options).await.expect("there").is_empty());
    let topics = describe_topics(&options).await.expect("described");
    assert_eq!(topics.len(), Topic::ALL.len());
    for topic in topics {
        assert_eq!(topic.partitions, 3);
        assert_eq!(topic.cleanup_policy, if topic.topic == Topic::FeedState { "compact" } else { "delete" });
    }
    assert_eq!(ping(&options).await.expect("there"), cluster.brokers.split(',').count());
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_state_topic_without_compaction_is_refused() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let admin: AdminClient<DefaultClientContext> = client(&options.kafka.brokers).create().expect("valid settings");
    let name = Topic::FeedState.name(&options.topics.prefix);
    let topic = NewTopic::new(&name, 3, TopicReplication::Fixed(1)).set("cleanup.policy", "delete");
    admin.create_topics([&topic], &AdminOptions::new()).await.expect("created")[0].as_ref().expect("created");
    let refused = KafkaJournal::new(options).expect("valid").restore().await;
    assert!(matches!(&refused, Err(JournalError::Fatal(reason)) if reason.to_string().contains(&name)), "{refused:?}");
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_deleted_topic_is_recreated_except_the_state() {
    let cluster = kafka::broker(1);
    let mut options = options(&cluster.brokers);
    options.kafka.transaction_timeout = Duration::from_secs(4);
    let admin: AdminClient<DefaultClientContext> = client(&options.kafka.brokers).create().expect("valid settings");
    let delete = async |topic: Topic| {
        let name = topic.name(&options.topics.prefix);
        admin.delete_topics(&[&name], &AdminOptions::new()).await.expect("deleted")[0].as_ref().expect("deleted");
    };
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&[story("one")]).await.expect("committed");
    delete(Topic::Quotes).await;
    assert!(!commit_at_last(&journal, &[story("two")], "feed/two").await);
    assert_eq!(keys(&options, Topic::Articles).await, ["one", "two"]);
    assert_eq!(keys(&options, Topic::Quotes).await, ["two/q1", "two/q2"]);
    delete(Topic::FeedState).await;
    let deadline = Instant::now() + DEADLINE;
    let refused = loop {
        match journal.commit(&[story("three")]).await {
            Err(JournalError::Reset(_)) => break journal.restore().await,
            // Brokers delete it asynchronously.
            Ok(()) | Err(JournalError::Retriable(_)) if Instant::now() < deadline => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(
        matches!(&refused, Err(JournalError::Fatal(reason)) if reason.to_string().contains("was deleted")),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn the_message_limit_of_a_topic_bounds_the_values() {
    let cluster = kafka::broker(1);
    let options = options(&cluster.brokers);
    let admin: AdminClient<DefaultClientContext> = client(&options.kafka.brokers).create().expect("valid settings");
    let name = Topic::Articles.name(&options.topics.prefix);
    let topic = NewTopic::new(&name, 3, TopicReplication::Fixed(1)).set("max.message.bytes", "50000");
    admin.create_topics([&topic], &AdminOptions::new()).await.expect("created")[0].as_ref().expect("created");
    let journal = KafkaJournal::new(options).expect("valid");
    journal.restore().await.expect("restored");
    assert_eq!(journal.max_value_bytes(), 45_000);
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_group_refused_during_an_outage_is_committed_after_it() {
    let cluster = kafka::own(1);
    let mut options = options(&cluster.brokers);
    options.kafka.transaction_timeout = Duration::from_secs(4);
    // Longer than the brokers are unreachable, so the partitions stay.
    options.kafka.session_timeout = Duration::from_secs(60);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    journal.commit(&[story("one")]).await.expect("committed");
    cluster.kill(1);
    let error = journal.commit(&[story("two")]).await.expect_err("no broker is there");
    assert!(matches!(error, JournalError::Retriable(_)), "{error:?}");
    let again = journal.commit(&[story("two")]).await.expect_err("no broker is there");
    assert!(matches!(again, JournalError::Retriable(_)), "{again:?}");
    let unreachable = KafkaJournal::new(options.clone()).expect("valid");
    assert!(matches!(unreachable.restore().await, Err(JournalError::Retriable(_))));
    cluster.restart(1);
    assert!(!commit_at_last(&journal, &[story("two")], "feed/two").await, "it was refused before");
    // A broker reports a transaction as committed before readers can read past its end.
    wait_until_async("two articles", async || keys(&options, Topic::Articles).await.len() >= 2).await;
    assert_eq!(keys(&options, Topic::Articles).await, ["one", "two"]);
    cluster.stop();
}

#[tokio::test]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn three_nodes_continue_without_one() {
    let cluster = kafka::own(3);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    assert!(describe_topics(&options).await.expect("described").iter().all(|t| t.replication == 3));
    let mut committed = Vec::new();
    for i in 0..10 {
        if i == 3 {
            cluster.kill(1);
        }
        if i == 7 {
            cluster.restart(1);
            cluster.kill(2);
        }
        let id = format!("article-{i}");
        commit_at_last(&journal, &[story(&id)], &format!("feed/{id}")).await;
        committed.push(id);
    }
    assert_eq!(keys(&options, Topic::Articles).await, committed);
    assert_eq!(restored(&journal).await.expect("restored").len(), committed.len());
    cluster.stop();
}

/// Prints how long commits of groups take: `cargo test --test kafka measure -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn measure_groups() {
    for nodes in [1, 3] {
        let cluster = kafka::broker(nodes);
        let options = options(&cluster.brokers);
        let journal = KafkaJournal::new(options.clone()).expect("valid");
        let started = Instant::now();
        journal.restore().await.expect("restored");
        println!("{nodes} nodes: first restore, topics created: {:?}", started.elapsed());
        let body = format!("{{\"text\":\"{}\"}}", "Four words of news. ".repeat(150));
        let mut records = 0;
        for (stories, groups) in [(1, 100), (25, 60), (500, 20)] {
            let mut times = Vec::new();
            for group in 0..groups {
                let batches: Vec<Batch> = (0..stories)
                    .map(|i| {
                        let mut story = story(&format!("{stories}-{group}-{i}"));
                        story.records[0].value = Some(body.clone().into_bytes());
                        story
                    })
                    .collect();
                let started = Instant::now();
                journal.commit(&batches).await.expect("committed");
                times.push(started.elapsed());
                records += stories * 5;
            }
            times.sort();
            let total: Duration = times.iter().sum();
            let rate = f64::from(stories * 5 * groups) / total.as_secs_f64();
            let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
            println!("{nodes} nodes: groups of {stories} stories: median {median:?}, p99 {p99:?}, {rate:.0} records/s");
        }
        let started = Instant::now();
        let entries = restored(&journal).await.expect("restored").len();
        println!("{nodes} nodes: restore of {entries} entries: {:?}", started.elapsed());
        let started = Instant::now();
        let read = read(&options, Topic::Articles).await.len();
        println!("{nodes} nodes: {read} articles read (of {records} records): {:?}", started.elapsed());
    }
}

/// Prints the commit rate of groups compared with a plain producer sending the same records:
/// `cargo test --release --test kafka measure -- --ignored --nocapture`; `DATELINE_GROUP` sets the records per group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure_throughput() {
    let cluster = kafka::broker(3);
    let options = options(&cluster.brokers);
    let journal = KafkaJournal::new(options.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let words = ["council", "harbour", "budget", "minister", "library", "school", "river", "market"];
    let body = |seed: usize| -> String {
        (0..280).map(|i| words[(seed * 31 + i * i * 7 + i / 3) % words.len()]).collect::<Vec<_>>().join(" ")
    };
    let group = |from: usize, stories: usize| -> Vec<Batch> {
        let one = |n: usize| {
            let mut story = story(&format!("article-{n}"));
            story.records.iter_mut().filter(|r| r.value.is_some()).for_each(|r| r.value = Some(body(n).into_bytes()));
            story
        };
        (from..from + stories).map(one).collect()
    };
    let settings = dateline::config::Settings::default().commit;
    let records = std::env::var("DATELINE_GROUP").ok().and_then(|records| records.parse().ok());
    let stories = records.unwrap_or(settings.max_records) / 5;
    for round in 0..4 {
        let groups: Vec<Vec<Batch>> = (0..20).map(|g| group((round * 20 + g) * stories, stories)).collect();
        let started = Instant::now();
        for group in &groups {
            journal.commit(group).await.expect("committed");
        }
        let committed = started.elapsed();
        let plain: rdkafka::producer::ThreadedProducer<rdkafka::producer::DefaultProducerContext> =
            client(&options.kafka.brokers)
                .set("compression.type", "lz4")
                .set("linger.ms", "2")
                .set("acks", "all")
                .create()
                .expect("valid settings");
        let topic = |topic: Topic| topic.name(&options.topics.prefix);
        plain.client().fetch_metadata(Some(&topic(Topic::Articles)), Duration::from_secs(10)).expect("there");
        let started = Instant::now();
        let mut sent = 0;
        for batch in groups.iter().flatten() {
            let records = batch
                .records
                .iter()
                .map(|r| (topic(r.topic), r.key.as_str(), r.value.as_deref(), r.partition_by.as_str(), &r.headers[..]));
            let state = batch
                .state
                .iter()
                .map(|s| (topic(Topic::FeedState), s.key.as_str(), s.value.as_deref(), s.site.as_str(), &[][..]));
            for (topic, key, value, by, headers) in records.chain(state) {
                let mut record = BaseRecord::to(&topic).key(key).partition(partition(by, 3));
                record.payload = value;
                let add =
                    |all: OwnedHeaders, (key, value): &(String, String)| all.insert(Header { key, value: Some(value) });
                record.headers = Some(headers.iter().fold(OwnedHeaders::new(), add));
                while let Err((_, back)) = plain.send(record) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    record = back;
                }
                sent += 1;
            }
        }
        plain.flush(Duration::from_secs(60)).expect("delivered");
        let produced = started.elapsed();
        let rate = |time: Duration| f64::from(sent) / time.as_secs_f64();
        println!(
            "{sent} records in groups of {}: committed {:.0} records/s, plain producer {:.0} records/s: {:.0} %",
            stories * 5,
            rate(committed),
            rate(produced),
            100.0 * produced.as_secs_f64() / committed.as_secs_f64()
        );
    }
    journal.close().await;
}
