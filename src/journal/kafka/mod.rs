//! The journal on Kafka: one transaction of one transactional producer for each group.
//!
//! Exactly once rests on three things. The producer is idempotent and transactional (KIP-98), and records and state
//! go into the same transaction. `restore` fences every earlier producer of the same name, which also ends the
//! transaction that one may have left open, before it reads the state. And an outcome that is not known is never
//! guessed: the caller is told to restore.

mod client;
mod partition;
mod reader;
mod state;
mod topics;
mod transaction;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use self::transaction::Session;
use super::{Batch, Journal, JournalError, StateEntry};

pub use partition::{murmur2, partition};
pub use reader::KafkaReader;
pub use topics::{TopicInfo, describe_topics, ensure_topics, ping};

/// How long brokers may take to answer before they count as away.
const PATIENCE: Duration = Duration::from_secs(15);

/// The largest value of a record, in bytes: a tenth below the largest message, for key, headers and framing.
const MAX_VALUE_BYTES: usize = 900_000;

/// Where Kafka is and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// Before the dot of every topic name.
    pub prefix: String,
    /// Names this instance; the transactional id is the prefix, a dash and this.
    pub instance: String,
    /// Partitions of a topic that is created.
    pub partitions: i32,
    /// Copies of each partition of a topic that is created; 0 is three, or as many as there are brokers.
    pub replication: i32,
    /// How long the record topics keep their records.
    pub retention: Duration,
    /// How long a transaction may stay open before the broker aborts it.
    pub transaction_timeout: Duration,
    /// Any librdkafka setting; what exactly-once rests on cannot be changed.
    pub properties: BTreeMap<String, String>,
}

impl Options {
    /// The transactional id: prefix, dash, instance.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.prefix, self.instance)
    }
}

impl fmt::Debug for Options {
    /// Leaves out the values of the properties: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("brokers", &self.brokers)
            .field("prefix", &self.prefix)
            .field("instance", &self.instance)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("retention", &self.retention)
            .field("transaction_timeout", &self.transaction_timeout)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// The journal on Kafka.
pub struct KafkaJournal {
    options: Arc<Options>,
    /// The producer; none before the first restore and after its outcome is in doubt.
    session: Arc<Mutex<Option<Session>>>,
    /// A commit was begun whose outcome nobody heard: its future was dropped.
    unheard: AtomicBool,
}

impl KafkaJournal {
    /// A journal that will connect at its first [`Journal::restore`]. [`JournalError::Fatal`] where the options are
    /// wrong.
    pub fn new(options: Options) -> Result<Self, JournalError> {
        client::producer(&options)?;
        client::consumer(&options)?;
        Ok(Self { options: Arc::new(options), session: Arc::default(), unheard: AtomicBool::new(false) })
    }
}

#[async_trait]
impl Journal for KafkaJournal {
    async fn restore(&self) -> Result<Vec<StateEntry>, JournalError> {
        ensure_topics(&self.options).await?;
        topics::check_compaction(&self.options).await?;
        let (options, session) = (Arc::clone(&self.options), Arc::clone(&self.session));
        let state = blocking(move || {
            // Waits for a commit that is still under way.
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            *session = None;
            let opened = Session::open(&options)?;
            let state = state::read(&options, opened.partitions(crate::record::Topic::FeedState))?;
            *session = Some(opened);
            Ok(state)
        })
        .await?;
        self.unheard.store(false, Ordering::Release);
        Ok(state)
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        if self.unheard.swap(true, Ordering::AcqRel) {
            return Err(JournalError::Reset("an earlier commit was given up before its outcome was known".into()));
        }
        let (session, group) = (Arc::clone(&self.session), group.to_vec());
        let outcome = blocking(move || {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(open) = session.as_mut() else {
                return Err(JournalError::Reset("the journal has not been restored".into()));
            };
            let outcome = open.commit(&group);
            if matches!(outcome, Err(JournalError::Reset(_) | JournalError::Fatal(_))) {
                *session = None;
            }
            outcome
        })
        .await;
        self.unheard.store(false, Ordering::Release);
        outcome
    }

    fn max_value_bytes(&self) -> usize {
        let set = self.options.properties.get("message.max.bytes").and_then(|v| v.parse::<usize>().ok());
        set.map_or(MAX_VALUE_BYTES, |bytes| MAX_VALUE_BYTES.min(bytes / 10 * 9))
    }
}

/// Runs what blocks off the async threads: librdkafka waits in its own calls.
async fn blocking<T, F>(work: F) -> Result<T, JournalError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, JournalError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(failed) => Err(JournalError::Reset(format!("the journal's thread ended: {failed}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn options() -> Options {
        Options {
            brokers: "localhost:9092".into(),
            prefix: "news".into(),
            instance: "1".into(),
            partitions: 3,
            replication: 0,
            retention: Duration::from_secs(3600),
            transaction_timeout: Duration::from_secs(10),
            properties: BTreeMap::new(),
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let mut options = options();
        options.properties.insert("sasl.password".into(), "hunter2".into());
        let shown = format!("{options:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_smaller_largest_message_bounds_the_values() {
        let mut options = options();
        options.properties.insert("message.max.bytes".into(), "100000".into());
        assert_eq!(KafkaJournal::new(options).expect("valid").max_value_bytes(), 90_000);
    }

    #[tokio::test]
    async fn nothing_is_committed_before_the_state_was_restored() {
        let journal = KafkaJournal::new(options()).expect("valid");
        assert!(matches!(journal.commit(&[]).await, Err(JournalError::Reset(_))));
    }
}
