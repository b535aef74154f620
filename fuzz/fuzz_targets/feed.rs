//! Any bytes as a feed: decoded, mended, read. The first byte chooses what is known from outside.
#![no_main]

use dateline_feed::{Hints, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let url = (choice & 1 == 0).then_some("https://isles.example/feeds/news.xml");
    let content_type = match choice >> 1 & 3 {
        0 => None,
        1 => Some("text/xml; charset=utf-8"),
        2 => Some("application/rss+xml; charset=shift_jis"),
        _ => Some("application/feed+json"),
    };
    if let Ok(read) = parse(body, &Hints { url, content_type, now: None }) {
        assert!(!read.feed.format.is_empty() && !read.feed.encoding.is_empty());
        // What was read can be printed.
        let _ = format!("{read:?}");
    }
});
