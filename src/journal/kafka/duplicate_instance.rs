//! Tells a real duplicate instance from a stale join request of this instance.
//!
//! The group reports to a static member that it was fenced: another join request used its name. It may be one of its
//! own, sent before the network was cut, given up, and delivered after a later one: then the member that took
//! the name introduced itself as this process. Or it is one of an earlier process of this instance: the member that it creates
//! sends no heartbeat and disappears after its session. A real duplicate stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::client_config;
use super::members;
use super::options::{KafkaSettings, REVOCATION_TIMEOUT};
use crate::journal::JournalError;

/// A member still present this long after its session timeout is alive.
const MARGIN: Duration = Duration::from_secs(2);
/// The pause between two checks.
const CHECK_EVERY: Duration = Duration::from_millis(100);
/// How long the group's coordinator may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The member that has this instance's name in the group.
enum Holder {
    /// No member has the name.
    Nobody,
    /// A stale request of this very process has it; the next request takes its place.
    Stale,
    /// A member with this id, in a stable group: its session timer runs.
    Member(String),
    /// The group is rebalancing, when no session expires, or it cannot be described.
    Unknown,
}

/// Waits until no member of the group has this instance's name. Returns [`JournalError::Fatal`] if one has it for longer than
/// a session. Group members of this process introduce themselves as `process`.
pub(super) async fn wait_until_gone(settings: &Arc<KafkaSettings>, process: &str) -> Result<(), JournalError> {
    tracing::warn!(
        instance = settings.kafka.instance,
        "fenced out of the consumer group; checking whether another instance uses the same `kafka.instance`"
    );
    let consumer: Arc<BaseConsumer<Context>> = Arc::new(client::build(&client_config::inspector(settings, true)?)?);
    let mut known: Option<(String, Instant)> = None;
    // If the group does not become stable by then, the instance joins without knowing.
    let deadline = Instant::now() + 3 * settings.kafka.session_timeout + 2 * REVOCATION_TIMEOUT;
    while Instant::now() < deadline {
        let (consumer, shared, process) = (Arc::clone(&consumer), Arc::clone(settings), process.to_owned());
        match blocking(move || Ok(holder(&consumer, &shared, &process))).await? {
            Holder::Nobody | Holder::Stale => return Ok(()),
            Holder::Member(id) => match &known {
                Some((same, since)) if *same == id => {
                    if since.elapsed() > settings.kafka.session_timeout + MARGIN {
                        return Err(duplicate(settings));
                    }
                }
                _ => known = Some((id, Instant::now())),
            },
            Holder::Unknown => known = None,
        }
        tokio::time::sleep(CHECK_EVERY).await;
    }
    Ok(())
}

fn duplicate(settings: &KafkaSettings) -> JournalError {
    JournalError::fatal(format!(
        "another instance named {} is running; give each instance its own `instance` in [kafka]",
        settings.transactional_id()
    ))
}

fn holder(consumer: &BaseConsumer<Context>, settings: &KafkaSettings, process: &str) -> Holder {
    let Some(group) = members::describe(consumer.client(), settings, ANSWER_TIMEOUT) else { return Holder::Unknown };
    let name = settings.transactional_id();
    match group.members.into_iter().find(|member| member.is(&name)) {
        None => Holder::Nobody,
        Some(member) if settings.is_process_known() && member.process.as_deref() == Some(process) => Holder::Stale,
        Some(member) if group.is_stable => Holder::Member(member.id),
        Some(_) => Holder::Unknown,
    }
}
