//! Changes of rules where they are written, as the API makes them.

use std::ops::Range;
use std::path::Path;

use serde_json::Map;
use toml_edit::{Array, InlineTable, Value};

use super::{KEY, read, unique};
use crate::config::error::{ConfigErrors, Source};
use crate::config::toml_text::{cut, line_end, range};

/// The keys of a `[[rule]]` table, in order, checked as those of a config.
#[derive(Debug, Clone)]
pub struct RuleTable(Vec<(String, Value)>);

/// A rule cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RuleTableError(String);

impl RuleTable {
    /// Reads a rule with this id from JSON with the keys that a table has: `[[feed.rule]]` if it is a feed's own, else
    /// `[[rule]]`.
    pub fn from_json(id: &str, keys: &Map<String, serde_json::Value>, of_feed: bool) -> Result<Self, RuleTableError> {
        if keys.get("id").is_some_and(|given| given != id) {
            return Err(RuleTableError(format!("`id` differs from `{id}` in the URL; leave it out")));
        }
        let mut written = vec![("id".to_owned(), Value::from(id))];
        for (key, value) in keys.iter().filter(|(key, _)| *key != "id") {
            let value = to_toml(value).ok_or_else(|| RuleTableError(format!("`{key}` is null; leave it out")))?;
            written.push((key.clone(), value));
        }
        let table = Self(written);
        // Read as a file would be, with the same words for what is wrong.
        let text = table.text("[[rule]]");
        let invalid = |error: &dyn std::fmt::Display| RuleTableError(format!("not a rule: {error}"));
        let document = toml_edit::Document::parse(text.as_str()).map_err(|error| invalid(&error.message()))?;
        let mut errors = ConfigErrors::default();
        if let Some(item) = document.as_table().get(KEY) {
            read(item, &Source::new(Path::new(""), &text), of_feed, &mut errors);
        }
        let faults: Vec<String> = errors.0.into_iter().map(|error| error.message).collect();
        if faults.is_empty() { Ok(table) } else { Err(RuleTableError(faults.join("\n"))) }
    }

    /// Returns the table as text, without a line break at its end.
    fn text(&self, header: &str) -> String {
        let lines = self.0.iter().map(|(key, value)| {
            let (key, value) = (toml_edit::Key::new(key), value.to_string());
            format!("\n{key} = {}", value.trim())
        });
        header.to_owned() + &lines.collect::<String>()
    }
}

/// Returns the value in TOML; `None` if it is or holds a null.
fn to_toml(value: &serde_json::Value) -> Option<Value> {
    Some(match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => (*value).into(),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(values) => Value::Array(values.iter().map(to_toml).collect::<Option<Array>>()?),
        serde_json::Value::Object(keys) => {
            let keys = keys.iter().map(|(key, value)| Some((key.as_str(), to_toml(value)?)));
            Value::InlineTable(keys.collect::<Option<InlineTable>>()?)
        }
    })
}

/// The ids of rules, and where the tables of these are.
pub(in crate::config) type WrittenRules = Vec<(Box<str>, Range<usize>)>;

/// Returns where the rules of a config file are. `None` if they have errors.
pub(in crate::config) fn written_in_config(text: &str) -> Option<WrittenRules> {
    let document = toml_edit::Document::parse(text).ok()?;
    let Some(item) = document.as_table().get(KEY) else { return Some(Vec::new()) };
    let mut errors = ConfigErrors::default();
    let rules = unique(read(item, &Source::new(Path::new(""), text), false, &mut errors), &mut errors);
    let ranges: Option<Vec<_>> = item.as_array_of_tables()?.iter().map(range).collect();
    let written = rules.into_iter().map(|placed| placed.rule.id).zip(ranges?).collect();
    errors.0.is_empty().then_some(written)
}

