//! Many hosts and few file descriptors: no poll fails for lack of a socket.
//!
//! `DATELINE_SOCKETS=180000,20000,4096,300` sets the number of feeds, loopback addresses and descriptors, and the least time
//! in seconds.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::routing::get;
use test_support::daemon::Daemon;
use test_support::free_port;

/// Starts a web server that answers on every loopback address.
fn publisher() -> (tokio::runtime::Runtime, u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("0.0.0.0:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let feed = |Path(number): Path<usize>| async move {
        let item =
            format!("<item><title>Plan {number}</title><guid>g{number}</guid><description>Short.</description></item>");
        let head =
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Council</title><link>/</link><description/>";
        ([(header::CONTENT_TYPE, "application/rss+xml")], format!("{head}{item}</channel></rss>"))
    };
    let router = Router::new().route("/feed/{number}", get(feed));
    runtime.spawn(async move { axum::serve(listener, router).await });
    (runtime, port)
}

/// Returns the values of a metric by its label.
fn metric(page: &str, name: &str) -> Vec<(String, u64)> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once(' '));
    lines.map(|(label, value)| (label.to_owned(), value.parse().unwrap())).collect()
}

fn metrics(port: u16) -> String {
    // At first it does not listen yet.
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn no_poll_fails_for_lack_of_sockets() {
    let given = std::env::var("DATELINE_SOCKETS").unwrap_or_else(|_| "3000,1500,256,0".into());
    let numbers: Vec<usize> = given.split(',').map(|number| number.parse().unwrap()).collect();
    let [feeds, hosts, descriptors, seconds] = numbers[..] else {
        panic!("DATELINE_SOCKETS=feeds,hosts,descriptors,seconds")
    };
    let (_publisher, port) = publisher();
    let first = u32::from(Ipv4Addr::new(127, 1, 0, 1));
    let list = (0..feeds).fold(String::new(), |mut list, feed| {
        let host = Ipv4Addr::from(first + u32::try_from(feed % hosts).unwrap());
        let _ = writeln!(
            list,
            "[[feed]]\nid = \"f{feed}\"\nurl = \"http://{host}:{port}/feed/{feed}\"\npages = \"never\"\n"
        );
        list
    });
    let serve = free_port();
    let interval = (seconds / 3).clamp(2, 600);
    let daemon = Daemon::new(
        &list,
        &format!(
            "[schedule]\ninterval = \"{interval}s\"\nmin_interval = \"1s\"\nrhythm = false\n[serve]\nenabled = true\nlisten = \"127.0.0.1:{serve}\"\n"
        ),
    );
    let running = daemon.start_limited(descriptors);
    let started = Instant::now();
    let (mut most, mut page) = (0, String::new());
    let sum = |values: &[(String, u64)]| values.iter().map(|(_, count)| count).sum::<u64>();
    let mut look = || {
        most = most.max(std::fs::read_dir(format!("/proc/{}/fd", running.id())).unwrap().count());
        page = metrics(serve);
        sum(&metric(&page, "dateline_polls_total")) >= hosts as u64
    };
    while started.elapsed() < Duration::from_secs(seconds as u64) {
        look();
        std::thread::sleep(Duration::from_millis(50));
    }
    daemon.wait_until("as many polls as hosts", look);
    running.stop();
    let polls = metric(&page, "dateline_polls_total");
    let failures = metric(&page, "dateline_poll_failures_total");
    eprintln!(
        "{feeds} feeds, {hosts} hosts, {seconds} s: at most {most} of {descriptors} descriptors; {polls:?}; failures {failures:?}"
    );
    let log = daemon.log();
    assert!(!log.contains("Too many open files") && !log.contains("no file descriptor"), "{log}");
    assert_eq!(sum(&failures), 0, "{failures:?}\n{log}");
    assert!(most < descriptors, "{most} descriptors");
}
