//! Traces: one for each story, from the poll that showed it to its commit; one for each poll.

use std::fmt;
use std::time::SystemTime;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::Counter;

/// W3C Trace Context of a poll or a story: the ids of its trace and of its outermost span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    trace: u128,
    span: u64,
    /// When the work began.
    begun: SystemTime,
    /// The trace and span that this one came of.
    cause: Option<(u128, u64)>,
}

impl Trace {
    /// A new trace that begins now.
    pub fn start() -> Self {
        Self { trace: Uuid::new_v4().as_u128(), span: fresh(), begun: SystemTime::now(), cause: None }
    }

    /// The trace of a story that this poll showed. It has begun with the poll.
    #[must_use]
    pub fn story(self) -> Self {
        Self { cause: Some((self.trace, self.span)), begun: self.begun, ..Self::start() }
    }

    /// The value of the header `traceparent`.
    pub fn parent(self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace, self.span)
    }

    /// The trace id as logs show it.
    pub fn id(self) -> String {
        format!("{:032x}", self.trace)
    }

    /// When the work began.
    pub fn begun(self) -> SystemTime {
        self.begun
    }

    /// The outermost span, which ends now.
    pub fn whole(self, name: &'static str) -> Span {
        let Self { trace, span, begun, cause } = self;
        Span { id: span, parent: None, link: cause, ..Span::new(trace, name, begun) }
    }

    /// A part of the work that began then and ends now.
    pub fn part(self, name: &'static str, from: SystemTime) -> Span {
        Span { parent: Some(self.span), ..Span::new(self.trace, name, from) }
    }
}

/// A new span id, which is never zero.
fn fresh() -> u64 {
    Uuid::new_v4().as_u64_pair().0 | 1
}

/// A piece of work that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its trace.
    pub trace: u128,
    /// Its own id.
    pub id: u64,
    /// The span that it is a part of.
    pub parent: Option<u64>,
    /// A span of another trace that it came of.
    pub link: Option<(u128, u64)>,
    /// What was done.
    pub name: &'static str,
    /// When it began.
    pub from: SystemTime,
    /// When it ended.
    pub to: SystemTime,
    /// What is to be told of it.
    pub attributes: Vec<(&'static str, String)>,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

impl Span {
    fn new(trace: u128, name: &'static str, from: SystemTime) -> Self {
        let (parent, link, error) = (None, None, None);
        Self { trace, id: fresh(), parent, link, name, from, to: SystemTime::now(), attributes: Vec::new(), error }
    }

    /// With something to tell.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Failed, where there is a reason.
    #[must_use]
    pub fn failed(self, error: Option<String>) -> Self {
        Self { error, ..self }
    }
}

/// Where spans are laid down; without a collector, nowhere.
#[derive(Clone, Default)]
pub struct Tracer {
    out: Option<mpsc::Sender<Span>>,
    dropped: Counter,
}

impl Tracer {
    /// Spans that are laid down go to this channel; those for which it has no room are counted.
    pub fn new(out: mpsc::Sender<Span>, dropped: Counter) -> Self {
        Self { out: Some(out), dropped }
    }

    /// Lays down a span, where anyone collects them. It never waits: with no room left, the span is lost and counted.
    pub fn record(&self, span: impl FnOnce() -> Span) {
        if let Some(out) = &self.out
            && out.try_send(span()).is_err()
        {
            self.dropped.inc();
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("on", &self.out.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_story_has_its_own_trace_that_names_its_poll() {
        let poll = Trace::start();
        let (one, two) = (poll.story(), poll.story());
        assert!(one.id() != two.id() && one.id() != poll.id());
        let whole = one.whole("story");
        assert_eq!((whole.link, whole.from), (Some((poll.trace, poll.span)), poll.begun()));
        let part = one.part("commit", SystemTime::now());
        assert_eq!((part.trace, part.parent), (one.trace, Some(whole.id)));
        assert_eq!(one.parent(), format!("00-{}-{:016x}-01", one.id(), whole.id));
    }

    #[test]
    fn a_full_queue_loses_spans_and_counts_them() {
        let (out, _kept) = mpsc::channel(1);
        let tracer = Tracer::new(out, Counter::default());
        for _ in 0..3 {
            tracer.record(|| Trace::start().whole("poll"));
        }
        assert_eq!(tracer.dropped.get(), 2);
        Tracer::default().record(|| unreachable!("nobody collects"));
    }
}
