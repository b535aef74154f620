//! Clients of librdkafka: their settings, their logs, and the meaning of their errors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

use super::options::{HANDOVER, Options};
use crate::journal::{JournalError, StatePartition};

/// Creates a client with these settings and a new context.
pub(super) fn made<T: FromClientConfigAndContext<Context>>(config: &ClientConfig) -> Result<T, JournalError> {
    made_with(config, Context::default())
}

/// Creates a client with these settings that reports events to this context.
pub(super) fn made_with<C: ClientContext, T: FromClientConfigAndContext<C>>(
    config: &ClientConfig,
    context: C,
) -> Result<T, JournalError> {
    T::from_config_and_context(config, context).map_err(|e| JournalError::Fatal(format!("Kafka client: {e}")))
}

/// The longest error reason kept, in characters.
const MAX_REASON: usize = 500;

/// Marks a message of the state topic.
pub(super) const STATE: usize = 1;

/// Settings that `[kafka.properties]` must not contain, and what to do instead.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set `brokers` in [kafka]"),
    ("metadata.broker.list", "set `brokers` in [kafka]"),
    ("transactional.id", "it follows from `prefix` in [topics] and `instance` in [kafka]"),
    ("transaction.timeout.ms", "set `transaction_timeout` in [kafka]"),
    ("enable.idempotence", "exactly-once needs it on; leave it out"),
    ("acks", "exactly-once needs all; leave it out"),
    ("request.required.acks", "exactly-once needs all; leave it out"),
    ("isolation.level", "exactly-once needs read_committed; leave it out"),
    ("enable.partition.eof", "restoring needs it; leave it out"),
    ("enable.auto.commit", "offsets are committed with the records; leave it out"),
    ("group.id", "it follows from `prefix` in [topics]"),
    ("group.instance.id", "set `instance` and `static_membership` in [kafka]"),
    ("session.timeout.ms", "set `session_timeout` in [kafka]"),
    ("partition.assignment.strategy", "feeds are shared by cooperative-sticky; leave it out"),
    ("group.protocol", "feeds are shared by the classic protocol; leave it out"),
];

/// The message for a setting that librdkafka refuses.
pub(super) const UNKNOWN: &str =
    "is unknown to librdkafka, or its value is not allowed; see librdkafka's CONFIGURATION.md";

/// Returns the settings common to all clients.
fn common(options: &Options) -> Result<ClientConfig, JournalError> {
    for (key, instead) in FIXED {
        if options.properties.contains_key(*key) {
            return Err(JournalError::Fatal(format!("[kafka.properties] cannot set `{key}`: {instead}")));
        }
    }
    let is_debugged = options.properties.contains_key("debug");
    let mut config = ClientConfig::new();
    config
        .set_log_level(if is_debugged { RDKafkaLogLevel::Debug } else { RDKafkaLogLevel::Info })
        .set("client.id", options.transactional_id())
        .set("socket.keepalive.enable", "true")
        // Finds a broker that comes back within one second, not ten.
        .set("reconnect.backoff.max.ms", "1000");
    // The bundled OpenSSL has no CA certificates, and librdkafka uses the system's certificates for token endpoints
    // only if asked to.
    if !options.properties.contains_key("https.ca.pem") {
        config.set("https.ca.location", "probe");
    }
    Ok(config)
}

/// Applies the user's settings, then the fixed ones.
fn finish(mut config: ClientConfig, options: &Options, fixed: &[(&str, &str)]) -> Result<ClientConfig, JournalError> {
    for (key, value) in &options.properties {
        config.set(key, value);
    }
    config.set("bootstrap.servers", &options.kafka.brokers);
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    // Catches unknown settings and bad values before anything is connected. The value is not repeated: it may be a secret.
    config.create_native_config().map_err(|e| settings_fault(&e))?;
    Ok(config)
}

fn settings_fault(error: &KafkaError) -> JournalError {
    match error {
        KafkaError::ClientConfig(_, _, key, _) => JournalError::Fatal(format!("Kafka setting `{key}` {UNKNOWN}")),
        other => JournalError::Fatal(format!("Kafka settings: {other}")),
    }
}

/// Returns the settings of clients that create and describe topics.
pub(super) fn admin(options: &Options) -> Result<ClientConfig, JournalError> {
    finish(common(options)?, options, &[])
}

/// Returns the settings of the transactional producer.
pub(super) fn producer(options: &Options) -> Result<ClientConfig, JournalError> {
    producer_of(options, &options.transactional_id())
}

