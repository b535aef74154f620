//! `dateline feeds` as users see it: the list file before and after, and feeds found on a real server.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use test_support::daemon::{run, stderr};

struct Lists {
    folder: tempfile::TempDir,
}

impl Lists {
    fn new(list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dateline.toml"), "").unwrap();
        std::fs::write(folder.path().join("feeds.toml"), list).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn list(&self) -> String {
        std::fs::read_to_string(self.path("feeds.toml")).unwrap()
    }

    #[track_caller]
    fn feeds(&self, args: &[&str], status: i32) -> (String, String) {
        let config = self.path("dateline.toml").display().to_string();
        let output = run(&[&["feeds"], args, &["--config", &config]].concat(), "");
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
        (out, err)
    }
}

const LIST: &str = "# Ours.\n\n# Local.\n[[feed]]\nurl = \"https://a.example/rss\" # daily\n";

#[test]
fn adding_and_removing_feeds_keeps_the_rest_of_the_list() {
    let lists = Lists::new(LIST);
    let (out, _) = lists.feeds(&["add", "https://b.example/feed.xml", "--title", "B", "--interval", "5m"], 0);
    assert_eq!(out, "b.example-feed\n");
    let added =
        "\n[[feed]]\nid = \"b.example-feed\"\nurl = \"https://b.example/feed.xml\"\ntitle = \"B\"\ninterval = \"5m\"\n";
    assert_eq!(lists.list(), format!("{LIST}{added}"));
    assert!(lists.feeds(&["add", "https://b.example/feed.xml"], 2).1.contains("listed already, as `b.example-feed`"));
    assert!(lists.feeds(&["add", "b.example/feed.xml"], 2).1.contains("write one such as"));
    assert!(lists.feeds(&["remove", "b.example-fed"], 2).1.contains("did you mean `b.example-feed`?"));
    lists.feeds(&["remove", "b.example-feed"], 0);
    assert_eq!(lists.list(), LIST);
    lists.feeds(&["remove", "a.example-rss"], 0);
    assert_eq!(lists.list(), "# Ours.\n");
    assert_eq!(lists.feeds(&["list"], 0).0, "");
}

#[test]
fn a_feed_keeps_its_id_when_its_namesake_is_removed() {
    let lists = Lists::new("[[feed]]\nurl = \"https://a.example/rss\"\n\n[[feed]]\nurl = \"http://a.example/rss\"\n");
    assert!(lists.feeds(&["list"], 0).0.contains("a.example-rss-2 "));
    lists.feeds(&["remove", "a.example-rss"], 0);
    assert!(lists.feeds(&["list"], 0).0.starts_with("a.example-rss-2 "), "{}", lists.list());
}

#[test]
fn opml_goes_in_and_out_with_its_folders() {
    let lists = Lists::new(LIST);
    let opml = "<opml version='2.0'><body><outline text='World'><outline text='A' xmlUrl='https://a.example/rss'/>\
                <outline text='C' xmlUrl='https://c.example/'/><outline text='C again' xmlUrl='https://c.example/'/>\
                <outline text='F' xmlUrl='ftp://f.example/'/></outline></body></opml>";
    std::fs::write(lists.path("x.opml"), opml).unwrap();
    let path = lists.path("x.opml").display().to_string();
    let (out, err) = lists.feeds(&["import", &path], 0);
    assert_eq!(out, "1 feeds added, 1 listed already, 1 left out\n");
    assert!(err.contains("ftp://f.example/` has a scheme that is not supported"), "{err}");
    assert!(lists.list().starts_with(LIST));
    let once = lists.list();
    lists.feeds(&["import", &path], 0);
    assert_eq!(lists.list(), once, "a second import changes nothing");
    let (out, _) = lists.feeds(&["export"], 0);
    assert!(out.contains("<outline text=\"World\" title=\"World\">\n      <outline type=\"rss\" text=\"C\""), "{out}");
    assert!(lists.feeds(&["import", "/no/such.opml"], 2).1.contains("/no/such.opml"));
}

#[test]
fn a_feed_that_opml_lists_twice_is_one_feed_in_its_folder() {
    let opml = "<opml version='1.0'><body>\n\
                <outline text='Gazette' xmlUrl='https://gazette.example/feed?alt=rss'/>\n\
                <outline text='music'><outline text='Gazette' xmlUrl='https://gazette.example/feed?alt=rss'/>\n\
                <outline text='The \"Notes\"' xmlUrl='https://notes.example/rss'/></outline></body></opml>";
    let twice = [
        "x.opml:3:23: the feed https://gazette.example/feed?alt=rss is listed already at ",
        "x.opml:2:1; it is read once",
    ];
    let lists = Lists::new("");
    std::fs::write(lists.path("x.opml"), opml).unwrap();
    let (out, err) = lists.feeds(&["import", &lists.path("x.opml").display().to_string()], 0);
    assert_eq!(out, "2 feeds added, 0 listed already, 0 left out\n");
    assert!(err.starts_with("warning: ") && twice.iter().all(|part| err.contains(part)), "{err}");
    assert_eq!(lists.list().matches("folder = \"music\"").count(), 2, "{}", lists.list());
    // As a separate list it is read the same way.
    std::fs::write(lists.path("dateline.toml"), "[feeds]\nfiles = [\"x.opml\"]\n").unwrap();
    let (out, err) = lists.feeds(&["list"], 0);
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(twice.iter().all(|part| err.contains(part)), "{err}");
    let check = run(&["check", "--config", lists.path("dateline.toml").to_str().unwrap()], "");
    assert!(check.status.success() && stderr(&check).contains(twice[1]), "{}", stderr(&check));
}

#[test]
fn feeds_explain_shows_the_state_of_a_feed() {
    let server = Site::start();
    let lists = Lists::new(&format!("[[feed]]\nid = \"wire\"\nurl = \"{}/rss\"\npages = \"never\"\n", server.base));
    assert!(lists.feeds(&["explain", "wire"], 0).0.contains("never polled"));
    let once = run(&["run", "--once", "--config", lists.path("dateline.toml").to_str().unwrap()], "");
    assert!(once.status.success(), "{}", stderr(&once));
    let (out, _) = lists.feeds(&["explain", "wire"], 0);
    for part in ["health  healthy", "next poll", "configured  every 10m", "1 entries, 1 articles"] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (out, _) = lists.feeds(&["explain", "wire", "--json"], 0);
    let known: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(known["state"]["url"], format!("{}/rss", server.base));
}

#[test]
fn feeds_are_discovered_from_links_and_well_known_paths() {
    let server = Site::start();
    let lists = Lists::new("");
    let (out, _) = lists.feeds(&["discover", &format!("{}/named", server.base)], 0);
    assert_eq!(out, format!("{}/rss  1 entries  Wire\n", server.base));
    assert_eq!(server.asked(), ["/named", "/rss"], "each once, and no guesses");
    let (out, _) = lists.feeds(&["discover", &format!("{}/silent", server.base), "--json"], 0);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&found["url"], &found["entries"]), (&format!("{}/rss", server.base).into(), &1.into()));
    let (out, _) = lists.feeds(&["discover", &format!("{}/rss", server.base)], 0);
    assert!(out.contains("/rss  1 entries"), "a feed is its own answer: {out}");
    lists.feeds(&["discover", &format!("{}/nowhere", server.base)], 1);
}

/// A site with one feed, a page that names it and one that does not.
struct Site {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let path = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let (status, body) = match path.as_str() {
                    "/named" => (
                        "200 OK",
                        "<html><head><link rel=alternate type='application/rss+xml' href='rss'></head><a href='/news.rss'>x</a></html>",
                    ),
                    "/silent" => ("200 OK", "<html><body><p>Nothing here.</p></body></html>"),
                    "/rss" => (
                        "200 OK",
                        "<rss version='2.0'><channel><title>Wire</title><item><guid>1</guid><title>Bridge opens</title>\
                               <description>The bridge was opened by the mayor on Tuesday.</description></item></channel></rss>",
                    ),
                    _ => ("404 Not Found", "none"),
                };
                log.lock().unwrap().push(path);
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            }
        });
        Self { base, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
