//! A published article that is seen again: unchanged, changed by its publisher, or only read differently.

use crate::article::duplicates::Sketch;
use crate::article::{self, ReadAs, Shown};
use crate::pipeline::message::Reread;
use crate::record::{Article, Changes, Grade};
use crate::state::ArticleState;
use crate::state::packed::Packed;

/// An article as it is known.
pub(in crate::pipeline) struct LastRevision {
    pub state: ArticleState,
    /// Its last form, if that is kept.
    pub last: Option<Article>,
}

/// An article as it is seen now.
pub(in crate::pipeline) struct CurrentReading<'a> {
    pub article: &'a Article,
    pub hash: u64,
    pub read_as: ReadAs,
    pub shown: &'a Shown,
}

/// The result of comparing the two.
#[derive(Debug)]
pub(in crate::pipeline) enum PageVerdict {
    /// Nothing to do.
    Same,
    /// Nothing to publish, but the new reading must be remembered.
    Reread(Box<Reread>),
    /// A revision to publish, with its changes as far as they are known.
    Revision(Option<Changes>),
}

impl LastRevision {
    /// Returns whether the article is unchanged or only read differently.
    pub(crate) fn is_reread(&self, now: &CurrentReading) -> bool {
        let Self { state, last } = self;
        let is_same = || article::is_reread(last.as_ref(), state.read_as(), now.article, now.read_as, now.shown);
        state.hash == now.hash || !state.canceled && is_same()
    }

    /// Compares the two. An article that had no text before is published again when a better reading finds one; any
    /// other article that is only read differently is left alone.
    pub(crate) fn verdict(&self, now: &CurrentReading) -> PageVerdict {
        let Self { state, last } = self;
        let is_read_differently = state.reading != now.read_as.reading;
        if self.is_reread(now) {
            return match last {
                _ if state.hash == now.hash && !is_read_differently => PageVerdict::Same,
                Some(last) if !article::gave_text(last) && article::gave_text(now.article) => {
                    PageVerdict::Revision(Some(article::extraction(last, now.article)))
                }
                _ => self.remembered(now),
            };
        }
        let Some(last) = last else { return PageVerdict::Revision(None) };
        match compare(last, now.article) {
            Some(changes) => PageVerdict::Revision(Some(changes)),
            None if is_read_differently => self.remembered(now),
            None => PageVerdict::Same,
        }
    }

    fn remembered(&self, now: &CurrentReading) -> PageVerdict {
        let CurrentReading { article, hash, read_as, .. } = *now;
        let (sketch, packed) = (Sketch::of(article), Packed::new(article));
        let revision = self.state.revision;
        PageVerdict::Reread(Box::new(Reread { id: article.id, revision, hash, sketch, packed, read_as }))
    }
}

