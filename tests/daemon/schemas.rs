//! Checks that the schemas of published records may grow but never break their readers.
//!
//! `crates/record/published/` keeps every published version. The schemas derived from the code must be compatible with all
//! of them and equal to the last. After a compatible change, `BLESS=1 cargo test --test daemon schemas` saves the new version. An
//! incompatible change is refused even with BLESS: it needs a record with another name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use apache_avro::Schema;
use apache_avro::schema_compatibility::SchemaCompatibility;
use dateline::record::schema;
use serde_json::{Map, Value, json};

fn file(name: &str, version: usize, kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("crates/record/published/{name}.{version}.{kind}"))
}

/// Returns the saved versions of a schema, oldest first.
fn kept(name: &str, kind: &str) -> Vec<Value> {
    let read = |version| std::fs::read_to_string(file(name, version, kind)).ok();
    (1..).map_while(read).map(|text| serde_json::from_str(&text).unwrap()).collect()
}

/// Compares the schema with its saved versions, saves it with BLESS=1, and says what to do.
fn hold(name: &str, kind: &str, derived: &Value, breaks: impl Fn(&Value) -> Vec<String>) {
    let kept = kept(name, kind);
    for (version, old) in kept.iter().enumerate() {
        let faults = breaks(old);
        assert!(faults.is_empty(), "{name}.{}.{kind} is broken for its readers: {}", version + 1, faults.join("; "));
    }
    let last = kept.last();
    if last == Some(derived) {
        return;
    }
    let bless = std::env::var("BLESS").as_deref() == Ok("1");
    assert!(bless, "{name}.{kind} changed compatibly; keep the new version: BLESS=1 cargo test --test daemon schemas");
    // Changed wording alone is not a new version.
    let version = kept.len() + usize::from(last.map(bare) != Some(bare(derived)));
    std::fs::write(file(name, version, kind), format!("{derived:#}\n")).unwrap();
}

/// Returns the schema without its descriptions.
fn bare(schema: &Value) -> Value {
    match schema {
        Value::Object(all) => {
            let is_text =
                |key: &str, value: &Value| value.is_string() && ["description", "title", "doc"].contains(&key);
            all.iter()
                .filter(|(key, value)| !is_text(key, value))
                .map(|(key, value)| (key.clone(), bare(value)))
                .collect()
        }
        Value::Array(all) => all.iter().map(bare).collect(),
        other => other.clone(),
    }
}

#[test]
fn published_records_keep_to_their_schemas() {
    for name in schema::NAMES {
        let derived = schema::json(name).unwrap();
        hold(name, "json", &derived, |old| json_breaks(old, &derived));
        let derived = schema::avro(name).unwrap();
        hold(name, "avsc", &derived, |old| avro_breaks(old, &derived));
    }
}

/// Checks that the new schema reads what the old one wrote, by Avro's own rules.
fn avro_breaks(old: &Value, new: &Value) -> Vec<String> {
    let (old, new) = (Schema::parse(old).unwrap(), Schema::parse(new).unwrap());
    SchemaCompatibility::can_read(&old, &new).err().map(|error| error.to_string()).into_iter().collect()
}

/// Returns what in a new JSON Schema breaks readers of the old one, or cannot read its values.
fn json_breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut walk = Walk { old, new, faults: Vec::new(), open: BTreeSet::new() };
    walk.compare("", old, new);
    walk.faults
}

struct Walk<'a> {
    old: &'a Value,
    new: &'a Value,
    faults: Vec<String>,
    /// Named types being compared.
    open: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn compare(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let ((old_null, old, name), (new_null, new, _)) = (plain(self.old, old), plain(self.new, new));
        if name.as_ref().is_some_and(|name| !self.open.insert(name.clone())) {
            return;
        }
        let kind = |schema: &Value| (schema.get("type").cloned(), schema.get("format").cloned());
        if (old_null, kind(old)) != (new_null, kind(new)) {
            self.faults.push(format!("{place}: changed type"));
        }
        if let Some(gone) = words(old).difference(&words(new)).next() {
            self.faults.push(format!("{place}: removed word {gone}"));
        }
        let none = Map::new();
        let fields = |schema: &'a Value| schema.get("properties").and_then(Value::as_object);
        let (old_fields, new_fields) = (fields(old), fields(new));
        for (field, old_field) in old_fields.into_iter().flatten() {
            match new_fields.unwrap_or(&none).get(field) {
                None => self.faults.push(format!("{place}/{field}: removed field")),
                Some(_) if required(old, field) != required(new, field) => {
                    self.faults.push(format!("{place}/{field}: changed whether it is always there"));
                }
                Some(_) => {}
            }
            if let Some(new_field) = new_fields.and_then(|fields| fields.get(field)) {
                self.compare(&format!("{place}/{field}"), old_field, new_field);
            }
        }
        for field in new_fields.into_iter().flatten().map(|(field, _)| field) {
            if !old_fields.is_some_and(|fields| fields.contains_key(field)) && required(new, field) {
                self.faults.push(format!("{place}/{field}: new required field"));
            }
        }
        for inner in ["items", "additionalProperties"] {
            if let (Some(old), Some(new)) = (old.get(inner), new.get(inner)) {
                self.compare(&format!("{place}/{inner}"), old, new);
            }
        }
        if let Some(name) = name {
            self.open.remove(&name);
        }
    }
}

