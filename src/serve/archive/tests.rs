//! Tests of the archive as a whole.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::serve::label_filter::LabelFilter;

fn story(number: u64, id: u128, revision: u32, said: &[(&str, Option<&str>)]) -> StoryView {
    let id = Uuid::from_u128(id);
    let article = json!({
        "id": id, "revision": revision, "pubstatus": "usable", "content_source": "page", "text": "Text", "word_count": 1,
        "headline": format!("Story {number}"), "publisher": "The Post", "published": "2025-06-03T10:00:00Z",
        "feed": { "id": "post", "url": "https://example.org/", "title": null }
    });
    let quote = |(text, speaker): &(&str, Option<&str>)| {
        let speaker = speaker.map(|name| json!({ "name": name, "entity_id": null, "start": 0, "end": 1, "text": name, "role": null, "confidence": 1.0 }));
        serde_json::from_value(json!({
            "id": text, "type": "direct", "segments": [], "text": text, "quoted": [], "speaker": speaker, "cue": null, "block": 0,
            "confidence": 1.0
        }))
        .unwrap()
    };
    let entities = serde_json::from_value(json!({ "article_id": id, "revision": revision, "entities": [] })).unwrap();
    let article = Box::new(serde_json::from_value(article).unwrap());
    StoryView { number, article, entities, quotes: said.iter().map(quote).collect() }
}

fn archive(window: u64, stories: Vec<StoryView>) -> Archive {
    let archive = Archive::open(window, Some(Box::new(stories.into_iter()))).unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !archive.is_filled() {
        assert!(std::time::Instant::now() < until, "never filled");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    archive
}

fn found(archive: &Archive, asked: &QuoteQuery) -> Vec<String> {
    archive.search(asked, 50).into_iter().map(|hit| hit.text).collect()
}

#[test]
fn what_was_said_is_found_by_words_speaker_source_and_day() {
    let archive = archive(
        100,
        vec![
            story(1, 1, 1, &[("We will rebuild the café", Some("Maria Keller")), ("Nobody knows", None)]),
            story(2, 2, 1, &[("The mill turns again", Some("Jonas Keller"))]),
        ],
    );
    let by = |q: &str, speaker: &str| {
        found(&archive, &QuoteQuery { q: q.into(), speaker: speaker.into(), ..QuoteQuery::default() })
    };
    assert_eq!(by("CAFE", ""), ["We will rebuild the café"]);
    assert_eq!(by("rebui", ""), ["We will rebuild the café"]);
    assert_eq!(by("\"rebuild the\"", ""), ["We will rebuild the café"]);
    assert_eq!(by("\"the rebuild\"", ""), [""; 0]);
    assert_eq!(by("", "keller"), ["The mill turns again", "We will rebuild the café"]);
    assert_eq!(by("mill", "maria keller"), [""; 0]);
    assert_eq!(by("' OR 1 --", ""), [""; 0]);
    assert_eq!(by("", "").len(), 3);
    let of = |q: &str, source: &str| {
        found(
            &archive,
            &QuoteQuery { q: q.into(), source: source.into(), speaker: "keller".into(), ..QuoteQuery::default() },
        )
    };
    assert_eq!(of("", "Post"), ["The mill turns again", "We will rebuild the café"]);
    assert_eq!(of("mill", "post"), ["The mill turns again"]);
    assert_eq!(of("mill", "herald"), [""; 0]);
    assert_eq!(of("', NULL) --", "', NULL) --"), [""; 0]);
    let asked = |source: &str, from: &str, to: &str| {
        let asked = QuoteQuery { source: source.into(), from: from.into(), to: to.into(), ..QuoteQuery::default() };
        found(&archive, &asked).len()
    };
    assert_eq!((asked("the po", "", ""), asked("post", "", ""), asked("herald", "", "")), (3, 3, 0));
    assert_eq!(
        (asked("", "2025-06-03", "2025-06-03"), asked("", "2025-06-04", ""), asked("", "", "2025-06-02")),
        (3, 0, 0)
    );
    let speakers = archive.speakers(10);
    assert_eq!(speakers.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["Jonas Keller", "Maria Keller"]);
    let first = archive.search(&QuoteQuery::default(), 1);
    let next = QuoteQuery { before: Some(first[0].place), ..QuoteQuery::default() };
    assert_eq!(found(&archive, &next).len(), 2);
}

#[test]
fn a_new_revision_takes_back_what_the_old_one_said() {
    let archive = archive(100, vec![story(1, 7, 1, &[("Old words", None)]), story(2, 7, 2, &[("New words", None)])]);
    assert_eq!(found(&archive, &QuoteQuery { q: "words".into(), ..QuoteQuery::default() }), ["New words"]);
    assert_eq!(found(&archive, &QuoteQuery { source: "post".into(), ..QuoteQuery::default() }), ["New words"]);
    let revisions: Vec<u32> = archive.revisions(Uuid::from_u128(7)).iter().map(|head| head.revision).collect();
    assert_eq!(revisions, [2, 1]);
    assert_eq!(archive.story(1).unwrap().article.revision, 1);
}

#[test]
fn the_words_of_a_withdrawn_story_are_no_longer_kept() {
    let mut withdrawn = story(2, 7, 2, &[]);
    withdrawn.article.pubstatus = crate::record::PubStatus::Canceled;
    let archive = archive(100, vec![story(1, 7, 1, &[("Old words", None)]), withdrawn]);
    assert_eq!(archive.quotes(), 0);
    assert!(archive.story(1).is_none() && archive.story(2).is_some());
    assert_eq!(archive.revisions(Uuid::from_u128(7)).len(), 2);
}

#[test]
fn the_oldest_stories_go_with_all_that_is_theirs() {
    let stories = (1..=100).map(|n| story(n, u128::from(n), 1, &[("Words", Some("Ann"))])).collect();
    let archive = archive(10, stories);
    assert_eq!((archive.len(), archive.quotes()), (10, 10));
    assert_eq!(found(&archive, &QuoteQuery { q: "words".into(), ..QuoteQuery::default() }).len(), 10);
    let newest: Vec<u64> =
        archive.before(u64::MAX, &LabelFilter::default(), 3).iter().map(|story| story.number).collect();
    assert_eq!(newest, [100, 99, 98]);
    assert!(archive.story(90).is_none() && archive.story(91).is_some());
}

#[test]
fn copies_are_known_by_what_they_repeat() {
    let mut copy = story(2, 2, 1, &[]);
    copy.article.duplicate_of = Some(crate::record::Duplicate { id: Uuid::from_u128(1), similarity: 0.9 });
    let archive = archive(10, vec![story(1, 1, 1, &[]), copy]);
    assert_eq!(archive.copies(Uuid::from_u128(1)).len(), 1);
    assert_eq!(archive.copies(Uuid::from_u128(2)).len(), 0);
}
