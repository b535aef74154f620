//! A thousand feeds: each polled when due, in little memory; and the effects of signals.
//!
//! `DATELINE_SCHEDULE_SECONDS=60` runs an hour of ten-minute intervals compressed into a minute. `DATELINE_SCHEDULE_FEEDS=10000`
//! sets the number of feeds, at the same number of polls a second, and prints the daemon's CPU usage.

use std::time::{Duration, Instant};

use test_support::daemon::{Daemon, cpu_time, peak_memory_kb, signal};
use test_support::publisher::Publisher;

/// How late a poll may be on a busy machine.
const LATE: Duration = Duration::from_millis(1_500);

fn settings(interval: &str) -> String {
    format!("[schedule]\ninterval = \"{interval}\"\nmin_interval = \"1s\"\njitter = 0.1\nrhythm = false\n")
}

#[test]
fn a_thousand_feeds_are_polled_when_due_in_little_memory() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let seconds = number("DATELINE_SCHEDULE_SECONDS").unwrap_or(25);
    let feeds = number("DATELINE_SCHEDULE_FEEDS").map_or(1_000, |feeds| usize::try_from(feeds).unwrap());
    let interval = Duration::from_secs(feeds as u64 / 100);
    let publisher = Publisher::start(feeds, 50, Duration::ZERO);
    for feed in 0..feeds {
        publisher.publish(feed);
        publisher.publish(feed);
    }
    let daemon = Daemon::new(&publisher.feed_list(), &settings(&format!("{}s", interval.as_secs())));
    let started = Instant::now();
    let mut child = daemon.start(&[]);
    std::thread::sleep(Duration::from_secs(seconds));
    let (memory, cpu) = (peak_memory_kb(&child), cpu_time(&child));
    signal(&child, "TERM");
    let stopping = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(stopping.elapsed() < Duration::from_secs(10), "the drain is bounded");
    let requests = publisher.requests();
    let (mut polls, mut latest) = (0, Duration::ZERO);
    for feed in 0..feeds {
        let polled =
            requests.get(&format!("/feed/{feed}/rss.xml")).unwrap_or_else(|| panic!("feed {feed} never polled"));
        polls += polled.len();
        for pair in polled.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap + Duration::from_millis(200) >= interval, "feed {feed} polled after {gap:?}");
            // From the end of the last poll, plus up to a tenth of jitter, plus the time to read its articles.
            latest = latest.max(gap.saturating_sub(interval + interval / 10));
        }
        let last = polled.last().unwrap().at;
        let due = last + interval + interval / 10 + LATE;
        assert!(
            due > stopping,
            "feed {feed} was due and not polled; the last poll {:?} after the start",
            last - started
        );
        assert_eq!(polled.iter().filter(|request| !request.conditional).count(), 1);
    }
    assert_eq!(daemon.tail("articles").len(), 2 * feeds);
    let share = 100.0 * cpu.as_secs_f64() / seconds as f64;
    eprintln!(
        "{polls} polls of {feeds} feeds in {seconds} s, {} MB at most, latest {latest:?} late, {share:.1} % of a core for all of it",
        memory / 1024
    );
    assert!(memory < (180 + 20 * feeds as u64 / 1_000) * 1024, "{memory} kB");
}

#[test]
fn a_reload_adds_and_removes_feeds_and_keeps_what_is_known() {
    let publisher = Publisher::start(3, 1, Duration::ZERO);
    (0..3).for_each(|feed| publisher.publish(feed));
    let all = publisher.feed_list();
    let blocks: Vec<&str> = all.split_inclusive("\n\n").collect();
    let daemon = Daemon::new(&blocks[..2].concat(), &settings("1s"));
    let mut child = daemon.start(&[]);
    let committed = |count: usize| wait_for(|| daemon.try_tail("articles").is_ok_and(|records| records.len() == count));
    committed(2);
    std::fs::write(daemon.folder.path().join("feeds.toml"), blocks[1..].concat()).unwrap();
    signal(&child, "HUP");
    committed(3);
    let events = || -> Vec<(String, String)> {
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        daemon.tail("feed-events").iter().map(|r| (text(&r["key"]), text(&r["value"]["event"]))).collect()
    };
    wait_for(|| events().contains(&("council-0".into(), "removed".into())));
    std::fs::write(daemon.folder.path().join("feeds.toml"), "[[feed]]\nurl = \"not a url\"\n").unwrap();
    signal(&child, "HUP"); // a list with faults is reported and changes nothing
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "still running");
    std::fs::write(daemon.folder.path().join("feeds.toml"), &all).unwrap();
    signal(&child, "HUP");
    wait_for(|| events().iter().filter(|event| **event == ("council-0".into(), "added".into())).count() == 2);
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    assert_eq!(daemon.tail("articles").len(), 3, "what was known of council-0 was kept");
}

#[track_caller]
fn wait_for(mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The scheduler alone: the cost of planning every poll of ten thousand feeds for an hour.
#[test]
fn ten_thousand_feeds_are_planned_in_less_than_a_hundredth_of_a_core() {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use chrono::{DateTime, TimeDelta};
    use dateline::schedule::{Bounds, Outcome, Rhythm, Situation, Skips, Wishes, next};

    let start = DateTime::from_timestamp(1_750_100_000, 0).unwrap();
    let ids: Vec<String> = (0..10_000).map(|i| format!("feed-{i}")).collect();
    let mut queue: BinaryHeap<_> = (0..ids.len()).map(|i| Reverse((start, i))).collect();
    let skips = Skips::new(&[3, 4], ["Sunday"]);
    let end = start + TimeDelta::hours(1);
    let started = Instant::now();
    let mut polls = 0;
    while let Some(Reverse((now, i))) = queue.pop().filter(|Reverse((due, _))| *due < end) {
        let planned = next(&Situation {
            feed_id: &ids[i],
            now,
            outcome: Outcome::Read,
            failures: 0,
            retry_after: None,
            wishes: Wishes { fresh: Some(60), ttl: Some(120), skips, ..Wishes::default() },
            strain: 0,
            rhythm: Some(Rhythm { gap: 1_200, newest: now }),
            hurry: None,
            pushed: 0,
            own_interval: None,
            interval: Duration::from_secs(600),
            bounds: Bounds { min: Duration::from_secs(60), max: Duration::from_secs(86_400), jitter: 0.1 },
        });
        queue.push(Reverse((planned.due, i)));
        polls += 1;
    }
    let took = started.elapsed();
    eprintln!("{polls} polls of 10000 feeds planned in {took:?}: {:.4} % of a core", took.as_secs_f64() / 36.0);
    assert!(polls > 60_000 && took < Duration::from_secs(36), "{polls} polls in {took:?}");
}
