//! Reads the values of the state from the rows of its tables.

use uuid::Uuid;

use crate::journal::disk::{ArticleRow, EntryRow};
use crate::state::identity::EntryFingerprint;
use crate::state::{ArticleState, EntryState};

impl TryFrom<EntryRow> for EntryState {
    type Error = serde_json::Error;

    fn try_from(row: EntryRow) -> Result<Self, Self::Error> {
        if row.more.is_some() {
            return serde_json::from_value(row.json());
        }
        let [guid, link, title, text] = row.marks.map(|mark| mark.map(i64::cast_unsigned));
        Ok(Self {
            content_hash: row.form.cast_unsigned(),
            fingerprint: EntryFingerprint { guid, link, title, text, published: row.published },
            article: row.article.map(Uuid::from_bytes),
            seen: row.seen,
            home: None,
            serial: 0,
            blocked: None,
        })
    }
}

impl TryFrom<ArticleRow> for ArticleState {
    type Error = serde_json::Error;

    fn try_from(row: ArticleRow) -> Result<Self, Self::Error> {
        serde_json::from_value(row.json())
    }
}
