//! Applies values to a tree of defaults and checks each separately, so every error is found and has its place.
//!
//! The tree of known keys is the defaults themselves as JSON, so there is no second list to maintain. Crates that merge
//! layers of settings (`figment`, `config`) report the key of an error, but not its line and column.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml_edit::{Item, TableLike};

use super::error::{ConfigErrors, Place, Source, read_text};

/// The maximum number of tables read of an array of tables: one more than any array may have.
const MAX_TABLES: usize = super::section::site::MAX_SITES + 1;
/// The largest secret file, in bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// A value that was set, and its place.
pub(super) struct Setting {
    /// The keys from the root.
    pub path: Vec<String>,
    pub value: Value,
    pub place: Place,
}

/// Returns the settings of a TOML table, in its order, without those under the key `except`.
pub(super) fn settings(
    table: &dyn TableLike,
    except: &str,
    source: &Source,
    errors: &mut ConfigErrors,
) -> Vec<Setting> {
    let mut found = Vec::new();
    walk(table, &mut Vec::new(), except, source, errors, &mut found);
    found
}

fn walk(
    table: &dyn TableLike,
    path: &mut Vec<String>,
    except: &str,
    source: &Source,
    errors: &mut ConfigErrors,
    found: &mut Vec<Setting>,
) {
    let is_root = path.is_empty();
    for (key, item) in table.iter().filter(|(key, _)| !is_root || *key != except) {
        let span = |item: &Item| item.span().unwrap_or_default();
        let key_span = table.key(key).and_then(toml_edit::Key::span).unwrap_or_else(|| span(item));
        let place = source.at(key_span.start);
        path.push(key.to_owned());
        match item.as_table_like() {
            Some(inner) if item.is_inline_table() && reference(inner).is_some() => match read_secret(inner, source) {
                Ok(secret) => found.push(Setting { path: path.clone(), value: Value::String(secret), place }),
                Err(error) => errors.add(place, error),
            },
            Some(inner) => {
                // An empty table still has a meaning: `[kafka]` alone selects Kafka.
                if inner.is_empty() {
                    found.push(Setting { path: path.clone(), value: Value::Object(Map::new()), place });
                }
                walk(inner, path, except, source, errors, found);
            }
            None => {
                if let Some(value) = item.as_value() {
                    found.push(Setting { path: path.clone(), value: json(value), place });
                }
                for (at, table) in item.as_array_of_tables().into_iter().flatten().enumerate() {
                    path.push(at.to_string());
                    if table.is_empty() {
                        let place = source.at(table.span().unwrap_or_default().start);
                        found.push(Setting { path: path.clone(), value: Value::Object(Map::new()), place });
                    }
                    walk(table, path, except, source, errors, found);
                    path.pop();
                }
            }
        }
        path.pop();
    }
}

/// Returns the kind and the name in a table that refers to a value elsewhere: `{ file = "/run/secrets/password" }` or
/// `{ env = "PASSWORD" }`.
fn reference(table: &dyn TableLike) -> Option<(&'static str, &str)> {
    let mut kinds = ["file", "env"].into_iter().filter(|_| table.len() == 1);
    kinds.find_map(|kind| Some((kind, table.get(kind)?.as_str()?)))
}

