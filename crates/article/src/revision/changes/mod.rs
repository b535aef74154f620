//! The changes of a new revision, and their significance.
//!
//! Text that changes by itself is ignored: relative times, counters, labels of advertisements, white space, the form of
//! quotation marks and dashes. In doubt a change is substantial: a consumer that ignores typos must not miss a changed
//! number.

pub(crate) mod cosmetic;
mod notice;
mod slips;
mod words;

use std::collections::HashMap;

use dateline_record::{Article, BlockKind, Changes, Grade, What};
use words::{Difference, Token, difference, facts_differ, tokenise, words_changed};
use xxhash_rust::xxh3::xxh3_64;

pub use notice::is_withdrawal;

/// A notice is quoted up to this.
const NOTICE_BYTES: usize = 1_000;
/// A headline with so many other words or fewer is the same one, mended or corrected.
const SAME_HEADLINE: usize = 2;

/// Returns the changes between two revisions; `None` if there are none, apart from text that changes by itself.
pub fn changes(old: &Article, new: &Article) -> Option<Changes> {
    let mut what = Vec::new();
    let mut grade = Grade::Metadata;
    let mut note = |part: What, of: Option<Grade>| {
        if let Some(of) = of {
            what.push(part);
            grade = grade.max(of);
        }
    };
    note(What::Headline, headline(old, new));
    let text = body(old, new);
    note(What::Text, text);
    let notice = new_notice(old, new);
    note(What::Correction, notice.as_ref().map(|_| Grade::Correction));
    note(What::Source, (text.is_some() && old.content_source != new.content_source).then_some(Grade::Substance));
    note(What::Metadata, metadata_differs(old, new).then_some(Grade::Metadata));
    let times = (old.published, old.modified) != (new.published, new.modified);
    note(What::Time, times.then_some(Grade::Metadata));
    (!what.is_empty()).then_some(Changes { grade, what, notice })
}

/// Returns the changes of an article that is unchanged but was read in a different way.
pub fn extraction(old: &Article, new: &Article) -> Changes {
    let mut what = changes(old, new).map(|changes| changes.what).unwrap_or_default();
    what.retain(|what| *what != What::Correction);
    Changes { grade: Grade::Extraction, what, notice: None }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    tokenise(text, &mut tokens);
    tokens
}

fn headline(old: &Article, new: &Article) -> Option<Grade> {
    let tokens = |article: &Article| tokens(article.headline.as_deref().unwrap_or_default());
    let (old, new) = (tokens(old), tokens(new));
    match difference(&old, &new) {
        Difference::None => None,
        Difference::Small => Some(Grade::Typo),
        // "4 dead" → "5 dead": not other words for the same.
        Difference::Large if words_changed(&old, &new) <= SAME_HEADLINE && facts_differ(&old, &new) => {
            Some(Grade::Substance)
        }
        Difference::Large => Some(Grade::Headline),
    }
}

/// Returns the blocks under the headline that say something, without what changes by itself.
fn said(article: &Article) -> Vec<&str> {
    let parts = article.parts().into_iter().filter(|(block, _)| block.kind != BlockKind::Headline);
    parts.map(|(_, text)| cosmetic::without_edges(text)).filter(|text| !cosmetic::is_cosmetic(text)).collect()
}

fn body(old: &Article, new: &Article) -> Option<Grade> {
    let (old, new) = (said(old), said(new));
    let hashes = |blocks: &[&str]| -> Vec<u64> { blocks.iter().map(|text| xxh3_64(text.as_bytes())).collect() };
    let (old_hashes, new_hashes) = (hashes(&old), hashes(&new));
    if old_hashes == new_hashes {
        return None;
    }
    let mut difference = Difference::None;
    for (old_gap, new_gap) in gaps(&old_hashes, &new_hashes) {
        let all = |blocks: &[&str]| {
            let mut all = Vec::new();
            for text in blocks {
                tokenise(text, &mut all);
            }
            all
        };
        difference = difference.max(words::difference(&all(&old[old_gap]), &all(&new[new_gap])));
        if difference == Difference::Large {
            break;
        }
    }
    match difference {
        Difference::None => None,
        Difference::Small => Some(Grade::Typo),
        Difference::Large => Some(Grade::Substance),
    }
}

