//! Near-duplicates that different instances read.

use std::collections::BTreeSet;
use std::time::Duration;

use dateline::record::article_id;
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::owner::{SITES, instance, wait_until_shared};
use crate::prefix;

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_near_duplicate_that_another_instance_reads_names_the_first_article() {
    let cluster = kafka::broker(1);
    // The articles of the publisher differ by their numbers and their speakers.
    let publisher = Publisher::start(SITES, SITES, Duration::from_millis(5));
    let (list, prefix) = (publisher.feed_list(), prefix());
    let daemons = ["1", "2"].map(|name| instance(&list, &cluster.brokers, &prefix, name));
    let running = daemons.each_ref().map(|daemon| daemon.start(&[]));
    let published = || daemons[0].tail("articles");
    wait_until_shared(&daemons);
    let added = || daemons[0].tail("feed-events").iter().filter(|event| event["value"]["event"] == "added").count();
    wait_until("all feeds are added", || added() == SITES);
    publisher.publish(0);
    // Its sketch is committed with it. To be read as committed takes the reader longer than an instance that follows.
    wait_until("the first article is published", || published().len() == 1);
    let first = article_id(&publisher.stories()[0].0).to_string();
    for feed in 1..SITES {
        publisher.publish(feed);
    }
    wait_until("all articles are published", || published().len() == SITES);
    let requests = publisher.requests();
    let reader = |path: String| requests[&path][0].agent.clone();
    let readers: BTreeSet<String> = (0..SITES).map(|feed| reader(format!("/feed/{feed}/story/0"))).collect();
    assert_eq!(readers.len(), 2, "{readers:?}");
    for record in published() {
        let article = &record["value"];
        let named = article["duplicate_of"]["id"].as_str();
        assert_eq!(named, (article["id"] != *first).then_some(first.as_str()), "{article}");
    }
    running.into_iter().for_each(test_support::daemon::Running::crash);
}
