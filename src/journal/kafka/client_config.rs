//! The settings of librdkafka's clients: fixed ones that exactly-once depends on, and the user's from `[kafka.properties]`.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

use super::options::{KafkaSettings, Options, REVOCATION_TIMEOUT};
use crate::journal::{JournalError, Reason};
use crate::options::SecretString;

/// Settings that `[kafka.properties]` must not contain, and what to do instead.
const FIXED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set `brokers` in [kafka]"),
    ("metadata.broker.list", "set `brokers` in [kafka]"),
    ("transactional.id", "it is made of `prefix` in [topics] and `instance` in [kafka]"),
    ("transaction.timeout.ms", "set `transaction_timeout` in [kafka]"),
    ("enable.idempotence", "exactly-once requires `true`; leave it out"),
    ("acks", "exactly-once requires `all`; leave it out"),
    ("request.required.acks", "exactly-once requires `all`; leave it out"),
    ("isolation.level", "exactly-once requires `read_committed`; leave it out"),
    ("enable.partition.eof", "restoring the state requires it; leave it out"),
    ("enable.auto.commit", "offsets are committed with the records; leave it out"),
    ("group.id", "it is made of `prefix` in [topics]"),
    ("group.instance.id", "set `instance` and `static_membership` in [kafka]"),
    ("session.timeout.ms", "set `session_timeout` in [kafka]"),
    ("partition.assignment.strategy", "partitions are assigned by cooperative-sticky; leave it out"),
    ("group.protocol", "the classic group protocol is required; leave it out"),
];

/// The message for a setting that librdkafka rejects.
const INVALID: &str = "is unknown to librdkafka, or its value is invalid; see librdkafka's CONFIGURATION.md";

/// Returns the settings common to all clients.
fn common(settings: &KafkaSettings) -> Result<ClientConfig, JournalError> {
    for (key, instead) in FIXED {
        if settings.kafka.properties.contains_key(*key) {
            return Err(JournalError::fatal(format!("`{key}` in [kafka.properties] cannot be set: {instead}")));
        }
    }
    let is_debugged = settings.kafka.properties.contains_key("debug");
    let mut config = ClientConfig::new();
    config
        .set_log_level(if is_debugged { RDKafkaLogLevel::Debug } else { RDKafkaLogLevel::Info })
        .set("client.id", settings.transactional_id())
        .set("socket.keepalive.enable", "true")
        // Reconnects within one second of a broker's return, not ten.
        .set("reconnect.backoff.max.ms", "1000");
    // The bundled OpenSSL has no CA certificates, and librdkafka uses the system's certificates for token endpoints
    // only if asked to.
    if !settings.kafka.properties.contains_key("https.ca.pem") {
        config.set("https.ca.location", "probe");
    }
    Ok(config)
}

/// Applies the user's settings, then the fixed ones.
fn finish(
    mut config: ClientConfig,
    settings: &KafkaSettings,
    fixed: &[(&str, &str)],
) -> Result<ClientConfig, JournalError> {
    for (key, SecretString(value)) in &settings.kafka.properties {
        config.set(key, value);
    }
    config.set("bootstrap.servers", &settings.kafka.brokers);
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    // Catches unknown settings and invalid values before anything connects.
    config.create_native_config().map_err(invalid_setting)?;
    Ok(config)
}

/// Returns the error of a setting that librdkafka rejects. The value is left out: it may be a secret.
fn invalid_setting(error: KafkaError) -> JournalError {
    match error {
        KafkaError::ClientConfig(_, _, key, _) => JournalError::fatal(format!("Kafka setting `{key}` {INVALID}")),
        other => JournalError::Fatal(Reason::new("invalid Kafka settings", other)),
    }
}

/// Returns the settings of clients that create and describe topics.
pub(super) fn admin(settings: &KafkaSettings) -> Result<ClientConfig, JournalError> {
    finish(common(settings)?, settings, &[])
}

/// Returns the settings of the transactional producer.
pub(super) fn producer(settings: &KafkaSettings) -> Result<ClientConfig, JournalError> {
    producer_of(settings, &settings.transactional_id())
}

/// Returns the settings of a producer with this transactional id.
pub(super) fn producer_of(settings: &KafkaSettings, transactional_id: &str) -> Result<ClientConfig, JournalError> {
    let timeout = settings.kafka.transaction_timeout.as_millis();
    let mut config = common(settings)?;
    config
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("message.max.bytes", "1000000")
        // A transaction that begins while the previous one's markers are being written is rejected and retried.
        .set("retry.backoff.ms", "20")
        // Messages expire before the transaction does, so the transaction can still be aborted cleanly, but late enough for
        // another broker to take over from one that is gone.
        .set("message.timeout.ms", (timeout * 9 / 10).to_string());
    let fixed = [
        ("transactional.id", transactional_id.to_owned()),
        ("transaction.timeout.ms", timeout.to_string()),
        ("enable.idempotence", "true".to_owned()),
        ("acks", "all".to_owned()),
    ];
    finish(config, settings, &fixed.each_ref().map(|(k, v)| (*k, v.as_str())))
}

/// Returns the settings of readers of topics. librdkafka requires a group; it is not joined.
pub(super) fn consumer(settings: &KafkaSettings) -> Result<ClientConfig, JournalError> {
    unassigned(settings, &format!("{}-reader", settings.transactional_id()), true, "100")
}

