//! The evidence that the dates of a document give for each other.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::customs::Customs;
use super::names::Languages;
use super::order::Order;
use super::reading::{DateReading, Sense, keep};

/// The minimum number of days whose order in time is evidence.
const ENOUGH: usize = 3;
/// The maximum number of dates of one entry or page that are compared with each other.
const MAX_IN_ROW: usize = 64;

/// Returns the languages that all names of one month alone may be in; none where they have no language in common.
pub(super) fn languages(rows: &[Vec<Option<&DateReading>>]) -> Languages {
    let sure = rows.iter().flatten().flatten().filter(|reading| reading.senses.len() == 1);
    let named = sure.map(|reading| reading.senses[0].day.languages).filter(|languages| !languages.is_empty());
    named.reduce(Languages::and).unwrap_or_default()
}

impl Customs {
    /// Learns from the dates of a document: one row for each entry in document order, with the same field in the same column,
    /// or a single row for a page. If `now` is given, dates after tomorrow are rejected.
    pub fn learn(&mut self, rows: &[Vec<Option<&DateReading>>], now: Option<DateTime<Utc>>) {
        let is_open = |reading: &&DateReading| reading.senses.len() > 1;
        if !rows.iter().flatten().flatten().any(is_open) {
            return;
        }
        self.spoken = languages(rows);
        self.used = Evidence::new(rows, self, now).order();
    }
}

/// The possible meanings of a date.
struct PossibleDates {
    /// The meanings that its own words leave open.
    senses: Vec<Sense>,
    /// Whether the numbers alone leave one order, without the weekday's help.
    is_plain: bool,
}

/// The dates of a document.
pub(super) struct Evidence {
    /// The dates, by entry and field.
    rows: Vec<Vec<Option<PossibleDates>>>,
    /// The last plausible instant.
    limit: Option<DateTime<Utc>>,
}

impl Evidence {
    pub(crate) fn new(rows: &[Vec<Option<&DateReading>>], customs: &Customs, now: Option<DateTime<Utc>>) -> Self {
        let seen = |reading: &&DateReading| {
            let mut senses = reading.by_itself(customs);
            keep(&mut senses, |sense| sense.day.usual);
            PossibleDates { senses, is_plain: reading.senses.iter().filter(|sense| sense.day.usual).count() < 2 }
        };
        let row = |row: &Vec<Option<&DateReading>>| row.iter().map(|cell| cell.as_ref().map(seen)).collect();
        Self { rows: rows.iter().map(row).collect(), limit: now.map(|now| now + TimeDelta::days(1)) }
    }

    /// Returns the order of day and month that all dates of the document have.
    pub(crate) fn order(&self) -> Option<Order> {
        let shown = |is_plain: bool| {
            let sure = self.dates().filter(move |date| date.senses.len() == 1 && date.is_plain == is_plain);
            sure.filter_map(|date| date.senses[0].day.order)
        };
        // A weekday may be mistaken where a number over 12 is not. Dates that contradict each other have no order.
        let is_shown = |is_plain: bool| shown(is_plain).next().is_some();
        if let Some(is_plain) = [true, false].into_iter().find(|is_plain| is_shown(*is_plain)) {
            return the_one(shown(is_plain));
        }
        self.confirmed()
            .or_else(|| the_one(self.possible().into_iter()))
            .or_else(|| the_one(self.possible().into_iter().filter(|order| self.is_sequence(*order))))
    }

    fn dates(&self) -> impl Iterator<Item = &PossibleDates> {
        self.rows.iter().flatten().flatten()
    }

    fn open(&self) -> impl Iterator<Item = &PossibleDates> {
        self.dates().filter(|date| date.senses.len() > 1 && date.senses.iter().any(|sense| sense.day.order.is_some()))
    }

    /// Returns the order by which open dates are the days of sure dates of the same entry or page.
    fn confirmed(&self) -> Option<Order> {
        let in_row = |row: &Vec<Option<PossibleDates>>| {
            let dates = || row.iter().flatten().take(MAX_IN_ROW);
            let sure: HashSet<NaiveDate> =
                dates().filter(|date| date.senses.len() == 1).map(|date| date.senses[0].day.date).collect();
            let open = dates().filter(|date| date.senses.len() > 1);
            // One of them may be in another zone.
            let is_sure =
                |day: NaiveDate| [day.pred_opt(), Some(day), day.succ_opt()].iter().flatten().any(|d| sure.contains(d));
            let same = open.flat_map(|date| &date.senses).filter(|sense| is_sure(sense.day.date));
            same.filter_map(|sense| sense.day.order).collect::<Vec<Order>>()
        };
        the_one(self.rows.iter().flat_map(in_row))
    }

    /// Returns the orders that make a day of every open date, and none of the future.
    fn possible(&self) -> Vec<Order> {
        let mut orders = vec![Order::Dmy, Order::Mdy, Order::Ymd];
        for date in self.open() {
            orders.retain(|order| {
                let sense = date.senses.iter().find(|sense| sense.day.order == Some(*order));
                sense.is_some_and(|sense| self.limit.is_none_or(|limit| sense.at <= limit))
            });
        }
        orders
    }

    /// Returns whether by an order the entries stand in the order of time.
    fn is_sequence(&self, order: Order) -> bool {
        let day = |date: &PossibleDates| {
            let mut senses = date.senses.iter();
            let sense =
                if date.senses.len() == 1 { senses.next() } else { senses.find(|s| s.day.order == Some(order)) };
            sense.map(|sense| sense.day.date)
        };
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default().min(MAX_IN_ROW);
        (0..columns).any(|column| {
            let dates = self.rows.iter().filter_map(|row| row.get(column)?.as_ref());
            let days: Vec<NaiveDate> = dates.filter_map(day).collect();
            let distinct: HashSet<&NaiveDate> = days.iter().collect();
            distinct.len() >= ENOUGH && (days.is_sorted() || days.iter().rev().is_sorted())
        })
    }
}

/// Returns the value, if all are the same.
fn the_one<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}
