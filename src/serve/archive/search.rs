//! Search for quotations by words, speaker, source and day.

use chrono::{NaiveDate, NaiveTime};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::{Archive, count, or_logged};
use crate::record::QuotationType;

/// The maximum number of words in a query.
const MAX_TERMS: usize = 16;

/// A query for quotations; empty fields match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct QuoteQuery {
    /// Words of the quotation; words in quotation marks form a phrase.
    pub q: String,
    /// Words of the speaker's name.
    pub speaker: String,
    /// A part of the source's name, or the feed's id.
    pub source: String,
    /// The first day, such as 2025-06-03.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The `place` of the last quotation of the previous page; only older quotations are returned.
    pub before: Option<u64>,
}

/// A quotation that matches a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct FoundQuotation {
    /// Its place in the archive; the parameter `before` of the next page.
    pub place: u64,
    /// The article's id.
    pub article_id: String,
    pub text: String,
    pub speaker: Option<String>,
    pub role: Option<String>,
    pub cue: Option<String>,
    #[schema(value_type = QuotationType)]
    pub r#type: String,
    pub source: String,
    pub headline: String,
    /// Seconds since 1970 (UTC).
    #[serde(skip)]
    pub at: i64,
}

/// A speaker, with the number of their quotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Speaker {
    pub name: String,
    pub quotes: u64,
}

impl Archive {
    /// Returns the newest quotations that match, at most `most` of them.
    pub(crate) fn search(&self, query: &QuoteQuery, most: usize) -> Vec<FoundQuotation> {
        let full_text = full_text_query(&query.q, &query.speaker);
        // A full-text match comes in index order, the newest first, so a query for a common word ends soon. The plus keeps SQLite
        // from querying the index once for each quotation.
        let (from, id, order) = match full_text {
            Some(_) => ("words CROSS JOIN quote ON quote.id = words.rowid", "+words.rowid", "words.rowid"),
            None => ("quote", "quote.id", "quote.id"),
        };
        let mut sql = format!(
            "SELECT quote.id, quote.article, quote.text, quote.speaker, role, cue, kind, story.source, headline, quote.at
             FROM {from} JOIN story ON story.number = quote.story WHERE 1"
        );
        let mut values: Vec<Value> = Vec::new();
        let mut also = |clause: &str, value: Value| {
            sql.push_str(clause);
            values.push(value);
        };
        if let Some(full_text) = full_text {
            also(" AND words MATCH ?", Value::Text(full_text));
        }
        if !query.source.trim().is_empty() {
            let part = query.source.trim().chars().take(120).collect::<String>().to_lowercase();
            // Checks each source once, not each quotation.
            let of_source = "SELECT quote.id FROM source CROSS JOIN quote INDEXED BY quote_source
                             ON quote.source = source.name AND quote.feed = source.feed
                             WHERE instr(source.name, ?) > 0 OR source.feed = ?";
            also(&format!(" AND {id} IN ({of_source})"), Value::Text(part.clone()));
            also("", Value::Text(part));
        }
        let day = |text: &str| text.trim().parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
        if let Some(from) = day(&query.from) {
            also(" AND quote.at >= ?", Value::Integer(from.timestamp()));
        }
        if let Some(to) = day(&query.to) {
            also(" AND quote.at < ?", Value::Integer(to.timestamp() + 86_400));
        }
        if let Some(before) = query.before.and_then(|before| i64::try_from(before).ok()) {
            also(&format!(" AND {order} < ?"), Value::Integer(before));
        }
        also(&format!(" ORDER BY {order} DESC LIMIT ?"), Value::Integer(count(most)));
        or_logged(self.rows(&sql, rusqlite::params_from_iter(values), |row| {
            Ok(FoundQuotation {
                place: row.get(0)?,
                article_id: row.get(1)?,
                text: row.get(2)?,
                speaker: row.get(3)?,
                role: row.get(4)?,
                cue: row.get(5)?,
                r#type: row.get(6)?,
                source: row.get(7)?,
                headline: row.get(8)?,
                at: row.get(9)?,
            })
        }))
    }

    /// Returns the speakers who are quoted most.
    pub(crate) fn speakers(&self, most: usize) -> Vec<Speaker> {
        let sql = "SELECT speaker, count(*) FROM quote INDEXED BY quote_speaker WHERE speaker IS NOT NULL
                   GROUP BY speaker ORDER BY count(*) DESC, speaker LIMIT ?1";
        or_logged(self.rows(sql, [count(most)], |row| Ok(Speaker { name: row.get(0)?, quotes: row.get(1)? })))
    }

    /// Returns the number of quotations kept.
    pub(crate) fn quotes(&self) -> u64 {
        or_logged(
            self.db()
                .prepare_cached("SELECT count(*) FROM quote")
                .and_then(|mut sql| sql.query_row([], |row| row.get(0))),
        )
    }
}

/// Returns the query in FTS5 syntax, with every operator quoted; `None` for an empty query.
fn full_text_query(words: &str, speaker: &str) -> Option<String> {
    let mut parts = terms(words);
    let speaker = terms(speaker);
    if !speaker.is_empty() {
        parts.push(format!("speaker : ({})", speaker.join(" ")));
    }
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// Quotes each word and phrase for FTS5; a word also matches as a prefix.
fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let plain: String =
        text.chars().take(300).map(|c| if "\u{201c}\u{201d}\u{201e}".contains(c) { '"' } else { c }).collect();
    for (index, part) in plain.split('"').enumerate() {
        let words = part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        if index % 2 == 1 {
            let phrase: Vec<&str> = words.collect();
            terms.extend((!phrase.is_empty()).then(|| format!("\"{}\"", phrase.join(" "))));
        } else {
            terms.extend(words.map(|word| format!("\"{word}\"*")));
        }
    }
    terms.truncate(MAX_TERMS);
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_text_queries_contain_only_words() {
        let asked = |words, speaker| full_text_query(words, speaker);
        assert_eq!(asked("", " - "), None);
        assert_eq!(asked("tide mill", "").as_deref(), Some("\"tide\"* AND \"mill\"*"));
        assert_eq!(asked("\u{201c}tide mill\u{201d} OR", "").as_deref(), Some("\"tide mill\" AND \"OR\"*"));
        assert_eq!(
            asked("a) NEAR(\"b", "O'Neil*").as_deref(),
            Some("\"a\"* AND \"NEAR\"* AND \"b\" AND speaker : (\"O\"* \"Neil\"*)")
        );
        assert_eq!(terms(&"x ".repeat(500)).len(), MAX_TERMS);
    }
}
