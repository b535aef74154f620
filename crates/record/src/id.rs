//! Ids that depend on the input alone, so the same input has the same id everywhere.

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::QuotationType;

/// Returns the id of an article: the UUIDv5 (RFC 9562, URL namespace) of its canonical URL.
pub fn article_id(canonical_url: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, canonical_url.as_bytes())
}

/// Returns the id of an article without a URL: the UUIDv5 of the feed id, a line feed, and the guid or its substitute.
pub fn content_id(feed_id: &str, guid: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{feed_id}\n{guid}").as_bytes())
}

/// Returns the id of a quotation: 16 hex digits of a hash of its type and words. `nth` is the number of earlier quotations of the same
/// type and words in the article, so the id does not change if the quotation moves within the text.
pub fn quotation_id(kind: QuotationType, text: &str, nth: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = xxh3_128(format!("{kind:?}\n{nth}\n{words}").as_bytes());
    format!("{:016x}", (hash >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_change() {
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
