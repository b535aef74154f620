//! `run --once` where several instances share the feeds.

use std::collections::BTreeSet;
use std::time::Duration;

use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::owner::{SITES, instance, wait_until_shared};
use crate::prefix;

/// Returns who polls a feed, once the last five polls come from one instance: while the instances join, a feed changes hands.
fn owner_of(publisher: &Publisher, path: &str) -> Option<String> {
    let polls = publisher.requests().remove(path)?;
    let agents = polls.iter().rev().take(5).map(|poll| poll.agent.as_str());
    let last: BTreeSet<&str> = agents.collect();
    (polls.len() >= 5 && last.len() == 1).then(|| polls.last().map(|poll| poll.agent.clone()))?
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn what_was_handed_over_is_published_before_once_ends() {
    let cluster = kafka::broker(1);
    // One feed, which shows the articles of all sites; nobody else does.
    let publisher = Publisher::stocked(SITES, SITES, Duration::from_millis(5), 2);
    publisher.digest((0..SITES).collect());
    let digest = publisher.feed_list();
    let list = &digest[digest.find("[[feed]]\nid = \"digest-0\"").expect("it is listed")..];
    let prefix = prefix();
    let daemons = ["1", "2"].map(|name| instance(list, &cluster.brokers, &prefix, name));
    // So long that a dead instance's partitions stay its own; and pages are fetched though no feed is on their hosts.
    for daemon in &daemons {
        let config = std::fs::read_to_string(daemon.config()).unwrap();
        let config = config.replace("session_timeout = \"6s\"", "session_timeout = \"300s\"");
        let config = config.replace("per_host = 16", "per_host = 16\nallow_private = [\"127.0.0.0/8\"]");
        std::fs::write(daemon.config(), config).unwrap();
    }
    let mut running = daemons.each_ref().map(|daemon| Some(daemon.start(&[])));
    let published = || daemons[0].tail("articles").len();
    wait_until_shared(&daemons);
    wait_until("all articles are published", || published() == publisher.stories().len());
    // The instance that does not poll the digest is killed, and the other one hands over to it.
    wait_until("the digest stays with one", || owner_of(&publisher, "/digest/0/rss.xml").is_some());
    let agent = owner_of(&publisher, "/digest/0/rss.xml").expect("it stays");
    let polls = usize::from(agent.contains("https://2.example/"));
    let owner = 1 - polls;
    running[owner].take().expect("it runs").crash();
    let before = published();
    for feed in 0..SITES {
        publisher.publish(feed);
    }
    let handed_over = || {
        let shown = publisher.requests();
        // Each site's owner fetches its page: those of the dead one's sites are not fetched.
        let fetched = |feed: usize| shown.contains_key(&format!("/feed/{feed}/story/2"));
        (0..SITES).filter(|feed| fetched(*feed)).count()
    };
    daemons[polls].wait_until("the articles of the other's own sites are published", || {
        let own = handed_over();
        own > 0 && published() == before + own
    });
    let rest = SITES - handed_over();
    assert!(rest > 0, "the dead instance owns some of the sites");
    let entries = || {
        let polls = publisher.requests().get("/digest/0/rss.xml").cloned().unwrap_or_default();
        polls.iter().rev().take_while(|poll| poll.not_modified).count()
    };
    wait_until("the digest is read to its end", || entries() > 1);
    running[polls].take().expect("it runs").crash();
    daemons[owner].once();
    assert_eq!(published(), before + SITES, "{}", daemons[owner].log());
}
