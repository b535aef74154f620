//! Pushed feeds with a real hub on loopback: subscriptions, their renewal and end, and pushes.

use std::time::Duration;

use serde_json::Value;
use test_support::daemon::{Daemon, Running, signal};
use test_support::free_port;
use test_support::hub::{Asked, Hub, Manner, Named, sign};
use test_support::wait::wait_or_show;

/// A daemon that polls every second, and its callback URL for hubs.
struct Reader {
    daemon: Daemon,
    running: Running,
}

impl Reader {
    fn start(hub: &Hub) -> Self {
        let port = free_port();
        let config = format!(
            "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nmax_interval = \"1h\"\njitter = 0.0\nrhythm = false\n\n\
             [pipeline]\npages = \"never\"\n\n[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n\
             [websub]\ncallback = \"http://127.0.0.1:{port}/\"\n"
        );
        let list = format!("[[feed]]\nid = \"the/council\"\nurl = \"{}\"\n", hub.feed_url());
        let daemon = Daemon::new(&list, &config);
        let running = daemon.start(&[]);
        Self { daemon, running }
    }

    /// Stops it cleanly, calls `away`, and starts it again.
    fn restart(self, away: impl FnOnce()) -> Self {
        self.running.stop();
        away();
        let running = self.daemon.start(&[]);
        Self { running, ..self }
    }

    /// Returns the committed headlines, in order.
    fn stories(&self) -> Vec<String> {
        let records = self.daemon.try_tail("articles").unwrap_or_default();
        records.iter().map(|record| record["value"]["headline"].as_str().unwrap().to_owned()).collect()
    }

