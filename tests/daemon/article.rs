//! Turns pages into articles, as the pipeline and `dateline article` do.

use dateline::article::{SiteContext, canonical_url, content_hash, decode_page, from_entry, from_page};
use dateline::feed::{Entry, Feed, Person};
use dateline::record::{Article, BlockKind, ContentSource, article_id, content_id};
use test_support::scale::assert_linear;
use url::Url;

const HARBOUR: &str = include_str!("../fixtures/article/harbour.html");
const HARBOUR_URL: &str = "https://www.northern-courier.example/coast/harbour-town-sea-wall";

fn harbour() -> Article {
    let url = Url::parse(&format!("{HARBOUR_URL}?utm_source=rss#top")).unwrap();
    from_page(HARBOUR, Some(&url), None, None, &SiteContext::default())
}

/// Returns the words of each block of a kind.
fn blocks(article: &Article, kind: BlockKind) -> Vec<String> {
    let text: Vec<char> = article.text.chars().collect();
    article.blocks.iter().filter(|b| b.kind == kind).map(|b| text[b.start..b.end].iter().collect()).collect()
}

/// Checks what every article guarantees: blocks in order, joined by blank lines, covering the whole text.
fn assert_offsets(article: &Article) {
    let text: Vec<char> = article.text.chars().collect();
    let mut at = 0;
    for (i, block) in article.blocks.iter().enumerate() {
        assert_eq!(block.start, if i == 0 { 0 } else { at + 2 });
        assert!(block.end > block.start, "no block is empty");
        if i > 0 {
            assert_eq!(&text[at..block.start], ['\n', '\n']);
        }
        let words: String = text[block.start..block.end].iter().collect();
        assert_eq!(words, words.split_whitespace().collect::<Vec<_>>().join(" "), "white space is collapsed");
        at = block.end;
    }
    assert_eq!(at, text.len());
}

#[test]
fn a_page_becomes_an_article() {
    let article = harbour();
    assert_offsets(&article);
    assert_eq!(article.headline.as_deref(), Some("Harbour town votes to raise its sea wall"));
    assert_eq!(blocks(&article, BlockKind::Headline), ["Harbour town votes to raise its sea wall"]);
    let paragraphs = blocks(&article, BlockKind::Paragraph);
    assert_eq!(paragraphs.len(), 6, "{paragraphs:#?}");
    assert!(paragraphs[0].starts_with("Councillors in the harbour town"), "the dateline is cut off");
    assert!(paragraphs[1].contains("almost midnight"), "soft hyphens are gone");
    assert_eq!(blocks(&article, BlockKind::Subheading), ["Shops below the line"]);
    assert_eq!(blocks(&article, BlockKind::Blockquote).len(), 1);
    assert_eq!(blocks(&article, BlockKind::ListItem).len(), 3);
    let captions: Vec<_> =
        article.blocks.iter().filter(|b| b.kind == BlockKind::Caption).map(|b| b.credit.as_deref()).collect();
    assert_eq!(captions, [Some("Tomas Wren/Courier"), Some("AP Photo/Lena Orr")]);
    assert_eq!(
        blocks(&article, BlockKind::Caption),
        [
            "Waves break over the old wall at Skerrow last winter.",
            "Shop owners on the quay (left) fear for their view."
        ]
    );
    for furniture in [
        "cookies",
        "Front page",
        "Mastodon",
        "Copy link",
        "Advertisement",
        "Ferry",
        "Read more",
        "newsletter",
        "Source:",
        "reserved",
        "never shown",
        "color",
        "By Ines",
        "November",
    ] {
        assert!(!article.text.contains(furniture), "{furniture}");
    }
    let kinds: Vec<_> = article.blocks.iter().map(|b| b.kind).collect();
    assert_eq!(kinds[1], BlockKind::Caption, "captions stand where the pictures stand");
}

#[test]
fn a_page_names_its_authors_dates_and_section() {
    let article = harbour();
    assert_eq!(article.url.as_deref(), Some(HARBOUR_URL));
    assert_eq!(article.id, article_id(HARBOUR_URL));
    assert_eq!((article.revision, article.content_source), (1, ContentSource::Page));
    assert_eq!(article.published.unwrap().to_rfc3339(), "2025-11-03T17:20:00+00:00");
    assert_eq!(article.modified.unwrap().to_rfc3339(), "2025-11-03T18:05:00+00:00");
    assert_eq!(article.section.as_deref(), Some("Coast"));
    assert_eq!(article.publisher.as_deref(), Some("The Northern Courier"));
    assert_eq!(article.byline.as_deref(), Some("By Ines Halloran"));
    assert_eq!(article.authors.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["Ines Halloran"]);
    assert_eq!(article.keywords, ["floods", "Skerrow", "sea wall"]);
    assert_eq!(article.language.as_deref(), Some("en-GB"));
    let dateline = article.dateline.unwrap();
    assert_eq!((dateline.place.as_deref(), dateline.agency.as_deref()), (Some("SKERROW"), Some("Courier")));
    let media: Vec<_> = article.media.iter().map(|m| (m.url.as_str(), m.credit.as_deref())).collect();
    assert_eq!(
        media,
        [
            ("https://www.northern-courier.example/pictures/wall-wide.jpg", None),
            ("https://www.northern-courier.example/pictures/wall.jpg", Some("Tomas Wren/Courier")),
            ("https://www.northern-courier.example/coast/quay.jpg", Some("AP Photo/Lena Orr")),
        ]
    );
    assert!(article.word_count > 150 && article.fingerprint.is_some());
}

