//! Reads `[[rule]]` tables: keep and block rules, in the config file, in a feed's table, or in a file of their own.
//!
//! They are not a part of the tree of settings: there may be thousands, and each fault has the place of its own value.

mod edit;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

pub use edit::{RuleTable, RuleTableError};
pub(super) use edit::{WrittenRules, set_written, written_in_config};

use super::error::{ConfigErrors, Place, Source, read_text};
use super::shared_feeds::SharedFeeds;
use super::tree;
use crate::filter::{Action, Conditions, MAX_RULES, MAX_VALUES, Pattern, Rule};
use crate::options::duration;

/// The key of the rules.
pub(super) const KEY: &str = "rule";
/// The maximum number of rules that a feed's table has.
const MAX_OF_FEED: usize = 500;
/// The maximum length of an id, in bytes.
const MAX_ID_BYTES: usize = 80;
/// The most characters of a faulty value that are shown.
const MAX_SHOWN: usize = 100;
/// The largest file of rules, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The keys of a rule that are not conditions.
const OWN_KEYS: [&str; 5] = ["id", "action", "feeds", "labels", "not"];
/// The keys of conditions.
const CONDITIONS: [&str; 10] =
    ["title", "url", "author", "category", "text", "language", "older_than", "newer_than", "min_words", "max_words"];

/// A rule, and where it is written.
#[derive(Debug, Clone)]
pub(super) struct PlacedRule {
    pub rule: Rule,
    pub place: Place,
}

/// Reads the rules of a file that holds nothing else.
pub fn read_rules(path: &Path) -> Result<Vec<Rule>, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let place = Place::File(path.to_owned(), None);
    let mut rules = Vec::new();
    match read_text(path, MAX_FILE_BYTES) {
        Err(error) => errors.add(place, format!("cannot read the rules: {error}")),
        Ok(text) => {
            let source = Source::new(path, &text);
            match toml_edit::Document::parse(text.as_str()) {
                Ok(document) => {
                    for (key, _) in document.as_table().iter().filter(|(key, _)| *key != "rule") {
                        let at = document.as_table().key(key).and_then(toml_edit::Key::span).unwrap_or_default().start;
                        errors.add(
                            source.at(at),
                            format!("unknown key `{key}`; a file of rules holds `[[rule]]` tables"),
                        );
                    }
                    if let Some(item) = document.as_table().get("rule") {
                        rules = read(item, &source, false, &mut errors);
                    }
                }
                Err(error) => errors.add(
                    error.span().map_or(place, |span| source.at(span.start)),
                    format!("not valid TOML: {}", error.message()),
                ),
            }
        }
    }
    let rules = unique(rules, &mut errors).into_iter().map(|placed| placed.rule).collect();
    if errors.0.is_empty() { Ok(rules) } else { Err(errors) }
}

/// Reads the rules under a key; those `of_feed` name no feeds and labels. What is wrong is reported and left out.
pub(super) fn read(item: &Item, source: &Source, of_feed: bool, errors: &mut ConfigErrors) -> Vec<PlacedRule> {
    let start = |item: &Item| item.span().unwrap_or_default().start;
    let Some(tables) = item.as_array_of_tables() else {
        let name = if of_feed { "[[feed.rule]]" } else { "[[rule]]" };
        errors.add(source.at(start(item)), format!("rules are tables; write {name} above the keys of each"));
        return Vec::new();
    };
    let most = if of_feed { MAX_OF_FEED } else { MAX_RULES };
    if let Some(over) = tables.get(most) {
        let at = over.span().unwrap_or_default().start;
        errors.add(source.at(at), format!("more than {most} rules; write several values into one condition"));
        return Vec::new();
    }
    let placed = |table: &toml_edit::Table| {
        let at = table.span().unwrap_or_default().start;
        let mut reading = Reading { source, errors: &mut *errors, of_feed, at };
        let rule = reading.rule(table);
        rule.map(|rule| PlacedRule { rule, place: source.at(at) })
    };
    tables.iter().filter_map(placed).collect()
}

/// Gives an id to rules without one, and reports ids that occur twice.
pub(super) fn unique(mut rules: Vec<PlacedRule>, errors: &mut ConfigErrors) -> Vec<PlacedRule> {
    let mut first: HashMap<Box<str>, Place> = HashMap::new();
    rules.retain_mut(|PlacedRule { rule, place }| {
        let is_named = !rule.id.is_empty();
        if !is_named {
            rule.id = rule.derived_id();
        }
        match first.get(&rule.id) {
            Some(other) if is_named => {
                errors.add(place.clone(), format!("the rule at {other} has the id `{}` too; choose another", rule.id));
            }
            Some(other) => errors.add(place.clone(), format!("repeats the rule at {other}; remove one")),
            None => {
                first.insert(rule.id.clone(), place.clone());
                return true;
            }
        }
        false
    });
    rules
}

