//! Fences the owners of the old state topic, so that nothing more is committed to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;

use super::Work;
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_config;
use crate::journal::kafka::options::BROKER_TIMEOUT;
use crate::journal::kafka::takeover::{CHECK_EVERY, GRACE, end_offset, fence, has_our_prefix, leases};
use crate::journal::{JournalError, StatePartition};
use crate::record::Topic;

/// For each partition, the offset after its last message.
pub(super) type Ends = BTreeMap<StatePartition, i64>;

impl Work<'_> {
    /// Fences every instance that a lease names, and returns the ends of the partitions.
    ///
    /// The growth is announced. An instance owns partitions only if it saw no growth *after* its takeover was committed, so every
    /// owner's lease was committed before the announcement, and is read here, or that of a successor, since which it is not an owner. The
    /// stable leases are read again until they name nobody new: an earlier reading may have missed the last one.
    pub(super) fn fence_owners(&self) -> Result<Ends, JournalError> {
        let topic = self.old.topic(Topic::FeedState);
        let all: BTreeSet<StatePartition> = (0..self.count).collect();
        let stable: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, true)?)?;
        let unstable: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, false)?)?;
        let deadline = self.deadline();
        let still_open = || JournalError::retriable("a transaction of an instance is still open");
        let mut fenced: BTreeSet<String> = BTreeSet::new();
        loop {
            self.renew()?;
            let decided = leases(&stable, &topic, &all, GRACE)?;
            let is_stable = decided.is_some();
            let holders = match decided {
                Some(holders) => holders,
                None => leases(&unstable, &topic, &all, BROKER_TIMEOUT)?.unwrap_or_default(),
            };
            let news: Vec<String> = holders
                .into_iter()
                .filter(|lease| !fenced.contains(lease) && has_our_prefix(&self.old, lease))
                .collect();
            if is_stable && news.is_empty() {
                break;
            }
            for holder in news {
                self.renew()?;
                fence(&self.old, &holder)?;
                fenced.insert(holder);
            }
            if Instant::now() > deadline {
                return Err(still_open());
            }
        }
        let mut ends = Ends::new();
        for partition in all {
            self.renew()?;
            // The very end, including data that is committed but not yet marked as committed.
            let end = end_offset(&unstable, &topic, partition)?;
            while end_offset(&stable, &topic, partition)? < end {
                if Instant::now() > deadline {
                    return Err(still_open());
                }
                self.renew()?;
                std::thread::sleep(CHECK_EVERY);
            }
            ends.insert(partition, end);
        }
        Ok(ends)
    }

    /// Checks that nobody wrote to the old state topic meanwhile. No instance that knows layouts can; this finds earlier versions.
    pub(super) fn check_unchanged(&self, ends: &Ends) -> Result<(), JournalError> {
        let topic = self.old.topic(Topic::FeedState);
        let unstable: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, false)?)?;
        for (partition, end) in ends {
            self.renew()?;
            if end_offset(&unstable, &topic, *partition)? != *end {
                return Err(JournalError::fatal(format!(
                    "an instance of an earlier version wrote to {topic} while it was copied; update or stop all such instances and \
                     try again"
                )));
            }
        }
        Ok(())
    }

    /// Returns until when open transactions must have ended.
    fn deadline(&self) -> Instant {
        Instant::now() + BROKER_TIMEOUT + self.old.kafka.transaction_timeout.max(Duration::from_secs(10))
    }
}
