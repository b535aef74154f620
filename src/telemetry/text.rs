//! The text forms of metrics: Prometheus' own, and `OpenMetrics` with exemplars for who asks for it.

use std::fmt::Write;
use std::time::UNIX_EPOCH;

use super::histogram::{Exemplar, Histogram};

/// The two text forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

impl Format {
    /// What an `Accept` header asks for. Prometheus' own form is what anyone reads.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Names and values that tell the series of one metric apart.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A page of metrics in the making.
#[derive(Debug)]
pub struct Page {
    format: Format,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(format: Format) -> Self {
        Self { format, text: String::new() }
    }

    /// A metric that only goes up; its name ends with `_total`.
    pub fn counter(&mut self, name: &str, help: &str, series: &[(Labels, f64)]) {
        // OpenMetrics calls the family by the name without what its samples end with.
        let family = match self.format {
            Format::OpenMetrics => name.strip_suffix("_total").unwrap_or(name),
            Format::Prometheus => name,
        };
        self.head(family, "counter", help);
        self.values(name, series);
    }

    /// A metric that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, series: &[(Labels, f64)]) {
        self.head(name, "gauge", help);
        self.values(name, series);
    }

    /// Values by size.
    pub fn histogram(&mut self, name: &str, help: &str, series: &[(Labels, &Histogram)]) {
        self.head(name, "histogram", help);
        for (labels, histogram) in series {
            let snapshot = histogram.snapshot();
            let mut all = 0;
            for (bound, upto, exemplar) in snapshot.buckets {
                all = upto;
                let bound = if bound.is_infinite() { "+Inf".to_owned() } else { format!("{bound:?}") };
                let labels = [labels, &[("le", bound.as_str())][..]].concat();
                self.sample(&format!("{name}_bucket"), &labels, upto as f64, exemplar);
            }
            self.sample(&format!("{name}_sum"), labels, snapshot.sum, None);
            self.sample(&format!("{name}_count"), labels, all as f64, None);
        }
    }

    /// The whole page.
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    fn head(&mut self, family: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.text, "# HELP {family} {help}\n# TYPE {family} {kind}");
        if self.format == Format::OpenMetrics
            && let Some(unit) = ["seconds", "bytes"].into_iter().find(|unit| family.ends_with(unit))
        {
            let _ = writeln!(self.text, "# UNIT {family} {unit}");
        }
    }

    fn values(&mut self, name: &str, series: &[(Labels, f64)]) {
        for (labels, value) in series {
            self.sample(name, labels, *value, None);
        }
    }

    fn sample(&mut self, name: &str, labels: Labels, value: f64, exemplar: Option<Exemplar>) {
        self.text.push_str(name);
        let mut between = '{';
        for (label, value) in labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{between}{label}=\"{value}\"");
            between = ',';
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = write!(self.text, "{end} {value}");
        if let Some(Exemplar { trace, value, time }) = exemplar.filter(|_| self.format == Format::OpenMetrics) {
            let time = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            let _ = write!(self.text, " # {{trace_id=\"{trace:032x}\"}} {value} {time:.3}");
        }
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(format: Format) -> String {
        let histogram = Histogram::new(&[1.0]);
        histogram.observe(0.5, Some(0xabc));
        let mut page = Page::new(format);
        page.counter("polls_total", "Polls.", &[(&[("outcome", "a\"b\\c\nd")], 2.0)]);
        page.histogram("wait_seconds", "Waits.", &[(&[("kind", "x")], &histogram)]);
        page.finish()
    }

    #[test]
    fn prometheus_reads_its_own_form() {
        let expected = "# HELP polls_total Polls.\n# TYPE polls_total counter\npolls_total{outcome=\"a\\\"b\\\\c\\nd\"} 2\n\
            # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\nwait_seconds_bucket{kind=\"x\",le=\"1.0\"} 1\n\
            wait_seconds_bucket{kind=\"x\",le=\"+Inf\"} 1\nwait_seconds_sum{kind=\"x\"} 0.5\nwait_seconds_count{kind=\"x\"} 1\n";
        assert_eq!(page(Format::Prometheus), expected);
    }

    #[test]
    fn openmetrics_has_units_exemplars_and_an_end() {
        let page = page(Format::accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
        assert!(page.contains("# TYPE polls counter\npolls_total{"), "{page}");
        assert!(page.contains("# UNIT wait_seconds seconds\n"), "{page}");
        let bucket = page.lines().find(|line| line.contains("le=\"1.0\"")).unwrap();
        let (_, exemplar) = bucket.split_once(" # ").unwrap();
        assert!(exemplar.starts_with("{trace_id=\"00000000000000000000000000000abc\"} 0.5 1"), "{bucket}");
        assert!(page.ends_with("# EOF\n"));
        assert_eq!(Format::accepted("*/*"), Format::Prometheus);
    }
}
