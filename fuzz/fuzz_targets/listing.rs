//! Any bytes as a section page: read by itself or by selectors; what is found keeps to its limits. The first byte chooses
//! what is known from outside.
#![no_main]

use dateline_article::{ListingSelectors, read_listing};
use dateline_feed::Hints;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let url = (choice & 1 == 0).then_some("https://www.isles.example/news?page=1");
    let select = (choice & 2 != 0).then(|| ListingSelectors::new("li, a", Some("h3"), Some("time"), Some("p")).expect("selectors"));
    let now = "2026-05-13T00:00:00Z".parse().ok();
    let Ok(document) = read_listing(body, &Hints { url, content_type: None, now }, select.as_ref()) else { return };
    assert!((1..=1_000).contains(&document.entries.len()));
    for entry in &document.entries {
        assert!(entry.link.as_ref().is_some_and(|link| link.starts_with("http")));
        assert_eq!(entry.guid, entry.link);
    }
});
