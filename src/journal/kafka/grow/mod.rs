//! Carries the state over to a topic with more partitions, and switches to it in one step.
//!
//! 1. Announce the growth in the layout. From now on, no instance begins to own partitions.
//! 2. Fence every owner that a lease names: nothing more is committed to the old state topic.
//! 3. Add partitions to the record topics, and create the new state topic.
//! 4. Copy the last value of each key, to the partition that its site has among the new ones.
//! 5. Commit the new layout. Instances, which have waited, join the group of the new topic.
//!
//! `docs/exactly-once.md` says why nothing can be lost or published twice, whenever the tool or an instance dies.

mod carry;
mod copy;
mod fence;
mod index;
mod place;
mod scan;
mod topics;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::AdminClient;
use rdkafka::client::Client;
use tokio::runtime::Handle;

pub use self::place::Place;
use super::blocking::blocking;
use super::client::Context;
use super::layout::{DEAD_AFTER, Growth, Layout, LayoutWriter, take_back};
use super::options::KafkaSettings;
use super::topic_list::{self, TopicList};
use crate::journal::JournalError;
use crate::record::Topic;

/// The most partitions that the state may have: every restore and every transaction costs more with each.
const MAX_PARTITIONS: i32 = 1_000;
/// How often the growth is renewed, so that no instance takes the tool for dead.
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How often to look whether another tool is at work.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Says where a key with this value belongs.
pub(super) type PlaceOf = dyn Fn(&str, &[u8]) -> Place + Send + Sync;
/// Returns the site that a key with this value names.
pub(super) type SiteOfValue = dyn Fn(&str, &[u8]) -> Option<String> + Send + Sync;
/// Returns the site of a feed.
pub(super) type SiteOfFeed = dyn Fn(&str) -> Option<String> + Send + Sync;

/// How to carry the state over.
pub struct GrowthPlan {
    /// The number of partitions to have.
    pub partitions: i32,
    /// Says where a value belongs.
    pub place: Box<PlaceOf>,
    /// Returns the site of a value's feed as the value itself tells it, asked only if nothing else does.
    pub hint: Box<SiteOfValue>,
    /// Returns the site of a feed in the feed list.
    pub listed: Box<SiteOfFeed>,
}

/// Carries the state over to this many partitions and grows the topics of articles, entities and quotes to at least as many.
/// Returns the new layout, and reports each step. Instances wait meanwhile; if this fails, they resume with the partitions from before.
pub async fn grow(
    settings: &KafkaSettings,
    plan: GrowthPlan,
    progress: Box<dyn Fn(&str) + Send>,
) -> Result<Layout, JournalError> {
    super::topics::ensure_topics(settings).await?;
    let (settings, handle) = (settings.clone(), Handle::current());
    blocking(move || {
        let work = Work::begin(&settings, &plan, &handle, &*progress)?;
        work.run().inspect_err(|_| {
            // Otherwise the instances do so after a while. The error that matters is the one that ended the work.
            if let Err(error) = take_back(&settings, None) {
                tracing::warn!(error = format!("{error:#}"), after = ?DEAD_AFTER, "instances will resume by themselves");
            }
        })
    })
    .await
}

/// A growth in progress.
struct Work<'a> {
    plan: &'a GrowthPlan,
    progress: &'a dyn Fn(&str),
    /// Waits for administrative requests.
    handle: &'a Handle,
    admin: Arc<AdminClient<Context>>,
    writer: LayoutWriter,
    /// The settings for the present state topic, and for the new one.
    old: KafkaSettings,
    new: KafkaSettings,
    /// The partitions of the present state topic.
    count: i32,
    before: Layout,
    renewed: std::cell::Cell<Instant>,
}

