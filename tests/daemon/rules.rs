//! Keep and block rules: the example of docs/rules.md, the sum of a poll, dry runs, and changed rules that are applied to
//! blocked entries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use test_support::daemon::{Daemon, signal, stderr};
use test_support::http::ask;
use test_support::server::Server;
use test_support::{repository, text};

/// A site with one feed, which counts the requests for its pages.
struct Site {
    server: Server,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    pages: HashMap<String, String>,
    items: Vec<String>,
    /// Guids of deleted entries.
    deleted: Vec<String>,
    asked: Vec<String>,
}

impl Site {
    fn start() -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let state = Arc::clone(&shared);
        let server = Server::start(|_| Router::new().route("/{*path}", get(answer)).with_state(state));
        Self { server, shared }
    }

    /// Publishes an entry with a page that has this paragraph.
    fn publish(&self, name: &str, title: &str, more: &str, paragraph: &str) {
        let mut shared = self.shared.lock().unwrap();
        let item = format!(
            "<item><title>{title}</title><link>{}/{name}</link><guid isPermaLink=\"false\">{name}</guid>{more}\
             <description>Read on.</description></item>",
            self.server.base
        );
        shared.items.insert(0, item);
        let filler =
            "<p>The council of Varholm met on Tuesday evening in the old town hall, and the harbour was full.</p>";
        let page = format!(
            "<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{paragraph}</p>{filler}{filler}</article></body></html>"
        );
        shared.pages.insert(name.into(), page);
    }

    /// Returns how often a page was asked for.
    fn asked(&self, name: &str) -> usize {
        self.shared.lock().unwrap().asked.iter().filter(|asked| *asked == name).count()
    }

    fn feed_list(&self) -> String {
        format!("[[feed]]\nid = \"isles\"\nurl = \"{}/feed.xml\"\n", self.server.base)
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, Path(path): Path<String>) -> Response {
    let mut shared = shared.lock().unwrap();
    if path == "feed.xml" {
        let items = shared.items.concat();
        let deleted = |guid: &String| format!("<at:deleted-entry ref=\"{guid}\" when=\"2026-01-01T00:00:00Z\"/>");
        let deleted: String = shared.deleted.iter().map(deleted).collect();
        let body = format!(
            "<rss version=\"2.0\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><channel><title>Isles</title>{items}{deleted}</channel></rss>"
        );
        return ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response();
    }
    shared.asked.push(path.clone());
    let Some(page) = shared.pages.get(&path).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// Returns the example of the documentation.
fn example() -> String {
    let page = std::fs::read_to_string(repository("docs/rules.md")).unwrap();
    page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

fn headlines(daemon: &Daemon) -> Vec<String> {
    let mut headlines: Vec<String> =
        daemon.tail("articles").iter().map(|record| text(&record["value"]["headline"])).collect();
    headlines.sort();
    headlines
}

#[track_caller]
fn run(daemon: &Daemon, args: &[&str]) -> String {
    let output = daemon.output(args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

const SEA: &str = "<category>Sea</category>";
const SPORT: &str = "<category>Sea</category><category>Sport</category>";

/// Publishes an entry for each case of the example.
fn publish(site: &Site) {
    site.publish("ferry", "Ferry stays in harbour", SEA, "Its crankshaft is broken.");
    site.publish("horoscope", "Your HOROSCOPE for the ferry", SEA, "Stars.");
    site.publish("race", "Live: the ferry race", SPORT, "A race.");
    site.publish("anna", "Live: the harbour race", &format!("{SPORT}<author>Anna Lindqvist</author>"), "A race too.");
    site.publish("advert", "A ferry to the isles", SEA, "This is sponsored content of a shipping line.");
    site.publish("opera", "Opera opens", "<category>Culture</category>", "Singers.");
}

#[test]
fn the_example_decides_before_pages_are_fetched_and_every_entry_has_an_outcome() {
    let site = Site::start();
    publish(&site);
    let daemon = Daemon::new(&site.feed_list(), &example());
    daemon.once();
    let published = ["Ferry stays in harbour", "the harbour race"];
    assert_eq!(headlines(&daemon), published);
    let asked = ["ferry", "horoscope", "race", "anna", "advert", "opera"].map(|name| site.asked(name));
    assert_eq!(asked, [1, 0, 0, 1, 1, 0], "only what the text decides about was asked for");
    let explained = run(&daemon, &["feeds", "explain", "isles"]);
    contains(
        &explained,
        &[
            "entries  6 shown: 2 new, 4 blocked",
            "block no-horoscopes (title: \u{201c}horoscope\u{201d}, \u{201c}lottery numbers\u{201d}): 1 blocked, last",
            "block no-live-sport (title: /^Live: /; category: \u{201c}sport\u{201d}; not (author: \u{201c}Anna Lindqvist\u{201d})): 1 blocked",
            "block no-adverts (text: \u{201c}sponsored content\u{201d}): 1 blocked",
            "keep only-sea (title: \u{201c}ferry\u{201d}, \u{201c}harbour\u{201d}; category: \u{201c}sea\u{201d}): 2 kept",
            "no keep rule: 1 blocked",
            "\"Opera opens\" by no keep rule",
            "4 blocked entries",
        ],
    );

    // The next poll, in another process, decides about the new entry only.
    site.publish("quay", "Harbour gets a quay", SEA, "It is long.");
    daemon.once();
    assert_eq!(headlines(&daemon).len(), 3);
    contains(&run(&daemon, &["feeds", "explain", "isles"]), &["7 shown: 1 new, 2 unchanged, 4 blocked"]);
    assert_eq!(site.asked("advert"), 1, "it is remembered");

    let tested = run(&daemon, &["feeds", "rules", "test"]);
    contains(
        &tested,
        &[
            "3 articles: 3 kept, 0 blocked\n",
            // The text of the advert was on its page.
            "4 blocked entries: 0 kept, 3 blocked, 1 undecided until their pages are read\n",
            " keep       3  only-sea\n",
            "block       1  no-horoscopes\n               isles: Your HOROSCOPE for the ferry\n",
            "block       0  no-adverts\n",
            "block       1  no keep rule\n",
        ],
    );
    let other = daemon.folder.path().join("other.toml");
    std::fs::write(&other, "[[rule]]\nid = \"quays\"\naction = \"block\"\ntext = \"crankshaft\"\n").unwrap();
    let tested = run(&daemon, &["feeds", "rules", "test", "--json", "--rules", other.to_str().unwrap()]);
    let tested: Vec<Value> = tested.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let blocked: Vec<&Value> = tested.iter().filter(|entry| entry["decision"] == "blocked").collect();
    assert_eq!((tested.len(), blocked.len()), (7, 1));
    assert_eq!((&blocked[0]["title"], &blocked[0]["rule"]), (&"Ferry stays in harbour".into(), &"quays".into()));
}

/// Returns a daemon with these rules whose pages are on a free port.
fn served(site: &Site, rules: &str) -> (Daemon, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n\n{rules}"
    );
    let daemon = Daemon::new(&site.feed_list(), &serve);
    (daemon, format!("127.0.0.1:{port}"))
}

fn rewrite(daemon: &Daemon, before: &str, after: &str) {
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    assert!(config.contains(before));
    std::fs::write(daemon.config(), config.replace(before, after)).unwrap();
}

const HOROSCOPES: &str = "[[rule]]\nid = \"no-horoscopes\"\naction = \"block\"\ntitle = \"horoscope\"\n";
const ADVERTS: &str = "[[rule]]\nid = \"no-adverts\"\naction = \"block\"\ntext = \"sponsored content\"\n";

#[test]
fn changed_rules_are_reloaded_and_applied_to_blocked_entries_once() {
    let site = Site::start();
    publish(&site);
    let (daemon, server) = served(&site, &format!("{HOROSCOPES}\n{ADVERTS}"));
    let running = daemon.start(&[]);
    daemon.wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|records| records.len() == 4));
    // Nothing changed: nothing is let in, except what a page may decide, which is blocked again.
    let applied = run(&daemon, &["feeds", "rules", "apply"]);
    assert_eq!(applied, "1 of 2 blocked entries are let in; feeds: 1\n");
    daemon.wait_until("the advert is read again", || site.asked("advert") == 2);

    // The feed no longer shows the horoscope.
    site.shared.lock().unwrap().items.retain(|item| !item.contains("HOROSCOPE"));
    rewrite(&daemon, HOROSCOPES, "");
    signal(&running, "HUP");
    let rules = || ask(&server, "GET", "/api/v1/rules", &[], "").json()["rules"].as_array().map_or(0, Vec::len);
    daemon.wait_until("the reload", || rules() == 1);
    site.publish("stars", "Another horoscope", SEA, "Stars and a ferry.");
    daemon.wait_until("what the rule blocked before", || headlines(&daemon).contains(&"Another horoscope".into()));
    assert!(!headlines(&daemon).contains(&"Your HOROSCOPE for the ferry".into()), "a reload alone lets nothing in");
    run(&daemon, &["feeds", "rules", "apply"]);
    daemon.wait_until("the horoscope", || headlines(&daemon).contains(&"Your HOROSCOPE for the ferry".into()));
    // An article that is let in is fetched like any other.
    assert_eq!(site.asked("horoscope"), 1);
    let left = || run(&daemon, &["feeds", "rules", "apply"]).contains(" of 1 blocked entries");
    daemon.wait_until("only the advert is kept", left);
    running.stop();
    daemon.once();
    assert_eq!(headlines(&daemon).iter().filter(|headline| headline.contains("HOROSCOPE")).count(), 1);
    let state = daemon.tail("feed-state");
    let is_kept =
        |record: &&Value| record["key"].as_str().unwrap().starts_with("isles/b/") && !record["value"].is_null();
    assert_eq!(state.iter().filter(is_kept).count(), 1, "what was kept of the horoscope is removed");
    assert!(!headlines(&daemon).contains(&"A ferry to the isles".into()));
}

#[test]
fn entries_that_are_let_in_are_published_once_whatever_crashes() {
    let site = Site::start();
    for n in 0..30 {
        site.publish(&format!("n{n}"), &format!("Horoscope {n}"), SEA, &format!("Star {n} is rising."));
    }
    let (daemon, _) = served(&site, HOROSCOPES);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), 0);
    rewrite(&daemon, HOROSCOPES, "");
    for kill_at in [1, 8, 30] {
        let running = daemon.start(&[]);
        let ready = || daemon.output(&["feeds", "rules", "apply"]).status.success();
        daemon.wait_until("the daemon answers", ready);
        daemon.wait_until("some are let in", || daemon.tail("articles").len() >= kill_at);
        running.crash();
    }
    let mut all = headlines(&daemon);
    all.dedup();
    assert_eq!((all.len(), daemon.tail("articles").len()), (30, 30));
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), 30);
}

