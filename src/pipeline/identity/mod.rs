//! Which entry is which, and what its article is called: the one place where that is decided.
//!
//! An entry of a poll is compared with the entries remembered of its feed by guid, link, title, text and date. Each field counts
//! as far as it tells entries apart: not where several entries of the poll share its value, and not once the feed proved that
//! it does not identify (guids or links that change at every poll, or move to other stories). The pairs that agree best are the
//! same entry (`matching`). What matches nothing is a new entry; the fields that identify it give its key in the state and the
//! id of its article (`naming`). docs/identity.md describes it for users.

#[cfg(test)]
mod histories;
mod marks;
mod matching;
mod naming;
mod reading;
#[cfg(test)]
mod tests;
mod trust;

pub use self::marks::{Marks, guid_keys};
#[cfg(test)]
pub use self::naming::LinkRole;
pub use self::naming::{ArticleName, Naming};
use self::reading::Reading;
pub use self::trust::{Basis, Trust};
use super::state::EntryState;
use crate::feed::Entry;

/// Fields that fail to identify are excused in this many entries of a poll; more, if they are one in [`SHARE`], are a habit.
const EXCUSED: usize = 1;
const SHARE: usize = 4;

/// What is remembered of a feed's entries.
pub trait Memory {
    /// The entry with this key.
    fn entry(&self, key: u128) -> Option<&EntryState>;
    /// All entries.
    fn entries(&self) -> Box<dyn Iterator<Item = (u128, &EntryState)> + '_>;
    /// Whether the words of this entry are largely those of the article that came of a remembered one; `None` where its text is
    /// no longer kept.
    fn resembles(&self, remembered: &EntryState, entry: &Entry) -> Option<bool>;
}

/// An entry with its identity within its feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The entry.
    pub entry: Entry,
    /// What it is remembered by.
    pub key: u128,
    /// Hash of the form in which the feed shows it.
    pub form: u64,
    /// The fields by which it is recognised later.
    pub marks: Marks,
    /// What its article is called, if it is a new one.
    pub naming: Naming,
}

/// The entries of a poll with their keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// In the order of the poll.
    pub entries: Vec<Identified>,
    /// The keys of entries that the poll shows more than once, once for each repetition.
    pub repeated: Vec<u128>,
    /// What is trusted from now on.
    pub trust: Trust,
    /// Why that is less than before.
    pub lost: Option<String>,
}

/// Decides for each entry of a poll which remembered entry it is, or that it is new. Entries that agree in every field that
/// identifies are one.
pub fn identify(entries: Vec<Entry>, trust: Trust, memory: &dyn Memory) -> Identity {
    let reading = Reading::new(entries);
    let mut matched = reading.match_with(trust, memory);
    let (mut trust, mut lost) = (trust, None);
    if trust.guids() && matched.guids.is_habit(matched.kept.len()) {
        trust.basis = if matched.links.repeated * 2 > matched.kept.len() { Basis::Content } else { Basis::Link };
        lost = Some(format!("its guids do not identify entries ({})", matched.guids));
        matched = reading.match_with(trust, memory);
    }
    if trust.links() && matched.links.is_half(matched.kept.len()) {
        trust.unstable_links = true;
        lost = Some(format!("its links do not identify entries ({})", matched.links));
        matched = reading.match_with(trust, memory);
    } else if trust.unstable_links && matched.links.hold() {
        trust.unstable_links = false;
    }
    let (entries, repeated) = reading.name(&matched, trust, memory);
    Identity { entries, repeated, trust, lost }
}

/// How a field did as an identifier in a poll, in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Record {
    shown: usize,
    repeated: usize,
    reused: usize,
    changed: usize,
    same: usize,
}

impl Record {
    fn is_habit(self, shown: usize) -> bool {
        let odd = self.repeated + self.reused + self.changed;
        odd > EXCUSED && odd * SHARE >= shown
    }

    /// Links change now and then with a headline; only what changes in half of the entries changes by itself.
    fn is_half(self, shown: usize) -> bool {
        let odd = self.reused + self.changed;
        odd > EXCUSED && odd * 2 >= shown
    }

    /// Whether it stayed the same in every entry that was recognised by other fields.
    fn hold(self) -> bool {
        self.same > EXCUSED && self.reused + self.changed == 0
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { shown, repeated, reused, changed, .. } = self;
        write!(f, "{repeated} repeated, {reused} moved to another entry, {changed} changed of {shown}")
    }
}
