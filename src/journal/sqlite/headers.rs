//! Headers in a compact form: what the key, the time and the kind of the record tell is left out.

use chrono::{DateTime, SecondsFormat};

use super::split::{put, take};
use crate::record::{CONTENT_TYPE_JSON, Header};

/// The form of headers that are not those of a known kind: the JSON of the list.
const OTHER: u8 = 0;

/// The kinds of records: schema and `ce_type`. A kind is stored as its place, counted from 1: new ones come last, and none is
/// ever removed.
const KINDS: [(&str, &str); 18] = [
    ("article/1", "dateline.article.created"),
    ("article/1", "dateline.article.updated"),
    ("article/1", "dateline.article.corrected"),
    ("article/1", "dateline.article.canceled"),
    ("entities/1", "dateline.entities"),
    ("quote/1", "dateline.quote"),
    ("dead-letter/1", "dateline.dead-letter"),
    ("feed-event/1", "dateline.feed.added"),
    ("feed-event/1", "dateline.feed.removed"),
    ("feed-event/1", "dateline.feed.moved"),
    ("feed-event/1", "dateline.feed.gone"),
    ("feed-event/1", "dateline.feed.failing"),
    ("feed-event/1", "dateline.feed.blocked"),
    ("feed-event/1", "dateline.feed.recovered"),
    ("feed-event/1", "dateline.feed.throttled"),
    ("feed-event/1", "dateline.feed.gap"),
    ("feed-event/1", "dateline.feed.stale"),
    ("feed-event/1", "dateline.feed.degraded"),
];
/// In the id of an event: the key up to its first slash, and what follows that slash. No id has these characters.
const KEY_HEAD: char = '\u{1}';
const KEY_TAIL: char = '\u{2}';

/// Returns the stored form of the headers of a record with this key and time (milliseconds since 1970).
pub(super) fn encode(headers: &[Header], key: &str, time: i64) -> Vec<u8> {
    // Only what is read back exactly is stored in the compact form.
    if let Some(compact) = compact(headers, key, time)
        && decode(&compact, key, time).is_some_and(|read| read == headers)
    {
        return compact;
    }
    let mut other = vec![OTHER];
    other.extend(serde_json::to_vec(headers).expect("strings are always JSON"));
    other
}

/// Reads the stored form; `None` if it is damaged.
pub(super) fn decode(stored: &[u8], key: &str, time: i64) -> Option<Vec<Header>> {
    let (&kind, mut stored) = stored.split_first()?;
    if kind == OTHER {
        return serde_json::from_slice(stored).ok();
    }
    let (schema, kind) = KINDS.get(usize::from(kind) - 1)?;
    let (head, tail) = key.split_once('/').unwrap_or((key, ""));
    let id = text(&mut stored)?.replace(KEY_HEAD, head).replace(KEY_TAIL, tail);
    let source = text(&mut stored)?.replace(KEY_HEAD, head);
    let late = i64::try_from(take(&mut stored)?).ok()?;
    let made = DateTime::from_timestamp_millis(time.checked_sub(late)?)?.to_rfc3339_opts(SecondsFormat::Millis, true);
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        own(("content-type", CONTENT_TYPE_JSON)),
        own(("schema", schema)),
        own(("ce_specversion", "1.0")),
        ("ce_id".to_owned(), id),
        own(("ce_type", kind)),
        ("ce_source".to_owned(), source),
        ("ce_time".to_owned(), made),
    ];
    if !stored.is_empty() {
        let [trace @ .., flags] = <&[u8; 25]>::try_from(stored).ok()?;
        let (trace, span) = trace.split_at(16);
        let parent = format!("00-{}-{}-{flags:02x}", hex::encode(trace), hex::encode(span));
        headers.push(("traceparent".to_owned(), parent));
    }
    Some(headers)
}

