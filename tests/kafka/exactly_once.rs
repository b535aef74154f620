//! Checks that nothing is lost and nothing repeated when processes are killed at any time.
//!
//! `DATELINE_KILLS` sets the number of kills (50 for the long run: `DATELINE_KILLS=50 cargo test --release --test kafka exactly_once`);
//! `DATELINE_TEST_SEED` repeats a run.

use std::time::{Duration, Instant};

use test_support::checker::check;
use test_support::daemon::Daemon;
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::random::Random;

const FEEDS: usize = 8;
const STORIES: usize = 6;

fn publisher() -> Publisher {
    Publisher::stocked(FEEDS, 2, Duration::from_millis(15), STORIES)
}

#[test]
fn a_story_is_committed_once_and_a_change_is_one_revision() {
    let publisher = publisher();
    let daemon = Daemon::new(&publisher.feed_list(), "");
    daemon.once();
    check(&daemon, &publisher);
    let before = daemon.tail("articles").len();
    assert_eq!(before, FEEDS * STORIES);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before, "a second run finds nothing new");
    let conditional = |requests: &[test_support::publisher::Request]| requests.iter().filter(|r| r.conditional).count();
    for (path, requests) in publisher.requests() {
        if path.ends_with("rss.xml") {
            assert_eq!(
                (requests.len(), conditional(&requests)),
                (2, 1),
                "{path}: one unconditional request in its life"
            );
        } else {
            assert_eq!(requests.len(), 1, "{path}: a page is fetched once");
        }
    }
    publisher.change(3, 2);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before + 1);
    check(&daemon, &publisher);
    let state = daemon.tail("feed-state");
    assert!(state.iter().any(|record| record["key"] == "council-3"));
}

#[test]
fn killed_at_random_moments_nothing_is_lost_and_nothing_repeated() {
    let publisher = publisher();
    let daemon = Daemon::new(&publisher.feed_list(), "");
    kill_and_check(&daemon, &publisher, kills(12), 400);
}

/// Returns the daemon on a real three-node Kafka, with a separate prefix.
fn on_kafka(publisher: &Publisher) -> Option<Daemon> {
    let cluster = kafka::broker(3)?;
    Some(with_prefix(&prefix(), publisher, &cluster))
}

fn prefix() -> String {
    format!("test-{:016x}", Random::seeded("prefix").next())
}

fn with_prefix(prefix: &str, publisher: &Publisher, cluster: &kafka::Cluster) -> Daemon {
    let settings =
        format!("[topics]\nprefix = \"{prefix}\"\npartitions = 3\n\n[kafka]\nbrokers = \"{}\"\n", cluster.brokers);
    Daemon::new(&publisher.feed_list(), &settings)
}

#[test]
fn a_real_kafka_gets_every_story_once_and_keeps_the_state() {
    let publisher = publisher();
    let Some(daemon) = on_kafka(&publisher) else { return };
    daemon.once();
    check(&daemon, &publisher);
    let before = daemon.tail("articles").len();
    assert_eq!(before, FEEDS * STORIES);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before, "a second run finds nothing new");
    publisher.change(3, 2);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), before + 1, "a changed story is one new revision");
    check(&daemon, &publisher);
}

/// With this quota, a transaction of all pending records would exceed its timeout.
#[test]
fn a_quota_slows_it_down_and_nothing_is_lost_or_repeated() {
    let publisher = publisher();
    let Some(cluster) = kafka::broker(3) else { return };
    let prefix = prefix();
    let mut daemon = with_prefix(&prefix, &publisher, &cluster);
    daemon.env.push(("DATELINE__KAFKA__PROPERTIES__COMPRESSION_TYPE".into(), "none".into()));
    kafka::admin(&cluster.internal, &["quota", &format!("{prefix}-1"), "6000"]);
    let started = Instant::now();
    daemon.once();
    assert!(started.elapsed() > Duration::from_secs(10), "nothing was slowed down: {:?}", started.elapsed());
    check(&daemon, &publisher);
}

#[test]
fn killed_at_random_moments_kafka_loses_nothing_and_repeats_nothing() {
    let publisher = publisher();
    let Some(daemon) = on_kafka(&publisher) else { return };
    kill_and_check(&daemon, &publisher, kills(8), 2_500);
}

/// Kills the daemon repeatedly while articles appear and change, lets it finish, and compares.
fn kill_and_check(daemon: &Daemon, publisher: &Publisher, kills: usize, within_ms: u64) {
    let mut random = Random::seeded("kills");
    let (mut landed, mut ended, mut window) = (0, 0, within_ms);
    while landed < kills {
        publisher.publish(random.below(FEEDS as u64) as usize);
        publisher.change(random.below(FEEDS as u64) as usize, random.below(STORIES as u64) as usize);
        let started = Instant::now();
        let mut child = daemon.start(&["--once"]);
        let moment = Duration::from_millis(1 + random.below(window));
        while started.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if child.try_wait().unwrap().is_some() {
            // It finished before the kill: the next kill must come within the time that it took.
            window = (started.elapsed().as_millis() as u64).clamp(20, within_ms);
            ended += 1;
            assert!(ended < 20 * kills, "hardly a kill hits a running daemon: the test proves nothing");
            continue;
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        landed += 1;
    }
    daemon.once();
    check(daemon, publisher);
    eprintln!("{kills} kills, {} stories: none lost, none repeated", publisher.stories().len());
}

fn kills(quick: usize) -> usize {
    std::env::var("DATELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(quick)
}
