//! Splits a value in two: the members that people query stay JSON, and the rest is compressed.
//!
//! The rest is a list of places and the bytes that stood there, so that both parts together give the value back byte for byte.

use std::ops::Range;

use crate::record::Topic;

/// Nested arrays and objects in a value; a value with more is not split.
const MAX_DEPTH: usize = 16;

/// Returns whether a member goes into the rest. `depth` counts the objects around the object that has it. Members without a
/// content go there too: a query reads them as NULL in any case.
fn is_rest(topic: Topic, depth: usize, name: &[u8], value: &[u8]) -> bool {
    let names: &[&str] = match (topic, depth) {
        // The ids are in the key.
        (Topic::Articles, 0) => &[
            "id",
            "guid",
            "link",
            "summary",
            "authors",
            "first_seen",
            "content_source",
            "truncated",
            "text",
            "blocks",
            "media",
            "fingerprint",
            "changes",
            "sources",
        ],
        // Of the feed.
        (Topic::Articles, 1) => &["url", "title", "credit"],
        (Topic::Entities, 0) => &["article_id", "extractor"],
        (Topic::Entities, 1) => &["mentions"],
        (Topic::Quotes, 0) => &["id", "article_id", "segments", "quoted", "cue", "block", "extractor"],
        // Of the speaker.
        (Topic::Quotes, 1) => &["entity_id", "start", "end", "text", "confidence"],
        (Topic::DeadLetters, 0) => &["raw"],
        _ => &[],
    };
    value == b"null" || value == b"[]" || names.iter().any(|known| known.as_bytes() == name)
}

/// Returns the part that stays, and the rest. `None` if the value stays whole: nothing in it goes into the rest, or it
/// is not an object without white space.
pub(super) fn split(topic: Topic, value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if matches!(topic, Topic::FeedEvents | Topic::FeedState) {
        return None;
    }
    let mut scan = Scan { topic, value, at: 0, cuts: Vec::new() };
    scan.object(0, 0)?;
    if scan.at != value.len() || scan.cuts.is_empty() {
        return None;
    }
    let cuts = scan.cuts;
    let cut: usize = cuts.iter().map(Range::len).sum();
    let (mut kept, mut rest) = (Vec::with_capacity(value.len() - cut), Vec::with_capacity(cut + 4 * cuts.len() + 4));
    put(&mut rest, cuts.len());
    let mut end = 0;
    for cut in &cuts {
        put(&mut rest, cut.start - end);
        put(&mut rest, cut.len());
        kept.extend_from_slice(&value[end..cut.start]);
        end = cut.end;
    }
    kept.extend_from_slice(&value[end..]);
    for cut in cuts {
        rest.extend_from_slice(&value[cut]);
    }
    Some((kept, rest))
}

/// Puts a value together again; `None` if the parts do not fit, or give more than `most` bytes.
pub(super) fn join(kept: &[u8], rest: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut rest = rest;
    let cuts = take(&mut rest)?;
    if cuts > rest.len() {
        return None;
    }
    let mut places = Vec::with_capacity(cuts);
    for _ in 0..cuts {
        places.push((take(&mut rest)?, take(&mut rest)?));
    }
    let length = kept.len().checked_add(rest.len()).filter(|length| *length <= most)?;
    let (mut value, mut kept) = (Vec::with_capacity(length), kept);
    for (gap, cut) in places {
        value.extend_from_slice(kept.get(..gap)?);
        value.extend_from_slice(rest.get(..cut)?);
        (kept, rest) = (&kept[gap..], &rest[cut..]);
    }
    value.extend_from_slice(kept);
    rest.is_empty().then_some(value)
}

