//! The dates of a feed, which are interpreted once all of them are known: each is evidence for how the others are
//! written.

use chrono::{DateTime, Utc};
use url::Url;

use super::dates::{self, Customs, DateReading, Style};
use super::{Deleted, Document, Entry, Feed};

/// The maximum number of words kept of one field and rank.
const MAX_OF_A_RANK: usize = 3;

/// The words of one field; the lowest rank that is understood and believed wins.
#[derive(Debug, Default)]
pub(super) struct Dated(Vec<(u8, String, Option<DateReading>)>);

/// The dates of publication and update of a feed or an entry.
#[derive(Debug, Default)]
pub(super) struct Dates {
    pub published: Dated,
    pub updated: Dated,
}

/// A document whose dates are not interpreted yet.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub feed: (Feed, Dates),
    pub entries: Vec<(Entry, Dates)>,
    pub deleted: Vec<(Deleted, Dated)>,
}

impl Dated {
    /// Offers the words of a date; of one rank the first few are kept.
    pub(crate) fn offer(&mut self, rank: u8, words: Option<String>) {
        let Some(words) = words else { return };
        if self.0.iter().filter(|(known, ..)| *known == rank).count() < MAX_OF_A_RANK {
            let at = self.0.partition_point(|(known, ..)| *known <= rank);
            let reading = dates::read(&words, Style::Field);
            self.0.insert(at, (rank, words, reading));
        }
    }

    /// Returns what the best words that are a date may mean.
    fn reading(&self) -> Option<&DateReading> {
        self.0.iter().find_map(|(.., reading)| reading.as_ref())
    }

    /// Returns the instant, or else the words not understood or not believed.
    fn settle(self, customs: &Customs, now: Option<DateTime<Utc>>) -> (Option<DateTime<Utc>>, Option<String>) {
        let at = |reading: &DateReading| reading.settle(customs).filter(|at| dates::believed(*at, now));
        match self.0.iter().find_map(|(.., reading)| at(reading.as_ref()?)) {
            Some(at) => (Some(at), None),
            None => (None, self.0.into_iter().next().map(|(_, words, _)| words)),
        }
    }
}

impl Draft {
    /// Interprets all dates. `url` is the URL of the document, in case it names no site.
    pub(crate) fn settle(self, url: Option<&Url>, now: Option<DateTime<Utc>>) -> Document {
        let Self { feed: (mut feed, dates), entries, deleted } = self;
        let site = feed.link.as_deref().and_then(|link| Url::parse(link).ok());
        let host = site.as_ref().or(url).and_then(Url::host_str);
        let of_entries = || entries.iter().find_map(|(entry, _)| entry.language.as_deref());
        let mut customs = Customs::new(feed.language.as_deref().or_else(of_entries), host);
        let own = [None, None, dates.published.reading(), dates.updated.reading()].to_vec();
        let rows = entries.iter().map(|(_, dates)| vec![dates.published.reading(), dates.updated.reading()]);
        let rows: Vec<Vec<Option<&DateReading>>> = rows.chain([own]).collect();
        customs.learn(&rows, now);
        feed.published = dates.published.settle(&customs, now).0;
        feed.updated = dates.updated.settle(&customs, now).0;
        let entry = |(mut entry, dates): (Entry, Dates)| {
            (entry.published, entry.published_raw) = dates.published.settle(&customs, now);
            (entry.updated, entry.updated_raw) = dates.updated.settle(&customs, now);
            entry
        };
        let deletion = |(deleted, when): (Deleted, Dated)| Deleted { when: when.settle(&customs, now).0, ..deleted };
        Document {
            feed,
            entries: entries.into_iter().map(entry).collect(),
            deleted: deleted.into_iter().map(deletion).collect(),
        }
    }
}
