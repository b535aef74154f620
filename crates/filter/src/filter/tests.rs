use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dateline_article::from_entry;
use dateline_feed::{Entry, Feed, Person};

use super::*;
use crate::Pattern;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn words(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::Words((*text).into())).collect()
}

fn regex(text: &str) -> Vec<Pattern> {
    vec![Pattern::Regex(text.into())]
}

fn rule(id: &str, action: Action, conditions: Conditions) -> Rule {
    Rule { id: id.into(), action, conditions, ..Rule::default() }
}

fn block(id: &str, conditions: Conditions) -> Rule {
    rule(id, Action::Block, conditions)
}

fn keep(id: &str, conditions: Conditions) -> Rule {
    rule(id, Action::Keep, conditions)
}

fn ferry() -> Entry {
    Entry {
        title: Some("Économie: the ferry STAYS in harbour".into()),
        link: Some("https://isles.example/transport/1?a=b".into()),
        authors: vec![Person {
            name: Some("Anna Lindqvist".into()),
            email: Some("anna@isles.example".into()),
            url: None,
        }],
        categories: vec!["Sea".into(), "Promocje dnia".into()],
        summary: Some("The owner <b>of the ship</b> waits.".into()),
        published: Some(now() - TimeDelta::hours(5)),
        ..Entry::default()
    }
}

const ISLES: Scope<'_> = Scope { feed: "isles", labels: &[] };

fn decide(rules: &[Rule], entry: &Entry) -> Decision {
    EntryFilter::new(rules, []).decide(ISLES, &Subject::entry(entry, now()))
}

fn blocked(id: &str) -> Decision {
    Decision::Blocked(Some(Arc::from(id)))
}

fn kept(id: &str) -> Decision {
    Decision::Kept(Some(Arc::from(id)))
}

#[test]
fn each_condition_looks_at_its_field() {
    type Of = Conditions;
    let hours = |hours: u64| Some(Duration::from_secs(hours * 3_600));
    for (holds, conditions) in [
        (true, Of { title: words(&["economie"]), ..Of::default() }),
        (true, Of { title: words(&["opera", "stays in  Harbour"]), ..Of::default() }),
        (false, Of { title: words(&["harbo"]), ..Of::default() }),
        (false, Of { title: words(&["ship"]), ..Of::default() }),
        (true, Of { title: regex(r"stays .* harbou?r$"), ..Of::default() }),
        (false, Of { title: regex("(?-i)stays"), ..Of::default() }),
        (true, Of { url: words(&["/transport/"]), ..Of::default() }),
        (false, Of { url: words(&["sport"]), ..Of::default() }),
        (true, Of { url: regex(r"[?&]a=\w"), ..Of::default() }),
        (true, Of { author: words(&["lindqvist"]), ..Of::default() }),
        (true, Of { author: words(&["anna@isles.example"]), ..Of::default() }),
        (true, Of { category: words(&["promocje dnia"]), ..Of::default() }),
        (true, Of { category: regex("^sea$"), ..Of::default() }),
        (false, Of { category: regex("^dnia$"), ..Of::default() }),
        (true, Of { text: words(&["owner of the ship"]), ..Of::default() }),
        (true, Of { text: words(&["ferry"]), ..Of::default() }),
        (true, Of { older_than: hours(4), ..Of::default() }),
        (false, Of { older_than: hours(6), ..Of::default() }),
        (true, Of { newer_than: hours(6), ..Of::default() }),
        (false, Of { newer_than: hours(0), ..Of::default() }),
        (true, Of { title: words(&["ferry"]), author: words(&["anna"]), ..Of::default() }),
        (false, Of { title: words(&["ferry"]), author: words(&["peter"]), ..Of::default() }),
    ] {
        let wanted = if holds { blocked("r") } else { Decision::Kept(None) };
        assert_eq!(decide(&[block("r", conditions.clone())], &ferry()), wanted, "{conditions}");
    }
    let undated = Entry { published: None, ..ferry() };
    for conditions in [Of { older_than: hours(0), ..Of::default() }, Of { newer_than: hours(9), ..Of::default() }] {
        assert_eq!(decide(&[block("r", conditions)], &undated), Decision::Kept(None), "an unknown age matches nothing");
    }
}

