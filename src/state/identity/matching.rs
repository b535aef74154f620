//! Matches the entries of a poll with the remembered ones: the best-agreeing pairs win, and each entry is in at most
//! one pair.

use std::collections::{HashMap, HashSet};

use super::entry_set::{EntrySet, ShownEntry, count};
use super::fingerprint::EntryFingerprint;
use super::{Memory, RememberedEntry, Trust};
use crate::state::EntryState;

/// How many entries of a poll may share a combination of title, text and date and still be compared.
const ALIKE: usize = 8;

/// The weight of an agreement in a field. A guid weighs more than a link, and two of the words' fields more than
/// either.
const GUID: u32 = 6;
const LINK: u32 = 5;
const WORDS: [(u8, u32); 3] = [(TITLE, 4), (TEXT, 4), (DATE, 3)];
const WHOLE: u32 = 20;

/// The fields of the words, as bits of a set.
const TITLE: u8 = 1;
const TEXT: u8 = 2;
const DATE: u8 = 4;
const ALL_WORDS: u8 = TITLE | TEXT | DATE;

/// Whether a field of two entries agrees; silent if one of them lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    Same,
    Differs,
    Silent,
}

impl Evidence {
    fn of<T: PartialEq>(a: Option<T>, b: Option<T>) -> Self {
        match (a, b) {
            (Some(a), Some(b)) if a == b => Self::Same,
            (Some(_), Some(_)) => Self::Differs,
            _ => Self::Silent,
        }
    }
}

/// How an entry of the poll and a remembered one agree.
#[derive(Debug, Clone, Copy)]
struct Agreement {
    guid: Evidence,
    link: Evidence,
    /// The fields of the words that agree, and those that differ.
    same: u8,
    differ: u8,
    /// Whether all present fields agree, and neither entry has a field that the other lacks.
    whole: bool,
}

impl Agreement {
    fn of(shown: &ShownEntry, key: u128, known: &EntryFingerprint) -> Self {
        let EntryFingerprint { guid, title, text, published, .. } = shown.marks;
        let guid = if shown.guid_keys.contains(&key) || shown.both_key() == Some(key) {
            Evidence::Same
        } else {
            Evidence::of(guid, known.guid)
        };
        let link = match known.link {
            Some(link) if shown.links.contains(&link) => Evidence::Same,
            Some(_) if !shown.links.is_empty() => Evidence::Differs,
            _ => Evidence::Silent,
        };
        let is_content = shown.content_key == key && text.is_some();
        let (mut same, mut differ) = (0, 0);
        for (field, evidence) in [
            (TITLE, Evidence::of(title, known.title)),
            // State of earlier versions has no hash of the text, but may have a key made from it.
            (TEXT, if is_content { Evidence::Same } else { Evidence::of(text, known.text) }),
            (DATE, Evidence::of(published, known.published)),
        ] {
            match evidence {
                Evidence::Same => same |= field,
                Evidence::Differs => differ |= field,
                Evidence::Silent => {}
            }
        }
        let is = |evidence, a: bool, b: bool| evidence == Evidence::Same || !a && !b;
        let whole = is(guid, shown.guid.is_some(), known.guid.is_some())
            && is(link, shown.link.is_some(), known.link.is_some())
            && (title, text, published) == (known.title, known.text, known.published);
        Self { guid, link, same, differ, whole }
    }
}

/// Returns a combination of fields of the words as one value; `None` if one of them is missing.
fn combined(fields: u8, marks: &EntryFingerprint) -> Option<u64> {
    let part = |field: u8, value: Option<u64>| if fields & field == 0 { Some(0) } else { value };
    let published = marks.published.map(i64::cast_unsigned);
    let parts = [part(TITLE, marks.title)?, part(TEXT, marks.text)?, part(DATE, published)?, u64::from(fields)];
    Some(xxhash_rust::xxh3::xxh3_64(&parts.map(u64::to_le_bytes).concat()))
}

/// A value that a remembered entry and an entry of the poll may share.
#[derive(PartialEq, Eq, Hash)]
enum Value {
    Guid(u64),
    Link(u64),
    Words(u64),
    Key(u128),
}