/// Returns the settings of consumers that join no group and store no offsets. They read everything written, or only
/// `committed` records. `empty_after` is how long an empty fetch, and so the end of a partition, takes in milliseconds.
fn unassigned(
    settings: &KafkaSettings,
    group: &str,
    committed: bool,
    empty_after: &str,
) -> Result<ClientConfig, JournalError> {
    let mut config = common(settings)?;
    config.set("fetch.wait.max.ms", empty_after).set("fetch.error.backoff.ms", "100");
    let fixed = [
        ("group.id", group),
        ("isolation.level", if committed { "read_committed" } else { "read_uncommitted" }),
        ("enable.partition.eof", "true"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "earliest"),
    ];
    finish(config, settings, &fixed)
}

/// Returns the settings of the group member through which instances share the partitions. It introduces itself as
/// this process.
pub(super) fn member(settings: &KafkaSettings, process: &str) -> Result<ClientConfig, JournalError> {
    let timeout = settings.kafka.session_timeout.as_millis();
    let mut config = common(settings)?;
    // Nothing is fetched through it, so its rack does not matter.
    config.set("client.rack", process);
    config.set("fetch.wait.max.ms", "1000");
    let mut fixed = vec![
        ("group.id", settings.group()),
        ("session.timeout.ms", timeout.to_string()),
        ("heartbeat.interval.ms", heartbeat_interval(settings).as_millis().to_string()),
        // How long the group waits for a member that has to give up partitions.
        ("max.poll.interval.ms", (timeout + 2 * REVOCATION_TIMEOUT.as_millis()).to_string()),
        ("partition.assignment.strategy", "cooperative-sticky".to_owned()),
        ("isolation.level", "read_committed".to_owned()),
        ("enable.partition.eof", "false".to_owned()),
        ("enable.auto.commit", "false".to_owned()),
        ("enable.auto.offset.store", "false".to_owned()),
        ("auto.offset.reset", "latest".to_owned()),
    ];
    if settings.kafka.static_membership {
        fixed.push(("group.instance.id", settings.transactional_id()));
    }
    let fixed: Vec<(&str, &str)> = fixed.iter().map(|(key, value)| (*key, value.as_str())).collect();
    finish(config, settings, &fixed)
}

/// Returns how often a member sends a heartbeat. The answer is how it learns of a rebalance, or that it was fenced. Kafka's own
/// clients too send fifteen in a session by default.
pub(super) fn heartbeat_interval(settings: &KafkaSettings) -> Duration {
    (settings.kafka.session_timeout / 15).min(Duration::from_secs(3))
}

/// Returns the settings of a consumer that inspects the group's offsets and the state without joining. With `stable` it waits
/// for open transactions to end; otherwise it reads as if they were committed.
pub(super) fn inspector(settings: &KafkaSettings, stable: bool) -> Result<ClientConfig, JournalError> {
    // The duration of a restore is mostly this wait.
    unassigned(settings, &settings.group(), stable, "20")
}

/// Returns the settings of `[kafka.properties]` that are not allowed, and why. Values are left out: they may be secrets.
pub fn settings_faults(options: &Options) -> Vec<(String, String)> {
    let fault = |key: &str, value: &str| {
        if let Some((_, instead)) = FIXED.iter().find(|(fixed, _)| *fixed == key) {
            return Some(format!("cannot be set: {instead}"));
        }
        let known = ClientConfig::new().set(key, value).create_native_config();
        known.is_err().then(|| INVALID.to_owned())
    };
    let all = options.properties.iter();
    all.filter_map(|(key, SecretString(value))| Some((key.clone(), fault(key, value)?))).collect()
}

/// Returns the login mechanisms that this build supports, and the version of librdkafka.
pub fn logins() -> String {
    let config = ClientConfig::new().create_native_config().and_then(|config| config.get("builtin.features"));
    let features = config.unwrap_or_default();
    let has = |feature: &str| features.split(',').any(|has| has == feature);
    // Not `sasl_gssapi`: librdkafka 2.12 names it in every CMake build, with or without Cyrus SASL.
    let logins = [
        ("sasl_plain", "PLAIN"),
        ("sasl_scram", "SCRAM-SHA-256, SCRAM-SHA-512"),
        ("oidc", "OAUTHBEARER (OIDC)"),
        ("ssl", "TLS client certificates"),
    ];
    let logins: Vec<&str> = logins.iter().filter(|(feature, _)| has(feature)).map(|(_, login)| *login).collect();
    format!("{} (librdkafka {})", logins.join(", "), rdkafka::util::get_rdkafka_version().1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn settings_that_exactly_once_needs_cannot_be_changed() {
        for key in ["transactional.id", "enable.idempotence", "acks", "request.required.acks", "isolation.level"] {
            let mut settings = settings();
            settings.kafka.properties.insert(key.into(), SecretString("1".into()));
            let Err(JournalError::Fatal(reason)) = producer(&settings) else { panic!("{key} was accepted") };
            assert!(reason.to_string().contains(key), "{reason}");
        }
    }

    #[test]
    fn other_settings_pass_through_and_errors_name_the_setting_without_its_value() {
        let mut settings = settings();
        settings.kafka.properties.insert("compression.type".into(), SecretString("zstd".into()));
        assert_eq!(producer(&settings).expect("valid").get("compression.type"), Some("zstd"));
        settings.kafka.properties.insert("sasl.pasword".into(), SecretString("hunter2".into()));
        let Err(JournalError::Fatal(reason)) = consumer(&settings) else { panic!("an unknown setting was accepted") };
        let words = format!("{reason:#}");
        assert!(words.contains("sasl.pasword") && !words.contains("hunter2"), "{words}");
    }
}
