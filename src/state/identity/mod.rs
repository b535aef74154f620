//! Decides which entry is which, and how its article is named: the only place where that is decided.
//!
//! An entry of a poll is compared with the remembered entries of its feed by guid, link, title, text and date. Each
//! field counts only as far as it distinguishes entries: not if several entries of the poll share its value, and not
//! once the feed has shown that the field does not identify (guids or links that change at every poll, or move to other
//! articles). The best-agreeing pairs are the same entry (`matching`). An entry without a match is new; the fields that
//! identify it give its key in the state and the id of its article (`naming`). docs/identity.md describes this for
//! users.

mod entry_set;
mod fingerprint;
mod matching;
mod naming;
#[cfg(test)]
mod tests;
mod trust;

use self::entry_set::EntrySet;
pub use self::fingerprint::{EntryFingerprint, guid_keys};
#[cfg(test)]
pub use self::naming::LinkRole;
pub use self::naming::{ArticleName, Naming};
pub use self::trust::{Basis, Trust};
use super::entry::EntryState;
use crate::feed::Entry;

/// A field that fails to identify is excused in this many entries of a poll; more count if they are at least one in
/// [`SHARE`].
const EXCUSED: usize = 1;
const SHARE: usize = 4;

/// What is remembered of a feed's entries.
pub trait Memory {
    /// Returns the entry with this key.
    fn entry(&self, key: u128) -> Option<&EntryState>;
    /// Returns all entries.
    fn entries(&self) -> Box<dyn Iterator<Item = (u128, &EntryState)> + '_>;
    /// Returns whether the words of this entry are largely those of the article made from a remembered one; `None` if
    /// its text is no longer kept.
    fn resembles(&self, remembered: &EntryState, entry: &Entry) -> Option<bool>;
}

/// An entry with its identity within its feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The entry.
    pub entry: Entry,
    /// The key under which it is remembered.
    pub key: u128,
    /// Hash of the form in which the feed shows it.
    pub content_hash: u64,
    /// The fields by which it is recognised later.
    pub fingerprint: EntryFingerprint,
    /// How its article is named, if it is new.
    pub naming: Naming,
}

/// The entries of a poll with their keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The entries, in the order of the poll.
    pub entries: Vec<Identified>,
    /// The keys of entries that the poll shows more than once, once for each repetition.
    pub repeated: Vec<u128>,
    /// What is trusted from now on.
    pub trust: Trust,
    /// Why that is less than before.
    pub lost: Option<String>,
}

/// Decides for each entry of a poll which remembered entry it is, or that it is new. Entries that agree in every
/// identifying field are one entry.
pub fn identify(entries: Vec<Entry>, trust: Trust, memory: &dyn Memory) -> Identity {
    let reading = EntrySet::new(entries);
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

/// How a field did as an identifier in a poll, counted in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct RememberedEntry {
    shown: usize,
    repeated: usize,
    reused: usize,
    changed: usize,
    same: usize,
}

impl RememberedEntry {
    fn is_habit(self, shown: usize) -> bool {
        let odd = self.repeated + self.reused + self.changed;
        odd > EXCUSED && odd * SHARE >= shown
    }

    /// Returns whether the field failed in half of the entries. Links sometimes change with a headline; only a change
    /// in half of the entries means that they change by themselves.
    fn is_half(self, shown: usize) -> bool {
        let odd = self.reused + self.changed;
        odd > EXCUSED && odd * 2 >= shown
    }

    /// Returns whether the field stayed the same in every entry that other fields recognised.
    fn hold(self) -> bool {
        self.same > EXCUSED && self.reused + self.changed == 0
    }
}

impl std::fmt::Display for RememberedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { shown, repeated, reused, changed, .. } = self;
        write!(f, "{repeated} repeated, {reused} moved to another entry, {changed} changed of {shown}")
    }
}
