//! References in JSON-LD: `{"@id": "#photo"}` in one place, the node with that `@id` in another.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

/// The maximum number of values that are searched for nodes.
const MAX_VALUES: usize = 20_000;
/// The stored part of a node: texts and lists of texts. A node is followed only once, so cycles end.
const KEPT: &[&str] = &["@id", "@type", "type", "name", "url", "contentUrl", "caption"];

/// The nodes of a page's scripts by their `@id`.
#[derive(Debug, Default)]
pub(crate) struct References(HashMap<String, Value>);

impl References {
    /// Gathers the nodes, wherever they stand; of several with one `@id` the one that says most.
    pub(crate) fn gather(values: &[Value]) -> Self {
        let mut nodes: HashMap<String, Value> = HashMap::new();
        let mut queue: VecDeque<&Value> = values.iter().collect();
        let mut seen = 0;
        while let Some(value) = queue.pop_front()
            && seen < MAX_VALUES
        {
            seen += 1;
            match value {
                Value::Array(all) => queue.extend(all),
                Value::Object(object) => {
                    if let Some(id) = object.get("@id").and_then(Value::as_str)
                        && !is_reference(object)
                    {
                        let node = kept(object);
                        let says_more = |known: &Value| known.as_object().is_none_or(|known| known.len() < node.len());
                        if nodes.get(id).is_none_or(says_more) {
                            nodes.insert(id.to_owned(), Value::Object(node));
                        }
                    }
                    queue.extend(object.values().filter(|inner| inner.is_object() || inner.is_array()));
                }
                _ => {}
            }
        }
        Self(nodes)
    }

    /// Returns the node that a value refers to, by its `@id` or by the text alone; else the value itself.
    pub(crate) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        let id = match value {
            Value::String(id) => Some(id.as_str()),
            Value::Object(object) if is_reference(object) => object.get("@id").and_then(Value::as_str),
            _ => None,
        };
        id.and_then(|id| self.0.get(id)).unwrap_or(value)
    }
}

/// Returns whether an object says nothing but which node is meant.
fn is_reference(object: &Map<String, Value>) -> bool {
    object.keys().all(|key| matches!(key.as_str(), "@id" | "@type" | "type"))
}

fn kept(object: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(_) => Some(value.clone()),
        Value::Object(inner) => {
            ["@value", "name", "url", "@id"].iter().find_map(|key| inner.get(*key).filter(|v| v.is_string()).cloned())
        }
        _ => None,
    };
    let short = |value: &Value| match value {
        Value::Array(all) => Some(Value::Array(all.iter().filter_map(text).collect())),
        value => text(value),
    };
    KEPT.iter().filter_map(|key| Some(((*key).to_owned(), short(object.get(*key)?)?))).collect()
}