impl<'a> Work<'a> {
    /// Becomes the only writer of the layout and announces the growth.
    fn begin(
        settings: &KafkaSettings,
        plan: &'a GrowthPlan,
        handle: &'a Handle,
        progress: &'a dyn Fn(&str),
    ) -> Result<Self, JournalError> {
        let admin = super::topics::admin(settings)?;
        let before = super::layout::current(&TopicList::fetch(admin.inner(), settings)?, settings)?;
        if before.growth.is_some() {
            progress("a growth is announced already; checking whether its tool still works");
            wait_for_other_tool(settings)?;
        }
        let old = settings.at(before.number);
        let count = state_partitions(admin.inner(), &old)?;
        check_count(plan.partitions, count)?;
        let writer = LayoutWriter::acquire(settings)?;
        // Nobody else can write it from here on.
        let (before, _) = writer.read()?;
        if before.number != old.layout {
            return Err(JournalError::retriable("the layout has just been changed by another tool; try again"));
        }
        let new = settings.at(before.last.next());
        let work = Self {
            plan,
            progress,
            handle,
            admin,
            writer,
            old,
            new,
            count,
            before,
            renewed: std::cell::Cell::new(Instant::now()),
        };
        work.announce()?;
        Ok(work)
    }

    fn run(&self) -> Result<Layout, JournalError> {
        let (old, new) = (self.old.topic(Topic::FeedState), self.new.topic(Topic::FeedState));
        self.say(&format!("carrying {old} ({} partitions) over to {new} ({})", self.count, self.plan.partitions))?;
        self.mark(&old)?;
        let ends = self.fence_owners()?;
        self.say("instances wait; adding partitions to the record topics")?;
        self.grow_records()?;
        self.create_state_topic()?;
        let (copied, positions) = self.copy(&ends)?;
        let carried = self.carry_handoffs(&positions)?;
        self.check_unchanged(&ends)?;
        let layout = Layout { number: self.new.layout, last: self.new.layout, growth: None };
        self.writer.write(&layout)?;
        (self.progress)(&format!("switched to {new}: {copied} values copied, {carried} messages carried over"));
        Ok(layout)
    }

    /// Writes that the growth is in progress.
    fn announce(&self) -> Result<(), JournalError> {
        let growth = Growth { number: self.new.layout, partitions: self.plan.partitions, renewed: chrono::Utc::now() };
        self.writer.write(&Layout { growth: Some(growth), last: self.new.layout, ..self.before })?;
        self.renewed.set(Instant::now());
        Ok(())
    }

    /// Announces the growth again if that was a while ago.
    fn renew(&self) -> Result<(), JournalError> {
        if self.renewed.get().elapsed() < RENEW_EVERY {
            return Ok(());
        }
        self.announce()
    }

    fn say(&self, step: &str) -> Result<(), JournalError> {
        (self.progress)(step);
        self.renew()
    }
}

/// Returns the partition count of the state topic.
fn state_partitions(client: &Client<Context>, settings: &KafkaSettings) -> Result<i32, JournalError> {
    let shapes = topic_list::shapes(client, settings)?;
    let missing = || JournalError::retriable(format!("topic {} does not exist", settings.topic(Topic::FeedState)));
    shapes.get(&Topic::FeedState).map(|(partitions, _)| *partitions).ok_or_else(missing)
}

fn check_count(wanted: i32, has: i32) -> Result<(), JournalError> {
    if wanted == has {
        return Err(JournalError::fatal(format!("the state has {has} partitions already")));
    }
    if wanted < has {
        return Err(JournalError::fatal(format!(
            "the state has {has} partitions, which cannot become {wanted}: partitions of topics cannot be removed"
        )));
    }
    if wanted > MAX_PARTITIONS {
        return Err(JournalError::fatal(format!(
            "{wanted} partitions are too many; at most {MAX_PARTITIONS} are supported"
        )));
    }
    Ok(())
}

/// Waits until the tool that announced the growth has shown no sign of life for as long as instances would wait. Returns an error
/// if it works.
fn wait_for_other_tool(settings: &KafkaSettings) -> Result<(), JournalError> {
    let reader = super::layout::LayoutReader::new(settings);
    let (started, end) = (Instant::now(), reader.end()?);
    while started.elapsed() < 3 * RENEW_EVERY {
        std::thread::sleep(LOOK_EVERY);
        if reader.end()? != end {
            return Err(JournalError::retriable(
                "another `dateline topics --grow` is running; wait until it has finished",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_partitions_than_before_are_accepted() {
        assert!(check_count(24, 6).is_ok());
        for (wanted, said) in [(6, "already"), (5, "cannot be removed"), (1_001, "too many")] {
            assert!(check_count(wanted, 6).unwrap_err().to_string().contains(said), "{wanted}");
        }
    }
}
