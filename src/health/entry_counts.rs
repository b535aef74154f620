//! Counts the entries of a poll by outcome, each entry once.

use serde::{Deserialize, Serialize};

/// The outcome of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryOutcome {
    /// Its article was published for the first time.
    New,
    /// A revision of its article was published.
    Changed,
    /// It is known and shows nothing new.
    Unchanged,
    /// It is the same as an article on record that another entry or feed showed first.
    SameAs,
    /// It is a dead letter.
    Refused,
    /// It has no title, link or text.
    Empty,
    /// It was left out because there were more entries than `pipeline.max_entries`.
    LeftOut,
    /// It was handed over to the instance that owns its article's site.
    HandedOver,
    /// A keep or block rule left it out.
    Blocked,
}

impl EntryOutcome {
    /// All outcomes, with the names that metrics and commands use.
    pub const ALL: [(Self, &str); 9] = [
        (Self::New, "new"),
        (Self::Changed, "changed"),
        (Self::Unchanged, "unchanged"),
        (Self::SameAs, "same_as"),
        (Self::Refused, "refused"),
        (Self::Empty, "empty"),
        (Self::LeftOut, "left_out"),
        (Self::HandedOver, "handed_over"),
        (Self::Blocked, "blocked"),
    ];
}

/// The entries of a poll, counted by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryCounts {
    /// All entries that the feed showed, including those of older pages read after a gap.
    pub shown: usize,
    /// Counts by outcome, in the order of [`EntryOutcome::ALL`].
    #[serde(with = "counts")]
    pub outcomes: [usize; EntryOutcome::ALL.len()],
}

/// The counts as a list, which is shorter where an earlier version wrote it. The last outcomes are left out if there are
/// none, so that an earlier version can read it.
mod counts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::EntryOutcome;

    const ALL: usize = EntryOutcome::ALL.len();
    /// The outcomes of the first version.
    const FIRST: usize = 7;

    pub(super) fn serialize<S: Serializer>(counts: &[usize; ALL], serializer: S) -> Result<S::Ok, S::Error> {
        let last = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        counts[..last.max(FIRST)].serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[usize; ALL], D::Error> {
        let listed = Vec::<usize>::deserialize(deserializer)?;
        let mut counts = [0; ALL];
        counts.iter_mut().zip(listed).for_each(|(count, listed)| *count = listed);
        Ok(counts)
    }
}

impl EntryCounts {
    /// Creates the counts of a feed that shows `shown` entries.
    pub fn new(shown: usize) -> Self {
        Self { shown, ..Self::default() }
    }

    /// Counts entries with this outcome.
    pub fn add(&mut self, outcome: EntryOutcome, entries: usize) {
        self.outcomes[outcome as usize] += entries;
    }

    /// Returns whether every entry has an outcome.
    pub fn is_whole(&self) -> bool {
        self.outcomes.iter().sum::<usize>() == self.shown
    }
}

impl std::fmt::Display for EntryCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} shown", self.shown)?;
        let counts = EntryOutcome::ALL.iter().zip(self.outcomes).filter(|(_, count)| *count > 0);
        for (at, ((_, name), count)) in counts.enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{count} {}", name.replace('_', " "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_names_is_that_of_the_counts() {
        for (at, (outcome, _)) in EntryOutcome::ALL.iter().enumerate() {
            assert_eq!(*outcome as usize, at);
        }
        let mut counts = EntryCounts::new(3);
        counts.add(EntryOutcome::New, 1);
        assert!(!counts.is_whole());
        counts.add(EntryOutcome::SameAs, 2);
        assert!(counts.is_whole());
        assert_eq!(counts.to_string(), "3 shown: 1 new, 2 same as");
    }
}
