//! Reloads of a running daemon, by SIGHUP and through the API: what applies, what is reported, and what a faulty config changes.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::daemon::{Daemon, Running, signal};
use test_support::free_port;
use test_support::http::{Reply, ask};
use test_support::publisher::Publisher;

/// A daemon that serves the API and polls one feed every hour, until a reload.
struct Reloading {
    publisher: Publisher,
    daemon: Daemon,
    server: String,
    running: Running,
}

const MARK: (&str, &str) = ("x-dateline", "1");

impl Reloading {
    fn start() -> Self {
        let publisher = Publisher::start(2, 1, Duration::ZERO);
        publisher.publish(0);
        let port = free_port();
        let extra = format!(
            "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n\
             [schedule]\ninterval = \"1h\"\nmin_interval = \"1s\"\nrhythm = false\n"
        );
        let feeds = format!("[[feed]]\nid = \"council\"\nurl = \"{}\"\n", publisher.feed_url(0));
        let daemon = Daemon::new(&feeds, &extra);
        let running = daemon.start(&[]);
        let this = Self { publisher, daemon, server: format!("127.0.0.1:{port}"), running };
        this.has_articles(1);
        this
    }

    fn has_articles(&self, count: usize) {
        let has = || self.daemon.try_tail("articles").is_ok_and(|records| records.len() >= count);
        self.daemon.wait_until("the articles", has);
    }

    /// Replaces a part of the config.
    fn edit(&self, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.daemon.config()).unwrap();
        assert!(text.contains(old), "{old}");
        std::fs::write(self.daemon.config(), text.replace(old, new)).unwrap();
    }

    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Reply {
        let headers = [&[MARK, ("content-type", "application/json")], more].concat();
        ask(&self.server, method, &format!("/api/v1/{path}"), &headers, body)
    }

    fn logs(&self, part: &str) {
        self.daemon.wait_until(part, || self.daemon.log().contains(part));
    }
}

fn keys(report: &Value, part: &str) -> Vec<String> {
    let changes = report[part].as_array().unwrap_or_else(|| panic!("{report}"));
    let line = |change: &Value| {
        let text = |name: &str| change[name].as_str().unwrap_or("unset").to_owned();
        format!("{}: {} -> {}", text("key"), text("old"), text("new"))
    };
    changes.iter().map(line).collect()
}

#[test]
fn a_hangup_applies_what_can_change_and_names_the_rest() {
    let reloading = Reloading::start();
    reloading.edit("level = \"warn\"", "level = \"info\"");
    reloading.edit("interval = \"1h\"", "interval = \"1s\"");
    reloading.edit("per_host = 16", "per_host = 3\ncontact = \"mailto:desk@example.org\"");
    reloading.edit("path = \"store.db\"", "path = \"other.db\"");
    signal(&reloading.running, "HUP");
    // The level of the log is one of the changes.
    reloading.logs("config reloaded");
    for part in ["schedule.interval: 1h -> 1s", "fetch.per_host: 16 -> 3", "log.level: warn -> info"] {
        reloading.logs(part);
    }
    reloading.logs("restart to apply changed keys");
    assert!(reloading.daemon.log().contains("/other.db\""), "{}", reloading.daemon.log());
    // The records are where they were.
    reloading.edit("path = \"other.db\"", "path = \"store.db\"");
    // The feed was due in an hour, and is polled every second now, with the new contact.
    reloading.publisher.publish(0);
    reloading.has_articles(2);
    let requests = reloading.publisher.requests();
    let last = requests["/feed/0/rss.xml"].last().unwrap().agent.clone();
    assert!(last.contains("mailto:desk@example.org"), "{last}");
    reloading.running.stop();
}

