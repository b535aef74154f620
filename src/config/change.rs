//! The difference between two configs, and which of it applies while the daemon runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::settings::Settings;
use crate::filter::Rule;
use crate::options::revealed;

/// The keys, and the tables whose keys all, apply at the next start only: what they decide is built once.
pub const AFTER_RESTART: [&str; 16] = [
    "kafka",
    "log.format",
    "pipeline.channel",
    "serve.enabled",
    "serve.listen",
    "serve.stories",
    "store.path",
    "telemetry.otlp_endpoint",
    "telemetry.otlp_headers",
    "telemetry.service_name",
    "topics.format",
    "topics.partitions",
    "topics.prefix",
    "topics.replication",
    "topics.retention",
    "websub.callback",
];
/// The keys of which one names a table of a list.
const NAMING_KEYS: [&str; 4] = ["name", "host", "prefix", "id"];
/// The longest value shown, in characters.
const MAX_SHOWN: usize = 200;
/// The most changed keep and block rules that a report names.
const MAX_RULE_CHANGES: usize = 50;

/// A key whose value changed. Secrets are shown as `…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyChange {
    /// The key, with its table: `schedule.interval`. Without values: how many more changed, as `rule: and 7 more`.
    pub key: String,
    /// The value before; `null` if it was not set.
    pub old: Option<String>,
    /// The value now; `null` if it is not set.
    pub new: Option<String>,
}

impl KeyChange {
    /// Stands for changes of a table, or of all keys, that are not named.
    pub fn more(table: Option<&str>, count: usize) -> Self {
        let table = table.map(|table| format!("{table}: ")).unwrap_or_default();
        Self { key: format!("{table}and {count} more"), old: None, new: None }
    }
}

impl std::fmt::Display for KeyChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.old.is_none() && self.new.is_none() {
            return f.write_str(&self.key);
        }
        let shown = |value: &Option<String>| value.as_deref().unwrap_or("unset").to_owned();
        write!(f, "{}: {} -> {}", self.key, shown(&self.old), shown(&self.new))
    }
}

/// Returns the changes as one line.
pub fn changes_line(changes: &[KeyChange]) -> String {
    changes.iter().map(KeyChange::to_string).collect::<Vec<_>>().join(", ")
}

/// What a running daemon makes of a changed config.
#[derive(Debug, Clone)]
pub struct SettingsUpdate {
    /// The settings that apply from now on.
    pub settings: Settings,
    /// The keys that change now.
    pub changed: Vec<KeyChange>,
    /// The keys that change at the next start.
    pub after_restart: Vec<KeyChange>,
}

impl SettingsUpdate {
    /// Compares the settings that apply with those of the config.
    pub fn new(running: &Settings, written: &Settings) -> Self {
        let is_late = |key: &str| {
            AFTER_RESTART
                .iter()
                .any(|late| key.strip_prefix(late).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        };
        let (after_restart, mut changed): (Vec<_>, Vec<_>) =
            changes(running, written).into_iter().partition(|change| is_late(&change.key));
        changed.extend(rule_changes(&running.rule, &written.rule));
        let (mut settings, before) = revealed(|| (plain(written), plain(running)));
        for key in AFTER_RESTART {
            let (table, key) = key.split_once('.').map_or((None, key), |(table, key)| (Some(table), key));
            let (to, from) = match table {
                Some(table) => (settings.get_mut(table), before.get(table)),
                None => (Some(&mut settings), Some(&before)),
            };
            if let (Some(to), Some(value)) = (to, from.and_then(|from| from.get(key))) {
                to[key] = value.clone();
            }
        }
        // Both parts are settings, so the whole is. The keep and block rules are not a part of the tree.
        let settings: Settings = serde_json::from_value(settings).unwrap_or_else(|_| running.clone());
        let settings = Settings { rule: Arc::clone(&written.rule), ..settings };
        Self { settings, changed, after_restart }
    }
}

/// Returns the keep and block rules in which two configs differ, in the order of their names; of very many, the first and
/// how many more there are.
fn rule_changes(old: &[Rule], new: &[Rule]) -> Vec<KeyChange> {
    fn by_id(rules: &[Rule]) -> BTreeMap<&str, &Rule> {
        rules.iter().map(|rule| (&*rule.id, rule)).collect()
    }
    let (old, new) = (by_id(old), by_id(new));
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let value = |rule: Option<&&Rule>| rule.map(|rule| shortened(&format!("{} {rule}", rule.action.name())));
    let change = |id: &str| KeyChange { key: format!("rule.{id}"), old: value(old.get(id)), new: value(new.get(id)) };
    let mut differ = ids.into_iter().filter(|id| old.get(id) != new.get(id));
    let mut changes: Vec<KeyChange> = differ.by_ref().take(MAX_RULE_CHANGES).map(change).collect();
    let more = differ.count();
    changes.extend((more > 0).then(|| KeyChange::more(Some("rule"), more)));
    changes
}

fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("settings are plain data")
}