/// Sets or removes a rule among those that are written at these places. A new one follows the last of them, or what ends
/// at `end`. `None` if there is nothing to remove.
pub(in crate::config) fn set_written(
    text: &str,
    written: &WrittenRules,
    end: usize,
    header: &str,
    id: &str,
    rule: Option<&RuleTable>,
) -> Option<String> {
    let found = written.iter().find(|(known, _)| **known == *id).map(|(_, range)| range.clone());
    match (found, rule) {
        (Some(range), Some(rule)) => {
            Some(format!("{}{}{}", &text[..range.start], rule.text(header), &text[range.end..]))
        }
        (Some(range), None) => Some(cut(text, range)),
        (None, Some(rule)) => {
            let end = written.last().map_or(end, |(_, last)| last.end);
            let (head, rest) = text.split_at(line_end(text, end));
            let head = head.trim_end();
            let gap = if head.is_empty() { "" } else { "\n\n" };
            Some(format!("{head}{gap}{}\n{rest}", rule.text(header)))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> Result<RuleTable, String> {
        let keys: Map<String, serde_json::Value> = serde_json::from_str(json).unwrap();
        RuleTable::from_json("no-sport", &keys, false).map_err(|error| error.to_string())
    }

    fn set_in_config(text: &str, id: &str, rule: Option<&RuleTable>) -> Option<String> {
        set_written(text, &written_in_config(text)?, text.len(), "[[rule]]", id, rule)
    }

    #[test]
    fn a_rule_is_written_below_the_others_replaced_and_removed() {
        let config = "# Ours.\n[fetch]\nper_host = 3 # few\n\n# Sea only.\n[[rule]]\naction = \"keep\"\ntitle = ['sea']\n\n[log]\n";
        let rule = table(r#"{"action": "block", "not": {"author": ["Ann"]}, "title": ["golf", {"regex": "^Live: "}]}"#);
        let rule = rule.unwrap();
        let added = set_in_config(config, "no-sport", Some(&rule)).unwrap();
        let text = "[[rule]]\nid = \"no-sport\"\naction = \"block\"\nnot = { author = [\"Ann\"] }\ntitle = [\"golf\", { regex = \"^Live: \" }]\n";
        assert_eq!(added, config.replace("['sea']\n", &format!("['sea']\n\n{text}")));
        let other = table(r#"{"action": "block", "max_words": 5}"#).unwrap();
        let replaced = set_in_config(&added, "no-sport", Some(&other)).unwrap();
        assert!(
            replaced.contains("\n\n[[rule]]\nid = \"no-sport\"\naction = \"block\"\nmax_words = 5\n\n[log]"),
            "{replaced}"
        );
        assert_eq!(set_in_config(&replaced, "no-sport", None).unwrap(), config);
        assert_eq!(set_in_config(config, "no-sport", None), None);
        // One without an id is found by the name that is derived for it.
        let derived = "# Ours.\n[fetch]\nper_host = 3 # few\n\n[log]\n";
        let sea = toml_edit::Document::parse(config).unwrap();
        let item = sea.as_table().get(KEY).unwrap();
        let mut errors = ConfigErrors::default();
        let rules = unique(read(item, &Source::new(Path::new(""), config), false, &mut errors), &mut errors);
        assert_eq!(set_in_config(config, &rules[0].rule.id, None).unwrap(), derived);
        assert_eq!(set_in_config("", "no-sport", Some(&other)).unwrap().lines().next(), Some("[[rule]]"));
        assert_eq!(set_in_config("[[rule]]\n", "no-sport", Some(&other)), None, "it has errors");
    }

    #[test]
    fn a_wrong_rule_is_answered_with_what_to_write() {
        for (json, message) in [
            (r#"{"action": "block", "titel": ["x"]}"#, "unknown key `titel` in a rule; did you mean `title`?"),
            (r#"{"title": ["x"]}"#, "a rule without `action`"),
            (r#"{"action": "block", "title": [{"regex": "("}]}"#, "`title` value"),
            (r#"{"action": "block", "title": null}"#, "`title` is null; leave it out"),
            (r#"{"action": "block", "title": ["x"], "id": "other"}"#, "`id` differs from `no-sport` in the URL"),
        ] {
            let error = table(json).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        let keys = serde_json::from_str(r#"{"action": "keep", "title": ["x"], "labels": ["a"]}"#).unwrap();
        let of_feed = RuleTable::from_json("a", &keys, true).unwrap_err().to_string();
        assert!(of_feed.contains("a feed's own rule has no `labels`"), "{of_feed}");
        let bad_id = RuleTable::from_json("a b", &Map::new(), false).unwrap_err().to_string();
        assert!(bad_id.contains("`id` must be"), "{bad_id}");
    }
}
