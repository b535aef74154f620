//! `run --once` where several instances share the feeds.

use std::time::Duration;

use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::owner::instance;
use crate::prefix;

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
    wait_until("both have joined", || daemons.iter().all(|daemon| daemon.log().contains("state restored")));
    wait_until("all articles are published", || published() == publisher.stories().len());
    // The instance that does not poll the digest is killed, and the other one hands over to it.
    let agents = || {
        let requests = publisher.requests();
        let polls = requests.get("/digest/0/rss.xml").cloned().unwrap_or_default();
        polls.last().map(|request| request.agent.clone()).unwrap_or_default()
    };
    let polls = usize::from(agents().contains("https://2.example/"));
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