#[test]
fn a_faulty_config_changes_nothing_and_says_why() {
    let reloading = Reloading::start();
    reloading.edit("level = \"warn\"", "level = \"info\"");
    for (fault, message) in [
        ("[schedule]\nintervall = \"1s\"\n", "unknown key `intervall` in [schedule]; did you mean `interval`?"),
        ("[schedule]\nca_file = 1\n", "it belongs in [fetch]"),
    ] {
        reloading.edit("[schedule]\n", fault);
        let refused = reloading.ask("POST", "reload", &[], "");
        assert_eq!(refused.status, 422, "{refused:?}");
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("nothing was changed") && error.contains(message), "{error}");
        assert!(error.contains("dateline.toml:"), "{error}");
        reloading.edit(fault, "[schedule]\n");
    }
    // What only shows when it is built is found before anything applies.
    reloading.edit("per_host = 16", "per_host = 5\nca_file = \"/no/such.pem\"");
    signal(&reloading.running, "HUP");
    reloading.logs("keeping the previous config");
    reloading.logs("/no/such.pem");
    assert!(!reloading.daemon.log().contains("config reloaded"));
    reloading.edit("per_host = 5\nca_file = \"/no/such.pem\"", "per_host = 16");
    let report = reloading.ask("POST", "reload", &[], "").json();
    assert_eq!(keys(&report, "changed"), ["log.level: warn -> info"]);
    assert_eq!(report["feeds"], json!({ "added": 0, "removed": 0, "changed": 0 }));
    assert_eq!((&report["changed_feeds"], &report["more_feeds"]), (&json!([]), &json!(0)));
    reloading.running.stop();
}

#[test]
fn a_reload_names_the_feeds_that_changed() {
    let reloading = Reloading::start();
    reloading.edit("level = \"warn\"", "level = \"info\"");
    let list = reloading.daemon.folder.path().join("feeds.toml");
    let write = |text: &str| std::fs::write(&list, text).unwrap();
    let council = std::fs::read_to_string(&list).unwrap();
    let url = reloading.publisher.feed_url(1).replace("http://", "http://me:hunter2@");
    let second = format!("[[feed]]\nid = \"second\"\nurl = \"{url}\"\npaused = true\n");
    let feeds = |report: &Value| -> Vec<String> {
        let line = |feed: &Value| format!("{} {}: {}", feed["what"], feed["id"], keys(feed, "keys").join(", "));
        report["changed_feeds"].as_array().unwrap().iter().map(line).collect()
    };
    write(&format!("{council}interval = \"2h\"\nlabels = [\"town\"]\n\n{second}"));
    let report = reloading.ask("POST", "reload", &[], "").json();
    let public = reloading.publisher.feed_url(1);
    let added = format!("id: unset -> second, kind: unset -> feed, paused: unset -> true, url: unset -> {public}");
    let changed = "\"changed\" \"council\": interval: unset -> 2h, labels: [] -> [\"town\"]";
    assert_eq!(feeds(&report), [changed, &format!("\"added\" \"second\": {added}")]);
    assert_eq!(report["feeds"], json!({ "added": 1, "removed": 0, "changed": 1 }));
    // Another password is a change, but not shown.
    write(&format!("{council}\n{}", second.replace("hunter2", "hunter3")));
    let report = reloading.ask("POST", "reload", &[], "").json();
    assert_eq!(feeds(&report)[1], "\"changed\" \"second\": url: \u{2026} -> \u{2026}");
    // Of very many, the first are named.
    let many: String =
        (0..70).map(|n| format!("\n[[feed]]\nurl = \"http://127.0.0.1:9/{n}\"\npaused = true\n")).collect();
    write(&format!("{council}{many}"));
    let report = reloading.ask("POST", "reload", &[], "").json();
    assert_eq!((feeds(&report).len(), &report["more_feeds"]), (50, &json!(21)));
    write(&council);
    let report = reloading.ask("POST", "reload", &[], "").json();
    assert_eq!(report["feeds"], json!({ "added": 0, "removed": 70, "changed": 0 }));
    assert!(feeds(&report).iter().all(|feed| feed.starts_with("\"removed\"")), "{report}");
    let log = reloading.daemon.log();
    let part =
        "feeds.named=\"changed council (interval: unset -> 2h, labels: [] -> [\\\"town\\\"]); added second (id: ";
    assert!(log.contains(part) && !log.contains("hunter"), "{part}\n{log}");
    assert!(log.lines().all(|line| line.len() < 4_000), "{log}");
    reloading.running.stop();
}