/// Reads a secret from a file or the environment. Relative paths are relative to the file that names them.
fn read_secret(table: &dyn TableLike, source: &Source) -> Result<String, String> {
    match reference(table).unwrap_or(("file", "")) {
        ("env", name) => match std::env::var(name) {
            Ok(value) => Ok(value),
            Err(std::env::VarError::NotPresent) => Err(format!("the environment variable `{name}` is not set")),
            Err(_) => Err(format!("the environment variable `{name}` is not valid UTF-8")),
        },
        (_, path) => {
            let file = source.path.parent().unwrap_or(std::path::Path::new("")).join(path);
            let text = read_text(&file, MAX_SECRET_BYTES);
            let text = text.map_err(|error| format!("cannot read the file `{path}`: {error}"))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

pub(super) fn json(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(flag) => Value::Bool(*flag.value()),
        toml_edit::Value::Datetime(time) => Value::String(time.value().to_string()),
        toml_edit::Value::Array(items) => items.iter().map(json).collect(),
        toml_edit::Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), json(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// Applies the settings to the defaults and returns the origin of each value. `known` holds every valid key (an empty
/// object accepts any key); a setting that does not fit is reported and left out.
pub(super) fn apply<T: DeserializeOwned>(
    base: Value,
    known: &Value,
    settings: Vec<Setting>,
    errors: &mut ConfigErrors,
) -> (Option<T>, BTreeMap<String, Place>) {
    let mut tree = base;
    let mut places = BTreeMap::new();
    for Setting { path, value, place } in settings {
        if let Err(message) = is_known(known, &path) {
            errors.add(place, message);
            continue;
        }
        let mut with = tree.clone();
        let written = value.clone();
        set(&mut with, &path, value);
        match serde_json::from_value::<T>(with.clone()) {
            Ok(_) => {
                tree = with;
                places.insert(path.join("."), place);
            }
            Err(error) => {
                let error = error.to_string();
                let error = if path.iter().any(|key| key == "requests") { without(&error, &written) } else { error };
                errors.add(place, format!("`{}`: {error}", path.join(".")));
            }
        }
    }
    (serde_json::from_value(tree).ok(), places)
}

/// Returns a message without the value that it is about, which may be a secret in the wrong place.
fn without(message: &str, value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => message.replace(text.as_str(), "\u{2026}"),
        Value::Number(number) => message.replace(&number.to_string(), "\u{2026}"),
        _ => message.to_owned(),
    }
}

/// Returns the value under a key; every table of an array of tables has the keys of the first.
pub(super) fn inner<'a>(at: &'a Value, key: &str) -> Option<&'a Value> {
    match at {
        Value::Array(tables) => tables.first().filter(|table| table.is_object() && index(key).is_some()),
        at => at.get(key),
    }
}

/// Returns the index in an array of tables.
fn index(key: &str) -> Option<usize> {
    key.parse().ok().filter(|at| *at < MAX_TABLES)
}

fn is_known(known: &Value, path: &[String]) -> Result<(), String> {
    let mut at = known;
    for (depth, key) in path.iter().enumerate() {
        if at.is_array()
            && let Some(table) = inner(at, key)
        {
            at = table;
            continue;
        }
        let Some(keys) = at.as_object() else { return Ok(()) }; // a wrong type, reported when it is applied
        if keys.is_empty() {
            return Ok(());
        }
        at = match keys.get(key) {
            Some(next) => next,
            None => return Err(unknown(key, &path[..depth], keys.keys().map(String::as_str), known)),
        };
    }
    Ok(())
}

fn unknown<'a>(key: &str, table: &[String], near: impl Iterator<Item = &'a str>, root: &Value) -> String {
    let place = match table {
        [] => String::new(),
        [array @ .., at] if !array.is_empty() && index(at).is_some() => format!(" in [[{}]]", array.join(".")),
        table => format!(" in [{}]", table.join(".")),
    };
    let names: Vec<&str> = near.collect();
    if let Some(close) = nearest(key, names.iter().copied()) {
        return format!("unknown key `{key}`{place}; did you mean `{close}`?");
    }
    // It may be the right name in the wrong table.
    let elsewhere = root.as_object().into_iter().flatten().find(|(name, value)| {
        value.as_object().is_some_and(|keys| keys.contains_key(key)) && table.first() != Some(name)
    });
    match elsewhere {
        Some((other, _)) => format!("unknown key `{key}`{place}; it belongs in [{other}]"),
        None => format!("unknown key `{key}`{place}; known keys are {}", list(&names)),
    }
}

/// Returns the name that was probably meant.
pub(super) fn nearest<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &&str| strsim::damerau_levenshtein(name, key);
    names.min_by_key(distance).filter(|name| distance(name) <= 1 + key.len() / 3)
}

fn list(names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the value under a key, created if missing; array keys must be indexes.
fn slot<'a>(at: &'a mut Value, key: &str) -> &'a mut Value {
    match (at, index(key)) {
        (Value::Array(tables), Some(place)) => {
            if tables.len() <= place {
                tables.resize(place + 1, Value::Object(Map::new()));
            }
            &mut tables[place]
        }
        (at, _) => &mut at[key],
    }
}

fn set(tree: &mut Value, path: &[String], value: Value) {
    let Some((last, above)) = path.split_last() else { return };
    let mut at = tree;
    for (key, next) in above.iter().zip(&path[1..]) {
        at = slot(at, key);
        if !(at.is_object() || at.is_array() && index(next).is_some()) {
            *at = Value::Object(Map::new());
        }
    }
    let at = slot(at, last);
    if value.as_object().is_some_and(Map::is_empty) && at.is_object() {
        return; // an empty table does not change an existing one
    }
    *at = value;
}
