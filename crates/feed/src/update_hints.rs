//! The polling hints of a feed: `ttl`, `skipHours`, `skipDays` and the syndication module.

use chrono::{DateTime, Utc};

use super::xml::Node;
use super::{Feed, dates};

/// The syndication module's values.
#[derive(Debug, Default)]
pub(super) struct Syndication {
    period: Option<String>,
    frequency: Option<u64>,
    base: Option<DateTime<Utc>>,
}

impl Syndication {
    /// Reads one of its elements.
    pub(crate) fn read(&mut self, node: Node) {
        let Some(word) = node.word() else { return };
        match node.local() {
            "updateperiod" => self.period = Some(word.to_ascii_lowercase()),
            "updatefrequency" => self.frequency = leading(&word),
            "updatebase" => self.base = dates::parse(&word),
            _ => {}
        }
    }

    /// Puts period over frequency in seconds (daily and once by default).
    pub(crate) fn finish(self, feed: &mut Feed) {
        feed.update_base = self.base;
        if self.period.is_none() && self.frequency.is_none() {
            return;
        }
        let period = match self.period.as_deref() {
            Some("hourly") => 3_600,
            Some("weekly") => 604_800,
            Some("monthly") => 2_592_000,
            Some("yearly") => 31_536_000,
            _ => 86_400,
        };
        feed.update_period = Some((period / self.frequency.unwrap_or(1).max(1)).max(1));
    }
}

/// Reads RSS' own hints.
pub(super) fn read(node: Node, feed: &mut Feed) {
    match node.local() {
        "ttl" => feed.ttl = feed.ttl.or_else(|| leading(&node.word()?).and_then(|ttl| u32::try_from(ttl).ok())),
        "skiphours" => {
            for hour in values(node, "hour").filter_map(|word| leading(&word)) {
                // Some count from 1 to 24; 24 is midnight.
                if let Ok(hour @ 0..=24) = u8::try_from(hour)
                    && !feed.skip_hours.contains(&(hour % 24))
                {
                    feed.skip_hours.push(hour % 24);
                }
            }
        }
        "skipdays" => {
            const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            for word in values(node, "day") {
                let start = word.get(..3).unwrap_or("-");
                let day = DAYS.into_iter().find(|day| day[..3].eq_ignore_ascii_case(start));
                if let Some(day) = day.filter(|day| !feed.skip_days.iter().any(|known| known == day)) {
                    feed.skip_days.push(day.to_owned());
                }
            }
        }
        _ => {}
    }
}

/// Returns the children's words, or the element's own parted by commas.
fn values<'t>(node: Node<'t, '_>, name: &'static str) -> impl Iterator<Item = String> + 't {
    let own = if node.has_elements() { String::new() } else { node.text().into_owned() };
    let own: Vec<String> = own.split([',', ' ']).map(|word| word.trim().to_owned()).filter(|w| !w.is_empty()).collect();
    node.children().filter(move |child| child.local() == name).filter_map(Node::word).chain(own)
}

/// Returns the number that words begin with.
fn leading(word: &str) -> Option<u64> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    word[..end].parse().ok()
}
