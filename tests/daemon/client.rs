//! The HTTP client's options for tests: short time limits, and nothing allowed.

use std::time::Duration;

use dateline::fetch::Options;

pub fn options() -> Options {
    Options {
        contact: "https://example.org/bot".into(),
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(5),
        max_body_bytes: 100_000,
        max_decoded_bytes: 200_000,
        concurrency: 8,
        max_redirects: 4,
        robots: false,
        max_crawl_delay: Duration::from_secs(1),
        ..Options::default()
    }
}
