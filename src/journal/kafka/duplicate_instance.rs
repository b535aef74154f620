//! Tells a real duplicate instance from a stale join request of this instance.
//!
//! The group reports to a static member that it was fenced: another join request used its name. It may be one of its
//! own, sent before the network was cut, given up, and delivered after a later one. The member that a stale request creates
//! sends no heartbeat and disappears after its session. A real duplicate stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::client_config;
use super::options::{KafkaSettings, REVOCATION_TIMEOUT};
use crate::journal::JournalError;

/// A member still present this long after its session timeout is alive.
const MARGIN: Duration = Duration::from_secs(2);
/// The pause between two checks.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// How long the group's coordinator may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The member that has this instance's name in the group.
enum Holder {
    /// No member has the name.
    Nobody,
    /// A member with this id, in a stable group: its session timer runs.
    Member(String),
    /// The group is rebalancing, when no session expires, or it cannot be described.
    Unknown,
}

/// Waits until no member of the group has this instance's name. Returns [`JournalError::Fatal`] if one has it for longer than
/// a session.
pub(super) async fn wait_until_gone(settings: &Arc<KafkaSettings>) -> Result<(), JournalError> {
    tracing::warn!(
        instance = settings.kafka.instance,
        "fenced out of the consumer group; checking whether another instance uses the same `kafka.instance`"
    );
    let consumer: Arc<BaseConsumer<Context>> = Arc::new(client::build(&client_config::inspector(settings, true)?)?);
    let mut known: Option<(String, Instant)> = None;
    // If the group does not become stable by then, the instance joins without knowing.
    let deadline = Instant::now() + 3 * settings.kafka.session_timeout + 2 * REVOCATION_TIMEOUT;
    while Instant::now() < deadline {
        let (consumer, shared) = (Arc::clone(&consumer), Arc::clone(settings));
        match blocking(move || Ok(holder(&consumer, &shared))).await? {
            Holder::Nobody => return Ok(()),
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

fn holder(consumer: &BaseConsumer<Context>, settings: &KafkaSettings) -> Holder {
    let group = settings.group();
    let Ok(groups) = consumer.client().fetch_group_list(Some(&group), ANSWER_TIMEOUT) else { return Holder::Unknown };
    let Some(group) = groups.groups().iter().find(|found| found.name() == group) else { return Holder::Nobody };
    let name = settings.transactional_id();
    match group.members().iter().find(|member| is_member_of(member.id(), &name)) {
        None => Holder::Nobody,
        Some(member) if group.state() == "Stable" => Holder::Member(member.id().to_owned()),
        Some(_) => Holder::Unknown,
    }
}

/// Returns whether a member id belongs to an instance of this name: coordinators build ids from the name, a dash and a UUID.
fn is_member_of(member: &str, name: &str) -> bool {
    let rest = member.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| uuid::Uuid::try_parse(rest).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_ids_name_their_instance() {
        assert!(is_member_of("news-1-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(!is_member_of("news-1-b-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(
            !is_member_of("news-1", "news-1")
                && !is_member_of("news-12-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1")
        );
    }
}
