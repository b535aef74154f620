//! Finds names that the tagger missed, by their form: "UpSnip", an invented word in a headline, a lower-case brand that
//! is the subject of a verb of saying.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use dateline_model::names::{is_first_name, is_headline, is_lower, is_unknown};
use dateline_model::{Kind, Name, lexicon};
use dateline_text::Document;

/// The shortest made-up word that is taken for a name, in characters.
const LEAST: usize = 4;
/// The maximum number of tokens of a name that headlines are searched for.
const LONGEST: usize = 6;
/// Verbs whose subject is somebody, in the forms of news.
const SPEAKS: [&str; 14] = [
    "said",
    "says",
    "told",
    "announced",
    "announces",
    "reported",
    "reports",
    "confirmed",
    "confirms",
    "denied",
    "denies",
    "declined",
    "warned",
    "warns",
];
/// Words after which a headline names whom it is about.
const BEFORE: [&str; 10] = ["Of", "With", "By", "From", "For", "At", "of", "with", "by", "from"];

/// Adds the names that shape and headlines give away, and takes lone made-up words of headlines for organisations.
pub(super) fn add(document: &Document, names: &mut Vec<Name>) {
    let mut covered = vec![false; document.tokens().len()];
    for name in names.iter() {
        covered[name.tokens.clone()].fill(true);
    }
    let mut fresh: Vec<Name> = Vec::new();
    let known = forms(document, names);
    for sentence in document.sentences() {
        let headline = is_headline(document, sentence);
        let mut at = sentence.start;
        while at < sentence.end {
            let found = if covered[at] {
                None
            } else {
                let elsewhere = || headline.then(|| named_elsewhere(document, &known, sentence, at)).flatten();
                elsewhere().or_else(|| shaped(document, sentence, at, headline))
            };
            let found = found.filter(|name| name.tokens.clone().all(|token| !covered[token]));
            at = found.as_ref().map_or(at + 1, |name| name.tokens.end);
            fresh.extend(found);
        }
        if headline {
            as_organisations(document, sentence, names);
        }
    }
    if !fresh.is_empty() {
        names.append(&mut fresh);
        names.sort_by_key(|name| name.tokens.start);
    }
}

/// Returns the names of the text by their first word.
fn forms<'a>(document: &'a Document, names: &[Name]) -> HashMap<&'a str, Vec<(Vec<&'a str>, Kind)>> {
    let mut forms: HashMap<&str, Vec<(Vec<&str>, Kind)>> = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for name in names.iter().filter(|name| name.tokens.len() <= LONGEST) {
        let first = document.word(name.tokens.start);
        let plain = is_lower(first) || lexicon().common.contains(&*first.to_lowercase());
        if name.tokens.len() == 1 && plain || !seen.insert(document.words(&name.tokens)) {
            continue;
        }
        let list = forms.entry(first).or_default();
        if list.len() < LONGEST {
            list.push((name.tokens.clone().map(|token| document.word(token)).collect(), name.kind));
        }
    }
    forms
}

/// Returns the longest name of the text that stands at a token.
fn named_elsewhere(
    document: &Document,
    known: &HashMap<&str, Vec<(Vec<&str>, Kind)>>,
    sentence: &Range<usize>,
    at: usize,
) -> Option<Name> {
    let fits = |form: &&(Vec<&str>, Kind)| {
        at + form.0.len() <= sentence.end && (at..).zip(&form.0).all(|(token, word)| document.word(token) == *word)
    };
    let (words, kind) = known.get(document.word(at))?.iter().filter(fits).max_by_key(|form| form.0.len())?;
    Some(Name { tokens: at..at + words.len(), kind: *kind })
}

/// Returns an organisation by its shape.
fn shaped(document: &Document, sentence: &Range<usize>, at: usize, headline: bool) -> Option<Name> {
    if !headline && at > sentence.start {
        return None;
    }
    let word = document.word(at);
    let next = document.word(at + 1);
    let made_up = || word.chars().count() >= LEAST && word.chars().all(char::is_alphabetic) && is_unknown(word);
    let speaks = at + 1 < sentence.end && SPEAKS.contains(&&*next.to_lowercase());
    let subject = at == sentence.start && (speaks || headline && next.ends_with('s') && is_lower(next));
    let fits = if word.starts_with(char::is_uppercase) {
        headline
            && ((subject || at > sentence.start && BEFORE.contains(&document.word(at - 1))) && made_up()
                || is_camel(word) && !is_lower(word))
    } else {
        document.tokens()[at].is_word
            && at == sentence.start
            && speaks
            && (made_up() || is_camel(word) && !is_lower(word))
    };
    fits.then(|| Name { tokens: at..at + 1, kind: Kind::Organisation })
}

/// Takes a made-up word for an organisation that opens a headline and acts there; a person is named more fully.
fn as_organisations(document: &Document, sentence: &Range<usize>, names: &mut [Name]) {
    let at = names.partition_point(|name| name.tokens.start < sentence.start);
    let Some(name) = names.get_mut(at).filter(|name| name.tokens == (sentence.start..sentence.start + 1)) else {
        return;
    };
    let word = document.word(name.tokens.start);
    let next = document.word(
        name.tokens.end
            + usize::from(document.word(name.tokens.end).ends_with('s') && document.word(name.tokens.end).len() <= 4),
    );
    if name.kind == Kind::Person && is_unknown(word) && !is_first_name(word) && next.ends_with('s') && is_lower(next) {
        name.kind = Kind::Organisation;
    }
}

/// Returns whether a word changes case as brands do: "UpSnip", "iRobot", "a16z"; not "McDonald", "DeSantis", "O'Neill".
fn is_camel(word: &str) -> bool {
    const PREFIXES: [&str; 9] = ["Mc", "Mac", "De", "Di", "La", "Le", "Van", "Fitz", "O"];
    let inner = word.char_indices().skip(1).find(|(_, c)| c.is_uppercase() || c.is_ascii_digit());
    let plain = word.chars().all(char::is_alphanumeric) && word.chars().any(char::is_lowercase);
    plain
        && word.chars().count() > 2
        && inner.is_some_and(|(at, _)| word[..at].chars().any(char::is_lowercase) && !PREFIXES.contains(&&word[..at]))
}
