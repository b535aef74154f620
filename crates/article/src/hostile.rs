//! Pages that are cut, spliced and scrambled at random, and pages made to be slow: reading them must end soon and never
//! panic, and the blocks must cover the text.

#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "random numbers")]

use std::time::{Duration, Instant};

use dateline_feed::{Entry, Feed};
use dateline_record::Article;
use url::Url;

use super::{SiteContext, content_hash, decode_page, from_entry, from_page};

const SEEDS: [&[u8]; 7] = [
    include_bytes!("../../../fuzz/seeds/article/story"),
    include_bytes!("../../../fuzz/seeds/article/old"),
    include_bytes!("../../../fuzz/seeds/article/broken"),
    include_bytes!("../../../fuzz/seeds/article/mojibake"),
    include_bytes!("../../../fuzz/seeds/article/paywall"),
    include_bytes!("../../../fuzz/seeds/article/feedtext"),
    include_bytes!("../../../fuzz/html.dict"),
];

/// Numbers that are the same in every run (xorshift).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % bound.max(1)
    }
}

/// The blocks, in order and a blank line apart, are the text; offsets count code points.
fn check(article: &Article) {
    let text: Vec<char> = article.text.chars().collect();
    let mut at = 0;
    for (i, block) in article.blocks.iter().enumerate() {
        if i > 0 {
            assert_eq!(text[at..at + 2], ['\n', '\n']);
            at += 2;
        }
        assert!(block.start == at && block.end > at && block.end <= text.len(), "{block:?} at {at}");
        assert!(!text[at..block.end].contains(&'\n'), "{block:?} is one line");
        at = block.end;
    }
    assert_eq!(at, text.len());
    let _ = content_hash(article);
}

fn page(html: &str) -> Article {
    let url = Url::parse("https://isles.example/news/ferry").unwrap();
    let article = from_page(html, Some(&url), None, None, &SiteContext::default());
    check(&article);
    article
}

#[test]
fn nothing_panics_and_every_offset_is_valid() {
    let mut numbers = Numbers(0x2024_0604);
    let feed = Feed::default();
    for round in 0..4000 {
        let mut body = SEEDS[numbers.below(SEEDS.len())].to_vec();
        for _ in 0..=numbers.below(6) {
            let at = numbers.below(body.len() + 1);
            match numbers.below(5) {
                0 => body.truncate(at),
                1 => body.insert(at, numbers.below(256) as u8),
                2 => drop(body.drain(at..(at + numbers.below(40)).min(body.len()))),
                3 => body.insert(at, b"<>&'\"/=;-!? :"[numbers.below(13)]),
                _ => {
                    let other = SEEDS[numbers.below(SEEDS.len())];
                    let from = numbers.below(other.len());
                    let to = (from + numbers.below(200)).min(other.len());
                    body.splice(at..at, other[from..to].iter().copied());
                }
            }
        }
        let html = decode_page(&body, None);
        if round % 4 == 0 {
            let entry = Entry { summary: Some(html.clone()), content: Some(html), ..Entry::default() };
            check(&from_entry(&entry, &feed, "isles"));
        } else {
            page(&html);
        }
    }
}