#[test]
fn the_api_changes_what_is_at_a_url_and_which_links_of_a_page_count() {
    let reloading = Reloading::start();
    let list = reloading.daemon.folder.path().join("feeds.toml");
    let council = std::fs::read_to_string(&list).unwrap();
    let head = "[[feed]]\nid = \"second\"\nurl = \"http://127.0.0.1:9/isles\"\npaused = true\n";
    let (page, line) = ("kind = \"page\"\n", "select = { links = \"h3 a\", date = \"time\" }\n");
    let table = "\n[feed.select]\nlinks = \"h3 a\"\ndate = \"time\"\n";
    let select = json!({ "links": "h3 a", "date": "time" });
    for (written, change, wanted) in [
        ("", json!({ "kind": "page" }), Ok(page.to_owned())),
        ("", json!({ "kind": "page", "select": select }), Ok(format!("{page}{line}"))),
        (page, json!({ "select": select }), Ok(format!("{page}{line}"))),
        (
            &format!("{page}{table}"),
            json!({ "select": { "links": "p a" } }),
            Ok(format!("{page}select = {{ links = \"p a\" }}\n")),
        ),
        (&*format!("{page}{table}"), json!({ "select": null }), Ok(page.to_owned())),
        (&*format!("{page}{table}"), json!({ "kind": null, "select": null }), Ok(String::new())),
        (&*format!("{page}{line}"), json!({ "kind": "feed", "select": null }), Ok(String::new())),
        (&*format!("{page}{line}"), json!({ "kind": "feed" }), Err("add `kind = \"page\"`, or remove `select`")),
        ("", json!({ "select": select }), Err("add `kind = \"page\"`, or remove `select`")),
        (page, json!({ "select": { "date": "time" } }), Err("`select` needs `links`")),
        (page, json!({ "select": { "links": "h3 >" } }), Err("`h3 >` is not a CSS selector")),
        (page, json!({ "kind": "site" }), Err("unknown variant `site`")),
    ] {
        let before = format!("{council}\n{head}{written}");
        std::fs::write(&list, &before).unwrap();
        assert_eq!(reloading.ask("POST", "reload", &[], "").status, 200);
        let reply = reloading.ask("PATCH", "feeds/second", &[], &change.to_string());
        let after = std::fs::read_to_string(&list).unwrap();
        match wanted {
            Ok(wanted) => {
                assert_eq!((reply.status, after), (200, format!("{council}\n{head}{wanted}")), "{change}");
                let feed = reloading.ask("GET", "feeds/second", &[], "").json();
                let kind = if wanted.is_empty() { "feed" } else { "page" };
                assert_eq!((&feed["kind"], feed["select"].is_object()), (&json!(kind), wanted.contains("select")));
            }
            Err(message) => {
                let error = reply.json()["error"].as_str().unwrap().to_owned();
                assert!((400..=422).contains(&reply.status) && error.contains(message), "{change}: {reply:?}");
                assert_eq!(after, before, "{change}");
            }
        }
    }
    // What the list says of a feed is shown.
    let change = json!({ "private": true, "full_fetch": true, "pages": "never" }).to_string();
    let shown = reloading.ask("PATCH", "feeds/second", &[], &change).json();
    for (key, value) in [("private", json!(true)), ("full_fetch", json!(true)), ("own_pages", json!("never"))] {
        assert_eq!(shown[key], value, "{key}");
    }
    reloading.running.stop();
}

/// Returns the words of a shell command. Only single quotes are understood.
fn words(command: &str) -> Vec<String> {
    let words = command.split('\'').enumerate().flat_map(|(at, part)| {
        let is_quoted = !at.is_multiple_of(2);
        if is_quoted { vec![part] } else { part.split_whitespace().collect() }
    });
    words.map(str::to_owned).collect()
}

#[test]
fn the_documented_requests_change_the_list() {
    let reloading = Reloading::start();
    reloading.edit("level = \"warn\"", "level = \"info\"");
    assert_eq!(reloading.ask("POST", "reload", &[], "").status, 200);
    let docs = include_str!("../../docs/operations.md");
    let example = docs.split("tests/daemon/reload.rs runs this example. -->\n```sh\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap().replace("\\\n", " ");
    let example = example.replace("https://capital.example/rss", &reloading.publisher.feed_url(1));
    let mut statuses = Vec::new();
    for command in example.lines() {
        let words = words(command);
        let of = |option: &str| -> Vec<&str> {
            words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].as_str()).collect()
        };
        let path = words.iter().find_map(|word| word.strip_prefix("127.0.0.1:8080")).unwrap();
        let headers: Vec<(&str, &str)> = of("-H").iter().map(|header| header.split_once(": ").unwrap()).collect();
        statuses.push(ask(&reloading.server, of("-X")[0], path, &headers, of("-d")[0]).status);
    }
    assert_eq!(statuses, [201, 200], "{example}");
    let feed = reloading.ask("GET", "feeds/capital", &[], "").json();
    assert_eq!((&feed["labels"], &feed["url"]), (&json!(["politics"]), &json!(reloading.publisher.feed_url(1))));
    // The audit line is as documented.
    let line = docs.split("`feed changed who=\"token from 192.0.2.7\" ").nth(1).unwrap().split('`').next().unwrap();
    let log = reloading.daemon.log();
    assert!(
        log.lines().any(|written| written.contains("feed changed who=") && written.contains(line)),
        "{line}\n{log}"
    );
    reloading.running.stop();
}

