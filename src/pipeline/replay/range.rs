//! Which articles a replay reads, and what it finds in them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::journal::Stored;

/// One end of a range of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Bound {
    /// The oldest record kept.
    Start,
    /// The end of what is committed when the replay starts.
    End,
    /// The first record committed at that time or later (UTC).
    Time(DateTime<Utc>),
    /// The record with this offset in each partition.
    Offset(i64),
}

impl Bound {
    /// Returns whether the bound lies after the record.
    fn is_after(self, stored: &Stored) -> bool {
        match self {
            Self::Start => false,
            Self::End => true,
            Self::Time(time) => stored.time < time,
            Self::Offset(offset) => stored.offset < offset,
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = || text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
        match text {
            "start" => Ok(Self::Start),
            "end" => Ok(Self::End),
            _ => match text.parse::<i64>() {
                Ok(offset) if offset >= 0 => Ok(Self::Offset(offset)),
                _ => DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).or_else(|_| day()).map(Self::Time).map_err(
                    |_| format!("`{text}` is not a place; write `start`, `end`, a time such as 2025-06-03T10:00:00Z or 2025-06-03, or an offset"),
                ),
            },
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::End => f.write_str("end"),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Offset(offset) => write!(f, "{offset}"),
        }
    }
}

impl From<Bound> for String {
    fn from(bound: Bound) -> Self {
        bound.to_string()
    }
}

impl TryFrom<String> for Bound {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A range of records, from the first bound to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Where it begins.
    pub from: Bound,
    /// Where it ends.
    pub to: Bound,
}

impl Range {
    /// Returns whether the record lies in the range.
    pub(super) fn contains(&self, stored: &Stored) -> bool {
        !self.from.is_after(stored) && self.to.is_after(stored)
    }
}

/// What a replay finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Entities.
    pub entities: bool,
    /// Quotations.
    pub quotes: bool,
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.entities, self.quotes) {
            (true, false) => "entities",
            (false, true) => "quotes",
            _ => "entities,quotes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        for text in ["start", "end", "17", "2025-06-03T10:00:00Z"] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
        assert_eq!("2025-06-03".parse::<Bound>().unwrap().to_string(), "2025-06-03T00:00:00Z");
        assert_eq!("2025-06-03T12:00:00+02:00".parse::<Bound>().unwrap().to_string(), "2025-06-03T10:00:00Z");
        for text in ["", "-1", "yesterday"] {
            assert!(text.parse::<Bound>().unwrap_err().contains("write `start`"));
        }
    }

    #[test]
    fn a_range_has_its_first_record_and_not_the_one_after_its_last() {
        let at = |offset: i64| Stored {
            topic: String::new(),
            partition: 0,
            offset,
            time: DateTime::from_timestamp(offset, 0).unwrap(),
            key: String::new(),
            value: None,
            headers: Vec::new(),
        };
        let within = |from: &str, to: &str| {
            let range = Range { from: from.parse().unwrap(), to: to.parse().unwrap() };
            (0..5).filter(|offset| range.contains(&at(*offset))).collect::<Vec<i64>>()
        };
        assert_eq!(within("start", "end"), [0, 1, 2, 3, 4]);
        assert_eq!(within("1", "3"), [1, 2]);
        assert_eq!(within("1970-01-01T00:00:03Z", "end"), [3, 4]);
        assert_eq!(within("start", "1970-01-01T00:00:03Z"), [0, 1, 2]);
    }
}