/// The entries of the poll by shared value, and how many remembered entries share each value.
#[derive(Default)]
struct Index {
    entries: HashMap<Value, (Vec<usize>, usize)>,
}

impl Index {
    fn add(&mut self, value: Value, i: usize) {
        let (entries, _) = self.entries.entry(value).or_default();
        if entries.len() <= ALIKE && entries.last() != Some(&i) {
            entries.push(i);
        }
    }

    /// Returns how many remembered entries share one of these values.
    fn remembered(&self, values: impl IntoIterator<Item = Value>) -> usize {
        values.into_iter().filter_map(|value| self.entries.get(&value)).map(|(_, remembered)| remembered).sum()
    }

    /// Returns whether only one entry of the poll has the combination.
    fn is_own(&self, fields: u8, marks: &EntryFingerprint) -> bool {
        let value = combined(fields, marks).and_then(|value| self.entries.get(&Value::Words(value)));
        value.is_some_and(|(entries, _)| entries.len() == 1)
    }

    /// Returns whether only one entry of the poll and at most one remembered entry have the combination.
    fn is_unique(&self, fields: u8, marks: &EntryFingerprint) -> bool {
        let value = combined(fields, marks).and_then(|value| self.entries.get(&Value::Words(value)));
        value.is_some_and(|(entries, remembered)| entries.len() == 1 && *remembered <= 1)
    }
}

/// A pair that may be the same entry.
struct Pair {
    score: u32,
    seen: i64,
    shown: usize,
    key: u128,
    agreement: Agreement,
    /// Whether only these two entries have the fields of the words that agree.
    unique: bool,
}

/// The result of matching a poll with the remembered entries.
pub(crate) struct Matched {
    /// The entries of the poll that are not repetitions.
    pub kept: Vec<usize>,
    /// The key of the remembered entry that each of them matches.
    pub keys: HashMap<usize, u128>,
    /// Entries whose guid or link no other entry of the poll has.
    pub own_guid: HashSet<usize>,
    pub own_link: HashSet<usize>,
    /// Entries whose guid or link belongs to another remembered entry.
    pub foreign_guid: HashSet<usize>,
    pub foreign_link: HashSet<usize>,
    pub guids: RememberedEntry,
    pub links: RememberedEntry,
}

impl EntrySet {
    /// Matches the poll's entries under this trust.
    pub(super) fn match_with(&self, trust: Trust, memory: &dyn Memory) -> Matched {
        let kept = self.kept(trust);
        let guids = count(kept.iter().filter_map(|&i| self.shown[i].marks.guid));
        let links = count(kept.iter().filter_map(|&i| self.shown[i].bare_link()));
        let own = |is: &dyn Fn(usize) -> bool| kept.iter().copied().filter(|&i| is(i)).collect::<HashSet<_>>();
        let matcher = Matcher {
            reading: self,
            trust,
            memory,
            index: self.index(&kept),
            own_guid: own(&|i| self.shown[i].marks.guid.is_some_and(|guid| guids[&guid] == 1)),
            own_link: own(&|i| self.shown[i].bare_link().is_some_and(|link| links[link] == 1)),
        };
        matcher.run(kept)
    }

    fn index(&self, kept: &[usize]) -> Index {
        let mut index = Index::default();
        for &i in kept {
            let shown = &self.shown[i];
            shown.marks.guid.into_iter().for_each(|guid| index.add(Value::Guid(guid), i));
            shown.links.iter().for_each(|link| index.add(Value::Link(*link), i));
            (1..=ALL_WORDS)
                .filter_map(|fields| combined(fields, &shown.marks))
                .for_each(|words| index.add(Value::Words(words), i));
            let keys = shown.guid_keys.iter().copied().chain(shown.both_key()).chain([shown.content_key]);
            keys.for_each(|key| index.add(Value::Key(key), i));
        }
        index
    }
}

struct Matcher<'a> {
    reading: &'a EntrySet,
    trust: Trust,
    memory: &'a dyn Memory,
    index: Index,
    own_guid: HashSet<usize>,
    own_link: HashSet<usize>,
}

