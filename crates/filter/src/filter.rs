//! All rules, compiled, and the decision about an entry.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use xxhash_rust::xxh3::Xxh3;

use crate::index::{FIELDS, FieldIndex, FieldSearch};
use crate::rule::{Action, Conditions, Rule};
use crate::subject::Subject;

/// The feed of an entry, as far as rules refer to it.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Its id.
    pub feed: &'a str,
    /// Its labels, whose case does not matter.
    pub labels: &'a [&'a str],
}

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is kept, by this rule if a keep rule was needed.
    Kept(Option<Arc<str>>),
    /// It is blocked: by this rule, or because keep rules apply to its feed and none matches.
    Blocked(Option<Arc<str>>),
    /// That depends on the article's text, which is not known yet.
    Undecided,
}

/// A rule with the name by which it is reported.
#[derive(Debug, Clone)]
pub struct NamedRule {
    /// The rule's id; for a rule of one feed, the feed's id and the rule's, joined by a slash.
    pub name: Arc<str>,
    /// The feed that has the rule, if it is not one of the config.
    pub of: Option<Box<str>>,
    /// The rule.
    pub rule: Rule,
}

/// All rules, compiled.
#[derive(Default)]
pub struct EntryFilter {
    rules: Vec<NamedRule>,
    compiled: Vec<CompiledRule>,
    /// The rules for all feeds.
    general: Vec<u32>,
    by_feed: HashMap<Box<str>, Vec<u32>>,
    by_label: HashMap<Box<str>, Vec<u32>>,
    fields: [FieldIndex; FIELDS],
    hash: u64,
}

struct CompiledRule {
    conditions: CompiledConditions,
    not: Option<CompiledConditions>,
}

/// Conditions with the numbers of their values.
struct CompiledConditions {
    texts: [Box<[u32]>; FIELDS],
    language: Box<[Box<str>]>,
    older_than: Option<TimeDelta>,
    newer_than: Option<TimeDelta>,
    min_words: Option<u32>,
    max_words: Option<u32>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    /// That is not known before the article is read.
    Unknown,
}

impl NamedRule {
    /// Returns whether it is for some feeds only.
    pub fn is_scoped(&self) -> bool {
        self.of.is_some() || !self.rule.feeds.is_empty() || !self.rule.labels.is_empty()
    }
}

impl std::fmt::Debug for EntryFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryFilter").field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