/// Returns the settings of a producer with this transactional id.
pub(super) fn producer_of(options: &Options, transactional_id: &str) -> Result<ClientConfig, JournalError> {
    let timeout = options.transaction_timeout.as_millis();
    if !(1_000..=900_000).contains(&timeout) {
        return Err(JournalError::Fatal("`transaction_timeout` in [kafka] must be from 1s to 15m".into()));
    }
    let mut config = common(options)?;
    config
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("message.max.bytes", "1000000")
        // The broker makes a transaction wait that begins while the markers of the previous one are being written.
        .set("retry.backoff.ms", "20")
        // Expires before the transaction does, so the transaction can still be aborted cleanly.
        .set("message.timeout.ms", (timeout * 3 / 4).to_string());
    let fixed = [
        ("transactional.id", transactional_id.to_owned()),
        ("transaction.timeout.ms", timeout.to_string()),
        ("enable.idempotence", "true".to_owned()),
        ("acks", "all".to_owned()),
    ];
    finish(config, options, &fixed.each_ref().map(|(k, v)| (*k, v.as_str())))
}

/// Returns the settings of consumers; the group is only a name that librdkafka requires.
pub(super) fn consumer(options: &Options) -> Result<ClientConfig, JournalError> {
    by_hand(options, &format!("{}-reader", options.transactional_id()), true, "100")
}

/// Returns the settings of consumers with manual assignment that store no offsets. They read everything written, or only
/// `committed` records. `empty_after` is how long an empty fetch, and so the end of a partition, takes in milliseconds.
fn by_hand(options: &Options, group: &str, committed: bool, empty_after: &str) -> Result<ClientConfig, JournalError> {
    let mut config = common(options)?;
    config.set("fetch.wait.max.ms", empty_after).set("fetch.error.backoff.ms", "100");
    let fixed = [
        ("group.id", group),
        ("isolation.level", if committed { "read_committed" } else { "read_uncommitted" }),
        ("enable.partition.eof", "true"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "earliest"),
    ];
    finish(config, options, &fixed)
}

/// Returns the settings of the group member through which instances share the partitions.
pub(super) fn member(options: &Options) -> Result<ClientConfig, JournalError> {
    let timeout = options.session_timeout.as_millis();
    if !(1_000..=1_800_000).contains(&timeout) {
        return Err(JournalError::Fatal("`session_timeout` in [kafka] must be from 1s to 30m".into()));
    }
    let mut config = common(options)?;
    config.set("fetch.wait.max.ms", "1000");
    let mut fixed = vec![
        ("group.id", options.group()),
        ("session.timeout.ms", timeout.to_string()),
        ("heartbeat.interval.ms", (timeout / 4).min(3_000).to_string()),
        // How long the others wait for a member that has to hand over partitions.
        ("max.poll.interval.ms", (timeout + 2 * HANDOVER.as_millis()).to_string()),
        ("partition.assignment.strategy", "cooperative-sticky".to_owned()),
        ("isolation.level", "read_committed".to_owned()),
        ("enable.partition.eof", "false".to_owned()),
        ("enable.auto.commit", "false".to_owned()),
        ("enable.auto.offset.store", "false".to_owned()),
        ("auto.offset.reset", "latest".to_owned()),
    ];
    if options.static_membership {
        fixed.push(("group.instance.id", options.transactional_id()));
    }
    let fixed: Vec<(&str, &str)> = fixed.iter().map(|(key, value)| (*key, value.as_str())).collect();
    finish(config, options, &fixed)
}

/// Returns the settings of a consumer that inspects the group's offsets and the state without joining. With `stable` it waits
/// for open transactions to end; otherwise it reads as if they were committed.
pub(super) fn lookout(options: &Options, stable: bool) -> Result<ClientConfig, JournalError> {
    // A restore waits for nothing else.
    by_hand(options, &options.group(), stable, "20")
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
    is_issuer_away: AtomicBool,
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

    /// Describes an error, with the last connection error, which often names the cause.
    pub(super) fn describe(&self, doing: &str, error: &KafkaError) -> String {
        let reason = match error {
            KafkaError::Transaction(e) => e.string(),
            other => other.rdkafka_error_code().map_or_else(|| other.to_string(), |code| code.to_string()),
        };
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        if is_untimely(error) {
            format!(
                "{doing}: {reason}: is this machine's clock right? Topics with `message.timestamp.type=CreateTime` take nothing that is \
                 further from the brokers' time than `message.timestamp.after.max.ms` (an hour) says; it goes on once the clock is set"
            )
        } else if away(error) {
            let cause = last.as_deref().unwrap_or(&reason);
            format!("{doing}: no broker answers ({cause})")
        } else if let (true, Some(cause)) = (is_login_failed(error), last.as_deref()) {
            format!("{doing}: {reason}: {cause}")
        } else {
            format!("{doing}: {reason}")
        }
    }

    /// Returns the error of an operation that can be retried unless a person must intervene first.
    pub(super) fn failure(&self, doing: &str, error: &KafkaError) -> JournalError {
        let words = self.describe(doing, error);
        if !self.needs_person(error) {
            JournalError::Retriable(words)
        } else if is_refused(error) {
            JournalError::Refused(words)
        } else {
            JournalError::Fatal(words)
        }
    }

    /// Returns whether retrying cannot help. A login that fails because the token issuer is unreachable can be retried.
    pub(super) fn needs_person(&self, error: &KafkaError) -> bool {
        needs_person(error) && !(is_login_failed(error) && self.is_issuer_away.load(Ordering::Acquire))
    }
}

