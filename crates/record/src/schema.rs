//! The schemas of the records: JSON Schema (2020-12), derived from the types, and Avro, converted from it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

/// The names of the schemas.
pub const NAMES: [&str; 5] = ["article", "entities", "quote", "dead-letter", "feed-event"];

/// Returns the JSON Schema of a record; `None` for an unknown name.
pub fn json(name: &str) -> Option<Value> {
    let schema = match name {
        "article" | "articles" => schemars::schema_for!(Article),
        "entities" => schemars::schema_for!(EntitySet),
        "quote" | "quotes" => schemars::schema_for!(Quotation),
        "dead-letter" | "dead-letters" => schemars::schema_for!(DeadLetter),
        "feed-event" | "feed-events" => schemars::schema_for!(FeedEvent),
        _ => return None,
    };
    Some(schema.to_value())
}

/// Returns the Avro schema (1.11) of a record; `None` for an unknown name. Fields have the same names and meanings as in JSON; times and
/// ids are strings in both. The default of a nullable field is `null`.
pub fn avro(name: &str) -> Option<Value> {
    let schema = json(name)?;
    let empty = Map::new();
    let defs = schema.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let title = schema.get("title").and_then(Value::as_str).unwrap_or(name);
    let mut avro = Avro { defs, named: HashSet::new() }.convert(&schema, title);
    avro["namespace"] = json!("dateline");
    Some(avro)
}

struct Avro<'a> {
    defs: &'a Map<String, Value>,
    /// The types already defined; later uses refer to them by name.
    named: HashSet<String>,
}

impl Avro<'_> {
    fn convert(&mut self, schema: &Value, name: &str) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or(reference);
            let target = self.defs.get(name).cloned().unwrap_or_default();
            return if self.named.contains(name) { json!(name) } else { self.convert(&target, name) };
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let null = json!({ "type": "null" });
            let other = choices.iter().find(|choice| **choice != null).cloned().unwrap_or_default();
            return json!(["null", self.convert(&other, name)]);
        }
        if let Some(symbols) = symbols(schema) {
            self.named.insert(name.to_owned());
            return json!({ "type": "enum", "name": name, "symbols": symbols });
        }
        match schema.get("type") {
            Some(Value::Array(types)) => {
                let mut other = schema.clone();
                other["type"] = types.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
                json!(["null", self.convert(&other, name)])
            }
            Some(Value::String(kind)) => match kind.as_str() {
                "object" => match schema.get("additionalProperties").filter(|_| schema.get("properties").is_none()) {
                    Some(values) => {
                        let value_name = values.get("$ref").and_then(Value::as_str).unwrap_or(name).to_owned();
                        json!({ "type": "map", "values": self.convert(values, &value_name) })
                    }
                    None => self.record(schema, name),
                },
                "array" => json!({ "type": "array", "items": self.convert(&schema["items"], name) }),
                "integer" => json!("long"),
                "number" => json!("double"),
                "boolean" => json!("boolean"),
                _ => json!("string"),
            },
            _ => json!("string"),
        }
    }

    fn record(&mut self, schema: &Value, name: &str) -> Value {
        self.named.insert(name.to_owned());
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let fields: Vec<Value> = properties
            .iter()
            .map(|(field, property)| {
                let kind = self.convert(property, field);
                // Nullable fields are null by default; other defaults allow reading values that an older version wrote.
                let default = if kind.is_array() { Some(&Value::Null) } else { property.get("default") };
                let mut made = json!({ "name": field, "type": kind });
                if let Some(default) = default {
                    made["default"] = default.clone();
                }
                if let Some(doc) = property.get("description") {
                    made["doc"] = doc.clone();
                }
                made
            })
            .collect();
        json!({ "type": "record", "name": name, "fields": fields })
    }
}

/// Returns the values of an enumeration, in either of the two forms in JSON Schema.
fn symbols(schema: &Value) -> Option<Vec<Value>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.clone());
    }
    let choices = schema.get("oneOf")?.as_array()?;
    choices.iter().try_fold(Vec::new(), |mut all, choice| {
        match choice.get("enum").and_then(Value::as_array) {
            Some(values) => all.extend(values.clone()),
            None => all.push(choice.get("const")?.clone()),
        }
        Some(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_both_schemas() {
        for name in NAMES {
            assert!(json(name).unwrap()["properties"].is_object(), "{name}");
            let avro = avro(name).unwrap();
            assert_eq!(avro["type"], "record", "{name}");
        }
        assert!(json("nonsense").is_none() && avro("nonsense").is_none());
    }

    #[test]
    fn avro_types_match_the_json_types() {
        let avro = avro("article").unwrap();
        let field = |name: &str| avro["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone();
        assert_eq!(field("pubstatus")["type"]["symbols"], json!(["usable", "canceled"]));
        assert_eq!(field("url")["type"], json!(["null", "string"]));
        assert_eq!(field("url")["default"], Value::Null);
        assert_eq!(field("revision")["type"], "long");
        assert_eq!((&field("keywords")["default"], &field("truncated")["default"]), (&json!([]), &json!(false)));
        assert_eq!(field("text").get("default"), None);
        assert_eq!(field("blocks")["type"]["items"]["name"], "Block");
        assert_eq!(field("duplicate_of")["type"][1]["name"], "Duplicate");
        assert_eq!(field("sources")["type"]["values"]["symbols"][0], "json_ld");
        assert_eq!(field("feed")["type"][1]["fields"][0]["name"], "id");
    }
}