    fn explain(&self) -> Value {
        let output = self.daemon.output(&["feeds", "explain", "the/council", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    #[track_caller]
    fn waits_for(&self, what: &str, condition: impl FnMut() -> bool) {
        wait_or_show(what, || format!("{}\n{}", self.explain(), self.daemon.log()), condition);
    }

    /// Waits until the feed was polled this many times more.
    #[track_caller]
    fn polls(&self, hub: &Hub, times: usize) {
        let before = hub.shared().polls.len();
        self.waits_for("more polls", || hub.shared().polls.len() >= before + times);
    }

    /// Waits until the daemon counts the feed as pushed.
    #[track_caller]
    fn subscribed(&self, hub: &Hub) -> Asked {
        let last = || hub.shared().intents("subscribe").into_iter().rfind(|asked| asked.verified.is_some());
        self.waits_for("a subscription", || last().is_some());
        let last = last().unwrap();
        assert!(last.verified.as_ref().is_some_and(|(status, echo)| *status == 200 && echo.starts_with("challenge-")));
        self.waits_for("its commit", || self.explain()["subscription"]["lease"].is_array());
        last
    }
}

fn titles(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("Story {n}")).collect()
}

#[test]
fn a_hub_is_discovered_wherever_it_is_linked() {
    for named in [Named::InFeed, Named::InHeader, Named::InHeaderOf304] {
        let hub = Hub::start(named, Manner::Verifies(3_600));
        let reader = Reader::start(&hub);
        let asked = reader.subscribed(&hub);
        assert_eq!((asked.field("mode"), asked.field("topic")), ("subscribe", hub.feed_url().as_str()));
        assert!(asked.field("callback").ends_with("/websub/the%2Fcouncil"), "{asked:?}");
        assert_eq!((asked.field("lease_seconds"), asked.field("secret").len()), ("864000", 64));
        // Pushed, but not shown by the site: no poll could have found it.
        assert_eq!(hub.push(&[1, 2]), 202);
        reader.waits_for("the pushed story", || reader.stories() == titles([1, 2]));
    }
    let hub = Hub::start(Named::Nowhere, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    reader.polls(&hub, 3);
    assert!(hub.shared().asked.is_empty() && reader.explain()["subscription"].is_null());
}

#[test]
fn pushes_are_committed_once_and_slow_the_polling() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    let asked = reader.subscribed(&hub);
    for n in 2..6 {
        let polls = hub.shared().polls.len();
        hub.shared().items.push(n);
        assert_eq!(hub.push(&[n]), 202);
        reader.waits_for("the pushed story", || reader.stories() == titles(1..=n));
        reader.waits_for("a poll, more and more rarely", || hub.shared().polls.len() > polls);
    }
    let polls = hub.shared().polls.clone();
    let last = polls[polls.len() - 1] - polls[polls.len() - 2];
    assert!(last >= Duration::from_secs(4), "polls are slowed: {last:?}");
    assert_eq!(reader.stories(), titles(1..=5), "nothing twice");
    reader.waits_for("the poll's commit", || reader.explain()["state"]["source"] == "pushed");
    let shown = String::from_utf8(reader.daemon.output(&["feeds", "explain", "the/council"]).stdout).unwrap();
    assert!(shown.contains("pushed by") && shown.contains("times rarer"), "{shown}");
    let secret = asked.field("secret");
    for text in [shown, reader.explain().to_string(), reader.daemon.log()] {
        assert!(!text.contains(secret), "the secret is shown: {text}");
    }
}

#[test]
fn only_own_subscriptions_are_answered() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    let asked = reader.subscribed(&hub);
    let (callback, topic) = (hub.callback(), hub.feed_url());
    let other = callback.replace("council", "other");
    let question = |mode, topic| [("hub.mode", mode), ("hub.topic", topic), ("hub.challenge", "let me in")];
    for (url, mode, topic) in [
        (&callback, "subscribe", topic.as_str()), // nothing is under way
        (&callback, "subscribe", "http://other.example/"),
        (&callback, "unsubscribe", &topic),
        (&callback, "publish", &topic),
        (&callback, "denied", "http://other.example/"),
        (&other, "subscribe", &topic),
        (&other, "denied", &topic),
    ] {
        let (status, body) = hub.ask(url, &question(mode, topic));
        assert_eq!((status, body.contains("let me in")), (404, false), "{url} {mode} {topic}");
    }
    assert_eq!(hub.ask(&callback, &[]).0, 400);
    let secret = asked.field("secret");
    for signature in [None, Some("sha256=00"), Some("md5=00"), Some(sign(b"<rss/>", secret).as_str())] {
        assert_eq!(hub.forge(&callback, signature, &[99]), 202, "who tries learns nothing: {signature:?}");
    }
    assert_eq!(hub.forge(&other, Some("sha256=00"), &[99]), 410);
    let large = "x".repeat(11 << 20);
    assert_eq!(hub.send(&callback, "sha256=00", large), 413);
    // Signed but not a feed: recorded as a dead letter, once.
    for _ in 0..2 {
        assert_eq!(hub.send(&callback, &sign(b"no feed", secret), "no feed".into()), 202);
    }
    assert_eq!(hub.push(&[1, 2]), 202);
    reader.waits_for("what was pushed after it", || reader.stories().len() > 1);
    assert_eq!(reader.stories(), titles([1, 2]));
    let dead = reader.daemon.tail("dead-letters");
    assert_eq!((dead.len(), dead[0]["value"]["raw"].as_str()), (1, Some("no feed")), "{dead:?}");
}

#[test]
fn a_lease_is_renewed_before_it_ends() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(10));
    let reader = Reader::start(&hub);
    let first = reader.subscribed(&hub);
    let lease = || reader.explain()["subscription"]["lease"].clone();
    let granted = lease();
    reader.waits_for("a longer lease", || lease()[1] != granted[1]);
    assert_eq!(lease()[0], granted[0], "the first lease had not ended");
    let renewed = reader.subscribed(&hub);
    assert_eq!(first.field("secret"), renewed.field("secret"), "a push under way stays readable");
    assert_eq!(hub.push(&[1, 2]), 202);
    reader.waits_for("the pushed story", || reader.stories() == titles([1, 2]));
}

#[test]
fn a_hub_that_refuses_is_asked_again_and_the_feed_is_polled() {
    for (manner, words) in
        [(Manner::Denies, "not for you"), (Manner::Refuses(503), "503"), (Manner::Refuses(403), "403")]
    {
        let hub = Hub::start(Named::InFeed, manner);
        let reader = Reader::start(&hub);
        let error = || reader.explain()["subscription"]["error"].as_str().unwrap_or_default().to_owned();
        reader.waits_for("the reason", || error().contains(words));
        reader.polls(&hub, 3);
        if manner == Manner::Refuses(503) {
            reader.waits_for("a second request", || hub.shared().asked.len() > 1);
            hub.shared().manner = Manner::Verifies(3_600);
            reader.subscribed(&hub);
        } else {
            assert_eq!(hub.shared().asked.len(), 1, "after a refusal the hub is left alone for longer");
        }
    }
}