#[test]
fn the_api_changes_feeds_and_the_log_says_who_changed_what() {
    let reloading = Reloading::start();
    reloading.edit("level = \"warn\"", "level = \"info\"");
    reloading.edit("[serve]\n", "[serve]\ntoken = \"a-token-nobody-guesses\"\n");
    let report = reloading.ask("POST", "reload", &[], "").json();
    assert_eq!(keys(&report, "changed"), ["log.level: warn -> info", "serve.token: unset -> \u{2026}"]);
    assert_eq!(keys(&report, "after_restart"), [""; 0]);
    // From now on, changes need the token.
    assert_eq!(reloading.ask("POST", "reload", &[], "").status, 401);
    let token = [("authorization", "Bearer a-token-nobody-guesses")];
    let url = reloading.publisher.feed_url(1).replace("http://", "http://me:hunter2@");
    let new =
        json!({ "id": "second", "url": url, "labels": ["politics"], "pages": "never", "paused": true }).to_string();
    assert_eq!(reloading.ask("POST", "feeds", &token, &new).status, 201);
    let list = || std::fs::read_to_string(reloading.daemon.folder.path().join("feeds.toml")).unwrap();
    assert!(list().ends_with("labels = [\"politics\"]\npages = \"never\"\npaused = true\n"), "{}", list());
    for (private, has) in [(true, true), (false, false)] {
        let change = json!({ "private": private, "paused": null, "pages": null }).to_string();
        let changed = reloading.ask("PATCH", "feeds/second", &token, &change);
        assert_eq!((changed.status, changed.json()["paused"].as_bool()), (200, Some(false)), "{changed:?}");
        assert_eq!(list().contains("private = true"), has, "{}", list());
    }
    let change = json!({ "labels": ["politics", "de"], "interval": "5m", "title": "Second" }).to_string();
    let changed = reloading.ask("PATCH", "feeds/second", &token, &change).json();
    assert_eq!((&changed["labels"], &changed["own_interval"]), (&json!(["politics", "de"]), &json!("5m")));
    let unset = json!({ "interval": null, "labels": [] }).to_string();
    let changed = reloading.ask("PATCH", "feeds/second", &token, &unset).json();
    assert_eq!(
        (&changed["labels"], &changed["own_interval"], &changed["title"]),
        (&json!([]), &json!(null), &json!("Second"))
    );
    for (id, body, status, message) in [
        ("second", json!({ "labels": ["a", "A"] }), 400, "the label `A` repeats `a`"),
        ("second", json!({ "interval": "often" }), 400, "is not a duration"),
        ("second", json!({ "pages": "some" }), 400, "pages: unknown variant"),
        ("second", json!({ "label": ["a"] }), 400, "unknown field `label`"),
        ("second", json!({}), 400, "names no key to change"),
        ("second", json!({ "url": reloading.publisher.feed_url(0) }), 409, "is listed already, as `council`"),
        ("third", json!({ "labels": [] }), 404, "no feed has the id `third`"),
    ] {
        let refused = reloading.ask("PATCH", &format!("feeds/{id}"), &token, &body.to_string());
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        let is_right = (refused.status == status || status == 400 && refused.status == 422) && error.contains(message);
        assert!(is_right, "{body}: {} {error}", refused.status);
    }
    assert_eq!(reloading.ask("DELETE", "feeds/second", &token, "").status, 204);
    let log = reloading.daemon.log();
    for part in [
        "feed added who=\"token from 127.0.0.1\" feed=\"second\"",
        "labels: [\\\"politics\\\"] -> [\\\"politics\\\",\\\"de\\\"]",
        "interval: 5m -> unset",
        "feed removed who=\"token from 127.0.0.1\" feed=\"second\"",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
    assert!(!log.contains("a-token-nobody-guesses") && !log.contains("hunter2"), "{log}");
    reloading.running.stop();
}
