//! Traces: one per article, from the poll that showed it to its commit; one per poll, push and page check.

use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanBuilder, SpanContext, Status, TraceContextExt, TraceFlags, TraceState, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The trace of a poll or an article, passed along with the work. Its root span ends when the trace is dropped or ended.
#[derive(Debug, Clone)]
pub struct Trace {
    context: Context,
    /// When the work started.
    started: SystemTime,
}

impl Trace {
    /// Returns the trace of the current span.
    pub fn current() -> Self {
        Self::new(Span::current().context(), SystemTime::now())
    }

    /// Starts a trace without spans, for records.
    pub fn start() -> Self {
        Self::new(Context::new(), SystemTime::now())
    }

    /// Without a collector there are no spans, but records and exemplars still have ids.
    fn new(context: Context, started: SystemTime) -> Self {
        if context.span().span_context().is_valid() {
            return Self { context, started };
        }
        let ids = RandomIdGenerator::default();
        let (trace, span) = (ids.new_trace_id(), ids.new_span_id());
        let fresh = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE);
        Self { context: Context::new().with_remote_span_context(fresh), started }
    }

    /// Starts the trace of work that this one caused.
    #[must_use]
    pub fn cause(&self, name: &'static str, feed: &str) -> Self {
        self.caused(name, feed, &global::tracer("dateline"))
    }

    /// Starts the trace of an article that this poll showed. It begins with the poll and so includes its duration.
    #[must_use]
    pub fn story(&self, feed: &str) -> Self {
        let tracer = global::tracer("dateline");
        let story = self.caused("story", feed, &tracer);
        drop(tracer.build_with_context(SpanBuilder::from_name("poll").with_start_time(self.started), &story.context));
        story
    }

    /// A `tracing` span is not suitable: it starts when it is created.
    pub(super) fn caused<T: Tracer>(&self, name: &'static str, feed: &str, tracer: &T) -> Self
    where
        T::Span: Send + Sync + 'static,
    {
        let whole = SpanBuilder::from_name(name)
            .with_start_time(self.started)
            .with_links(vec![Link::with_context(self.context.span().span_context().clone())])
            .with_attributes([KeyValue::new("feed.id", feed.to_owned())]);
        let context = Context::new().with_span(tracer.build_with_context(whole, &Context::new()));
        Self::new(context, self.started)
    }

    /// Makes this span a child of the trace.
    #[must_use]
    pub fn part(&self, span: Span) -> Span {
        let _ = span.set_parent(self.context.clone()); // fails if no traces are collected
        span
    }

    /// Marks the whole trace as failed.
    pub fn failed(&self, reason: &str) {
        self.context.span().set_status(Status::error(reason.to_owned()));
    }

    /// Records the outcome of the whole trace.
    pub fn came_out(&self, outcome: &'static str) {
        self.context.span().set_attribute(KeyValue::new("outcome", outcome));
    }

    /// Returns the value of the header `traceparent`.
    pub fn parent(&self) -> String {
        let span = self.context.span();
        let ids = span.span_context();
        format!("00-{}-{}-{:02x}", ids.trace_id(), ids.span_id(), ids.trace_flags().to_u8())
    }

    /// Returns the trace id, for exemplars; `None` if sampling has left the trace out.
    pub fn exemplar(&self) -> Option<String> {
        let span = self.context.span();
        let ids = span.span_context();
        ids.is_sampled().then(|| ids.trace_id().to_string())
    }
}
