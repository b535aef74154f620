//! Ids that depend on nothing but the input, so that the same input gives the same id everywhere.

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::QuotationType;

/// The article's id: UUIDv5 (RFC 9562, URL namespace) of the canonical URL.
pub fn article_id(canonical_url: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, canonical_url.as_bytes())
}

/// The id of a story that has no URL: UUIDv5 of feed id, a line feed and guid (or whatever stands in for it).
pub fn content_id(feed_id: &str, guid: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{feed_id}\n{guid}").as_bytes())
}

/// A quotation's id: 16 hex digits from its type and words. `nth` counts the earlier quotations of the same type and
/// words in the article (0 for the first), so that the id stays when text moves around it.
pub fn quotation_id(kind: QuotationType, text: &str, nth: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = xxh3_128(format!("{kind:?}\n{nth}\n{words}").as_bytes());
    format!("{:016x}", (hash >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fixed_for_ever() {
        assert_eq!(article_id("https://example.org/a").to_string(), "77980eae-c343-5b01-9823-eb6ac1da021f");
        assert_eq!(
            quotation_id(QuotationType::Direct, "We  must act", 0),
            quotation_id(QuotationType::Direct, "We must act", 0)
        );
        assert_ne!(
            quotation_id(QuotationType::Direct, "We must act", 0),
            quotation_id(QuotationType::Direct, "We must act", 1)
        );
    }
}
