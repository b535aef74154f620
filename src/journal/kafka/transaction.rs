//! One transaction a group, and what each failure means for it.

use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use super::client::{self, Context, needs_person};
use super::partition::partition;
use super::topics::{self, Shapes};
use super::{Options, PATIENCE};
use crate::journal::{Batch, JournalError, Record, StateChange};
use crate::record::Topic;

/// How long one call into librdkafka may wait; it is made again while it may still succeed.
const STEP: Duration = Duration::from_secs(1);

/// A producer that holds the transactional id, from one restore to the next. All its methods block.
pub(super) struct Session {
    producer: ThreadedProducer<Context>,
    options: Options,
    topics: Shapes,
    /// When a transaction was begun that could not be aborted yet.
    unaborted: Option<Instant>,
}

impl Session {
    /// Takes the transactional id: earlier producers are fenced, a transaction that one left open is ended.
    pub(super) fn open(options: &Options) -> Result<Self, JournalError> {
        let producer: ThreadedProducer<Context> =
            ThreadedProducer::from_config_and_context(&client::producer(options)?, Context::default())
                .map_err(|e| JournalError::Fatal(format!("Kafka client: {e}")))?;
        let (topics, _) = topics::shapes(producer.client(), options)?;
        check(&topics, options)?;
        // A predecessor's transaction may have to be ended first, which takes no longer than it may stay open.
        let deadline = Instant::now() + PATIENCE + options.transaction_timeout;
        loop {
            match producer.init_transactions(STEP) {
                Ok(()) => break,
                Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
                Err(error) => {
                    let doing = format!("taking the transactional id {}", options.transactional_id());
                    return Err(producer.client().context().failure(&doing, &error));
                }
            }
        }
        Ok(Self { producer, options: options.clone(), topics, unaborted: None })
    }

    /// Partitions of a topic.
    pub(super) fn partitions(&self, topic: Topic) -> i32 {
        self.topics.get(&topic).map_or(1, |(partitions, _)| *partitions)
    }

    fn context(&self) -> &Context {
        self.producer.client().context()
    }

