//! Lists of phrases that are compared with whole blocks.

use std::sync::OnceLock;

use regex::{Regex, RegexSet};

/// Regular expressions, one a line, that match whole blocks, case ignored. Hardly any block matches, so a coarse look comes
/// first: the same patterns without counts and word boundaries, which a small automaton follows.
pub(crate) struct Phrases {
    coarse: RegexSet,
    exact: Vec<(&'static str, OnceLock<Regex>)>,
}

impl Phrases {
    /// From a list; empty lines and those that start with `#` say nothing.
    pub(crate) fn new(list: &'static str) -> Self {
        let lines: Vec<&str> = lines(list).collect();
        let counts = Regex::new(r"\{\d+(?:,\d*)?\}|\\b").expect("a fixed pattern");
        let loose = |line: &&str| {
            let line = counts.replace_all(line, |c: &regex::Captures| if &c[0] == r"\b" { "" } else { "*" });
            format!("(?i)^(?:{line})$")
        };
        let coarse = RegexSet::new(lines.iter().map(loose)).expect("the list's patterns are valid");
        Self { coarse, exact: lines.into_iter().map(|line| (line, OnceLock::new())).collect() }
    }

    /// Returns whether one of the patterns matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.coarse.is_match(text)
            && self.coarse.matches(text).iter().any(|i| {
                let (line, compiled) = &self.exact[i];
                let compile = || Regex::new(&format!("(?i)^(?:{line})$")).expect("the list's patterns are valid");
                compiled.get_or_init(compile).is_match(text)
            })
    }
}

/// Returns the lines of a list that say something.
pub(crate) fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Returns the entries of a list whose lines have several, between `|`.
pub(crate) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    lines(list).flat_map(|line| line.split('|').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_pattern_decides() {
        let phrases = Phrases::new("# a list\nread more\\b.{0,5}\n\n\\d{1,2} comments?");
        for (text, matches) in [
            ("Read more now", true),
            ("READ MORE", true),
            ("read more about it", false),
            ("read moreover", false),
            ("12 comments", true),
            ("123 comments", false),
            ("# a list", false),
        ] {
            assert_eq!(phrases.matches(text), matches, "{text}");
        }
    }

    /// Exact patterns are compiled when first needed: all must be valid.
    #[test]
    fn every_line_of_our_lists_is_a_pattern() {
        for list in [
            include_str!("data/boilerplate-texts.txt"),
            include_str!("data/announcements.txt"),
            include_str!("data/live-tags.txt"),
        ] {
            for line in lines(list) {
                assert!(Regex::new(&format!("(?i)^(?:{line})$")).is_ok(), "{line}");
            }
        }
    }
}
