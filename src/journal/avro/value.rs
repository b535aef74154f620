//! Values in Confluent's framing: a zero byte, the schema's id in four bytes (big-endian), Avro's binary form.

use apache_avro::types::Value as Avro;
use apache_avro::{Schema, from_avro_datum, to_avro_datum};
use serde_json::Value;

use crate::record::{Topic, schema};

/// Why a value cannot be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub(super) enum ValueError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Avro(Box<apache_avro::Error>),
}

impl From<apache_avro::Error> for ValueError {
    fn from(error: apache_avro::Error) -> Self {
        Self::Avro(Box::new(error))
    }
}

/// The first byte.
const MAGIC: u8 = 0;
/// The length of the framing before the Avro form.
const HEAD: usize = 5;

/// Returns the schema of a topic's records, as text and parsed; `None` for the daemon's own topics.
pub(super) fn schema_of(topic: Topic) -> Option<(String, Schema)> {
    let text = schema::avro(topic.schema()?)?.to_string();
    let schema = Schema::parse_str(&text).expect("the schemas of this version are tested");
    Some((text, schema))
}

/// Encodes a JSON value by its schema.
pub(super) fn encode(json: &[u8], schema: &Schema, id: u32) -> Result<Vec<u8>, ValueError> {
    let value: Value = serde_json::from_slice(json)?;
    let datum = to_avro_datum(schema, Avro::from(value).resolve(schema)?)?;
    let mut framed = Vec::with_capacity(HEAD + datum.len());
    framed.push(MAGIC);
    framed.extend_from_slice(&id.to_be_bytes());
    framed.extend_from_slice(&datum);
    Ok(framed)
}

/// Returns the schema id and the Avro form; `None` if the value is not framed.
pub(super) fn split(value: &[u8]) -> Option<(u32, &[u8])> {
    let (head, datum) = value.split_first_chunk::<HEAD>()?;
    let [MAGIC, id @ ..] = *head else { return None };
    Some((u32::from_be_bytes(id), datum))
}

