//! Keep and block rules where several instances share the feeds: entries that are handed over obey the same rules, and
//! those that changed rules let in are published once.

use std::time::Duration;

use dateline::record::article_id;
use test_support::daemon::{Daemon, signal, stderr};
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

use crate::owner::{SITES, wait_until_shared};
use crate::prefix;

const RULE: &str = "[[rule]]\nid = \"no-second\"\naction = \"block\"\ntext = \"plan number 2\"\n";

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn handed_over_entries_obey_the_rules_and_are_let_in_once() {
    let cluster = kafka::broker(1);
    let publisher = Publisher::stocked(SITES, SITES, Duration::from_millis(5), 4);
    // Aggregators on two sites, which show the same articles.
    for shift in 0..2 {
        publisher.digest((shift..SITES).chain(0..shift).collect());
    }
    let (list, prefix) = (publisher.feed_list(), prefix());
    let daemons = ["1", "2"].map(|name| instance(&list, &cluster.brokers, &prefix, name));
    let running = daemons.each_ref().map(|daemon| daemon.start(&[]));
    let published = || daemons[0].tail("articles").len();
    wait_until_shared(&daemons);
    wait_until("what is not blocked is published", || published() == 3 * SITES);
    // The second article of each feed is blocked in its own feed and in both aggregators.
    let blocked = || {
        let mut state = std::collections::HashMap::new();
        for record in daemons[0].tail("feed-state") {
            let key = record["key"].as_str().unwrap_or_default().to_owned();
            state.insert(key, record["value"].clone());
        }
        state.retain(|key, value| key.contains("/b/") && !value.is_null());
        state
    };
    wait_until("the second plans are blocked everywhere", || blocked().len() == 3 * SITES);
    let handed = blocked().values().filter(|value| value["handed"].is_object()).count();
    assert!(handed > 0, "some were handed over");
    assert_eq!(published(), 3 * SITES);

    // A dry run reads the same from Kafka as from the store. The text of a blocked entry is on its page.
    let dry_run = |args: &[&str]| {
        let output = daemons[0].output(&[&["feeds", "rules", "test"], args].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let present = dry_run(&[]);
    let all = 3 * SITES;
    let counts = format!(
        "{all} articles: {all} kept, 0 blocked\n{all} blocked entries: 0 kept, 0 blocked, {all} undecided until their pages are read\n"
    );
    assert!(present.starts_with(&counts), "{present}");
    let other = daemons[0].folder.path().join("other.toml");
    std::fs::write(&other, "[[rule]]\nid = \"no-first\"\naction = \"block\"\ntitle = \"plan 1\"\n").unwrap();
    let tried = dry_run(&["--rules", other.to_str().unwrap()]);
    let counts =
        format!("{all} articles: {} kept, {SITES} blocked\n{all} blocked entries: {all} kept, 0 blocked\n", 2 * SITES);
    assert!(tried.starts_with(&counts), "{tried}");

    for (daemon, running) in daemons.iter().zip(&running) {
        let config = std::fs::read_to_string(daemon.config()).unwrap();
        std::fs::write(daemon.config(), config.replace(RULE, "")).unwrap();
        signal(running, "HUP");
    }
    // The reload may end after the command: it is repeated until nothing is left.
    wait_until("all are let in", || {
        for daemon in &daemons {
            let output = daemon.output(&["feeds", "rules", "apply"]);
            assert!(output.status.success(), "{}", stderr(&output));
        }
        blocked().is_empty()
    });
    wait_until("they are published", || published() >= 4 * SITES);
    running.into_iter().for_each(test_support::daemon::Running::stop);
    let records = daemons[0].tail("articles");
    for (url, _) in publisher.stories() {
        let id = article_id(&url).to_string();
        let revisions: Vec<u64> = records
            .iter()
            .filter(|record| record["key"] == *id)
            .filter_map(|record| record["value"]["revision"].as_u64())
            .collect();
        assert_eq!(revisions, [1], "{url}");
    }
    assert_eq!(records.len(), 4 * SITES, "nothing else");
}

/// Returns an instance with the rule, whose pages are on a free port.
fn instance(list: &str, brokers: &str, prefix: &str, name: &str) -> Daemon {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n\n\
         [topics]\nprefix = \"{prefix}\"\n\n[kafka]\nbrokers = \"{brokers}\"\ninstance = \"{name}\"\nsession_timeout = \"6s\"\n\n{RULE}"
    );
    let daemon = Daemon::new(list, &settings);
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    std::fs::write(daemon.config(), config.replace("\"warn\"", "\"info\"")).unwrap();
    daemon
}
