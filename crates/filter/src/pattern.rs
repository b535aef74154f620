//! A value of a condition: literal words, or a regular expression. Both are checked when the config is read.

use std::time::Duration;

use regex::RegexBuilder;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::{Parser, ParserBuilder};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::MAX_PATTERN_BYTES;
use crate::fold::folded;

/// The maximum size of a compiled regular expression, in bytes.
const MAX_COMPILED: usize = 1 << 20;
/// The maximum size of what one expression caches while it searches, in bytes.
const MAX_CACHE: usize = 1 << 18;
/// The maximum depth of a regular expression.
const MAX_DEPTH: u32 = 50;
/// An expression with more ranges of characters than this is compiled when it is checked; all others are small enough.
const LARGE: usize = 3_000;
/// The most beginnings of an expression that are searched for before the expression is.
const MAX_SEEDS: usize = 64;

/// A value of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Words, without regard to case and accents, where words begin and end.
    Words(Box<str>),
    /// A regular expression, without regard to case.
    Regex(Box<str>),
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The offset of the fault in the pattern, in bytes, if it is at one place.
    pub at: Option<usize>,
}

impl PatternError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None }
    }
}

impl Pattern {
    /// Checks that the pattern can be used, and that it does not match everything.
    pub fn check(&self) -> Result<(), PatternError> {
        let (Self::Words(text) | Self::Regex(text)) = self;
        if text.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::new(format!(
                "has {} bytes, {MAX_PATTERN_BYTES} at most; write it as several values",
                text.len()
            )));
        }
        match self {
            Self::Words(text) if words(text).is_empty() => {
                Err(PatternError::new("is empty, and would match everything; write the words to look for"))
            }
            Self::Words(_) => Ok(()),
            Self::Regex(text) => check_regex(text),
        }
    }

    /// Returns the text as it was written.
    pub fn text(&self) -> &str {
        let (Self::Words(text) | Self::Regex(text)) = self;
        text
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Words(text) => write!(f, "\u{201c}{text}\u{201d}"),
            Self::Regex(text) => write!(f, "/{text}/"),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Words(text) => serializer.serialize_str(text),
            Self::Regex(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("regex", text)?;
                map.end()
            }
        }
    }
}

/// Returns the form of words that is searched for in folded texts.
pub(crate) fn words(text: &str) -> String {
    folded(text).trim().to_owned()
}

/// Compiles an expression that was checked.
pub(crate) fn compile(pattern: &str) -> Result<regex::Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_CACHE)
        .nest_limit(MAX_DEPTH)
        .build()
}

/// Returns folded texts of which each text that the expression matches has at least one when it is folded; `None` if
/// there are none, or too many.
pub(crate) fn seeds(pattern: &str) -> Option<Vec<String>> {
    // Case is ignored anyway; as a flag, it would give each letter several forms.
    let hir = Parser::new().parse(pattern.strip_prefix("(?i)").unwrap_or(pattern)).ok()?;
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MAX_SEEDS);
    let found = extractor.extract(&hir);
    let mut seeds = Vec::new();
    for literal in found.literals()? {
        // Folding keeps ASCII whole; of other characters, an expression may take further forms.
        let text = std::str::from_utf8(literal.as_bytes()).ok().filter(|text| text.is_ascii())?;
        seeds.push(Some(folded(text)).filter(|text| text.trim().len() > 1)?);
    }
    seeds.sort_unstable();
    seeds.dedup();
    (!seeds.is_empty()).then_some(seeds)
}

fn check_regex(pattern: &str) -> Result<(), PatternError> {
    if pattern.starts_with("(i?)") {
        let message = "begins with `(i?)`, which looks for the letter i; leave it out: case is ignored anyway";
        return Err(PatternError { message: message.into(), at: Some(0) });
    }
    let parsed = ParserBuilder::new().case_insensitive(true).nest_limit(MAX_DEPTH).build().parse(pattern);
    let hir = parsed.map_err(|error| syntax(&error))?;
    let properties = hir.properties();
    if properties.minimum_len() == Some(0) && properties.look_set().is_empty() {
        return Err(PatternError::new(
            "matches an empty text, and so everything; leave out what may be missing, such as `.*` or `x*`",
        ));
    }
    if ranges(&hir) > LARGE && compile(pattern).is_err() {
        return Err(PatternError::new(format!(
            "takes more than {MAX_COMPILED} bytes when compiled; write smaller counts in braces, or several values"
        )));
    }
    Ok(())
}

