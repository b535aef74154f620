//! The daemon as its operators see it: systemd, Prometheus, a trace collector, an orchestrator, a reader with SQL.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;
use test_support::collector::{Collector, hex};
use test_support::daemon::{Daemon, signal, stderr};
use test_support::free_port;
use test_support::publisher::Publisher;
use test_support::wait::wait_until;

const FEEDS: usize = 3;

/// Returns status and body; a daemon that does not answer has status 0.
fn get(port: u16, path: &str, accept: &str) -> (u16, String) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return (0, String::new()) };
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n").unwrap();
    let mut answer = String::new();
    if stream.read_to_string(&mut answer).is_err() {
        return (0, String::new());
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Returns the sum over all series of a metric.
fn metric(page: &str, name: &str) -> f64 {
    let values = page
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{')));
    values.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[test]
fn systemd_metrics_and_traces_show_the_work() {
    let publisher = Publisher::start(FEEDS, 1, Duration::ZERO);
    (0..FEEDS).for_each(|feed| publisher.publish(feed));
    let collector = Collector::start();
    let port = free_port();
    let extra = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[telemetry]\notlp_endpoint = \"{}\"\n\n\
         [schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nrhythm = false\n",
        collector.endpoint
    );
    // One feed has a password in its URL, and its server does not exist.
    let nowhere = format!("[[feed]]\nid = \"nowhere\"\nurl = \"http://me:pass-word@127.0.0.1:{}/\"\n", free_port());
    let mut daemon = Daemon::new(&format!("{}{nowhere}", publisher.feed_list()), &extra);
    let path = daemon.folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let received: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&received);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = manager.recv(&mut buffer) {
            kept.lock().unwrap().push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
    });
    let has_received =
        |state: &str| received.lock().unwrap().iter().any(|received| received.lines().any(|line| line == state));
    let set = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "600000"), ("RUST_LOG", "info")];
    daemon.env = set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let running = daemon.start(&[]);

    wait_until("READY from the daemon", || has_received("READY=1"));
    wait_until("all articles", || daemon.try_tail("articles").is_ok_and(|articles| articles.len() == FEEDS));
    assert_eq!(get(port, "/health/live", "*/*"), (200, "{\"live\":true,\"stalled\":[]}".to_owned()));
    assert_eq!(get(port, "/health/ready", "*/*"), (200, "{\"ready\":true,\"reason\":null}".to_owned()));
    let health = daemon.output(&["health"]);
    assert!(health.status.success() && health.stdout.starts_with(b"{\"ready\":true"), "{health:?}");

    // An article that appears after the first poll of its feed has a meaningful age.
    publisher.publish(0);
    wait_until("the new article", || daemon.tail("articles").len() == FEEDS + 1);
    let mut page = String::new();
    wait_until("the counters to follow", || {
        page = get(port, "/metrics", "*/*").1;
        metric(&page, "dateline_articles_total") >= (FEEDS + 1) as f64
            && metric(&page, "dateline_poll_failures_total") >= 1.0
    });
    let quotes = daemon.tail("quotes").iter().filter(|record| !record["value"].is_null()).count();
    let entities: usize =
        daemon.tail("entities").iter().map(|record| record["value"]["entities"].as_array().unwrap().len()).sum();
    for (name, counted) in [
        ("dateline_articles_total", FEEDS + 1),
        ("dateline_quotes_total", quotes),
        ("dateline_entities_total", entities),
        ("dateline_story_seen_to_committed_seconds_count", 1),
        ("dateline_stage_queue_depth", 0),
        ("dateline_journal_up", 1),
    ] {
        assert!((metric(&page, name) - counted as f64).abs() < 1e-9, "{name} is not {counted}\n{page}");
    }
    let health = |name: &str| metric(&page, &format!("dateline_feeds{{health=\"{name}\"}}"));
    assert!((health("healthy") - FEEDS as f64).abs() < 1e-9 && (health("unreachable") - 1.0).abs() < 1e-9, "{page}");

    // The exemplar of a stage is an article's trace, which the collector has and whose id is in the record.
    let open = get(port, "/metrics", "application/openmetrics-text; version=1.0.0").1;
    let bucket =
        open.lines().find(|line| line.contains("stage=\"analyse\"") && line.contains(" # {trace_id=")).unwrap();
    let exemplar = bucket.split("trace_id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let parents: HashSet<String> = daemon.tail("articles").iter().map(parent).collect();
    assert!(parents.iter().any(|parent| parent.contains(&exemplar)), "{exemplar} is not among {parents:?}");
    let parent = parents.iter().find(|parent| parent.contains(&exemplar)).unwrap();
    let is_of = |span: &&Span| hex(&span.trace_id) == exemplar;
    let mut spans = Vec::new();
    wait_until("the whole trace", || {
        spans = collector.spans();
        spans.iter().filter(is_of).count() == 5
    });
    {
        let trace: Vec<_> = spans.iter().filter(is_of).collect();
        let whole = trace.iter().find(|span| span.name == "story").unwrap();
        assert_eq!(format!("00-{exemplar}-{}-01", hex(&whole.span_id)), *parent);
        for part in ["poll", "page", "analyse", "commit"] {
            let span = trace.iter().find(|span| span.name == part).unwrap_or_else(|| panic!("no {part}"));
            assert_eq!(span.parent_span_id, whole.span_id, "{part}");
            assert!(span.start_time_unix_nano >= whole.start_time_unix_nano, "{part}");
            assert!(span.end_time_unix_nano <= whole.end_time_unix_nano, "{part}");
        }
        let poll = spans.iter().find(|span| span.span_id == whole.links[0].span_id);
        assert_eq!(poll.unwrap().name, "poll", "the story came of a poll");
    }

    wait_until("counted spans", || {
        let page = get(port, "/metrics", "*/*").1;
        metric(&page, "dateline_spans_total{fate=\"exported\"}") >= 5.0
    });

    sql(&daemon, quotes);
    received.lock().unwrap().clear();
    wait_until("WATCHDOG from the daemon", || has_received("WATCHDOG=1"));
    signal(&running, "HUP");
    wait_until("READY after the reload", || has_received("READY=1"));
    let reloading = received.lock().unwrap().iter().position(|received| {
        received.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").is_some_and(|now| now.trim().parse::<u64>().is_ok())
    });
    let done = received.lock().unwrap().iter().position(|received| received.trim() == "READY=1");
    assert!(reloading.is_some() && reloading < done, "{:?}", received.lock().unwrap());
    running.stop();
    wait_until("STOPPING from the daemon", || has_received("STOPPING=1"));
    let log = daemon.log();
    assert!(log.contains("poll failed") && !log.contains("pass-word"), "{log}");
    let gone = daemon.output(&["health"]);
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
}

