//! The possible meanings of a date, until the evidence decides.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::customs::Customs;
use super::names::{Languages, Meaning};
use super::order::Order;

/// A day that a date may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub date: NaiveDate,
    /// The order of the numbers, where another is thinkable.
    pub order: Option<Order>,
    /// The languages whose name of the month it is; empty where numbers tell the month.
    pub languages: Languages,
    /// Whether it is what one expects where nothing else is known.
    pub usual: bool,
}

impl Day {
    /// Returns a day that has one meaning.
    pub(crate) fn plain(date: NaiveDate) -> Self {
        Self { date, order: None, languages: Languages::default(), usual: true }
    }
}

/// A day that a date may mean, as an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sense {
    pub day: Day,
    pub at: DateTime<Utc>,
}

/// A parsed date: the instants that its words may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateReading {
    pub(super) senses: Vec<Sense>,
    /// The weekday written beside the date.
    pub(super) weekday: Vec<Meaning>,
    /// Whether the date includes a time of day.
    pub clock: bool,
    /// Whether the date includes a time zone.
    pub zone: bool,
}

/// Removes the meanings that do not fit, unless none fits: evidence chooses between meanings, but does not rule all of them out.
pub(super) fn keep(senses: &mut Vec<Sense>, fits: impl Fn(&Sense) -> bool) {
    if senses.len() > 1 && senses.iter().any(&fits) {
        senses.retain(fits);
    }
}

impl DateReading {
    /// Returns the reading of a known instant.
    pub fn exact(at: DateTime<Utc>) -> Self {
        let senses = vec![Sense { day: Day::plain(at.date_naive()), at }];
        Self { senses, weekday: Vec::new(), clock: true, zone: true }
    }

    /// Returns the instant, if the words and the conventions of the document determine it.
    pub fn settle(&self, customs: &Customs) -> Option<DateTime<Utc>> {
        if let [only] = &self.senses[..] {
            return Some(only.at);
        }
        let mut senses = self.by_itself(customs);
        keep(&mut senses, |sense| sense.day.order.is_some() && sense.day.order == customs.used);
        keep(&mut senses, |sense| sense.day.languages.meets(customs.spoken));
        keep(&mut senses, |sense| sense.day.order.is_some() && sense.day.order == customs.stated);
        keep(&mut senses, |sense| sense.day.usual);
        let first = senses.first()?.at;
        senses.iter().all(|sense| sense.at == first).then_some(first)
    }

    /// Returns the meanings that remain in a document with these conventions.
    pub(super) fn by_itself(&self, customs: &Customs) -> Vec<Sense> {
        let mut senses = self.senses.clone();
        let here = customs.language;
        let beside = self.weekday.iter().map(|day| day.languages);
        let beside = beside.reduce(Languages::or).unwrap_or_default();
        // A name cut short counts against a listed one where the dates around it are in the document's language too.
        let around = if here.is_empty() { customs.spoken } else { here.and(beside.or(customs.spoken)) };
        let is_named = |sense: &Sense| !sense.day.languages.is_empty();
        keep(&mut senses, |sense| is_named(sense) && (sense.day.usual || sense.day.languages.meets(around)));
        keep(&mut senses, |sense| sense.day.languages.meets(beside));
        keep(&mut senses, |sense| sense.day.languages.meets(here));
        let weekdays = |sense: &Sense| u8::try_from(sense.day.date.weekday().number_from_monday()).unwrap_or_default();
        let local = self.weekday.iter().any(|day| day.languages.meets(here));
        keep(&mut senses, |sense| {
            let said = |day: &Meaning| day.number == weekdays(sense) && (!local || day.languages.meets(here));
            self.weekday.iter().any(said)
        });
        senses
    }
}
