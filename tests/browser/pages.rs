//! What a newcomer, a feed editor and an on-call engineer do with the pages.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::browser::{Browser, ENTER, TAB};
use test_support::daemon::{Daemon, signal};
use test_support::http::ask;
use test_support::publisher::Publisher;
use test_support::section_page::{Layout, SectionPage};
use test_support::wait::wait_until;
use test_support::{repository, text};

use crate::demo::Demo;

const STORM: &str = "Storm warning for the western coast";

/// Returns the address of the article page with this headline.
fn story(demo: &Demo, headline: &str) -> String {
    let find = || {
        let stories = ask(&demo.server, "GET", "/api/v1/stories?limit=100", &[], "").json();
        let named = |story: &&Value| story["headline"].as_str().is_some_and(|text| text.contains(headline));
        stories["stories"].as_array().unwrap().iter().find(named).map(|story| story["id"].as_str().unwrap().to_owned())
    };
    wait_until(headline, || find().is_some());
    format!("/story/{}", find().unwrap())
}

/// Starts a publisher with a single article; also returns the address of its feed.
fn one_story() -> (Publisher, String) {
    let publisher = Publisher::stocked(1, 1, Duration::ZERO, 1);
    let list = publisher.feed_list();
    let address = list.split("url = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (publisher, address)
}

/// Returns the serious faults that axe-core finds on the open page.
fn axe(browser: &Browser) -> Vec<String> {
    let path = std::env::var_os("DATELINE_TEST_AXE")
        .map_or_else(|| repository("target/axe/node_modules/axe-core/axe.min.js"), PathBuf::from);
    let source =
        std::fs::read_to_string(&path).expect("this test needs axe-core: npm install --prefix target/axe axe-core@4");
    let run = "return axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations.map((fault) => \
               `${fault.impact}: ${fault.id}: ${fault.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).slice(0, 3).join(' | ')}`))";
    let found = browser.run(&format!("{source}\n;{run}"));
    let faults = found.as_array().unwrap().iter().map(text);
    faults.filter(|fault| fault.starts_with("serious") || fault.starts_with("critical")).collect()
}

/// Opens each kind of page, in light and dark, wide and narrow, and calls `check` with its path, the scheme and the width.
fn each_page(demo: &Demo, browser: &Browser, check: impl Fn(&str, &str, u32)) {
    // The second edition brings the correction and the copy; a page of an article does not show them without a reload.
    browser.open(&demo.url("/"));
    browser.until(&format!("document.getElementById('stories').innerText.includes('{STORM}')"));
    let ferry = story(demo, "Ferry operator");
    let railway = story(demo, "Railway workers");
    for (name, path, has) in [
        ("live", "/", "Ferry operator"),
        ("story", ferry.as_str(), "Correction:"),
        ("copy", railway.as_str(), "The same story elsewhere"),
        ("quotes", "/quotes", "Maria Keller"),
        ("search", "/quotes?speaker=keller", "Nobody who grew up in this town"),
        ("feeds", "/feeds", "open its URL in a browser"),
        ("feed", "/feeds/broken-bugle", "No keep or block rule applies to this feed"),
        ("rules", "/rules", "There are no rules"),
        ("pipeline", "/pipeline", "builds articles and extracts"),
        ("nothing", "/story/none", "Not found"),
    ] {
        browser.open(&demo.url(path));
        browser.until(&format!("document.body.innerText.includes({})", json!(has)));
        if path == "/story/none" {
            browser.complaints(); // of the status 404
        }
        for (scheme, width, height) in
            [("light", 1360, 900), ("dark", 1360, 900), ("light", 390, 844), ("dark", 390, 844)]
        {
            browser.prefer(scheme);
            browser.resize(width, height);
            browser.shoot(&format!("{name}-{scheme}-{width}"));
            check(path, scheme, width);
        }
        browser.resize(1360, 900);
        demo.check(browser);
    }
}

#[test]
#[ignore = "needs chromium, chromedriver and axe-core"]
fn axe_core_finds_no_serious_fault() {
    let demo = Demo::start();
    let browser = Browser::start(1360, 900);
    each_page(&demo, &browser, |path, scheme, width| {
        if width > 1_000 || scheme == "light" {
            assert_eq!(axe(&browser), [""; 0], "{path} in {scheme} at {width}");
        }
    });
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn live_updates_arrive_and_every_page_fits_its_window() {
    let demo = Demo::start();
    let browser = Browser::start(1360, 900);
    browser.open(&demo.url("/"));
    browser.run("window.opened = true");
    // The second edition arrives while the page is open.
    browser.until(&format!("document.getElementById('stories').innerText.includes('{STORM}')"));
    assert_eq!(browser.run("return window.opened"), json!(true), "without a reload");
    browser.until("document.getElementById('news').textContent.startsWith('New: ')");
    browser.until("document.querySelectorAll('.card').length >= 12");
    browser.until("document.querySelector('mark.person') && document.querySelector('.beside .quote .who')");
    browser.until("document.getElementById('notices').textContent.includes('broken-bugle')");
    // While paused, the page stays the same.
    browser.click("#hold");
    assert_eq!(browser.run("return document.getElementById('hold').textContent"), json!("Resume updates"));

    each_page(&demo, &browser, |path, _, width| {
        let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, json!(0), "{path} is wider than {width}");
    });
    let ferry = story(&demo, "Ferry operator");
    browser.open(&demo.url(&ferry));
    for (mark, words) in [("ins", "241"), ("del", "214")] {
        browser.until(&format!(
            "[...document.querySelectorAll('{mark}')].some((one) => one.textContent.includes('{words}'))"
        ));
    }
    browser.open(&demo.url("/pipeline"));
    browser.run("document.querySelector('.stage').dataset.old = '1'");
    browser.until("!document.querySelector('.stage').dataset.old"); // renewed by what the server sent
    demo.check(&browser);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_feed_is_added_paused_and_removed_and_its_story_appears() {
    let demo = Demo::start();
    let (publisher, address) = one_story();
    let browser = Browser::start(1360, 900);
    browser.open(&demo.url("/feeds"));
    browser.click("#add summary");
    browser.type_into("#find input[name=url]", &address);
    browser.click("#find button");
    browser.until("document.querySelector('.find')?.innerText.includes('Council 0 debates plan 0')");
    browser.shoot("add");
    browser.click(".find button");
    browser.until("document.getElementById('message').textContent.includes('was added')");
    browser.open(&demo.url("/"));
    browser.until("document.getElementById('stories').innerText.includes('Council 0 debates plan 0')");
    demo.check(&browser);

    browser.open(&demo.url("/feeds?q=127.0.0.1+feed+0&sort=name"));
    browser.open(&demo.url("/feeds?q=rss"));
    let row = "[data-feed*='-feed-0-rss']";
    browser.until(&format!("document.querySelector(\"{row}\")"));
    let id =
        browser.run(&format!("return document.querySelector(\"{row}\").dataset.feed")).as_str().unwrap().to_owned();
    let known = || ask(&demo.server, "GET", &format!("/api/v1/feeds/{id}"), &[], "");
    browser.click(&format!("{row} [data-act=poll]"));
    browser.until("document.getElementById('message').textContent.includes('polled')");
    browser.click(&format!("{row} [data-act=pause]"));
    browser.until("document.getElementById('message').textContent.includes('was paused')");
    assert_eq!(known().json()["paused"], true);
    browser.click(&format!("{row} [data-act=resume]"));
    browser.until("document.getElementById('message').textContent.includes('was resumed')");
    assert_eq!(known().json()["paused"], false);
    // Labels are set on the page, filter the list, and are in the records from then on.
    browser.click(&format!("{row} [data-act=labels]"));
    browser.type_into(&format!("{row} form.labels input"), "politics, <b>de</b>");
    browser.click(&format!("{row} form.labels button"));
    browser.until("document.getElementById('message').textContent.includes('labels of')");
    assert_eq!(known().json()["labels"], json!(["politics", "<b>de</b>"]));
    browser.click(&format!("{row} a.label"));
    browser.until("location.search === '?label=politics'");
    browser.until("document.querySelectorAll('table.feeds tbody tr').length === 1");
    demo.check(&browser);
    // A later story has them, and the live page shows only such stories, also as they arrive.
    browser.open(&demo.url("/?label=Politics"));
    browser.until("document.body.innerText.includes('Only stories with the label')");
    assert_eq!(browser.run("return document.querySelectorAll('.card').length"), json!(0));
    publisher.publish(0);
    browser.until("document.getElementById('stories').innerText.includes('Council 0 debates plan 1')");
    assert_eq!(browser.run("return document.querySelectorAll('.card').length"), json!(1));
    browser.click(".card a.label");
    browser.until("location.search === '?label=politics'");
    demo.check(&browser);
    browser.open(&demo.url("/feeds?q=rss"));
    browser.until(&format!("document.querySelector(\"{row}\")"));
    browser.click(&format!("{row} [data-act=remove]"));
    browser.until("document.getElementById('message').textContent.includes('Press again')");
    assert_eq!(known().status, 200, "one press removes nothing");
    browser.click(&format!("{row} [data-act=remove]"));
    browser.until("document.getElementById('message').textContent.includes('was removed')");
    assert_eq!(known().status, 404);
    demo.check(&browser);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_site_without_a_feed_is_added_as_a_page_and_its_lost_list_is_shown() {
    let demo = Demo::start();
    let site = SectionPage::start(30);
    let browser = Browser::start(1360, 900);
    browser.open(&demo.url("/feeds"));
    browser.click("#add summary");
    browser.type_into("#find input[name=url]", &site.url());
    browser.click("#find button");
    browser.until("document.querySelector('.find')?.innerText.includes('The site has no feed')");
    browser.until("document.querySelector('.find')?.innerText.includes('Ferry 29 stays in harbour for repairs')");
    browser.shoot("add-page");
    browser.click(".find button");
    browser.until("document.getElementById('message').textContent.includes('was added')");
    browser.open(&demo.url("/"));
    browser.until("document.getElementById('stories').innerText.includes('Ferry 29 stays in harbour for repairs')");
    let row = "[data-feed*='isles']";
    let find = || {
        let feeds = ask(&demo.server, "GET", "/api/v1/feeds?q=isles", &[], "").json();
        let mut feeds = feeds["feeds"].as_array().unwrap().clone().into_iter();
        feeds.find(|feed| feed["kind"] == "page")
    };
    let id = text(&find().unwrap()["id"]);
    site.lay_out(Layout::Empty);
    wait_until("the lost list", || {
        ask(&demo.server, "POST", &format!("/api/v1/feeds/{id}/poll"), &[("X-Dateline", "1")], "");
        find().is_some_and(|feed| feed["status"] == "degraded")
    });
    browser.open(&demo.url("/feeds?q=isles"));
    browser.until(&format!("document.querySelector(\"{row}\").innerText.includes('section page')"));
    browser.until(&format!(
        "document.querySelector(\"{row}\").innerText.includes('0 links to articles found, usually 12')"
    ));
    browser.shoot("lost-list");
    assert_eq!(axe(&browser), [""; 0]);
    // The feed's own page shows the same, and what the list says of it.
    let open = |change: &Value, shown: &[&str]| {
        let headers = [("X-Dateline", "1"), ("content-type", "application/json")];
        let path = format!("/api/v1/feeds/{id}");
        assert_eq!(ask(&demo.server, "PATCH", &path, &headers, &change.to_string()).status, 200);
        browser.open(&demo.url(&format!("/feeds/{id}")));
        for part in shown {
            browser.until(&format!("document.getElementById('main').innerText.includes({})", json!(part)));
        }
    };
    open(&json!({ "title": "Isles" }), &["section page", "0 links to articles found, usually 12"]);
    let change = json!({ "labels": ["isles"], "select": { "links": ".card h3 a" } });
    open(&change, &["chosen by selectors: links `.card h3 a`"]);
    browser.until("document.querySelector('a.label')?.innerText.includes('isles')");
    assert_eq!(axe(&browser), [""; 0]);
    demo.check(&browser);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn the_keyboard_alone_is_enough() {
    let demo = Demo::start();
    let (_publisher, address) = one_story();
    story(&demo, "Ferry operator");
    let browser = Browser::start(1360, 900);
    browser.open(&demo.url("/"));
    browser.press(TAB);
    assert_eq!(browser.run("return document.activeElement.className"), json!("skip"));
    let seen = "const box = document.activeElement.getBoundingClientRect(); return box.top >= 0 && box.height > 0";
    assert_eq!(browser.run(seen), json!(true), "the skip link is seen when it has the focus");
    browser.press(ENTER);
    assert_eq!(browser.run("return document.activeElement.id"), json!("main"));
    browser.tab_to("#hold");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.run(outline), json!("solid"), "the focus is seen");

    // Opens a quotation by its speaker.
    browser.open(&demo.url("/"));
    browser.tab_to("nav a[href='/quotes']");
    browser.press(ENTER);
    browser.until("location.pathname === '/quotes'");
    browser.tab_to("input[name=speaker]");
    browser.press("maria keller");
    browser.press(ENTER);
    browser.until("location.search.includes('maria')");
    browser
        .until("document.getElementById('said').parentElement.innerText.includes('Nobody who grew up in this town')");
    let speakers =
        "return [...document.querySelectorAll('.hit .who')].every((who) => who.innerText === 'Maria Keller')";
    assert_eq!(browser.run(speakers), json!(true));
    browser.tab_to(".hit a[href^='/story/']");
    browser.press(ENTER);
    browser.until("location.pathname.startsWith('/story/') && document.querySelector('mark.said')");

    // Opens a feed.
    browser.tab_to("nav a[href='/feeds']");
    browser.press(ENTER);
    browser.until("location.pathname === '/feeds'");
    browser.tab_to("#add summary");
    browser.press(ENTER);
    browser.tab_to("#find input");
    browser.press(&address);
    browser.press(ENTER);
    browser.until("document.querySelector('.find button')");
    browser.tab_to(".find button");
    browser.press(ENTER);
    browser.until("document.getElementById('message').textContent.includes('was added')");
    demo.check(&browser);
}

#[test]
#[ignore = "needs chromium, chromedriver and axe-core"]
fn rules_and_what_they_blocked_are_shown_and_changed_rules_are_applied() {
    let publisher = Publisher::stocked(1, 1, Duration::ZERO, 3);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rule = "[[rule]]\nid = \"no-plan-1\"\naction = \"block\"\ntitle = \"plan 1\"\n";
    let other = "[[rule]]\nid = \"no-opera\"\naction = \"block\"\ntitle = \"opera\"\n";
    let serve = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[rules]\nunmatched_after = \"1s\"\n\n{rule}\n{other}"
    );
    let daemon = Daemon::new(&publisher.feed_list(), &serve);
    let running = daemon.start(&[]);
    daemon.wait_until("the articles", || daemon.try_tail("articles").is_ok_and(|records| records.len() == 2));
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let browser = Browser::start(1360, 900);
    browser.open(&url("/rules"));
    let cells =
        |rule: &str| format!("document.querySelector('[data-rule=\"{rule}\"]').innerText.replace(/\\s+/g, ' ')");
    browser.until(&format!(
        "{}.startsWith('no-plan-1 block all feeds title: \u{201c}plan 1\u{201d} 0 1')",
        cells("no-plan-1")
    ));
    wait_until("the mark of a rule that never matched", || {
        browser.open(&url("/rules"));
        let marked = format!("return {}.includes('0 0 never It has not decided about any entry')", cells("no-opera"));
        browser.run(&marked) == json!(true)
    });
    browser.until("document.querySelector('table.blocked').innerText.includes('Council 0 debates plan 1')");
    assert_eq!(axe(&browser), [""; 0]);
    browser.shoot("rules-blocked");
    // From the list of feeds to the feed's page.
    browser.open(&url("/feeds"));
    browser.click("table.feeds th a");
    browser.until(&format!("location.pathname === '/feeds/council-0' && {}.includes('0 1')", cells("no-plan-1")));
    browser.until("document.querySelector('table.blocked').innerText.includes('no-plan-1')");
    assert_eq!(axe(&browser), [""; 0]);
    browser.resize(390, 844);
    let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(wide, json!(0));
    browser.resize(1360, 900);
    // Without the rule, what it blocked is published.
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    std::fs::write(daemon.config(), config.replace(rule, "")).unwrap();
    signal(&running, "HUP");
    browser.open(&url("/rules"));
    wait_until("the reload", || {
        browser.open(&url("/rules"));
        browser.run("return document.querySelectorAll('[data-rule]').length") == json!(1)
    });
    browser.click("#apply");
    browser.until("document.getElementById('message').textContent.startsWith('1 of 1 blocked entries are let in')");
    daemon.wait_until("the article", || daemon.tail("articles").len() == 3);
    assert_eq!(browser.complaints(), [""; 0]);
}
