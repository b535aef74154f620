//! The quotations page: search over the archived articles.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::DateTime;

use super::{Moment, PageHeader, encoded, page, query};
use crate::serve::app::App;
use crate::serve::archive::{FoundQuotation, QuoteQuery};
use crate::serve::plain;

/// The number of quotations on a page, and of speakers beside them.
const HITS: usize = 40;
const SPEAKERS: usize = 25;

struct QuoteRow {
    text: String,
    speaker: Option<String>,
    speaker_query: String,
    role: Option<String>,
    kind: String,
    source: String,
    story: String,
    headline: String,
    time: Moment,
}

struct Speaker {
    name: String,
    query: String,
    quotes: u64,
}

#[derive(Template)]
#[template(path = "quotes.html")]
struct Quotes {
    header: PageHeader,
    kept: String,
    search: QuoteQuery,
    searched: bool,
    hits: Vec<QuoteRow>,
    older: Option<String>,
    speakers: Vec<Speaker>,
}

fn quote_row(hit: FoundQuotation) -> QuoteRow {
    QuoteRow {
        text: plain::text(&hit.text, 600),
        speaker_query: encoded(hit.speaker.as_deref().unwrap_or("")),
        speaker: hit.speaker,
        role: hit.role,
        kind: hit.r#type,
        source: hit.source,
        story: hit.article_id,
        headline: plain::text(&hit.headline, 160),
        time: Moment::at(DateTime::from_timestamp(hit.at, 0).unwrap_or_default()),
    }
}

/// Serves the page.
pub(in crate::serve) async fn quotes(State(app): State<App>, Query(search): Query<QuoteQuery>) -> Response {
    tokio::task::spawn_blocking(move || page(&build(&app, &search))).await.unwrap_or_else(super::ended)
}

fn build(app: &App, search: &QuoteQuery) -> Quotes {
    let archive = app.activity.archive.as_ref();
    let search = QuoteQuery {
        q: plain::text(&search.q, 300),
        speaker: plain::text(&search.speaker, 300),
        source: plain::text(&search.source, 120),
        from: plain::text(&search.from, 10),
        to: plain::text(&search.to, 10),
        ..search.clone()
    };
    let mut hits = archive.map(|archive| archive.search(&search, HITS + 1)).unwrap_or_default();
    let more = hits.len() > HITS;
    hits.truncate(HITS);
    let older = hits.last().filter(|_| more).map(|last| {
        let place = last.place.to_string();
        query(&[
            ("q", &search.q),
            ("speaker", &search.speaker),
            ("source", &search.source),
            ("from", &search.from),
            ("to", &search.to),
            ("before", &place),
        ])
    });
    let speakers = archive.map(|archive| archive.speakers(SPEAKERS)).unwrap_or_default();
    let speaker = |speaker: crate::serve::archive::Speaker| Speaker {
        query: encoded(&speaker.name),
        name: speaker.name,
        quotes: speaker.quotes,
    };
    Quotes {
        header: PageHeader::new("quotes", app),
        kept: kept(app),
        searched: search != QuoteQuery { before: search.before, ..QuoteQuery::default() },
        search,
        hits: hits.into_iter().map(quote_row).collect(),
        older,
        speakers: speakers.into_iter().map(speaker).collect(),
    }
}

fn kept(app: &App) -> String {
    let Some(archive) = &app.activity.archive else { return "This server keeps no stories for search.".into() };
    let loading = if archive.is_filled() { "" } else { "; older ones are still being loaded" };
    format!("{} quotations of {} stories can be searched{loading}", archive.quotes(), archive.len())
}