/// `100_000` of each, or more than is read of a page: nested, never closed, closed in the wrong order, side by side, long.
#[test]
fn time_grows_with_length_only() {
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
    let long = |part: &str| part.repeat(6_000_000 / part.len());
    let stated = |key: &str, value: &str| {
        let value = value.repeat(800_000 / value.len());
        format!("<script type=ld+json>{{\"@type\":\"Article\",\"{key}\":\"{value}\"}}</script><p>word")
    };
    let data = |inner: &str| format!("<script type=application/json>[{inner}0]</script>");
    let mut slow = Vec::new();
    for (name, html) in [
        ("nested lists", deep("<ul><li>", "</li></ul>")),
        ("nested lists of words", deep("<ul><li>word", "</li></ul>")),
        ("nested divisions", deep("<div>", "</div>")),
        ("nested divisions of words", deep("<div>a word, and", "</div>")),
        ("nested tables", deep("<table><tr><td>", "</td></tr></table>")),
        ("tables in nothing", deep("<table>", "")),
        ("nested bold", deep("<b>", "</b>")),
        ("nested fonts", deep("<font>", "</font>")),
        ("nested quotations", deep("<blockquote><p>word", "</blockquote>")),
        ("nested figures", deep("<figure><img src=a><figcaption>word", "</figcaption></figure>")),
        ("nested terms", deep("<dl><dt>a<dd>b", "</dl>")),
        ("open paragraphs", deep("<p>", "")),
        ("open paragraphs of words", deep("<p>The ferry is late, and nobody knows why.", "")),
        ("open links", deep("<a href=x>", "")),
        ("links and bold crossed", deep("<a href=x><b>y</a>", "</b>")),
        ("bold and paragraphs crossed", deep("<b><p>y</b>", "")),
        ("bold, fonts, divisions crossed", deep("<b><font><div>y</b></font>", "</div>")),
        ("unknown tags", deep("<x-a>", "</x-b>")),
        ("end tags", deep("</p></b></div>", "</br></li>")),
        ("options", deep("<select><option>", "")),
        ("links side by side", long("<a href='/news/story'>The ferry is late</a> ")),
        ("list items side by side", long("<li><a href=/a>The ferry</a>")),
        ("breaks", long("<br>")),
        ("words and breaks", long("word<br>")),
        ("words", long("The ferry is late, and nobody knows why. ")),
        ("one word", long("a")),
        ("paragraphs", long("<p>The ferry is late, and nobody at the pier knows why.</p>\n")),
        ("headings", long("<h2>The ferry</h2>")),
        ("captions", long("<figure><img src=a.jpg><figcaption>The ferry – Reuters</figcaption></figure>")),
        ("attributes", format!("<p {}>word", long("a=1 "))),
        ("attributes that are read", format!("<p {}>word", long("class=a "))),
        ("tags full of attributes", long("<p class=a id=b lang=c title=d href=e>w")),
        ("class names", format!("<div class='{}'>word", long("story "))),
        ("one long attribute", format!("<p class='{}'>word", long("a"))),
        ("less-than signs", long("<")),
        ("open comments", long("<!--")),
        ("open scripts", long("<script>")),
        ("end tags of scripts", format!("<script>{}", long("</scrip "))),
        ("character references", long("&amp;")),
        ("numbers of characters", long("&#")),
        ("metas", long("<meta name=a content=b>")),
        ("JSON-LD", long("<script type=ld+json>{\"@type\":\"Article\"}</script>")),
        ("JSON-LD of brackets", format!("<script type=ld+json>{}</script>", "[".repeat(900_000))),
        ("misread words", long("Ã©â€™")),
        ("marks over letters", long("e\u{301}\u{323}")),
        ("marks over one letter", format!("<p>e{}", long("\u{301}"))),
        ("a long headline", stated("headline", " - isles.example")),
        ("a long author", stated("author", "Ada Reyes, ")),
        ("an author of one word", stated("author", "Ada")),
        ("a long section", stated("articleSection", "News | ")),
        ("many keywords", stated("keywords", "sea,")),
        ("a long description", stated("description", "The ferry is late. ")),
        ("a long address", stated("url", "https://isles.example/a/")),
        ("a long body", stated("articleBody", "The ferry is late. &lt;p&gt; </")),
        ("links that are labels", long("<p><a href=/x>Read more</a></p>")),
        ("teasers", long("<h3><a href=/x>The ferry is late</a></h3><p>Nobody knows why.</p>")),
        (
            "data in scripts",
            data(&r#"{"body":"The ferry is late, and nobody at the pier knows why it is so."},"#.repeat(60_000)),
        ),
        ("data of brackets", data(&"[".repeat(900_000))),
        ("assignments", format!("<script>{}</script>", long("a={"))),
        ("titles", format!("<title>{}</title>", long(" - isles.example"))),
    ] {
        let begin = Instant::now();
        page(&html);
        let took = begin.elapsed();
        if took > Duration::from_secs(10) {
            slow.push(format!("{name}: {took:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
