//! Stories as HTML: entities marked in the text, quotations beside it. Everything from feeds is escaped.

use std::collections::BTreeMap;
use std::fmt::Write;

use html_escape::encode_safe as escape;

use super::board::{Board, Notice, Shown};
use crate::record::{BlockKind, Entity, EntityType, MentionKind, Quotation, QuotationType};

/// The page around the stories.
const FRAME: &str = include_str!("static/head.html");
/// Its style.
pub const STYLE: &str = include_str!("static/style.css");
/// Its script.
pub const SCRIPT: &str = include_str!("static/live.js");

/// The whole page with what is there now; the script adds what comes.
pub fn whole(board: &Board) -> String {
    let stories: String = board.stories_after(0).iter().map(|shown| story(shown)).collect();
    let stories = if stories.is_empty() { WAITING } else { &stories };
    // The frame is cut, not searched again: a story that holds "{stats}" must not be filled in.
    let mut html = String::with_capacity(FRAME.len() + stories.len());
    for part in FRAME.split_inclusive('}') {
        match part.rsplit_once('{') {
            Some((before, "stats}")) => html.extend([before, &escape(&board.stats.line())]),
            Some((before, "notices}")) => html.extend([before, &notices(&board.notices())]),
            Some((before, "stories}")) => html.extend([before, stories]),
            _ => html.push_str(part),
        }
    }
    html
}

const WAITING: &str = "<p class=\"none\" id=\"waiting\">Waiting for the first story\u{2026}</p>";

/// The longest text shown of a story, in code points.
const SHOWN_CHARS: usize = 6_000;

/// One story.
pub fn story(shown: &Shown) -> String {
    let article = &shown.article;
    let mut html = String::new();
    let site = article.publisher.as_deref().or(article.feed.as_ref().map(|feed| feed.id.as_str())).unwrap_or("");
    let time = article.published.map(|time| time.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    let _ = write!(
        html,
        "<article class=\"story\" data-number=\"{}\"><header><p class=\"source\">{} <time>{}</time>{}{}</p>",
        shown.number,
        escape(site),
        escape(&time),
        if article.revision > 1 {
            format!(" <span class=\"tag\">revision {}</span>", article.revision)
        } else {
            String::new()
        },
        if article.duplicate_of.is_some() { " <span class=\"tag\">seen elsewhere</span>" } else { "" },
    );
    let headline = escape(article.headline.as_deref().unwrap_or("(no headline)"));
    match article.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        Some(url) => {
            let url = escape(url);
            let _ = write!(html, "<h2><a href=\"{url}\" rel=\"noreferrer noopener\">{headline}</a></h2>");
        }
        None => {
            let _ = write!(html, "<h2>{headline}</h2>");
        }
    }
    html.push_str("</header><div class=\"columns\"><div class=\"text\">");
    text(&mut html, shown);
    html.push_str("</div><aside><h3>Who said what</h3>");
    if shown.quotes.is_empty() {
        html.push_str("<p class=\"none\">No quotations.</p>");
    }
    for quote in &shown.quotes {
        quotation(&mut html, quote);
    }
    names(&mut html, &shown.entities.entities);
    html.push_str("</aside></div></article>");
    html
}

fn class(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "person",
        EntityType::Organisation => "organisation",
        EntityType::Place => "place",
        EntityType::Event => "event",
        EntityType::Other => "other",
    }
}

