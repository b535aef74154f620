//! A second instance of the same name is told from an echo of this one's own past.
//!
//! A static member whose place was taken hears so from the group. It may have been taken by a request of its own: sent before the
//! network was cut, given up, and delivered behind the next one. The member that this makes is nobody: it sends no heartbeat and is gone
//! after its session. A real namesake stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::options::{HANDOVER, Options};
use crate::journal::JournalError;

/// A member that is there for so long beyond its session lives.
const MARGIN: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long the group's coordinator may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Who has this instance's name in the group.
enum Namesake {
    Nobody,
    /// A member with this id, in a group at rest: its session runs.
    Member(String),
    /// The group is gathering, when no session runs out, or cannot be asked.
    Unclear,
}

/// Waits until nobody in the group has this instance's name. [`JournalError::Fatal`] where somebody does for longer than a session.
pub(super) async fn wait_until_gone(options: &Arc<Options>) -> Result<(), JournalError> {
    tracing::warn!(
        "this instance's place in the group was taken, by an echo of its own or by another instance of its name"
    );
    let consumer: Arc<BaseConsumer<Context>> = Arc::new(client::made(&client::lookout(options, true)?)?);
    let mut known: Option<(String, Instant)> = None;
    // A group that never rests for so long is joined without knowing.
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

/// Whether a member's id is that of an instance of this name: coordinators make them of the name, a dash and a UUID.
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
