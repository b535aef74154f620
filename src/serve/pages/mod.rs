//! The pages, each a template with its data. Texts are shortened and cleaned here; the templates escape them.

mod feeds;
mod live;
mod pipeline;
mod quotes;
mod rules;
mod story;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use url::form_urlencoded;

pub(super) use feeds::feeds;
pub(super) use live::{card, figures, live, notices};
pub(super) use pipeline::{pipeline, throughput};
pub(super) use quotes::quotes;
pub(super) use rules::{feed, rules};
pub(super) use story::story;

use super::app::App;
use super::plain;
use crate::health::FeedStatus;

/// The data of every page's header.
struct PageHeader {
    tab: &'static str,
    trouble: usize,
}

impl PageHeader {
    fn new(tab: &'static str, app: &App) -> Self {
        let counts = app.activity.stats.feeds.counts(Utc::now());
        let trouble = FeedStatus::ALL.into_iter().filter(|status| status.needs_attention());
        let trouble = trouble.map(|status| counts.of(status)).sum();
        Self { tab, trouble }
    }
}

/// An instant, for machines and for people.
struct Moment {
    iso: String,
    words: String,
}

impl Moment {
    fn at(time: DateTime<Utc>) -> Self {
        Self {
            iso: time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            words: time.format("%-d %b %Y, %H:%M UTC").to_string(),
        }
    }

    /// Returns the distance from now.
    fn far(time: Option<DateTime<Utc>>, now: DateTime<Utc>, never: &str) -> Self {
        let Some(time) = time else { return Self { iso: String::new(), words: never.to_owned() } };
        let seconds = (time - now).num_seconds();
        let span = span(seconds.abs());
        let words = match seconds {
            -1..=1 => "now".to_owned(),
            2.. => format!("in {span}"),
            _ => format!("{span} ago"),
        };
        Self { iso: Self::at(time).iso, words }
    }
}

/// Returns a span of time in its largest unit.
fn span(seconds: i64) -> String {
    let (size, unit) = match seconds {
        ..100 => (1, "s"),
        100..5_400 => (60, "min"),
        5_400..172_800 => (3_600, "h"),
        _ => (86_400, "days"),
    };
    format!("{} {unit}", (seconds + size / 2) / size)
}

/// A label beside a headline.
struct Tag {
    words: String,
    class: &'static str,
}

/// A label and the query that filters by it.
struct LabelLink {
    label: String,
    query: String,
}

impl LabelLink {
    /// Returns the first labels; a page shows no more.
    fn of(labels: &[String]) -> Vec<Self> {
        let link = |label: &String| Self { label: plain::text(label, 60), query: query(&[("label", label)]) };
        labels.iter().filter(|label| !label.contains(',')).take(8).map(link).collect()
    }
}

/// Encodes values for the query of a URL.
fn query(pairs: &[(&str, &str)]) -> String {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish()
}

/// Encodes one value for the query of a URL.
fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// Encodes a feed's id as a part of a path.
fn encoded_path(id: &str) -> String {
    encoded(id).replace('+', "%20")
}

/// Returns the response for a page whose task failed.
#[allow(clippy::needless_pass_by_value)] // as `unwrap_or_else` passes it
fn ended(error: tokio::task::JoinError) -> Response {
    tracing::warn!(%error, "rendering a page failed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::warn!(%error, "rendering a page failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    header: PageHeader,
    title: &'static str,
    words: &'static str,
}

/// Serves the page for a missing resource.
pub(super) fn not_found(app: &App) -> Response {
    let words = "No such page. A story may be older than the stories that are kept.";
    let error = ErrorPage { header: PageHeader::new("", app), title: "Not found", words };
    (StatusCode::NOT_FOUND, page(&error)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_a_distance() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let far = |seconds| Moment::far(Some(now + chrono::TimeDelta::seconds(seconds)), now, "never").words;
        assert_eq!(
            [far(0), far(-30), far(600), far(-7_200), far(400_000)],
            ["now", "30 s ago", "in 10 min", "2 h ago", "in 5 days"]
        );
        assert_eq!(Moment::far(None, now, "never").words, "never");
        assert_eq!(query(&[("q", "a b&\"<"), ("x", "")]), "q=a+b%26%22%3C");
        assert_eq!(encoded_path("a b/c+d"), "a%20b%2Fc%2Bd");
    }

    #[test]
    fn no_template_turns_escaping_off() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/templates");
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for word in ["safe", "escape", " style=", " onclick", "<style"] {
                assert!(!text.contains(word), "{word}\n{text}");
            }
        }
    }
}