/// Says what is wrong with an expression.
fn syntax(error: &regex_syntax::Error) -> PatternError {
    use regex_syntax::ast::ErrorKind;
    let (what, span) = match error {
        regex_syntax::Error::Parse(error) => {
            let what = match error.kind() {
                ErrorKind::UnsupportedLookAround => {
                    "look-ahead and look-behind are not supported; write what must not match under `not`".to_owned()
                }
                ErrorKind::UnsupportedBackreference => {
                    "references to groups are not supported; write each variant as a value of its own".to_owned()
                }
                ErrorKind::RepetitionMissing => {
                    "nothing to repeat; write a backslash before a literal `*`, `+` or `?`".to_owned()
                }
                ErrorKind::GroupUnclosed | ErrorKind::GroupUnopened => {
                    format!("{}; write a backslash before a literal parenthesis", error.kind())
                }
                ErrorKind::ClassUnclosed => format!("{}; write a backslash before a literal `[`", error.kind()),
                kind => format!("{kind}; write plain words without `regex` to look for them as they are"),
            };
            (what, Some(error.span().start.offset))
        }
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span().start.offset)),
        error => (error.to_string(), None),
    };
    PatternError { message: format!("is not a regular expression: {what}"), at: span }
}

/// Estimates the size of an expression by its ranges of characters.
fn ranges(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            ranges(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => ranges(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(ranges).fold(0, usize::saturating_add),
    }
}

/// Formats a duration as the config has it.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let (size, unit) =
        units.into_iter().find(|(size, _)| seconds > 0 && seconds.is_multiple_of(*size)).unwrap_or((1, "s"));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(pattern: &str) -> (String, Option<usize>) {
        let error = Pattern::Regex(pattern.into()).check().unwrap_err();
        (error.message, error.at)
    }

    #[test]
    fn faulty_patterns_say_where_and_what_to_write() {
        for (pattern, words, at) in [
            ("(i?)promo", "leave it out: case is ignored anyway", Some(0)),
            ("promo(", "unclosed group; write a backslash", Some(5)),
            ("a(?!b)", "write what must not match under `not`", Some(1)),
            (r"(a)\1", "write each variant as a value", Some(3)),
            ("*sale", "nothing to repeat", Some(0)),
            ("[a", "unclosed character class", Some(0)),
            ("a*", "matches an empty text, and so everything", None),
            (".*", "matches an empty text", None),
            (r"\w{1000}", "when compiled", None),
            (r"\p{Nothing}", "Unicode property", Some(0)),
        ] {
            let (message, place) = fault(pattern);
            assert!(message.contains(words), "{pattern}: {message}");
            assert_eq!(place, at, "{pattern}");
        }
        assert!(fault(&"a".repeat(1_001)).0.contains("1000 at most"));
        assert!(fault(&"(".repeat(60)).0.contains("not a regular expression"));
        assert!(Pattern::Words(" \u{ad}".into()).check().unwrap_err().message.contains("is empty"));
        for fine in ["^$", r"^\d+ (jobs|flats)$", r"\bsale\b", "^live:", r"\w+ing"] {
            assert_eq!(Pattern::Regex(fine.into()).check(), Ok(()), "{fine}");
        }
    }

    #[test]
    fn seeds_are_in_every_text_that_matches() {
        assert_eq!(seeds("^Live: ").unwrap(), ["live: "]);
        assert_eq!(seeds("(?i)sale|Sales?").unwrap(), ["sale", "sales"]);
        assert_eq!(seeds(r"\d+ deals"), None);
        assert_eq!(seeds("über"), None);
        assert_eq!(seeds("a"), None);
    }
}