/// Warns about rules for feeds that are not listed, and for labels that no feed has.
pub(super) fn check_scopes(rules: &[PlacedRule], feeds: &SharedFeeds, warnings: &mut ConfigErrors) {
    let mut labels: Option<HashSet<String>> = None;
    for PlacedRule { rule, place } in rules {
        for feed in rule.feeds.iter().filter(|feed| feeds.get(feed).is_none()) {
            warnings
                .add(place.clone(), format!("the rule `{}` is for the feed `{feed}`, which is not listed", rule.id));
        }
        for label in &rule.labels {
            let known = || feeds.labels().iter().map(|(label, _)| label.to_lowercase()).collect();
            if !labels.get_or_insert_with(known).contains(&label.to_lowercase()) {
                let message = format!("the rule `{}` is for the label `{label}`, which no feed has", rule.id);
                warnings.add(place.clone(), message);
            }
        }
    }
}

/// The reading of one rule.
struct Reading<'a, 'b> {
    source: &'a Source<'b>,
    errors: &'a mut ConfigErrors,
    of_feed: bool,
    /// Where the rule begins.
    at: usize,
}

impl Reading<'_, '_> {
    fn fault(&mut self, at: usize, message: impl Into<String>) {
        self.errors.add(self.source.at(at), message);
    }

    /// Reads a rule; `None` if anything of it is wrong.
    fn rule(&mut self, table: &dyn TableLike) -> Option<Rule> {
        let before = self.errors.0.len();
        let mut rule = Rule::default();
        let mut has_action = false;
        for (key, item) in table.iter() {
            let at = place_of(table, key, item);
            match key {
                "id" => rule.id = self.id(item).unwrap_or_default(),
                "action" => {
                    has_action = true;
                    rule.action = match item.as_str() {
                        Some("keep") => Action::Keep,
                        Some("block") => Action::Block,
                        _ => {
                            self.fault(start(item), "`action` must be \"keep\" or \"block\"");
                            Action::Block
                        }
                    };
                }
                "feeds" | "labels" if self.of_feed => {
                    self.fault(at, format!("a feed's own rule has no `{key}`; write it as [[rule]] in the config"));
                }
                "feeds" => rule.feeds = self.texts(key, item),
                "labels" => rule.labels = self.texts(key, item),
                "not" => match item.as_table_like() {
                    Some(inner) => {
                        let mut not = Conditions::default();
                        for (key, item) in inner.iter() {
                            self.condition(&mut not, inner, key, item, &CONDITIONS);
                        }
                        if not.is_empty() && self.errors.0.len() == before {
                            self.fault(
                                at,
                                "`not` has no condition; write, for instance, not = { title = [\"words\"] }",
                            );
                        }
                        rule.not = Some(Box::new(not));
                    }
                    None => {
                        self.fault(start(item), "`not` is a table; write, for instance, not = { title = [\"words\"] }");
                    }
                },
                key => self.condition(&mut rule.conditions, table, key, item, &[&OWN_KEYS[..], &CONDITIONS].concat()),
            }
        }
        if self.errors.0.len() > before {
            return None;
        }
        if !has_action {
            self.fault(self.at, "a rule without `action`; write action = \"block\" or action = \"keep\"");
        }
        if rule.conditions.is_empty() && rule.not.is_none() {
            self.fault(self.at, "a rule without a condition; write, for instance, title = [\"words\"]");
        }
        (self.errors.0.len() == before).then_some(rule)
    }

    fn id(&mut self, item: &Item) -> Option<Box<str>> {
        let is_valid = |id: &str| {
            let is_of_id = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            !id.is_empty() && id.len() <= MAX_ID_BYTES && id.chars().all(is_of_id)
        };
        let id = item.as_str().filter(|id| is_valid(id));
        if id.is_none() {
            let most =
                format!("`id` must be 1 to {MAX_ID_BYTES} letters, digits, `-`, `_` and `.`, such as \"no-sport\"");
            self.fault(start(item), most);
        }
        id.map(Into::into)
    }

