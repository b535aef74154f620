//! A thousand feeds: each polled when due, in little memory; and the effects of signals.
//!
//! `DATELINE_SCHEDULE_SECONDS=60` runs an hour of ten-minute intervals compressed into a minute. `DATELINE_SCHEDULE_FEEDS=10000`
//! sets the number of feeds, at the same number of polls a second, and prints the daemon's CPU usage.

use std::time::{Duration, Instant};

use test_support::daemon::{Daemon, cpu_time, peak_memory_kb, signal};
use test_support::publisher::Publisher;
use test_support::text;

fn settings(interval: &str) -> String {
    format!("[schedule]\ninterval = \"{interval}\"\nmin_interval = \"1s\"\njitter = 0.1\nrhythm = false\n")
}

#[test]
fn a_thousand_feeds_are_polled_when_due_in_little_memory() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let least = Duration::from_secs(number("DATELINE_SCHEDULE_SECONDS").unwrap_or(0));
    let feeds = number("DATELINE_SCHEDULE_FEEDS").map_or(1_000, |feeds| usize::try_from(feeds).unwrap());
    let interval = Duration::from_secs(feeds as u64 / 100);
    let publisher = Publisher::stocked(feeds, 50, Duration::ZERO, 2);
    let daemon = Daemon::new(&publisher.feed_list(), &settings(&format!("{}s", interval.as_secs())));
    let started = Instant::now();
    let running = daemon.start(&[]);
    std::thread::sleep(least);
    let polls = || {
        let mut requests = publisher.requests();
        requests.retain(|path, _| path.ends_with("rss.xml"));
        requests
    };
    daemon.wait_until("each feed to be polled twice", || {
        let polls = polls();
        polls.len() == feeds && polls.values().all(|of| of.len() > 1)
    });
    let (memory, cpu, seconds) = (peak_memory_kb(&running), cpu_time(&running), started.elapsed().as_secs_f64());
    let polls = polls();
    running.stop();
    let count: usize = polls.values().map(Vec::len).sum();
    // Whatever the machine's pace: no feed is polled before it is due, and none waits while others are polled again.
    let (least, most) = (polls.values().map(Vec::len).min().unwrap(), polls.values().map(Vec::len).max().unwrap());
    assert!(most <= least + 2, "some feeds were polled {most} times, others {least} times");
    let mut latest = Duration::ZERO;
    for (feed, polled) in &polls {
        for pair in polled.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap + Duration::from_millis(200) >= interval, "{feed} polled after {gap:?}");
            // From the end of the last poll, plus up to a tenth of jitter, plus the time to read its articles.
            latest = latest.max(gap.saturating_sub(interval + interval / 10));
        }
        assert_eq!(polled.iter().filter(|request| !request.conditional).count(), 1, "{feed}");
    }
    assert_eq!(daemon.tail("articles").len(), 2 * feeds);
    let share = 100.0 * cpu.as_secs_f64() / seconds;
    eprintln!(
        "{count} polls of {feeds} feeds in {seconds:.0} s, {} MB at most, latest {latest:?} late, {share:.1} % of a core for all of it",
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
    let mut running = daemon.start(&[]);
    let committed = |count: usize| {
        daemon.wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|records| records.len() == count));
    };
    committed(2);
    std::fs::write(daemon.folder.path().join("feeds.toml"), blocks[1..].concat()).unwrap();
    signal(&running, "HUP");
    committed(3);
    let events = || -> Vec<(String, String)> {
        daemon.tail("feed-events").iter().map(|r| (text(&r["key"]), text(&r["value"]["event"]))).collect()
    };
    daemon.wait_until("the removal", || events().contains(&("council-0".into(), "removed".into())));
    std::fs::write(daemon.folder.path().join("feeds.toml"), "[[feed]]\nurl = \"not a url\"\n").unwrap();
    signal(&running, "HUP");
    daemon.wait_until("the fault in the log", || daemon.log().contains("feeds.toml:1:1"));
    std::fs::write(daemon.folder.path().join("feeds.toml"), &all).unwrap();
    assert!(running.is_running() && daemon.tail("articles").len() == 3, "a list with faults changes nothing");
    signal(&running, "HUP");
    let added = |event: &&(String, String)| **event == ("council-0".into(), "added".into());
    daemon.wait_until("the second addition", || events().iter().filter(added).count() == 2);
    running.stop();
    assert_eq!(daemon.tail("articles").len(), 3, "what was known of council-0 was kept");
}

/// Prints the cost of planning every poll of ten thousand feeds for an hour, by the scheduler alone.
#[test]
#[ignore = "a measurement"]
fn measure_planning() {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use chrono::{DateTime, TimeDelta};
    use dateline::schedule::{Options, Outcome, PollingHints, Situation, SkipWindows, UpdateFrequency, next};

    let start = DateTime::from_timestamp(1_750_100_000, 0).unwrap();
    let ids: Vec<String> = (0..10_000).map(|i| format!("feed-{i}")).collect();
    let mut queue: BinaryHeap<_> = (0..ids.len()).map(|i| Reverse((start, i))).collect();
    let skips = SkipWindows::new(&[3, 4], ["Sunday"]);
    let end = start + TimeDelta::hours(1);
    let options = Options::default();
    let started = Instant::now();
    let mut polls = 0;
    while let Some(Reverse((now, i))) = queue.pop().filter(|Reverse((due, _))| *due < end) {
        let planned = next(&Situation {
            feed_id: &ids[i],
            now,
            outcome: Outcome::Read,
            failures: 0,
            retry_after: None,
            hints: PollingHints { fresh: Some(60), ttl: Some(120), skips, ..PollingHints::default() },
            throttle_backoff: 0,
            frequency: Some(UpdateFrequency { gap: 1_200, newest: now }),
            catch_up_interval: None,
            pushed: 0,
            own_interval: None,
            options: &options,
        });
        queue.push(Reverse((planned.due, i)));
        polls += 1;
    }
    let took = started.elapsed();
    eprintln!("{polls} polls of 10000 feeds planned in {took:?}: {:.4} % of a core", took.as_secs_f64() / 36.0);
}
