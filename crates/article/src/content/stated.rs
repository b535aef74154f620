//! The text of the article as the page's metadata states it, compared with the visible text.

use dateline_record::BlockKind;

use super::blocks::TextBlock;
use super::shingles::Reference;
use super::walk;
use crate::fingerprint::word_count;
use crate::html::{clean, dom, sanitize};
use crate::metadata::jsonld::Stated;

/// A shorter statement is a summary, in bytes.
const LEAST: usize = 400;
/// The maximum number of updates of a live blog that are read.
const MAX_UPDATES: usize = 1_000;

/// Returns the text of JSON-LD's `articleBody`, a block a line; of a live blog without one, its updates, each with its headline.
pub(crate) fn body(said: &Stated) -> Option<String> {
    let body = match said.text("articleBody") {
        Some(body) => text(body),
        None => updates(said),
    };
    Some(body).filter(|body| body.len() > LEAST)
}

fn updates(said: &Stated) -> String {
    let mut all = String::new();
    for update in said.objects("liveBlogUpdate").take(MAX_UPDATES) {
        for part in ["headline", "articleBody"].iter().filter_map(|key| update.get(key)?.as_str()) {
            all.push_str(&text(part));
            all.push('\n');
        }
    }
    all
}

/// Returns a statement as text; some sites put HTML there.
pub(crate) fn text(body: &str) -> String {
    if !body.contains("</") && !body.contains("&lt;") {
        return html_escape::decode_html_entities(body).into_owned();
    }
    let decoded = html_escape::decode_html_entities(body);
    let page = dom::parse(&sanitize::sanitize(&decoded));
    walk::pieces(&page, None).into_iter().map(|piece| piece.text).collect::<Vec<_>>().join("\n")
}

/// Returns words of the parts that are not captions.
pub(crate) fn length(parts: &[TextBlock]) -> usize {
    parts.iter().filter(|part| part.kind != BlockKind::Caption).map(|part| word_count(&part.text)).sum()
}

/// Returns the statement as the article's parts, where the page shows less than half of it (scripts would, or a subscription) and what it does
/// show is of the same article.
pub(crate) fn instead(stated: &str, shown: &[TextBlock]) -> Option<Vec<TextBlock>> {
    let words = length(shown);
    if words * 2 > word_count(stated) {
        return None;
    }
    let reference = Reference::new(stated);
    let same: Vec<TextBlock> = shown.iter().filter(|part| reference.holds(&part.text)).cloned().collect();
    if length(&same) * 2 < words {
        return None;
    }
    let paragraph = |text: String| TextBlock { kind: BlockKind::Paragraph, text, credit: None };
    let captions = shown.iter().filter(|part| part.kind == BlockKind::Caption).cloned();
    Some(stated.lines().filter_map(clean::non_empty).map(paragraph).chain(captions).collect())
}

#[cfg(test)]
mod tests {
    use crate::{SiteContext, from_page};
    use dateline_feed::Entry;
    use dateline_record::{Article, BlockKind, ContentSource, Source};

    const FIRST: &str = "The council of the harbour town voted on Monday to raise the sea wall by a metre, after two floods in one \
                         winter closed the shops on the quay for weeks.";
    const SECOND: &str = "Work will begin in spring, the mayor told the meeting, and it will take two years until the last stone is \
                          laid on the old pier.";
    const THIRD: &str = "The bill of nine million has to be met by the harbour dues, which will rise by a tenth for every ship that \
                         calls at the northern quay.";

    /// Returns a page with these scripts and this body.
    fn page(stated: &str, shown: &str, entry: Option<&Entry>) -> Article {
        let html = format!(
            "<title>Town raises its wall</title><script type='application/ld+json'>{stated}</script>\
             <body><article><h1>Town raises its wall</h1>{shown}</article></body>"
        );
        from_page(&html, None, entry, None, &SiteContext::default())
    }

    fn body(article: &Article) -> Vec<&str> {
        let blocks = article.blocks.iter().filter(|block| block.kind != BlockKind::Headline);
        blocks.map(|block| article.text.get(block.start..block.end).unwrap()).collect()
    }

    #[test]
    fn a_statement_replaces_what_scripts_would_show() {
        let stated = format!(r#"{{"@type":"NewsArticle","articleBody":"{FIRST}\n\n{SECOND}\n{THIRD}"}}"#);
        for shown in ["<div id=root></div>".to_owned(), format!("<p>{FIRST}</p><p>Subscribe to read on.</p>")] {
            let article = page(&stated, &shown, None);
            assert_eq!(body(&article), [FIRST, SECOND, THIRD], "{shown}");
            assert_eq!(article.sources.get("text"), Some(&Source::JsonLd));
            assert_eq!((article.content_source, article.truncated), (ContentSource::Page, false));
        }
        // What the page shows goes before, where it is most of it or another article.
        let other =
            "<p>The ferry to the isles was late again, and nobody at the pier could say for how long it would be.</p>"
                .repeat(3);
        for shown in [format!("<p>{FIRST}</p><p>{SECOND}</p>"), other] {
            let article = page(&stated, &shown, None);
            assert!(!article.text.contains(THIRD) && !article.sources.contains_key("text"), "{shown}");
        }
    }

    #[test]
    fn a_live_blog_is_its_updates() {
        let update = |headline: &str, text: &str| {
            format!(
                r#"{{"@type":"BlogPosting","headline":"{headline}","datePublished":"2026-03-01T09:00:00Z","articleBody":"{text}"}}"#
            )
        };
        let updates = [update("The vote", FIRST), update("The work", SECOND), update("The bill", THIRD)].join(",");
        let stated = format!(r#"{{"@type":"LiveBlogPosting","headline":"H","liveBlogUpdate":[{updates}]}}"#);
        let entry = |headline: &str, text: &str| {
            format!(
                "<div class=entry><time>9:00</time><h2>{headline}</h2><p>{text}</p><p>Share this update</p><p>Copy link</p></div>"
            )
        };
        let shown = entry("The vote", FIRST) + &entry("The work", SECOND) + &entry("The bill", THIRD);
        let at = "2026-03-01 09:00";
        for (shown, at) in [(shown, String::new()), (String::new(), format!("{at} "))] {
            let article = page(&stated, &shown, None);
            let heading = |text: &str| format!("{at}{text}");
            let expected = [&heading("The vote"), FIRST, &heading("The work"), SECOND, &heading("The bill"), THIRD];
            assert_eq!(body(&article), expected, "{shown}");
        }
    }

    #[test]
    fn marked_bodies_hold_the_article_and_nothing_else() {
        let aside = "<p>Readers who liked this story also read of the ferry that was late again, and of the pier that fell.</p>";
        let shown = format!("<div itemprop=articleBody><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>{aside}");
        assert_eq!(body(&page("", &shown, None)), [FIRST, SECOND, THIRD]);
    }

    #[test]
    fn the_whole_in_the_feed_goes_before_a_teaser_on_the_page() {
        let whole = format!("<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p><p>{}</p>", FIRST.replace("Monday", "Tuesday"));
        let entry = Entry { content: Some(whole), summary: Some("The wall rises.".into()), ..Entry::default() };
        let teaser = format!("<p>{FIRST}</p>");
        let article = page("", &teaser, Some(&entry));
        assert_eq!((article.content_source, body(&article).len()), (ContentSource::Feed, 4));
        let short = Entry { content: None, ..entry };
        assert_eq!(page("", &teaser, Some(&short)).content_source, ContentSource::Page);
    }
}
