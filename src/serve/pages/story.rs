//! The page of one article: its marked text, its revisions and their changes, and its duplicates.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::live::{grade_words, headline, tags};
use super::{LabelLink, Moment, PageHeader, Tag, not_found, page};
use crate::record::{EntityType, PubStatus, Rights, Withheld, WithheldPart};
use crate::serve::app::App;
use crate::serve::archive::Archive;
use crate::serve::highlight::{self, Limits, TextBlock};
use crate::serve::plain;
use crate::serve::story_view::{StoryView, source_of};
use crate::serve::text_diff::{self, Change};

/// The limits for an article's page; lower ones apply if its HTML would be too large.
const LIMITS: Limits = Limits { chars: 40_000, blocks: 400, quotes: 120, quote_chars: 600 };
const MAX_BYTES: usize = 190_000;
/// The number of names listed.
const MAX_NAMES: usize = 80;

struct Fact {
    name: &'static str,
    value: String,
    link: Option<String>,
}

struct Name {
    name: String,
    class: &'static str,
    role: Option<String>,
    mentions: usize,
    wikidata: Option<String>,
}

struct Revision {
    number: u32,
    headline: String,
    shown: bool,
}

struct RevisionChange {
    revision: u32,
    grade: Option<&'static str>,
    notice: Option<String>,
    lines: Vec<Vec<text_diff::Span>>,
}

struct Copy {
    id: String,
    source: String,
    headline: String,
    how: String,
}

#[derive(Template)]
#[template(path = "story.html")]
struct Story {
    header: PageHeader,
    id: String,
    headline: String,
    source: String,
    time: Moment,
    tags: Vec<Tag>,
    withdrawn: bool,
    /// What was left out because the publisher reserves it.
    withheld: Option<String>,
    facts: Vec<Fact>,
    blocks: Vec<TextBlock>,
    cut: bool,
    names: Vec<Name>,
    revisions: Vec<Revision>,
    change: Option<RevisionChange>,
    copies: Vec<Copy>,
}

#[derive(Deserialize)]
pub(in crate::serve) struct RevisionQuery {
    revision: Option<u32>,
}

/// Serves the page.
pub(in crate::serve) async fn story(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(RevisionQuery { revision }): Query<RevisionQuery>,
) -> Response {
    let rendered = tokio::task::spawn_blocking(move || {
        let found = id.parse().ok().zip(app.activity.archive.as_ref());
        let Some(story) = found.and_then(|(id, archive)| Story::new(id, revision, archive, &app)) else {
            return not_found(&app);
        };
        page(&story)
    });
    rendered.await.unwrap_or_else(super::ended).into_response()
}

impl Story {
    fn new(id: Uuid, revision: Option<u32>, archive: &Archive, app: &App) -> Option<Self> {
        let heads = archive.revisions(id);
        let at = heads.iter().position(|head| revision.is_none_or(|wanted| head.revision == wanted))?;
        let story = archive.story(heads[at].number)?;
        let before = heads.get(at + 1).and_then(|head| archive.story(head.number));
        let article = &story.article;
        let mut page = Self {
            header: PageHeader::new("", app),
            id: id.to_string(),
            headline: headline(article),
            source: plain::text(source_of(article), 120),
            time: Moment::at(story.time()),
            tags: tags(article),
            withdrawn: article.pubstatus == PubStatus::Canceled,
            withheld: article.rights.as_ref().and_then(withheld),
            facts: facts(&story),
            blocks: Vec::new(),
            cut: false,
            names: names(&story),
            revisions: heads
                .iter()
                .enumerate()
                .map(|(place, head)| Revision {
                    number: head.revision,
                    headline: head.headline.clone(),
                    shown: place == at,
                })
                .collect(),
            change: (article.revision > 1).then(|| change(&story, before.as_ref())),
            copies: copies(&story, archive),
        };
        let mut limits = LIMITS;
        loop {
            (page.blocks, page.cut) = highlight::blocks(article, &story.entities, &story.quotes, limits);
            if limits.chars < 1_000 || page.render().is_ok_and(|html| html.len() <= MAX_BYTES) {
                return Some(page);
            }
            limits = Limits { chars: limits.chars / 2, quotes: limits.quotes / 2, blocks: limits.blocks / 2, ..limits };
            if let Some(change) = &mut page.change {
                change.lines.truncate(change.lines.len() / 2);
            }
        }
    }
}