/// Decodes the Avro form to JSON.
pub(super) fn decode(mut datum: &[u8], schema: &Schema) -> Result<Vec<u8>, ValueError> {
    let value = Value::try_from(from_avro_datum(schema, &mut datum, None)?)?;
    Ok(serde_json::to_vec(&value)?)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

    /// Encodes and decodes; omitted fields come back as null, everything else unchanged.
    fn assert_round_trip<T>(topic: Topic, value: &Value)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let record: T = serde_json::from_value(value.clone()).unwrap();
        let json = serde_json::to_vec(&record).unwrap();
        let (_, schema) = schema_of(topic).unwrap();
        let framed = encode(&json, &schema, 0x0102_0304).unwrap();
        let (id, datum) = split(&framed).unwrap();
        assert_eq!((id, &framed[..5]), (0x0102_0304, &[0, 1, 2, 3, 4][..]));
        let read: T = serde_json::from_slice(&decode(datum, &schema).unwrap()).unwrap();
        assert_eq!(read, record);
    }

    fn article() -> Value {
        json!({
            "id": "45ee53e9-ab45-503f-9cc9-8fd6482ea85e", "revision": 4_000_000_000_u32, "pubstatus": "usable",
            "feed": { "id": "f", "url": "http://x/", "title": null, "leads_to": "example.org" }, "publisher": "Ünïcode ✓",
            "guid": null, "url": "http://x/", "link": null, "headline": "H", "summary": "", "byline": null, "agency": "AP",
            "authors": [{ "name": "A" }, { "name": "B" }], "section": null, "keywords": ["a", "b"], "language": "en",
            "dateline": { "place": "MOSCOW", "agency": null }, "published": "2025-06-03T07:30:00Z", "modified": null,
            "first_seen": "2026-11-24T17:09:34.389Z", "genre": "live_blog", "content_source": "page", "truncated": true,
            "text": "One.\n\nTwo.", "blocks": [{ "kind": "list_item", "start": 0, "end": 4 },
                { "kind": "caption", "start": 6, "end": 10, "credit": "Reuters" }],
            "media": [{ "url": "http://x/i.jpg", "type": "image/jpeg", "caption": null, "credit": null }],
            "word_count": 2, "fingerprint": "40da565202399ce8",
            "duplicate_of": { "id": "45ee53e9-ab45-503f-9cc9-8fd6482ea85f", "similarity": 1.0 },
            "changes": { "grade": "correction", "what": ["text", "correction"], "notice": null },
            "sources": { "headline": "json_ld", "url": "heuristics" },
        })
    }

    #[test]
    fn every_record_is_decoded_as_it_was_encoded() {
        assert_round_trip::<Article>(Topic::Articles, &article());
        let bare = json!({
            "id": "45ee53e9-ab45-503f-9cc9-8fd6482ea85e", "revision": 1, "pubstatus": "canceled", "feed": null,
            "publisher": null, "guid": null, "url": null, "link": null, "headline": null, "summary": null, "byline": null,
            "section": null, "language": null, "dateline": null, "published": null, "modified": null, "first_seen": null,
            "content_source": "feed", "text": "", "word_count": 0, "fingerprint": null, "duplicate_of": null,
        });
        assert_round_trip::<Article>(Topic::Articles, &bare);
        let entities = json!({ "article_id": "45ee53e9-ab45-503f-9cc9-8fd6482ea85e", "revision": 1, "entities": [
            { "id": "e1", "name": "A", "type": "person", "role": "mayor", "salience": 0.718, "wikidata": "Q1",
              "mentions": [{ "start": 0, "end": 1, "text": "A", "kind": "name" }, { "start": 5, "end": 7, "text": "he", "kind": "pronoun" }] },
            { "id": "e2", "name": "B", "type": "other", "salience": 1.0, "wikidata": null, "mentions": [] }] });
        assert_round_trip::<EntitySet>(Topic::Entities, &entities);
        let quote = json!({ "id": "q", "article_id": "45ee53e9-ab45-503f-9cc9-8fd6482ea85e", "revision": 1, "type": "mixed",
            "segments": [{ "start": 1, "end": 2 }], "text": "x", "quoted": [], "speaker": { "name": null, "entity_id": "e1",
            "start": 3, "end": null, "text": null, "role": null, "confidence": 0.0 },
            "cue": { "start": 1, "end": 2, "text": "said", "lemma": "say" }, "block": 1, "confidence": 0.77 });
        assert_round_trip::<Quotation>(Topic::Quotes, &quote);
        let unsaid = json!({ "id": "q", "type": "direct", "segments": [], "text": "", "quoted": [], "speaker": null,
            "cue": null, "block": 0, "confidence": 1.0 });
        assert_round_trip::<Quotation>(Topic::Quotes, &unsaid);
        let dead = json!({ "feed_id": "f", "stage": "commit", "error": "e", "url": null, "guid": "g", "raw": "\u{0}",
            "truncated": false, "time": "2026-11-24T17:09:34.181815350Z" });
        assert_round_trip::<DeadLetter>(Topic::DeadLetters, &dead);
        let event = json!({ "feed_id": "f", "url": "u", "event": "recovered", "time": "2026-11-24T17:09:34Z",
            "reason": null, "status": 200 });
        assert_round_trip::<FeedEvent>(Topic::FeedEvents, &event);
    }

    #[test]
    fn values_that_do_not_match_the_schema_are_refused() {
        let (_, schema) = schema_of(Topic::Quotes).unwrap();
        for wrong in ["", "[]", "{}", "{\"id\":1}"] {
            assert!(encode(wrong.as_bytes(), &schema, 1).is_err(), "{wrong}");
        }
        let mut text = article();
        text["content_source"] = json!("rumour");
        assert!(encode(text.to_string().as_bytes(), &schema_of(Topic::Articles).unwrap().1, 1).is_err());
        assert!(schema_of(Topic::FeedState).is_none());
    }

    #[test]
    fn hostile_values_are_errors() {
        let (_, schema) = schema_of(Topic::Articles).unwrap();
        assert_eq!(split(b"{\"a\":1}"), None);
        assert_eq!(split(&[0, 0, 0]), None);
        let good = encode(article().to_string().as_bytes(), &schema, 1).unwrap();
        for cut in (5..good.len() - 1).step_by(7) {
            assert!(decode(&good[5..cut], &schema).is_err(), "cut at {cut}");
        }
        // Lengths beyond the end of the data.
        assert!(decode(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], &schema).is_err());
        assert!(decode(&[0xff; 64], &schema).is_err());
    }

    #[test]
    fn encoding_is_fast_compared_with_extraction() {
        let mut value = article();
        value["text"] = json!("The council met and decided nothing. ".repeat(120));
        value["blocks"] = (0..60).map(|i| json!({ "kind": "paragraph", "start": i, "end": i + 1 })).collect();
        let (json, (_, schema)) = (value.to_string(), schema_of(Topic::Articles).unwrap());
        let begun = Instant::now();
        for _ in 0..200 {
            encode(json.as_bytes(), &schema, 1).unwrap();
        }
        let each = begun.elapsed() / 200;
        assert!(each.as_millis() < 20, "{each:?} an article of {} bytes", json.len());
    }
}