#[test]
fn only_the_newest_blocked_entries_are_kept_whole() {
    let site = Site::start();
    for n in 0..9 {
        site.publish(&format!("n{n}"), &format!("Horoscope {n}"), SEA, "Stars.");
    }
    let daemon = Daemon::new(&site.feed_list(), &format!("[rules]\nmax_blocked = 4\n\n{HOROSCOPES}"));
    daemon.once();
    contains(&run(&daemon, &["feeds", "rules", "test"]), &["4 blocked entries: 0 kept, 4 blocked"]);
    contains(
        &run(&daemon, &["feeds", "explain", "isles"]),
        &["9 shown: 9 blocked", "no-horoscopes (title: \u{201c}horoscope\u{201d}): 9 blocked"],
    );
    daemon.once();
    contains(&run(&daemon, &["feeds", "explain", "isles"]), &["9 blocked, last"]);
}

#[test]
fn a_feed_has_rules_of_its_own_and_an_article_that_was_published_stays() {
    let site = Site::start();
    site.publish("ferry", "Ferry stays in harbour", SEA, "Its crankshaft is broken.");
    site.publish("opera", "Opera opens", "", "Singers.");
    let list =
        format!("{}\n[[feed.rule]]\nid = \"no-opera\"\naction = \"block\"\ntitle = \"opera\"\n", site.feed_list());
    let daemon = Daemon::new(&list, "");
    daemon.once();
    assert_eq!(headlines(&daemon), ["Ferry stays in harbour"]);
    contains(
        &run(&daemon, &["feeds", "explain", "isles"]),
        &["block isles/no-opera (title: \u{201c}opera\u{201d}): 1 blocked"],
    );
    // A new form of the article's entry is blocked: no revision, no withdrawal.
    let changed = |item: &mut String| *item = item.replace("Ferry stays in harbour", "A ferry for the opera");
    site.shared.lock().unwrap().items.iter_mut().for_each(changed);
    daemon.once();
    assert_eq!(headlines(&daemon), ["Ferry stays in harbour"]);
    contains(&run(&daemon, &["feeds", "explain", "isles"]), &["2 shown: 2 blocked", "2 blocked, last"]);
}