    /// Commits the group. After [`JournalError::Reset`] and [`JournalError::Fatal`] the session is of no more use.
    pub(super) fn commit(&mut self, group: &[Batch]) -> Result<(), JournalError> {
        if let Some(begun) = self.unaborted {
            self.abort(begun)?;
            if self.unaborted.is_some() {
                return Err(JournalError::Retriable(
                    "the brokers are away: an earlier transaction is still open".into(),
                ));
            }
        }
        if group.iter().all(|batch| batch.records.is_empty() && batch.state.is_empty()) {
            return Ok(());
        }
        let begun = Instant::now();
        *self.context().deliveries() = client::Deliveries::default();
        self.producer.begin_transaction().map_err(|e| self.lost(begun, "beginning a transaction", &e))?;
        if let Err(error) = self.deliver(group, begun) {
            return Err(self.give_up(begun, "sending records", &error));
        }
        // The outcome is open from here on until the broker tells it.
        let deadline = begun + self.options.transaction_timeout + PATIENCE;
        loop {
            match self.producer.commit_transaction(STEP) {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(e)) if e.txn_requires_abort() => {
                    return Err(self.give_up(begun, "committing", &KafkaError::Transaction(e)));
                }
                // Calling again resumes the same commit.
                Err(KafkaError::Flush(_)) if Instant::now() < deadline => {}
                Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
                Err(error) => return Err(self.lost(begun, "committing", &error)),
            }
        }
    }

    /// Sends everything and waits until every message is acknowledged.
    fn deliver(&self, group: &[Batch], begun: Instant) -> Result<(), KafkaError> {
        let deadline = begun + self.options.transaction_timeout;
        let mut sent = 0;
        for batch in group {
            for record in &batch.records {
                self.send(self.record(record), deadline)?;
                sent += 1;
            }
            for change in &batch.state {
                self.send(self.change(change), deadline)?;
                sent += 1;
            }
        }
        // librdkafka's own flush would wait in steps of 100 ms while the producer's thread takes the reports.
        while !self.context().await_deliveries(sent, STEP)? || self.producer.in_flight_count() > 0 {
            if let Some((code, _)) = self.producer.client().fatal_error() {
                return Err(KafkaError::Global(code));
            }
            if Instant::now() > deadline {
                return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
            }
            // The last report is handed back a moment after it was heard.
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    fn send(&self, message: Outgoing<'_>, deadline: Instant) -> Result<(), KafkaError> {
        let mut record = BaseRecord::to(&message.topic).key(message.key).partition(message.partition);
        record.payload = message.value;
        record.headers = message.headers;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if Instant::now() < deadline =>
                {
                    self.producer.poll(Duration::from_millis(50));
                    record = back;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn record<'a>(&self, record: &'a Record) -> Outgoing<'a> {
        Outgoing {
            topic: record.topic.name(&self.options.prefix),
            partition: partition(&record.partition_by, self.partitions(record.topic)),
            key: &record.key,
            value: record.value.as_deref(),
            headers: Some(headers(record)),
        }
    }

    fn change<'a>(&self, change: &'a StateChange) -> Outgoing<'a> {
        Outgoing {
            topic: Topic::FeedState.name(&self.options.prefix),
            partition: partition(&change.shard, self.partitions(Topic::FeedState)),
            key: &change.key,
            value: change.value.as_deref(),
            headers: None,
        }
    }

    /// Ends a transaction that cannot be committed. Its commit was never asked for, or refused: nothing of it will be seen.
    fn give_up(&mut self, begun: Instant, doing: &str, error: &KafkaError) -> JournalError {
        let words = self.context().describe(doing, error);
        match self.abort(begun) {
            Err(worse) => worse,
            Ok(()) if needs_person(error) => JournalError::Fatal(words),
            Ok(()) => JournalError::Retriable(words),
        }
    }

    /// Aborts, now or, where the brokers are away, before the next commit.
    fn abort(&mut self, begun: Instant) -> Result<(), JournalError> {
        let deadline = Instant::now() + self.options.transaction_timeout / 2;
        self.unaborted = Some(begun);
        loop {
            match self.producer.abort_transaction(STEP) {
                Ok(()) => {
                    self.unaborted = None;
                    return Ok(());
                }
                Err(KafkaError::Transaction(e)) if e.is_retriable() && !e.is_fatal() => {
                    if Instant::now() > deadline {
                        return Ok(());
                    }
                }
                Err(error) => return Err(self.lost(begun, "aborting a transaction", &error)),
            }
        }
    }

    /// The error of a producer that can do no more.
    fn lost(&self, begun: Instant, doing: &str, error: &KafkaError) -> JournalError {
        let words = self.context().describe(doing, error);
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code).or(error.rdkafka_error_code());
        let fenced = matches!(
            fatal,
            Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
        );
        // Brokers fence in the same way a producer whose transaction stayed open too long.
        if fenced && begun.elapsed() < self.options.transaction_timeout {
            JournalError::Fatal(format!(
                "another instance named {} has taken over ({words}); give each running instance its own `instance` in \
                 [kafka]",
                self.options.transactional_id()
            ))
        } else if needs_person(error) {
            JournalError::Fatal(words)
        } else {
            JournalError::Reset(words)
        }
    }
}

/// A message on its way.
struct Outgoing<'a> {
    topic: String,
    partition: i32,
    key: &'a str,
    value: Option<&'a [u8]>,
    headers: Option<OwnedHeaders>,
}

fn headers(record: &Record) -> OwnedHeaders {
    let all = OwnedHeaders::new_with_capacity(record.headers.len());
    record.headers.iter().fold(all, |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}

/// All topics are there, and those that share partition numbers have the same number of them.
fn check(topics: &Shapes, options: &Options) -> Result<(), JournalError> {
    if let Some(missing) = Topic::ALL.into_iter().find(|t| !topics.contains_key(t)) {
        return Err(JournalError::Retriable(format!("topic {} is not there", missing.name(&options.prefix))));
    }
    let together = [Topic::Articles, Topic::Entities, Topic::Quotes].map(|t| topics.get(&t).map(|(n, _)| *n));
    if together[0] != together[1] || together[0] != together[2] {
        let [a, e, q] = together.map(Option::unwrap_or_default);
        return Err(JournalError::Fatal(format!(
            "the topics {p}.articles, {p}.entities and {p}.quotes must have the same number of partitions, but have {a}, \
             {e} and {q}; add partitions to the smaller ones",
            p = options.prefix
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::options;
    use super::*;

    #[test]
    fn topics_of_one_article_must_have_the_same_number_of_partitions() {
        let mut topics: Shapes = Topic::ALL.into_iter().map(|t| (t, (6, 1))).collect();
        assert!(check(&topics, &options()).is_ok());
        topics.insert(Topic::DeadLetters, (1, 1));
        assert!(check(&topics, &options()).is_ok());
        topics.insert(Topic::Quotes, (3, 1));
        assert!(matches!(check(&topics, &options()), Err(JournalError::Fatal(_))));
        topics.remove(&Topic::FeedState);
        assert!(matches!(check(&topics, &options()), Err(JournalError::Retriable(_))));
    }
}