type Gap = std::ops::Range<usize>;

/// Returns what lies between the blocks that both forms have, in their order.
fn gaps(old: &[u64], new: &[u64]) -> Vec<(Gap, Gap)> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, hash) in new.iter().enumerate().rev() {
        places.entry(*hash).or_default().push(at);
    }
    let (mut old_from, mut new_from) = (0, 0);
    let mut gaps = Vec::new();
    for (at, hash) in old.iter().enumerate() {
        let Some(places) = places.get_mut(hash) else { continue };
        // The first one that is not yet passed.
        while places.last().is_some_and(|place| *place < new_from) {
            places.pop();
        }
        let Some(place) = places.pop() else { continue };
        gaps.push((old_from..at, new_from..place));
        (old_from, new_from) = (at + 1, place + 1);
    }
    gaps.push((old_from..old.len(), new_from..new.len()));
    gaps.retain(|(old, new)| !old.is_empty() || !new.is_empty());
    gaps
}

/// Returns a correction notice that the old revision did not have.
fn new_notice(old: &Article, new: &Article) -> Option<String> {
    let known: Vec<Vec<Token>> = said(old).into_iter().filter(|text| notice::is_correction(text)).map(tokens).collect();
    let fresh = said(new).into_iter().filter(|text| notice::is_correction(text)).find(|text| {
        let own = tokens(text);
        known.iter().all(|known| difference(known, &own) != Difference::None)
    });
    let marked = |article: &Article| article.headline.clone().filter(|text| notice::is_marked_corrected(text));
    let notice = fresh.map(str::to_owned).or_else(|| marked(new).filter(|_| marked(old).is_none()))?;
    Some(notice[..notice.floor_char_boundary(NOTICE_BYTES)].to_owned())
}

