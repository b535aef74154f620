//! Any bytes as a page: decoded, read, made an article whose blocks are its very text. The first byte chooses what is
//! known from outside.
#![no_main]

use dateline_article::{SiteContext, content_hash, decode_page, from_entry, from_page};
use dateline_feed::{Entry, Feed};
use dateline_record::Article;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let url = (choice & 1 == 0).then(|| Url::parse("https://m.isles.example/news/ferry").expect("an address"));
    let content_type = match choice >> 1 & 3 {
        0 | 1 => None,
        2 => Some("text/html; charset=utf-8"),
        _ => Some("text/html; charset=windows-1252"),
    };
    let html = decode_page(body, content_type);
    let entry = (choice & 8 != 0).then(|| Entry {
        title: Some("The ferry is late".into()),
        link: Some("https://isles.example/news/ferry?utm_source=feed".into()),
        summary: Some(html.clone()),
        content: (choice & 16 != 0).then(|| html.clone()),
        ..Entry::default()
    });
    let feed = Feed { title: Some("The Isles".into()), ..Feed::default() };
    check(&from_page(&html, url.as_ref(), entry.as_ref(), Some(&feed), &SiteContext::default()));
    if let Some(entry) = &entry {
        check(&from_entry(entry, &feed, "isles"));
    }
});

/// The blocks in order, a blank line between them, are the text; each offset counts code points.
fn check(article: &Article) {
    let text: Vec<char> = article.text.chars().collect();
    let mut at = 0;
    for (i, block) in article.blocks.iter().enumerate() {
        if i > 0 {
            assert_eq!(text[at..at + 2], ['\n', '\n']);
            at += 2;
        }
        assert!(block.start == at && block.end > at && block.end <= text.len(), "{block:?} at {at}");
        assert!(!text[block.start..block.end].contains(&'\n'), "a block is one line");
        at = block.end;
    }
    assert_eq!(at, text.len());
    assert_eq!(content_hash(article), content_hash(&article.clone()));
    // What was made can be printed.
    let _ = format!("{article:?}");
}
