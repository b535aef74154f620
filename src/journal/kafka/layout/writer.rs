//! Writes the layout, and the state of a new topic, in transactions of one transactional id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use super::{KEY, Layout, LayoutReader};
use crate::journal::JournalError;
use crate::journal::kafka::client::{self, Context, Deliveries};
use crate::journal::kafka::client_config;
use crate::journal::kafka::deadline::{PATIENCE, call_with_deadline};
use crate::journal::kafka::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::kafka::producer::initialize;

/// How long one call into librdkafka may wait; the call is repeated while it may still succeed.
const STEP: Duration = Duration::from_secs(1);

/// A message to write.
pub(in crate::journal::kafka) struct Outgoing {
    pub topic: Arc<str>,
    pub partition: i32,
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
    pub headers: Option<OwnedHeaders>,
}

/// The only client that can write the layout: acquiring it fences the one before.
pub(in crate::journal::kafka) struct LayoutWriter {
    producer: Arc<ThreadedProducer<Context>>,
    reader: LayoutReader,
    topic: Arc<str>,
    timeout: Duration,
}

impl LayoutWriter {
    /// Takes the transactional id of the layout: earlier writers are fenced, and their open transactions have ended. Blocks.
    pub(in crate::journal::kafka) fn acquire(settings: &KafkaSettings) -> Result<Self, JournalError> {
        let id = settings.layout_topic();
        let producer: ThreadedProducer<Context> = client::build(&client_config::producer_of(settings, &id)?)?;
        let producer = Arc::new(producer);
        initialize(&producer, settings, &format!("cannot acquire the transactional id {id}"))?;
        let timeout = settings.kafka.transaction_timeout;
        Ok(Self { producer, reader: LayoutReader::new(settings), topic: id.into(), timeout })
    }

    /// Returns the layout, which nobody else can write while this writer is not fenced, and the end of its topic.
    pub(in crate::journal::kafka) fn read(&self) -> Result<(Layout, i64), JournalError> {
        self.reader.read()
    }

    /// Commits a new layout.
    pub(in crate::journal::kafka) fn write(&self, layout: &Layout) -> Result<(), JournalError> {
        let value = serde_json::to_vec(layout)
            .map_err(|error| JournalError::fatal(format!("the layout cannot be written as JSON: {error}")))?;
        let topic = Arc::clone(&self.topic);
        self.commit(&[Outgoing { topic, partition: 0, key: KEY.into(), value: Some(value), headers: None }])
    }

    /// Commits these messages in one transaction. Every error is final: nobody knows what was committed then.
    pub(in crate::journal::kafka) fn commit(&self, messages: &[Outgoing]) -> Result<(), JournalError> {
        let failed = |error: KafkaError| {
            let context = self.producer.client().context();
            JournalError::Reset(context.reason("cannot write the new layout or its state", &error))
        };
        let deadline = Instant::now() + self.timeout;
        *self.producer.client().context().deliveries() = Deliveries::default();
        self.producer.begin_transaction().map_err(failed)?;
        for message in messages {
            self.send(message, deadline).map_err(failed)?;
        }
        while !self.producer.client().context().await_deliveries(messages.len(), STEP).map_err(failed)? {
            if let Some((code, _)) = self.producer.client().fatal_error() {
                return Err(failed(KafkaError::Global(code)));
            }
            if Instant::now() > deadline {
                return Err(failed(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut)));
            }
        }
        let deadline = deadline + BROKER_TIMEOUT;
        loop {
            match call_with_deadline(PATIENCE, &self.producer, |producer| producer.commit_transaction(STEP))? {
                Ok(()) => return Ok(()),
                Err(KafkaError::Flush(_)) if Instant::now() < deadline => {}
                Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < deadline => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    fn send(&self, message: &Outgoing, deadline: Instant) -> Result<(), KafkaError> {
        let mut record = BaseRecord::with_opaque_to(&message.topic, 0).key(&message.key).partition(message.partition);
        record.payload = message.value.as_ref();
        record.headers.clone_from(&message.headers);
        client::send(&self.producer, record, deadline)
    }
}