/// Returns the keys in which two values differ, in alphabetical order.
pub fn changes<T: Serialize>(old: &T, new: &T) -> Vec<KeyChange> {
    // Compared with their secrets, shown without.
    let both = || (leaves(&plain(old)), leaves(&plain(new)));
    let (old_plain, new_plain) = revealed(both);
    let (old, new) = both();
    let keys = old_plain.keys().chain(new_plain.keys().filter(|key| !old_plain.contains_key(*key)));
    let differ = keys.filter(|key| old_plain.get(*key) != new_plain.get(*key));
    let change = |key: &String| KeyChange { key: key.clone(), old: shown(old.get(key)), new: shown(new.get(key)) };
    let mut changes: Vec<KeyChange> = differ.map(change).collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    changes
}

/// Returns the values by dotted key. Tables of a list are named by one of their values, other lists are values; what is
/// not set is left out.
fn leaves(tree: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), tree)];
    while let Some((key, value)) = open.pop() {
        let name = |field: &str| if key.is_empty() { field.to_owned() } else { format!("{key}.{field}") };
        match value {
            Value::Null => {}
            Value::Object(fields) => {
                open.extend(fields.iter().map(|(field, value)| (name(field), value)));
                if fields.is_empty() {
                    found.insert(key, value.clone());
                }
            }
            Value::Array(tables) if !tables.is_empty() && tables.iter().all(Value::is_object) => {
                let names = table_names(tables);
                open.extend(tables.iter().zip(&names).map(|(table, of_table)| (name(of_table), table)));
            }
            value => drop(found.insert(key, value.clone())),
        }
    }
    // An empty table next to a filled one adds nothing.
    found.retain(|key, value| !key.is_empty() && !value.as_object().is_some_and(serde_json::Map::is_empty));
    found
}

/// Returns a name for each table of a list, such as the host of a site, so that a table keeps its name where others are
/// added or removed.
fn table_names(tables: &[Value]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(tables.len());
    for table in tables {
        let named = NAMING_KEYS.iter().find_map(|key| table.get(key)?.as_str()).unwrap_or("table");
        let count = counts.entry(named).or_insert(0);
        *count += 1;
        names.push(if *count == 1 { named.to_owned() } else { format!("{named}.{count}") });
    }
    names
}

fn shown(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Some(shortened(&text))
}

