//! Removes secrets from the log: those of the config, and whatever looks like one in a URL or a header. Our own lines about
//! feeds contain none; this is for the messages of libraries.

use std::collections::BTreeSet;
use std::sync::{LazyLock, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use crate::address::without_user_info;

/// The minimum length of a hidden secret; shorter ones would match ordinary words.
const MIN_BYTES: usize = 6;

/// Matches values of parameters and headers that are usually secret.
static LOOKS_SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let value =
        r#"(?P<name>(?i:token|secret|passwd|password|api[_-]?key|access[_-]?key|signature|sig|auth)=)[^&\s"'\\]+"#;
    let header = r"(?P<scheme>(?i:bearer|basic)\s)[A-Za-z0-9._~+/=-]{8,}";
    Regex::new(&format!("{value}|{header}")).ok()
});

/// The values that no log line may contain, and one search for all of them: there may be thousands.
struct Hidden {
    secrets: BTreeSet<String>,
    search: Option<AhoCorasick>,
}

static HIDDEN: RwLock<Hidden> = RwLock::new(Hidden { secrets: BTreeSet::new(), search: None });

/// Adds values that no log line may contain.
pub(crate) fn hide(secrets: impl IntoIterator<Item = String>) {
    let mut hidden = HIDDEN.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = hidden.secrets.len();
    hidden.secrets.extend(secrets.into_iter().filter(|secret| secret.len() >= MIN_BYTES));
    if hidden.secrets.len() > before {
        // The longest first: one may be part of another.
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&hidden.secrets);
        // It fails only with more secrets than fit in memory.
        hidden.search = search.ok();
    }
}

/// Returns the line without secrets.
pub(super) fn clean(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let line = without_user_info(&line);
    let mut clean = match &*LOOKS_SECRET {
        Some(looks) => looks.replace_all(&line, "${name}${scheme}…").into_owned(),
        None => line.into_owned(),
    };
    let hidden = HIDDEN.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(search) = hidden.search.as_ref().filter(|search| search.is_match(&clean)) {
        clean = search.replace_all(&clean, &vec!["…"; hidden.secrets.len()]);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        hide(["pass phrase".to_owned(), "ab".to_owned()]);
        for (line, clean_line) in [
            ("no answer from https://me:pw@example.org/feed?x=1", "no answer from https://example.org/feed?x=1"),
            ("https://example.org/feed?token=abc&page=2 failed", "https://example.org/feed?token=…&page=2 failed"),
            ("Authorization: Bearer abcdef.ghijkl", "Authorization: Bearer …"),
            ("sasl says pass phrase, pass phrase", "sasl says …, …"),
            ("mail ab@example.org about https://example.org/@ab", "mail ab@example.org about https://example.org/@ab"),
            ("the token was taken", "the token was taken"),
        ] {
            assert_eq!(clean(line.as_bytes()), clean_line);
        }
    }
}