impl Matcher<'_> {
    fn run(mut self, kept: Vec<usize>) -> Matched {
        let pairs = self.pairs();
        let mut keys: HashMap<usize, u128> = HashMap::new();
        let mut taken: HashSet<u128> = HashSet::new();
        for pair in &pairs {
            if !keys.contains_key(&pair.shown) && !taken.contains(&pair.key) && self.is_same(pair) {
                keys.insert(pair.shown, pair.key);
                taken.insert(pair.key);
            }
        }
        let mut matched = Matched {
            keys,
            own_guid: std::mem::take(&mut self.own_guid),
            own_link: std::mem::take(&mut self.own_link),
            foreign_guid: HashSet::new(),
            foreign_link: HashSet::new(),
            guids: RememberedEntry { shown: kept.len(), ..RememberedEntry::default() },
            links: RememberedEntry { shown: kept.len(), ..RememberedEntry::default() },
            kept,
        };
        matched.judge(self.reading, &pairs, &taken);
        matched
    }

    /// Returns all pairs that share something, the best-agreeing first.
    fn pairs(&mut self) -> Vec<Pair> {
        let mut candidates: Vec<(usize, u128, &EntryState)> = Vec::new();
        for (key, known) in self.memory.entries() {
            let marks = &known.fingerprint;
            let words = (1..=ALL_WORDS).filter_map(|fields| combined(fields, marks)).map(Value::Words);
            let names = marks.guid.map(Value::Guid).into_iter().chain(marks.link.map(Value::Link));
            let mut sharing: Vec<usize> = Vec::new();
            for value in names.chain([Value::Key(key)]).chain(words) {
                let Some((entries, remembered)) = self.index.entries.get_mut(&value) else { continue };
                *remembered += 1;
                // A value that many entries share says little; those entries are found by what else they share.
                if entries.len() <= ALIKE {
                    sharing.extend(entries.iter());
                }
            }
            sharing.sort_unstable();
            sharing.dedup();
            candidates.extend(sharing.into_iter().map(|i| (i, key, known)));
        }
        let pair = |(i, key, known): (usize, u128, &EntryState)| {
            let agreement = Agreement::of(&self.reading.shown[i], key, &known.fingerprint);
            let unique = self.index.is_unique(agreement.same, &self.reading.shown[i].marks);
            Pair { score: self.score(i, agreement), seen: known.seen, shown: i, key, agreement, unique }
        };
        let mut pairs: Vec<Pair> = candidates.into_iter().map(pair).collect();
        pairs.sort_unstable_by_key(|pair| (std::cmp::Reverse((pair.score, pair.seen)), pair.shown, pair.key));
        pairs
    }

    fn score(&self, i: usize, agreement: Agreement) -> u32 {
        let telling = self.telling(i, agreement.same);
        let words: u32 = WORDS.iter().filter(|(field, _)| telling & field != 0).map(|(_, weight)| weight).sum();
        let guid = self.has_guid(i) && agreement.guid == Evidence::Same;
        let link = self.has_link(i) && agreement.link == Evidence::Same;
        u32::from(guid) * GUID + u32::from(link) * LINK + words + u32::from(agreement.whole) * WHOLE
    }

    /// Returns those of the fields that, alone or combined, only one entry of the poll has.
    fn telling(&self, i: usize, fields: u8) -> u8 {
        let marks = &self.reading.shown[i].marks;
        let parts = (1..=ALL_WORDS).filter(|part| part & !fields == 0);
        parts.filter(|part| self.index.is_own(*part, marks)).fold(0, |all, part| all | part)
    }

    /// Returns whether its guid identifies it: no other entry of the poll has it, and at most one remembered entry has
    /// it.
    fn has_guid(&self, i: usize) -> bool {
        let guid = self.reading.shown[i].marks.guid.map(Value::Guid);
        self.trust.guids() && self.own_guid.contains(&i) && self.index.remembered(guid) <= 1
    }

    /// Returns whether its link identifies it.
    fn has_link(&self, i: usize) -> bool {
        let links = self.reading.shown[i].links.iter().map(|link| Value::Link(*link));
        self.trust.links() && self.own_link.contains(&i) && self.index.remembered(links) <= 1
    }

    /// Returns whether the two are the same entry.
    fn is_same(&self, pair: &Pair) -> bool {
        let Pair { shown: i, agreement, unique, .. } = *pair;
        if agreement.whole {
            return true;
        }
        let (same, differ) = (agreement.same.count_ones(), agreement.differ.count_ones());
        let (guid, link) = (self.has_guid(i), self.has_link(i));
        let other_guid = guid && agreement.guid == Evidence::Differs;
        let other_link = link && agreement.link == Evidence::Differs;
        let marks = &self.reading.shown[i].marks;
        if guid && agreement.guid == Evidence::Same {
            return !self.is_another(pair, other_link);
        }
        if link && agreement.link == Evidence::Same {
            // A different guid says that the entry is new, unless the words say otherwise.
            let agrees = differ <= 1 && self.telling(i, agreement.same) != 0;
            return if other_guid { agrees } else { !self.is_another(pair, false) };
        }
        // Guid and link together, where neither identifies by itself.
        let both = agreement.guid == Evidence::Same && agreement.link == Evidence::Same;
        if both && self.trust.guids() && self.trust.links() && self.is_only(i) {
            return !self.is_another(pair, false);
        }
        if other_guid || other_link {
            return differ == 0 && same >= 2 && unique;
        }
        // The words alone: one field may have changed, if no other entry has the others.
        match differ {
            0 => same >= 1 && self.index.is_own(agreement.same, marks),
            1 => same >= 1 && unique,
            _ => false,
        }
    }

    /// Returns whether no other entry of the poll has the same guid and link.
    fn is_only(&self, i: usize) -> bool {
        let key = self.reading.shown[i].both_key();
        let entries = key.and_then(|key| self.index.entries.get(&Value::Key(key)));
        entries.is_some_and(|(entries, _)| entries.len() == 1)
    }

    /// Returns whether title, text and date say that an unchanged guid or link now names another article. A rewritten
    /// article keeps most of its words.
    fn is_another(&self, pair: &Pair, other_name: bool) -> bool {
        let Pair { shown: i, key, agreement, .. } = *pair;
        let differ = agreement.differ.count_ones();
        if self.telling(i, agreement.same) != 0 || differ + u32::from(other_name) < 2 {
            return false;
        }
        let shown = &self.reading.shown[i];
        match self.memory.entry(key).and_then(|known| self.memory.resembles(known, &shown.entry)) {
            Some(resembles) => !resembles && differ >= 2,
            None => differ + u32::from(other_name) >= 3,
        }
    }
}

