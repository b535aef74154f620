//! What keep and block rules decided about the entries of one feed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most rules that are remembered of a feed: those that decided last.
const MAX_RULES: usize = 50;
/// The name under which entries are counted that no keep rule matched. No rule has it, because ids have no spaces.
pub const NO_KEEP_RULE: &str = "no keep rule";

/// A decision of a rule about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDecision {
    /// The rule; `None` if the entry was blocked because no keep rule matched.
    pub rule: Option<Arc<str>>,
    /// Whether the entry was kept.
    pub is_kept: bool,
}

impl RuleDecision {
    /// Returns the name under which it is counted.
    pub fn name(&self) -> &str {
        self.rule.as_deref().unwrap_or(NO_KEEP_RULE)
    }
}

/// The decisions of rules about the entries of a feed, each entry once for each of its forms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRules {
    /// Hash of all rules when the feed was last read.
    pub set: u64,
    /// Since when the rules have been the same (seconds since 1970, UTC).
    pub since: i64,
    /// The counts by rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, RuleCount>,
}

/// The decisions of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// Entries kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept: u64,
    /// Entries blocked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blocked: u64,
    /// When it decided last (seconds since 1970, UTC).
    pub last: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl RuleCount {
    /// Counts a decision.
    pub fn add(&mut self, is_kept: bool, at: i64) {
        *(if is_kept { &mut self.kept } else { &mut self.blocked }) += 1;
        self.last = self.last.max(at);
    }
}

impl FeedRules {
    /// Notes the rules that applied to a reading of the feed, and counts what they decided.
    pub fn add<'a>(&mut self, set: u64, decisions: impl IntoIterator<Item = &'a RuleDecision>, at: i64) {
        if self.set != set {
            (self.set, self.since) = (set, at);
        }
        for decision in decisions {
            self.rules.entry(decision.name().to_owned()).or_default().add(decision.is_kept, at);
        }
        while self.rules.len() > MAX_RULES {
            let oldest = self.rules.iter().min_by_key(|(_, count)| count.last).map(|(name, _)| name.clone());
            oldest.and_then(|name| self.rules.remove(&name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(rule: Option<&str>, is_kept: bool) -> RuleDecision {
        RuleDecision { rule: rule.map(Arc::from), is_kept }
    }

    #[test]
    fn decisions_are_counted_by_rule() {
        let mut rules = FeedRules::default();
        rules.add(7, &[decision(Some("a"), false), decision(Some("a"), false), decision(Some("k"), true)], 10);
        rules.add(7, &[decision(None, false)], 20);
        let json = r#"{"set":7,"since":10,"rules":{"a":{"blocked":2,"last":10},"k":{"kept":1,"last":10},"no keep rule":{"blocked":1,"last":20}}}"#;
        assert_eq!(serde_json::to_string(&rules).unwrap(), json);
        assert_eq!(serde_json::from_str::<FeedRules>(json).unwrap(), rules);
        rules.add(8, &[], 30);
        assert_eq!((rules.since, rules.rules.len()), (30, 3));
    }

    #[test]
    fn the_rules_that_decided_last_are_remembered() {
        let mut rules = FeedRules::default();
        for n in 0..60 {
            rules.add(1, &[decision(Some(&format!("r{n}")), false)], n);
        }
        assert_eq!((rules.rules.len(), rules.rules.contains_key("r9")), (MAX_RULES, false));
        assert!(rules.rules.contains_key("r10"));
    }
}
