use std::fmt::Write;
use std::time::Instant;

use chrono::DateTime;

use super::*;
use crate::article::from_entry;
use crate::config::load;
use crate::feed::{Entry, Feed, Person};
use crate::filter::{Decision, EntryFilter, Scope, Subject};
use crate::record::Article;

/// Reads a config with these rules; also returns its warnings.
fn with(rules: &str, feeds: &str) -> Result<(Vec<Rule>, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dateline.toml");
    std::fs::write(&file, rules).unwrap();
    std::fs::write(folder.path().join("feeds.toml"), feeds).unwrap();
    let shown = folder.path().display().to_string() + "/";
    let loaded = load(Some(&file)).map_err(|errors| errors.to_string().replace(&shown, ""))?;
    let mut rules = loaded.settings.rule.to_vec();
    rules.extend(loaded.feeds.configs().filter_map(|feed| feed.rules.as_deref()).flatten().cloned());
    Ok((rules, loaded.warnings.to_string().replace(&shown, "")))
}

const FEED: &str = "[[feed]]\nid = \"isles\"\nurl = \"https://isles.example/rss\"\n";

#[test]
fn every_key_is_read() {
    let rule = "[[rule]]\nid = \"r\"\naction = \"keep\"\nfeeds = [\"isles\"]\nlabels = \"sea\"\ntitle = [\"a\", { regex = 'b+' }]\n\
                url = \"/c/\"\nauthor = [\"d\"]\ncategory = [\"e\"]\ntext = [\"f\"]\nlanguage = [\"de\", \"pt-BR\"]\n\
                older_than = \"7d\"\nnewer_than = \"1h\"\nmin_words = 10\nmax_words = 20\n\n[rule.not]\ntitle = \"g\"\n";
    let (rules, warnings) = with(rule, &format!("{FEED}labels = [\"sea\"]\n")).unwrap();
    assert_eq!(warnings, "");
    let read = serde_json::to_value(&rules[0]).unwrap();
    let wanted = serde_json::json!({
        "id": "r", "action": "keep", "feeds": ["isles"], "labels": ["sea"], "title": ["a", { "regex": "b+" }],
        "url": ["/c/"], "author": ["d"], "category": ["e"], "text": ["f"], "language": ["de", "pt-BR"],
        "older_than": "7d", "newer_than": "1h", "min_words": 10, "max_words": 20, "not": { "title": ["g"] },
    });
    assert_eq!(read, wanted);
}

#[test]
fn a_feed_has_rules_of_its_own() {
    let feeds = format!(
        "{FEED}interval = \"5m\"\n[[feed.rule]]\naction = \"block\"\ntitle = \"x\"\n\n[[feed]]\nurl = \"https://b.example/\"\n"
    );
    let (rules, _) = with("", &feeds).unwrap();
    assert_eq!((rules.len(), &*rules[0].id), (1, &*rules[0].derived_id()));
    let error = with("", &feeds.replace("title = \"x\"", "labels = [\"x\"]")).unwrap_err();
    assert_eq!(error, "feeds.toml:7:1: a feed's own rule has no `labels`; write it as [[rule]] in the config");
}

#[test]
fn faults_have_the_place_of_their_value() {
    let rule = |rest: &str| format!("[[rule]]\naction = \"block\"\n{rest}\n");
    for (config, error) in [
        (
            rule("title = [\"a\", { regex = 'b(' }]"),
            "3:27: `title` value /b(/ is not a regular expression: unclosed group; write",
        ),
        (rule("title = { regex = '(i?)b' }"), "3:20: `title` value /(i?)b/ begins with `(i?)`"),
        (rule("title = [\n  \"a\",\n  \" \",\n]"), "5:3: `title` value \u{201c} \u{201d} is empty"),
        (rule("title = 5"), "3:9: `title` is a list of words and expressions"),
        (rule("title = []"), "3:9: `title` has no value"),
        (rule("titel = \"a\""), "3:1: unknown key `titel` in a rule; did you mean `title`?"),
        (rule("not = { labels = \"a\" }"), "3:9: unknown key `labels` in a rule; known keys are"),
        (rule("not = {}"), "3:1: `not` has no condition"),
        (rule(""), "1:1: a rule without a condition; write"),
        (rule("id = \"a b\"\ntitle = \"a\""), "3:6: `id` must be 1 to 80 letters"),
        (rule("language = \"german\""), "3:12: `german` is not a language tag"),
        (rule("older_than = \"week\""), "3:14: `older_than` is an age: `week` is not a duration"),
        (rule("min_words = -1"), "3:13: `min_words` is a number of words"),
        ("[[rule]]\ntitle = \"a\"\n".into(), "1:1: a rule without `action`"),
        ("[[rule]]\ntitle = \"a\"\naction = \"drop\"\n".into(), "3:10: `action` must be \"keep\" or \"block\""),
        (
            rule("id = \"a\"\ntitle = \"a\"") + &rule("id = \"a\"\ntitle = \"b\""),
            "5:1: the rule at dateline.toml:1:1 has the id `a` too",
        ),
        (rule("title = \"a\"") + &rule("title = \"a\""), "4:1: repeats the rule at dateline.toml:1:1"),
        ("rule = 5\n".into(), "1:8: rules are tables; write [[rule]]"),
        (
            "[[rules]]\naction = \"block\"\n".into(),
            "1:1: rules are tables named `rule`; write [[rule]] instead of [[rules]]",
        ),
    ] {
        let found = with(&config, FEED).unwrap_err();
        let wanted = format!("dateline.toml:{error}");
        assert!(found.starts_with(&wanted), "{config}\n{found}\n{wanted}");
    }
}

