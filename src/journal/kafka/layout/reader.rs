//! Reads the layout, and notices cheaply whether it has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{KEY, Layout};
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_error::has_moved;
use crate::journal::kafka::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::kafka::{client_config, state};
use crate::journal::{JournalError, Reason};

/// The pause between two checks of the topic's end.
const CHECK_EVERY: Duration = Duration::from_millis(50);
/// How long the topic may have no leader, or not be known to the brokers after it was created.
const LEADERLESS: Duration = Duration::from_secs(5);

/// Reads the layout. Its connections stay open, so that looking again takes one request.
pub(in crate::journal::kafka) struct LayoutReader {
    settings: KafkaSettings,
    /// Replaced after every error: a consumer that has no partitions assigned does not notice when the topic gets another leader.
    consumers: Mutex<Option<Arc<Consumers>>>,
}

struct Consumers {
    /// Sees everything that was written.
    all: BaseConsumer<Context>,
    /// Sees what was committed.
    committed: BaseConsumer<Context>,
}

impl LayoutReader {
    /// Creates a reader; it connects when it reads.
    pub(in crate::journal::kafka) fn new(settings: &KafkaSettings) -> Self {
        Self { settings: settings.clone(), consumers: Mutex::default() }
    }

    /// Returns the layout as it was decided before this call, and the end of its topic. Blocks while a write is undecided.
    pub(in crate::journal::kafka) fn read(&self) -> Result<(Layout, i64), JournalError> {
        let topic = self.settings.layout_topic();
        let end = self.end()?;
        let deadline = Instant::now() + BROKER_TIMEOUT + self.settings.kafka.transaction_timeout;
        loop {
            let (start, decided) = self.watermarks(|consumers| &consumers.committed)?;
            if start == end {
                return Ok((Layout::default(), end));
            }
            if decided >= end {
                break;
            }
            if Instant::now() > deadline {
                return Err(JournalError::retriable(format!("a change of {topic} is still open")));
            }
            std::thread::sleep(CHECK_EVERY);
        }
        let value = state::last_value(&self.consumers()?.committed, &topic, KEY);
        let Some(value) = value.inspect_err(|_| *self.lock() = None)? else {
            return Ok((Layout::default(), end));
        };
        let layout = serde_json::from_slice(&value).map_err(|error| {
            JournalError::Fatal(
                Reason::new(format!("cannot read the layout in topic {topic}"), error)
                    .advise("run the version of the program that wrote it, or a later one"),
            )
        })?;
        Ok((layout, end))
    }

    /// Returns the end of the topic, including what is not decided yet. It grows with every write.
    pub(in crate::journal::kafka) fn end(&self) -> Result<i64, JournalError> {
        self.watermarks(|consumers| &consumers.all).map(|(_, end)| end)
    }

    fn watermarks(&self, of: impl Fn(&Consumers) -> &BaseConsumer<Context>) -> Result<(i64, i64), JournalError> {
        let topic = self.settings.layout_topic();
        let deadline = Instant::now() + LEADERLESS;
        // Consumers from before may wait for a broker that is gone.
        let mut is_first = true;
        loop {
            let consumers = self.consumers()?;
            let consumer = of(&consumers);
            let error = match consumer.fetch_watermarks(&topic, 0, BROKER_TIMEOUT) {
                Ok(watermarks) => return Ok(watermarks),
                Err(error) => error,
            };
            *self.lock() = None;
            let is_stale = std::mem::take(&mut is_first) && !consumer.context().needs_person(&error);
            if !is_stale && (!has_moved(&error) || Instant::now() > deadline) {
                return Err(consumer.context().failure(&format!("cannot read the end of {topic}"), &error));
            }
            std::thread::sleep(CHECK_EVERY);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Consumers>>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn consumers(&self) -> Result<Arc<Consumers>, JournalError> {
        let mut consumers = self.lock();
        if let Some(consumers) = &*consumers {
            return Ok(Arc::clone(consumers));
        }
        let new = Arc::new(Consumers {
            all: client::build(&client_config::inspector(&self.settings, false)?)?,
            committed: client::build(&client_config::inspector(&self.settings, true)?)?,
        });
        Ok(Arc::clone(consumers.insert(new)))
    }
}
