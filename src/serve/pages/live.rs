//! The live page: articles as they are committed.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{LabelLink, Moment, PageHeader, Tag, encoded, page};
use crate::record::{Article, Grade, PubStatus};
use crate::serve::activity::{Notice, RecentActivity};
use crate::serve::app::App;
use crate::serve::highlight::{self, Limits, TextBlock};
use crate::serve::label_filter::LabelFilter;
use crate::serve::plain;
use crate::serve::story_view::{StoryView, source_of};

/// The number of articles on a freshly opened page, and their total size.
const STORIES: usize = 20;
const MAX_BYTES: usize = 150_000;
/// The limits for an article on this page.
const LIMITS: Limits = Limits { chars: 1_100, blocks: 5, quotes: 4, quote_chars: 320 };

pub(super) struct Card {
    number: u64,
    id: String,
    headline: String,
    source: String,
    time: Moment,
    tags: Vec<Tag>,
    labels: Vec<LabelLink>,
    blocks: Vec<TextBlock>,
    cut: bool,
}

impl Card {
    fn new(story: &StoryView) -> Self {
        let article = &story.article;
        let (blocks, cut) = highlight::blocks(article, &story.entities, &story.quotes, LIMITS);
        Self {
            number: story.number,
            id: article.id.to_string(),
            headline: headline(article),
            source: plain::text(source_of(article), 120),
            time: Moment::at(story.time()),
            tags: tags(article),
            labels: LabelLink::of(story.labels()),
            blocks,
            cut,
        }
    }
}

pub(super) fn headline(article: &Article) -> String {
    plain::text(article.headline.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or("(no headline)"), 300)
}

/// The summary of an article.
pub(super) fn tags(article: &Article) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut tag = |words: String, class| tags.push(Tag { words, class });
    if article.pubstatus == PubStatus::Canceled {
        tag("withdrawn".into(), "loud");
    } else if article.revision > 1 {
        let grade = article.changes.as_ref().map(|changes| changes.grade);
        let words = grade.map(|grade| format!(": {}", grade_words(grade))).unwrap_or_default();
        tag(
            format!("revision {}{words}", article.revision),
            if grade == Some(Grade::Correction) { "loud" } else { "" },
        );
    }
    if article.duplicate_of.is_some() {
        tag("also published elsewhere".into(), "");
    }
    if article.truncated {
        tag("truncated".into(), "");
    }
    tags
}

pub(super) fn grade_words(grade: Grade) -> &'static str {
    match grade {
        Grade::Metadata => "metadata",
        Grade::Extraction => "better extraction",
        Grade::Typo => "spelling",
        Grade::Headline => "headline",
        Grade::Substance => "substance",
        Grade::Correction => "correction",
    }
}

/// Renders one article as an event for open pages.
#[derive(Template)]
#[template(path = "card.html")]
struct OneCard {
    card: Card,
}

/// Renders an article as HTML.
pub(in crate::serve) fn card(story: &StoryView) -> String {
    OneCard { card: Card::new(story) }.render().unwrap_or_default()
}

struct Line {
    feed: String,
    query: String,
    what: String,
    why: String,
    time: Moment,
}

/// Renders the notices as an event for open pages.
#[derive(Template)]
#[template(path = "notices.html")]
struct Notices {
    notices: Vec<Line>,
}

fn lines(activity: &RecentActivity) -> Vec<Line> {
    let line = |notice: &Notice| {
        let (feed, what, why, time) = match notice {
            Notice::Dead(dead) => {
                (&dead.feed_id, format!("dead letter ({})", dead.stage.name()), dead.error.as_str(), dead.time)
            }
            Notice::Event(event) => {
                (&event.feed_id, event.event.name().to_owned(), event.reason.as_deref().unwrap_or(""), event.time)
            }
        };
        let time = Moment::at(time);
        Line { feed: plain::text(feed, 200), query: encoded(feed), what, why: plain::text(why, 300), time }
    };
    activity.notices().iter().map(line).collect()
}

/// Renders the notices as HTML.
pub(in crate::serve) fn notices(activity: &RecentActivity) -> String {
    Notices { notices: lines(activity) }.render().unwrap_or_default()
}

/// Returns the figures at the top, in words.
pub(in crate::serve) fn figures(app: &App) -> String {
    let stats = &app.activity.stats;
    let summary = app.activity.throughput.summary();
    format!(
        "{} stories and {} quotations since the start \u{b7} {:.0} stories in the last minute \u{b7} {} feeds",
        stats.articles.get(),
        stats.quotes.get(),
        summary.stories_per_minute,
        app.feed_list.feeds().len(),
    )
}

#[derive(Template)]
#[template(path = "live.html")]
struct Live {
    header: PageHeader,
    figures: String,
    notices: Vec<Line>,
    cards: Vec<Card>,
    /// The labels that are shown, in words and for the stream.
    only: String,
    label: String,
}

/// Which stories the page shows.
#[derive(Deserialize)]
pub(in crate::serve) struct Shown {
    /// Labels, separated by commas.
    #[serde(default)]
    label: String,
}

/// Serves the page.
pub(in crate::serve) async fn live(State(app): State<App>, Query(Shown { label }): Query<Shown>) -> Response {
    let labels = LabelFilter::new(&plain::text(&label, 400));
    let rendered = tokio::task::spawn_blocking(move || {
        let mut left = MAX_BYTES;
        let mut cards = Vec::new();
        for story in app.activity.newest(&labels, STORIES) {
            let one = OneCard { card: Card::new(&story) };
            let size = one.render().map_or(usize::MAX, |html| html.len());
            let Some(rest) = left.checked_sub(size) else { break };
            left = rest;
            cards.push(one.card);
        }
        page(&Live {
            header: PageHeader::new("live", &app),
            figures: figures(&app),
            notices: lines(&app.activity),
            cards,
            only: labels.labels().join(", "),
            label: labels.labels().join(","),
        })
    });
    rendered.await.unwrap_or_else(super::ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::EntitySet;

    fn shown(article: serde_json::Value) -> StoryView {
        let article: Article = serde_json::from_value(article).unwrap();
        let entities =
            EntitySet { article_id: article.id, revision: 1, entities: Vec::new(), extractor: None, feed: None };
        StoryView { number: 1, article: Box::new(article), entities, quotes: Vec::new() }
    }

    #[test]
    fn a_story_whose_text_is_a_script_is_shown_as_text() {
        let hostile = "<script>alert(1)</script>\" onload=\"x' onfocus='y\u{202e}";
        let html = card(&shown(serde_json::json!({
            "id": uuid::Uuid::nil(), "revision": 1, "pubstatus": "usable", "url": "javascript:alert(1)", "headline": hostile,
            "publisher": hostile, "content_source": "page", "text": hostile, "word_count": 1,
            "blocks": [{ "kind": "paragraph", "start": 0, "end": hostile.chars().count() }]
        })));
        for word in ["<script", "\" onload", "' onfocus", "javascript:", "\u{202e}"] {
            assert!(!html.contains(word), "{word}\n{html}");
        }
        assert!(html.matches("&#60;script&#62;").count() >= 3, "{html}");
    }

    #[test]
    fn an_endless_headline_is_cut() {
        let endless = "x".repeat(1_000_000);
        let html = card(&shown(serde_json::json!({
            "id": uuid::Uuid::nil(), "revision": 1, "pubstatus": "usable", "headline": endless, "content_source": "page",
            "text": endless, "word_count": 1, "blocks": [{ "kind": "paragraph", "start": 0, "end": 1_000_000 }]
        })));
        assert!(html.len() < 10_000 && html.contains('\u{2026}'), "{}", html.len());
    }
}
