//! The metrics page: the declared metrics in either format. No label names a feed, a host or a URL, so the number of series does
//! not depend on the feed list.

use chrono::Utc;
use prometheus_client::encoding::{prometheus_text, text};

use crate::health::Stats;

/// The two exposition formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.0, which supports exemplars.
    OpenMetrics,
}

impl Format {
    /// Returns the format that an `Accept` header asks for; by default Prometheus' text format, which every scraper reads.
    pub(super) fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Returns the content type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Renders the metrics page.
pub(super) fn render(stats: &Stats, format: Format) -> String {
    let mut page = String::new();
    let computed = stats.computed(Utc::now());
    let written = match format {
        Format::Prometheus => prometheus_text::encode(&mut page, &stats.registry)
            .and_then(|()| prometheus_text::encode(&mut page, &computed)),
        Format::OpenMetrics => {
            text::encode_registry(&mut page, &stats.registry).and_then(|()| text::encode(&mut page, &computed))
        }
    };
    written.expect("a string takes what is written to it");
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::health::visits;

    /// Neither feeds nor work add series.
    #[test]
    fn the_number_of_series_is_bounded() {
        let page = render(&Stats::default(), Format::Prometheus);
        let series = page.lines().filter(|line| !line.starts_with('#')).count();
        assert!((250..400).contains(&series), "{series} series");
    }

    /// A scrape does not look at each feed.
    #[test]
    fn a_scrape_costs_the_same_with_any_number_of_feeds() {
        let (stats, now) = (Stats::default(), Utc::now());
        let ids: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
        stats.feeds.update(ids.iter().map(|id| (id.as_str(), false)), |_| None, now);
        assert_eq!(visits(|| assert!(render(&stats, Format::Prometheus).contains("health=\"waiting\"} 1000"))), 0);
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
                assert!(is_there, "{word} is not a metric");
            }
        }
    }

    /// The operator's table names every metric, and no other.
    #[test]
    fn the_documented_metrics_are_those_on_the_page() {
        let page = render(&Stats::default(), Format::Prometheus);
        let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let declared: BTreeSet<&str> = types.filter(|name| name.starts_with("dateline_")).collect();
        let docs = include_str!("../../docs/operations.md");
        let words = docs.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let documented: BTreeSet<&str> = words.filter(|word| word.starts_with("dateline_")).collect();
        assert_eq!(documented, declared);
    }
}
