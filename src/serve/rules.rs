//! The keep and block rules as the pages and the API show them.

use chrono::{DateTime, Utc};

use super::app::App;
use super::plain;
use crate::config::FeedConfig;
use crate::filter::{NamedRule, Rule};
use crate::health::{NO_KEEP_RULE, RuleCount};

/// The longest description of a rule, in characters.
const MAX_WORDS: usize = 300;

/// A rule and what it decided.
pub(super) struct RuleRow {
    pub name: String,
    /// `None` for the entries that no keep rule matched, and for rules that were removed.
    pub action: Option<&'static str>,
    /// The feeds that it is for, in words.
    pub scope: String,
    pub conditions: Option<String>,
    pub definition: Option<Rule>,
    pub kept: u64,
    pub blocked: u64,
    pub last: Option<DateTime<Utc>>,
    pub unmatched: bool,
}

impl RuleRow {
    fn new(name: &str, rule: Option<&NamedRule>) -> Self {
        Self {
            name: name.to_owned(),
            action: rule.map(|named| named.rule.action.name()),
            scope: rule.map(scope).unwrap_or_default(),
            conditions: rule.map(|named| plain::text(&named.rule.to_string(), MAX_WORDS)),
            definition: rule.map(|named| named.rule.clone()),
            kept: 0,
            blocked: 0,
            last: None,
            unmatched: false,
        }
    }
}

/// Returns the feeds that a rule is for, in words.
fn scope(named: &NamedRule) -> String {
    let list = |names: &[Box<str>]| names.join(", ");
    let (feeds, labels) = (list(&named.rule.feeds), list(&named.rule.labels));
    let words = match (&named.of, feeds.is_empty(), labels.is_empty()) {
        (Some(feed), ..) => format!("the feed {feed}, by its own rule"),
        (None, true, true) => "all feeds".to_owned(),
        (None, false, true) => format!("feeds: {feeds}"),
        (None, true, false) => format!("labels: {labels}"),
        (None, false, false) => format!("feeds: {feeds}; labels: {labels}"),
    };
    plain::text(&words, MAX_WORDS)
}

/// Returns all rules with what they decided over all feeds.
pub(super) fn all(app: &App) -> Vec<RuleRow> {
    let (filter, now) = (app.filter.get(), Utc::now());
    let row = |name: &str, rule: Option<&NamedRule>| {
        let activity = app.activity.stats.rules.of(name, now);
        let (kept, blocked) = (activity.kept, activity.blocked);
        RuleRow { kept, blocked, last: activity.last, unmatched: activity.is_unmatched, ..RuleRow::new(name, rule) }
    };
    let without = row(NO_KEEP_RULE, None);
    let without = Some(without).filter(|row| row.last.is_some());
    filter.rules().iter().map(|named| row(&named.name, Some(named))).chain(without).collect()
}

/// Returns the rules that apply to a feed, and those that decided about its entries.
pub(super) fn of_feed(app: &App, feed: &FeedConfig) -> Vec<RuleRow> {
    let filter = app.filter.get();
    let counts = app.activity.stats.feeds.read(|known| known.get(&feed.id)?.rules().cloned());
    let counted = |row: RuleRow, count: Option<&RuleCount>| {
        let count = count.copied().unwrap_or_default();
        let last = DateTime::from_timestamp(count.last, 0).filter(|_| count.last > 0);
        RuleRow { kept: count.kept, blocked: count.blocked, last, ..row }
    };
    let of = |name: &str| counts.as_ref().and_then(|counts| counts.rules.get(name));
    let mut rows: Vec<RuleRow> = feed.with_scope(|scope| {
        let rules = filter.rules_for(scope);
        rules.map(|named| counted(RuleRow::new(&named.name, Some(named)), of(&named.name))).collect()
    });
    let others = counts.iter().flat_map(|counts| &counts.rules);
    let others: Vec<RuleRow> = others
        .filter(|(name, _)| rows.iter().all(|row| row.name != **name))
        .map(|(name, count)| counted(RuleRow::new(name, None), Some(count)))
        .collect();
    rows.extend(others);
    rows
}