    /// Reads one condition.
    fn condition(&mut self, into: &mut Conditions, table: &dyn TableLike, key: &str, item: &Item, known: &[&str]) {
        match key {
            "title" => into.title = self.patterns(key, item),
            "url" => into.url = self.patterns(key, item),
            "author" => into.author = self.patterns(key, item),
            "category" => into.category = self.patterns(key, item),
            "text" => into.text = self.patterns(key, item),
            "language" => into.language = self.languages(item),
            "older_than" => into.older_than = self.duration(key, item),
            "newer_than" => into.newer_than = self.duration(key, item),
            "min_words" => into.min_words = self.number(key, item),
            "max_words" => into.max_words = self.number(key, item),
            key => {
                let message = match tree::nearest(key, known.iter().copied()) {
                    Some(near) => format!("unknown key `{key}` in a rule; did you mean `{near}`?"),
                    None => format!("unknown key `{key}` in a rule; known keys are {}", listed(known)),
                };
                self.fault(place_of(table, key, item), message);
            }
        }
    }

    /// Passes on the values of a list, or the only one.
    fn values<'i>(&mut self, key: &str, item: &'i Item) -> Vec<&'i Value> {
        let values = match item.as_value() {
            Some(Value::Array(values)) => values.iter().collect(),
            Some(value) => vec![value],
            None => Vec::new(),
        };
        if values.is_empty() {
            self.fault(start(item), format!("`{key}` has no value; write {key} = [\"…\"], or remove it"));
        } else if values.len() > MAX_VALUES {
            self.fault(
                start(item),
                format!("`{key}` has {} values, {MAX_VALUES} at most; write several rules", values.len()),
            );
            return Vec::new();
        }
        values
    }

    fn texts(&mut self, key: &str, item: &Item) -> Vec<Box<str>> {
        let mut texts: Vec<Box<str>> = Vec::new();
        for value in self.values(key, item) {
            match value.as_str().map(str::trim).filter(|text| !text.is_empty()) {
                Some(text) => texts.push(text.into()),
                None => self.fault(value_start(value), format!("`{key}` is a list of names, such as [\"world\"]")),
            }
        }
        texts
    }

    fn languages(&mut self, item: &Item) -> Vec<Box<str>> {
        let tags = self.texts("language", item);
        let is_tag = |tag: &str| {
            let mut parts = tag.split('-');
            parts
                .next()
                .is_some_and(|first| (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()))
                && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        };
        if let Some(wrong) = tags.iter().find(|tag| !is_tag(tag)) {
            self.fault(start(item), format!("`{wrong}` is not a language tag; write one such as \"de\" or \"pt-BR\""));
        }
        tags
    }

    fn patterns(&mut self, key: &str, item: &Item) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for value in self.values(key, item) {
            let regex = value.as_inline_table().filter(|table| table.len() == 1).and_then(|table| table.get("regex"));
            let (pattern, written) = match (value, regex) {
                (Value::String(text), _) => (Pattern::Words(text.value().as_str().into()), value),
                (_, Some(Value::String(text))) => {
                    (Pattern::Regex(text.value().as_str().into()), regex.unwrap_or(value))
                }
                _ => {
                    self.fault(
                        value_start(value),
                        format!(
                            "`{key}` is a list of words and expressions, such as [\"words\", {{ regex = '^Live: ' }}]"
                        ),
                    );
                    continue;
                }
            };
            match pattern.check() {
                Ok(()) => patterns.push(pattern),
                Err(error) => {
                    let at = value_start(written)
                        + error.at.and_then(|at| self.offset(written, pattern.text(), at)).unwrap_or(0);
                    let shown: String = pattern.to_string().chars().take(MAX_SHOWN).collect();
                    self.fault(at, format!("`{key}` value {shown} {error}"));
                }
            }
        }
        patterns
    }

    /// Returns the distance of a character from the beginning of its text as it is written, if no escapes move it.
    fn offset(&self, value: &Value, text: &str, at: usize) -> Option<usize> {
        let written = self.source.slice(value.span()?)?;
        let quotes = written.find(text)?;
        Some(quotes + at)
    }

    fn duration(&mut self, key: &str, item: &Item) -> Option<Duration> {
        let text = item.as_str();
        let read = text.map(duration::parse);
        if !matches!(read, Some(Ok(_))) {
            let why = read.and_then(Result::err).unwrap_or_else(|| format!("write {key} = \"7d\""));
            self.fault(start(item), format!("`{key}` is an age: {why}"));
            return None;
        }
        read.and_then(Result::ok)
    }

    fn number(&mut self, key: &str, item: &Item) -> Option<u32> {
        let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            self.fault(start(item), format!("`{key}` is a number of words; write {key} = 100"));
        }
        number
    }
}

fn start(item: &Item) -> usize {
    item.span().unwrap_or_default().start
}

fn value_start(value: &Value) -> usize {
    value.span().unwrap_or_default().start
}

fn place_of(table: &dyn TableLike, key: &str, item: &Item) -> usize {
    table.key(key).and_then(toml_edit::Key::span).map_or_else(|| start(item), |span| span.start)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
