//! Metrics: each is declared as a field with its name and help, and incremented by one call on that field.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
pub use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::{MetricType, TypedMetric};
pub use prometheus_client::registry::Registry;
use prometheus_client::registry::{Metric, Unit};

/// Bounds for work that takes milliseconds to minutes, in seconds.
pub const LATENCY_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Bounds for the time of an article from publisher to consumer, which may be days, in seconds.
pub const LONG_LATENCY_BUCKETS: &[f64] =
    &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 86_400.0, 604_800.0];
/// Bounds for counts and sizes.
pub const SIZE_BUCKETS: &[f64] =
    &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0];

/// A value that goes up and down.
pub type Gauge = prometheus_client::metrics::gauge::Gauge<u64, AtomicU64>;

/// Declares a struct of metrics. Each metric is a field, documented by its help, and registered under its name in the struct's
/// `registry`; the fields in braces start with their defaults.
macro_rules! metrics {
    (
        $(#[$about:meta])*
        pub struct $struct:ident { $($(#[$doc:meta])* $visible:vis $other:ident: $type:ty,)* }
        $($(#[doc = $help:literal])+ $name:literal $field:ident: $kind:ty = $metric:expr;)+
    ) => {
        $(#[$about])*
        #[allow(unreachable_pub, reason = "the metrics of a test are private to it")]
        pub struct $struct {
            /// All metrics, as they are exposed.
            pub registry: $crate::telemetry::Registry,
            $($(#[doc = $help])+ pub $field: $kind,)+
            $($(#[$doc])* $visible $other: $type,)*
        }

        impl Default for $struct {
            fn default() -> Self {
                let mut registry = $crate::telemetry::Registry::default();
                $(
                    let $field: $kind = $metric;
                    $crate::telemetry::register(&mut registry, $name, concat!($($help),+), $field.clone());
                )+
                Self { registry, $($field,)+ $($other: Default::default(),)* }
            }
        }
    };
}
pub(crate) use metrics;

/// Registers a metric under its name in Prometheus' text format. OpenMetrics lists the unit separately, and a counter
/// without `_total`.
pub fn register(registry: &mut Registry, name: &str, help: &str, metric: impl Metric) {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let help = help.trim().trim_end_matches('.'); // the registry adds it
    let unit = |end, unit| name.strip_suffix(end).map(|name| (name, unit));
    match unit("_seconds", Unit::Seconds).or_else(|| unit("_bytes", Unit::Bytes)) {
        Some((name, unit)) => registry.register_with_unit(name, help, unit, metric),
        None => registry.register(name, help, metric),
    }
}

/// A label and its value.
type Label = [(&'static str, &'static str); 1];

/// A metric for each value of a label.
#[derive(Debug, Clone)]
pub struct Labelled<M> {
    label: &'static str,
    family: Family<Label, M, fn() -> M>,
}

impl<M: Clone> Labelled<M> {
    /// Creates the metric for these values right away: a counter that appears only with its first increase hides that increase.
    pub fn new(label: &'static str, values: impl IntoIterator<Item = &'static str>, metric: fn() -> M) -> Self {
        let labelled = Self { label, family: Family::new_with_constructor(metric) };
        values.into_iter().for_each(|value| drop(labelled.of(value)));
        labelled
    }

    /// Returns the metric of this value.
    pub fn of(&self, value: &'static str) -> M {
        self.family.get_or_create_owned(&[(self.label, value)])
    }
}

/// A counter for each value of a label that the config names.
#[derive(Debug, Clone)]
pub struct NamedCounters {
    label: &'static str,
    family: Family<[(&'static str, String); 1], Counter>,
}

impl NamedCounters {
    /// Creates the counters of this label, without values.
    pub fn new(label: &'static str) -> Self {
        Self { label, family: Family::default() }
    }

    /// Returns the counter of this value.
    pub fn of(&self, value: &str) -> Counter {
        self.family.get_or_create_owned(&[(self.label, value.to_owned())])
    }
}

impl EncodeMetric for NamedCounters {
    fn encode(&self, encoder: MetricEncoder) -> std::fmt::Result {
        self.family.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        Counter::<u64>::TYPE
    }
}

impl<M: EncodeMetric + TypedMetric> EncodeMetric for Labelled<M> {
    fn encode(&self, encoder: MetricEncoder) -> std::fmt::Result {
        self.family.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

/// A histogram; each bucket has the trace of the last value that fell into it.
#[derive(Debug, Clone)]
pub struct Histogram {
    buckets: HistogramWithExemplars<[(&'static str, String); 1]>,
    /// Number and sum of all values, which the crate's histogram does not expose.
    count: Counter,
    sum: Counter<f64, AtomicU64>,
}

impl Histogram {
    /// Creates an empty histogram with these upper bounds, ascending.
    pub fn new(bounds: &[f64]) -> Self {
        let buckets = HistogramWithExemplars::new(bounds.iter().copied());
        Self { buckets, count: Counter::default(), sum: Counter::default() }
    }

    /// Counts a value that was observed in this trace.
    pub fn observe(&self, value: f64, trace: Option<String>) {
        self.count.inc();
        self.sum.inc_by(value);
        let exemplar = trace.map(|trace| [("trace_id", trace)]);
        self.buckets.observe(value, exemplar, Some(SystemTime::now()));
    }

    /// Counts a time in seconds.
    pub fn time(&self, took: Duration, trace: Option<String>) {
        self.observe(took.as_secs_f64(), trace);
    }

    /// Returns the number of values and their sum.
    pub fn total(&self) -> (u64, f64) {
        (self.count.get(), self.sum.get())
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, encoder: MetricEncoder) -> std::fmt::Result {
        self.buckets.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    metrics! {
        /// Metrics of a test.
        #[derive(Debug)]
        pub struct Sample {
            /// Not a metric.
            pub other: u8,
        }
        /// Polls by how
        /// they ended.
        "polls_total" polls: Labelled<Counter> = Labelled::new("outcome", ["a\"b"], Counter::default);
        /// Waits.
        "wait_seconds" wait: Histogram = Histogram::new(&[1.0, 2.0]);
    }

    #[test]
    fn declared_metrics_are_exposed_in_both_formats() {
        let sample = Sample::default();
        sample.polls.of("a\"b").inc_by(2);
        for (value, trace) in [(0.5, None), (1.5, Some("0abc")), (1.7, None), (9.0, None)] {
            sample.wait.observe(value, trace.map(str::to_owned));
        }
        let (count, sum) = sample.wait.total();
        assert!(count == 4 && (sum - 12.7).abs() < 1e-9 && sample.other == 0, "{count} {sum}");
        let mut text = String::new();
        prometheus_client::encoding::prometheus_text::encode(&mut text, &sample.registry).unwrap();
        let expected = "# HELP polls_total Polls by how they ended.\n# TYPE polls_total counter\npolls_total{outcome=\"a\\\"b\"} 2\n\
            # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\nwait_seconds_bucket{le=\"1\"} 1\n\
            wait_seconds_bucket{le=\"2\"} 3\nwait_seconds_bucket{le=\"+Inf\"} 4\nwait_seconds_sum 12.7\nwait_seconds_count 4\n";
        assert_eq!(text, expected);
        let mut open = String::new();
        prometheus_client::encoding::text::encode(&mut open, &sample.registry).unwrap();
        assert!(
            open.contains("# TYPE polls counter\npolls_total{") && open.contains("# UNIT wait_seconds seconds\n"),
            "{open}"
        );
        let bucket = open.lines().find(|line| line.contains("le=\"2.0\"")).unwrap();
        assert!(bucket.contains(" 3 # {trace_id=\"0abc\"} 1.5 1"), "{bucket}");
    }
}