#[test]
fn rules_are_changed_through_the_api() {
    let site = Site::start();
    publish(&site);
    let (daemon, server) = served(&site, &format!("# The only rule.\n{ADVERTS}"));
    let config = || std::fs::read_to_string(daemon.config()).unwrap();
    let before = config().replace("\"warn\"", "\"info\"");
    std::fs::write(daemon.config(), &before).unwrap();
    let running = daemon.start(&[]);
    daemon.wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|records| records.len() == 5));
    let send = |method: &str, path: &str, body: &str| {
        let headers = [("x-dateline", "1"), ("content-type", "application/json")];
        ask(&server, method, &format!("/api/v1{path}"), &headers, body)
    };
    // The answer to the rule comes once it applies, and the entries that follow obey it.
    let rule = r#"{"action": "block", "title": ["opera", {"regex": "^Live: "}]}"#;
    assert_eq!(send("PUT", "/rules/no-opera", rule).status, 204);
    assert_eq!(
        config(),
        format!(
            "{before}\n[[rule]]\nid = \"no-opera\"\naction = \"block\"\ntitle = [\"opera\", {{ regex = \"^Live: \" }}]\n"
        )
    );
    site.publish("aida", "A night at the opera", SEA, "Singers.");
    let of_feed = r#"{"action": "block", "url": ["/ballet"]}"#;
    assert_eq!(send("PUT", "/feeds/isles/rules/no-ballet", of_feed).status, 204);
    site.publish("ballet", "Swans dance", SEA, "Dancers.");
    let blocked = |name: &str| {
        let rules = send("GET", "/rules", "").json();
        let mut rules = rules["rules"].as_array().unwrap().iter().cloned();
        rules.find(|rule| rule["rule"] == *name).map(|rule| (rule["blocked"].clone(), rule["definition"].clone()))
    };
    let definition = serde_json::json!({"id": "no-opera", "action": "block", "title": ["opera", {"regex": "^Live: "}]});
    daemon.wait_until("the opera is blocked", || blocked("no-opera") == Some((1.into(), definition.clone())));
    daemon.wait_until("the ballet is blocked", || blocked("isles/no-ballet").is_some_and(|(count, _)| count == 1));
    // What is wrong is answered, and changes nothing.
    let written = config();
    for (path, body, status, message) in [
        (
            "/rules/a",
            r#"{"action": "block", "titel": ["x"]}"#,
            400,
            "unknown key `titel` in a rule; did you mean `title`?",
        ),
        ("/rules/a", r#"{"action": "block", "title": [{"regex": "(("}]}"#, 400, "`title` value"),
        ("/rules/a%20b", r#"{"action": "block", "title": ["x"]}"#, 400, "`id` must be 1 to 80 letters"),
        ("/feeds/none/rules/a", of_feed, 404, "no feed has the id `none`"),
    ] {
        let reply = send("PUT", path, body);
        assert_eq!(reply.status, status, "{path} {body}");
        assert!(reply.json()["error"].as_str().unwrap().contains(message), "{}", reply.body);
    }
    assert_eq!(send("DELETE", "/rules/no-such", "").status, 404);
    assert_eq!(send("DELETE", "/feeds/isles/rules/no-such", "").status, 404);
    assert_eq!(ask(&server, "PUT", "/api/v1/rules/a", &[("content-type", "application/json")], rule).status, 403);
    assert_eq!(config(), written);
    assert_eq!(send("DELETE", "/rules/no-opera", "").status, 204);
    assert_eq!(send("DELETE", "/feeds/isles/rules/no-ballet", "").status, 204);
    assert_eq!(config(), before);
    let list = std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap();
    assert_eq!(list, site.feed_list());
    run(&daemon, &["feeds", "rules", "apply"]);
    daemon.wait_until("both are let in", || {
        let published = headlines(&daemon);
        ["A night at the opera", "Swans dance"].iter().all(|title| published.contains(&(*title).to_owned()))
    });
    running.stop();
    let log = daemon.log();
    for line in ["rule set", "rule removed"] {
        for rule in ["no-opera", "isles/no-ballet"] {
            let is_audited = |logged: &str| logged.contains(line) && logged.contains(&format!("rule=\"{rule}\""));
            assert!(log.lines().any(is_audited), "{line} {rule}\n{log}");
        }
    }
}

#[test]
fn a_rule_for_a_label_applies_to_the_feeds_that_have_it() {
    let site = Site::start();
    site.publish("opera", "Opera opens", "", "Singers.");
    // The same entry in three feeds; the names of folders are labels too.
    let feed = |id: &str, of: &str| {
        let url = format!("{}/feed.xml?{id}", site.server.base);
        format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\n{of}\n")
    };
    let list = [feed("a", "labels = [\"Stage\"]\n"), feed("b", "folder = \"World / stage\"\n"), feed("c", "")].concat();
    let rule = "[[rule]]\nid = \"no-opera\"\naction = \"block\"\nlabels = [\"stage\"]\ntitle = \"opera\"\n";
    let daemon = Daemon::new(&list, rule);
    daemon.once();
    assert_eq!(headlines(&daemon), ["Opera opens"]);
    assert_eq!(daemon.tail("articles")[0]["value"]["feed"]["id"], "c");
    for blocked in ["a", "b"] {
        contains(&run(&daemon, &["feeds", "explain", blocked]), &["1 shown: 1 blocked", "block no-opera"]);
    }
    assert!(!run(&daemon, &["feeds", "explain", "c"]).contains("no-opera"), "it does not apply");
}

#[test]
fn a_deleted_entry_is_not_let_in() {
    let site = Site::start();
    for name in ["first", "second"] {
        site.publish(name, &format!("Horoscope {name}"), SEA, "Stars.");
    }
    let (daemon, _) = served(&site, HOROSCOPES);
    daemon.once();
    {
        let mut shared = site.shared.lock().unwrap();
        shared.items.retain(|item| !item.contains("first"));
        shared.deleted.push("first".into());
    }
    daemon.once();
    rewrite(&daemon, HOROSCOPES, "");
    let running = daemon.start(&[]);
    daemon.wait_until("the second is let in", || {
        daemon.output(&["feeds", "rules", "apply"]).status.success() && !headlines(&daemon).is_empty()
    });
    running.stop();
    assert_eq!(headlines(&daemon), ["Horoscope second"]);
}

#[test]
fn faulty_patterns_are_reported_with_their_place() {
    let daemon = Daemon::new("", "[[rule]]\naction = \"block\"\ntitle = [\"a\", { regex = '(i?)promo' }]\n");
    let output = daemon.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    contains(&stderr(&output), &["dateline.toml:15:26: `title` value /(i?)promo/ begins with `(i?)`", "leave it out"]);
}

#[test]
fn each_condition_decides_as_soon_as_it_can() {
    let site = Site::start();
    let ago = |hours: i64| {
        let at = chrono::Utc::now() - chrono::TimeDelta::hours(hours);
        format!("<pubDate>{}</pubDate>", at.to_rfc2822())
    };
    site.publish("sport/cup", "Cup final", &ago(48), "A cup.");
    site.publish("old", "Old news", &ago(24 * 40), "Old.");
    site.publish("new", "New news", &ago(0), "New.");
    site.publish("german", "Langes Warten", &ago(48), "");
    site.publish("long", "Long list of ships", &ago(48), &"The next ship of the fleet enters the harbour. ".repeat(40));
    site.publish("short", "Short of words", &ago(48), "");
    site.publish("ferry", "Ferry stays in harbour", &ago(48), "Its crankshaft is broken.");
    site.publish("undated", "Undated news", "", "Nobody knows when the quay was built.");
    let german = "<p>Die Reparatur der alten Schleuse dauert länger, als die Stadt es im Frühjahr versprochen hatte.</p>\
                  <p>Die Schiffe müssen deshalb noch bis zum Ende des Monats vor dem Hafen warten.</p>";
    let page = |lang: &str, text: &str| format!("<html lang={lang}><body><article>{text}</article></body></html>");
    site.shared
        .lock()
        .unwrap()
        .pages
        .extend([("german".into(), page("de", german)), ("short".into(), page("en", "<p>Fog.</p>"))]);
    let conditions = [
        ("url", "url = \"/sport/\"", "url: \u{201c}/sport/\u{201d}"),
        ("language", "language = \"de\"", "language: de"),
        ("old", "older_than = \"30d\"", "older than 30d"),
        ("new", "newer_than = \"1h\"", "newer than 1h"),
        ("long", "min_words = 200", "at least 200 words"),
        ("short", "max_words = 10", "at most 10 words"),
    ];
    let rules = conditions.map(|(id, written, _)| format!("[[rule]]\nid = \"{id}\"\naction = \"block\"\n{written}\n"));
    let daemon = Daemon::new(&site.feed_list(), &rules.concat());
    daemon.once();
    assert_eq!(headlines(&daemon), ["Ferry stays in harbour", "Undated news"]);
    let asked = ["sport/cup", "old", "new", "german", "long", "short", "ferry", "undated"].map(|name| site.asked(name));
    assert_eq!(asked, [0, 0, 0, 1, 1, 1, 1, 1], "only what the article decides about was asked for");
    let explained = run(&daemon, &["feeds", "explain", "isles"]);
    contains(&explained, &["entries  8 shown: 2 new, 6 blocked"]);
    for (id, _, words) in conditions {
        contains(&explained, &[&format!("block {id} ({words}): 1 blocked, last")]);
    }
}

#[test]
fn a_rule_that_never_matches_is_reported_once() {
    let site = Site::start();
    publish(&site);
    let unmatched = "[[rule]]\nid = \"no-unicorns\"\naction = \"block\"\ntitle = \"unicorn\"\n";
    let (daemon, server) = served(&site, &format!("[rules]\nunmatched_after = \"1s\"\n\n{unmatched}"));
    let running = daemon.start(&[]);
    let is_unmatched = || {
        let rules = ask(&server, "GET", "/api/v1/rules", &[], "").json();
        rules["rules"][0]["rule"] == "no-unicorns" && rules["rules"][0]["unmatched"] == true
    };
    daemon.wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|records| records.len() == 6));
    daemon.wait_until("the mark", is_unmatched);
    let times = || daemon.log().matches("rules have not decided about any entry for long").count();
    daemon.wait_until("the log", || times() == 1);
    let metrics = ask(&server, "GET", "/metrics", &[], "").body;
    contains(&metrics, &["dateline_rules{state=\"unmatched\"} 1\n", "dateline_rules{state=\"matched\"} 0\n"]);
    contains(&daemon.log(), &["no-unicorns", "silent_for=\"1s\""]);
    // The daemon looks at its rules again when it stops.
    running.stop();
    assert_eq!(times(), 1);
}
