//! The rows of the tables, and the JSON of the state topic that they stand for.

use serde_json::{Map, Value};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

/// Computes a row's checksum: 32 bits of XXH3 over its columns in order.
pub(super) struct Sum(Xxh3);

impl Sum {
    pub(super) fn new() -> Self {
        Self(Xxh3::new())
    }

    pub(super) fn number(mut self, number: Option<i64>) -> Self {
        self.0.update(&[u8::from(number.is_some())]);
        self.0.update(&number.unwrap_or_default().to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: Option<&[u8]>) -> Self {
        self = self.number(bytes.map(|bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
        self.0.update(bytes.unwrap_or_default());
        self
    }

    pub(super) fn end(self) -> i64 {
        i64::from(self.0.digest() as u32)
    }
}

/// Takes an unsigned number out of a JSON object; hashes use all 64 bits.
fn take(map: &mut Map<String, Value>, name: &str) -> Option<i64> {
    let value = map.get(name)?;
    let number = value.as_i64().or_else(|| value.as_u64().map(u64::cast_signed))?;
    map.remove(name);
    Some(number)
}

fn take_id(map: &mut Map<String, Value>, name: &str) -> Option<[u8; 16]> {
    let id: Uuid = map.get(name)?.as_str()?.parse().ok()?;
    map.remove(name);
    Some(id.into_bytes())
}

/// Returns the remaining fields as JSON; `None` if there are none.
fn rest(mut map: Map<String, Value>) -> Option<String> {
    map.retain(|_, value| !value.is_null());
    (!map.is_empty()).then(|| Value::Object(map).to_string())
}

fn unsigned(number: Option<i64>) -> Option<u64> {
    number.map(i64::cast_unsigned)
}

fn put(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    map.insert(name.to_owned(), value.into());
}

fn put_some(map: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        put(map, name, value);
    }
}

fn more(more: Option<&str>) -> Map<String, Value> {
    more.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The state of an entry. Hashes are unsigned numbers in the bits of a signed one, because SQLite has no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Hash of the form in which it was seen.
    pub form: i64,
    /// Hashes of guid, link, title and text.
    pub marks: [Option<i64>; 4],
    /// When it was published (seconds since 1970, UTC).
    pub published: Option<i64>,
    /// The id of the article made from it.
    pub article: Option<[u8; 16]>,
    /// When it was last written (seconds since 1970, UTC).
    pub seen: i64,
    /// The fields without a column: a JSON object.
    pub more: Option<String>,
}

/// The columns of [`EntryRow::marks`].
const MARKS: [&str; 4] = ["guid", "link", "title", "text"];

impl EntryRow {
    /// Returns `None` for JSON that is not the state of an entry.
    pub(super) fn from_json(json: &[u8]) -> Option<Self> {
        let mut map: Map<String, Value> = serde_json::from_slice(json).ok()?;
        Some(Self {
            form: take(&mut map, "form")?,
            seen: take(&mut map, "seen")?,
            marks: MARKS.map(|name| take(&mut map, name)),
            published: take(&mut map, "published"),
            article: take_id(&mut map, "article"),
            more: rest(map),
        })
    }

    pub(super) fn sum(&self, key: &[u8]) -> i64 {
        let sum = self.marks.iter().fold(Sum::new().bytes(Some(key)).number(Some(self.form)), |sum, n| sum.number(*n));
        let sum = sum.number(self.published).bytes(self.article.as_ref().map(|id| &id[..])).number(Some(self.seen));
        sum.bytes(self.more.as_deref().map(str::as_bytes)).end()
    }

    /// Returns the value as the state topic has it.
    pub fn json(&self) -> Value {
        let mut map = more(self.more.as_deref());
        put(&mut map, "form", self.form.cast_unsigned());
        for (name, mark) in MARKS.iter().zip(self.marks) {
            put_some(&mut map, name, unsigned(mark));
        }
        put_some(&mut map, "published", self.published);
        put(&mut map, "article", self.article.map(|id| Uuid::from_bytes(id).to_string()));
        put(&mut map, "seen", self.seen);
        Value::Object(map)
    }
}

/// The state of an article, without what is remembered of it while it is recent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleRow {
    /// Hash of its content.
    pub hash: i64,
    /// The last published revision.
    pub revision: i64,
    /// When it was first seen (milliseconds since 1970, UTC).
    pub first_seen: i64,
    /// How it was read.
    pub reading: Option<i64>,
    /// Hash of what was shown then.
    pub shown: Option<i64>,
    /// The fields without a column: a JSON object.
    pub more: Option<String>,
}

/// What an earlier version wrote of a recent article into the article's own value: the sketch and the last revision.
pub(super) type Inline = (Option<String>, Option<String>);

impl ArticleRow {
    /// Returns `None` for JSON that is not the state of an article.
    pub(super) fn from_json(json: &[u8]) -> Option<(Self, Inline)> {
        let mut map: Map<String, Value> = serde_json::from_slice(json).ok()?;
        let mut text = |name: &str| match map.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let inline = (text("sketch"), text("last"));
        let row = Self {
            hash: take(&mut map, "hash")?,
            revision: take(&mut map, "revision")?,
            first_seen: take(&mut map, "first_seen")?,
            reading: take(&mut map, "reading"),
            shown: take(&mut map, "shown"),
            more: rest(map),
        };
        Some((row, inline))
    }

    pub(super) fn sum(&self, id: &[u8]) -> i64 {
        let Self { hash, revision, first_seen, reading, shown, more } = self;
        let sum = Sum::new().bytes(Some(id)).number(Some(*hash)).number(Some(*revision)).number(Some(*first_seen));
        sum.number(*reading).number(*shown).bytes(more.as_deref().map(str::as_bytes)).end()
    }

    /// Returns the value as the state topic has it.
    pub fn json(&self) -> Value {
        let mut map = more(self.more.as_deref());
        put(&mut map, "hash", self.hash.cast_unsigned());
        put(&mut map, "revision", self.revision);
        put(&mut map, "first_seen", self.first_seen);
        put_some(&mut map, "reading", self.reading);
        put_some(&mut map, "shown", unsigned(self.shown));
        Value::Object(map)
    }
}

/// Returns the checksum of a row of `recent`.
pub(super) fn recent_sum(id: &[u8], first_seen: i64, sketch: Option<&[u8]>, last: Option<&[u8]>) -> i64 {
    Sum::new().bytes(Some(id)).number(Some(first_seen)).bytes(sketch).bytes(last).end()
}

/// Returns the checksum of a row that is a name and a value.
pub(super) fn value_sum(name: &[u8], value: &[u8]) -> i64 {
    Sum::new().bytes(Some(name)).bytes(Some(value)).end()
}

/// Returns the site in the fields of an article that have no column.
pub(super) fn site(more: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct More {
        site: Option<String>,
    }
    // Most have none, and need not be parsed.
    let more: More = more.contains("\"site\"").then(|| serde_json::from_str(more).ok())??;
    more.site
}
