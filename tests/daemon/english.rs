//! Refuses phrases that are not plain English, in code, texts, documentation and comments. CONTRIBUTING.md has the rules.
//!
//! A phrase is found whatever separates its words: a space, the underscore of a name, or a line break in a comment.
//! Capital letters do not matter.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Refused phrases as regular expressions, each with what to write instead. A space stands for any separator.
const REFUSED: &[(&str, &str)] = &[
    ("(is|are|was|were|be|been|being|gets) told", "is reported, is announced, is logged"),
    ("told from", "distinguished from"),
    ("anew", "again"),
    ("(let|lets|letting) go( of)?", "release, revoke, give up"),
    ("(cannot|could not|can|not to) be had", "could not be fetched, is unavailable"),
    ("(laid|lays|lay|laying) down", "stored, queued, defined"),
    ("what is gone", "what was deleted, what was removed"),
    ("look(s|ed|ing)? round", "checks, runs"),
    ("bears?", "has, accepts"),
    ("(is|are|was|were) to be", "must be, will be"),
    ("for who(m|ever)? asks", "for clients that ask"),
    ("any more than", "and neither does"),
    ("(see|sees|saw) to", "check, handle"),
    ("tried (again )?until", "retried until"),
    ("(is|are|was|were) away", "is unreachable"),
    ("(passes|passed|passing) over", "skip, ignore"),
    ("(is|are|was|were) sought", "is searched for"),
    ("of (its|their|one's) own accord", "by itself, without being asked"),
    ("of one's own", "your own"),
    ("there(of|in|upon|by)", "of it, in it, then, by this"),
    ("where(of|in|upon|by)", "of which, in which, after which, by which"),
    ("(listed|served|kept|pushed|shown|wanted|asked|used|needed) no more", "no longer listed, no longer served"),
    ("ask(s|ed)? for patience", "asked to wait"),
    ("stand(s|ing)? still", "stops, pauses"),
    ("tidings", "news"),
    ("lest", "so that … not"),
    ("(is|are|was) no (more|good|use)", "no longer is, does not work"),
    ("shards?", "site (the domain), state partition"),
    ("slots", "state partitions"),
];

/// "is no" before a noun: "this is no feed". Right is "this is not a feed".
const NEGATED_NOUN: &str = r"(?i)(there )?\b(is|are|was|were) no ([a-z]+)";

/// Text that is right although a phrase matches: what it must contain.
const ALLOWED: &[&str] = &["__slots__", "| ✗ ", "The bill of nine million is to be met", "you will know no more"];

/// What is read, from the root of the repository.
const ROOTS: &[&str] = &[
    ".ci",
    "benches",
    "config",
    "crates",
    "deploy",
    "docs",
    "examples",
    "models",
    "src",
    "tests",
    "training",
    "build.rs",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "SECURITY.md",
    "askama.toml",
    "deny.toml",
];
/// Kinds of files that are read. Lists (`.txt`) are data.
const KINDS: &[&str] =
    &["rs", "md", "toml", "html", "js", "css", "sh", "py", "yml", "yaml", "json", "sql", "service", "c", "java", "svg"];
/// Folders that are not read: published schemas never change, fixtures and texts are other people's.
const LEFT_OUT: &[&str] = &["published", "fixtures", "stories", "target", "node_modules"];

/// Returns the files to check.
fn files(path: &Path, found: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() {
        if !LEFT_OUT.contains(&name.as_str()) {
            let mut inside: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
            inside.sort();
            for path in inside {
                files(&path, found);
            }
        }
        return;
    }
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    if (KINDS.contains(&kind) || path.ends_with(".ci/run") || name == "Dockerfile") && name != "english.rs" {
        found.push(path.to_owned());
    }
}

/// Returns the phrases with what to write instead, compiled.
fn refused() -> Vec<(Regex, &'static str)> {
    let between = r"(?:[ _]|[ \t]*\n[ \t]*(?:///?!?|//!|#|\*|\\)?[ \t]*)";
    let whole = |phrase: &str| format!(r"(?i)(?:^|[^a-z])({})(?:[^a-z]|$)", phrase.replace(' ', between));
    REFUSED.iter().map(|(phrase, instead)| (Regex::new(&whole(phrase)).unwrap(), *instead)).collect()
}

/// Returns the refused phrases of a text: the offset, the phrase, and what to write instead.
fn found(text: &str, refused: &[(Regex, &'static str)], negated: &Regex) -> Vec<(usize, String, String)> {
    let mut all = Vec::new();
    for (phrase, instead) in refused {
        for found in phrase.captures_iter(text) {
            let words = found.get(1).unwrap();
            all.push((words.start(), words.as_str().to_owned(), (*instead).to_owned()));
        }
    }
    for found in negated.captures_iter(text) {
        let (verb, noun) = (&found[2], &found[3]);
        if found.get(1).is_none() && !["longer", "matter", "doubt"].contains(&noun) {
            all.push((found.get(0).unwrap().start(), found[0].to_owned(), format!("{verb} not a {noun}")));
        }
    }
    let line = |at: usize| {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        &text[text[..at].rfind('\n').map_or(0, |start| start + 1)..end]
    };
    all.retain(|(at, ..)| !ALLOWED.iter().any(|allowed| line(*at).contains(allowed)));
    all.sort();
    all
}

#[test]
fn english_is_plain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ROOTS.iter().map(|path| root.join(path)).filter(|path| path.exists()).for_each(|path| files(&path, &mut paths));
    assert!(paths.len() > 300, "{} files read", paths.len());
    let (refused, negated) = (refused(), Regex::new(NEGATED_NOUN).unwrap());
    let (mut report, mut count) = (String::new(), 0);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root).unwrap().display();
        for (at, phrase, instead) in found(&text, &refused, &negated) {
            let line = text[..at].matches('\n').count() + 1;
            let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(report, "{name}:{line}: {phrase} → {instead}").unwrap();
            count += 1;
        }
    }
    assert!(report.is_empty(), "{count} refused phrases:\n{report}");
}

#[test]
fn phrases_are_found_over_line_breaks_and_in_names() {
    let (refused, negated) = (refused(), Regex::new(NEGATED_NOUN).unwrap());
    let of = |text: &str| {
        found(text, &refused, &negated).into_iter().map(|(at, _, instead)| (at, instead)).collect::<Vec<_>>()
    };
    for (text, at) in [
        ("/// The fault is\n    /// told twice.", Some(14)),
        ("fn a_panic_is_told() {}", Some(11)),
        ("Started Anew.", Some(8)),
        ("this is no feed", Some(5)),
        ("there is no feed, and it is no longer listed", None),
        ("she told reporters that a renewal was due", None),
        ("forbears, unbearable, behold", None),
    ] {
        assert_eq!(of(text).first().map(|(at, _)| *at), at, "{text}: {:?}", of(text));
    }
}
