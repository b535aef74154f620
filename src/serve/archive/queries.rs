//! Lookups in the archive: by number, by article, and the duplicates of an article.

use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::{Archive, count, or_logged};
use crate::serve::label_filter::LabelFilter;
use crate::serve::story_view::StoryView;

/// The limit for an unpacked article, in bytes; larger ones were shortened before packing.
const MAX_UNPACKED: usize = 32 << 20;
/// The maximum number of revisions and of duplicates listed, the newest first.
const MAX_ITEMS: usize = 50;

/// The summary of a story.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct StorySummary {
    /// The article's id.
    pub id: String,
    pub revision: u32,
    pub feed: String,
    pub source: String,
    pub headline: String,
    /// Seconds since 1970 (UTC).
    #[serde(skip)]
    pub at: i64,
    /// A number that increases with each story.
    pub number: u64,
}

const SUMMARY: &str = "SELECT article, revision, feed, source, headline, at, number FROM story";

/// Holds for the articles with all labels of the third value.
const LABELLED: &str = "NOT EXISTS (SELECT 1 FROM json_each(?3) WHERE instr(labels, value) = 0)";

fn summary(row: &Row) -> rusqlite::Result<StorySummary> {
    Ok(StorySummary {
        id: row.get(0)?,
        revision: row.get(1)?,
        feed: row.get(2)?,
        source: row.get(3)?,
        headline: row.get(4)?,
        at: row.get(5)?,
        number: row.get(6)?,
    })
}

impl Archive {
    /// Returns the number of articles kept.
    pub(crate) fn len(&self) -> u64 {
        or_logged(
            self.db()
                .prepare_cached("SELECT count(*) FROM story")
                .and_then(|mut sql| sql.query_row([], |row| row.get(0))),
        )
    }

    /// Returns the newest articles with these labels before a number, the newest first.
    pub(crate) fn before(&self, number: u64, labels: &LabelFilter, most: usize) -> Vec<StoryView> {
        let sql = format!(
            "SELECT number, packed FROM body JOIN story USING (number) WHERE number < ?1 AND {LABELLED}
             ORDER BY number DESC LIMIT ?2"
        );
        let values = params![i64::try_from(number).unwrap_or(i64::MAX), count(most), labels.json()];
        let rows = or_logged(self.rows(&sql, values, |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?))));
        rows.into_iter().filter_map(|(number, packed)| unpack(number, &packed)).collect()
    }

    /// Returns the summaries of the newest articles with these labels before a number, of one feed or of all.
    pub(crate) fn heads(
        &self,
        feed: Option<&str>,
        labels: &LabelFilter,
        before: u64,
        most: usize,
    ) -> Vec<StorySummary> {
        let sql = format!(
            "{SUMMARY} WHERE number < ?1 AND (?4 IS NULL OR feed = ?4) AND {LABELLED} ORDER BY number DESC LIMIT ?2"
        );
        let values = params![i64::try_from(before).unwrap_or(i64::MAX), count(most), labels.json(), feed];
        or_logged(self.rows(&sql, values, summary))
    }

    /// Returns the summaries of an article's revisions, the newest first.
    pub(crate) fn revisions(&self, id: Uuid) -> Vec<StorySummary> {
        let sql = format!("{SUMMARY} WHERE article = ?1 ORDER BY number DESC LIMIT ?2");
        or_logged(self.rows(&sql, params![id.to_string(), count(MAX_ITEMS)], summary))
    }

    /// Returns the duplicates of this article, each once.
    pub(crate) fn copies(&self, id: Uuid) -> Vec<StorySummary> {
        let sql = format!(
            "{SUMMARY} WHERE copy_of = ?1 GROUP BY article HAVING number = max(number) ORDER BY number DESC LIMIT ?2"
        );
        or_logged(self.rows(&sql, params![id.to_string(), count(MAX_ITEMS)], summary))
    }

    /// Returns an article by its number; `None` if it is not kept or was withdrawn.
    pub(crate) fn story(&self, number: u64) -> Option<StoryView> {
        let packed: Option<Vec<u8>> = or_logged(
            self.db()
                .prepare_cached("SELECT packed FROM body WHERE number = ?1")
                .and_then(|mut sql| sql.query_row([number], |row| row.get(0)).optional()),
        );
        unpack(number, &packed?)
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let db = self.db();
        let mut query = db.prepare_cached(sql)?;
        query.query_map(values, read)?.collect()
    }
}

fn unpack(number: u64, packed: &[u8]) -> Option<StoryView> {
    let value = zstd::bulk::decompress(packed, MAX_UNPACKED).ok()?;
    let (article, entities, quotes) = serde_json::from_slice(&value).ok()?;
    Some(StoryView { number, article, entities, quotes })
}