#[test]
fn entry_and_feed_fill_in_what_the_page_lacks() {
    let entry = Entry {
        guid: Some("g-1".into()),
        title: Some("Ferry stops for the winter".into()),
        link: Some("https://isles.example/ferry?utm_medium=feed".into()),
        summary: Some("<p>The ferry stops.</p>".into()),
        authors: vec![Person { name: Some("Jo Lind".into()), ..Person::default() }],
        categories: vec!["Transport".into()],
        published: "2025-11-04T08:00:00Z".parse().ok(),
        ..Entry::default()
    };
    let feed = Feed { title: Some("Isles Today".into()), language: Some("en".into()), ..Feed::default() };
    let bare = "<p>The ferry to the isles will stop for the winter, its owner said on Tuesday, and will sail again in April.</p>".repeat(3);
    let article = from_page(&bare, None, Some(&entry), Some(&feed), &SiteContext::default());
    assert_eq!(article.headline.as_deref(), Some("Ferry stops for the winter"));
    assert_eq!(article.url.as_deref(), Some("https://isles.example/ferry"));
    assert_eq!((article.guid.as_deref(), article.publisher.as_deref()), (Some("g-1"), Some("Isles Today")));
    assert_eq!((article.summary.as_deref(), article.published), (Some("The ferry stops."), entry.published));
    assert_eq!(
        (article.authors[0].name.as_str(), article.keywords.as_slice()),
        ("Jo Lind", &["Transport".to_owned()][..])
    );
    assert_eq!((article.language.as_deref(), article.section.as_deref()), (Some("en"), None));

    let empty = from_page("<html><body></body></html>", None, Some(&entry), Some(&feed), &SiteContext::default());
    assert_eq!(empty.content_source, ContentSource::Feed, "the entry's own words stand in");
    assert!(empty.text.ends_with("The ferry stops."));
}

#[test]
fn a_canonical_url_of_another_site_is_ignored() {
    let url = Url::parse("https://copy.example/story-7").unwrap();
    let article = from_page(HARBOUR, Some(&url), None, None, &SiteContext::default());
    assert_eq!(article.url.as_deref(), Some("https://copy.example/story-7"));
}

#[test]
fn a_page_without_a_url_is_identified_by_its_text() {
    let page = "<h1>Old bridge reopens</h1><p>The old bridge over the Lorn was opened again on Friday after three years of work.</p>";
    let article = from_page(page, None, None, None, &SiteContext::default());
    assert_eq!(article.url, None);
    assert_eq!(article.id, content_id("", &article.text));
    assert_eq!(article.id, from_page(page, None, None, None, &SiteContext::default()).id);
}

#[test]
fn the_content_hash_changes_with_the_words_only() {
    let hash = content_hash(&harbour());
    let page = |from: &str, to: &str| {
        assert!(HARBOUR.contains(from), "{from}");
        content_hash(&from_page(
            &HARBOUR.replace(from, to),
            Url::parse(HARBOUR_URL).ok().as_ref(),
            None,
            None,
            &SiteContext::default(),
        ))
    };
    assert_eq!(page("2025-11-03T19:05:00+01:00", "2025-11-04T09:00:00+01:00"), hash, "times do not count");
    assert_eq!(page("/pictures/wall.jpg", "/pictures/other.jpg"), hash, "pictures do not count");
    assert_eq!(page("Work is to begin", "Work  is\n to begin"), hash, "white space does not count");
    assert_ne!(page("eleven votes", "twelve votes"), hash);
    assert_ne!(page("<h2>Shops below the line</h2>", "<p>Shops below the line</p>"), hash, "a block's kind counts");
    assert_ne!(page("Harbour town votes to raise", "Harbour town decides to raise"), hash);
}

#[test]
fn declared_encodings_are_decoded() {
    let page = "<html><head><meta charset=windows-1252></head><body><p>Caf\u{e9} owners said they were pleased with the new rules for the quay.</p></body></html>";
    let bytes: Vec<u8> = page.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert!(
        from_page(&decode_page(&bytes, Some("text/html")), None, None, None, &SiteContext::default())
            .text
            .contains("Café owners")
    );
}

type Page = fn(usize) -> String;

const STORY: &str =
    "<p>The old bridge over the Lorn was opened again on Friday after three years of work, and people cheered.</p>";