fn facts(story: &StoryView) -> Vec<Fact> {
    let article = &story.article;
    let mut facts = Vec::new();
    let mut fact = |name, value: Option<String>, link: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| Fact { name, value, link }));
    };
    let short = |text: &Option<String>| text.as_deref().map(|text| plain::text(text, 160));
    let moment = |time: Option<chrono::DateTime<chrono::Utc>>| time.map(|time| Moment::at(time).words);
    let url = plain::link(article.url.as_deref().or(article.link.as_deref()));
    fact("Original", url.as_deref().map(|url| plain::text(url, 80)), url.clone());
    fact("Byline", short(&article.byline), None);
    fact("Agency", short(&article.agency), None);
    fact("Section", short(&article.section), None);
    fact("Published", moment(article.published), None);
    fact("Modified", moment(article.modified), None);
    fact("First seen", moment(article.first_seen), None);
    fact("Language", short(&article.language), None);
    fact("Words", Some(article.word_count.to_string()), None);
    if let Some(rights) = &article.rights {
        fact("Rights", short(&rights.notice), None);
        let tdm = rights.tdm.as_ref().map(|tdm| if tdm.reserved { "reserved" } else { "not reserved" });
        let policy = rights.tdm.as_ref().and_then(|tdm| plain::link(tdm.policy.as_deref()));
        fact("Text and data mining", tdm.map(str::to_owned), policy);
        fact("For robots", Some(plain::text(&rights.robots.join(", "), 300)), None);
    }
    let feed = article.feed.as_ref().map(|feed| plain::text(&feed.id, 200));
    let feed_page = feed.as_deref().map(|id| format!("/feeds?{}", super::query(&[("q", id)])));
    fact("Feed", feed, feed_page);
    for LabelLink { label, query } in LabelLink::of(story.labels()) {
        fact("Label", Some(label), Some(format!("/?{query}")));
    }
    facts
}

/// Says what was left out of an article, and why.
fn withheld(rights: &Rights) -> Option<String> {
    let Withheld { part, because } = rights.withheld.as_ref()?;
    let part = match part {
        WithheldPart::Text => "Its text is left out",
        WithheldPart::Extraction => "No names and quotations are looked for",
    };
    Some(format!("{part}, because the publisher reserves it: {}.", plain::text(&because.join(", "), 300)))
}

fn names(story: &StoryView) -> Vec<Name> {
    let mut entities: Vec<_> = story.entities.entities.iter().collect();
    entities.sort_by(|a, b| b.salience.total_cmp(&a.salience));
    let name = |entity: &&crate::record::Entity| Name {
        name: plain::text(&entity.name, 120),
        class: highlight::class(entity.r#type),
        role: entity.role.as_deref().map(|role| plain::text(role, 120)).filter(|_| entity.r#type == EntityType::Person),
        mentions: entity.mentions.len(),
        wikidata: entity.wikidata.as_deref().and_then(wikidata),
    };
    entities.iter().take(MAX_NAMES).map(name).collect()
}

fn wikidata(id: &str) -> Option<String> {
    let digits = id.strip_prefix('Q')?;
    (digits.len() < 12 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("https://www.wikidata.org/wiki/{id}"))
}

fn change(story: &StoryView, before: Option<&StoryView>) -> RevisionChange {
    let changes = story.article.changes.as_ref();
    RevisionChange {
        revision: story.article.revision,
        grade: changes.map(|changes| grade_words(changes.grade)),
        notice: changes.and_then(|changes| changes.notice.as_deref()).map(|notice| plain::text(notice, 1_000)),
        lines: before.map(|before| text_diff::lines(&before.article.text, &story.article.text)).unwrap_or_default(),
    }
}

fn copies(story: &StoryView, archive: &Archive) -> Vec<Copy> {
    let copy = |head: crate::serve::archive::StorySummary, how: String| Copy {
        id: head.id,
        source: head.source,
        headline: head.headline,
        how,
    };
    let first = story.article.duplicate_of.as_ref().and_then(|first| {
        let head = archive.revisions(first.id).into_iter().next()?;
        Some(copy(head, format!("the original, {:.0} % similar", first.similarity * 100.0)))
    });
    let later = archive.copies(story.article.id).into_iter().map(|head| copy(head, "a copy of this story".into()));
    first.into_iter().chain(later).collect()
}
