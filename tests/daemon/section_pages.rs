//! Section pages that are read as feeds (`kind = "page"`, docs/pages-as-feeds.md).

use std::collections::BTreeSet;
use std::process::Output;

use serde_json::Value;
use test_support::daemon::{Daemon, run, stderr};
use test_support::section_page::{Layout, SHOWN, SectionPage};
use test_support::{repository, text};

/// Returns the feed lists of the page of documentation, for this site: a plain page, and one with selectors.
fn examples(site: &SectionPage) -> [String; 2] {
    let page = std::fs::read_to_string(repository("docs/pages-as-feeds.md")).unwrap();
    [1, 2].map(|at| {
        let block = page.split("```toml\n").nth(at).unwrap().split("```").next().unwrap();
        block.replace("https://www.harbourgazette.example", &site.server.base)
    })
}

/// Returns a daemon with the first feed list of the documentation.
fn daemon(site: &SectionPage, more: &str) -> Daemon {
    let [list, _] = examples(site);
    assert!(list.contains("kind = \"page\"") && list.contains(&site.url()), "{list}");
    Daemon::new(&format!("{list}{more}\n"), "")
}

/// Runs the daemon once; if no feed can be read, it ends with a status of its own.
fn fail_once(daemon: &Daemon) {
    assert_eq!(daemon.start(&["--once"]).wait().unwrap().code(), Some(1), "{}", daemon.log());
}

fn events(daemon: &Daemon) -> Vec<String> {
    daemon.tail("feed-events").iter().map(|record| text(&record["value"]["event"])).collect()
}

