//! Clients of librdkafka: how they are built, what they log, and what their callbacks record.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message, ToBytes};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};

use super::client_error::{self, ClientError};
use crate::journal::{JournalError, Reason, StatePartition};

/// The longest error reason kept, in characters.
const MAX_REASON: usize = 500;

/// How long to wait before trying again to queue a message.
const ROOM: Duration = Duration::from_millis(50);

/// Marks a message of the state topic.
pub(super) const STATE: usize = 1;

/// Builds a client with these settings and a new context.
pub(super) fn build<T: FromClientConfigAndContext<Context>>(config: &ClientConfig) -> Result<T, JournalError> {
    build_with(config, Context::default())
}

/// Builds a client with these settings that reports events to this context.
pub(super) fn build_with<C: ClientContext, T: FromClientConfigAndContext<C>>(
    config: &ClientConfig,
    context: C,
) -> Result<T, JournalError> {
    T::from_config_and_context(config, context)
        .map_err(|error| JournalError::Fatal(Reason::new("cannot create a Kafka client", error)))
}

/// Queues a message. While librdkafka's queue is full, waits until the deadline for room.
pub(super) fn send<K: ToBytes + ?Sized, P: ToBytes + ?Sized>(
    producer: &ThreadedProducer<Context>,
    mut record: BaseRecord<'_, K, P, usize>,
    deadline: Instant,
) -> Result<(), KafkaError> {
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) if Instant::now() < deadline => {
                producer.poll(ROOM);
                record = back;
            }
            Err((error, _)) => return Err(error),
        }
    }
}

/// Delivery results of the running transaction's messages.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// For each partition, the offset after the last state written.
    pub ends: BTreeMap<StatePartition, i64>,
    /// How many messages all in-sync replicas have acknowledged.
    pub acknowledged: usize,
    /// The number of acknowledgements that a caller waits for.
    awaited: usize,
    /// The first failure.
    pub failed: Option<KafkaError>,
}

/// Receives librdkafka's callbacks.
#[derive(Debug, Default)]
pub(super) struct Context {
    deliveries: Mutex<Deliveries>,
    delivered: Condvar,
    last_error: Mutex<Option<String>>,
    /// The last token fetch failed for a reason that may be temporary.
    is_issuer_unavailable: AtomicBool,
}

impl Context {
    pub(super) fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most this long, until this many messages are acknowledged or one has failed. Returns whether all are.
    pub(super) fn await_deliveries(&self, sent: usize, wait: Duration) -> Result<bool, KafkaError> {
        let open = |d: &mut Deliveries| d.failed.is_none() && d.acknowledged < sent;
        let mut deliveries = self.deliveries();
        deliveries.awaited = sent;
        let waited = self.delivered.wait_timeout_while(deliveries, wait, open);
        let (deliveries, _) = waited.unwrap_or_else(PoisonError::into_inner);
        deliveries.failed.clone().map_or(Ok(deliveries.acknowledged == sent), Err)
    }

    /// Adds the last connection error, which often names the cause.
    pub(super) fn explain(&self, error: &KafkaError) -> ClientError {
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ClientError { error: error.clone(), last }
    }

    /// Returns what failed (`cannot …`), caused by this error.
    pub(super) fn reason(&self, failed: &str, error: &KafkaError) -> Reason {
        Reason::new(failed, self.explain(error))
    }

    /// Returns the error of an operation that can be retried unless a person must intervene first.
    pub(super) fn failure(&self, failed: &str, error: &KafkaError) -> JournalError {
        let reason = self.reason(failed, error);
        if !self.needs_person(error) {
            JournalError::Retriable(reason)
        } else if client_error::is_refused(error) {
            JournalError::Refused(reason)
        } else {
            JournalError::Fatal(reason)
        }
    }

    /// Returns whether retrying cannot help. A login that fails because the token issuer is unreachable can be retried.
    pub(super) fn needs_person(&self, error: &KafkaError) -> bool {
        client_error::needs_person(error)
            && !(client_error::is_login_failed(error) && self.is_issuer_unavailable.load(Ordering::Acquire))
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if matches!(facility, "OIDC" | "JWT") {
            self.is_issuer_unavailable.store(client_error::is_issuer_unavailable(message), Ordering::Release);
        }
        // Operations that fail because of a lost connection report it; settings of the other client type are harmless.
        if matches!(facility, "FAIL" | "ERROR" | "CONFWARN") {
            tracing::debug!(target: "dateline::journal::kafka", facility, "{message}");
            return;
        }
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::error!(target: "dateline::journal::kafka", facility, "{message}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(target: "dateline::journal::kafka", facility, "{message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "dateline::journal::kafka", facility, "{message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: "dateline::journal::kafka", facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "dateline::journal::kafka", "{error}: {reason}");
        // A token endpoint may have answered with a whole page.
        let reason = reason.chars().take(MAX_REASON).collect();
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    fn stats_raw(&self, _: &[u8]) {}
}

impl ConsumerContext for Context {}

impl ProducerContext for Context {
    /// Whether the message is state ([`STATE`]) or a record.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, kind: usize) {
        let mut deliveries = self.deliveries();
        match result {
            Ok(message) => {
                deliveries.acknowledged += 1;
                if kind == STATE {
                    deliveries.ends.insert(message.partition(), message.offset() + 1);
                }
            }
            Err((error, _)) => {
                deliveries.failed.get_or_insert_with(|| error.clone());
            }
        }
        // Not for each message: waking a thread costs more than the message.
        if deliveries.failed.is_some() || deliveries.acknowledged >= deliveries.awaited {
            drop(deliveries);
            self.delivered.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_is_retried_when_the_issuer_is_unavailable_but_not_when_it_refuses() {
        let login = KafkaError::MessageConsumption(RDKafkaErrorCode::Authentication);
        for (status, passes) in [(-1, true), (503, true), (429, true), (401, false), (400, false)] {
            let context = Context::default();
            let line =
                format!("Failed to retrieve OIDC token from \"https://id.example/token\": no (really) ({status})");
            context.log(RDKafkaLogLevel::Error, "OIDC", &line);
            let error = context.failure("cannot log in", &login);
            let is_retriable = matches!(error, JournalError::Retriable(_));
            assert!(
                is_retriable == passes && matches!(error, JournalError::Refused(_)) != passes,
                "{status}: {error:?}"
            );
        }
    }

    #[test]
    fn wrong_clock_is_named_and_can_be_retried() {
        for code in [RDKafkaErrorCode::InvalidTimestamp, RDKafkaErrorCode::InvalidRecord] {
            let error = Context::default().failure("cannot send records", &KafkaError::MessageProduction(code));
            assert!(matches!(error, JournalError::Retriable(_)), "{error:?}");
            assert!(format!("{error:#}").contains("clock"), "{error:#}");
        }
    }
}