impl Matched {
    /// Records how guids and links did as identifiers.
    fn judge(&mut self, reading: &EntrySet, pairs: &[Pair], taken: &HashSet<u128>) {
        for i in &self.kept {
            let shown = &reading.shown[*i];
            self.guids.repeated += usize::from(shown.guid.is_some() && !self.own_guid.contains(i));
            self.links.repeated += usize::from(shown.link.is_some() && !self.own_link.contains(i));
        }
        let (mut changed_guid, mut changed_link) = (HashSet::new(), HashSet::new());
        for Pair { shown: i, key, agreement, unique, .. } in pairs {
            let assigned = self.keys.get(i);
            if assigned == Some(key) {
                self.guids.same += usize::from(agreement.guid == Evidence::Same);
                self.links.same += usize::from(agreement.link == Evidence::Same);
            } else {
                if agreement.guid == Evidence::Same && self.own_guid.contains(i) {
                    self.foreign_guid.insert(*i);
                }
                if agreement.link == Evidence::Same && self.own_link.contains(i) {
                    self.foreign_link.insert(*i);
                }
            }
            // Nothing but guid or link speaks against the match, and something speaks for it.
            let for_it = *unique || agreement.link == Evidence::Same && self.own_link.contains(i);
            let is_free = assigned.is_none() && !taken.contains(key) && agreement.differ == 0 && for_it;
            if assigned == Some(key) || is_free {
                if agreement.guid == Evidence::Differs {
                    changed_guid.insert(*i);
                }
                if agreement.link == Evidence::Differs {
                    changed_link.insert(*i);
                }
            }
        }
        let reused = |foreign: &HashSet<usize>, changed: &HashSet<usize>| foreign.difference(changed).count();
        self.guids.reused = reused(&self.foreign_guid, &changed_guid);
        self.links.reused = reused(&self.foreign_link, &changed_link);
        (self.guids.changed, self.links.changed) = (changed_guid.len(), changed_link.len());
    }
}