fn shortened(text: &str) -> String {
    let cut = text.char_indices().nth(MAX_SHOWN).map(|(at, _)| format!("{}\u{2026}", &text[..at]));
    cut.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::load::tests::known_keys;
    use crate::filter::{Conditions, Pattern};
    use crate::journal::kafka;
    use crate::options::SecretString;

    fn lines(changes: &[KeyChange]) -> Vec<String> {
        changes.iter().map(KeyChange::to_string).collect()
    }

    #[test]
    fn keys_that_need_a_restart_keep_their_value() {
        let running = Settings::default();
        let mut written = running.clone();
        written.schedule.interval = Duration::from_secs(60);
        written.fetch.proxy = Some(SecretString("http://me:hunter2@proxy.example".into()));
        written.topics.prefix = "news".into();
        let mut kafka = kafka::Options { brokers: "k:9092".into(), ..kafka::Options::default() };
        kafka.properties.insert("sasl.password".into(), SecretString("hunter2".into()));
        written.kafka = Some(kafka);
        let update = SettingsUpdate::new(&running, &written);
        let old = crate::options::duration::format(running.schedule.interval);
        assert_eq!(
            lines(&update.changed),
            ["fetch.proxy: unset -> \u{2026}".to_owned(), format!("schedule.interval: {old} -> 1m")]
        );
        let late = lines(&update.after_restart);
        assert!(late.contains(&"kafka.brokers: unset -> k:9092".to_owned()), "{late:?}");
        assert!(late.contains(&"kafka.properties.sasl.password: unset -> \u{2026}".to_owned()), "{late:?}");
        assert!(late.contains(&"topics.prefix: dateline -> news".to_owned()), "{late:?}");
        assert_eq!(update.settings.schedule, written.schedule);
        assert_eq!(update.settings.fetch, written.fetch);
        assert_eq!((update.settings.kafka.as_ref(), &update.settings.topics), (None, &running.topics));
        // What was not applied is still reported after the next change.
        let again = SettingsUpdate::new(&update.settings, &written);
        assert_eq!((again.changed, lines(&again.after_restart)), (Vec::new(), late));
        let back = SettingsUpdate::new(&update.settings, &running);
        assert_eq!(lines(&back.changed)[0], "fetch.proxy: \u{2026} -> unset");
        assert!(back.after_restart.is_empty());
    }

    #[test]
    fn changed_rules_apply_and_are_named() {
        let rule = |id: &str, words: &str| Rule {
            id: id.into(),
            conditions: Conditions { title: vec![Pattern::Words(words.into())], ..Conditions::default() },
            ..Rule::default()
        };
        let running = Settings { rule: [rule("a", "x"), rule("b", "y")].into(), ..Settings::default() };
        let written = Settings { rule: [rule("c", "z"), rule("b", "yy")].into(), ..Settings::default() };
        let update = SettingsUpdate::new(&running, &written);
        assert_eq!(
            lines(&update.changed),
            [
                "rule.a: block title: \u{201c}x\u{201d} -> unset",
                "rule.b: block title: \u{201c}y\u{201d} -> block title: \u{201c}yy\u{201d}",
                "rule.c: unset -> block title: \u{201c}z\u{201d}",
            ]
        );
        assert_eq!(update.settings.rule, written.rule);
        assert!(SettingsUpdate::new(&update.settings, &written).changed.is_empty());
        let many: Vec<Rule> = (0..60).map(|n| rule(&format!("r{n:02}"), "w")).collect();
        let written = Settings { rule: many.into(), ..Settings::default() };
        let changed = lines(&SettingsUpdate::new(&running, &written).changed);
        assert_eq!(changed.len(), MAX_RULE_CHANGES + 1);
        // The two that were removed count too.
        assert_eq!(changed.last().unwrap(), "rule: and 12 more");
    }

    #[test]
    fn a_changed_secret_is_a_change_without_its_value() {
        let with = |token: &str| {
            let mut settings = Settings::default();
            settings.serve.token = Some(SecretString(token.into()));
            settings
        };
        let changed = SettingsUpdate::new(&with("a-secret-that-is-old"), &with("a-secret-that-is-new")).changed;
        assert_eq!(lines(&changed), ["serve.token: \u{2026} -> \u{2026}"]);
    }

    #[test]
    fn changed_requests_of_a_site_apply_and_are_shown_without_secrets() {
        let secret = "hunter2";
        let requests = serde_json::json!({
            "headers": { "X-Key": secret }, "cookies": { "session": secret }, "user_agent": "reader/1", "timeout": "30s",
            "basic": { "user": secret, "password": secret }, "proxy": format!("http://{secret}@proxy.example:3128"),
            "client_certificate": secret, "client_key": secret,
        });
        let site = serde_json::json!({ "host": "a.example", "origins": ["https://b.example"], "requests": requests });
        let written: Settings = serde_json::from_value(serde_json::json!({ "site": [site] })).unwrap();
        let update = SettingsUpdate::new(&Settings::default(), &written);
        assert_eq!(update.settings, written);
        let lines = lines(&update.changed);
        for line in [
            "site.a.example.requests.headers.X-Key: unset -> \u{2026}",
            "site.a.example.requests.timeout: unset -> 30s",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line}\n{lines:#?}");
        }
        assert!(!lines.concat().contains(secret), "{lines:#?}");
    }

    #[test]
    fn tables_of_a_list_are_compared_by_their_names() {
        let site = |host: &str, take: &str| serde_json::json!({ "host": host, "take": [take], "drop": [] });
        let before = serde_json::json!({ "site": [site("a.example", "main"), site("b.example", "main")] });
        let sites = [site("new.example", "p"), site("b.example", "article"), site("b.example", "p")];
        let after = serde_json::json!({ "site": sites });
        assert_eq!(
            lines(&changes(&before, &after)),
            [
                "site.a.example.drop: [] -> unset",
                "site.a.example.host: a.example -> unset",
                "site.a.example.take: [\"main\"] -> unset",
                "site.b.example.2.drop: unset -> []",
                "site.b.example.2.host: unset -> b.example",
                "site.b.example.2.take: unset -> [\"p\"]",
                "site.b.example.take: [\"main\"] -> [\"article\"]",
                "site.new.example.drop: unset -> []",
                "site.new.example.host: unset -> new.example",
                "site.new.example.take: unset -> [\"p\"]",
            ]
        );
    }

    #[test]
    fn the_documented_keys_are_those_that_need_a_restart() {
        let docs = include_str!("../../docs/operations.md");
        let table = docs.split("### Reloading").nth(1).unwrap().split("\n###").next().unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
        let keys = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
        let mut documented: Vec<&str> = keys.collect();
        documented.sort_unstable();
        assert_eq!(documented, AFTER_RESTART);
    }

    #[test]
    fn every_key_that_needs_a_restart_exists() {
        let known = known_keys();
        for key in AFTER_RESTART {
            let found = key.split('.').try_fold(&known, |at, part| at.get(part));
            assert!(found.is_some(), "{key}");
        }
    }
}
