//! Routes of labelled articles on Kafka: their topics, the transaction, a reload that adds one, and a growth.

use serde_json::Value;
use test_support::daemon::{Daemon, signal, stderr};
use test_support::kafka;
use test_support::publisher::Publisher;

use crate::{on_kafka, prefix};

/// A daemon whose two feeds have a label each, and a route for the first.
fn routed(publisher: &Publisher, cluster: &kafka::Cluster, prefix: &str) -> Daemon {
    let feed = |n: usize, label: &str| {
        format!("[[feed]]\nid = \"f{n}\"\nurl = \"{}\"\nlabels = [\"{label}\"]\n\n", publisher.feed_url(n))
    };
    let daemon = on_kafka(&[feed(0, "politics"), feed(1, "sport")].concat(), cluster, prefix);
    add(&daemon, &route("politics", prefix));
    daemon
}

fn route(label: &str, prefix: &str) -> String {
    format!("\n[[topics.route]]\nlabels = [\"{label}\"]\nprefix = \"{prefix}-{label}\"\n")
}

fn add(daemon: &Daemon, text: &str) {
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    std::fs::write(daemon.config(), format!("{config}{text}")).unwrap();
}

/// Returns the records of a route that are not the same in the main topic.
fn strangers(daemon: &Daemon, route: &str, topic: &str) -> Vec<Value> {
    let main = daemon.tail(topic);
    let is_copy = |copy: &Value| {
        main.iter().any(|record| ["key", "value", "headers", "partition"].iter().all(|part| record[part] == copy[part]))
    };
    daemon.tail(&format!("{route}.{topic}")).into_iter().filter(|copy| !is_copy(copy)).collect()
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn routes_have_topics_of_their_own_and_a_reload_adds_one() {
    let (publisher, cluster, prefix) = (Publisher::start(2, 1, std::time::Duration::ZERO), kafka::broker(3), prefix());
    (0..2).for_each(|feed| publisher.publish(feed));
    let daemon = routed(&publisher, &cluster, &prefix);
    let politics = format!("{prefix}-politics");
    let count = |topic: &str| daemon.try_tail(topic).map_or(0, |records| records.len());
    daemon.once();
    assert_eq!((count("articles"), count(&format!("{politics}.articles"))), (2, 1));
    publisher.change(0, 0);
    daemon.once();
    assert_eq!((count("articles"), count(&format!("{politics}.articles"))), (3, 2));
    assert_eq!(count(&format!("{politics}.quotes")), 3, "two quotations and the tombstone of the first");
    for topic in ["articles", "entities", "quotes"] {
        assert_eq!(strangers(&daemon, &politics, topic), [Value::Null; 0]);
    }
    let listed = daemon.output(&["topics"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    for topic in ["articles", "entities", "quotes"] {
        assert!(
            listed.lines().any(|line| line.starts_with(&format!("{politics}.{topic} ")) && line.ends_with("delete"))
        );
    }
    // A running daemon gets another route, whose topics do not exist yet.
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    std::fs::write(
        daemon.config(),
        format!("{config}\n[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n"),
    )
    .unwrap();
    let running = daemon.start(&[]);
    publisher.publish(1);
    daemon.wait_until("the article", || count("articles") == 4);
    add(&daemon, &route("sport", &prefix));
    signal(&running, "HUP");
    let sport = format!("{prefix}-sport");
    daemon.wait_until("the topics", || daemon.try_tail(&format!("{sport}.articles")).is_ok());
    publisher.publish(1);
    daemon.wait_until("the routed article", || count(&format!("{sport}.articles")) == 1);
    assert_eq!((count("articles"), count(&format!("{politics}.articles"))), (5, 2));
    assert!(!daemon.log().contains("outcome unknown"), "{}", daemon.log());
    running.stop();
    // A growth includes the routes.
    let grown = daemon.output(&["topics", "--grow", "9"]);
    assert!(grown.status.success(), "{}", stderr(&grown));
    let listed = String::from_utf8(grown.stdout).unwrap();
    for topic in [format!("{politics}.articles"), format!("{sport}.quotes")] {
        let line = listed.lines().find(|line| line.starts_with(&topic)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some("9"), "{listed}");
    }
    publisher.change(0, 0);
    publisher.publish(1);
    daemon.once();
    for (route, topic) in
        [&politics, &sport].into_iter().flat_map(|route| ["articles", "quotes"].map(|topic| (route, topic)))
    {
        assert_eq!(strangers(&daemon, route, topic), [Value::Null; 0]);
    }
    assert_eq!((count(&format!("{politics}.articles")), count(&format!("{sport}.articles"))), (3, 2));
}