/// Returns the compact form, unless the headers are not those of a known kind.
fn compact(headers: &[Header], key: &str, time: i64) -> Option<Vec<u8>> {
    let value = |at: usize| headers.get(at).map(|(_, value)| value.as_str());
    let (schema, kind) = (value(1)?, value(4)?);
    let kind = KINDS.iter().position(|known| *known == (schema, kind))?;
    let mut stored = vec![u8::try_from(kind + 1).ok()?];
    let (head, tail) = key.split_once('/').unwrap_or((key, ""));
    let mut id = value(3)?.to_owned();
    if let Some(end) = id.strip_prefix(head) {
        id = format!("{KEY_HEAD}{end}");
        if let Some(start) = id.strip_suffix(tail).filter(|_| !tail.is_empty()) {
            id = format!("{start}{KEY_TAIL}");
        }
    }
    put_text(&mut stored, &id);
    let source = value(5)?;
    put_text(&mut stored, if source == head { "\u{1}" } else { source });
    let made = DateTime::parse_from_rfc3339(value(6)?).ok()?.timestamp_millis();
    put(&mut stored, usize::try_from(time.checked_sub(made)?).ok()?);
    if let Some(parent) = value(7) {
        let mut parts = parent.splitn(4, '-');
        let ("00", trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?) else {
            return None;
        };
        for (part, length) in [(trace, 16), (span, 8), (flags, 1)] {
            stored.extend(hex::decode(part).ok().filter(|part| part.len() == length)?);
        }
    }
    Some(stored)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = take(bytes)?;
    let (text, others) = bytes.split_at_checked(length)?;
    *bytes = others;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::cloud_event;

    const KEY: &str = "77980eae-c343-5b01-9823-eb6ac1da021f/0123456789abcdef";
    const TIME: i64 = 1_764_000_000_123;

    #[test]
    fn headers_of_records_take_few_bytes_and_are_read_back() {
        let article = KEY.split('/').next().unwrap();
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let at = |late: i64| DateTime::from_timestamp_millis(TIME - late).unwrap();
        for (key, schema, id, kind, source, late, trace, most) in [
            (article, "article/1", format!("{article}/12"), "dateline.article.updated", "feed", 90, Some(parent), 38),
            (
                article,
                "entities/1",
                format!("{article}/1/entities"),
                "dateline.entities",
                "feed",
                200,
                Some(parent),
                46,
            ),
            (KEY, "quote/1", format!("{article}/1/0123456789abcdef"), "dateline.quote", "feed", 0, Some(parent), 39),
            (KEY, "quote/1", format!("{article}/1/0123456789abcdef/2"), "dateline.quote", "feed", 0, None, 32),
            ("feed", "feed-event/1", "any".to_owned(), "dateline.feed.added", "feed", 0, None, 9),
            // What has no compact form: another kind, a record from the future, an odd trace, odd characters.
            (KEY, "quote/2", "x".to_owned(), "dateline.quote", "feed", 0, None, 400),
            (KEY, "quote/1", "x".to_owned(), "dateline.quote", "feed", -5, None, 400),
            (KEY, "quote/1", "x".to_owned(), "dateline.quote", "feed", 0, Some("00-A-b-c"), 400),
            (KEY, "quote/1", "\u{1}\u{2}".to_owned(), "dateline.quote", "\u{1}", 0, None, 400),
        ] {
            let headers = cloud_event(schema, &id, kind, source, at(late), trace);
            let stored = encode(&headers, key, TIME);
            assert_eq!(decode(&stored, key, TIME).as_ref(), Some(&headers), "{headers:?}");
            assert!(stored.len() <= most, "{} bytes: {headers:?}", stored.len());
        }
        for headers in [vec![], vec![("a".to_owned(), "b".to_owned())]] {
            assert_eq!(decode(&encode(&headers, KEY, TIME), KEY, TIME), Some(headers));
        }
    }

    #[test]
    fn damaged_headers_are_refused_without_a_panic() {
        let headers = cloud_event("quote/1", "x", "dateline.quote", "f", DateTime::default(), None);
        let stored = encode(&headers, KEY, TIME);
        for at in 0..stored.len() {
            decode(&stored[..at], KEY, TIME);
            let mut damaged = stored.clone();
            damaged[at] ^= 0xff;
            decode(&damaged, KEY, TIME);
        }
        assert_eq!(decode(&[200, 1, 2], KEY, TIME), None);
    }
}