#[test]
fn a_later_denial_restores_polling() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    reader.subscribed(&hub);
    let callback = hub.callback();
    for n in 2..5 {
        hub.shared().items.push(n);
        assert_eq!(hub.push(&[n]), 202);
        reader.polls(&hub, 1);
    }
    reader.waits_for("slowed polls", || reader.explain()["state"]["source"] == "pushed");
    let topic = hub.feed_url();
    let denied = [("hub.mode", "denied"), ("hub.topic", topic.as_str()), ("hub.reason", "moved house")];
    assert_eq!(hub.ask(&callback, &denied).0, 200);
    reader.waits_for("polls as usual", || reader.explain()["state"]["source"] == "interval");
    reader.polls(&hub, 2);
    hub.shared().items.push(9);
    reader.waits_for("an item that is no longer pushed", || reader.stories().last() == titles([9]).last());
}

#[test]
fn a_hub_that_misses_an_update_loses_trust() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    reader.subscribed(&hub);
    reader.polls(&hub, 1);
    hub.shared().items.push(2); // and no push
    reader.waits_for("the story", || reader.stories() == titles([1, 2]));
    let doubted = || reader.explain()["subscription"]["trust"]["doubted_until"].is_string();
    reader.waits_for("doubt", doubted);
    reader.waits_for("a new request to the hub", || hub.shared().intents("subscribe").len() == 2);
    reader.waits_for("polls as usual", || reader.explain()["state"]["source"] == "interval");
    reader.polls(&hub, 3);
    assert!(reader.daemon.log().contains("hub missed an entry"), "{}", reader.daemon.log());
}

#[test]
fn a_restart_keeps_the_subscription_and_finds_missed_pushes() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    reader.subscribed(&hub);
    let mut reader = reader.restart(|| hub.shared().items.push(2));
    reader.waits_for("what came meanwhile", || reader.stories() == titles([1, 2]));
    assert_eq!(hub.push(&[2, 3]), 202);
    reader.waits_for("what is pushed afterwards", || reader.stories() == titles([1, 2, 3]));
    assert_eq!(hub.shared().asked.len(), 1, "the hub was not asked again");
    assert!(reader.explain()["subscription"]["trust"]["doubted_until"].is_null(), "{}", reader.explain());
    // Killed after the hub got a success answer: the next poll finds it.
    hub.shared().items.extend([3, 4]);
    assert_eq!(hub.push(&[4]), 202);
    reader.running.kill().unwrap();
    reader.running.wait().unwrap();
    reader.running = reader.daemon.start(&[]);
    reader.waits_for("what was lost", || reader.stories() == titles([1, 2, 3, 4]));
}

#[test]
fn a_removed_feed_is_unsubscribed() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    let asked = reader.subscribed(&hub);
    // Another feed of the host stays listed: without one, the host would count as unlisted in a private network.
    let other = format!("[[feed]]\nurl = \"{}\"\n", hub.feed_url().replace("feed.xml", "none.xml"));
    std::fs::write(reader.daemon.folder.path().join("feeds.toml"), other).unwrap();
    signal(&reader.running, "HUP");
    let left = || hub.shared().intents("unsubscribe").pop().filter(|left| left.verified.is_some());
    reader.waits_for("the request", || left().is_some());
    let left = left().unwrap();
    assert_eq!(left.verified, Some((200, "challenge-1".to_owned())));
    assert_eq!((left.field("topic"), left.field("callback")), (asked.field("topic"), asked.field("callback")));
    assert_eq!(left.field("secret"), "");
    reader.waits_for("the end", || hub.forge(asked.field("callback"), None, &[2]) == 410);
    assert_eq!(reader.stories(), titles([1]));
}

#[test]
fn a_flood_of_pushes_is_bounded_and_loses_nothing() {
    let hub = Hub::start(Named::InFeed, Manner::Verifies(3_600));
    let reader = Reader::start(&hub);
    reader.subscribed(&hub);
    let all: Vec<usize> = (2..=60).collect();
    let mut left: Vec<&[usize]> = all.chunks(1).collect();
    let mut refused = 0;
    reader.waits_for("all pushes to be taken", || {
        let statuses = hub.push_all(&left);
        assert!(statuses.iter().all(|status| matches!(status, 202 | 503)), "{statuses:?}");
        let mut statuses = statuses.into_iter();
        left.retain(|_| statuses.next() == Some(503)); // as a hub does
        refused += left.len();
        left.is_empty()
    });
    assert!(refused > 0, "more at once than is taken");
    reader.waits_for("all of them", || reader.stories().len() >= 60);
    let mut stories = reader.stories();
    stories.sort_by_key(|title| title[6..].parse::<usize>().unwrap());
    assert_eq!(stories, titles(1..=60), "each once");
}
