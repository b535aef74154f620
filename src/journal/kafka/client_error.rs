//! The errors of librdkafka: what they mean for the journal, and how they are described.

use std::fmt;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// An error of a client, with the last connection error, which often names the cause.
#[derive(Debug)]
pub(super) struct ClientError {
    pub error: KafkaError,
    pub last: Option<String>,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match &self.error {
            KafkaError::Transaction(e) => e.string(),
            other => other.rdkafka_error_code().map_or_else(|| other.to_string(), |code| code.to_string()),
        };
        if is_timestamp_rejected(&self.error) {
            write!(
                f,
                "{reason}: check this machine's clock; brokers reject records whose timestamp differs from their own time by \
                 more than the topic's `message.timestamp.after.max.ms` (one hour)"
            )
        } else if is_unreachable(&self.error) {
            write!(f, "no broker answers ({})", self.last.as_ref().unwrap_or(&reason))
        } else if let (true, Some(cause)) = (is_login_failed(&self.error), &self.last) {
            write!(f, "{reason}: {cause}")
        } else {
            f.write_str(&reason)
        }
    }
}

impl std::error::Error for ClientError {}

/// Returns whether the error may come from unreachable brokers.
fn is_unreachable(error: &KafkaError) -> bool {
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

/// Returns whether the brokers probably reject records because of their timestamps.
fn is_timestamp_rejected(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Code::InvalidTimestamp | Code::InvalidRecord))
}

/// Returns whether the login failed.
pub(super) fn is_login_failed(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Code::SaslAuthenticationFailed | Code::Authentication))
}

/// Returns whether permissions or secrets are missing, which somebody may restore while the daemon runs.
pub(super) fn is_refused(error: &KafkaError) -> bool {
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

/// Returns whether a topic is missing.
pub(super) fn is_topic_missing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicId)
    )
}

/// Returns whether a partition has another leader than the client knows, or none at the moment.
pub(super) fn has_moved(error: &KafkaError) -> bool {
    is_topic_missing(error)
        || matches!(
            error.rdkafka_error_code(),
            Some(
                Code::NotLeaderForPartition
                    | Code::LeaderNotAvailable
                    | Code::FencedLeaderEpoch
                    | Code::UnknownLeaderEpoch
            )
        )
}

/// Returns whether another producer took over the transactional id.
pub(super) fn is_fenced(code: Code) -> bool {
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

/// Returns whether an open transaction probably holds offsets back: librdkafka keeps retrying until its time limit.
pub(super) fn is_held_back(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Code::UnstableOffsetCommit | Code::OperationTimedOut))
}

/// Returns whether librdkafka's log message about a failed token fetch ends in a status that may be temporary: -1 if
/// nothing answered, otherwise the HTTP status. The error that follows has no status.
pub(super) fn is_issuer_unavailable(message: &str) -> bool {
    let status = message.rsplit_once(" (").and_then(|(_, status)| status.strip_suffix(')')?.parse::<i32>().ok());
    status.is_some_and(|status| matches!(status, -1 | 408 | 425 | 429 | 500..))
}
