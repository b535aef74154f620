//! The consumer group through which instances share the state topic's partitions.
//!
//! Nothing is consumed through it. A separate thread polls the consumer, so rebalances are noticed at once. A
//! revoked partition is held until the pipeline has released it, or [`HANDOVER`] has passed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::mpsc;

use super::client::{self, Context};
use super::options::{HANDOVER, Options};
use super::share::Share;
use crate::journal::{JournalError, StatePartition};
use crate::record::Topic;

/// How often the thread checks whether to stop.
const TICK: Duration = Duration::from_millis(100);
/// How often to call into librdkafka's own thread. It waits by the wall clock: if the clock is set back, it waits for
/// that long without sending heartbeats. A call wakes it.
const NUDGE_EVERY: Duration = Duration::from_secs(1);
/// The minimum pause between two log lines about the same problem.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// An event of the consumer group.
#[derive(Debug)]
pub(super) enum Event {
    /// These partitions are assigned to this instance, which must claim them.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are being revoked; dropping the sender releases them.
    Revoked(BTreeSet<StatePartition>, std_mpsc::Sender<()>),
    /// These partitions were lost without a hand-over: the group considered this instance dead.
    Lost(BTreeSet<StatePartition>),
    /// Another member took this instance's place: this one no longer takes part.
    Replaced,
}

/// This instance's membership in the group.
pub(super) struct Member {
    consumer: Arc<BaseConsumer<Hearer>>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Member {
    /// Joins the group. Rebalances change `share` and are sent to `events`.
    pub(super) fn join(
        options: &Options,
        share: Arc<Share>,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, JournalError> {
        let stop = Arc::new(AtomicBool::new(false));
        let hearer = Hearer { said: Context::default(), share, events, stop: Arc::clone(&stop) };
        let consumer: BaseConsumer<Hearer> = client::made_with(&client::member(options)?, hearer)?;
        let group = options.group();
        consumer
            .subscribe(&[&Topic::FeedState.name(&options.topics.prefix)])
            .map_err(|e| consumer.context().said.failure(&format!("joining the group {group}"), &e))?;
        let consumer = Arc::new(consumer);
        let (polled, ended) = (Arc::clone(&consumer), Arc::clone(&stop));
        let options = options.clone();
        let thread = thread::Builder::new()
            .name("kafka-group".into())
            .spawn(move || listen(&polled, &options, &ended))
            .map_err(|e| JournalError::Retriable(format!("starting the group's thread: {e}")))?;
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
    pub(super) fn is_replaced(&self) -> bool {
        self.consumer.client().fatal_error().is_some()
    }

    /// Returns the same as [`Self::is_replaced`], after waiting for the group's answer.
    pub(super) fn is_soon_replaced(&self, options: &Options) -> bool {
        let until = Instant::now() + options.session_timeout / 4 + Duration::from_secs(1);
        while !self.is_replaced() && !self.consumer.assignment_lost() && Instant::now() < until {
            thread::sleep(TICK);
        }
        self.is_replaced()
    }
}

impl Drop for Member {
    /// Leaves the group, unless the membership is static.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// Polls until stopped, or until the group refuses this instance permanently.
fn listen(consumer: &BaseConsumer<Hearer>, options: &Options, stop: &AtomicBool) {
    let mut told: Option<Instant> = None;
    let mut nudged = Instant::now();
    while !stop.load(Ordering::Acquire) {
        let polled = consumer.poll(TICK);
        if nudged.elapsed() > NUDGE_EVERY {
            nudged = Instant::now();
            let _ = consumer.subscription(); // what it says does not matter
        }
        let Some(Err(error)) = polled else { continue };
        let code = error.rdkafka_error_code();
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) || code == Some(RDKafkaErrorCode::FencedInstanceId) {
            consumer.context().tell(Event::Replaced);
            return;
        }
        let words = consumer.context().said.describe(&format!("group {}", options.group()), &error);
        if client::is_refused(&error) && told.is_none_or(|told| told.elapsed() > TOLD_EVERY) {
            told = Some(Instant::now());
            let mend = if client::is_login_failed(&error) {
                "see to the login in [kafka.properties]"
            } else {
                "grant READ on the group and the state topic to this user"
            };
            tracing::error!("{words}; {mend}, it is tried again by itself");
        } else {
            tracing::debug!("{words}");
        }
    }
}

/// Receives rebalance callbacks.
struct Hearer {
    said: Context,
    share: Arc<Share>,
    events: mpsc::Sender<Event>,
    stop: Arc<AtomicBool>,
}

impl Hearer {
    fn tell(&self, event: Event) {
        if !self.stop.load(Ordering::Acquire) {
            // Nobody receives the event while the journal is being restored.
            let _ = self.events.blocking_send(event);
        }
    }

    /// Makes the pipeline release revoked partitions.
    fn hand_over(&self, partitions: &BTreeSet<StatePartition>) {
        self.share.recall(partitions);
        if self.stop.load(Ordering::Acquire) {
            return;
        }
        let (done, released) = std_mpsc::channel();
        self.tell(Event::Revoked(partitions.clone(), done));
        if released.recv_timeout(HANDOVER) == Err(std_mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!(
                ?partitions,
                "the hand-over took too long; what is not committed of these shards is read again"
            );
            self.share.disown(partitions);
        }
    }
}

impl ClientContext for Hearer {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.said.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.said.error(error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {}
}

impl ConsumerContext for Hearer {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else { return };
        let partitions = partitions(list);
        if partitions.is_empty() {
            return;
        }
        if consumer.assignment_lost() {
            self.share.recall(&partitions);
            self.share.disown(&partitions);
            self.tell(Event::Lost(partitions));
        } else {
            self.hand_over(&partitions);
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        // A separate consumer reads the state.
        if let Err(error) = consumer.pause(list) {
            tracing::debug!(%error, "pausing the state topic");
        }
        let partitions = partitions(list);
        self.share.assign(&partitions);
        self.tell(Event::Assigned(partitions));
    }
}

fn partitions(list: &TopicPartitionList) -> BTreeSet<StatePartition> {
    list.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
}
