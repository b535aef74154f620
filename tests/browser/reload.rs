//! A reload of the config from the feeds page: what it changed, what needs a restart, and what is wrong with a faulty config.

use serde_json::json;
use test_support::browser::Browser;
use test_support::daemon::Daemon;
use test_support::free_port;

#[test]
#[ignore = "needs chromium and chromedriver"]
fn the_page_reloads_the_config_and_shows_what_changed() {
    let port = free_port();
    let token = "a-token-nobody-guesses";
    let extra = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\ntoken = \"{token}\"\n\n[schedule]\ninterval = \"1h\"\n"
    );
    let daemon = Daemon::new("", &extra);
    let config = || std::fs::read_to_string(daemon.config()).unwrap();
    let edit = |old: &str, new: &str| {
        assert!(config().contains(old), "{old}");
        std::fs::write(daemon.config(), config().replace(old, new)).unwrap();
    };
    let running = daemon.start(&[]);
    daemon.wait_until("the server", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let browser = Browser::start(1360, 900);
    browser.open(&format!("http://127.0.0.1:{port}/feeds"));
    let reload = || {
        // A scrolled page may have the button below its header.
        browser.run("scrollTo(0, 0)");
        browser.click("#reload");
    };
    browser.click("#config summary");
    reload();
    // The answer opens the form for the token.
    browser.until("document.getElementById('sign').open");
    browser.complaints(); // of the status 401
    browser.type_into("#token input", token);
    browser.click("#token button");
    browser.until("document.getElementById('message').textContent.includes('until this tab is closed')");
    edit("interval = \"1h\"", "interval = \"7m\"");
    edit("path = \"store.db\"", "path = \"other.db\"");
    edit(token, "another-token-nobody-guesses");
    let list = daemon.folder.path().join("feeds.toml");
    let feeds = "[[feed]]\nid = \"<b>a\"\nurl = \"http://127.0.0.1:9/rss\"\nlabels = [\"sea\"]\n";
    let many: String =
        (0..55).map(|n| format!("\n[[feed]]\nurl = \"http://127.0.0.1:9/{n}\"\npaused = true\n")).collect();
    std::fs::write(list, format!("{feeds}{many}")).unwrap();
    reload();
    browser.until("document.getElementById('message').textContent === 'The config was reloaded.'");
    let report = browser.run("return document.getElementById('reloaded').innerText");
    let report = report.as_str().unwrap();
    for part in [
        "Feeds: 56 added, 0 removed, 0 changed.",
        "added <b>a (id: unset \u{2192} <b>a, kind: unset \u{2192} feed, labels: unset \u{2192} [\"sea\"], ",
        "and 6 more",
        "schedule.interval: 1h \u{2192} 7m",
        "serve.token: \u{2026} \u{2192} \u{2026}",
        "Restart the daemon to apply",
        "other.db",
    ] {
        assert!(report.contains(part), "{part}\n{report}");
    }
    assert!(!report.contains("nobody-guesses"), "{report}");
    assert_eq!(browser.complaints(), [""; 0]);
    // The new token counts, and a fault is shown with its place.
    browser.type_into("#token input", "another-token-nobody-guesses");
    browser.click("#token button");
    edit("interval = \"7m\"", "intervall = \"7m\"");
    reload();
    browser.until("document.getElementById('message').textContent.includes('did you mean `interval`?')");
    let message = browser.run("return document.getElementById('message').textContent");
    assert!(message.to_string().contains("dateline.toml:"), "{message}");
    browser.complaints(); // of the status 422
    let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(wide, json!(0));
    running.stop();
}
