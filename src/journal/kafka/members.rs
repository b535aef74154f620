//! The members of the consumer group, as its coordinator describes them.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::client::Client;
use rdkafka::groups::GroupMemberInfo;

use super::client::Context;
use super::options::KafkaSettings;
use crate::journal::StatePartition;
use crate::record::Topic;

/// The consumer group at one moment.
pub(super) struct Group {
    /// No rebalance is in progress. Sessions expire only then, and only then it is known which partitions members have.
    pub is_stable: bool,
    pub members: Vec<Member>,
}

/// A member of the group.
pub(super) struct Member {
    /// Its id, which the coordinator made of its name, a dash and a UUID.
    pub id: String,
    /// The process that joined, as it introduced itself; `None` if the group is not stable.
    pub process: Option<String>,
    /// The partitions that it said it had when it last joined; `None` if the group is not stable.
    pub had: Option<BTreeSet<StatePartition>>,
    /// The partitions that are assigned to it; `None` if the group is not stable.
    pub assigned: Option<BTreeSet<StatePartition>>,
}

impl Member {
    /// Returns whether this is an instance with this transactional id.
    pub(super) fn is(&self, name: &str) -> bool {
        let rest = self.id.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| uuid::Uuid::try_parse(rest).is_ok())
    }
}

/// Describes the group; `None` if some broker does not answer within this time.
pub(super) fn describe(client: &Client<Context>, settings: &KafkaSettings, wait: Duration) -> Option<Group> {
    let (name, topic) = (settings.group(), settings.topic(Topic::FeedState));
    let groups = client.fetch_group_list(Some(&name), wait).ok()?;
    let Some(group) = groups.groups().iter().find(|found| found.name() == name) else {
        return Some(Group { is_stable: false, members: Vec::new() });
    };
    let is_stable = group.state() == "Stable";
    let member = |member: &GroupMemberInfo| {
        let joined = member.metadata().filter(|_| is_stable).and_then(|joined| Subscription::read(joined, &topic));
        let (had, process) = joined.map(|joined| (joined.had, joined.process)).unzip();
        let assigned = member.assignment().filter(|_| is_stable).and_then(|answer| assigned(answer, &topic));
        Member { id: member.id().to_owned(), process, had, assigned }
    };
    Some(Group { is_stable, members: group.members().iter().map(member).collect() })
}

/// What a member's request to join says.
struct Subscription {
    had: BTreeSet<StatePartition>,
    process: String,
}

impl Subscription {
    /// Reads a subscription of Kafka's protocol: the version, the topics, bytes for the assignor, since version 1 the partitions,
    /// since version 2 their generation, and since version 3 the rack, as which a process introduces itself: unlike the id of
    /// its client it is replaced when a request takes the place of a static member.
    fn read(subscription: &[u8], topic: &str) -> Option<Self> {
        let mut rest = Fields(subscription);
        let version = rest.number::<2>()?;
        for _ in 0..rest.number::<4>()? {
            rest.text()?;
        }
        let length = rest.number::<4>()?.max(0);
        rest.take(length)?;
        if version < 1 {
            return None;
        }
        let had = rest.partitions(topic)?;
        let process = if version < 3 { None } else { rest.number::<4>().and_then(|_| rest.text()) };
        Some(Self { had, process: String::from_utf8_lossy(process.unwrap_or_default()).into_owned() })
    }
}

/// Returns the partitions of an assignment: the version, the partitions, and bytes for the assignor.
fn assigned(assignment: &[u8], topic: &str) -> Option<BTreeSet<StatePartition>> {
    let mut rest = Fields(assignment);
    rest.number::<2>()?;
    rest.partitions(topic)
}

/// The rest of a message of Kafka's protocol.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: i32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads a number of two or four bytes.
    fn number<const BYTES: i32>(&mut self) -> Option<i32> {
        match *self.take(BYTES)? {
            [a, b] => Some(i16::from_be_bytes([a, b]).into()),
            [a, b, c, d] => Some(i32::from_be_bytes([a, b, c, d])),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number::<2>()?;
        self.take(length)
    }

    /// Reads partitions and returns those of a topic.
    fn partitions(&mut self, topic: &str) -> Option<BTreeSet<StatePartition>> {
        let mut partitions = BTreeSet::new();
        for _ in 0..self.number::<4>()? {
            let is_wanted = self.text()? == topic.as_bytes();
            for _ in 0..self.number::<4>()? {
                let partition = self.number::<4>()?;
                if is_wanted {
                    partitions.insert(partition);
                }
            }
        }
        Some(partitions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_ids_name_their_instance() {
        let is = |id: &str, name| Member { id: id.to_owned(), process: None, had: None, assigned: None }.is(name);
        assert!(is("news-1-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(!is("news-1-b-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
        assert!(!is("news-1", "news-1") && !is("news-12-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11", "news-1"));
    }

    /// Partitions 1 and 2 of `s`, and 7 of `other`.
    const PARTITIONS: &[u8] = b"\0\0\0\x02\0\x01s\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\x05other\0\0\0\x01\0\0\0\x07";

    #[test]
    fn subscriptions_and_assignments_tell_the_partitions() {
        let both = Some(BTreeSet::from([1, 2]));
        assert_eq!(assigned(&[b"\0\0", PARTITIONS, b"\0\0\0\0"].concat(), "s"), both);
        let joined =
            |version: &[u8]| [version, b"\0\0\0\x01\0\x01s\0\0\0\x03abc", PARTITIONS, b"\0\0\0\x05\0\x02me"].concat();
        let read = |joined: &[u8], topic| Subscription::read(joined, topic).map(|read| (read.had, read.process));
        assert_eq!(read(&joined(b"\0\x03"), "s"), both.clone().map(|both| (both, "me".to_owned())));
        assert_eq!(read(&joined(b"\0\x01"), "s"), both.map(|both| (both, String::new())));
        assert_eq!(read(&joined(b"\0\x03"), "t"), Some((BTreeSet::new(), "me".to_owned())));
        assert_eq!(read(&joined(b"\0\0"), "s"), None, "the first version does not tell");
        assert_eq!(read(&joined(b"\0\x01")[..30], "s"), None, "it is cut off");
    }
}