/// The text with its marks; the headline stands above already.
fn text(html: &mut String, shown: &Shown) {
    let chars: Vec<char> = shown.article.text.chars().take(SHOWN_CHARS).collect();
    let mut marks: BTreeMap<usize, (usize, &'static str)> = BTreeMap::new();
    for entity in &shown.entities.entities {
        for mention in entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
            marks.entry(mention.start).or_insert((mention.end, class(entity.r#type)));
        }
    }
    for block in &shown.article.blocks {
        let (tag, kind) = match block.kind {
            BlockKind::Headline => continue,
            BlockKind::Subheading => ("h4", ""),
            BlockKind::Caption => ("p", " class=\"caption\""),
            BlockKind::Blockquote => ("blockquote", ""),
            BlockKind::Paragraph | BlockKind::ListItem => ("p", ""),
        };
        let (start, end) = (block.start.min(chars.len()), block.end.min(chars.len()));
        if start == end {
            continue;
        }
        let _ = write!(html, "<{tag}{kind}>");
        let mut at = start;
        for (&from, &(to, class)) in marks.range(start..end) {
            if from < at || to > end {
                continue;
            }
            push(html, &chars[at..from]);
            let _ = write!(html, "<mark class=\"{class}\">");
            push(html, &chars[from..to]);
            html.push_str("</mark>");
            at = to;
        }
        push(html, &chars[at..end]);
        if let Some(credit) = &block.credit {
            let _ = write!(html, " <small>{}</small>", escape(credit));
        }
        let _ = write!(html, "</{tag}>");
    }
}

fn push(html: &mut String, chars: &[char]) {
    let text: String = chars.iter().collect();
    html.push_str(&escape(&text));
}

fn quotation(html: &mut String, quote: &Quotation) {
    let kind = match quote.r#type {
        QuotationType::Direct => "direct",
        QuotationType::Mixed => "mixed",
        QuotationType::Indirect => "indirect",
    };
    let speaker = quote.speaker.as_ref();
    let name = speaker.and_then(|s| s.name.as_deref().or(s.text.as_deref())).unwrap_or("unknown");
    let words: String = quote.text.chars().take(600).collect();
    let cue = quote.cue.as_ref().map(|cue| format!(" <span class=\"cue\">{}</span>", escape(&cue.text)));
    let _ = write!(
        html,
        "<figure class=\"quote {kind}\"><figcaption><b>{}</b>{} <span class=\"tag\">{kind}</span></figcaption><blockquote>{}</blockquote></figure>",
        escape(name),
        cue.unwrap_or_default(),
        escape(&words),
    );
}

fn names(html: &mut String, entities: &[Entity]) {
    for (kind, title) in
        [(EntityType::Person, "People"), (EntityType::Organisation, "Organisations"), (EntityType::Place, "Places")]
    {
        let found: Vec<&Entity> = entities.iter().filter(|entity| entity.r#type == kind).take(30).collect();
        if found.is_empty() {
            continue;
        }
        let _ = write!(html, "<h3>{title}</h3><ul class=\"names\">");
        for entity in found {
            let _ = write!(html, "<li class=\"{}\">{}</li>", class(kind), escape(&entity.name));
        }
        html.push_str("</ul>");
    }
}

/// One line for each thing that needs an eye.
pub fn notices(notices: &[Notice]) -> String {
    let mut html = String::new();
    for notice in notices {
        let (feed, what, why) = match notice {
            Notice::Dead(dead) => (&dead.feed_id, format!("dead letter ({})", dead.stage.name()), dead.error.as_str()),
            Notice::Event(event) => {
                (&event.feed_id, event.event.name().to_owned(), event.reason.as_deref().unwrap_or(""))
            }
        };
        let _ = write!(html, "<li><b>{}</b> {} <span>{}</span></li>", escape(feed), escape(&what), escape(why));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Article, EntitySet};

    #[test]
    fn a_story_whose_text_is_a_script_is_shown_as_text() {
        let hostile = "<script>alert(1)</script>\" onload=\"x";
        let json = serde_json::json!({
            "id": uuid::Uuid::nil(), "revision": 1, "pubstatus": "usable", "url": "javascript:alert(1)", "headline": hostile,
            "publisher": hostile, "content_source": "page", "text": hostile, "word_count": 1,
            "blocks": [{ "kind": "paragraph", "start": 0, "end": hostile.chars().count() }]
        });
        let article: Article = serde_json::from_value(json).unwrap();
        let entities = EntitySet { article_id: article.id, revision: 1, entities: Vec::new() };
        let html = story(&Shown { number: 1, article: Box::new(article), entities, quotes: Vec::new() });
        assert!(!html.contains("<script") && !html.contains("\" onload") && !html.contains("javascript:"), "{html}");
    }
}
