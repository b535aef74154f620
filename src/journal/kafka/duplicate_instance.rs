//! Tells a real duplicate instance from a stale join request of this instance.
//!
//! The group reports to a static member that its place was taken. One of its own stale requests may have taken it: sent
//! before the network was cut, given up, and delivered after the next one. The member that it creates sends no
//! heartbeat and disappears after its session. A real duplicate stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::options::{HANDOVER, Options};
use crate::journal::JournalError;

/// A member still present this long after its session timeout is alive.
const MARGIN: Duration = Duration::from_secs(2);
/// The pause between two checks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long the group's coordinator may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Which member has this instance's name in the group.
enum Namesake {
    Nobody,
    /// A member with this id, in a stable group: its session timer runs.
    Member(String),
    /// The group is rebalancing, when no session expires, or it cannot be described.
    Unclear,
}

/// Waits until no member of the group has this instance's name. Returns [`JournalError::Fatal`] if one does for longer than a
/// session.
pub(super) async fn wait_until_gone(options: &Arc<Options>) -> Result<(), JournalError> {
    tracing::warn!(
        "this instance's place in the group was taken, by an echo of its own or by another instance of its name"
    );
    let consumer: Arc<BaseConsumer<Context>> = Arc::new(client::made(&client::lookout(options, true)?)?);
    let mut known: Option<(String, Instant)> = None;
    // If the group does not become stable by then, the instance joins without knowing.
    let deadline = Instant::now() + 3 * options.session_timeout + 2 * HANDOVER;
    while Instant::now() < deadline {
        let (consumer, asked) = (Arc::clone(&consumer), Arc::clone(options));
        match blocking(move || Ok(look(&consumer, &asked))).await? {
            Namesake::Nobody => return Ok(()),
            Namesake::Member(id) => match &known {
                Some((same, since)) if *same == id => {
                    if since.elapsed() > options.session_timeout + MARGIN {
                        return Err(is_there(options));
                    }
                }
                _ => known = Some((id, Instant::now())),
            },
            Namesake::Unclear => known = None,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn is_there(options: &Options) -> JournalError {
    JournalError::Fatal(format!(
        "another instance named {} has taken over; give each running instance its own `instance` in [kafka]",
        options.transactional_id()
    ))
}

fn look(consumer: &BaseConsumer<Context>, options: &Options) -> Namesake {
    let group = options.group();
    let Ok(groups) = consumer.client().fetch_group_list(Some(&group), ANSWER) else { return Namesake::Unclear };
    let Some(group) = groups.groups().iter().find(|found| found.name() == group) else { return Namesake::Nobody };
    let name = options.transactional_id();
    match group.members().iter().find(|member| is_of(member.id(), &name)) {
        None => Namesake::Nobody,
        Some(member) if group.state() == "Stable" => Namesake::Member(member.id().to_owned()),
        Some(_) => Namesake::Unclear,
    }
}

/// Returns whether a member id belongs to an instance of this name: coordinators build ids from the name, a dash and a UUID.
fn is_of(member: &str, name: &str) -> bool {
    let rest = member.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| uuid::Uuid::try_parse(rest).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_known_by_their_instance() {
        assert!(is_of("news-1-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(!is_of("news-1-b-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(!is_of("news-1", "news-1") && !is_of("news-12-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
    }
}