fn published(daemon: &Daemon) -> Vec<Value> {
    daemon.tail("articles").into_iter().map(|record| record["value"].clone()).collect()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_section_page_is_read_like_a_feed() {
    let site = SectionPage::start(30);
    let daemon = daemon(&site, "");
    daemon.once();
    let articles = published(&daemon);
    assert_eq!(articles.len(), SHOWN);
    for article in &articles {
        let url = text(&article["url"]);
        assert!(url.starts_with(&format!("{}/isles/2026/05/ferry-", site.server.base)), "{url}");
        assert_eq!((&article["guid"], &article["link"]), (&article["url"], &article["url"]));
        assert_eq!(article["content_source"], "page");
        assert!(text(&article["text"]).contains("The cook of the ferry"));
        assert_eq!(article["published"].as_str().unwrap().split('T').next(), Some(&*site.day()));
        assert_eq!(
            (&article["sources"]["published"], &article["sources"]["summary"]),
            (&"section_page".into(), &"section_page".into())
        );
    }
    assert_eq!(events(&daemon), ["added"]);

    // An unchanged page is not sent again.
    daemon.once();
    assert_eq!(site.polls(), (2, 1));

    // Only what is new is published; what leaves the page, or gets another summary there, stays as it is.
    site.publish(2);
    site.rewrite("hopeful");
    daemon.once();
    let later = published(&daemon);
    assert_eq!(later.len(), SHOWN + 2);
    assert!(later.iter().all(|article| article["pubstatus"] == "usable" && article["revision"] == 1));
    assert_eq!(events(&daemon), ["added"]);

    let explained = said(&daemon.output(&["feeds", "explain", "harbour-gazette-isles"]));
    for line in
        ["kind  page, its links found by themselves", "links  12 links to articles found, usually 12", "12 shown"]
    {
        assert!(explained.contains(line), "{line}\nis not in\n{explained}");
    }
}

#[test]
fn a_lost_list_is_reported_once_and_its_return_too() {
    let site = SectionPage::start(30);
    let daemon = daemon(&site, "");
    daemon.once();
    for (layout, new, wanted) in [
        (Layout::One, 0, &["added", "degraded"][..]),
        (Layout::Empty, 0, &["added", "degraded"]),
        (Layout::Empty, 1, &["added", "degraded"]),
        (Layout::Cards, 1, &["added", "degraded", "recovered"]),
    ] {
        site.lay_out(layout);
        site.publish(new);
        daemon.once();
        assert_eq!(events(&daemon), wanted, "{layout:?}");
        let listed = said(&daemon.output(&["feeds", "explain", "harbour-gazette-isles"]));
        assert_eq!(listed.contains("health  degraded"), layout != Layout::Cards, "{listed}");
    }
    let events = daemon.tail("feed-events");
    let reason = text(&events[1]["value"]["reason"]);
    assert!(reason.ends_with("1 links to articles found, usually 12"), "{reason}");
    assert_eq!(events[1]["headers"]["ce_type"], "dateline.feed.degraded");
    // Nothing was forgotten: the articles of before are not published again.
    let urls: BTreeSet<String> = published(&daemon).iter().map(|article| text(&article["url"])).collect();
    assert_eq!((published(&daemon).len(), urls.len()), (SHOWN + 2, SHOWN + 2));
}

#[test]
fn missed_articles_are_taken_from_the_older_pages() {
    let site = SectionPage::start(30);
    let daemon = daemon(&site, "");
    daemon.once();
    site.publish(SHOWN + 5);
    daemon.once();
    assert_eq!(events(&daemon), ["added", "gap"]);
    assert_eq!(published(&daemon).len(), SHOWN + SHOWN + 5);
    let event = &daemon.tail("feed-events")[1]["value"]["reason"];
    assert!(text(event).ends_with(" entries were taken from older pages, nothing is missed any more"), "{event}");
}

#[test]
fn a_page_without_a_list_fails_and_says_what_to_write() {
    let site = SectionPage::start(30);
    site.lay_out(Layout::Empty);
    let daemon = daemon(&site, "");
    fail_once(&daemon);
    assert_eq!(published(&daemon).len(), 0);
    let dead = daemon.tail("dead-letters");
    let error = text(&dead[0]["value"]["error"]);
    assert!(error.contains("no list of links to articles was found on this page; name the links"), "{error}");
    let explained = said(&daemon.output(&["feeds", "explain", "harbour-gazette-isles"]));
    assert!(explained.contains("health  unusable"), "{explained}");
}

#[test]
fn the_documented_selectors_choose_links_dates_and_summaries() {
    let site = SectionPage::start(30);
    let [_, list] = examples(&site);
    let daemon = Daemon::new(&list, "");
    daemon.once();
    let articles = published(&daemon);
    assert_eq!(articles.len(), SHOWN);
    for article in &articles {
        assert!(text(&article["summary"]).starts_with("The owner of ferry"), "{article}");
        assert_eq!(article["published"].as_str().unwrap().split('T').next(), Some(&*site.day()));
    }
    let id = text(&articles[0]["feed"]["id"]);
    let explained = said(&daemon.output(&["feeds", "explain", &id]));
    let kind = "page, read by selectors: links `.card--story h3 a`, date `time`, summary `.card__text`";
    assert!(explained.contains(kind), "{explained}");
}

#[test]
fn selectors_choose_the_links_and_a_change_of_them_is_applied() {
    let site = SectionPage::start(30);
    let daemon = daemon(&site, "select = { links = \"aside li\" }");
    daemon.once();
    let articles = published(&daemon);
    let mut headlines: Vec<String> = articles.iter().map(|article| text(&article["headline"])).collect();
    headlines.sort();
    assert_eq!(headlines, ["Man rows to Norway by mistake", "Why gulls steal only from tourists"]);
    // The page is the same, but it must be read again.
    let list = daemon.folder.path().join("feeds.toml");
    let changed = std::fs::read_to_string(&list).unwrap().replace("aside li", ".card h3");
    std::fs::write(&list, changed).unwrap();
    daemon.once();
    assert_eq!(published(&daemon).len(), 2 + SHOWN);
    assert_eq!(site.polls(), (2, 0));
    let wrong = std::fs::read_to_string(&list).unwrap().replace(".card h3", ".card h3 >");
    std::fs::write(&list, wrong).unwrap();
    let output = daemon.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let line = std::fs::read_to_string(&list).unwrap().lines().position(|line| line.starts_with("select")).unwrap() + 1;
    let error = stderr(&output);
    assert!(
        error.contains(&format!("feeds.toml:{line}:12: `select.links`: `.card h3 >` is not a CSS selector")),
        "{error}"
    );
}

#[test]
fn a_page_that_becomes_a_feed_and_a_page_again_misses_nothing() {
    let site = SectionPage::start(30);
    let daemon = daemon(&site, "");
    daemon.once();
    let list = daemon.folder.path().join("feeds.toml");
    let (as_page, kind) = (std::fs::read_to_string(&list).unwrap(), "kind = \"page\"\n");
    let gaps = || events(&daemon).iter().filter(|event| *event == "gap").count();
    // The poll in between fails.
    std::fs::write(&list, as_page.replace(kind, "")).unwrap();
    fail_once(&daemon);
    site.lay_out(Layout::Feed);
    daemon.once();
    assert_eq!((published(&daemon).len(), gaps()), (2 * SHOWN, 0), "{:?}", events(&daemon));
    std::fs::write(&list, as_page).unwrap();
    site.lay_out(Layout::Empty);
    fail_once(&daemon);
    site.lay_out(Layout::Cards);
    site.publish(3 * SHOWN);
    daemon.once();
    assert_eq!((published(&daemon).len(), gaps()), (3 * SHOWN, 0), "{:?}", events(&daemon));
    // From then on, what was not read is missed again.
    site.publish(SHOWN + 5);
    daemon.once();
    assert_eq!(gaps(), 1, "{:?}", events(&daemon));
}

#[test]
fn a_section_page_is_requested_only_as_robots_txt_allows() {
    let site = SectionPage::start(30);
    site.forbid("User-agent: *\nDisallow: /isles\n");
    let daemon = daemon(&site, "");
    fail_once(&daemon);
    assert_eq!((site.polls().0, published(&daemon).len()), (0, 0));
    assert_eq!(events(&daemon), ["added"]);
    let explained = said(&daemon.output(&["feeds", "explain", "harbour-gazette-isles"]));
    assert!(explained.contains("robots.txt disallows"), "{explained}");
}

#[test]
fn a_site_without_a_feed_is_discovered_and_added() {
    let site = SectionPage::start(30);
    let daemon = Daemon::new("", "");
    let found = said(&daemon.output(&["feeds", "discover", &site.url(), "--json"]));
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((&found["kind"], &found["format"], &found["entries"]), (&"page".into(), &"page".into(), &SHOWN.into()));
    let table = said(&daemon.output(&["feeds", "discover", &site.url()]));
    assert!(table.contains("add it with `--kind page`"), "{table}");
    let select = ["--select-links", ".card h3 a", "--select-date", "time"];
    let url = site.url();
    let add = [&["feeds", "add", &url, "--id", "isles", "--kind", "page"], &select[..]].concat();
    assert_eq!(said(&daemon.output(&add)), "isles\n");
    daemon.once();
    assert_eq!(published(&daemon).len(), SHOWN);
    let explained = said(&daemon.output(&["feeds", "explain", "isles"]));
    assert!(explained.contains("page, read by selectors: links `.card h3 a`, date `time`"), "{explained}");
    assert!(said(&daemon.output(&["feeds", "list"])).contains("(page)"));
    let checked = said(&daemon.output(&["check", "--connect"]));
    assert!(checked.contains("ok      isles: 12 entries"), "{checked}");
}

#[test]
fn a_page_is_parsed_like_a_feed_document() {
    let html = std::fs::read_to_string(repository("tests/fixtures/sections/cards-grid.html")).unwrap();
    let url = "https://www.harbourgazette.example/isles";
    for more in [&[][..], &["--kind", "page"], &["--select-links", ".card--story h3 a"]] {
        let lines = said(&run(&[&["parse", "-", "--url", url], more].concat(), &html));
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let feed = &lines[0]["feed"];
        assert_eq!((&feed["format"], &feed["title"]), (&"page".into(), &"Isles news | The Harbour Gazette".into()));
        assert_eq!(lines.len(), 1 + 12, "{more:?}");
        let entry = &lines[1]["entry"];
        assert_eq!(entry["title"], "Ferry strike enters third week as talks stall");
        assert_eq!(entry["published"], "2026-05-12T09:30:00Z");
        assert!(text(&entry["summary"]).starts_with("Crews say they will stay ashore"));
    }
    let output = run(&["parse", "-", "--kind", "feed"], &html);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("this is an HTML page, not a feed"));
    let output = run(&["parse", "-", "--select-links", "p >"], &html);
    assert_eq!(output.status.code(), Some(2));
}