#[test]
fn block_rules_come_first_and_keep_rules_exclude_the_rest() {
    let ferry_title = || Conditions { title: words(&["ferry"]), ..Conditions::default() };
    let sea = || Conditions { category: words(&["sea"]), ..Conditions::default() };
    let opera = || Conditions { title: words(&["opera"]), ..Conditions::default() };
    for (rules, wanted) in [
        (vec![], Decision::Kept(None)),
        (vec![keep("k", ferry_title()), block("b", sea())], blocked("b")),
        (vec![block("b", opera()), keep("k", ferry_title())], kept("k")),
        (vec![keep("k", opera()), keep("l", sea())], kept("l")),
        (vec![keep("k", opera())], Decision::Blocked(None)),
        (vec![block("b", opera())], Decision::Kept(None)),
    ] {
        assert_eq!(decide(&rules, &ferry()), wanted, "{rules:?}");
    }
    let but_anna = Rule {
        not: Some(Box::new(Conditions { author: words(&["anna"]), ..Conditions::default() })),
        ..block("b", sea())
    };
    assert_eq!(decide(std::slice::from_ref(&but_anna), &ferry()), Decision::Kept(None));
    assert_eq!(decide(&[but_anna], &Entry { authors: Vec::new(), ..ferry() }), blocked("b"));
}

#[test]
fn what_depends_on_the_text_is_undecided_until_it_is_read() {
    let text = || Conditions { text: words(&["captain"]), ..Conditions::default() };
    let long = || Conditions { min_words: Some(5), ..Conditions::default() };
    let english = || Conditions { language: vec!["en".into()], ..Conditions::default() };
    let opera = || Conditions { title: words(&["opera"]), ..Conditions::default() };
    let entry = ferry();
    let article = from_entry(
        &Entry {
            content: Some("<p>The captain said on Tuesday that the ship stays where it is for now.</p>".into()),
            ..ferry()
        },
        &Feed { language: Some("en".into()), ..Feed::default() },
        "isles",
    );
    for (rules, before, after) in [
        (vec![block("t", text())], Decision::Undecided, blocked("t")),
        (vec![block("w", long())], Decision::Undecided, blocked("w")),
        (vec![keep("l", english())], Decision::Undecided, kept("l")),
        // No text can change that it is blocked.
        (vec![block("t", text()), keep("k", opera())], Decision::Blocked(None), blocked("t")),
        (
            vec![keep("t", text()), block("b", Conditions { title: words(&["ferry"]), ..Conditions::default() })],
            blocked("b"),
            blocked("b"),
        ),
        (
            vec![block("t", Conditions { title: words(&["opera"]), ..text() })],
            Decision::Kept(None),
            Decision::Kept(None),
        ),
    ] {
        let filter = EntryFilter::new(&rules, []);
        assert_eq!(filter.decide(ISLES, &Subject::entry(&entry, now())), before, "{rules:?}");
        assert_eq!(filter.decide(ISLES, &Subject::with_article(&entry, &article, now())), after, "{rules:?}");
    }
    let stated = Entry { language: Some("en-GB".into()), ..ferry() };
    assert_eq!(decide(&[keep("l", english())], &stated), kept("l"));
    let other = Entry { language: Some("enm".into()), ..ferry() };
    assert_eq!(decide(&[keep("l", english())], &other), Decision::Blocked(None));
}

#[test]
fn rules_apply_to_the_feeds_that_they_name() {
    let ferry_title = || Conditions { title: words(&["ferry"]), ..Conditions::default() };
    let of_feed = Rule { feeds: vec!["isles".into()], ..block("f", ferry_title()) };
    let of_label = Rule { labels: vec!["sea".into(), "coast".into()], ..block("l", ferry_title()) };
    let own = block("own", ferry_title());
    let filter = EntryFilter::new([&of_feed, &of_label], [("mine", &own)]);
    for (feed, of, wanted) in [
        ("isles", &[][..], blocked("f")),
        ("isles", &["Sea", "coast"], blocked("f")),
        ("else", &["coast"], blocked("l")),
        ("mine", &[][..], blocked("mine/own")),
        ("else", &["land"], Decision::Kept(None)),
    ] {
        let scope = Scope { feed, labels: of };
        assert_eq!(filter.decide(scope, &Subject::entry(&ferry(), now())), wanted, "{feed} {of:?}");
        assert_eq!(filter.applies_to(scope), wanted != Decision::Kept(None));
    }
    let scope = Scope { feed: "isles", labels: &["Sea", "coast"] };
    assert_eq!(filter.rules_for(scope).map(|rule| &*rule.name).collect::<Vec<_>>(), ["f", "l"]);
}

#[test]
fn names_without_ids_stay_the_same() {
    let one = block("", Conditions { title: words(&["ferry"]), ..Conditions::default() });
    let id = one.derived_id();
    assert!(id.starts_with("block-title-") && id.len() == 20, "{id}");
    assert_eq!(Rule { id: "x".into(), ..one.clone() }.derived_id(), id);
    let other = block("", Conditions { title: words(&["ferries"]), ..Conditions::default() });
    assert_ne!(other.derived_id(), id);
    let said = Rule { not: Some(Box::new(Conditions { author: regex("^a"), ..Conditions::default() })), ..one };
    assert_eq!(said.to_string(), "title: \u{201c}ferry\u{201d}; not (author: /^a/)");
}
