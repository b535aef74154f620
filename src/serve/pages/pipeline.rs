//! The pipeline page: the stages with their queues, and the time of an article from first seen to committed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::Utc;

use super::{PageHeader, page, span};
use crate::serve::app::App;
use crate::serve::throughput::{self, ThroughputSummary};

struct Figure {
    name: &'static str,
    value: String,
    note: String,
}

struct Stage {
    name: &'static str,
    does: &'static str,
    rate: String,
    takes: String,
    waiting: String,
    rate_words: String,
    rate_line: String,
    rate_most: String,
    queue_words: String,
    queue_line: String,
    queue_most: String,
}

#[derive(Template)]
#[template(path = "throughput.html")]
struct Throughput {
    figures: Vec<Figure>,
    stages: Vec<Stage>,
}

#[derive(Template)]
#[template(path = "pipeline.html")]
struct Pipeline {
    header: PageHeader,
    figures: Vec<Figure>,
    stages: Vec<Stage>,
}

/// Serves the page.
pub(in crate::serve) async fn pipeline(State(app): State<App>) -> Response {
    let summary = app.activity.throughput.summary();
    let pipeline = Pipeline {
        header: PageHeader::new("pipeline", &app),
        figures: figures(&app, &summary),
        stages: stages(&summary),
    };
    page(&pipeline)
}

/// Renders the part that is updated live, as HTML.
pub(in crate::serve) fn throughput(app: &App) -> String {
    let summary = app.activity.throughput.summary();
    Throughput { figures: figures(app, &summary), stages: stages(&summary) }.render().unwrap_or_default()
}

fn figures(app: &App, summary: &ThroughputSummary) -> Vec<Figure> {
    let figure = |name, value: String, note: &str| Figure { name, value, note: note.to_owned() };
    let counts = app.activity.stats.feeds.counts(Utc::now());
    let commit = summary.stages.last().and_then(|stage| stage.milliseconds);
    let (half, most) = summary.seen_to_committed.unzip();
    let missed = app.activity.archive.as_ref().map_or(0, crate::serve::archive::Archive::missed);
    let mut figures = vec![
        figure("Stories", format!("{:.0}", summary.stories_per_minute), "in the last minute"),
        figure("Quotations", format!("{:.0}", summary.quotes_per_minute), "in the last minute"),
        figure("In flight", summary.in_flight.to_string(), "entries read and not yet committed"),
        figure(
            "Seen to committed",
            half.map_or("\u{2013}".into(), time),
            &most.map_or("of the latest stories".into(), |most| {
                format!("median of the latest stories; 95 % within {}", time(most))
            }),
        ),
        figure("Commit", commit.map_or("\u{2013}".into(), milliseconds), "average duration of a transaction"),
        figure(
            "Overdue feeds",
            counts.overdue.to_string(),
            &if counts.overdue > 0 {
                let seconds = i64::try_from(counts.most_overdue.as_secs()).unwrap_or(i64::MAX);
                format!("due for up to {}", span(seconds))
            } else {
                "every feed is polled in time".into()
            },
        ),
    ];
    if missed > 0 {
        figures.push(figure(
            "Missing from search",
            missed.to_string(),
            "stories came faster than they could be indexed",
        ));
    }
    figures
}

fn stages(summary: &ThroughputSummary) -> Vec<Stage> {
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let stage = |stage: &throughput::Stage| {
        let rate = format!("{:.1} a second", stage.per_second);
        let waiting = stage.queue.map_or("\u{2013}".into(), |queue| format!("{} of {}", queue.waiting, queue.capacity));
        Stage {
            name: stage.name,
            does: stage.does,
            rate_words: format!("{}: {rate} in the last minute", stage.name),
            rate,
            takes: stage.milliseconds.map_or("\u{2013}".into(), milliseconds),
            rate_line: throughput::line(&stage.rates),
            rate_most: format!("{:.1} a second", most(&stage.rates)),
            queue_words: format!("Waiting before {}: {waiting}", stage.name),
            waiting,
            queue_line: throughput::line(&stage.waiting),
            queue_most: format!("{:.0}", most(&stage.waiting)),
        }
    };
    summary.stages.iter().map(stage).collect()
}

#[allow(clippy::cast_sign_loss)] // times are not negative
fn milliseconds(value: f64) -> String {
    if value < 10.0 { format!("{value:.1} ms") } else { time(value as u64) }
}

fn time(milliseconds: u64) -> String {
    match milliseconds {
        0..2_000 => format!("{milliseconds} ms"),
        2_000..100_000 => format!("{:.1} s", milliseconds as f64 / 1_000.0),
        more => span(i64::try_from(more / 1_000).unwrap_or(i64::MAX)),
    }
}
