//! Reads the layout, and notices cheaply whether it has changed.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{KEY, Layout};
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_error::is_topic_missing;
use crate::journal::kafka::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::kafka::{client_config, state};
use crate::journal::{JournalError, Reason};

/// The pause between two checks of the topic's end.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Reads the layout. Its connections stay open, so that looking again takes one request.
pub(in crate::journal::kafka) struct LayoutReader {
    topic: String,
    /// How long a write of the layout may stay undecided.
    undecided: Duration,
    /// Sees everything that was written.
    all: BaseConsumer<Context>,
    /// Sees what was committed.
    committed: BaseConsumer<Context>,
}

impl LayoutReader {
    /// Creates a reader; it connects when it reads.
    pub(in crate::journal::kafka) fn new(settings: &KafkaSettings) -> Result<Self, JournalError> {
        Ok(Self {
            topic: settings.layout_topic(),
            undecided: BROKER_TIMEOUT + settings.kafka.transaction_timeout,
            all: client::build(&client_config::inspector(settings, false)?)?,
            committed: client::build(&client_config::inspector(settings, true)?)?,
        })
    }

    /// Returns the layout as it was decided before this call, and the end of its topic. Blocks while a write is undecided.
    pub(in crate::journal::kafka) fn read(&self) -> Result<(Layout, i64), JournalError> {
        let end = self.end()?;
        let deadline = Instant::now() + self.undecided;
        loop {
            let (start, decided) = self.watermarks(&self.committed)?;
            if start == end {
                return Ok((Layout::default(), end));
            }
            if decided >= end {
                break;
            }
            if Instant::now() > deadline {
                return Err(JournalError::retriable(format!("a change of {} is still open", self.topic)));
            }
            std::thread::sleep(CHECK_EVERY);
        }
        let Some(value) = state::last_value(&self.committed, &self.topic, KEY)? else {
            return Ok((Layout::default(), end));
        };
        let layout = serde_json::from_slice(&value).map_err(|error| {
            JournalError::Fatal(
                Reason::new(format!("cannot read the layout in topic {}", self.topic), error)
                    .advise("run the version of the program that wrote it, or a later one"),
            )
        })?;
        Ok((layout, end))
    }

    /// Returns the end of the topic, including what is not decided yet. It grows with every write.
    pub(in crate::journal::kafka) fn end(&self) -> Result<i64, JournalError> {
        self.watermarks(&self.all).map(|(_, end)| end)
    }

    fn watermarks(&self, consumer: &BaseConsumer<Context>) -> Result<(i64, i64), JournalError> {
        let deadline = Instant::now() + BROKER_TIMEOUT;
        loop {
            match consumer.fetch_watermarks(&self.topic, 0, BROKER_TIMEOUT) {
                // Just created, and not known to every broker.
                Err(error) if is_topic_missing(&error) && Instant::now() < deadline => {
                    std::thread::sleep(CHECK_EVERY);
                }
                Err(error) => {
                    let failed = format!("cannot read the end of {}", self.topic);
                    return Err(consumer.context().failure(&failed, &error));
                }
                Ok(watermarks) => return Ok(watermarks),
            }
        }
    }
}