/// Appends a number, seven bits a byte.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number from the front.
pub(super) fn take(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in 0..4 {
        let (first, others) = bytes.split_first()?;
        *bytes = others;
        number |= usize::from(first & 0x7f) << (7 * shift);
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Walks over a value and notes what is cut. Each method leaves `at` after what it read.
struct Scan<'a> {
    topic: Topic,
    value: &'a [u8],
    at: usize,
    cuts: Vec<Range<usize>>,
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then(|| self.at += 1)
    }

    fn any(&mut self, depth: usize, nested: usize) -> Option<()> {
        match self.byte()? {
            _ if nested > MAX_DEPTH => None,
            b'{' => self.object(depth, nested),
            b'[' => self.array(depth, nested),
            b'"' => self.string().map(drop),
            _ => {
                let end = self.value[self.at..].iter().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
                self.at += end;
                (end > 0).then_some(())
            }
        }
    }

    fn object(&mut self, depth: usize, nested: usize) -> Option<()> {
        self.skip(b'{')?;
        if self.byte()? == b'}' {
            self.at += 1;
            return Some(());
        }
        let mut is_one_kept = false;
        loop {
            let (start, within) = (self.at, self.cuts.len());
            let name = self.string()?;
            self.skip(b':')?;
            let from = self.at;
            self.any(depth + 1, nested + 1)?;
            let (end, next) = (self.at, self.byte()?);
            if is_rest(self.topic, depth, &self.value[name], &self.value[from..end]) {
                self.cuts.truncate(within);
                // With one of the commas beside it.
                let cut = match next {
                    _ if is_one_kept => start - 1..end,
                    b',' => start..end + 1,
                    _ => start..end,
                };
                match self.cuts.last_mut().filter(|last| last.end == cut.start) {
                    Some(last) => last.end = cut.end,
                    None => self.cuts.push(cut),
                }
            } else {
                is_one_kept = true;
            }
            self.at += 1;
            match next {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize, nested: usize) -> Option<()> {
        self.skip(b'[')?;
        if self.byte()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.any(depth, nested + 1)?;
            let next = self.byte()?;
            self.at += 1;
            match next {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Returns the place of the string between its quotation marks.
    fn string(&mut self) -> Option<Range<usize>> {
        self.skip(b'"')?;
        let start = self.at;
        loop {
            match self.byte()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sqlite::MAX_VALUE_BYTES;

    fn parts(topic: Topic, value: &str) -> Option<String> {
        let (kept, rest) = split(topic, value.as_bytes())?;
        assert_eq!(join(&kept, &rest, MAX_VALUE_BYTES).unwrap(), value.as_bytes(), "{value}");
        let kept = String::from_utf8(kept).unwrap();
        serde_json::from_str::<serde_json::Value>(&kept).unwrap_or_else(|error| panic!("{kept}: {error}"));
        Some(kept)
    }

    #[test]
    fn what_people_query_stays_and_both_parts_give_the_value_back() {
        for (topic, value, kept) in [
            (
                Topic::Articles,
                r#"{"id":"a","feed":{"id":"f","url":"u","title":"T"},"guid":"g","url":"u","link":null,"text":"x \" } é","blocks":[{"kind":"paragraph"}],"word_count":3,"changes":null}"#,
                r#"{"feed":{"id":"f"},"url":"u","word_count":3}"#,
            ),
            (
                Topic::Entities,
                r#"{"article_id":"a","entities":[{"id":"e","mentions":[{"start":1}]},{"mentions":[],"name":"N"}]}"#,
                r#"{"entities":[{"id":"e"},{"name":"N"}]}"#,
            ),
            (
                Topic::Quotes,
                r#"{"segments":[],"quoted":[],"text":"t","speaker":{"start":1,"name":"N","text":"he"},"block":1}"#,
                r#"{"text":"t","speaker":{"name":"N"}}"#,
            ),
            (Topic::Quotes, r#"{"segments":[1],"cue":{"start":1},"block":2}"#, "{}"),
        ] {
            assert_eq!(parts(topic, value).as_deref(), Some(kept));
        }
    }

    #[test]
    fn what_cannot_be_split_stays_whole() {
        let deep = format!("{{\"a\":{}1{},\"text\":\"x\"}}", "[".repeat(100), "]".repeat(100));
        for value in
            ["", "{}", "[]", "1", "null", r#"{"url":1}"#, r#"{ "text": "x" }"#, r#"{"text":"x""#, "{\"text", &deep]
        {
            assert_eq!(parts(Topic::Articles, value), None, "{value}");
        }
        assert_eq!(parts(Topic::FeedEvents, r#"{"text":"x"}"#), None);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let (kept, rest) = split(Topic::Articles, br#"{"id":"a","text":"some words","url":"u"}"#).unwrap();
        assert_eq!(join(&kept, &rest, kept.len() + 5), None, "too long");
        for cut in 0..rest.len() {
            assert_eq!(join(&kept, &rest[..cut], MAX_VALUE_BYTES), None);
        }
        assert_eq!(join(&[], &rest, MAX_VALUE_BYTES), None);
        assert_eq!(join(&kept, &[0xff; 20], MAX_VALUE_BYTES), None);
        assert_eq!(join(&kept, &[0x7f; 20], MAX_VALUE_BYTES), None);
    }

    #[test]
    fn numbers_are_read_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, MAX_VALUE_BYTES] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(take(&mut bytes.as_slice()), Some(number));
        }
    }
}
