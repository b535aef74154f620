//! Articles of one instance's sites in the feeds of another: each is one article, and each site is asked by its owner.

use std::time::Duration;

use dateline::record::article_id;
use test_support::daemon::Daemon;
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::prefix;

/// So many that both instances own some: which one owns a site depends on its port, which is another one in each run.
pub(crate) const SITES: usize = 16;

/// Returns an instance that polls often.
pub(crate) fn instance(list: &str, brokers: &str, prefix: &str, name: &str) -> Daemon {
    let settings = format!(
        "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n\n[topics]\nprefix = \"{prefix}\"\n\n\
         [kafka]\nbrokers = \"{brokers}\"\ninstance = \"{name}\"\nsession_timeout = \"6s\"\n"
    );
    let daemon = Daemon::new(list, &settings);
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    let config = config.replace("per_host = 16", &format!("per_host = 16\ncontact = \"https://{name}.example/\""));
    std::fs::write(daemon.config(), config.replace("\"warn\"", "\"info\"")).unwrap();
    daemon
}

/// Waits until each instance owns partitions. Who joins while another one owns them all is first assigned none.
pub(crate) fn wait_until_shared(daemons: &[Daemon]) {
    let owns = |line: &str| line.contains("state restored") && !line.contains("partitions={}");
    wait_until("each instance owns partitions", || daemons.iter().all(|daemon| daemon.log().lines().any(owns)));
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn an_article_in_the_feeds_of_two_instances_is_published_once() {
    let cluster = kafka::broker(1);
    let publisher = Publisher::stocked(SITES, SITES, Duration::from_millis(20), 4);
    // Aggregators on three sites, which show the same articles.
    for shift in 0..3 {
        publisher.digest((shift..SITES).chain(0..shift).collect());
    }
    let (list, prefix) = (publisher.feed_list(), prefix());
    let daemons = ["1", "2"].map(|name| instance(&list, &cluster.brokers, &prefix, name));
    let running = daemons.each_ref().map(|daemon| daemon.start(&[]));
    let published = || daemons[0].tail("articles");
    wait_until_shared(&daemons);
    wait_until("all articles are published", || published().len() >= publisher.stories().len());
    // A revision is one as well, whichever feed shows it first.
    for feed in 0..SITES {
        publisher.change(feed, 1);
    }
    wait_until("the revisions are published", || published().len() >= publisher.stories().len() + SITES);
    publisher.withdraw(3, 2);
    wait_until("the withdrawal is published", || published().len() > publisher.stories().len() + SITES);
    // Further records would be repetitions.
    std::thread::sleep(Duration::from_secs(4));
    let records = published();
    for (url, story) in publisher.stories() {
        let id = article_id(&url).to_string();
        let of = records.iter().filter(|record| record["key"] == *id);
        let revisions: Vec<u64> = of.filter_map(|record| record["value"]["revision"].as_u64()).collect();
        let last = u64::from(story.edition) + u64::from(story.is_withdrawn);
        assert_eq!(revisions, (1..=last).collect::<Vec<_>>(), "{url}");
    }
    assert_eq!(records.len(), publisher.stories().len() + SITES + 1, "nothing else");
    assert_eq!(publisher.asked_by_two(), 0);
    // Both had a part in it.
    let requests = publisher.requests();
    let agents: std::collections::BTreeSet<&str> =
        requests.values().flatten().map(|request| request.agent.as_str()).collect();
    assert_eq!(agents.len(), 2, "{agents:?}");
    running.into_iter().for_each(test_support::daemon::Running::crash);
}

/// Feeds move to the sites of another instance, and the instances read the new list one after the other: the first one waits for
/// the state that the other still uses.
#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_feed_that_moves_to_another_instances_site_keeps_its_history() {
    let cluster = kafka::broker(1);
    let publisher = Publisher::stocked(SITES, SITES, Duration::from_millis(5), 3);
    let (list, prefix) = (publisher.feed_list(), prefix());
    let daemons = ["1", "2"].map(|name| instance(&list, &cluster.brokers, &prefix, name));
    let running = daemons.each_ref().map(|daemon| daemon.start(&[]));
    wait_until_shared(&daemons);
    let published = || daemons[0].tail("articles").len();
    wait_until("all articles are published", || published() == publisher.stories().len());
    let added = || daemons[0].tail("feed-events").iter().filter(|event| event["value"]["event"] == "added").count();
    wait_until("all feeds are added", || added() == SITES);
    // Each feed moves to the address of the next one; the hosts belong to one instance or to the other.
    let urls: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("url = \"")?.strip_suffix('"')).collect();
    let base = |url: &str| url.split("/feed/").next().unwrap().to_owned();
    let mut moved = list.clone();
    for (feed, url) in urls.iter().enumerate() {
        let to = format!("{}/feed/{feed}/rss.xml", base(urls[(feed + 1) % urls.len()]));
        moved = moved.replace(&format!("\"{url}\""), &format!("\"{to}\""));
    }
    let reload = |of: usize| {
        std::fs::write(daemons[of].folder.path().join("feeds.toml"), &moved).unwrap();
        test_support::daemon::signal(&running[of], "HUP");
    };
    reload(1);
    // However long the other instance takes to read the list.
    wait_until("the state of a feed is waited for", || daemons[1].log().contains("feed is not polled yet"));
    assert_eq!((published(), added()), (publisher.stories().len(), SITES));
    reload(0);
    let handed = "its state is handed over";
    wait_until("both hand over state", || daemons.iter().all(|daemon| daemon.log().contains(handed)));
    for feed in 0..SITES {
        publisher.publish(feed);
    }
    wait_until("the new articles are published", || published() >= publisher.stories().len());
    // Further records would be repetitions.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(published(), publisher.stories().len());
    assert_eq!(added(), SITES, "a feed that moved is not a new one");
    running.into_iter().for_each(test_support::daemon::Running::crash);
}
