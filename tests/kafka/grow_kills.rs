//! Growing while instances run, with the tool and the instances killed at random moments: nothing is lost, nothing repeated.
//!
//! `DATELINE_KILLS=50 cargo test --release --test kafka grow_kills -- --include-ignored` is the long run; `DATELINE_TEST_SEED`
//! repeats a run.

use std::process::Stdio;
use std::time::{Duration, Instant};

use dateline::journal::kafka::{KafkaSettings, describe_topics, layout};
use dateline::record::Topic;
use test_support::checker::check_by_time;
use test_support::daemon::{Daemon, Running, signal, stderr};
use test_support::kafka::{self, Cluster};
use test_support::publisher::Publisher;
use test_support::random::Random;
use test_support::wait::{DEADLINE, wait_or_show};

use crate::prefix;

const FEEDS: usize = 12;
const STORIES: usize = 4;

/// Returns an instance of this name that polls all the time.
fn instance(name: &str, publisher: &Publisher, cluster: &Cluster, prefix: &str) -> Daemon {
    let brokers = &cluster.brokers;
    let settings = format!(
        "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n\n[articles]\nrevisit = []\n\n\
         [topics]\nprefix = \"{prefix}\"\npartitions = 3\n\n[kafka]\nbrokers = \"{brokers}\"\ninstance = \"{name}\"\n\
         session_timeout = \"6s\"\ntransaction_timeout = \"5s\"\n"
    );
    let daemon = Daemon::new(&publisher.feed_list(), &settings);
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    let config = config.replace("per_host = 16", "per_host = 16\nhost_delay = \"0s\"").replace("\"warn\"", "\"info\"");
    std::fs::write(daemon.config(), config).unwrap();
    daemon
}

fn grow(daemon: &Daemon, to: i32) -> std::process::Child {
    let mut command = daemon.command(&["topics", "--grow", &to.to_string()]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn settings(cluster: &Cluster, prefix: &str) -> KafkaSettings {
    let mut settings = crate::options(&cluster.brokers, prefix);
    settings.kafka.instance = "observer".into();
    settings
}

fn articles(daemon: &Daemon) -> usize {
    daemon.try_tail("articles").map_or(0, |articles| articles.len())
}

/// Returns how many partitions the current state topic has.
async fn partitions_of_state(settings: &KafkaSettings) -> i32 {
    let topics = describe_topics(settings).await.expect("the brokers answer");
    topics.iter().find(|topic| topic.topic == Topic::FeedState).expect("there is a state").partitions
}

fn logs(daemons: &[Daemon]) -> String {
    daemons.iter().map(Daemon::log).collect::<Vec<_>>().join("\n---\n")
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn kills_while_growing_lose_and_repeat_nothing() {
    let rounds = std::env::var("DATELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let publisher = Publisher::stocked(FEEDS, 4, Duration::from_millis(15), STORIES);
    let (cluster, prefix) = (kafka::broker(3), prefix());
    let daemons = ["1", "2"].map(|name| instance(name, &publisher, &cluster, &prefix));
    let mut running: Vec<Running> = daemons.iter().map(|daemon| daemon.start(&[])).collect();
    wait_or_show("the first articles", || logs(&daemons), || articles(&daemons[0]) >= FEEDS * STORIES);
    let mut random = Random::seeded("growing");
    let (mut partitions, mut finished, mut killed) = (3, 0, 0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = settings(&cluster, &prefix);
    for round in 0..rounds {
        // Only what was committed is changed: an edition that nobody saw makes no revision.
        publisher.publish(random.below(FEEDS as u64) as usize);
        publisher.change(random.below(FEEDS as u64) as usize, random.below(STORIES as u64) as usize);
        let to = partitions + 1 + random.below(4) as i32;
        let mut tool = grow(&daemons[0], to);
        let started = Instant::now();
        let moment = Duration::from_millis(random.below(4_000));
        while started.elapsed() < moment && tool.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // An instance, the tool, or nobody.
        let victim = random.below(5);
        match victim {
            0 | 1 => {
                let n = victim as usize;
                let old = std::mem::replace(&mut running[n], daemons[n].start(&[]));
                old.crash();
            }
            2 | 3 if tool.try_wait().unwrap().is_none() => {
                killed += 1;
                tool.kill().unwrap();
            }
            _ => {}
        }
        let output = tool.wait_with_output().unwrap();
        let said = stderr(&output);
        eprintln!("round {round}: to {to}, after {moment:?} victim {victim}: {}\n{said}", output.status);
        if output.status.success() {
            finished += 1;
        }
        // A tool that was killed may have switched before.
        partitions = runtime.block_on(partitions_of_state(&settings));
        for running in &mut running {
            assert!(running.is_running(), "an instance ended by itself:\n{}", logs(&daemons));
        }
    }
    // The last one is left alone.
    let output = grow(&daemons[0], partitions + 1).wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{}", stderr(&output), logs(&daemons));
    publisher.publish(0);
    let expected = publisher.stories().len();
    let distinct = || {
        let articles = daemons[0].try_tail("articles").unwrap_or_default();
        articles.iter().map(|article| article["key"].to_string()).collect::<std::collections::BTreeSet<_>>().len()
    };
    wait_or_show("all articles", || logs(&daemons), || distinct() == expected);
    running.into_iter().for_each(Running::stop);
    daemons[0].once();
    check_by_time(&daemons[0], &publisher);
    eprintln!("{rounds} rounds: {finished} grown, {killed} tools killed; none lost, none repeated");
    assert!(finished > 0, "no growth ended: the test proves little");
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_dead_tool_stops_nobody_for_long_and_cannot_finish_later() {
    let publisher = Publisher::stocked(FEEDS, 4, Duration::from_millis(15), STORIES);
    let (cluster, prefix) = (kafka::broker(1), prefix());
    let daemon = instance("1", &publisher, &cluster, &prefix);
    let mut running = daemon.start(&[]);
    wait_or_show("the first articles", || daemon.log(), || articles(&daemon) >= FEEDS * STORIES);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = settings(&cluster, &prefix);
    let growing = || runtime.block_on(layout(&settings)).is_ok_and(|layout| layout.growth.is_some());
    let tool = grow(&daemon, 9);
    let started = Instant::now();
    while !growing() {
        assert!(started.elapsed() < DEADLINE);
    }
    signal(&tool, "STOP");
    // Perhaps the tool had not fenced the instance yet; one that starts now waits for the growth.
    running.crash();
    running = daemon.start(&[]);
    publisher.publish(3);
    let stopped = Instant::now();
    wait_or_show("an article in spite of the tool", || daemon.log(), || articles(&daemon) > FEEDS * STORIES);
    eprintln!("the instance resumed {:?} after the tool had stopped", stopped.elapsed());
    assert!(!growing() && running.is_running());
    signal(&tool, "CONT");
    let output = tool.wait_with_output().unwrap();
    assert!(!output.status.success(), "a tool that was given up has finished: {}", stderr(&output));
    publisher.publish(4);
    wait_or_show("one more article", || daemon.log(), || articles(&daemon) > FEEDS * STORIES + 1);
    // The next run starts over.
    let output = grow(&daemon, 9).wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{}", stderr(&output), daemon.log());
    running.stop();
    daemon.once();
    check_by_time(&daemon, &publisher);
}
