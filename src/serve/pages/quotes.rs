//! The quotations page: search over the archived articles.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::DateTime;

use super::{Moment, PageHeader, encoded, page, query};
use crate::serve::app::App;
use crate::serve::archive::{Asked, Hit};
use crate::serve::plain;

/// The number of quotations on a page, and of speakers beside them.
const HITS: usize = 40;
const SPEAKERS: usize = 25;

struct Said {
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
    asked: Asked,
    searched: bool,
    hits: Vec<Said>,
    older: Option<String>,
    speakers: Vec<Speaker>,
}

fn said(hit: Hit) -> Said {
    Said {
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
pub(in crate::serve) async fn quotes(State(app): State<App>, Query(asked): Query<Asked>) -> Response {
    tokio::task::spawn_blocking(move || page(&made(&app, &asked))).await.unwrap_or_else(super::ended)
}

fn made(app: &App, asked: &Asked) -> Quotes {
    let archive = app.activity.archive.as_ref();
    let asked = Asked {
        q: plain::text(&asked.q, 300),
        speaker: plain::text(&asked.speaker, 300),
        source: plain::text(&asked.source, 120),
        from: plain::text(&asked.from, 10),
        to: plain::text(&asked.to, 10),
        ..asked.clone()
    };
    let mut hits = archive.map(|archive| archive.search(&asked, HITS + 1)).unwrap_or_default();
    let more = hits.len() > HITS;
    hits.truncate(HITS);
    let older = hits.last().filter(|_| more).map(|last| {
        let place = last.place.to_string();
        query(&[
            ("q", &asked.q),
            ("speaker", &asked.speaker),
            ("source", &asked.source),
            ("from", &asked.from),
            ("to", &asked.to),
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
        searched: asked != Asked { before: asked.before, ..Asked::default() },
        asked,
        hits: hits.into_iter().map(said).collect(),
        older,
        speakers: speakers.into_iter().map(speaker).collect(),
    }
}

fn kept(app: &App) -> String {
    let Some(archive) = &app.activity.archive else { return "No stories are kept here.".into() };
    let still = if archive.is_filled() { "" } else { "; older ones are still being read" };
    format!("{} quotations of {} stories are kept{still}", archive.quotes(), archive.len())
}