fn parent(record: &Value) -> String {
    record["headers"]["traceparent"].as_str().unwrap().to_owned()
}

/// Prometheus' own check of the metrics page; `PROMTOOL` names the tool.
#[test]
#[ignore = "needs promtool (deploy/check.sh --install)"]
fn promtool_accepts_the_metrics_page() {
    let publisher = Publisher::stocked(1, 1, Duration::ZERO, 1);
    let port = free_port();
    let daemon =
        Daemon::new(&publisher.feed_list(), &format!("[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n"));
    let _running = daemon.start(&[]);
    let mut page = String::new();
    daemon.wait_until("a counted article", || {
        page = get(port, "/metrics", "*/*").1;
        metric(&page, "dateline_articles_total") > 0.5
    });
    let mut tool = Command::new(std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned()));
    tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tool.spawn().expect("promtool is installed");
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaints = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
}

/// Checks the views of `examples/quotes.sql` while the daemon runs.
fn sql(daemon: &Daemon, quotes: usize) {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let store = rusqlite::Connection::open_with_flags(daemon.folder.path().join("store.db"), flags).unwrap();
    store.execute_batch(include_str!("../../examples/quotes.sql")).unwrap();
    let mut rows = store.prepare("SELECT speaker, text, headline, feed FROM quotes ORDER BY feed, text").unwrap();
    let row = |row: &rusqlite::Row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
    let rows: Vec<[String; 4]> = rows.query_map([], row).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), quotes);
    let [speaker, text, headline, feed] = &rows[0];
    assert!(text.starts_with("We will review plan 0 of council 0"), "{text}");
    assert!(!speaker.is_empty() && headline.starts_with("Council 0") && feed == "council-0", "{rows:?}");
    let most: i64 = store.query_row("SELECT sum(quotations) FROM speakers", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(most), Ok(quotes));
}