#[test]
fn a_rule_for_an_unknown_feed_or_label_is_a_warning() {
    let rule = "[[rule]]\naction = \"block\"\ntitle = \"a\"\nfeeds = [\"isles\", \"iles\"]\nlabels = [\"Coast\", \"land\"]\nid = \"r\"\n";
    let (_, warnings) = with(rule, &format!("{FEED}labels = [\"coast\"]\n")).unwrap();
    let wanted = "dateline.toml:1:1: the rule `r` is for the feed `iles`, which is not listed\n\
                  dateline.toml:1:1: the rule `r` is for the label `land`, which no feed has";
    assert_eq!(warnings, wanted);
}

#[test]
fn many_rules_load_fast() {
    let mut rules = String::new();
    for n in 0..10_000 {
        let _ = write!(
            rules,
            "[[rule]]\nid = \"r{n}\"\naction = \"block\"\ntitle = [\"word {n}\", {{ regex = '^no {n}: \\w+' }}]\n"
        );
    }
    let begun = Instant::now();
    let (rules, _) = with(&rules, FEED).unwrap();
    assert_eq!(rules.len(), 10_000);
    // The figure is for an idle machine and an optimized build: this only finds what grows with the square.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// Vocabulary of the entries that are measured.
const WORDS: [&str; 40] = [
    "council",
    "harbour",
    "minister",
    "election",
    "ferry",
    "budget",
    "school",
    "hospital",
    "strike",
    "island",
    "storm",
    "factory",
    "court",
    "appeal",
    "museum",
    "festival",
    "border",
    "treaty",
    "union",
    "worker",
    "bridge",
    "railway",
    "airport",
    "climate",
    "energy",
    "price",
    "market",
    "bank",
    "Zürich",
    "économie",
    "señor",
    "league",
    "final",
    "champion",
    "goal",
    "coach",
    "season",
    "ticket",
    "review",
    "album",
];

/// Returns `count` words, others for each `seed`.
fn sentence(seed: usize, count: usize) -> String {
    let word = |n: usize| WORDS[(seed.wrapping_mul(31) + n * n * 7 + n * 13) % WORDS.len()];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

/// Returns an entry and its article.
fn story(seed: usize) -> (Entry, Article) {
    let entry = Entry {
        title: Some(format!("Live: {}", sentence(seed, 8))),
        link: Some(format!("https://news.example/{}/{seed}/{}", WORDS[seed % 40], sentence(seed, 4).replace(' ', "-"))),
        authors: vec![Person { name: Some("Anna Lindqvist".into()), email: None, url: None }],
        categories: vec![WORDS[seed % 40].into(), WORDS[(seed + 7) % 40].into(), "World news".into()],
        summary: Some(format!("<p>{}.</p>", sentence(seed, 40))),
        language: Some("en".into()),
        published: DateTime::from_timestamp(1_750_000_000, 0),
        ..Entry::default()
    };
    let full = Entry {
        content: Some(format!("<p>{}.</p><p>{}.</p>", sentence(seed + 1, 200), sentence(seed + 2, 200))),
        ..entry.clone()
    };
    (entry, from_entry(&full, &Feed::default(), "f"))
}

/// Returns 100 rules as editors write them, on all fields; few match.
fn hundred() -> Vec<Rule> {
    let mut text = String::new();
    for n in 0..100 {
        let conditions = match n % 20 {
            0..=7 => format!("title = [\"sponsored {n}\", \"horoscope {n}\", \"deal of day {n}\"]"),
            8..=10 => format!("title = [{{ regex = '^(Opinion|Podcast) {n}: ' }}]"),
            11 => format!("title = [{{ regex = '\\b\\d+ (best|worst) \\w+ of {n}' }}]"),
            12..=13 => format!("url = [\"/sport{n}/\", {{ regex = '[?&]utm_{n}=' }}]"),
            14..=16 => format!("category = [\"celebrity {n}\", \"gossip {n}\"]"),
            17 => format!("author = [\"robot {n}\"]\nolder_than = \"30d\""),
            18 => format!("text = [\"in cooperation with brand {n}\", \"advertisement {n}\"]"),
            _ => format!("text = [{{ regex = 'promo code \\w+{n}' }}]\nlanguage = [\"en\"]"),
        };
        let _ = write!(text, "[[rule]]\nid = \"r{n}\"\naction = \"block\"\n{conditions}\n");
    }
    with(&text, FEED).unwrap().0
}

/// Decides about entries before and after their pages are read; returns the decisions, and the seconds of each.
fn decide(stories: &[(Entry, Article)]) -> ([Vec<Decision>; 2], [f64; 2]) {
    let rules = hundred();
    let filter = EntryFilter::new(&rules, []);
    let scope = Scope { feed: "isles", labels: &[] };
    let at = DateTime::from_timestamp(1_750_000_100, 0).unwrap();
    let begun = Instant::now();
    let before = stories.iter().map(|(entry, _)| filter.decide(scope, &Subject::entry(entry, at))).collect();
    let between = begun.elapsed().as_secs_f64();
    let after = stories.iter().map(|(entry, article)| filter.decide(scope, &Subject::with_article(entry, article, at)));
    let after = after.collect();
    ([before, after], [between, begun.elapsed().as_secs_f64() - between])
}

#[test]
fn a_hundred_rules_decide_about_entries_and_articles() {
    let mut stories: Vec<(Entry, Article)> = (0..40).map(story).collect();
    stories[7].0.title = Some("A horoscope 3 for all".into());
    stories[9].1.text.push_str(" Use the promo code SAVE19 now.");
    let ([before, after], _) = decide(&stories);
    let blocked = |id: &str| Decision::Blocked(Some(id.into()));
    for n in 0..40 {
        let wanted = match n {
            7 => [blocked("r3"), blocked("r3")],
            9 => [Decision::Undecided, blocked("r19")],
            _ => [Decision::Undecided, Decision::Kept(None)],
        };
        assert_eq!([before[n].clone(), after[n].clone()], wanted, "{n}");
    }
}

#[test]
#[ignore = "a measurement: needs an optimized build and an idle machine"]
#[expect(clippy::print_stdout, reason = "it prints the figures")]
fn measure_rules() {
    let stories: Vec<(Entry, Article)> = (0..20_000).map(story).collect();
    decide(&stories[..100]);
    let (_, seconds) = decide(&stories);
    for (when, seconds) in ["before the page is read", "with the article's text of 400 words"].into_iter().zip(seconds)
    {
        let rate = stories.len() as f64 / seconds;
        println!("100 rules, {when}: {rate:.0} entries a second on one core");
        assert!(rate >= 10_000.0, "100 rules, {when}: {rate:.0} entries a second");
    }
    let mut rules = String::new();
    for n in 0..10_000 {
        let line = match n % 4 {
            0 => format!("title = [\"word {n}\", \"other words {n}\"]"),
            1 => format!("title = [{{ regex = '^no {n}: \\w+' }}]"),
            2 => format!("url = [\"/path{n}/\"]"),
            _ => format!("text = [\"advertisement {n}\"]\nlanguage = [\"en\"]"),
        };
        let _ = write!(rules, "[[rule]]\nid = \"r{n}\"\naction = \"block\"\n{line}\n");
    }
    let begun = Instant::now();
    let (rules, _) = with(&rules, FEED).unwrap();
    let loaded = begun.elapsed();
    let filter = EntryFilter::new(&rules, []);
    let compiled = begun.elapsed();
    assert!(compiled.as_secs_f64() < 1.0, "10,000 rules are compiled after {compiled:?}");
    let scope = Scope { feed: "isles", labels: &[] };
    let first =
        |n: usize| filter.decide(scope, &Subject::with_article(&stories[n].0, &stories[n].1, DateTime::UNIX_EPOCH));
    first(0);
    let ready = begun.elapsed();
    let begun = Instant::now();
    (1..1_001).for_each(|n| drop(first(n)));
    println!(
        "10,000 rules: read and checked in {loaded:?}, compiled after {compiled:?}, first decision after {ready:?}, then {:.0} articles a second",
        1_000.0 / begun.elapsed().as_secs_f64()
    );
}