fn metadata_differs(old: &Article, new: &Article) -> bool {
    old.byline != new.byline
        || old.authors != new.authors
        || old.agency != new.agency
        || old.section != new.section
        || old.keywords != new.keywords
        || old.summary != new.summary
        || old.language != new.language
        || old.dateline != new.dateline
        || old.genre != new.genre
        || old.truncated != new.truncated
        || old.media != new.media
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::from_entry;
    use dateline_feed::{Entry, Feed};

    /// Returns an article with this headline and these paragraphs.
    fn article(headline: &str, paragraphs: &[&str]) -> Article {
        let content: String = paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect();
        let entry = Entry {
            guid: Some("g".into()),
            title: Some(headline.into()),
            content: Some(content),
            content_type: Some("text/html".into()),
            ..Entry::default()
        };
        from_entry(&entry, &Feed::default(), "feed")
    }

    const HEADLINE: &str = "Fire in a mill kills 4 people";
    const FIRST: &str =
        "A fire in a mill killed 4 people on Tuesday, the police said, and the road was closed for hours.";
    const SECOND: &str = "The mayor, Anna Lindqvist, said the town had warned the owner in May.";
    const THIRD: &str = "The owner did not answer calls from reporters on Tuesday evening.";

    fn old() -> Article {
        article(HEADLINE, &[FIRST, SECOND, THIRD])
    }

    #[test]
    fn changes_are_reported_and_graded() {
        use Grade::{Correction, Headline, Substance, Typo};
        let first = |a: &str, b: &str| FIRST.replace(a, b);
        let second = |a: &str, b: &str| SECOND.replace(a, b);
        let third = |a: &str, b: &str| THIRD.replace(a, b);
        let whole = |first: &str, second: &str, third: &str| article(HEADLINE, &[first, second, third]);
        let cases: Vec<(&str, Article, Grade, &[What])> = vec![
            ("a typo", whole(&first("police", "polise"), SECOND, THIRD), Substance, &[What::Text]),
            ("a longer typo", whole(FIRST, SECOND, &third("reporters", "reproters")), Typo, &[What::Text]),
            ("a comma", whole(FIRST, SECOND, &third("calls", "calls,")), Typo, &[What::Text]),
            ("a number", whole(&first("4 people", "5 people"), SECOND, THIRD), Substance, &[What::Text]),
            ("a negation", whole(FIRST, &second("had warned", "had not warned"), THIRD), Substance, &[What::Text]),
            ("a name", whole(FIRST, &second("Lindqvist", "Lindquist"), THIRD), Substance, &[What::Text]),
            (
                "a paragraph more",
                article(HEADLINE, &[FIRST, SECOND, THIRD, "The mill is from 1820."]),
                Substance,
                &[What::Text],
            ),
            ("a paragraph less", article(HEADLINE, &[FIRST, THIRD]), Substance, &[What::Text]),
            ("another order", article(HEADLINE, &[FIRST, THIRD, SECOND]), Substance, &[What::Text]),
            (
                "another headline",
                article("Mill burns down in the night", &[FIRST, SECOND, THIRD]),
                Headline,
                &[What::Headline],
            ),
            (
                "a typo in the headline",
                article("Fire in a mill kills 4 poeple", &[FIRST, SECOND, THIRD]),
                Typo,
                &[What::Headline],
            ),
            (
                "a number in the headline",
                article("Fire in a mill kills 5 people", &[FIRST, SECOND, THIRD]),
                Substance,
                &[What::Headline],
            ),
            (
                "a notice",
                article(HEADLINE, &[FIRST, SECOND, THIRD, "Correction: The mill is in Enns, not in Steyr."]),
                Correction,
                &[What::Text, What::Correction],
            ),
            (
                "a notice and another number",
                article(
                    "Fire in a mill kills 5 people",
                    &[
                        &first("4 people", "5 people"),
                        SECOND,
                        THIRD,
                        "This article was amended on 4 June to correct the number of dead.",
                    ],
                ),
                Correction,
                &[What::Headline, What::Text, What::Correction],
            ),
        ];
        for (name, new, grade, what) in cases {
            let changes = changes(&old(), &new).unwrap_or_else(|| panic!("{name}: no change"));
            assert_eq!((changes.grade, changes.what.as_slice()), (grade, what), "{name}");
            assert_eq!(changes.notice.is_some(), grade == Correction, "{name}");
        }
    }

    #[test]
    fn what_changes_by_itself_is_not_a_change() {
        let with = |extra: &[&str]| article(HEADLINE, &[&[FIRST, SECOND, THIRD], extra].concat());
        for (old, new) in [
            (old(), old()),
            (with(&["Updated 3 minutes ago"]), with(&["Updated 4 hours ago"])),
            (with(&["12 comments"]), with(&["340 comments · 1.2K shares"])),
            (with(&[]), with(&["Advertisement"])),
            (old(), article(HEADLINE, &[&FIRST.replace(' ', "  "), SECOND, THIRD])),
            (with(&["“It burned,” he said."]), with(&["\"It burned,\" he said."])),
        ] {
            assert_eq!(changes(&old, &new), None);
        }
    }

    #[test]
    fn a_notice_that_was_there_is_not_a_new_one() {
        let notice = "Correction: The mill is in Enns, not in Steyr.";
        let with = |last: &str| article(HEADLINE, &[FIRST, SECOND, last, notice]);
        let changes = changes(&with(THIRD), &with("The owner was arrested.")).unwrap();
        assert_eq!((changes.grade, changes.notice), (Grade::Substance, None));
    }

    #[test]
    fn other_times_and_authors_are_reported_as_such() {
        let mut new = old();
        new.modified = chrono::DateTime::from_timestamp(1_700_000_000, 0);
        let told = changes(&old(), &new).unwrap();
        assert_eq!((told.grade, told.what), (Grade::Metadata, vec![What::Time]));
        new.byline = Some("Jo Doe".into());
        assert_eq!(changes(&old(), &new).unwrap().what, [What::Metadata, What::Time]);
    }
}