impl EntryFilter {
    /// Compiles the rules of the config, and those of single feeds with the feed's id. Each must have an id, and its
    /// patterns must have been checked.
    pub fn new<'a>(
        general: impl IntoIterator<Item = &'a Rule>,
        of_feeds: impl IntoIterator<Item = (&'a str, &'a Rule)>,
    ) -> Self {
        let mut filter = Self::default();
        let general =
            general.into_iter().map(|rule| NamedRule { name: Arc::from(&*rule.id), of: None, rule: rule.clone() });
        let of_feeds = of_feeds.into_iter().map(|(feed, rule)| NamedRule {
            name: format!("{feed}/{}", rule.id).into(),
            of: Some(feed.into()),
            rule: rule.clone(),
        });
        let mut hash = Xxh3::new();
        for named in general.chain(of_feeds) {
            hash.update(named.name.as_bytes());
            hash.update(&named.rule.hash().to_le_bytes());
            filter.add(named);
        }
        filter.hash = hash.digest();
        filter
    }

    fn add(&mut self, named: NamedRule) {
        let number = u32::try_from(self.rules.len()).expect("rules are limited");
        let rule = &named.rule;
        match &named.of {
            Some(feed) => self.by_feed.entry(feed.clone()).or_default().push(number),
            None if !named.is_scoped() => self.general.push(number),
            None => {
                rule.feeds.iter().for_each(|feed| self.by_feed.entry(feed.clone()).or_default().push(number));
                rule.labels
                    .iter()
                    .for_each(|label| self.by_label.entry(label.to_lowercase().into()).or_default().push(number));
            }
        }
        let conditions = self.compile(&rule.conditions);
        let not = rule.not.as_deref().map(|not| self.compile(not));
        self.compiled.push(CompiledRule { conditions, not });
        self.rules.push(named);
    }

    fn compile(&mut self, conditions: &Conditions) -> CompiledConditions {
        let mut texts = conditions.texts().into_iter().zip(&mut self.fields);
        let delta = |duration: Option<std::time::Duration>| {
            duration.map(|duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
        };
        CompiledConditions {
            texts: std::array::from_fn(|_| {
                let ((_, values), index) = texts.next().expect("there is an index for each");
                values.iter().map(|value| index.add(value)).collect()
            }),
            language: conditions.language.iter().map(|tag| tag.to_ascii_lowercase().into()).collect(),
            older_than: delta(conditions.older_than),
            newer_than: delta(conditions.newer_than),
            min_words: conditions.min_words,
            max_words: conditions.max_words,
        }
    }

    /// Returns all rules in their order.
    pub fn rules(&self) -> &[NamedRule] {
        &self.rules
    }

    /// Returns a hash of all rules.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Returns the rules that apply to a feed, in their order.
    pub fn rules_for(&self, scope: Scope<'_>) -> impl Iterator<Item = &NamedRule> {
        let numbers = self.numbers(scope).into_owned();
        numbers.into_iter().map(move |number| &self.rules[number as usize])
    }

    /// Returns whether any rule applies to a feed.
    pub fn applies_to(&self, scope: Scope<'_>) -> bool {
        !self.numbers(scope).is_empty()
    }

    /// Returns the rules that apply to a feed and not to all feeds, in no order.
    pub fn scoped_rules_for(&self, scope: Scope<'_>) -> impl Iterator<Item = &NamedRule> {
        self.scoped_numbers(scope).map(|number| &self.rules[number as usize])
    }

    fn scoped_numbers(&self, scope: Scope<'_>) -> impl Iterator<Item = u32> {
        let of_feed = self.by_feed.get(scope.feed).into_iter();
        let labels = scope.labels.iter().filter(|_| !self.by_label.is_empty());
        let of_labels = labels.filter_map(|label| self.by_label.get(&*label.to_lowercase()));
        of_feed.chain(of_labels).flatten().copied()
    }

    /// Returns the numbers of the rules that apply to a feed, in their order.
    fn numbers(&self, scope: Scope<'_>) -> Cow<'_, [u32]> {
        let mut own = self.scoped_numbers(scope).peekable();
        if own.peek().is_none() {
            return Cow::Borrowed(&self.general);
        }
        let mut numbers: Vec<u32> = self.general.iter().copied().chain(own).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Cow::Owned(numbers)
    }

    /// Decides about an entry. Of several rules that match, the first one is named.
    pub fn decide(&self, scope: Scope<'_>, subject: &Subject<'_>) -> Decision {
        let search = Search { fields: self.fields.each_ref().map(FieldSearch::new), subject };
        let name = |number: u32| Some(Arc::clone(&self.rules[number as usize].name));
        let numbers = self.numbers(scope);
        let of = |action: Action| {
            numbers.iter().copied().filter(move |number| self.rules[*number as usize].rule.action == action)
        };
        let mut is_blocked = Holds::No;
        for number in of(Action::Block) {
            match search.matches(&self.compiled[number as usize]) {
                Holds::Yes => return Decision::Blocked(name(number)),
                Holds::Unknown => is_blocked = Holds::Unknown,
                Holds::No => {}
            }
        }
        let (mut kept_by, mut is_kept, mut must_be_kept) = (None, Holds::No, false);
        for number in of(Action::Keep) {
            must_be_kept = true;
            match search.matches(&self.compiled[number as usize]) {
                Holds::Yes => {
                    (kept_by, is_kept) = (name(number), Holds::Yes);
                    break;
                }
                Holds::Unknown => is_kept = Holds::Unknown,
                Holds::No => {}
            }
        }
        match (is_blocked, is_kept) {
            // No text can change that.
            (_, Holds::No) if must_be_kept => Decision::Blocked(None),
            (Holds::Unknown, _) | (_, Holds::Unknown) => Decision::Undecided,
            _ => Decision::Kept(kept_by),
        }
    }
}

/// The search of an entry for the values of all rules, each field when a rule needs it first.
struct Search<'a> {
    fields: [FieldSearch<'a>; FIELDS],
    subject: &'a Subject<'a>,
}

impl Search<'_> {
    fn matches(&self, rule: &CompiledRule) -> Holds {
        let mut holds = self.all(&rule.conditions);
        if holds != Holds::No
            && let Some(not) = &rule.not
        {
            match self.any(not) {
                Holds::Yes => holds = Holds::No,
                Holds::Unknown => holds = Holds::Unknown,
                Holds::No => {}
            }
        }
        holds
    }

    /// Returns whether all conditions hold.
    fn all(&self, conditions: &CompiledConditions) -> Holds {
        let mut all = Holds::Yes;
        for holds in self.each(conditions) {
            match holds {
                Holds::No => return Holds::No,
                Holds::Unknown => all = Holds::Unknown,
                Holds::Yes => {}
            }
        }
        all
    }

    /// Returns whether any condition holds.
    fn any(&self, conditions: &CompiledConditions) -> Holds {
        let mut any = Holds::No;
        for holds in self.each(conditions) {
            match holds {
                Holds::Yes => return Holds::Yes,
                Holds::Unknown => any = Holds::Unknown,
                Holds::No => {}
            }
        }
        any
    }

    /// Checks the conditions that there are, the cheap ones first.
    fn each<'b>(&'b self, conditions: &'b CompiledConditions) -> impl Iterator<Item = Holds> + 'b {
        let subject = self.subject;
        let known = |holds: bool| if holds { Holds::Yes } else { Holds::No };
        let compared = move |value: Option<bool>| value.map_or(Holds::No, known);
        let age = |limit: Option<TimeDelta>, holds: fn(TimeDelta, TimeDelta) -> bool| {
            limit.map(|limit| compared(subject.age.map(|age| holds(age, limit))))
        };
        let words = |limit: Option<u32>, holds: fn(u32, u32) -> bool| {
            limit.map(|limit| subject.words().map_or(Holds::Unknown, |words| known(holds(words, limit))))
        };
        let cheap = [
            age(conditions.older_than, |age, limit| age > limit),
            age(conditions.newer_than, |age, limit| age < limit),
            words(conditions.min_words, |words, limit| words >= limit),
            words(conditions.max_words, |words, limit| words <= limit),
            (!conditions.language.is_empty()).then(|| self.language(&conditions.language)),
        ];
        let texts = conditions.texts.iter().enumerate().filter(|(_, values)| !values.is_empty());
        cheap.into_iter().flatten().chain(texts.map(move |(field, values)| self.text(field, values)))
    }

    fn language(&self, wanted: &[Box<str>]) -> Holds {
        match self.subject.language() {
            Some(language) => {
                let language = language.to_ascii_lowercase();
                let is =
                    |tag: &str| language.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
                if wanted.iter().any(|tag| is(tag)) { Holds::Yes } else { Holds::No }
            }
            None if self.subject.is_read() => Holds::No,
            None => Holds::Unknown,
        }
    }

    fn text(&self, field: usize, values: &[u32]) -> Holds {
        let subject = self.subject;
        let matches = |number: &u32| {
            self.fields[field].matches(*number, || match field {
                0 => subject.title().into_iter().collect(),
                1 => subject.url().into_iter().collect(),
                2 => subject.authors(),
                3 => subject.categories(),
                _ => subject.texts(),
            })
        };
        if values.iter().any(matches) {
            return Holds::Yes;
        }
        // The article's text may have it.
        if field == FIELDS - 1 && !subject.is_read() { Holds::Unknown } else { Holds::No }
    }
}

#[cfg(test)]
mod tests;