/// Hostile pages by their size.
const HOSTILE: [(&str, usize, Page); 24] = [
    ("nested divs", 50_000, |n| format!("{}{STORY}", "<div>".repeat(n))),
    ("closed nested divs", 50_000, |n| format!("{}{STORY}{}", "<div>".repeat(n), "</div>".repeat(n))),
    ("nested spans", 50_000, |n| format!("{}{STORY}", "<span>".repeat(n))),
    ("nested tables", 15_000, |n| format!("{}{STORY}", "<table><tr><td>".repeat(n))),
    ("nested lists", 25_000, |n| format!("{}{STORY}", "<ul><li>".repeat(n))),
    ("nested quotations", 50_000, |n| format!("{}{STORY}", "<blockquote>".repeat(n))),
    ("stray end tags", 15_000, |n| format!("{}{STORY}", "<div></p></x></span>".repeat(n))),
    ("open formats", 10_000, |n| (0..n).map(|i| format!("<b id={i}><p>")).collect::<String>() + STORY),
    ("misnested formats", 10_000, |n| format!("{}{STORY}", "<b><div></b>x".repeat(n))),
    ("many attributes", 25_000, |n| {
        format!("<div{}>{STORY}</div>", (0..n).map(|i| format!(" a{i}=1")).collect::<String>())
    }),
    ("a huge attribute", 2_000_000, |n| format!("<div title=\"{}\">{STORY}</div>", "x".repeat(n))),
    ("an open attribute", 500_000, |n| format!("{STORY}<div title=\"{}", "x".repeat(n))),
    ("open comments", 100_000, |n| format!("{STORY}{}", "<!--".repeat(n))),
    ("open scripts", 50_000, |n| format!("{STORY}{}", "<script>".repeat(n))),
    ("open noscripts", 50_000, |n| format!("{STORY}{}", "<noscript>".repeat(n))),
    ("angle brackets", 250_000, |n| format!("{STORY}{}", "<".repeat(n))),
    ("null bytes", 50_000, |n| format!("{}{STORY}\0\0", "\0".repeat(n))),
    ("ten megabytes of text", 200_000, |n| format!("<p>{}</p>", "All is well in the town. ".repeat(n))),
    ("many paragraphs", 10_000, |n| "<p>All is well in the town, they said.</p>".repeat(n)),
    ("many links", 25_000, |n| "<a href=/x>All is well</a> ".repeat(n)),
    ("many figures", 2_500, |n| {
        let figure = "<figure><img src=a.jpg><figcaption>A town. – Reuters</figcaption></figure>";
        format!("{STORY}{}{STORY}", figure.repeat(n))
    }),
    ("deep JSON-LD", 250_000, |n| format!("<script type=application/ld+json>{}</script>{STORY}", "[".repeat(n))),
    ("one long word", 500_000, |n| format!("<p>{}</p>", "ü".repeat(n))),
    ("wide names", 500, |n| format!("<a{} é{}>{STORY}", "é".repeat(n), "ü".repeat(n - 1))),
];

#[test]
fn hostile_pages_are_bounded_in_time_and_depth() {
    // Worker threads have 2 MiB stacks; so does this thread.
    let read = |name: &str, page: String| {
        let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
        let article = thread.spawn(move || from_page(&page, None, None, None, &SiteContext::default())).unwrap().join();
        assert_offsets(&article.unwrap_or_else(|_| panic!("{name} panics")));
    };
    read("nothing", String::new());
    for (name, size, page) in HOSTILE {
        assert_linear(name, size, |n| read(name, page(n)));
    }
}

#[test]
fn broken_markup_still_yields_the_story() {
    let page = "<html><body><div><h1>Old bridge reopens</h1><p>The old bridge over the Lorn was opened again on <b>Friday after three years of work.\
                <p>People cheered as the first cart went over, and a band played until the evening came.<div><p>It had been closed since the flood of 2022, which took two of its five arches away.";
    let article = from_page(page, None, None, None, &SiteContext::default());
    assert_eq!(blocks(&article, BlockKind::Paragraph).len(), 3, "{}", article.text);
    assert_offsets(&article);
}

#[test]
fn every_prefix_of_a_page_is_read() {
    for cut in (0..HARBOUR.len()).step_by(97).filter(|&c| HARBOUR.is_char_boundary(c)) {
        assert_offsets(&from_page(&HARBOUR[..cut], None, None, None, &SiteContext::default()));
        let entry = Entry { content: Some(HARBOUR[..cut].into()), ..Entry::default() };
        assert_offsets(&from_entry(&entry, &Feed::default(), "wire"));
    }
}

#[test]
fn canonical_urls_are_stable() {
    let once = canonical_url("https://Example.org:443/a?utm_source=x&b=1#c").unwrap();
    assert_eq!(canonical_url(&once).as_deref(), Some(once.as_str()));
}
