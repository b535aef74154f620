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

/// Exports spans in batches; at most `room` of them wait.
pub(super) fn processor(
    otlp: opentelemetry_otlp::SpanExporter,
    config: BatchConfigBuilder,
    room: usize,
    counts: &Labelled<Counter>,
) -> impl SpanProcessor + use<> {
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter =
        Counted { otlp, waiting: Arc::clone(&waiting), counts: counts.clone(), away: AtomicBool::new(false) };
    let config = config.with_max_queue_size(room).build();
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    Bounded { batches, waiting, room, dropped: counts.of("dropped") }
}

/// Admits no more spans than the batch processor has room for: it would drop the others without counting them.
#[derive(Debug)]
struct Bounded {
    batches: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    room: usize,
    dropped: Counter,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Relaxed) < self.room {
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

/// Counts exported and dropped spans; logs once when spans are lost, and once when none are lost any more. Spans that a
/// collector accepts and then rejects count as exported: the exporter does not report their number.
struct Counted {
    otlp: opentelemetry_otlp::SpanExporter,
    waiting: Arc<AtomicUsize>,
    counts: Labelled<Counter>,
    away: AtomicBool,
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
        match (&sent, self.away.swap(sent.is_err(), Relaxed)) {
            (Ok(()), true) => info!("the collector takes traces again"),
            (Err(error), false) => {
                warn!(%error, "traces are lost: the collector does not take them; nothing else is held up");
            }
            _ => {}
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