/// The standard OpenTelemetry variables; they override the config.
#[test]
fn otel_variables_override_the_config() {
    let publisher = Publisher::start(1, 1, Duration::ZERO);
    publisher.publish(0);
    let collector = Collector::start();
    let mut daemon = Daemon::new(&publisher.feed_list(), "[telemetry]\notlp_endpoint = \"http://127.0.0.1:9\"\n");
    let set = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20sesame-planted"),
        ("OTEL_SERVICE_NAME", "newsroom"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test-bench"),
        ("RUST_LOG", "trace"),
    ];
    daemon.env = set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    daemon.once();
    let names: HashSet<String> = collector.spans().into_iter().map(|span| span.name).collect();
    assert!(["poll", "story", "analyse", "commit"].iter().all(|name| names.contains(*name)), "{names:?}");
    let (headers, resource) = collector.first();
    assert_eq!(headers["authorization"], "Bearer sesame-planted");
    assert!(resource.contains("newsroom") && resource.contains("test-bench"), "{resource}");
    assert!(!daemon.log().contains("sesame-planted"));
    let before = collector.spans().len();
    daemon.env.push(("OTEL_SDK_DISABLED".into(), "true".into()));
    daemon.once();
    assert_eq!(collector.spans().len(), before);
}

/// The daemon waits a moment at the end to send the remaining traces, but no longer.
#[test]
fn a_hanging_trace_collector_does_not_block_shutdown() {
    let publisher = Publisher::start(1, 1, Duration::ZERO);
    publisher.publish(0);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = silent.local_addr().unwrap();
    let extra = format!("[telemetry]\notlp_endpoint = \"http://{endpoint}\"\n");
    let daemon = Daemon::new(&publisher.feed_list(), &extra);
    let mut running = daemon.start(&["--once"]);
    daemon.wait_until("the end", || !running.is_running());
    assert!(daemon.log().contains("traces lost at shutdown"));
}

#[test]
fn the_sql_views_omit_withdrawn_quotations() {
    let publisher = Publisher::start(1, 1, Duration::ZERO);
    publisher.publish(0);
    let daemon = Daemon::new(&publisher.feed_list(), "");
    daemon.once();
    publisher.change(0, 0);
    daemon.once();
    let records = daemon.tail("quotes");
    assert!(records.iter().any(|record| record["value"].is_null()), "the changed quotation has a tombstone");
    let keys: HashSet<&str> = records.iter().map(|record| record["key"].as_str().unwrap()).collect();
    let standing = keys.iter().filter(|key| {
        let last = records.iter().rev().find(|record| record["key"].as_str() == Some(**key)).unwrap();
        !last["value"].is_null()
    });
    let standing = standing.count();
    assert!(standing < keys.len());
    let store = rusqlite::Connection::open(daemon.folder.path().join("store.db")).unwrap();
    store.execute_batch(include_str!("../../examples/quotes.sql")).unwrap();
    let shown: i64 = store.query_row("SELECT count(*) FROM quotes", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(shown), Ok(standing));
}

#[test]
fn a_daemon_without_its_journal_is_not_ready_and_says_why() {
    let publisher = Publisher::start(1, 1, Duration::ZERO);
    let port = free_port();
    let extra = format!(
        "[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[kafka]\nbrokers = \"127.0.0.1:{}\"\n\
         transaction_timeout = \"1s\"\n",
        free_port()
    );
    let daemon = Daemon::new(&publisher.feed_list(), &extra);
    let _running = daemon.start(&[]);
    let mut answer = (0, String::new());
    wait_until("the missing journal in the answer", || {
        answer = get(port, "/health/ready", "*/*");
        answer.1.contains("commits have failed")
    });
    assert_eq!(answer.0, 503);
    assert_eq!(get(port, "/health/live", "*/*").0, 200, "it waits, and lives");
    let health = daemon.output(&["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(stderr(&health).contains("commits have failed"), "{health:?}");
    let page = get(port, "/metrics", "*/*").1;
    assert!(metric(&page, "dateline_journal_up") < 0.5 && metric(&page, "dateline_ready") < 0.5, "{page}");
}
