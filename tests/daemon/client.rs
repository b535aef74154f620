//! The HTTP client's options for tests: short time limits, and nothing allowed.

use std::time::Duration;

use dateline::fetch::{Options, Proxies};

pub fn options() -> Options {
    Options {
        contact: "https://example.org/bot".into(),
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(5),
        max_body_bytes: 100_000,
        max_decoded_bytes: 200_000,
        per_host: 2,
        host_delay: Duration::ZERO,
        concurrency: 8,
        max_redirects: 4,
        allow_private: Vec::new(),
        deny: Vec::new(),
        proxies: Proxies::default(),
        max_sockets: 1_000,
        ca_file: None,
        files: false,
        robots: false,
        max_crawl_delay: Duration::from_secs(1),
    }
}
