//! Aborts transactions and maps each failure to its meaning for the group.

use std::time::Instant;

use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::{STEP, TransactionalProducer};
use crate::journal::kafka::client_error::{is_fenced, is_refused, is_topic_missing, needs_person};
use crate::journal::kafka::deadline::PATIENCE;
use crate::journal::kafka::topic_list::TopicList;
use crate::journal::{JournalError, Reason};
use crate::record::Topic;

impl TransactionalProducer {
    /// Aborts a transaction that failed (`cannot …`). Its commit was never sent, or refused: none of it becomes visible.
    pub(super) fn fail(&mut self, failed: &str, error: &KafkaError) -> JournalError {
        let reason = self.context().reason(failed, error);
        match self.abort() {
            // For example after a write permission was revoked: librdkafka cannot end a transaction that the brokers do
            // not know.
            Err(JournalError::Reset(worse)) => JournalError::Reset(Reason::new(format!("{reason:#}; then"), worse)),
            Err(worse) => worse,
            // Revoked permissions may be granted again.
            Ok(()) if is_refused(error) => JournalError::Refused(reason),
            // A restore recreates the missing topics.
            Ok(()) if is_topic_missing(error) => JournalError::Reset(reason),
            Ok(()) if let Some(topic) = self.deleted_topic() => {
                JournalError::reset(format!("topic {topic} was deleted while this instance was running"))
            }
            Ok(()) if needs_person(error) => JournalError::Fatal(reason),
            Ok(()) => JournalError::Retriable(reason),
        }
    }

    /// Returns a topic that no longer exists: librdkafka keeps trying to write to it until the message expires.
    fn deleted_topic(&self) -> Option<String> {
        let found = TopicList::fetch_within(STEP, self.producer.client(), &self.settings).ok()?;
        let of_routes = self.settings.routed().into_iter().map(|(_, name)| name);
        let mut written = Topic::ALL.into_iter().map(|topic| self.settings.topic(topic)).chain(of_routes);
        written.find(|name| !found.has(name))
    }

    /// Aborts now or, if the brokers are unreachable, before the next commit.
    pub(super) fn abort(&mut self) -> Result<(), JournalError> {
        let deadline = Instant::now() + self.settings.kafka.transaction_timeout / 2;
        self.is_open = true;
        loop {
            match self.call(PATIENCE, |producer| producer.abort_transaction(STEP))? {
                Ok(()) => {
                    self.is_open = false;
                    self.in_doubt.clear();
                    return Ok(());
                }
                Err(KafkaError::Transaction(e)) if e.is_retriable() && !e.is_fatal() => {
                    if Instant::now() > deadline {
                        return Ok(());
                    }
                }
                Err(error) => return Err(self.unusable("cannot abort the transaction", &error)),
            }
        }
    }

    /// Returns the error of a failure (`cannot …`) that leaves the producer unusable.
    pub(super) fn unusable(&mut self, failed: &str, error: &KafkaError) -> JournalError {
        self.is_broken = true;
        let reason = self.context().reason(failed, error);
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code).or(error.rdkafka_error_code());
        if fatal.is_some_and(is_fenced) {
            self.is_fenced = true;
            // The group distinguishes a second instance of the same name from a successor that considered this one dead.
            JournalError::Reset(reason.advise(format!(
                "this instance stalled for longer than its transaction or session timeout, or another instance is named {}",
                self.settings.transactional_id()
            )))
        } else if needs_person(error) && !is_refused(error) {
            JournalError::Fatal(reason)
        } else {
            JournalError::Reset(reason)
        }
    }
}
