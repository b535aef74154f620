//! The words that introduce speech, and their dictionary forms.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::local::lists::Lists;

/// The maximum number of letters of a listed form.
const LONGEST: usize = 16;

/// Returns the dictionary form of a verb that introduces speech, given one of its forms in lower case.
pub(super) fn known(form: &str) -> Option<&'static str> {
    static VERBS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        let mut verbs = HashMap::new();
        for line in include_str!("cues.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let Some(lemma) = words.next() else { continue };
            for form in words {
                verbs.entry(form).or_insert(lemma);
            }
        }
        verbs
    });
    if form.len() > LONGEST { None } else { VERBS.get(form).copied() }
}

/// Returns the dictionary form of a cue's head word in a language beside English.
pub(super) fn lemma_in(word: &str, lists: &Lists) -> String {
    let lower = word.to_lowercase();
    // "dit-il": the clitic does not belong to the verb.
    let verb = lower.split('-').next().unwrap_or(&lower);
    let listed = lists.cues.get(&*lower).or_else(|| lists.cues.get(verb));
    listed.map_or(lower.clone(), |lemma| (*lemma).to_owned())
}

/// Returns the dictionary form of a cue's head word.
pub(super) fn lemma(word: &str) -> Cow<'static, str> {
    let lower = word.to_lowercase();
    match known(&lower) {
        Some("according") => "according to".into(),
        Some(lemma) => lemma.into(),
        // A colon or dash in a headline.
        None if !lower.chars().any(char::is_alphanumeric) => "say".into(),
        None => regular(&lower).into(),
    }
}

/// Returns the base of a regular verb form.
fn regular(word: &str) -> String {
    let Some(stem) = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing")).filter(|stem| stem.len() > 2) else {
        return match word.strip_suffix("ies") {
            Some(stem) if stem.len() > 1 => format!("{stem}y"),
            _ => {
                word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(word).to_owned()
            }
        };
    };
    if let Some(stem) = stem.strip_suffix('i') {
        return format!("{stem}y");
    }
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    let last: Vec<char> = stem.chars().rev().take(3).collect();
    let &[end, middle, before] = &last[..] else { return stem.to_owned() };
    // "grinned", "fumed"; but "boomed", "barked", "offered".
    if end == middle && !matches!(end, 'l' | 's' | 'f' | 'z') {
        return stem[..stem.len() - end.len_utf8()].to_owned();
    }
    let weak = ["er", "en", "el", "or", "it", "al"].iter().any(|ending| stem.ends_with(ending));
    let silent = !vowel(end) && vowel(middle) && !vowel(before) && !weak && !matches!(end, 'w' | 'x' | 'y')
        || matches!(end, 'v' | 'z' | 'u')
        || matches!(end, 'c' | 'g' | 's') && (middle == 'n' || middle == 'r' || vowel(middle));
    if silent { format!("{stem}e") } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionary_forms() {
        for (word, want) in [
            ("said", "say"),
            ("Says", "say"),
            ("according", "according to"),
            (":", "say"),
            ("fumed", "fume"),
            ("boomed", "boom"),
            ("barked", "bark"),
            ("beamed", "beam"),
            ("grinned", "grin"),
            ("offered", "offer"),
            ("cried", "cry"),
            ("raged", "rage"),
            ("announcing", "announce"),
            ("intoned", "intone"),
            ("decries", "decry"),
            ("muses", "muse"),
            ("thunders", "thunder"),
            ("spoke", "spoke"),
        ] {
            assert_eq!(lemma(word), want, "{word}");
        }
    }
}
