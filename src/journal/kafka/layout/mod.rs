//! The layout: which state topic is current, and whether its state is being carried over to one with more partitions.
//!
//! The layout is the last value under one key of the topic `PREFIX.layout`, which has a single partition; without a
//! value, the first state topic is current. Only the holder of one transactional id writes it ([`LayoutWriter`]), so
//! writers fence each other. An instance reads the layout before it joins the group, and looks again *after* each
//! takeover is committed and before it owns the partitions: `docs/exactly-once.md` says why that order matters.

mod reader;
mod topic;
mod wait;
mod writer;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use self::reader::LayoutReader;
pub(super) use self::topic::{check, current};
pub(super) use self::wait::{DEAD_AFTER, take_back, wait_until_settled};
pub(super) use self::writer::{LayoutWriter, Outgoing};

/// The key of the layout in its topic.
pub(super) const KEY: &str = "/layout";

/// The number of a state topic: 1 for `PREFIX.feed-state`, n for `PREFIX.feed-state.n`. The consumer group and the internal
/// topics of that state have the same number in their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayoutNumber(u32);

impl Default for LayoutNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl fmt::Display for LayoutNumber {
    /// Formats the end of a topic's name: nothing for the first, or a dot and the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, ".{}", self.0) }
    }
}

impl LayoutNumber {
    /// Returns the number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Reads the end of a name that [`fmt::Display`] wrote; `None` for the first number and for other names.
    pub(super) fn parse(end: &str) -> Option<Self> {
        end.strip_prefix('.')?.parse().ok().filter(|number| *number > 1).map(Self)
    }
}

/// Which state topic is current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The number of the current state topic.
    pub number: LayoutNumber,
    /// The highest number ever used: names of half-filled topics are not used again.
    pub last: LayoutNumber,
    /// The growth in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
}

/// A growth in progress: the state is being copied, and no instance may own partitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// The number of the topic that is being filled.
    pub number: LayoutNumber,
    /// Its partitions.
    pub partitions: i32,
    /// When the tool last wrote this value (UTC), which it repeats while it works. For people only: instances compare
    /// offsets, because clocks differ.
    pub renewed: chrono::DateTime<chrono::Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_state_topic_has_no_number_and_later_ones_do() {
        let first = LayoutNumber::default();
        assert_eq!((first.to_string(), first.next().to_string()), (String::new(), ".2".to_owned()));
        assert_eq!(LayoutNumber::parse(".12"), Some(LayoutNumber(12)));
        for other in ["", ".", ".1", ".0", ".x", "2", ".-2"] {
            assert_eq!(LayoutNumber::parse(other), None, "{other}");
        }
    }

    #[test]
    fn layouts_are_read_as_they_were_written() {
        let growth = Growth { number: LayoutNumber(3), partitions: 24, renewed: chrono::Utc::now() };
        for growth in [None, Some(growth)] {
            let layout = Layout { number: LayoutNumber(2), last: LayoutNumber(3), growth };
            let written = serde_json::to_vec(&layout).expect("plain data");
            assert_eq!(serde_json::from_slice::<Layout>(&written).expect("the same"), layout);
        }
    }
}
