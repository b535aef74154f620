//! What a replay must know before it begins: which record of each article is the newest, and what was published of it.
//!
//! The index reads the topics themselves, because the daemon forgets old articles. It holds about 150 bytes an article;
//! beyond [`MAX_ARTICLES`] a replay takes several windows.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::opener::Opener;
use super::progress::Progress;
use crate::journal::{JournalError, Reader, Stored};
use crate::record::{Article, Entity, EntitySet, PubStatus, Topic};

/// Articles of one window.
const MAX_ARTICLES: usize = 1_000_000;

/// What is known of an article that the replay must read.
#[derive(Debug, Default)]
struct Published {
    /// Partition and offset of its newest record.
    newest: (i32, i64),
    /// Its quotations: their ids are 16 hex digits.
    quotes: Vec<u64>,
    /// Hash of its entities.
    entities: Option<u64>,
}

/// The articles of a window.
#[derive(Debug)]
pub(super) struct Window {
    /// For each partition, where the window ends.
    pub until: BTreeMap<i32, i64>,
    /// For each partition, the end of what is committed.
    pub seen: BTreeMap<i32, i64>,
    articles: HashMap<Uuid, Published>,
}

/// An article that the replay must read.
#[derive(Debug)]
pub(super) struct Candidate {
    pub partition: i32,
    pub offset: i64,
    pub article: Article,
    /// The ids of its published quotations.
    pub quotes: Vec<String>,
    /// Hash of its published entities, if they are compared.
    pub entities: Option<u64>,
}

impl Window {
    /// Reads the topics to the end of what is committed. `fresh` means that the replay's own end is not fixed yet.
    pub(super) async fn read(open: &Opener, progress: &Progress, fresh: bool) -> Result<Self, JournalError> {
        let (mut seen, mut full) = (BTreeMap::new(), BTreeMap::new());
        let mut articles: HashMap<Uuid, Published> = HashMap::new();
        let mut reader = open(Topic::Articles).await?;
        while let Some(stored) = reader.next().await? {
            let place = (stored.partition, stored.offset);
            seen.insert(place.0, place.1 + 1);
            let Ok(id) = Uuid::parse_str(&stored.key) else { continue };
            if let Some(known) = articles.get_mut(&id) {
                // Records beyond the range count too: an older one must not be published after them.
                known.newest = place;
            } else if full.contains_key(&place.0) || !in_range(progress, fresh, &stored) {
                // In another window, or outside the range.
            } else if articles.len() == MAX_ARTICLES {
                full.insert(place.0, place.1);
            } else {
                articles.insert(id, Published { newest: place, ..Published::default() });
            }
        }
        let mut until = if fresh { seen.clone() } else { progress.ends.clone() };
        until.extend(full);
        let mut window = Self { until, seen, articles };
        window.read_quotes(open).await?;
        // With both stages everything is published again, so nothing is compared.
        if !(progress.stages.entities && progress.stages.quotes) {
            window.read_entities(open).await?;
        }
        Ok(window)
    }

    async fn read_quotes(&mut self, open: &Opener) -> Result<(), JournalError> {
        let mut reader = open(Topic::Quotes).await?;
        while let Some(stored) = reader.next().await? {
            let Some((id, quote)) = stored.key.split_once('/') else { continue };
            let (Ok(id), Ok(quote)) = (Uuid::parse_str(id), u64::from_str_radix(quote, 16)) else { continue };
            let Some(known) = self.articles.get_mut(&id) else { continue };
            known.quotes.retain(|known| *known != quote);
            if stored.value.is_some() {
                known.quotes.push(quote);
            }
        }
        Ok(())
    }

    async fn read_entities(&mut self, open: &Opener) -> Result<(), JournalError> {
        let mut reader = open(Topic::Entities).await?;
        while let Some(stored) = reader.next().await? {
            let Some(known) = Uuid::parse_str(&stored.key).ok().and_then(|id| self.articles.get_mut(&id)) else {
                continue;
            };
            let set: Option<EntitySet> = stored.value.and_then(|value| serde_json::from_slice(&value).ok());
            known.entities = set.map(|set| entities_hash(&set.entities));
        }
        Ok(())
    }

    /// Returns the next article to read, in the reader's order.
    pub(super) async fn next(&self, reader: &mut dyn Reader) -> Result<Option<Candidate>, JournalError> {
        while let Some(Stored { partition, offset, key, value, .. }) = reader.next().await? {
            let known = Uuid::parse_str(&key).ok().and_then(|id| self.articles.get(&id));
            let within = self.until.get(&partition).is_some_and(|until| offset < *until);
            let Some(known) = known.filter(|known| within && known.newest == (partition, offset)) else { continue };
            let article: Article = match serde_json::from_slice(value.as_deref().unwrap_or_default()) {
                Ok(article) => article,
                Err(error) => {
                    tracing::warn!(key, partition, offset, %error, "unreadable article skipped");
                    continue;
                }
            };
            if article.pubstatus == PubStatus::Canceled {
                continue;
            }
            let quotes = known.quotes.iter().map(|id| format!("{id:016x}")).collect();
            return Ok(Some(Candidate { partition, offset, article, quotes, entities: known.entities }));
        }
        Ok(None)
    }
}

fn in_range(progress: &Progress, fresh: bool, stored: &Stored) -> bool {
    let ends = progress.ends.get(&stored.partition);
    progress.range.contains(stored)
        && stored.offset >= progress.next(stored.partition)
        && (fresh || ends.is_some_and(|end| stored.offset < *end))
}

/// Returns a hash that is equal for equal sets of entities.
pub(super) fn entities_hash(entities: &[Entity]) -> u64 {
    xxh3_64(&serde_json::to_vec(entities).expect("records are plain data"))
}
