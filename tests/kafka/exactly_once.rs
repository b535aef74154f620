//! Checks that nothing is lost and nothing repeated when processes are killed at any time.
//!
//! `DATELINE_KILLS=50 cargo test --release --test kafka exactly_once -- --include-ignored` is the long run, with this many kills;
//! `DATELINE_TEST_SEED` repeats a run.

use std::time::{Duration, Instant};

use test_support::checker::check;
use test_support::daemon::Daemon;
use test_support::kafka;
use test_support::publisher::{Publisher, Request};
use test_support::random::Random;

use crate::{on_kafka, prefix};

const FEEDS: usize = 8;
const STORIES: usize = 6;

fn publisher() -> Publisher {
    Publisher::stocked(FEEDS, 2, Duration::from_millis(15), STORIES)
}

/// Commits all articles once, and a changed one as one new revision.
fn commits_once(daemon: &Daemon, publisher: &Publisher) {
    daemon.once();
    check(daemon, publisher);
    let before = daemon.tail("articles").len();
    assert_eq!(before, FEEDS * STORIES);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before, "a second run finds nothing new");
    let conditional = |requests: &[Request]| requests.iter().filter(|request| request.conditional).count();
    for (path, requests) in publisher.requests() {
        if path.ends_with("rss.xml") {
            let counts = (requests.len(), conditional(&requests));
            assert_eq!(counts, (2, 1), "{path}: one unconditional request in its life");
        } else {
            assert_eq!(requests.len(), 1, "{path}: a page is fetched once");
        }
    }
    publisher.change(3, 2);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before + 1, "a changed article is one new revision");
    check(daemon, publisher);
    let state = daemon.tail("feed-state");
    assert!(state.iter().any(|record| record["key"] == "council-3"));
}

#[test]
fn the_store_gets_every_article_and_every_change_once() {
    let publisher = publisher();
    commits_once(&Daemon::new(&publisher.feed_list(), ""), &publisher);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn kafka_gets_every_article_and_every_change_once() {
    let publisher = publisher();
    commits_once(&on_kafka(&publisher.feed_list(), &kafka::broker(3), &prefix()), &publisher);
}

#[test]
fn kills_lose_and_repeat_nothing_in_the_store() {
    let publisher = publisher();
    let daemon = Daemon::new(&publisher.feed_list(), "");
    kill_and_check(&daemon, &publisher, kills(12), 400);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn kills_lose_and_repeat_nothing_on_kafka() {
    let publisher = publisher();
    let daemon = on_kafka(&publisher.feed_list(), &kafka::broker(3), &prefix());
    kill_and_check(&daemon, &publisher, kills(8), 2_500);
}

/// With this quota, a transaction of all pending records would exceed its timeout.
#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_quota_slows_commits_and_nothing_is_lost_or_repeated() {
    /// Bytes a second that each of the three brokers takes.
    const QUOTA: usize = 6_000;
    let publisher = publisher();
    let cluster = kafka::broker(3);
    let prefix = prefix();
    let mut daemon = on_kafka(&publisher.feed_list(), &cluster, &prefix);
    daemon.env.push(("DATELINE__KAFKA__PROPERTIES__COMPRESSION_TYPE".into(), "none".into()));
    kafka::admin(&cluster.internal, &["quota", &format!("{prefix}-1"), &QUOTA.to_string()]);
    let started = Instant::now();
    daemon.once();
    let took = started.elapsed();
    let size = |topic: &str| daemon.tail(topic).iter().map(|record| record["value"].to_string().len()).sum::<usize>();
    let bytes: usize = ["articles", "entities", "quotes", "feed-state"].map(size).iter().sum();
    // No machine can be faster. Brokers average over eleven seconds, so the first half may come at once.
    let least = Duration::from_secs((bytes / (3 * QUOTA) / 2) as u64);
    assert!(took > least, "{bytes} bytes in {took:?}: the quota did not count");
    check(&daemon, &publisher);
}

/// Kills the daemon repeatedly while articles appear and change, lets it finish, and compares.
fn kill_and_check(daemon: &Daemon, publisher: &Publisher, kills: usize, within_ms: u64) {
    let mut random = Random::seeded("kills");
    let (mut landed, mut ended, mut window) = (0, 0, within_ms);
    while landed < kills {
        publisher.publish(random.below(FEEDS as u64) as usize);
        publisher.change(random.below(FEEDS as u64) as usize, random.below(STORIES as u64) as usize);
        let started = Instant::now();
        let mut running = daemon.start(&["--once"]);
        let moment = Duration::from_millis(1 + random.below(window));
        while started.elapsed() < moment && running.is_running() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !running.is_running() {
            // It finished before the kill: the next kill must come within the time that it took.
            window = (started.elapsed().as_millis() as u64).clamp(20, within_ms);
            ended += 1;
            assert!(ended < 20 * kills, "hardly a kill hits a running daemon: the test proves nothing");
            continue;
        }
        running.crash();
        landed += 1;
    }
    daemon.once();
    check(daemon, publisher);
    eprintln!("{kills} kills, {} stories: none lost, none repeated", publisher.stories().len());
}

fn kills(quick: usize) -> usize {
    std::env::var("DATELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(quick)
}