/// Returns whether the error may come from unreachable brokers.
fn away(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::MessageTimedOut
                | Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
        )
    )
}

/// Returns whether the brokers probably refuse records because of their timestamps.
fn is_untimely(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::InvalidTimestamp | Code::InvalidRecord))
}

/// Returns whether librdkafka's log message about a failed token fetch ends in a status that may be temporary: -1 if
/// nothing answered, otherwise the HTTP status. The error that follows has no status.
fn is_passing(message: &str) -> bool {
    let status = message.rsplit_once(" (").and_then(|(_, status)| status.strip_suffix(')')?.parse::<i32>().ok());
    status.is_some_and(|status| matches!(status, -1 | 408 | 425 | 429 | 500..))
}

/// Returns whether the login failed.
pub(super) fn is_login_failed(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::SaslAuthenticationFailed | Code::Authentication))
}

/// Returns whether permissions or secrets are missing, which somebody may restore while the daemon runs.
pub(super) fn is_refused(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    is_login_failed(error)
        || matches!(
            error.rdkafka_error_code(),
            Some(
                Code::TopicAuthorizationFailed
                    | Code::GroupAuthorizationFailed
                    | Code::ClusterAuthorizationFailed
                    | Code::TransactionalIdAuthorizationFailed
            )
        )
}

/// Returns whether retrying cannot help: permissions, secrets, versions, sizes, settings.
pub(super) fn needs_person(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    is_refused(error)
        || matches!(error, KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::Nul(_))
        || matches!(
            error.rdkafka_error_code(),
            Some(
                Code::UnsupportedSASLMechanism
                    | Code::UnsupportedVersion
                    | Code::UnsupportedFeature
                    | Code::InvalidTransactionTimeout
                    | Code::InvalidTopic
                    | Code::MessageSizeTooLarge
            )
        )
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if matches!(facility, "OIDC" | "JWT") {
            self.is_issuer_away.store(is_passing(message), Ordering::Release);
        }
        // Lost connections are reported by the operations that fail because of them; settings of the other client type
        // are harmless.
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
    use super::super::tests::options;
    use super::*;

    #[test]
    fn what_exactly_once_rests_on_cannot_be_changed() {
        for key in ["transactional.id", "enable.idempotence", "acks", "request.required.acks", "isolation.level"] {
            let mut options = options();
            options.properties.insert(key.into(), "1".into());
            let Err(JournalError::Fatal(words)) = producer(&options) else { panic!("{key} was taken") };
            assert!(words.contains(key), "{words}");
        }
    }

    #[test]
    fn other_settings_pass_through_and_faults_name_the_setting_without_its_value() {
        let mut options = options();
        options.properties.insert("compression.type".into(), "zstd".into());
        assert_eq!(producer(&options).expect("valid").get("compression.type"), Some("zstd"));
        options.properties.insert("sasl.pasword".into(), "hunter2".into());
        let Err(JournalError::Fatal(words)) = consumer(&options) else { panic!("an unknown setting was taken") };
        assert!(words.contains("sasl.pasword") && !words.contains("hunter2"), "{words}");
    }

    #[test]
    fn an_issuer_that_is_away_is_waited_for_and_one_that_refuses_is_not() {
        let login = KafkaError::MessageConsumption(RDKafkaErrorCode::Authentication);
        for (status, passes) in [(-1, true), (503, true), (429, true), (401, false), (400, false)] {
            let context = Context::default();
            let line =
                format!("Failed to retrieve OIDC token from \"https://id.example/token\": no (really) ({status})");
            context.log(RDKafkaLogLevel::Error, "OIDC", &line);
            let error = context.failure("asking", &login);
            let is_retriable = matches!(error, JournalError::Retriable(_));
            assert!(
                is_retriable == passes && matches!(error, JournalError::Refused(_)) != passes,
                "{status}: {error:?}"
            );
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_named_and_ends_nothing() {
        for code in [RDKafkaErrorCode::InvalidTimestamp, RDKafkaErrorCode::InvalidRecord] {
            let error = Context::default().failure("sending records", &KafkaError::MessageProduction(code));
            assert!(matches!(&error, JournalError::Retriable(words) if words.contains("clock")), "{error:?}");
        }
    }
}
