//! Exports spans in batches and counts each span once: exported or dropped.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};
use tracing::{info, warn};

use super::{Counter, Labelled};

/// Exports spans in batches; at most `capacity` of them wait.
pub(super) fn processor(
    otlp: opentelemetry_otlp::SpanExporter,
    config: BatchConfigBuilder,
    capacity: usize,
    counts: &Labelled<Counter>,
) -> impl SpanProcessor + use<> {
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter =
        Counted { otlp, waiting: Arc::clone(&waiting), counts: counts.clone(), is_failing: AtomicBool::new(false) };
    let config = config.with_max_queue_size(capacity).build();
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    Bounded { batches, waiting, capacity, dropped: counts.of("dropped") }
}

/// Limits the spans in the queue of the batch processor, which would drop further ones without counting them.
#[derive(Debug)]
struct Bounded {
    batches: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    dropped: Counter,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Relaxed) < self.capacity {
            self.batches.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Relaxed);
            self.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Counts exported and dropped spans; logs once when spans begin to be lost, and once when the collector accepts them again. Spans that a
/// collector accepts and then rejects count as exported: the exporter does not report their number.
struct Counted {
    otlp: opentelemetry_otlp::SpanExporter,
    waiting: Arc<AtomicUsize>,
    counts: Labelled<Counter>,
    is_failing: AtomicBool,
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted") // the headers hold secrets
    }
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let sent = self.otlp.export(batch).await;
        self.waiting.fetch_sub(count, Relaxed);
        let fate = if sent.is_ok() { "exported" } else { "dropped" };
        self.counts.of(fate).inc_by(count as u64);
        match (&sent, self.is_failing.swap(sent.is_err(), Relaxed)) {
            (Ok(()), true) => info!("the collector accepts traces again"),
            (Err(error), false) => {
                warn!(%error, "dropping traces: the collector does not accept them");
            }
            _ => {}
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
