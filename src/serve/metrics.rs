//! The metrics page. No label names a feed, a host or a URL, so the number of series does not depend on the feed list.

use chrono::Utc;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::health::{FeedStatus, Standing, Stats};
use crate::telemetry::{self, Gauge, Labelled, Registry, register, register_process};

/// The two exposition formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.0, which supports exemplars.
    OpenMetrics,
}

impl Format {
    /// Returns the format that an `Accept` header asks for; by default Prometheus' text format, which every scraper reads.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Returns the content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Renders the metrics page.
pub fn render(stats: &Stats, format: Format) -> String {
    let mut page = String::new();
    let now = now(stats);
    let written = match format {
        Format::Prometheus => {
            prometheus_text::encode(&mut page, &stats.registry).and_then(|()| prometheus_text::encode(&mut page, &now))
        }
        Format::OpenMetrics => {
            text::encode_registry(&mut page, &stats.registry).and_then(|()| text::encode(&mut page, &now))
        }
    };
    written.expect("a string takes what is written to it");
    page
}

/// Sets the gauges that are computed at each scrape.
fn now(stats: &Stats) -> Registry {
    let mut page = Registry::default();
    let build = Family::<[(&str, &str); 2], Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION")), ("commit", telemetry::COMMIT)]).set(1);
    register(&mut page, "dateline_build_info", "What is running.", build);
    let counts = stats.feeds.counts(Utc::now());
    let feeds = Labelled::new("health", [], Gauge::default);
    for status in FeedStatus::ALL {
        feeds.of(status.name()).set(counts.of(status) as u64);
    }
    register(&mut page, "dateline_feeds", "Feeds in the list by their health.", feeds);
    let queues = Labelled::new("stage", [], Gauge::default);
    for (stage, depth) in stats.queues() {
        queues.of(stage).set(depth.waiting as u64);
    }
    register(&mut page, "dateline_stage_queue_depth", "Stories that wait before a stage.", queues);
    let flag = |holds| if holds { 1.0 } else { 0.0 };
    let works = matches!(stats.vitals.standing(), Standing::Works);
    for (name, help, value) in [
        (
            "dateline_feeds_overdue",
            "Feeds that are due for 15 minutes and more, and not polled.",
            counts.overdue as f64,
        ),
        ("dateline_expected_stories_per_second", "New stories that the feeds' rhythms promise.", counts.expected),
        (
            "dateline_newest_story_age_seconds",
            "Time since a new story was committed, or the start.",
            counts.silence.as_secs_f64(),
        ),
        ("dateline_quiet", "Whether no new story came for longer than the feeds' rhythms explain.", flag(counts.quiet)),
        ("dateline_journal_up", "Whether the journal took what it was last given.", flag(works)),
        ("dateline_live", "Whether every part moves that has work.", flag(stats.vitals.stuck().is_empty())),
        ("dateline_ready", "Whether stories can be committed.", flag(stats.vitals.unready().is_none())),
    ] {
        register(&mut page, name, help, ConstGauge::new(value));
    }
    register_process(&mut page);
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Neither feeds nor work add series.
    #[test]
    fn the_number_of_series_is_bounded() {
        let page = render(&Stats::default(), Format::Prometheus);
        let series = page.lines().filter(|line| !line.starts_with('#')).count();
        assert!((250..400).contains(&series), "{series} series");
    }

    #[test]
    fn both_forms_have_the_same_families() {
        let families = |format| -> BTreeSet<String> {
            let page = render(&Stats::default(), format);
            let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
            types.map(|family| family.replace("_total counter", " counter")).collect()
        };
        assert_eq!(families(Format::OpenMetrics), families(Format::Prometheus));
        assert!(render(&Stats::default(), Format::OpenMetrics).ends_with("# EOF\n"));
        let prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        assert_eq!(Format::accepted(prometheus), Format::OpenMetrics);
        assert_eq!(Format::accepted("*/*"), Format::Prometheus);
    }

    /// Dashboard and alerts use existing metrics only.
    #[test]
    fn what_deploy_asks_for_is_on_the_page() {
        let page = render(&Stats::default(), Format::Prometheus);
        let names: BTreeSet<&str> =
            page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        for file in
            [include_str!("../../deploy/grafana/dateline.json"), include_str!("../../deploy/prometheus/alerts.yml")]
        {
            let words = file.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let asked: BTreeSet<&str> = words.filter(|word| word.starts_with("dateline_")).collect();
            assert!(asked.len() > 5);
            for word in asked {
                let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
                let is_there = names.contains(word) || family.is_some_and(|family| names.contains(family));
                assert!(is_there, "{word} is no metric");
            }
        }
    }
}