/// Returns what a new form of an article changed; `None` if that is not worth a revision.
fn compare(old: &Article, new: &Article) -> Option<Changes> {
    article::changes(old, new).filter(|changes| changes.grade > Grade::Metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{SiteContext, SiteRules, from_page};
    use crate::record::{ContentSource, Grade};

    const FIRST: &str = "The ferry to the outer isles stays in harbour until its broken crankshaft is replaced.";
    const SECOND: &str = "The council of Varholm will pay for a bus to the mainland until the end of the month.";
    const BOX: &str = "Read the Varholm letter, which brings you the news of the isles each morning at six.";

    fn page(first: &str, aside: &str) -> String {
        format!(
            "<html><head><title>Ferry stays in harbour</title></head><body><h1>Ferry stays in harbour</h1>\
             <div class='a'><p>{first}</p><p>{SECOND}</p></div><div class='b'><p>{BOX}</p></div>{aside}</body></html>"
        )
    }

    /// Reads an article with this version of the reading; `take` selects the elements to take.
    fn read(html: &str, take: &str, reading: u32) -> (Article, ReadAs, Shown) {
        let rules = SiteRules::new(&[take.to_owned()], &[]).unwrap();
        let context = SiteContext { rules: Some(&rules), ..SiteContext::default() };
        let (article, shown) = (from_page(html, None, None, None, &context), Shown::page(html));
        let read_as = ReadAs::new(reading, &article, &shown);
        (article, read_as, shown)
    }

    fn known((article, read_as, _): &(Article, ReadAs, Shown), is_legacy: bool) -> LastRevision {
        let ReadAs { reading, shown } = *read_as;
        let state = ArticleState {
            hash: article::content_hash(article),
            revision: 3,
            first_seen: 0,
            quotes: vec!["q".into()],
            duplicate_of: None,
            canceled: false,
            reading: if is_legacy { 1 } else { reading },
            shown: shown.filter(|_| !is_legacy),
            site: None,
            routes: Vec::new(),
        };
        LastRevision { state, last: Some(article.clone()) }
    }

    fn told(known: &LastRevision, (article, read_as, shown): &(Article, ReadAs, Shown)) -> String {
        let now = CurrentReading { article, hash: article::content_hash(article), read_as: *read_as, shown };
        match known.verdict(&now) {
            PageVerdict::Same => "same".into(),
            PageVerdict::Reread(reread) => {
                assert_eq!((reread.hash, reread.revision, reread.read_as), (now.hash, 3, *read_as));
                assert_eq!(reread.packed.unwrap().article().as_ref(), Some(article));
                "reread".into()
            }
            PageVerdict::Revision(changes) => {
                changes.map_or("revision".into(), |changes| format!("{:?}", changes.grade))
            }
        }
    }

    #[test]
    fn only_what_the_publisher_changed_is_a_revision() {
        let same = || page(FIRST, "<aside>3 comments</aside>");
        let beside = || page(FIRST, "<aside>41 comments, and more to read</aside>");
        let changed = || page(&FIRST.replace("broken", "worn"), "<aside>3 comments</aside>");
        let (old, new) = ("p", ".a p");
        for (name, html, take, reading, wanted) in [
            ("as it was", same(), old, 2, "same"),
            ("as it was, by a new version that reads it alike", same(), old, 3, "reread"),
            ("the same page", same(), new, 3, "reread"),
            ("the same story", beside(), new, 3, "reread"),
            ("the same story, of which more repeats", beside(), new, 2, "reread"),
            ("changed", changed(), old, 2, "Substance"),
            ("changed, by a new version", changed(), new, 3, "Substance"),
        ] {
            for is_legacy in [false, true] {
                let known = known(&read(&same(), old, 2), is_legacy);
                // What an earlier version wrote was made by another reading.
                let wanted = if is_legacy && wanted == "same" { "reread" } else { wanted };
                assert_eq!(told(&known, &read(&html, take, reading)), wanted, "{name}, legacy {is_legacy}");
            }
        }
    }

    #[test]
    fn a_text_that_was_not_there_is_published_as_read_better() {
        let (html, old) = (page(FIRST, ""), read(&page(FIRST, ""), "p", 2));
        let mut empty = read(&html, "p", 2);
        (empty.0.text, empty.0.blocks, empty.0.word_count) = (String::new(), Vec::new(), 0);
        let mut stopgap = read(&html, ".a p", 2);
        (stopgap.0.content_source, stopgap.0.truncated) = (ContentSource::Feed, true);
        for before in [empty, stopgap] {
            for is_legacy in [false, true] {
                let known = known(&before, is_legacy);
                assert_eq!(told(&known, &read(&html, "p", 3)), format!("{:?}", Grade::Extraction));
            }
        }
        assert_eq!(told(&known(&old, true), &read(&html, ".a p", 3)), "reread");
    }

    #[test]
    fn a_withdrawn_story_that_is_shown_again_is_published() {
        let old = read(&page(FIRST, ""), "p", 2);
        let mut known = known(&old, false);
        (known.state.canceled, known.state.hash, known.last) = (true, 0, None);
        assert_eq!(told(&known, &old), "revision");
    }
}
