//! Traces: one for each story, from the poll that showed it to its commit; one for each poll, push and look.

use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanBuilder, SpanContext, Status, TraceContextExt, TraceFlags, TraceState, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The trace of a poll or a story, carried along with the work: its outermost span, which ends when this is dropped or says so.
#[derive(Debug, Clone)]
pub struct Trace {
    context: Context,
    /// When the work began.
    begun: SystemTime,
}

impl Trace {
    /// The trace of the span that is entered.
    pub fn current() -> Self {
        Self::new(Span::current().context(), SystemTime::now())
    }

    /// A trace without spans, for records.
    pub fn start() -> Self {
        Self::new(Context::new(), SystemTime::now())
    }

    /// Without a collector there are no spans; records and exemplars have ids all the same.
    fn new(context: Context, begun: SystemTime) -> Self {
        if context.span().span_context().is_valid() {
            return Self { context, begun };
        }
        let ids = RandomIdGenerator::default();
        let (trace, span) = (ids.new_trace_id(), ids.new_span_id());
        let fresh = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE);
        Self { context: Context::new().with_remote_span_context(fresh), begun }
    }

    /// The trace of something that came of this one.
    #[must_use]
    pub fn cause(&self, name: &'static str, feed: &str) -> Self {
        self.caused(name, feed, &global::tracer("dateline"))
    }

    /// The trace of a story that this poll showed. It begins with the poll: how long that took is a part of it.
    #[must_use]
    pub fn story(&self, feed: &str) -> Self {
        let tracer = global::tracer("dateline");
        let story = self.caused("story", feed, &tracer);
        drop(tracer.build_with_context(SpanBuilder::from_name("poll").with_start_time(self.begun), &story.context));
        story
    }

    /// Here a `tracing` span would not do: its start is when it is made.
    pub(super) fn caused<T: Tracer>(&self, name: &'static str, feed: &str, tracer: &T) -> Self
    where
        T::Span: Send + Sync + 'static,
    {
        let whole = SpanBuilder::from_name(name)
            .with_start_time(self.begun)
            .with_links(vec![Link::with_context(self.context.span().span_context().clone())])
            .with_attributes([KeyValue::new("feed.id", feed.to_owned())]);
        let context = Context::new().with_span(tracer.build_with_context(whole, &Context::new()));
        Self::new(context, self.begun)
    }

    /// Makes this span a part of the work.
    #[must_use]
    pub fn part(&self, span: Span) -> Span {
        let _ = span.set_parent(self.context.clone()); // fails where nothing collects traces
        span
    }

    /// The whole has failed.
    pub fn failed(&self, reason: &str) {
        self.context.span().set_status(Status::error(reason.to_owned()));
    }

    /// The whole came out like this.
    pub fn came_out(&self, outcome: &'static str) {
        self.context.span().set_attribute(KeyValue::new("outcome", outcome));
    }

    /// The value of the header `traceparent`.
    pub fn parent(&self) -> String {
        let span = self.context.span();
        let ids = span.span_context();
        format!("00-{}-{}-{:02x}", ids.trace_id(), ids.span_id(), ids.trace_flags().to_u8())
    }

    /// The trace id, for exemplars; `None` where sampling has left the trace out.
    pub fn exemplar(&self) -> Option<String> {
        let span = self.context.span();
        let ids = span.span_context();
        ids.is_sampled().then(|| ids.trace_id().to_string())
    }
}
