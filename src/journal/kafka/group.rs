//! The consumer group through which instances share the state topic's partitions.
//!
//! Nothing is consumed through it. A separate thread polls the consumer, so rebalances are noticed at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::mpsc;

use super::client::{self, Context};
use super::listener::{GroupEvent, RebalanceListener};
use super::options::KafkaSettings;
use super::ownership::PartitionOwnership;
use super::{client_config, client_error, unassigned};
use crate::journal::{JournalError, Reason};
use crate::record::Topic;

/// How often the thread checks whether to stop.
const TICK: Duration = Duration::from_millis(100);
/// How late librdkafka may notice that a request has timed out, and some more.
const SCAN: Duration = Duration::from_secs(2);
/// The minimum pause between two log lines about the same problem.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// A member of the consumer group.
pub(super) struct GroupMember {
    consumer: Arc<BaseConsumer<RebalanceListener>>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl GroupMember {
    /// Joins the group, introduced as this process. Rebalances change `ownership` and are sent to `events`.
    pub(super) fn join(
        settings: &KafkaSettings,
        process: &str,
        ownership: Arc<PartitionOwnership>,
        events: mpsc::Sender<GroupEvent>,
    ) -> Result<Self, JournalError> {
        let stop = Arc::new(AtomicBool::new(false));
        let listener = RebalanceListener {
            context: Context::default(),
            ownership: Arc::clone(&ownership),
            events,
            stop: Arc::clone(&stop),
            topic: settings.topic(Topic::FeedState),
            // The heartbeat after the last one that was answered times out a heartbeat's interval after the session.
            silence: client_config::heartbeat_interval(settings) + SCAN,
        };
        let consumer: BaseConsumer<RebalanceListener> =
            client::build_with(&client_config::member(settings, process)?, listener)?;
        consumer.subscribe(&[&settings.topic(Topic::FeedState)]).map_err(|error| {
            consumer.context().context.failure(&format!("cannot join consumer group {}", settings.group()), &error)
        })?;
        let consumer = Arc::new(consumer);
        unassigned::watch(settings, &consumer, ownership, Arc::clone(&stop))?;
        let (polled, stopped) = (Arc::clone(&consumer), Arc::clone(&stop));
        let settings = settings.clone();
        let thread = thread::Builder::new()
            .name("kafka-group".into())
            .spawn(move || poll(&polled, &settings, &stopped))
            .map_err(|error| JournalError::Retriable(Reason::new("cannot start the consumer group's thread", error)))?;
        Ok(Self { consumer, stop, thread: Some(thread) })
    }

    /// Returns the group metadata (generation) to send with a transaction, read fresh each time. `None` once the
    /// group has expelled this member.
    pub(super) fn generation(&self) -> Option<ConsumerGroupMetadata> {
        let metadata = self.consumer.group_metadata();
        // The order matters: an expelled member may report an empty generation, which brokers do not check, but its
        // assignment counts as lost before that.
        metadata.filter(|_| !self.consumer.assignment_lost())
    }

    /// Returns whether another member took this one's place.
    pub(super) fn is_fenced(&self) -> bool {
        self.consumer.client().fatal_error().is_some()
    }

    /// Returns the same as [`Self::is_fenced`], after waiting for the group's answer.
    pub(super) fn is_soon_fenced(&self, settings: &KafkaSettings) -> bool {
        let until = Instant::now() + client_config::heartbeat_interval(settings) + Duration::from_secs(1);
        while !self.is_fenced() && !self.consumer.assignment_lost() && Instant::now() < until {
            thread::sleep(TICK);
        }
        self.is_fenced()
    }

    /// Reports nothing more, and stops sending heartbeats once it is dropped.
    pub(super) fn leave(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

impl Drop for GroupMember {
    /// Leaves the group, unless the membership is static.
    fn drop(&mut self) {
        self.leave();
    }
}

/// Polls until stopped, or until the group fences this member.
fn poll(consumer: &BaseConsumer<RebalanceListener>, settings: &KafkaSettings, stop: &AtomicBool) {
    let mut last_logged: Option<Instant> = None;
    while !stop.load(Ordering::Acquire) {
        let polled = consumer.poll(TICK);
        // Calls into librdkafka's own thread, which wakes it; the answer does not matter. It waits by the wall clock: if the
        // clock is set back, it waits for that long without sending heartbeats. And it may notice only after a second that the
        // group's coordinator is connected again.
        let _ = consumer.subscription();
        let Some(Err(error)) = polled else { continue };
        let code = error.rdkafka_error_code();
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) || code == Some(RDKafkaErrorCode::FencedInstanceId) {
            consumer.context().fenced();
            return;
        }
        let (group, cause) = (settings.group(), consumer.context().context.explain(&error));
        if client_error::is_refused(&error) && last_logged.is_none_or(|last| last.elapsed() > LOG_EVERY) {
            last_logged = Some(Instant::now());
            let advice = if client_error::is_login_failed(&error) {
                "check the login in [kafka.properties]"
            } else {
                "grant this user READ on the group and on the state topic"
            };
            tracing::error!(group, error = %cause, advice, "consumer group refused this instance; retrying");
        } else {
            tracing::debug!(group, error = %cause, "polling the consumer group failed");
        }
    }
}
