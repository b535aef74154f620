//! Any bytes inside a sitemap.
#![no_main]

use dateline_feed::{Hints, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut body = b"<urlset xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>".to_vec();
    body.extend_from_slice(data);
    let read = parse(&body, &Hints::default());
    for entry in read.map(|read| read.entries).unwrap_or_default() {
        assert!(entry.link.is_some_and(|link| !link.is_empty()));
    }
});