fn required(schema: &Value, field: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|name| name == field))
}

/// Returns whether a value may be null, its schema otherwise with references followed, and the name of the last reference.
fn plain<'a>(root: &'a Value, schema: &'a Value) -> (bool, &'a Value, Option<String>) {
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let other = choices.iter().find(|choice| choice["type"] != "null").unwrap();
        let (_, plain, name) = plain(root, other);
        return (true, plain, name);
    }
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => (false, &root["$defs"][reference.rsplit('/').next().unwrap()], Some(reference.to_owned())),
        None => (false, schema, None),
    }
}

/// Returns the words of an enumeration.
fn words(schema: &Value) -> BTreeSet<String> {
    let all = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let of_choices = all("oneOf").flat_map(|choice| {
        let many = choice.get("enum").and_then(Value::as_array).into_iter().flatten();
        many.chain(choice.get("const"))
    });
    all("enum").chain(of_choices).map(ToString::to_string).collect()
}

#[test]
fn incompatible_schema_changes_are_refused() {
    let old = schema::json("article").unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        json_breaks(&old, &new)
    };
    let remove = |new: &mut Value, path: &str, field: &str| {
        new.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(field)
    };
    assert!(json_breaks(&old, &old).is_empty());
    // Allowed changes: a new optional field, a new word, another description.
    let fine = with(&|new| {
        new["properties"]["mood"] = json!({ "type": ["string", "null"] });
        new["$defs"]["PubStatus"]["oneOf"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "type": "string", "const": "embargoed" }));
        new["properties"]["url"]["description"] = json!("otherwise");
    });
    assert_eq!(fine, Vec::<String>::new());
    for (change, fault) in [
        (&(|new: &mut Value| drop(remove(new, "/properties", "url"))) as &dyn Fn(&mut Value), "/url: removed field"),
        (&|new| drop(remove(new, "/$defs/Block/properties", "credit")), "/blocks/items/credit: removed field"),
        (&|new| new["properties"]["revision"]["type"] = json!("string"), "/revision: changed type"),
        (&|new| new["properties"]["url"]["type"] = json!("string"), "/url: changed type"),
        (&|new| new["properties"]["text"]["type"] = json!(["string", "null"]), "/text: changed type"),
        (
            &|new| new["properties"]["duplicate_of"] = json!({ "$ref": "#/$defs/Duplicate" }),
            "/duplicate_of: changed type",
        ),
        (
            &|new| drop(new["$defs"]["PubStatus"]["oneOf"].as_array_mut().unwrap().remove(0)),
            "/pubstatus: removed word \"usable\"",
        ),
        (
            &|new| {
                new["properties"]["mood"] = json!({ "type": "string" });
                new["required"].as_array_mut().unwrap().push(json!("mood"));
            },
            "/mood: new required field",
        ),
        (
            &|new| new["required"].as_array_mut().unwrap().retain(|field| field != "text"),
            "/text: changed whether it is always there",
        ),
    ] {
        assert_eq!(with(change), [fault]);
    }
    // Avro's own rules: a field without a default cannot be read from older values.
    let old = schema::avro("quote").unwrap();
    let mut new = old.clone();
    new["fields"].as_array_mut().unwrap().push(json!({ "name": "mood", "type": "string" }));
    assert_eq!(avro_breaks(&old, &new).len(), 1);
    new["fields"].as_array_mut().unwrap().last_mut().unwrap()["default"] = json!("");
    assert!(avro_breaks(&old, &new).is_empty());
}
