//! `run --once` where several instances share the feeds.

use std::collections::BTreeSet;
use std::time::Duration;

use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::owner::instance;
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
    // One feed, which shows the articles of six sites; nobody else does.
    let publisher = Publisher::stocked(6, 6, Duration::from_millis(5), 2);
    publisher.digest((0..6).collect());
    let digest = publisher.feed_list();
    let list = &digest[digest.find("[[feed]]\nid = \"digest-0\"").expect("it is listed")..];
    let prefix = prefix();
    let daemons = ["1", "2"].map(|name| instance(list, &cluster.brokers, &prefix, name));
    // So long that a dead instance's partitions stay its own.
    for daemon in &daemons {
        let config = std::fs::read_to_string(daemon.config()).unwrap();
        std::fs::write(daemon.config(), config.replace("session_timeout = \"6s\"", "session_timeout = \"300s\""))
            .unwrap();
    }
    let mut running = daemons.each_ref().map(|daemon| Some(daemon.start(&[])));
    let published = || daemons[0].tail("articles").len();
    wait_until("all articles are published", || published() == publisher.stories().len());
    let feeds = (0..6).map(|feed| format!("/feed/{feed}/rss.xml"));
    let feeds: Vec<String> = feeds.chain(["/digest/0/rss.xml".to_owned()]).collect();
    wait_until("both poll what stays theirs", || {
        let owners: Vec<_> = feeds.iter().map(|feed| owner_of(&publisher, feed)).collect();
        let sites: BTreeSet<_> = owners[..6].iter().flatten().collect();
        owners.iter().all(Option::is_some) && sites.len() == 2
    });
    // The instance that does not poll the digest is killed, and the other one hands over to it.
    let agent = owner_of(&publisher, "/digest/0/rss.xml").expect("it stays");
    let polls = usize::from(agent.contains("https://2.example/"));
    let owner = 1 - polls;
    running[owner].take().expect("it runs").crash();
    let before = published();
    for feed in 0..6 {
        publisher.publish(feed);
    }
    let handed_over = || {
        let shown = publisher.requests();
        // Each site's owner fetches its page: those of the dead one's sites are not fetched.
        let fetched = |feed: usize| shown.contains_key(&format!("/feed/{feed}/story/2"));
        (0..6).filter(|feed| fetched(*feed)).count()
    };
    wait_until("the articles of the other's own sites are published", || {
        let own = handed_over();
        own > 0 && published() == before + own
    });
    let rest = 6 - handed_over();
    assert!(rest > 0, "the dead instance owns some of the sites");
    let entries = || {
        let polls = publisher.requests().get("/digest/0/rss.xml").cloned().unwrap_or_default();
        polls.iter().rev().take_while(|poll| poll.not_modified).count()
    };
    wait_until("the digest is read to its end", || entries() > 1);
    running[polls].take().expect("it runs").crash();
    daemons[owner].once();
    assert_eq!(published(), before + 6, "{}", daemons[owner].log());
}
